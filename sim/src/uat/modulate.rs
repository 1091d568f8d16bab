//! UAT bursts as complex samples (DO-282B §2.2.2.4; ICAO Annex 10 Vol. III §12.4.1).
//!
//! ```text
//!   bit 1: +312.5 kHz, bit 0: −312.5 kHz; the phase is continuous; one bit turns it by ±h·π, h = 0.6
//! ```
//!
//! Calibration: amplitude is the carrier's (the envelope is constant), so C = A² and Eb/N0 = C/N0 − 60.177 dB
//! ([`EBN0_TO_CN0_DB`]), Eb being the energy of one bit on the air (parity bits count as bits).
//! The standard leaves the filter to the maker (eye opening and spectrum mask only): here it is none, or a raised cosine.

use super::frame::UatFrame;
use crate::air::{Draw, PS_PER_S, Transmission, sample_at};
use core::f64::consts::{PI, TAU};
use std::sync::Arc;

pub const BIT_RATE: f64 = 6_250_000.0 / 6.0;
/// 10·log10 of the bit rate.
pub const EBN0_TO_CN0_DB: f64 = 60.177_287_669_604_32;

/// How a transmitter modulates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Modulation index: twice the deviation over the bit rate; "no less than 0.6".
    pub h: f64,
    /// Roll-off of a raised-cosine filter on the frequency, 0 < value ≤ 1. `None`: the frequency jumps.
    pub roll_off: Option<f64>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { h: 0.6, roll_off: None }
    }
}

/// Bits with the sum of the levels before each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels(Vec<(i8, i32)>);

impl Levels {
    pub fn of(frame: &UatFrame) -> Self {
        let mut sum = 0;
        let level = |bit: bool| {
            let level = if bit { 1 } else { -1 };
            let before = sum;
            sum += i32::from(level);
            (level, before)
        };
        Self(frame.bits().into_iter().map(level).collect())
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// One transmission as it reaches the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct UatBurst {
    pub levels: Arc<Levels>,
    /// Start of the sync word.
    pub start_ps: u64,
    /// Full scales.
    pub amplitude: f32,
    /// Carrier error against the tuning.
    pub offset_hz: f64,
    /// Carrier phase at the start, radians.
    pub phase: f64,
    /// The bit clock's error: +10 makes everything 10 ppm longer.
    pub stretch_ppm: f64,
    pub shape: Shape,
}

impl UatBurst {
    fn bit_s(&self) -> f64 {
        (1.0 + 1e-6 * self.stretch_ppm) / BIT_RATE
    }
}

impl Transmission for UatBurst {
    fn start_ps(&self) -> u64 {
        self.start_ps
    }

    fn end_ps(&self) -> u64 {
        self.start_ps + (self.levels.count() as f64 * self.bit_s() * PS_PER_S as f64) as u64
    }
}

/// Draws UAT bursts at one sample rate.
#[derive(Clone, Debug)]
pub struct Modulator {
    rate_sps: u32,
    pulse: PhasePulse,
}

/// Bits over which the power rises before and falls behind a burst (four bit periods at most, §2.2.2.5).
const RAMP_BITS: f64 = 2.0;

impl Modulator {
    pub fn new(rate_sps: u32) -> Self {
        Self { rate_sps, pulse: PhasePulse::new(None) }
    }
}

impl Draw<UatBurst> for Modulator {
    fn span(&self, burst: &UatBurst) -> (u64, u64) {
        let rate = f64::from(self.rate_sps);
        let (start, _) = sample_at(self.rate_sps, burst.start_ps);
        let ramp = (RAMP_BITS * burst.bit_s() * rate).ceil() as u64 + 1;
        let length = (burst.levels.count() as f64 * burst.bit_s() * rate).ceil() as u64;
        (start.saturating_sub(ramp), start + length + ramp + 1)
    }

    fn add(&mut self, burst: &UatBurst, first_sample: u64, iq: &mut [f32]) {
        let (from, to) = self.span(burst);
        let (first, last) = (from.max(first_sample), to.min(first_sample + iq.len() as u64 / 2));
        if last <= first {
            return;
        }
        if self.pulse.roll_off != burst.shape.roll_off {
            self.pulse = PhasePulse::new(burst.shape.roll_off);
        }
        let (whole, fraction) = sample_at(self.rate_sps, burst.start_ps);
        let rate = f64::from(self.rate_sps);
        let per_bit = 1.0 / burst.bit_s();
        for sample in first..last {
            let t = (sample as f64 - whole as f64 - fraction) / rate;
            let bit = t * per_bit;
            let level = burst.amplitude * ramp(bit, burst.levels.count() as f64);
            let turned = PI * burst.shape.h * self.pulse.turned(&burst.levels, bit);
            let angle = burst.phase + TAU * (burst.offset_hz * t).fract() + turned;
            let (sin, cos) = angle.rem_euclid(TAU).sin_cos();
            let at = (sample - first_sample) as usize * 2;
            iq[at] += level * cos as f32;
            iq[at + 1] += level * sin as f32;
        }
    }
}

fn ramp(bit: f64, count: f64) -> f32 {
    let outside = (-bit).max(bit - count).max(0.0);
    if RAMP_BITS <= outside {
        return 0.0;
    }
    (0.5 + 0.5 * (PI * outside / RAMP_BITS).cos()) as f32
}

/// How far one bit has turned the phase, 0 before and 1 after it, tabulated: the integral of its frequency pulse.
#[derive(Clone, Debug)]
struct PhasePulse {
    roll_off: Option<f64>,
    /// Bits on either side of a bit's middle within which it acts.
    reach: i64,
    table: Vec<f64>,
}

impl PhasePulse {
    const PER_BIT: usize = 64;

