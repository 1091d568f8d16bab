//! Parts that the tests of this crate share: a source, a demodulator and a decoder whose answers are known.
//!
//! The test signal: cu8, a byte pair (0xAA, n) in a sea of zeros is the frame `[n; 7]`; (0xEE, _) makes the demodulator panic.

use decoders::{Counters, DecoderConfig, Demodulator, DemodulatorConfig, MessageDecoder, Profile, ProtocolEntry, Refusal, UnsupportedRate};
use hw::{Chunk, SampleSource, SourceError, SourceInfo};
use model::{
    Event, EventKind, Frame, Icao24, Identity, IqBlock, IqFormat, IqSamples, Protocol, Raw, ReceiverId, Signal, Subject, Tick12, Tuning,
    UnixMicros,
};

pub const TUNING: Tuning = Tuning { center_hz: 1_090_000_000, rate_sps: 2_000_000 };

pub static ENTRY: ProtocolEntry = ProtocolEntry {
    protocol: Protocol::Adsb,
    summary: "the test protocol",
    default_tuning: TUNING,
    rates_sps: &[2_000_000],
    demodulator: |config| match config.tuning.rate_sps {
        2_000_000 => Ok(Box::new(MarkDemodulator::new(config))),
        rate_sps => Err(UnsupportedRate { protocol: Protocol::Adsb, rate_sps, supported: &[2_000_000] }),
    },
    decoder: |_: &DecoderConfig| Box::new(EachFrame::default()),
    raw_text: |frame| frame.raw.hex(),
};

pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// A DF 17 frame with right parity whose contents come from `seed`.
pub fn ident(seed: u64) -> [u8; 14] {
    let mut raw = [0; 14];
    raw[0] = 0x8D;
    raw[1..9].copy_from_slice(&seed.to_be_bytes());
    let mut crc = 0_u32;
    for &byte in &raw[..11] {
        crc ^= u32::from(byte) << 16;
        for _ in 0..8 {
            crc = if crc & 0x80_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1FF_F409 };
        }
    }
    raw[11..].copy_from_slice(&crc.to_be_bytes()[1..]);
    raw
}

/// A Mode S frame on the air, 2.0 Msps cu8 (Annex 10 Vol. IV §3.1.2.2): pulses of half a microsecond, which begin a quarter of
/// a sample after a sample does, with a carrier 10 kHz off, noise of about one step, and silence around.
pub fn mode_s_signal(raw: &[u8]) -> Vec<u8> {
    const LEAD: usize = 200;
    const AMPLITUDE: f32 = 60.0;
    let mut pulses = vec![0.0_f32; LEAD + 2 * (8 + 8 * raw.len()) + LEAD];
    for pulse in [0, 2, 7, 9] {
        pulses[LEAD + pulse] = AMPLITUDE;
    }
    for (bit, at) in (LEAD + 16..).step_by(2).take(8 * raw.len()).enumerate() {
        let one = raw[bit / 8] << (bit % 8) & 0x80 != 0;
        pulses[at + usize::from(!one)] = AMPLITUDE;
    }
    let mut state = raw.iter().fold(1_u32, |n, &b| n.wrapping_mul(31).wrapping_add(u32::from(b)));
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut out = Vec::with_capacity(2 * pulses.len());
    for n in 1..pulses.len() {
        let level = 0.75 * pulses[n] + 0.25 * pulses[n - 1];
        let phase = 1.0 + n as f32 * std::f32::consts::TAU * 10e3 / 2e6;
        for part in [phase.cos(), phase.sin()] {
            let noise = 2.0 * (uniform() + uniform() + uniform());
            out.push((127.5 + level * part + noise).round().clamp(0.0, 255.0) as u8);
        }
    }
    out
}

pub fn frame(receiver: u8, utc: Option<i64>, raw: &[u8]) -> Frame {
    Frame {
        protocol: Protocol::Adsb,
        receiver: ReceiverId(receiver),
        raw: Raw::new(raw),
        tick: Tick12(0),
        utc: utc.map(UnixMicros),
        signal: Signal::default(),
    }
}

pub fn text_event(n: i64) -> Event {
    event_of(&frame(0, Some(n), &[0; 7]))
}

