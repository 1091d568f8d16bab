//! AIS bursts as complex samples (ITU-R M.1371-5 annex 2 §2): GMSK, 9,600 bit/s, 25 kHz channels.
//!
//! ```text
//!  ramp 8 bits │ training 24 bits 0101… or 1010… │ 01111110 │ data and FCS, stuffed │ 01111110 │ ramp down
//!              └─ start ─────────────── NRZI, then Gaussian frequency pulses ──────────┘
//! ```
//!
//! Calibration: amplitude is the carrier's between its ramps (the envelope is constant), so C = A² and
//! Eb/N0 = C/N0 − 39.82 dB ([`EBN0_TO_CN0_DB`]); in decibels over the noise of the whole band, Eb/N0 + 39.82 − 10·log10(rate).
//! Peak deviation is h·4,800 Hz for long runs of equal bits: 2,400 Hz at h = 0.5.

use super::payload::Payload;
use crate::air::{Draw, PS_PER_S, Transmission, sample_at};
use crate::hdlc;
use core::f64::consts::{LN_2, PI, TAU};
use std::sync::Arc;

pub const BIT_RATE: f64 = 9600.0;
/// 10·log10(9,600).
pub const EBN0_TO_CN0_DB: f64 = 39.822_712_330_395_68;

/// One of the AIS channels: two for everything, two for long range (type 27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// 161.975 MHz.
    A,
    /// 162.025 MHz.
    B,
    /// 156.775 MHz.
    C,
    /// 156.825 MHz.
    D,
}

impl Channel {
    pub const fn center_hz(self) -> u64 {
        match self {
            Self::A => 161_975_000,
            Self::B => 162_025_000,
            Self::C => 156_775_000,
            Self::D => 156_825_000,
        }
    }

    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
        }
    }
}

/// How a transmitter modulates. Class A equipment: BT 0.4, h 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Bandwidth-time product of the Gaussian filter.
    pub bt: f64,
    /// Modulation index: twice the peak deviation over the bit rate.
    pub h: f64,
    /// Bits over which the power rises and falls.
    pub ramp_bits: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Self { bt: 0.4, h: 0.5, ramp_bits: 8.0 }
    }
}

/// The levels of one burst: training sequence, flags, data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Level of each bit, and the sum of all before it (+1 and −1).
    bits: Vec<(i8, i32)>,
}

impl Levels {
    /// Bytes go out least significant bit first, as HDLC has it, so a message's first bit is the eighth on the air.
    pub fn of(payload: &Payload) -> Self {
        Self::with_fcs(payload, hdlc::fcs(payload.as_bytes()))
    }

    /// The same with a check sequence of one's own: wrong on purpose, say.
    pub fn with_fcs(payload: &Payload, fcs: u16) -> Self {
        Self::made(payload, fcs, false)
    }

    /// With a training sequence 1010… instead of 0101…: it is left to the transmitter, and a third of them do.
    pub fn beginning_with_one(payload: &Payload) -> Self {
        Self::made(payload, hdlc::fcs(payload.as_bytes()), true)
    }

    fn made(payload: &Payload, fcs: u16, begins_with_one: bool) -> Self {
        let training = (0..24).map(|i| (i % 2 == 1) != begins_with_one);
        let bits: Vec<bool> = training.chain(hdlc::frame_bits_with_fcs(payload.as_bytes(), fcs)).collect();
        let mut sum = 0;
        let levels = hdlc::nrzi(&bits, true).into_iter().map(|level| {
            let level = if level { 1 } else { -1 };
            let before = sum;
            sum += i32::from(level);
            (level, before)
        });
        Self { bits: levels.collect() }
    }

    /// The level of each bit.
    pub fn levels(&self) -> Vec<bool> {
        self.bits.iter().map(|(level, _)| 0 < *level).collect()
    }

    pub fn count(&self) -> usize {
        self.bits.len()
    }
}

/// One transmission as it reaches the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct AisBurst {
    pub levels: Arc<Levels>,
    /// Start of the training sequence.
    pub start_ps: u64,
    pub channel: Channel,
    /// Full scales.
    pub amplitude: f32,
    /// Carrier error against the channel's centre.
    pub offset_hz: f64,
    /// How fast the carrier drifts within the burst.
    pub drift_hz_per_s: f64,
    /// Carrier phase at the start, radians.
    pub phase: f64,
    /// The bit clock's error: +10 makes everything 10 ppm longer.
    pub stretch_ppm: f64,
    pub shape: Shape,
}

impl AisBurst {
    fn bit_s(&self) -> f64 {
        (1.0 + 1e-6 * self.stretch_ppm) / BIT_RATE
    }
}

impl Transmission for AisBurst {
    fn start_ps(&self) -> u64 {
        self.start_ps
    }

    fn end_ps(&self) -> u64 {
        self.start_ps + (self.levels.count() as f64 * self.bit_s() * PS_PER_S as f64) as u64
    }

    fn channel(&self) -> u32 {
        self.channel as u32
    }
}

/// Draws AIS bursts at one sample rate around one centre frequency.
#[derive(Clone, Debug)]
pub struct Modulator {
    rate_sps: u32,
    center_hz: u64,
    /// The last pulse shape that was needed: transmitters mostly have the same.
    pulse: PhasePulse,
}

