//! An independent transmitter for tests: phase by numerical integration of the Gaussian-filtered levels, no table shared with the
//! receiver. And the lab that measures packet error rates with it.

use super::complex::C32;
use crate::ais::message::Bits;
use crate::hdlc::frame_bits;

/// SplitMix64: small, seeded, good enough for noise.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Two independent values of variance 1.
    pub fn gauss2(&mut self) -> (f64, f64) {
        let r = (-2.0 * self.uniform().max(1e-300).ln()).sqrt();
        let (s, c) = (core::f64::consts::TAU * self.uniform()).sin_cos();
        (r * c, r * s)
    }
}

/// One transmission.
#[derive(Clone, Debug)]
pub struct Burst {
    pub bytes: Vec<u8>,
    /// When its ramp begins, seconds.
    pub start_s: f64,
    pub offset_hz: f64,
    pub amplitude: f64,
    pub phase: f64,
    pub bt: f64,
    pub h: f64,
    /// The training sequence begins with 1.
    pub begins_with_one: bool,
    /// The frequency is held while the power rises and falls; otherwise the training sequence goes on before the burst, and ones behind it.
    pub holds_in_ramps: bool,
}

impl Burst {
    pub fn new(bytes: Vec<u8>, start_s: f64) -> Self {
        Self { bytes, start_s, offset_hz: 0.0, amplitude: 1.0, phase: 0.0, bt: 0.4, h: 0.5, begins_with_one: false, holds_in_ramps: false }
    }

    /// Levels with ramp (8 bits of training before the training) and a tail.
    fn levels(&self) -> Vec<f64> {
        let mut bits: Vec<bool> = (0..32).map(|k| (k % 2 == 1) != self.begins_with_one).collect();
        frame_bits(&self.bytes, &mut |b| bits.push(b));
        bits.extend([true; 4]);
        let mut level = 1.0;
        let burst = 8..bits.len() - 4;
        (0..bits.len())
            .map(|i| {
                level = if bits[i] { level } else { -level };
                if self.holds_in_ramps && !burst.contains(&i) { 0.0 } else { level }
            })
            .collect()
    }

    /// When the opening flag ends, seconds.
    pub fn flag_end_s(&self) -> f64 {
        self.start_s + 40.0 / 9600.0
    }

    /// Adds it to `out`, sampled at `rate`.
    pub fn add(&self, rate: f64, out: &mut [C32]) {
        let levels = self.levels();
        let duration = levels.len() as f64 / 9600.0;
        // Gaussian filter as a window of ±1.5 symbols, at 32 points a symbol.
        const N: usize = 32;
        let sigma = core::f64::consts::LN_2.sqrt() / (core::f64::consts::TAU * self.bt);
        let kernel: Vec<f64> = (0..=3 * N).map(|i| (-0.5 * ((i as f64 / N as f64 - 1.5) / sigma).powi(2)).exp()).collect();
        let norm: f64 = kernel.iter().sum();
        let raw = |i: i64| levels[(i.div_euclid(N as i64)).clamp(0, levels.len() as i64 - 1) as usize];
        let mut phase = Vec::with_capacity(levels.len() * N);
        let mut sum = 0.0;
        for i in 0..(levels.len() * N) as i64 {
            let smooth: f64 = kernel.iter().enumerate().map(|(j, k)| k * raw(i + j as i64 - (3 * N as i64) / 2)).sum::<f64>() / norm;
            phase.push(sum);
            sum += core::f64::consts::PI * self.h * smooth / N as f64;
        }
        let first = (self.start_s * rate).ceil() as usize;
        for (n, sample) in out.iter_mut().enumerate().skip(first) {
            let t = n as f64 / rate - self.start_s;
            if duration - 1.0 / 9600.0 < t {
                break;
            }
            let x = t * 9600.0 * N as f64;
            let i = (x as usize).min(phase.len() - 2);
            let p = phase[i] + (phase[i + 1] - phase[i]) * (x - i as f64);
            let ramp = (t * 9600.0 / 6.0).min(1.0).min((duration - t) * 9600.0 / 4.0);
            let gain = self.amplitude * (core::f64::consts::FRAC_PI_2 * ramp).sin().powi(2);
            let angle = p + self.phase + core::f64::consts::TAU * self.offset_hz * t;
            *sample += C32::new((gain * angle.cos()) as f32, (gain * angle.sin()) as f32);
        }
    }
}