fn event_of(frame: &Frame) -> Event {
    Event {
        at: frame.utc.unwrap_or_default(),
        protocol: frame.protocol,
        receiver: frame.receiver,
        subject: Subject::Aircraft(Icao24::from_bytes([0, 0, frame.raw.as_slice()[0]])),
        kind: EventKind::Identity(Identity::default()),
        raw: frame.raw.clone(),
        signal: frame.signal,
    }
}

struct MarkDemodulator {
    receiver: ReceiverId,
    counters: Counters,
    /// Frames wait here for one more block, as a real demodulator's may.
    held: Option<Frame>,
    /// Tick after the last sample so far.
    end: Option<Tick12>,
}

impl MarkDemodulator {
    fn new(config: &DemodulatorConfig) -> Self {
        assert_eq!(config.profile, Profile::Full);
        Self { receiver: config.receiver, counters: Counters::default(), held: None, end: None }
    }
}

impl Demodulator for MarkDemodulator {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        let IqSamples::Cu8(samples) = block.samples else { panic!("cu8 only") };
        self.counters.samples += block.samples.len() as u64;
        // Time goes on without a step, but for what the block says is missing.
        if let Some(end) = self.end {
            let gap = Tick12::from_sample(block.dropped_samples, block.tuning.rate_sps).0;
            assert_eq!(block.start_tick, end.plus(gap), "{} samples missing", block.dropped_samples);
        }
        let length = Tick12::from_sample(block.samples.len() as u64, block.tuning.rate_sps).0;
        self.end = Some(block.start_tick.plus(length));
        for (n, pair) in samples.chunks_exact(2).enumerate() {
            match pair {
                [0xAA, mark] => {
                    let after = Tick12::from_sample(n as u64, block.tuning.rate_sps);
                    let mut heard = frame(self.receiver.0, None, &[*mark; 7]);
                    heard.tick = block.start_tick.plus(after.0);
                    heard.utc = block.start_utc.map(|utc| utc.plus_micros((after.0 / 12) as i64));
                    self.counters.frames += 1;
                    if let Some(held) = self.held.replace(heard) {
                        out(held);
                    }
                }
                [0xEE, _] => panic!("a mark that panics"),
                _ => {}
            }
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        if let Some(held) = self.held.take() {
            out(held);
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// One event per frame; a frame of 0xBD bytes makes it panic, one of zeros is refused.
#[derive(Default)]
struct EachFrame(Counters);

impl MessageDecoder for EachFrame {
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event)) {
        self.0.frames += 1;
        match frame.raw.as_slice()[0] {
            0xBD => panic!("a frame that panics"),
            0 => self.0.refuse(Refusal::Sanity),
            _ => {
                self.0.events += 1;
                out(event_of(frame));
            }
        }
    }

    fn counters(&self) -> Counters {
        self.0
    }
}

/// Blocks of `BLOCK` samples, each with one mark: 1, 2, 3… up to 0xFF and again, `blocks` of them.
pub struct Marks {
    pub live: bool,
    pub next: u64,
    pub blocks: u64,
    /// Mark to put as `0xEE` instead.
    pub panic_at: Option<u64>,
    /// Told instead of 2.0 Msps.
    pub rate_sps: u32,
}

impl Marks {
    pub const BLOCK: usize = 2_000;

    pub fn new(live: bool, blocks: u64) -> Self {
        Self { live, next: 0, blocks, panic_at: None, rate_sps: TUNING.rate_sps }
    }

    /// The mark in block `n`.
    pub fn mark(n: u64) -> u8 {
        (n % 0xA0) as u8 + 1
    }
}

impl SampleSource for Marks {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "marks", name: "marks".into(), live: self.live }
    }

    fn tuning(&self) -> Tuning {
        Tuning { rate_sps: self.rate_sps, ..TUNING }
    }

    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        if self.next == self.blocks {
            return Ok(Chunk::default());
        }
        let bytes = 2 * Self::BLOCK;
        buf[..bytes].fill(0);
        let at = bytes / 4 * 2;
        buf[at] = if self.panic_at == Some(self.next) { 0xEE } else { 0xAA };
        buf[at + 1] = Self::mark(self.next);
        self.next += 1;
        Ok(Chunk { bytes, ..Chunk::default() })
    }
}
