//! What an FM receiver's discriminator gives (rtl_fm, a scanner's data output, WAV files of 48 kHz) as input.
//!
//! The audio is in I; what is in Q is ignored. It goes
//! through the same first stages as samples do (a tone of 2,400 Hz has the same lines as the training sequence on a carrier), then
//! its own detector, `fm.rs`, and the same list decoding.
//!
//! | tried (Long Beach, 41 s of 8-bit audio; birktj, 5 s) | Long Beach | birktj |
//! |---|---|---|
//! | summing the frequency up to a phase, then the coherent receiver | 0 | 3 of 4 |
//! | the same with the high-pass of the sound card undone | 0 | 3 of 4 |
//! | levels by patterns, offset tracked by each survivor | 69 | 3 of 4 |
//! | and training sequences that begin with 1 | 123 | 4 of 4 |
//! | and doubtful repairs only by the rules of `trust.rs` | 121 | 4 of 4 |
//!
//! (AIS-catcher: 114 and 4.) The phase doesn't survive a recorder: its low end is missing, and scales differ by ±10 % between
//! transmitters.

use super::clock::Clock;
use super::complex::C32;
use super::detect::SYMBOLS_MAX;
use super::fm::{Attempt, Levels, PLACES};
use super::front::{BATCH, CHANNEL_RATE, Front, SPS};
use super::pulse::PREAMBLE;
use super::repair::{DoubtMax, ONE_SLOT_MAX, Repair, Repaired};
use super::search::{Search, WINDOW};
use super::stream::{Candidate, Stream};
use super::trust::Trust;
use crate::ais::channels::Channel;
use crate::ais::message::lengths;
use crate::ais::slots::Slots;
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use model::{ChannelId, Frame, IqBlock, IqSamples, Protocol, Raw, ReceiverId, Signal};

/// Any rate from the first to the last.
pub static AUDIO_RATES: &[u32] = &[44_100, 48_000, 50_000, 96_000, 192_000];
/// Bit 0 lies at most this many samples before the window that was found.
const BEFORE: u64 = 76;
/// Share of the preamble's energy that the known waveform must explain.
const MATCH_MIN: f32 = 0.5;
/// Samples from a candidate to the end of the longest burst.
const REACH: u64 = (PLACES + SYMBOLS_MAX * SPS + WINDOW) as u64;
const WAITING_MAX: usize = 128;
/// Ways to try a burst, until one succeeds.
const ATTEMPTS: [Attempt; 5] = [
    Attempt { shift: 0, follow: 0.06 },
    Attempt { shift: 0, follow: 0.2 },
    Attempt { shift: 1, follow: 0.06 },
    Attempt { shift: -1, follow: 0.06 },
    Attempt { shift: 0, follow: 0.02 },
];

/// Audio to frames.
#[derive(Debug)]
pub struct Discriminator {
    receiver: ReceiverId,
    rate_sps: u32,
    channel: Option<ChannelId>,
    front: Front,
    stream: Stream,
    fresh: [Vec<C32>; 1],
    audio: Vec<f32>,
    search: Search,
    levels: Levels,
    repair: Repair,
    waiting: Vec<Candidate>,
    /// No burst begins before the end of the last one.
    busy_until: u64,
    doubt_max: DoubtMax,
    trust: Trust,
    clock: Clock,
    slots: Slots,
    counters: Counters,
}

