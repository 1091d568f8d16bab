//! The receiver for 9600 baud: IQ around the tuned frequency, or the audio of a discriminator (in I) without a speaker's filters.
//!
//! ```text
//!   IQ ─► middle taken out ─► ±5.5 k, ÷D to ≈48 k ─► discriminator ─┐
//!                                               audio, ≥ 38.4 k ─────┴► baseband ─► frames
//! ```

use super::baseband::{BAUD, Baseband};
use super::outbox::{Heard, Outbox, WAIT_S};
use super::reader::FRAME_BYTES_MAX;
use crate::dsp::{append_planar, dot, low_pass};
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Refusal, UnsupportedRate};
use core::f32::consts::TAU;
use model::{DeciDbfs, Frame, IqBlock, Protocol, Raw, ReceiverId, Signal, Tick12, Tuning, UnixMicros};

/// Audio rates, any from the first to the last.
pub static BASEBAND_RATES: &[u32] = &[38_400, 44_100, 48_000, 96_000, 192_000];
const CHANNEL_SPS: f64 = 48_000.0;
const PASS_HZ: f64 = 5_500.0;
const STOP_HZ: f64 = 9_000.0;
/// Beyond this a swing is noise.
const SWING_HZ_MAX: f32 = 6_000.0;
/// Outputs of the channel filter for one chunk of input.
const CHUNK_OUT: usize = 64;
/// Of the receiver's own zero point.
const ZERO_MEMORY_S: f32 = 5.0;
/// Of the power: 5 ms.
const POWER_MEMORY: f32 = 1.0 / 240.0;
/// What filters and equaliser hold back; what two hearings gave together waits.
const HELD_S: f64 = 0.02 + WAIT_S;

/// Samples to frames.
#[derive(Debug)]
pub struct G3ruhReceiver {
    receiver: ReceiverId,
    tuning: Tuning,
    front: Option<Front>,
    baseband: Baseband,
    outbox: Outbox,
    re: Box<[f32]>,
    im: Box<[f32]>,
    /// Samples that wait in front of the chunk for the filter.
    carried: usize,
    filled: usize,
    zero: (f32, f32),
    start: Option<(Tick12, Option<UnixMicros>)>,
    counters: Counters,
    failed_before: u64,
}

/// IQ to swings.
#[derive(Debug)]
struct Front {
    by: usize,
    taps: Box<[f32]>,
    last: (f32, f32),
    power: f32,
}

