//! The receiver for audio: what a sound card, a WAV file or rtl_fm gives of an FM receiver (in I; Q is ignored).
//!
//! ```text
//!   audio ─► 19,200 a second ─┬► tones
//!                             └► held 40 ms, its level made a known deviation ─► put on a carrier again ─► banks
//! ```
//! Below FM's threshold a discriminator's noise comes in clicks, turns of the carrier by 360°. On a carrier they vanish again where
//! the audio's level is that of the deviation that was sent: taken for 3 kHz. A radio's de-emphasis spreads them out; it is undone.

use super::beliefs::Remodulated;
use super::outbox::{Heard, Outbox, WAIT_S};
use super::reader::{BAUD, FRAME_BYTES_MAX};
use super::tone::{AUDIO_SPS, ToneBank};
use crate::dsp::{Resampler, append_planar};
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use core::f32::consts::TAU;
use model::{Frame, IqBlock, Protocol, Raw, ReceiverId, Signal, Tick12, UnixMicros};

/// Any rate from the first to the last.
pub static AUDIO_RATES: &[u32] = &[8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
/// Samples between two looks at what waits.
const CLOCK: u64 = 64;
/// Samples converted at a time.
const BATCH: usize = 512;
/// Audio above this is noise.
const STOP_HZ: f64 = 6_500.0;
/// Below it, where the sample rate leaves room, or little.
const TRANSITION_HZ: [f64; 2] = [3_000.0, 1_400.0];
/// Samples of a block, 5 ms, and blocks in which the level is measured.
const BLOCK: usize = 96;
const BLOCKS: usize = 16;
/// Sequences hold back 88 bits; filters and the level's window; repaired frames wait.
const HELD_S: f64 = 0.2 + WAIT_S;

/// Audio to frames.
#[derive(Debug)]
pub struct AudioReceiver {
    receiver: ReceiverId,
    rate_sps: u32,
    parts: Parts,
    outbox: Outbox,
    batch: Box<[[f32; BATCH]; 2]>,
    taken: u64,
    start: Option<(Tick12, Option<UnixMicros>)>,
    profile: Profile,
    counters: Counters,
    failed_before: u64,
}

impl AudioReceiver {
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        if !(AUDIO_RATES[0]..=AUDIO_RATES[AUDIO_RATES.len() - 1]).contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Aprs, rate_sps, supported: AUDIO_RATES });
        }
        Ok(Self {
            receiver: config.receiver,
            rate_sps,
            parts: Parts::new(rate_sps, config.profile),
            outbox: Outbox::default(),
            batch: Box::new([[0.0; BATCH]; 2]),
            taken: 0,
            start: None,
            profile: config.profile,
            counters: Counters::default(),
            failed_before: 0,
        })
    }

    /// Nothing is carried over a hole.
    fn restart(&mut self, block: &IqBlock<'_>) {
        if 0 < self.taken {
            self.failed_before += self.parts.tones.failed();
            self.parts = Parts::new(self.rate_sps, self.profile);
            self.outbox = Outbox::default();
        }
        self.taken = 0;
        self.start = Some((block.start_tick, block.start_utc));
    }

    /// The first `n` of the batch.
    fn hear(&mut self, n: usize, out: &mut dyn FnMut(Frame)) {
        let Some((tick, utc)) = self.start else { return };
        let Self { receiver, rate_sps, parts, outbox, counters, batch, taken, .. } = self;
        let mut send = |heard: Heard<'_>| {
            counters.frames += 1;
            counters.corrected_frames += u64::from(0 < heard.corrected_bits());
            let ticks = Tick12::from_sample((heard.seconds.max(0.0) * f64::from(*rate_sps)) as u64, *rate_sps).0;
            out(Frame {
                protocol: Protocol::Aprs,
                receiver: *receiver,
                raw: Raw::new(heard.bytes),
                tick: tick.plus(ticks),
                utc: utc.map(|utc| utc.plus_micros((ticks / 12) as i64)),
                // Audio tells nothing of the carrier.
                signal: Signal { corrected_bits: heard.corrected_bits(), ..Signal::default() },
            });
        };
        for (i, x) in batch[0][..n].iter().enumerate() {
            parts.push(*x, &mut |heard| {
                if outbox.is_news(&heard) {
                    send(heard);
                }
            });
            // Not at the batch's end: frames do not depend on how samples are cut.
            let now = *taken + i as u64;
            if now.is_multiple_of(CLOCK) {
                outbox.set_time(now as f64 / f64::from(*rate_sps), &mut send);
            }
        }
        self.taken += n as u64;
    }
}