impl Modulator {
    /// `rate_sps` must hold the channels in use (48 k for one at the centre, 96 k for both).
    pub fn new(rate_sps: u32, center_hz: u64) -> Self {
        Self { rate_sps, center_hz, pulse: PhasePulse::new(Shape::default().bt) }
    }
}

impl Draw<AisBurst> for Modulator {
    fn span(&self, burst: &AisBurst) -> (u64, u64) {
        let rate = f64::from(self.rate_sps);
        let (start, _) = sample_at(self.rate_sps, burst.start_ps);
        let ramp = (burst.shape.ramp_bits * burst.bit_s() * rate).ceil() as u64 + 1;
        let length = (burst.levels.count() as f64 * burst.bit_s() * rate).ceil() as u64;
        (start.saturating_sub(ramp), start + length + ramp + 1)
    }

    fn add(&mut self, burst: &AisBurst, first_sample: u64, iq: &mut [f32]) {
        let (from, to) = self.span(burst);
        let (first, last) = (from.max(first_sample), to.min(first_sample + iq.len() as u64 / 2));
        if last <= first {
            return;
        }
        if self.pulse.bt != burst.shape.bt {
            self.pulse = PhasePulse::new(burst.shape.bt);
        }
        let (whole, fraction) = sample_at(self.rate_sps, burst.start_ps);
        let rate = f64::from(self.rate_sps);
        let carrier_hz = burst.channel.center_hz() as f64 - self.center_hz as f64 + burst.offset_hz;
        let per_bit = 1.0 / burst.bit_s();
        for sample in first..last {
            let t = (sample as f64 - whole as f64 - fraction) / rate;
            let bit = t * per_bit;
            let level = burst.amplitude * ramp(bit, burst.levels.count() as f64, burst.shape.ramp_bits);
            let turns = carrier_hz * t + burst.drift_hz_per_s * t * t / 2.0;
            let angle = burst.phase + TAU * turns.fract() + PI * burst.shape.h * self.pulse.turned(&burst.levels, bit);
            let (sin, cos) = (angle as f32 % core::f32::consts::TAU).sin_cos();
            let at = (sample - first_sample) as usize * 2;
            iq[at] += level * cos;
            iq[at + 1] += level * sin;
        }
    }
}

/// Raised-cosine power ramps before the first and after the last bit.
fn ramp(bit: f64, count: f64, ramp_bits: f64) -> f32 {
    let outside = (-bit).max(bit - count).max(0.0);
    if ramp_bits <= outside {
        return 0.0;
    }
    (0.5 + 0.5 * (PI * outside / ramp_bits).cos()) as f32
}

/// How far one bit has turned the phase, 0 before it and 1 after it, tabulated: the integral of a one-bit pulse through a
/// Gaussian filter of the given BT.
#[derive(Clone, Debug)]
struct PhasePulse {
    bt: f64,
    table: Vec<f64>,
}

impl PhasePulse {
    /// Bits on either side of a bit's middle within which it acts.
    const REACH: usize = 3;
    const PER_BIT: usize = 64;

    fn new(bt: f64) -> Self {
        let sigma = LN_2.sqrt() / (TAU * bt);
        let count = 2 * Self::REACH * Self::PER_BIT;
        let step = 1.0 / Self::PER_BIT as f64;
        // The frequency pulse is the Gaussian summed over one bit; the phase is that summed over time.
        let gauss = |t: f64| (-t * t / (2.0 * sigma * sigma)).exp();
        let frequency = |t: f64| (0..Self::PER_BIT).map(|k| gauss(t - 0.5 + (k as f64 + 0.5) * step)).sum::<f64>();
        let mut sum = 0.0;
        let mut table = vec![0.0];
        for i in 0..count {
            sum += frequency((i as f64 + 0.5) * step - Self::REACH as f64);
            table.push(sum);
        }
        table.iter_mut().for_each(|v| *v /= sum);
        Self { bt, table }
    }

    /// Sum over all bits of level times turn, at `bit` bits after the start.
    fn turned(&self, levels: &Levels, bit: f64) -> f64 {
        let reach = Self::REACH as i64;
        let now = bit.floor() as i64;
        let (first, last) = ((now - reach).max(0), (now + reach).min(levels.count() as i64 - 1));
        // Everything before `first` has turned fully.
        let Some(done) = levels.bits.get(first as usize) else {
            return levels.bits.last().map_or(0.0, |(level, before)| f64::from(before + i32::from(*level)));
        };
        let mut sum = f64::from(done.1);
        for i in first..=last {
            let since_middle = bit - i as f64 - 0.5;
            sum += f64::from(levels.bits[i as usize].0) * self.value(since_middle);
        }
        sum
    }

    fn value(&self, since_middle: f64) -> f64 {
        let place = (since_middle + Self::REACH as f64) * Self::PER_BIT as f64;
        if place <= 0.0 {
            return 0.0;
        }
        let i = place as usize;
        match self.table.get(i..i + 2) {
            Some(pair) => pair[0] + (pair[1] - pair[0]) * (place - i as f64),
            None => 1.0,
        }
    }
}