impl G3ruhReceiver {
    pub fn radio(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        if !super::RATES.contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Aprs, rate_sps, supported: super::RATES });
        }
        let by = (f64::from(rate_sps) / CHANNEL_SPS).round() as usize;
        let edge = |hz: f64| hz / f64::from(rate_sps);
        let taps = low_pass(edge(PASS_HZ), edge(STOP_HZ), 1, 1).into();
        Ok(Self::new(config, Some(Front { by, taps, last: (0.0, 0.0), power: 0.0 })))
    }

    pub fn audio(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        if !(BASEBAND_RATES[0]..=BASEBAND_RATES[BASEBAND_RATES.len() - 1]).contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Aprs, rate_sps, supported: BASEBAND_RATES });
        }
        Ok(Self::new(config, None))
    }

    fn new(config: &DemodulatorConfig, front: Option<Front>) -> Self {
        let (by, carried) = front.as_ref().map_or((1, 0), |f| (f.by, f.taps.len() - 1));
        let plane = || vec![0.0; carried + by * CHUNK_OUT].into_boxed_slice();
        Self {
            receiver: config.receiver,
            tuning: config.tuning,
            baseband: Baseband::new(f64::from(config.tuning.rate_sps) / by as f64),
            front,
            outbox: Outbox::default(),
            re: plane(),
            im: plane(),
            carried,
            filled: 0,
            zero: (0.0, 0.0),
            start: None,
            counters: Counters::default(),
            failed_before: 0,
        }
    }

    fn swing_sps(&self) -> f64 {
        f64::from(self.tuning.rate_sps) / self.front.as_ref().map_or(1, |f| f.by) as f64
    }

    /// Nothing is carried over a hole.
    fn restart(&mut self, block: &IqBlock<'_>) {
        self.failed_before += self.baseband.failed();
        self.baseband = Baseband::new(self.swing_sps());
        self.outbox = Outbox::default();
        self.re.fill(0.0);
        self.im.fill(0.0);
        self.filled = 0;
        self.start = Some((block.start_tick, block.start_utc));
    }

    fn chunk(&mut self, out: &mut dyn FnMut(Frame)) {
        let Some((tick, utc)) = self.start else { return };
        let filter_s = self.carried as f64 / 2.0 / f64::from(self.tuning.rate_sps);
        self.level();
        let Self { receiver, tuning, front, baseband, outbox, counters, re, im, carried, .. } = self;
        for k in 0..CHUNK_OUT {
            let swing = front.as_mut().map_or(re[k], |front| front.swing(k, re, im));
            let rssi = front.as_ref().and_then(|f| DeciDbfs::from_power(f.power));
            let freq_offset_hz = front.as_ref().map(|_| baseband.middle().round() as i32);
            let mut send = |heard: Heard<'_>| {
                counters.frames += 1;
                counters.corrected_frames += u64::from(0 < heard.corrected_bits());
                let seconds = (heard.seconds - filter_s).max(0.0);
                let ticks = Tick12::from_sample((seconds * f64::from(tuning.rate_sps)) as u64, tuning.rate_sps).0;
                out(Frame {
                    protocol: Protocol::Aprs,
                    receiver: *receiver,
                    raw: Raw::new(heard.bytes),
                    tick: tick.plus(ticks),
                    utc: utc.map(|utc| utc.plus_micros((ticks / 12) as i64)),
                    signal: Signal { rssi, freq_offset_hz, corrected_bits: heard.corrected_bits(), ..Signal::default() },
                });
            };
            baseband.push(swing, &mut |heard| {
                if outbox.is_news(&heard) {
                    send(heard);
                }
            });
            if k == 0 {
                outbox.set_time(baseband.seconds(), &mut send);
            }
        }
        let end = re.len();
        re.copy_within(end - *carried.., 0);
        im.copy_within(end - *carried.., 0);
        self.filled = 0;
    }

    /// Takes the receiver's own zero point out.
    fn level(&mut self) {
        if self.front.is_none() {
            return;
        }
        let from = self.carried;
        let share = ((self.re.len() - from) as f32 / (ZERO_MEMORY_S * self.tuning.rate_sps as f32)).min(1.0);
        for (plane, zero) in [(&mut self.re, &mut self.zero.0), (&mut self.im, &mut self.zero.1)] {
            let fresh = &mut plane[from..];
            *zero += (crate::dsp::sum(fresh) / fresh.len() as f32 - *zero) * share;
            fresh.iter_mut().for_each(|x| *x -= *zero);
        }
    }
}

impl Front {
    /// Hertz from the tuning.
    fn swing(&mut self, k: usize, re: &[f32], im: &[f32]) -> f32 {
        let window = k * self.by..k * self.by + self.taps.len();
        let (i, q) = (dot(&re[window.clone()], &self.taps), dot(&im[window], &self.taps));
        let (a, b) = core::mem::replace(&mut self.last, (i, q));
        self.power += (i * i + q * q - self.power) * POWER_MEMORY;
        let hz = (q * a - i * b).atan2(i * a + q * b) * CHANNEL_SPS as f32 / TAU;
        hz.clamp(-SWING_HZ_MAX, SWING_HZ_MAX)
    }
}

impl Demodulator for G3ruhReceiver {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        if self.start.is_none() || block.dropped_samples != 0 {
            self.restart(block);
        }
        let total = block.samples.len();
        self.counters.samples += total as u64;
        let mut from = 0;
        while from < total {
            let at = self.carried + self.filled;
            let n = (self.re.len() - at).min(total - from);
            append_planar(&block.samples, from..from + n, &mut self.re[at..at + n], &mut self.im[at..at + n]);
            self.filled += n;
            from += n;
            if self.carried + self.filled == self.re.len() {
                self.chunk(out);
            }
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        for _ in 0..2 + (HELD_S * self.swing_sps()) as usize / CHUNK_OUT {
            let at = self.carried + self.filled;
            self.re[at..].fill(self.zero.0);
            self.im[at..].fill(self.zero.1);
            self.chunk(out);
        }
        self.start = None;
    }

    fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.refuse_many(Refusal::Integrity, self.failed_before + self.baseband.failed());
        counters
    }

    fn latency_us(&self) -> u32 {
        let bits = (FRAME_BYTES_MAX + 64) as f64 * 8.0 * 6.0 / 5.0 + 16.0;
        ((bits / BAUD * 1.05 + HELD_S) * 1e6) as u32
    }
}