/// What listens, from the audio on.
#[derive(Debug)]
struct Parts {
    resampler: Resampler<1>,
    delay_s: f64,
    tones: ToneBank,
    carrier: Option<Box<Remodulator>>,
}

impl Parts {
    fn new(rate_sps: u32, profile: Profile) -> Self {
        let rate_sps = f64::from(rate_sps);
        let stop_hz = STOP_HZ.min(0.5 * rate_sps);
        let transition_hz = TRANSITION_HZ[usize::from(stop_hz < STOP_HZ)];
        let resampler = Resampler::new(rate_sps, AUDIO_SPS, stop_hz - transition_hz / 2.0, transition_hz);
        let carrier = (profile == Profile::Full).then(|| Box::new(Remodulator::new()));
        Self { delay_s: resampler.delay() / rate_sps, resampler, tones: ToneBank::new(), carrier }
    }

    #[inline]
    fn push(&mut self, x: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { resampler, delay_s, tones, carrier } = self;
        let mut tell = |heard: Heard<'_>| out(heard.before(*delay_s));
        resampler.push([x], &mut |[x]| {
            tones.push(x, &mut tell);
            if let Some(carrier) = carrier {
                carrier.push(x, tones, &mut tell);
            }
        });
    }
}

impl Demodulator for AudioReceiver {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        if self.start.is_none() || block.dropped_samples != 0 {
            self.restart(block);
        }
        let total = block.samples.len();
        self.counters.samples += total as u64;
        for from in (0..total).step_by(BATCH) {
            let n = BATCH.min(total - from);
            let [audio, zero] = &mut *self.batch;
            append_planar(&block.samples, from..from + n, &mut audio[..n], &mut zero[..n]);
            self.hear(n, out);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.batch[0].fill(0.0);
        for _ in 0..1 + (HELD_S * f64::from(self.rate_sps)) as usize / BATCH {
            self.hear(BATCH, out);
        }
        self.start = None;
    }

    fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.refuse_many(Refusal::Integrity, self.failed_before + self.parts.tones.failed());
        counters
    }

    fn latency_us(&self) -> u32 {
        let bits = FRAME_BYTES_MAX as f64 * 8.0 * 6.0 / 5.0 + 16.0;
        ((bits / BAUD * 1.05 + HELD_S) * 1e6) as u32
    }
}

/// Audio on a carrier.
#[derive(Debug)]
struct Remodulator {
    /// The newest `BLOCKS / 2` blocks and the one being filled.
    held: [f32; BLOCK * (BLOCKS / 2 + 1)],
    filled: usize,
    /// Mean and the tones' power of the last blocks.
    levels: [(f32, f32); BLOCKS],
    at: usize,
    carriers: [Remodulated; 2],
}

impl Remodulator {
    fn new() -> Self {
        Self {
            held: [0.0; BLOCK * (BLOCKS / 2 + 1)],
            filled: 0,
            levels: [(0.0, 0.0); BLOCKS],
            at: 0,
            carriers: Remodulated::both(AUDIO_SPS),
        }
    }

    #[inline]
    fn push(&mut self, x: f32, tones: &mut ToneBank, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { held, filled, levels, at, carriers } = self;
        let newest = held.len() - BLOCK;
        held[newest + *filled] = x;
        *filled += 1;
        if *filled < BLOCK {
            return;
        }
        *filled = 0;
        levels[*at] = (held[newest..].iter().sum::<f32>() / BLOCK as f32, tones.take_power());
        *at = (*at + 1) % BLOCKS;
        let sum = levels.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let (mean, power) = (sum.0 / BLOCKS as f32, sum.1 / BLOCKS as f32);
        // A tone of amplitude a is a/2 around its own frequency.
        let gain = TAU / AUDIO_SPS as f32 / (2.0 * power.sqrt() + 1e-9);
        const HELD_S: f64 = (BLOCK * (BLOCKS / 2)) as f64 / AUDIO_SPS;
        for carrier in carriers.iter_mut() {
            carrier.block(&held[..BLOCK], mean, gain, &mut |heard| out(heard.before(HELD_S)));
        }
        held.copy_within(BLOCK.., 0);
    }
}
