//! Mode S and Mode A/C pulses as complex samples (ICAO Annex 10 Vol. IV §3.1.2.2, §3.1.1.6).
//!
//! ```text
//!   µs  0   1   2   3   4   5   6   7   8    9    10
//!       ▌   ▌         ▌   ▌             ▌▐   ▌▐   ▌▐      a one: pulse in the first half of its µs, a zero: in the second
//!       └────── preamble, 8 µs ────────┘ bit 1  bit 2 …
//!   Mode A/C: F1 C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4 F2, 0.45 µs each, every 1.45 µs
//! ```
//!
//! Calibration: amplitude is that of the carrier while a pulse is on (full scale = 1.0), so C in C/N0 is pulse power, and a bit's
//! energy is C · 0.5 µs. An ideal coherent receiver loses half of the 112-bit frames at C/N0 = 70.98 dB-Hz. C is counted before
//! the receiver's filter: of a pulse's energy, the filter at 0.5 leaves 85 % at 2.4 Msps, 95 % at 6 Msps (see the tests). How much of that a
//! receiver misses depends on the receiver: dump1090-mutability --fix loses half of DF 17 at 74.1 dB-Hz here (0.5), 75.3 (0.45),
//! 75.1 (integrated), 73.6 (0.7: what would be lost comes back as alias).
//!
//! Pulses have exact edges in time (picoseconds) and are smoothed as [`Edges`] says; where they overlap with others', they add.

use super::frame::ModeS;
pub use crate::air::PS_PER_S;
use crate::air::{Draw, Transmission, sample_at};
use core::f64::consts::{PI, TAU};

/// How an ideal rectangular pulse becomes samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edges {
    /// The receiver's anti-alias filter: half amplitude at this fraction of the sample rate. 0.5 fits the white noise of
    /// [`crate::iq`], where signal and noise passed the same filter; less is a receiver that hurts the signal alone.
    /// Pulses ring a little.
    BandLimited { cutoff: f64 },
    /// Each sample is the mean over its own interval (integrate and dump).
    Integrated,
    /// Infinitely fast edges, no filter: a sample is on or off. Harsh, and aliased.
    Sampled,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waveform {
    ModeS(ModeS),
    /// Fifteen bits F1…F2 as on the air (`F1` most significant) and the SPI pulse, see [`super::fruit`].
    ModeAc {
        pulses: u16,
        spi: bool,
    },
    /// A pulse pair of distance measuring equipment or TACAN, which share the band: 3.5 µs wide at half amplitude, rounded
    /// (Annex 10 Vol. I §3.5.4.1.3), so far apart from leading edge to leading edge.
    Dme {
        spacing_us: u8,
    },
}

impl Waveform {
    pub fn duration_ps(&self) -> u64 {
        match self {
            Self::Dme { spacing_us } => (u64::from(*spacing_us) + 7) * 1_000_000,
            Self::ModeS(frame) => (8 + frame.bits() as u64) * 1_000_000,
            Self::ModeAc { spi, .. } => {
                if *spi {
                    25_100_000
                } else {
                    20_750_000
                }
            }
        }
    }
}

/// One transmission as it reaches the antenna.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    pub waveform: Waveform,
    /// Leading edge of the first pulse.
    pub start_ps: u64,
    /// While a pulse is on, full scales.
    pub amplitude: f32,
    /// Carrier offset from the receiver's tuning.
    pub offset_hz: f32,
    /// Carrier phase at the start, radians.
    pub phase: f32,
    /// The transmitter's clock error: +10 makes everything 10 ppm longer.
    pub stretch_ppm: f32,
}

impl Transmission for Burst {
    fn start_ps(&self) -> u64 {
        self.start_ps
    }

    fn end_ps(&self) -> u64 {
        self.start_ps + self.waveform.duration_ps()
    }
}

/// Draws bursts at one sample rate.
#[derive(Clone, Debug)]
pub struct Modulator {
    rate_sps: u32,
    step: StepResponse,
    /// Envelope of the burst in hand.
    envelope: Vec<f32>,
}

