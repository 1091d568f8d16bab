//! Laboratory signals: given frames one after another, through an FM channel or as audio.
//!
//! Calibration: CNR is the carrier over the noise in 12.5 kHz (see [`super::fm`]). For audio, SNR is the mean power of the tones
//! over that of white noise from 0 to half the rate.

use super::afsk::{Afsk, Tones};
use super::ax25::UiFrame;
use super::fm::{CNR_TO_CN0_DB, Fading, FmBurst, Modulator};
use super::fx25;
use super::il2p::Il2p;
use super::truth::AprsTruth;
use crate::air::{PS_PER_S, Planned};
use crate::iq::Frontend;
use crate::rng::Rng;
use std::sync::Arc;

/// How a frame is put into tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Plain,
    /// With so many bytes of parity; plain where no word holds the frame.
    Fx25(usize),
    Il2p(Il2p),
}

/// Frames through an FM channel, one after another. Pairs are limits of what is drawn uniformly for each frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub frontend: Frontend,
    pub center_hz: u64,
    pub channel_hz: u64,
    pub frames: Vec<UiFrame>,
    pub cnr_db: (f64, f64),
    pub deviation_hz: (f64, f64),
    pub offset_hz: (f64, f64),
    pub clock_percent: (f64, f64),
    pub twist_db: (f64, f64),
    /// Share of transmitters with pre-emphasis.
    pub pre_emphasised: f64,
    pub opening_flags: usize,
    pub coding: Coding,
    /// Carrier without tones before and after.
    pub head_s: f64,
    pub tail_s: f64,
    /// Between two carriers.
    pub gap_s: (f64, f64),
    /// Doppler and Rice factor of every transmission.
    pub fading: Option<(f64, f64)>,
    /// A weaker transmission over each: so many decibels below, so many seconds after its start.
    pub collision: Option<(f64, f64)>,
}

impl Scenario {
    /// One point of a sensitivity curve: 3 kHz deviation, nothing else wrong, float samples at 48 kS/s around the channel.
    pub fn sensitivity(cnr_db: f64, frames: Vec<UiFrame>) -> Self {
        let frontend = Frontend { format: model::IqFormat::Cf32, ..Frontend::cu8(48_000, 12.0) };
        Self {
            seed: 1,
            frontend,
            center_hz: 144_800_000,
            channel_hz: 144_800_000,
            frames,
            cnr_db: (cnr_db, cnr_db),
            deviation_hz: (3000.0, 3000.0),
            offset_hz: (0.0, 0.0),
            clock_percent: (0.0, 0.0),
            twist_db: (0.0, 0.0),
            pre_emphasised: 0.0,
            opening_flags: 30,
            coding: Coding::Plain,
            head_s: 0.0,
            tail_s: 0.0,
            gap_s: (0.1, 0.2),
            fading: None,
            collision: None,
        }
    }

    /// As off the air: CNR 5–16 dB, deviation 2–4.5 kHz, offset ±1.5 kHz, clock ±0.5 %, half of them pre-emphasised.
    pub fn mixed(frames: Vec<UiFrame>) -> Self {
        Self {
            cnr_db: (5.0, 16.0),
            deviation_hz: (2000.0, 4500.0),
            offset_hz: (-1500.0, 1500.0),
            clock_percent: (-0.5, 0.5),
            pre_emphasised: 0.5,
            ..Self::sensitivity(0.0, frames)
        }
    }

