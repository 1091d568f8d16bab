//! From waveforms to samples: noise, converter, and a stream that is the same however it is cut.
//!
//! ```text
//!   Painter (adds signals, full scale = 1.0) ─► + white noise + DC ─► gain error ─► quantiser ─► fill(&mut [u8])
//! ```
//!
//! Calibration, for every generator of this crate:
//! - amplitude 1.0 is the converter's full scale on one axis: ±1.0 spans 0…255 of cu8 (1 LSB = 1/127.5) and ±32,767 of cs16;
//! - [`Frontend::noise_rms`] is the standard deviation σ of the white Gaussian noise on each of I and Q, so noise power in the
//!   whole sampled band is 2σ² and its density is N0 = 2σ²/rate per hertz;
//! - a carrier of amplitude A has power C = A², hence C/N0 = A²·rate/(2σ²) ([`Frontend::amplitude_for_cn0`]).
//!
//! Quantisation adds its own 1/12 LSB² per axis, which is not counted in C/N0 (0.06 dB at σ = 2.5 LSB, 0.23 dB at 1.25 LSB).

use crate::rng::Rng;
use model::IqFormat;

/// One LSB of an 8-bit converter, in full scales.
pub const LSB_8BIT: f32 = 1.0 / 127.5;

/// Samples that are generated at a time. Fixed, so that the output doesn't depend on the caller's buffers.
const BLOCK_SAMPLES: usize = 8192;

/// The receiver's analogue front and its converter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frontend {
    pub rate_sps: u32,
    pub format: IqFormat,
    /// Standard deviation of the noise on each axis, full scales. RTL-SDR at full gain: about 2.5 LSB.
    pub noise_rms: f32,
    /// Offset of the zero point, full scales.
    pub dc: [f32; 2],
    /// Gain of Q over I, decibels: what makes an image.
    pub iq_gain_error_db: f32,
}

impl Frontend {
    /// 8-bit samples with noise of `lsb` on each axis and nothing else wrong.
    pub fn cu8(rate_sps: u32, lsb: f32) -> Self {
        Self { rate_sps, format: IqFormat::Cu8, noise_rms: lsb * LSB_8BIT, dc: [0.0; 2], iq_gain_error_db: 0.0 }
    }

    /// The amplitude of a carrier that stands `cn0_dbhz` over the noise density. 0 when there is no noise.
    pub fn amplitude_for_cn0(&self, cn0_dbhz: f64) -> f32 {
        let noise_density = 2.0 * f64::from(self.noise_rms).powi(2) / f64::from(self.rate_sps);
        (10_f64.powf(cn0_dbhz / 10.0) * noise_density).sqrt() as f32
    }

    /// The inverse of [`Self::amplitude_for_cn0`]. Infinite without noise.
    pub fn cn0_for_amplitude(&self, amplitude: f32) -> f64 {
        let noise_density = 2.0 * f64::from(self.noise_rms).powi(2) / f64::from(self.rate_sps);
        10.0 * (f64::from(amplitude).powi(2) / noise_density).log10()
    }
}

/// Adds its signals to a run of samples.
pub trait Painter {
    /// `iq` holds I, Q, I, Q… of the samples that start at number `first_sample`; add to it. Called in order, without holes.
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]);
}

/// Samples of a [`Painter`]'s signals as bytes, without end unless limited.
#[derive(Debug)]
pub struct IqStream<P> {
    painter: P,
    frontend: Frontend,
    noise: Noise,
    next_sample: u64,
    end_sample: u64,
    block: Vec<f32>,
    bytes: Vec<u8>,
    taken: usize,
}

impl<P: Painter> IqStream<P> {
    /// `seed` is the noise's own; `samples` limits the stream (`None`: it never ends).
    pub fn new(painter: P, frontend: Frontend, seed: u64, samples: Option<u64>) -> Self {
        Self {
            painter,
            frontend,
            noise: Noise::new(Rng::stream(seed, &[0x4015E])),
            next_sample: 0,
            end_sample: samples.unwrap_or(u64::MAX),
            block: vec![0.0; BLOCK_SAMPLES * 2],
            bytes: Vec::with_capacity(BLOCK_SAMPLES * frontend.format.bytes_per_sample()),
            taken: 0,
        }
    }