impl Modulator {
    /// Any rate from 2 Msps up gives a signal that can be decoded.
    pub fn new(rate_sps: u32, edges: Edges) -> Self {
        let reach = StepResponse::REACH as usize * 2 + 4;
        let longest = (121e-6 * f64::from(rate_sps)) as usize + reach;
        Self { rate_sps, step: StepResponse::new(edges), envelope: Vec::with_capacity(longest) }
    }

    fn draw_envelope(&mut self, burst: &Burst, from: u64, to: u64) {
        self.envelope.clear();
        self.envelope.resize((to - from) as usize, 0.0);
        let (whole, fraction) = sample_at(self.rate_sps, burst.start_ps);
        let origin = (whole - from) as f64 + fraction;
        let per_us = f64::from(self.rate_sps) * 1e-6 * (1.0 + 1e-6 * f64::from(burst.stretch_ppm));
        let mut draw = |start_us: f64, width_us: f64, level: f32| {
            let on = origin + start_us * per_us;
            self.step.add_pulse(on, on + width_us * per_us, level, &mut self.envelope);
        };
        match burst.waveform {
            Waveform::ModeS(frame) => mode_s_pulses(&frame, &mut draw),
            Waveform::ModeAc { pulses, spi } => mode_ac_pulses(pulses, spi, &mut draw),
            Waveform::Dme { spacing_us } => dme_pulses(f64::from(spacing_us), &mut draw),
        }
    }

    fn add_carrier(&self, burst: &Burst, from: u64, first_sample: u64, iq: &mut [f32]) {
        let (whole, fraction) = sample_at(self.rate_sps, burst.start_ps);
        let step = TAU * f64::from(burst.offset_hz) / f64::from(self.rate_sps);
        let phase = f64::from(burst.phase) + step * (from as f64 - whole as f64 - fraction);
        let (mut sin, mut cos) = phase.sin_cos();
        let (turn_sin, turn_cos) = step.sin_cos();
        for (i, level) in self.envelope.iter().enumerate() {
            let sample = from + i as u64;
            if first_sample <= sample && *level != 0.0 {
                let at = (sample - first_sample) as usize * 2;
                let Some(place) = iq.get_mut(at..at + 2) else { break };
                let level = level * burst.amplitude;
                place[0] += level * cos as f32;
                place[1] += level * sin as f32;
            }
            (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
        }
    }
}

impl Draw<Burst> for Modulator {
    fn span(&self, burst: &Burst) -> (u64, u64) {
        let (start, _) = sample_at(self.rate_sps, burst.start_ps);
        let length = burst.waveform.duration_ps() as f64 * 1e-12 * f64::from(self.rate_sps) * (1.0 + 1e-6 * f64::from(burst.stretch_ppm));
        (start.saturating_sub(StepResponse::REACH as u64), start + length.ceil() as u64 + StepResponse::REACH as u64 + 2)
    }

    fn add(&mut self, burst: &Burst, first_sample: u64, iq: &mut [f32]) {
        let (from, to) = self.span(burst);
        let end = first_sample + iq.len() as u64 / 2;
        if end <= from || to <= first_sample {
            return;
        }
        self.draw_envelope(burst, from, to);
        self.add_carrier(burst, from, first_sample, iq);
    }
}

fn mode_s_pulses(frame: &ModeS, draw: &mut impl FnMut(f64, f64, f32)) {
    for start_us in [0.0, 1.0, 3.5, 4.5] {
        draw(start_us, 0.5, 1.0);
    }
    for i in 0..frame.bits() {
        draw(8.0 + i as f64 + if frame.bit(i) { 0.0 } else { 0.5 }, 0.5, 1.0);
    }
}

fn mode_ac_pulses(pulses: u16, spi: bool, draw: &mut impl FnMut(f64, f64, f32)) {
    for place in 0..15 {
        if pulses >> (14 - place) & 1 == 1 {
            draw(f64::from(place) * 1.45, 0.45, 1.0);
        }
    }
    if spi {
        draw(24.65, 0.45, 1.0);
    }
}

/// Each pulse is a cosine-squared bell of 7 µs, stacked from 20 slabs.
fn dme_pulses(spacing_us: f64, draw: &mut impl FnMut(f64, f64, f32)) {
    const SLABS: u32 = 20;
    for start_us in [0.0, spacing_us] {
        for slab in 0..SLABS {
            let height = (f64::from(slab) + 0.5) / f64::from(SLABS);
            // cos²(π t/7) = height on either side of the middle.
            let half_us = 7.0 / PI * height.sqrt().acos();
            draw(start_us + 3.5 - half_us, 2.0 * half_us, 1.0 / SLABS as f32);
        }
    }
}

/// The answer of the chosen filter to a step from 0 to 1, tabulated at 1/64 sample. A pulse is one step minus a later one.
#[derive(Clone, Debug)]
struct StepResponse {
    table: Vec<f32>,
}

impl StepResponse {
    /// Samples on either side of an edge that it changes.
    const REACH: i64 = 6;
    const PER_SAMPLE: usize = 64;