/// Noise whose density puts a signal of power 1 at `ebn0_db`.
pub fn add_noise(rng: &mut Rng, rate: f64, ebn0_db: f64, out: &mut [C32]) {
    // Eb = 1/9600; N0 per complex sample = rate·Eb/(Eb/N0).
    let sigma = (rate / 9600.0 / 10f64.powf(ebn0_db / 10.0) / 2.0).sqrt();
    for s in out {
        let (a, b) = rng.gauss2();
        *s += C32::new((sigma * a) as f32, (sigma * b) as f32);
    }
}

/// A position report with random content as a ship sends it, in waters of one degree.
pub fn random_message(rng: &mut Rng) -> Vec<u8> {
    let mmsi = 201_000_000 + (rng.next() % 574_000_000) as u32;
    message_of(rng, mmsi)
}

/// The same of one ship.
pub fn message_of(rng: &mut Rng, mmsi: u32) -> Vec<u8> {
    let random: Vec<u8> = (0..21).map(|_| rng.next() as u8).collect();
    let mut bits = Bits::from_bytes(&random).expect("21 bytes");
    for (at, width, value) in [
        (0, 8, 1 << 2),
        (8, 30, mmsi.into()),
        (38, 4, 0),
        (50, 10, rng.next() % 300),
        (61, 28, 10 * 600_000 + rng.next() % 600_000),
        (89, 27, 54 * 600_000 + rng.next() % 600_000),
        (116, 12, rng.next() % 3_600),
        (128, 9, rng.next() % 360),
        (143, 5, 0),
        // Synchronised to UTC; the slot in use, kept for two more minutes.
        (149, 5, 2),
        (154, 14, rng.next() % 2_250),
    ] {
        bits.put(at, width, value);
    }
    bits.as_bytes().to_vec()
}

/// One of these.
pub fn ordinary_report() -> Bits {
    Bits::from_bytes(&random_message(&mut Rng(1))).expect("21 bytes")
}

/// What a receiver is given: samples of both channels around 162 MHz, and what was sent.
pub struct Scene {
    pub rate: f64,
    pub samples: Vec<C32>,
    pub sent: Vec<(usize, Burst)>,
}

impl Scene {
    pub fn new(rate: f64, seconds: f64) -> Self {
        Self { rate, samples: vec![C32::ZERO; (rate * seconds) as usize], sent: Vec::new() }
    }

    /// On channel 0 (A) or 1 (B).
    pub fn add(&mut self, channel: usize, burst: Burst) {
        let mut on_air = burst.clone();
        let channel_hz = if channel == 0 { -25_000.0 } else { 25_000.0 };
        on_air.offset_hz += channel_hz;
        on_air.add(self.rate, &mut self.samples);
        self.sent.push((channel, burst));
    }

    /// As an RTL-SDR would give it: noise at 12 steps rms, when there is noise.
    pub fn cu8(&self, full_scale: f32) -> Vec<u8> {
        let byte = |v: f32| (v / full_scale * 127.5 + 127.5).round().clamp(0.0, 255.0) as u8;
        self.samples.iter().flat_map(|s| [byte(s.re), byte(s.im)]).collect()
    }

    pub fn cf32(&self, full_scale: f32) -> Vec<f32> {
        self.samples.iter().flat_map(|s| [s.re / full_scale, s.im / full_scale]).collect()
    }
}
