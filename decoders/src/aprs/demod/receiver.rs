//! The receiver: blocks of samples to frames with their time, on every APRS channel in the band that is heard.

use super::channel::{CHUNK_OUT, Channel, Told};
use super::reader::{BAUD, FRAME_BYTES_MAX};
use crate::dsp::append_planar;
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use model::{ChannelId, DeciDbfs, Frame, IqBlock, Protocol, Raw, ReceiverId, Signal, Tick12, Tuning, UnixMicros};

/// Sample rates taken.
pub static RATES: &[u32] =
    &[48_000, 96_000, 240_000, 250_000, 288_000, 300_000, 960_000, 1_024_000, 1_200_000, 1_440_000, 1_920_000, 2_048_000, 2_400_000];

/// Where APRS is: the Americas, Europe and Africa, Australia, space stations.
const CHANNELS_HZ: [u64; 4] = [144_390_000, 144_800_000, 145_175_000, 145_825_000];
/// Rate of a channel's stream, about.
const CHANNEL_SPS: f64 = 48_000.0;
/// Of the receiver's own zero point.
const ZERO_MEMORY_S: f32 = 5.0;

/// Samples to frames.
#[derive(Debug)]
pub struct Receiver {
    receiver: ReceiverId,
    tuning: Tuning,
    profile: Profile,
    by: usize,
    channels: Vec<Channel>,
    re: Box<[f32]>,
    im: Box<[f32]>,
    filled: usize,
    zero: (f32, f32),
    /// Samples in whole chunks since the start.
    taken: u64,
    start: Option<(Tick12, Option<UnixMicros>)>,
    counters: Counters,
    /// Refused by channels that are no more.
    failed_before: u64,
}

impl Receiver {
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let Tuning { rate_sps, .. } = config.tuning;
        if !RATES.contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Aprs, rate_sps, supported: RATES });
        }
        let by = (f64::from(rate_sps) / CHANNEL_SPS).round() as usize;
        let plane = || vec![0.0; by * CHUNK_OUT].into_boxed_slice();
        Ok(Self {
            receiver: config.receiver,
            tuning: config.tuning,
            profile: config.profile,
            by,
            channels: channels(config.tuning, by, config.profile),
            re: plane(),
            im: plane(),
            filled: 0,
            zero: (0.0, 0.0),
            taken: 0,
            start: None,
            counters: Counters::default(),
            failed_before: 0,
        })
    }

    /// The channels' filters carry nothing over a hole.
    fn restart(&mut self, block: &IqBlock<'_>) {
        if 0 < self.taken {
            self.failed_before += self.failed();
            self.channels = channels(self.tuning, self.by, self.profile);
        }
        self.filled = 0;
        self.taken = 0;
        self.start = Some((block.start_tick, block.start_utc));
    }

    fn failed(&self) -> u64 {
        self.channels.iter().map(Channel::failed).sum()
    }

    fn chunk(&mut self, out: &mut dyn FnMut(Frame)) {
        let len = self.re.len();
        let share = (len as f32 / (ZERO_MEMORY_S * self.tuning.rate_sps as f32)).min(1.0);
        let level = |x: &mut [f32], zero: &mut f32| {
            *zero += (crate::dsp::sum(x) / len as f32 - *zero) * share;
            x.iter_mut().for_each(|x| *x -= *zero);
        };
        level(&mut self.re, &mut self.zero.0);
        level(&mut self.im, &mut self.zero.1);
        let Some((tick, utc)) = self.start else { return };
        let (receiver, rate_sps, counters) = (self.receiver, self.tuning.rate_sps, &mut self.counters);
        for (c, channel) in self.channels.iter_mut().enumerate() {
            channel.chunk(&self.re, &self.im, self.taken, &mut |told: Told<'_>| {
                counters.frames += 1;
                counters.corrected_frames += u64::from(0 < told.corrected_bits);
                let ticks = Tick12::from_sample(told.sample, rate_sps).0;
                out(Frame {
                    protocol: Protocol::Aprs,
                    receiver,
                    raw: Raw::new(told.bytes),
                    tick: tick.plus(ticks),
                    utc: utc.map(|utc| utc.plus_micros((ticks / 12) as i64)),
                    signal: Signal {
                        rssi: DeciDbfs::from_power(told.power),
                        noise: None,
                        freq_offset_hz: Some(told.offset_hz.round() as i32),
                        // At least one in each byte that FX.25 set right.
                        corrected_bits: told.corrected_bits,
                        channel: Some(ChannelId(c as u8)),
                        slot: None,
                    },
                });
            });
        }
        self.taken += len as u64;
        self.filled = 0;
    }
}

/// Every known channel that the tuning covers; the tuned frequency itself where it covers none.
fn channels(tuning: Tuning, by: usize, profile: Profile) -> Vec<Channel> {
    let offset = |hz: u64| hz as f64 - tuning.center_hz as f64;
    let covered = |hz: f64| hz == 0.0 || hz.abs() + 8_000.0 <= 0.45 * f64::from(tuning.rate_sps);
    let mut offsets: Vec<f64> = CHANNELS_HZ.into_iter().map(offset).filter(|hz| covered(*hz)).collect();
    if offsets.is_empty() {
        offsets.push(0.0);
    }
    offsets.into_iter().map(|hz| Channel::new(tuning.rate_sps, by, hz, profile)).collect()
}

impl Demodulator for Receiver {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        if self.start.is_none() || block.dropped_samples != 0 {
            self.restart(block);
        }
        let total = block.samples.len();
        self.counters.samples += total as u64;
        let mut from = 0;
        while from < total {
            let n = (self.re.len() - self.filled).min(total - from);
            let to = self.filled..self.filled + n;
            append_planar(&block.samples, from..from + n, &mut self.re[to.clone()], &mut self.im[to]);
            self.filled += n;
            from += n;
            if self.filled == self.re.len() {
                self.chunk(out);
            }
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        let chunks = 1 + self.channels.first().map_or(0, Channel::delay).div_ceil(CHUNK_OUT);
        for _ in 0..chunks {
            self.re[self.filled..].fill(self.zero.0);
            self.im[self.filled..].fill(self.zero.1);
            self.chunk(out);
        }
        self.start = None;
    }

    fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.refuse_many(Refusal::Integrity, self.failed_before + self.failed());
        counters
    }

    /// The longest frame, all ones and so stuffed most, from a transmitter whose clock is 5 % slow; and the filters.
    fn latency_us(&self) -> u32 {
        let bits = FRAME_BYTES_MAX as f64 * 8.0 * 6.0 / 5.0 + 16.0;
        let filters = self.channels.first().map_or(0, Channel::delay) + 2 * CHUNK_OUT;
        let rate_sps = f64::from(self.tuning.rate_sps) / self.by as f64;
        ((bits / BAUD * 1.05 + filters as f64 / rate_sps) * 1e6) as u32
    }
}