    /// Writes whole samples to the front of `out` and returns their bytes. 0 = the end (or a buffer too small for one sample).
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        let whole = self.frontend.format.bytes_per_sample();
        let room = out.len() / whole * whole;
        let mut written = 0;
        while written < room {
            if self.taken == self.bytes.len() && !self.make_block() {
                break;
            }
            let n = (room - written).min(self.bytes.len() - self.taken);
            out[written..written + n].copy_from_slice(&self.bytes[self.taken..self.taken + n]);
            self.taken += n;
            written += n;
        }
        written
    }

    /// Everything that is left, at once. Only for a limited stream.
    pub fn collect_bytes(mut self) -> (Vec<u8>, P) {
        assert!(self.end_sample != u64::MAX, "an endless stream can't be collected");
        let left = (self.end_sample - self.next_sample) as usize * self.frontend.format.bytes_per_sample();
        let mut all = vec![0; left + self.bytes.len() - self.taken];
        let n = self.fill(&mut all);
        assert_eq!(n, all.len(), "a limited stream gives all its samples");
        (all, self.painter)
    }

    pub fn painter(&self) -> &P {
        &self.painter
    }

    pub fn painter_mut(&mut self) -> &mut P {
        &mut self.painter
    }

    pub fn frontend(&self) -> &Frontend {
        &self.frontend
    }

    /// Samples made so far, whether taken or not.
    pub fn samples_made(&self) -> u64 {
        self.next_sample
    }

    fn make_block(&mut self) -> bool {
        let samples = (self.end_sample - self.next_sample).min(BLOCK_SAMPLES as u64) as usize;
        if samples == 0 {
            return false;
        }
        let block = &mut self.block[..samples * 2];
        self.noise.fill(self.frontend.noise_rms, self.frontend.dc, block);
        self.painter.paint(self.next_sample, block);
        if self.frontend.iq_gain_error_db != 0.0 {
            let gain = 10_f32.powf(self.frontend.iq_gain_error_db / 20.0);
            block.chunks_exact_mut(2).for_each(|s| s[1] *= gain);
        }
        self.bytes.clear();
        quantise(self.frontend.format, block, &mut self.bytes);
        self.taken = 0;
        self.next_sample += samples as u64;
        true
    }
}

/// Appends `iq` to `out` in the given format, clipping at full scale.
pub fn quantise(format: IqFormat, iq: &[f32], out: &mut Vec<u8>) {
    match format {
        // Rounded to nearest: 127.5 + 0.5, then cut (a saturating cast).
        IqFormat::Cu8 => out.extend(iq.iter().map(|x| (x * 127.5 + 128.0) as u8)),
        IqFormat::Cs16 => out.extend(iq.iter().flat_map(|x| ((x * 32_767.0).round() as i16).to_le_bytes())),
        IqFormat::Cf32 => out.extend(iq.iter().flat_map(|x| x.to_le_bytes())),
    }
}

/// White Gaussian noise, fast: each value is the sum of two draws from a table of 4,096 normal quantiles, which leaves the
/// distribution within 0.1 % of normal to beyond 4 σ (it ends at 5.2 σ). One random word makes one complex sample.
#[derive(Clone, Debug)]
pub struct Noise {
    rng: Rng,
    table: Box<[f32; Self::QUANTILES]>,
}

impl Noise {
    const QUANTILES: usize = 4096;

    pub fn new(rng: Rng) -> Self {
        Self { rng, table: Self::quantiles() }
    }

    /// Overwrites `iq` with noise of deviation `rms` around `dc`.
    pub fn fill(&mut self, rms: f32, dc: [f32; 2], iq: &mut [f32]) {
        if rms == 0.0 {
            iq.chunks_exact_mut(2).for_each(|s| s.copy_from_slice(&dc));
            return;
        }
        let at = |word: u64, part: u32| self.table[(word >> (part * 12)) as usize % Self::QUANTILES];
        let mut rng = self.rng.clone();
        for s in iq.chunks_exact_mut(2) {
            let word = rng.next_u64() >> 16;
            s[0] = dc[0] + rms * (at(word, 0) + at(word, 1));
            s[1] = dc[1] + rms * (at(word, 2) + at(word, 3));
        }
        self.rng = rng;
    }