impl Discriminator {
    /// `config.tuning.center_hz` names the channel that the audio is of; where it is near none, the channel is unknown.
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        let channel = Channel::ALL.into_iter().find(|c| c.center_hz().abs_diff(config.tuning.center_hz) < 12_500);
        if !(AUDIO_RATES[0]..=AUDIO_RATES[AUDIO_RATES.len() - 1]).contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Ais, rate_sps, supported: AUDIO_RATES });
        }
        Ok(Self {
            receiver: config.receiver,
            rate_sps,
            channel: channel.map(Channel::id),
            front: Front::new(rate_sps, &[0.0]),
            stream: Stream::new(),
            fresh: [Vec::with_capacity(BATCH + 8)],
            audio: Vec::with_capacity(2 * BATCH),
            search: Search::new(),
            levels: Levels::new(SYMBOLS_MAX),
            repair: Repair::new(),
            waiting: Vec::with_capacity(WAITING_MAX),
            busy_until: 0,
            doubt_max: if config.profile == Profile::Full { DoubtMax::AUDIO } else { DoubtMax::AUDIO.unchanged() },
            trust: Trust::new(),
            clock: Clock::default(),
            slots: Slots::new(),
            counters: Counters::default(),
        })
    }

    fn take(&mut self, sample: f32, out: &mut dyn FnMut(Frame)) {
        self.audio.extend([sample, 0.0]);
        if self.audio.len() == BATCH {
            self.batch(out);
        }
    }

    fn batch(&mut self, out: &mut dyn FnMut(Frame)) {
        self.fresh[0].clear();
        self.front.process(IqSamples::Cf32(&self.audio), &mut self.fresh);
        self.clock.advance(self.audio.len() / 2);
        self.audio.clear();
        self.stream.push(&self.fresh[0]);
        while self.stream.looked() + WINDOW as u64 <= self.stream.end() {
            if let Some(found) = self.stream.look(&self.search)
                && self.waiting.len() < WAITING_MAX
            {
                self.waiting.push(found);
            }
            let now = self.stream.looked();
            while let Some(first) = self.waiting.first().copied().filter(|c| c.at + REACH <= now) {
                self.waiting.remove(0);
                self.attempt(&first, out);
            }
        }
    }

    fn attempt(&mut self, candidate: &Candidate, out: &mut dyn FnMut(Frame)) {
        if candidate.at + WINDOW as u64 <= self.busy_until {
            return;
        }
        let from = candidate.at.saturating_sub(BEFORE).max(self.stream.first());
        let x = self.stream.slice(from, candidate.at + REACH);
        let found = self.levels.find(x).filter(|s| MATCH_MIN <= s.match_);
        let Some(start) = found else { return self.counters.refuse(Refusal::Preamble) };
        let begin = from + start.position as u64;
        let mut doubtful = None;
        for attempt in ATTEMPTS {
            let mut symbols = PREAMBLE + ONE_SLOT_MAX;
            self.levels.detect(x, &start, symbols, attempt);
            let mut found = self.repair.search(self.levels.symbols(), self.doubt_max);
            if found.is_none() && goes_on(self.levels.symbols().r) {
                symbols = SYMBOLS_MAX;
                self.levels.detect(x, &start, symbols, attempt);
                found = self.repair.search(self.levels.symbols(), self.doubt_max);
            }
            match found {
                Some(repaired) if self.trust.believes(&repaired, begin) => {
                    self.trust.note(&repaired, begin);
                    self.busy_until = begin + (repaired.symbols * SPS) as u64;
                    let mut frame = self.frame(begin, &repaired);
                    frame.signal.slot = self.slots.place(&frame);
                    return out(frame);
                }
                found => doubtful = doubtful.or(found),
            }
        }
        let Some(repaired) = doubtful else { return self.counters.refuse(Refusal::Integrity) };
        self.trust.note(&repaired, begin);
        self.counters.refuse(Refusal::Sanity);
    }

    fn frame(&mut self, begin: u64, repaired: &Repaired) -> Frame {
        let seconds = (begin + (PREAMBLE * SPS) as u64) as f64 / f64::from(CHANNEL_RATE) - self.front.delay_s();
        self.counters.frames += 1;
        self.counters.corrected_frames += u64::from(0 < repaired.corrected_bits);
        Frame {
            protocol: Protocol::Ais,
            receiver: self.receiver,
            raw: Raw::new(&repaired.bytes[..repaired.len]),
            tick: self.clock.tick(seconds),
            utc: self.clock.utc(seconds),
            // A discriminator tells nothing of power, and its zero is anywhere.
            signal: Signal { corrected_bits: repaired.corrected_bits, channel: self.channel, ..Signal::default() },
        }
    }

    fn flush(&mut self, out: &mut dyn FnMut(Frame)) {
        let silence = (REACH + 2 * WINDOW as u64) * u64::from(self.rate_sps) / u64::from(CHANNEL_RATE);
        (0..silence).for_each(|_| self.take(0.0, out));
        self.batch(out);
        self.front.reset();
        self.stream.reset();
        self.waiting.clear();
        self.busy_until = 0;
        self.trust.restart();
        self.clock = Clock::default();
    }
}

impl Demodulator for Discriminator {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        if block.dropped_samples != 0 {
            self.flush(out);
        }
        self.clock.set(block);
        let mut audio = |sample: f32| self.take(sample, out);
        match block.samples {
            IqSamples::Cu8(s) => s.chunks_exact(2).for_each(|p| audio((f32::from(p[0]) - 128.0) / 128.0)),
            IqSamples::Cs16(s) => s.chunks_exact(2).for_each(|p| audio(f32::from(p[0]) / 32_768.0)),
            IqSamples::Cf32(s) => s.chunks_exact(2).for_each(|p| audio(p[0])),
        }
        self.counters.samples += block.samples.len() as u64;
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.flush(out);
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    /// A burst is tried when the longest it may be has passed; audio waits for a batch.
    fn latency_us(&self) -> u32 {
        let waits = (REACH + 2 * WINDOW as u64) * 1_000_000 / u64::from(CHANNEL_RATE);
        let batch = BATCH as u64 / 2 * 1_000_000 / u64::from(self.rate_sps);
        (waits + batch) as u32 + (self.front.delay_s() * 1e6) as u32
    }
}

/// May the burst be longer than one slot? Says the type in its first six bits.
fn goes_on(levels: &[f32]) -> bool {
    let kind = (0..6).fold(0, |kind, i| {
        let k = PREAMBLE + 7 - i;
        let bit = levels.get(k).zip(levels.get(k - 1)).is_some_and(|(a, b)| 0.0 < a * b);
        kind << 1 | u8::from(bit)
    });
    168 < lengths::bits_max(kind)
}
