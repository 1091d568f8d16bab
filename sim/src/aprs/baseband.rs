//! 9600 bit/s straight onto the carrier (G3RUH): levels, shaped, as frequency; and laboratory signals of frames one after another.
//!
//! ```text
//!   flags, frame ─► NRZI ─► scrambler x¹⁷+x¹²+1 ─► ±1, raised cosine (roll-off 0.5) ─► ± deviation
//! ```
//! Deviation is that of a long row of equal levels; single bits swing further by a quarter. IL2P has its levels as they are.

use super::ax25::UiFrame;
use super::fm::CNR_TO_CN0_DB;
use super::il2p::Il2p;
use crate::hdlc;
use crate::iq::Noise;
use crate::rng::Rng;
use core::f64::consts::{PI, TAU};

pub const BIT_RATE: f64 = 9_600.0;

/// Levels of a plain frame: flags, the frame, flags; NRZI, scrambled.
pub fn g3ruh_levels(frame: &UiFrame, opening_flags: usize) -> Vec<bool> {
    let mut bits: Vec<bool> = core::iter::repeat_n(hdlc::flag(), opening_flags.max(1) - 1).flatten().collect();
    bits.extend(hdlc::frame_bits(&frame.bytes()));
    bits.extend(core::iter::repeat_n(hdlc::flag(), 4).flatten());
    let mut sent: Vec<bool> = Vec::with_capacity(bits.len());
    for (n, bit) in hdlc::nrzi(&bits, true).into_iter().enumerate() {
        let back = |by: usize| n.checked_sub(by).is_some_and(|i| sent[i]);
        sent.push(bit ^ back(12) ^ back(17));
    }
    sent
}

/// How a frame is put into levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
    /// With so many flags in front.
    G3ruh(usize),
    Il2p(Il2p),
}

/// One point of a sensitivity curve at 9600 bit/s.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub seed: u64,
    pub rate_sps: u32,
    pub frames: Vec<UiFrame>,
    pub coding: Coding,
    /// Carrier over the noise in 12.5 kHz.
    pub cnr_db: f64,
    pub deviation_hz: f64,
    /// Limits of what is drawn for each frame.
    pub offset_hz: (f64, f64),
    /// Bit rate off by so many parts in a million.
    pub clock_ppm: (f64, f64),
    pub inverted: bool,
}

impl Scene {
    pub fn sensitivity(cnr_db: f64, frames: Vec<UiFrame>) -> Self {
        Self {
            seed: 1,
            rate_sps: 96_000,
            frames,
            coding: Coding::G3ruh(120),
            cnr_db,
            deviation_hz: 3_000.0,
            offset_hz: (0.0, 0.0),
            clock_ppm: (0.0, 0.0),
            inverted: false,
        }
    }

    /// Interleaved I and Q; noise alone between frames, for 50 ms.
    pub fn render(&self) -> Vec<f32> {
        let mut rng = Rng::stream(self.seed, &[0x9600]);
        let rate = f64::from(self.rate_sps);
        // Noise of power 1 in the whole rate, on both together.
        let amplitude = (10_f64.powf((self.cnr_db + CNR_TO_CN0_DB) / 10.0) / rate).sqrt();
        let gap = (0.05 * rate) as usize;
        let mut iq = vec![0.0_f32; 2 * gap];
        for frame in &self.frames {
            let mut levels = match self.coding {
                Coding::G3ruh(flags) => g3ruh_levels(frame, flags),
                Coding::Il2p(il2p) => il2p.levels(frame),
            };
            levels.iter_mut().for_each(|l| *l ^= self.inverted);
            let bit_rate = BIT_RATE * (1.0 + rng.range(self.clock_ppm.0, self.clock_ppm.1) / 1e6);
            let offset = rng.range(self.offset_hz.0, self.offset_hz.1);
            let mut turns = rng.unit();
            for i in 0..(levels.len() as f64 / bit_rate * rate) as usize {
                let swing = shaped(&levels, (i as f64 + 0.5) / rate * bit_rate);
                turns = (turns + (offset + self.deviation_hz * swing) / rate).fract();
                let (sin, cos) = (TAU * turns).sin_cos();
                iq.extend([(amplitude * cos) as f32, (amplitude * sin) as f32]);
            }
            iq.extend(vec![0.0; 2 * gap]);
        }
        let mut noise = vec![0.0; iq.len()];
        Noise::new(Rng::stream(self.seed, &[0x9601])).fill(core::f32::consts::FRAC_1_SQRT_2, [0.0, 0.0], &mut noise);
        // A tenth of full scale, so that nothing clips.
        iq.iter().zip(noise).map(|(x, n)| 0.1 * (x + n)).collect()
    }
}

/// The levels' sum at `t` bits after the start.
fn shaped(levels: &[bool], t: f64) -> f64 {
    let at = t as usize;
    let near = at.saturating_sub(5)..(at + 6).min(levels.len());
    near.map(|k| if levels[k] { pulse(t - k as f64 - 0.5) } else { -pulse(t - k as f64 - 0.5) }).sum()
}

/// Raised cosine, roll-off 0.5: 1 in the middle of its bit, 0 in that of every other.
fn pulse(t: f64) -> f64 {
    const ROLL_OFF: f64 = 0.5;
    let sinc = if t.abs() < 1e-9 { 1.0 } else { (PI * t).sin() / (PI * t) };
    let below = 1.0 - (2.0 * ROLL_OFF * t).powi(2);
    if below.abs() < 1e-9 { PI / 4.0 * sinc } else { sinc * (PI * ROLL_OFF * t).cos() / below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_met_in_the_middle_of_their_bits() {
        let levels = g3ruh_levels(&UiFrame::new("N0CALL", "APZSIM", &[], b">x").unwrap(), 10);
        for (k, level) in levels.iter().enumerate().take(levels.len() - 6).skip(6) {
            let expected = if *level { 1.0 } else { -1.0 };
            assert!((shaped(&levels, k as f64 + 0.5) - expected).abs() < 1e-6);
        }
        let ones = levels.iter().filter(|l| **l).count();
        assert!((0.4..0.6).contains(&(ones as f64 / levels.len() as f64)), "scrambled: as many ones as zeros");
    }
}