    fn new(edges: Edges) -> Self {
        let count = 2 * Self::REACH as usize * Self::PER_SAMPLE + 1;
        let at = |i: usize| i as f64 / Self::PER_SAMPLE as f64 - Self::REACH as f64;
        let table = match edges {
            Edges::Sampled => (0..count).map(|i| if 0.0 <= at(i) { 1.0 } else { 0.0 }).collect(),
            Edges::Integrated => (0..count).map(|i| (at(i) + 0.5).clamp(0.0, 1.0) as f32).collect(),
            Edges::BandLimited { cutoff } => {
                let mut sum = 0.0;
                let steps: Vec<f64> = (0..count)
                    .map(|i| {
                        sum += Self::kernel(at(i), cutoff);
                        sum
                    })
                    .collect();
                steps.iter().map(|s| (s / sum) as f32).collect()
            }
        };
        Self { table }
    }

    /// A sinc under a raised-cosine window.
    fn kernel(t: f64, cutoff: f64) -> f64 {
        let x = 2.0 * PI * cutoff * t;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        sinc * (0.5 + 0.5 * (PI * t / Self::REACH as f64).cos())
    }

    fn value(&self, t: f64) -> f32 {
        let place = (t + Self::REACH as f64) * Self::PER_SAMPLE as f64;
        if place <= 0.0 {
            return 0.0;
        }
        let i = place as usize;
        match self.table.get(i..i + 2) {
            Some(pair) => pair[0] + (pair[1] - pair[0]) * (place - i as f64) as f32,
            None => 1.0,
        }
    }