    /// The quantiles at (i + ½)/4096, found by integrating dx/dp = 1/φ(x) from the middle, scaled so that the sum of two
    /// draws has variance 1.
    fn quantiles() -> Box<[f32; Self::QUANTILES]> {
        const STEPS: usize = 64;
        let slope = |x: f64| core::f64::consts::TAU.sqrt() * (x * x / 2.0).exp();
        let h = 1.0 / (Self::QUANTILES * STEPS) as f64;
        let half = Self::QUANTILES / 2;
        let mut upper = Vec::with_capacity(half);
        let mut x = 0.0;
        for step in 1..=half * STEPS - STEPS / 2 {
            let k1 = slope(x);
            let k2 = slope(x + h / 2.0 * k1);
            let k3 = slope(x + h / 2.0 * k2);
            let k4 = slope(x + h * k3);
            x += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            if step % STEPS == STEPS / 2 {
                upper.push(x);
            }
        }
        let variance = upper.iter().map(|x| x * x).sum::<f64>() / half as f64;
        let scale = (0.5 / variance).sqrt();
        let mut table = Box::new([0.0; Self::QUANTILES]);
        for (i, x) in upper.iter().enumerate() {
            table[half + i] = (x * scale) as f32;
            table[half - 1 - i] = -(x * scale) as f32;
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silence;
    impl Painter for Silence {
        fn paint(&mut self, _: u64, _: &mut [f32]) {}
    }

    #[test]
    fn noise_is_white_and_normal() {
        let mut iq = vec![0.0; 2_000_000];
        Noise::new(Rng::new(1)).fill(1.0, [0.0; 2], &mut iq);
        let mean_of = |f: &dyn Fn(f64) -> f64| iq.iter().map(|x| f(f64::from(*x))).sum::<f64>() / iq.len() as f64;
        assert!(mean_of(&|x| x).abs() < 0.003);
        assert!((mean_of(&|x| x * x) - 1.0).abs() < 0.005, "variance");
        assert!((mean_of(&|x| x.powi(4)) - 3.0).abs() < 0.05, "kurtosis {}", mean_of(&|x| x.powi(4)));
        let beyond = |limit: f64| mean_of(&|x| f64::from(x.abs() > limit));
        assert!((beyond(2.0) - 0.0455).abs() < 0.001 && (beyond(4.0) / 6.33e-5 - 1.0).abs() < 0.4, "{} {}", beyond(2.0), beyond(4.0));
        for lag in 1..6 {
            let r = iq.windows(lag + 1).map(|w| f64::from(w[0] * w[lag])).sum::<f64>() / iq.len() as f64;
            assert!(r.abs() < 0.004, "lag {lag}: {r}");
        }
    }

    #[test]
    fn the_output_does_not_depend_on_the_buffers() {
        let stream = || IqStream::new(Silence, Frontend::cu8(2_400_000, 2.5), 5, Some(50_001));
        let (whole, _) = stream().collect_bytes();
        assert_eq!(whole.len(), 100_002);
        let (mut cut, mut parts, mut size) = (stream(), Vec::new(), 3);
        loop {
            let mut buf = vec![0; size];
            let n = cut.fill(&mut buf);
            if n == 0 {
                break;
            }
            parts.extend_from_slice(&buf[..n]);
            size = size * 7 % 4093 + 2;
        }
        assert!(parts == whole);
    }

    #[test]
    fn quantiser_rounds_and_clips() {
        let mut out = Vec::new();
        quantise(IqFormat::Cu8, &[-9.0, -1.0, 0.0, LSB_8BIT, 1.0, 9.0], &mut out);
        assert_eq!(out, [0, 0, 128, 129, 255, 255]);
        out.clear();
        quantise(IqFormat::Cs16, &[-1.0, 2.0], &mut out);
        assert_eq!(out, [0x01, 0x80, 0xff, 0x7f]);
    }

    #[test]
    fn amplitude_and_cn0_are_inverse() {
        let front = Frontend::cu8(2_400_000, 2.5);
        let a = front.amplitude_for_cn0(76.0);
        assert!((front.cn0_for_amplitude(a) - 76.0).abs() < 1e-5);
        // SNR in the whole band is C/N0 - 10 log10(rate): 76 - 63.8 = 12.2 dB over 2σ².
        let snr = 20.0 * f64::from(a).log10() - 10.0 * (2.0 * f64::from(2.5 * LSB_8BIT).powi(2)).log10();
        assert!((snr - 12.198).abs() < 0.01, "{snr}");
    }
}