    fn new(roll_off: Option<f64>) -> Self {
        let reach: i64 = if roll_off.is_some() { 5 } else { 1 };
        let count = 2 * reach as usize * Self::PER_BIT;
        let step = 1.0 / Self::PER_BIT as f64;
        let mut sum = 0.0;
        let mut table = vec![0.0];
        for i in 0..count {
            sum += frequency(roll_off, (i as f64 + 0.5) * step - reach as f64);
            table.push(sum);
        }
        table.iter_mut().for_each(|v| *v /= sum);
        Self { roll_off, reach, table }
    }

    /// Sum over all bits of level times turn, at `bit` bits after the start.
    fn turned(&self, levels: &Levels, bit: f64) -> f64 {
        let now = bit.floor() as i64;
        let (first, last) = ((now - self.reach).max(0), (now + self.reach).min(levels.count() as i64 - 1));
        let Some(done) = levels.0.get(first as usize) else {
            return levels.0.last().map_or(0.0, |(level, before)| f64::from(before + i32::from(*level)));
        };
        let turn = |i: i64| f64::from(levels.0[i as usize].0) * self.value(bit - i as f64 - 0.5);
        f64::from(done.1) + (first..=last).map(turn).sum::<f64>()
    }

    fn value(&self, since_middle: f64) -> f64 {
        let place = (since_middle + self.reach as f64) * Self::PER_BIT as f64;
        if place <= 0.0 {
            return 0.0;
        }
        let i = place as usize;
        self.table.get(i..i + 2).map_or(1.0, |pair| pair[0] + (pair[1] - pair[0]) * (place - i as f64))
    }
}

/// The frequency at `t` bits from the middle of a lone bit.
fn frequency(roll_off: Option<f64>, t: f64) -> f64 {
    let Some(a) = roll_off else { return f64::from(u8::from(t.abs() < 0.5)) };
    let sinc = if t.abs() < 1e-9 { 1.0 } else { (PI * t).sin() / (PI * t) };
    let edge = 1.0 - (2.0 * a * t).powi(2);
    if edge.abs() < 1e-9 { a / 2.0 * (PI / (2.0 * a)).sin() } else { sinc * (PI * a * t).cos() / edge }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(shape: Shape, rate_sps: u32) -> Vec<f32> {
        let levels = Arc::new(Levels::of(&UatFrame::new(&[0; 18]).unwrap()));
        let burst = UatBurst { levels, start_ps: 20_000_000, amplitude: 0.5, offset_hz: 0.0, phase: 0.0, stretch_ppm: 0.0, shape };
        let mut iq = vec![0.0; rate_sps as usize / 1_000];
        Modulator::new(rate_sps).add(&burst, 0, &mut iq);
        iq
    }

    #[test]
    fn a_run_of_equal_bits_is_a_tone_at_the_deviation() {
        for shape in [Shape::default(), Shape { roll_off: Some(0.5), ..Shape::default() }] {
            // Payload zeros behind sync: bits 40…150 are 0.
            let iq = drawn(shape, 6_250_000);
            let at = |bit: usize| 125 + 6 * bit;
            let angle = |n: usize| f64::from(iq[2 * n + 1]).atan2(f64::from(iq[2 * n]));
            for bit in 50..140 {
                let turn = (angle(at(bit) + 1) - angle(at(bit))).rem_euclid(TAU) - TAU;
                assert!((turn * 6_250_000.0 / TAU + 312_500.0).abs() < 300.0, "{bit}: {turn}");
            }
            let power = iq.chunks(2).map(|s| s[0] * s[0] + s[1] * s[1]).fold(0.0, f32::max);
            assert!((power - 0.25).abs() < 1e-4);
        }
    }

    #[test]
    fn bits_can_be_read_off_the_phase() {
        let frame = UatFrame::new(&(0..34).map(|i| 8 + i * 7).collect::<Vec<u8>>());
        let frame = frame.unwrap_or_else(|| UatFrame::new(&[9; 34]).unwrap());
        let levels = Arc::new(Levels::of(&frame));
        let shape = Shape { roll_off: Some(0.5), ..Shape::default() };
        let burst = UatBurst { levels, start_ps: 0, amplitude: 0.5, offset_hz: 0.0, phase: 1.0, stretch_ppm: 0.0, shape };
        let mut iq = vec![0.0; 2 * 6 * 440];
        Modulator::new(6_250_000).add(&burst, 0, &mut iq);
        for (k, bit) in frame.bits().into_iter().enumerate().skip(1) {
            let angle = |n: usize| f64::from(iq[2 * n + 1]).atan2(f64::from(iq[2 * n]));
            let turn = (angle(6 * k + 4) - angle(6 * k + 2) + PI).rem_euclid(TAU) - PI;
            assert_eq!(0.0 < turn, bit, "bit {k}");
        }
    }
}