    /// All samples and all truth.
    pub fn render(&self) -> (Vec<u8>, Vec<AprsTruth>) {
        let mut rng = Rng::stream(self.seed, &[0xA925]);
        let mut bursts = Vec::new();
        let mut at_s = 0.3;
        for (i, frame) in self.frames.iter().enumerate() {
            let cnr_db = rng.range(self.cnr_db.0, self.cnr_db.1);
            let first = self.transmission(&mut rng, frame, at_s, cnr_db);
            if let Some((below_db, later_s)) = self.collision {
                let other = &self.frames[(i + 1) % self.frames.len()];
                let weak = self.transmission(&mut rng, other, at_s + later_s, cnr_db - below_db);
                at_s = at_s.max(weak.burst.start_ps as f64 / PS_PER_S as f64 + weak.burst.duration_s() - first.burst.duration_s());
                bursts.push((weak.burst.clone(), Some(weak)));
            }
            at_s += first.burst.duration_s() + rng.range(self.gap_s.0, self.gap_s.1);
            bursts.push((first.burst.clone(), Some(first)));
        }
        let rate = self.frontend.rate_sps;
        let samples = ((at_s + 0.3) * f64::from(rate)) as u64;
        Planned::new(bursts, Modulator::new(rate, self.center_hz), rate).render(self.frontend, self.seed, samples)
    }

    fn transmission(&self, rng: &mut Rng, frame: &UiFrame, at_s: f64, cnr_db: f64) -> AprsTruth {
        let tones = Tones {
            twist_db: rng.range(self.twist_db.0, self.twist_db.1),
            pre_emphasis: rng.chance(self.pre_emphasised),
            opening_flags: self.opening_flags,
            ..Tones::default().with_clock_error(rng.range(self.clock_percent.0, self.clock_percent.1))
        };
        let signal = match self.coding {
            Coding::Plain => Afsk::new(frame, &tones),
            Coding::Fx25(r) => fx25::levels(frame, r, self.opening_flags)
                .map_or_else(|| Afsk::new(frame, &tones), |levels| Afsk::from_levels(&levels, &tones)),
            Coding::Il2p(il2p) => Afsk::from_levels(&il2p.levels(frame), &tones),
        };
        let burst = FmBurst {
            tones: Arc::new(signal),
            start_ps: (at_s * PS_PER_S as f64) as u64,
            channel_hz: self.channel_hz,
            amplitude: self.frontend.amplitude_for_cn0(cnr_db + CNR_TO_CN0_DB),
            offset_hz: rng.range(self.offset_hz.0, self.offset_hz.1),
            drift_hz_per_s: 0.0,
            phase: rng.range(0.0, core::f64::consts::TAU),
            deviation_hz: rng.range(self.deviation_hz.0, self.deviation_hz.1),
            head_s: self.head_s,
            tail_s: self.tail_s,
            fading: self.fading.map(|(doppler_hz, rice_k_db)| Fading { doppler_hz, rice_k_db, seed: rng.next_u64() }),
        };
        AprsTruth::new(burst, frame.clone(), cnr_db)
    }
}

/// Frames as audio with white noise, one after another with a tenth of a second between. Tones have amplitude 0.3.
pub fn noisy_audio(frames: &[UiFrame], tones: &Tones, rate_sps: u32, snr_db: f64, seed: u64) -> Vec<f32> {
    const LEVEL: f32 = 0.3;
    let mut rng = Rng::stream(seed, &[0xA0D10]);
    let noise = f64::from(LEVEL) / 2.0_f64.sqrt() * 10_f64.powf(-snr_db / 20.0);
    let mut all: Vec<f32> = frames.iter().flat_map(|f| Afsk::new(f, tones).samples(rate_sps, 0.05)).map(|x| x * LEVEL).collect();
    all.iter_mut().for_each(|x| *x += (noise * rng.normal()) as f32);
    all
}

