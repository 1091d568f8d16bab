//! APRS transmissions as complex samples: narrow-band FM of [`super::afsk`] tones.
//!
//! ```text
//!   carrier alone (head) │ tones │ carrier alone (tail) │ nothing: the receiver's noise
//! ```
//!
//! Calibration: the envelope is constant, amplitude A, so C = A². CNR is that power over the noise in 12.5 kHz:
//! CNR = C/N0 − 40.97 dB ([`CNR_TO_CN0_DB`]); at 1,200 bit/s, Eb/N0 = CNR + 10.18 dB. Deviation is the peak of the louder tone.
//! With fading, C is the mean power.

use super::afsk::Afsk;
use crate::air::{Draw, PS_PER_S, Transmission, sample_at};
use crate::rng::Rng;
use core::f64::consts::TAU;
use std::sync::Arc;

/// 10·log10(12,500).
pub const CNR_TO_CN0_DB: f64 = 40.969_100_130_080_56;

/// A moving station's flat fading: a steady ray and scattered ones (Rice; Rayleigh without the steady one).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fading {
    pub doppler_hz: f64,
    /// Steady over scattered power, decibels; −∞ is Rayleigh.
    pub rice_k_db: f64,
    /// Which path through the scatterers.
    pub seed: u64,
}

/// One transmission as it reaches the antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct FmBurst {
    pub tones: Arc<Afsk>,
    /// When the carrier appears.
    pub start_ps: u64,
    /// The FM channel's centre.
    pub channel_hz: u64,
    /// Full scales.
    pub amplitude: f32,
    /// Carrier error against the channel's centre.
    pub offset_hz: f64,
    pub drift_hz_per_s: f64,
    pub phase: f64,
    pub deviation_hz: f64,
    /// Carrier without tones before and after.
    pub head_s: f64,
    pub tail_s: f64,
    pub fading: Option<Fading>,
}

impl FmBurst {
    pub fn duration_s(&self) -> f64 {
        self.head_s + self.tones.duration_s() + self.tail_s
    }
}

impl Transmission for FmBurst {
    fn start_ps(&self) -> u64 {
        self.start_ps
    }

    fn end_ps(&self) -> u64 {
        self.start_ps + (self.duration_s() * PS_PER_S as f64) as u64
    }

    fn channel(&self) -> u32 {
        (self.channel_hz / 1000) as u32
    }
}

/// Draws FM bursts at one sample rate around one centre frequency.
#[derive(Clone, Debug)]
pub struct Modulator {
    rate_sps: u32,
    center_hz: u64,
}

impl Modulator {
    /// `rate_sps` must hold the channels in use, each about 15 kHz wide.
    pub fn new(rate_sps: u32, center_hz: u64) -> Self {
        Self { rate_sps, center_hz }
    }
}

impl Draw<FmBurst> for Modulator {
    fn span(&self, burst: &FmBurst) -> (u64, u64) {
        let (start, _) = sample_at(self.rate_sps, burst.start_ps);
        (start, start + (burst.duration_s() * f64::from(self.rate_sps)).ceil() as u64 + 1)
    }

    fn add(&mut self, burst: &FmBurst, first_sample: u64, iq: &mut [f32]) {
        let (from, to) = self.span(burst);
        let (first, last) = (from.max(first_sample), to.min(first_sample + iq.len() as u64 / 2));
        if last <= first {
            return;
        }
        let (whole, fraction) = sample_at(self.rate_sps, burst.start_ps);
        let carrier_hz = burst.channel_hz as f64 - self.center_hz as f64 + burst.offset_hz;
        let paths = burst.fading.map(Paths::new);
        let end_s = burst.duration_s();
        for sample in first..last {
            let t = (sample as f64 - whole as f64 - fraction) / f64::from(self.rate_sps);
            if !(0.0..end_s).contains(&t) {
                continue;
            }
            let turns = carrier_hz * t + burst.drift_hz_per_s * t * t / 2.0 + burst.deviation_hz * burst.tones.integral(t - burst.head_s);
            let angle = burst.phase + TAU * turns.fract();
            let (sin, cos) = (angle as f32).sin_cos();
            let (re, im) = paths.as_ref().map_or((1.0, 0.0), |p| p.gain(t));
            let at = (sample - first_sample) as usize * 2;
            iq[at] += burst.amplitude * (re * cos - im * sin);
            iq[at + 1] += burst.amplitude * (re * sin + im * cos);
        }
    }
}

/// Scattered rays from all sides (Clarke's model): a sum of turning phasors, mean power 1.
#[derive(Clone, Debug)]
struct Paths {
    steady: f64,
    rays: [(f64, f64); Self::RAYS],
    each: f64,
}

impl Paths {
    const RAYS: usize = 12;

    fn new(fading: Fading) -> Self {
        let mut rng = Rng::stream(fading.seed, &[0xFAD]);
        let k = 10_f64.powf(fading.rice_k_db / 10.0);
        let rays = core::array::from_fn(|i| {
            let arrival = TAU * (i as f64 + rng.unit()) / Self::RAYS as f64;
            (fading.doppler_hz * arrival.cos(), rng.range(0.0, TAU))
        });
        Self { steady: (k / (1.0 + k)).sqrt(), rays, each: (1.0 / (1.0 + k) / Self::RAYS as f64).sqrt() }
    }

    fn gain(&self, t_s: f64) -> (f32, f32) {
        let (mut re, mut im) = (self.steady, 0.0);
        for (hz, phase) in self.rays {
            let (sin, cos) = (TAU * (hz * t_s).fract() + phase).sin_cos();
            re += self.each * cos;
            im += self.each * sin;
        }
        (re as f32, im as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fading_keeps_the_mean_power() {
        for rice_k_db in [f64::NEG_INFINITY, 3.0, 20.0] {
            let (mut mean, mut deep) = (0.0, 0);
            for seed in 0..200 {
                let paths = Paths::new(Fading { doppler_hz: 8.0, rice_k_db, seed });
                for i in 0..100 {
                    let (re, im) = paths.gain(f64::from(i) * 0.01);
                    let power = f64::from(re * re + im * im);
                    mean += power / 20_000.0;
                    deep += u32::from(power < 0.1);
                }
            }
            assert!((mean - 1.0).abs() < 0.05, "{rice_k_db}: {mean}");
            // Rayleigh: 1 − e^(−0.1) = 9.5 % of the time 10 dB down.
            assert!(rice_k_db != f64::NEG_INFINITY || (1300..2500).contains(&deep), "{deep}");
        }
    }
}