    fn add_pulse(&self, on: f64, off: f64, level: f32, envelope: &mut [f32]) {
        let first = (on.floor() as i64 - Self::REACH).max(0);
        let last = (off.ceil() as i64 + Self::REACH).min(envelope.len() as i64 - 1);
        for i in first..=last {
            envelope[i as usize] += level * (self.value(i as f64 - on) - self.value(i as f64 - off));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(start_ps: u64) -> Burst {
        let frame = ModeS::from_hex("8d4840d6202cc371c32ce0576098").unwrap();
        Burst { waveform: Waveform::ModeS(frame), start_ps, amplitude: 0.5, offset_hz: 30_000.0, phase: 1.0, stretch_ppm: 0.0 }
    }

    fn energy(iq: &[f32]) -> f64 {
        iq.iter().map(|x| f64::from(*x).powi(2)).sum()
    }

    #[test]
    fn energy_is_amplitude_squared_times_time_on() {
        // A pulse of half a microsecond has a part of its energy beyond ±1 MHz: a narrow filter takes that away.
        let narrow = Edges::BandLimited { cutoff: 0.5 };
        for (rate, edges, low, high) in [
            (2_000_000, narrow, 0.74, 0.84),
            (2_400_000, narrow, 0.80, 0.90),
            (2_400_000, Edges::Integrated, 0.70, 0.85),
            (2_560_000, narrow, 0.82, 0.92),
            (6_000_000, narrow, 0.90, 0.97),
            (8_000_000, narrow, 0.92, 0.98),
            (10_000_000, narrow, 0.93, 0.99),
            (10_000_000, Edges::Sampled, 0.99, 1.01),
        ] {
            let mut iq = vec![0.0; rate as usize / 2000];
            Modulator::new(rate, edges).add(&burst(20_000_000), 0, &mut iq);
            // 116 pulses of half a microsecond at amplitude 0.5.
            let want = 0.25 * 116.0 * 0.5e-6 * f64::from(rate);
            let got = energy(&iq) / want;
            assert!((low..high).contains(&got), "{rate} {edges:?}: {got}");
        }
    }

    #[test]
    fn sampled_pulses_are_where_they_should_be() {
        let mut iq = vec![0.0; 2 * 1400];
        let quiet = Burst { offset_hz: 0.0, phase: 0.0, ..burst(1_000_000) };
        Modulator::new(10_000_000, Edges::Sampled).add(&quiet, 0, &mut iq);
        let on = |us: f64| 0.25 < iq[(us * 10.0).round() as usize * 2];
        // Preamble from 1 µs; the first data byte, 0x8d, from 9 µs.
        let preamble: Vec<bool> = (0..16).map(|half| on(1.0 + f64::from(half) * 0.5 + 0.2)).collect();
        let want = [true, false, true, false, false, false, false, true, false, true, false, false, false, false, false, false];
        assert_eq!(preamble, want);
        let byte = (0..8).fold(0, |byte, i| byte << 1 | u8::from(on(9.0 + f64::from(i) + 0.2)));
        assert_eq!(byte, 0x8d);
        assert!((0..112).all(|i| on(9.0 + f64::from(i) + 0.2) != on(9.0 + f64::from(i) + 0.7)));
    }

    #[test]
    fn it_does_not_matter_how_the_samples_are_cut() {
        let mut modulator = Modulator::new(2_400_000, Edges::BandLimited { cutoff: 0.5 });
        let mut whole = vec![0.0; 2 * 600];
        modulator.add(&burst(33_333_333), 1000, &mut whole);
        modulator.add(&burst(450_123_456), 1000, &mut whole);
        assert!(0.0 < energy(&whole));
        let mut parts = vec![0.0; 2 * 600];
        for (i, part) in parts.chunks_mut(2 * 37).enumerate() {
            modulator.add(&burst(33_333_333), 1000 + 37 * i as u64, part);
            modulator.add(&burst(450_123_456), 1000 + 37 * i as u64, part);
        }
        assert_eq!(whole, parts);
    }

    #[test]
    fn dme_pairs_are_as_wide_and_as_far_apart_as_the_standard_says() {
        let mut iq = vec![0.0; 2 * 400];
        let pair = Burst { waveform: Waveform::Dme { spacing_us: 12 }, offset_hz: 0.0, phase: 0.0, ..burst(1_000_000) };
        Modulator::new(10_000_000, Edges::BandLimited { cutoff: 0.5 }).add(&pair, 0, &mut iq);
        let level: Vec<f32> = iq.iter().step_by(2).map(|x| x / pair.amplitude).collect();
        let above_half: Vec<usize> = (0..400).filter(|i| 0.5 < level[*i]).collect();
        assert!((68..=72).contains(&above_half.len()), "{above_half:?}");
        assert!((level[45] - 1.0).abs() < 0.05 && (level[165] - 1.0).abs() < 0.05 && level[105].abs() < 0.02);
    }

    #[test]
    fn a_carrier_turns_at_its_offset() {
        let mut iq = vec![0.0; 2 * 1400];
        Modulator::new(10_000_000, Edges::Sampled).add(&Burst { offset_hz: 100_000.0, ..burst(0) }, 0, &mut iq);
        let phase = |i: usize| iq[2 * i + 1].atan2(iq[2 * i]);
        assert!((phase(0) - 1.0).abs() < 1e-5);
        // One microsecond is a tenth of a turn: the second preamble pulse.
        assert!((phase(10) - 1.0 - core::f32::consts::TAU / 10.0).abs() < 1e-4, "{}", phase(10));
    }
}