/// Frames of text lines in TNC2 form; lines that are none are passed over.
pub fn frames_from_text(text: &[u8]) -> Vec<UiFrame> {
    text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter_map(UiFrame::from_tnc2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::Transmission;
    use crate::aprs::receiver::{discriminate, discriminate_squelched};

    fn frames(count: usize) -> Vec<UiFrame> {
        (0..count).map(|i| UiFrame::new("N0CALL-1", "APZSIM", &["WIDE1-1"], format!(">status {i}").as_bytes()).unwrap()).collect()
    }

    fn complex(bytes: &[u8]) -> Vec<(f32, f32)> {
        let at = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        bytes.chunks_exact(8).map(|b| (at(&b[..4]), at(&b[4..]))).collect()
    }

    #[test]
    fn power_in_the_samples_is_the_requested_cnr() {
        for rate in [48_000, 240_000] {
            let frontend = Frontend { rate_sps: rate, ..Scenario::sensitivity(0.0, Vec::new()).frontend };
            let scenario = Scenario { frontend, ..Scenario::sensitivity(10.0, frames(10)) };
            let (noisy, truth) = scenario.render();
            let samples = complex(&noisy);
            let power = |s: &[(f32, f32)]| s.iter().map(|(i, q)| f64::from(i * i + q * q)).sum::<f64>() / s.len() as f64;
            let at = |ps: u64| (ps as f64 * 1e-12 * f64::from(rate)) as usize;
            let quiet = power(&samples[..at(truth[0].burst.start_ps)]);
            let on: Vec<f64> = truth.iter().map(|t| power(&samples[at(t.burst.start_ps) + 1..at(t.burst.end_ps())])).collect();
            let carrier = on.iter().sum::<f64>() / on.len() as f64 - quiet;
            let cnr = 10.0 * (carrier / (quiet * 12_500.0 / f64::from(rate))).log10();
            assert!((cnr - 10.0).abs() < 0.25, "{rate}: {cnr}");
        }
    }

    #[test]
    fn the_receiver_gives_the_tones_back() {
        let frontend = Frontend { rate_sps: 240_000, noise_rms: 1e-4, ..Scenario::sensitivity(0.0, Vec::new()).frontend };
        let offset = Scenario { frontend, channel_hz: 144_810_000, cnr_db: (60.0, 60.0), ..Scenario::sensitivity(60.0, frames(1)) };
        let (bytes, truth) = offset.render();
        let audio = discriminate(&complex(&bytes), 240_000, 10_000.0, false);
        let start_s = truth[0].burst.start_ps as f64 * 1e-12;
        // Filters delay by half their taps: 1.25 ms, 60 samples at 48 kHz, and half a sample for the difference.
        let early_s = (300.0 / 240_000.0) + 60.5 / 48_000.0;
        let (mut error, mut power) = (0.0, 0.0);
        for (i, x) in audio.iter().enumerate() {
            let t = i as f64 / 48_000.0 + early_s - start_s;
            if (0.05..0.4).contains(&t) {
                let want = 0.3 * truth[0].burst.tones.audio(t);
                error += (f64::from(*x) - want).powi(2);
                power += want * want;
            }
        }
        assert!(error < 0.03 * power, "{}", error / power);
    }

    #[test]
    fn a_squelch_leaves_a_tail_of_noise() {
        let scenario = Scenario { gap_s: (0.5, 0.5), ..Scenario::sensitivity(20.0, frames(3)) };
        let (bytes, truth) = scenario.render();
        let audio = discriminate_squelched(&complex(&bytes), 48_000, 0.0, false, 0.1);
        let rms = |from_s: f64| {
            let from = (from_s * 48_000.0) as usize;
            (audio[from..from + 960].iter().map(|x| f64::from(x * x)).sum::<f64>() / 960.0).sqrt()
        };
        for t in &truth {
            let end_s = t.burst.end_ps() as f64 * 1e-12;
            // Tones of 3 kHz; noise of the whole discriminator; nothing.
            let (tones, tail, after) = (rms(end_s - 0.1), rms(end_s + 0.05), rms(end_s + 0.2));
            assert!((0.15..0.3).contains(&tones) && 0.2 < tail && after < 0.01, "{tones} {tail} {after}");
        }
    }

    #[test]
    fn collisions_overlap_and_singles_do_not() {
        let alone = Scenario { head_s: 0.02, tail_s: 0.1, ..Scenario::mixed(frames(12)) };
        assert!(alone.render().1.iter().all(|t| !t.overlapped));
        let (_, truth) = Scenario { collision: Some((6.0, 0.1)), fading: Some((5.0, 6.0)), ..alone }.render();
        assert_eq!(truth.len(), 24);
        assert!(truth.iter().all(|t| t.overlapped) && truth[0].json().contains("\"tnc2\":\"N0CALL-1>APZSIM"));
    }
}
