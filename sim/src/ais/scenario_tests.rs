//! Scenarios: slots, levels and offsets are what was asked for.

use super::*;
use crate::air::Transmission;
use model::IqFormat;

fn complex(bytes: &[u8]) -> Vec<(f64, f64)> {
    let at = |b: &[u8]| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    bytes.chunks_exact(8).map(|b| (at(&b[..4]), at(&b[4..]))).collect()
}

#[test]
fn power_in_the_samples_is_the_requested_ebn0() {
    for rate in [96_000, 288_000, 1_536_000] {
        let frontend = Frontend { format: IqFormat::Cf32, ..Frontend::cu8(rate, 6.0) };
        let scenario = Scenario { frontend, seconds: 4, ..Scenario::sensitivity(10.0) };
        let (noisy, truth) = scenario.render();
        let (noise, _) = Scenario { load: 0.0, ..scenario.clone() }.render();
        let power = |s: &[(f64, f64)]| s.iter().map(|(i, q)| i * i + q * q).sum::<f64>() / s.len() as f64;
        let noise_power = power(&complex(&noise));
        // The same noise lies under both, so the difference is the signal.
        let on_s: f64 = truth.iter().map(|t| (t.burst.end_ps() - t.burst.start_ps) as f64 * 1e-12).sum();
        // A raised-cosine amplitude ramp holds 3/8 of its length's power, on both sides 2 · 8 bits.
        let ramps_s = truth.len() as f64 * 16.0 * 0.375 / BIT_RATE;
        let signal: Vec<(f64, f64)> = complex(&noisy).iter().zip(complex(&noise)).map(|(a, b)| (a.0 - b.0, a.1 - b.1)).collect();
        // Two channels beat where both are on, which averages out over many bursts.
        let carrier = power(&signal) * 4.0 / (on_s + ramps_s);
        let ebn0 = 10.0 * (carrier / BIT_RATE / (noise_power / f64::from(rate))).log10();
        assert!((ebn0 - 10.0).abs() < 0.1, "{rate}: {ebn0}");
    }
}

/// A discriminator and a bit clock from the truth: without noise every level must come out, at any rate and shape.
#[test]
fn a_discriminator_reads_the_levels() {
    for (rate, bt, h) in [(48_000, 0.4, 0.5), (96_000, 0.3, 0.45), (2_400_000, 0.5, 0.6)] {
        let frontend = Frontend { format: IqFormat::Cf32, noise_rms: 1e-4, ..Frontend::cu8(rate, 1.0) };
        let scenario = Scenario {
            frontend,
            seconds: 1,
            center_hz: Channel::A.center_hz(),
            load: 1.0,
            ebn0_db: (60.0, 60.0),
            offset_hz: (0.0, 100.0),
            clock_ppm: 50.0,
            shape: Shape { bt, h, ..Shape::default() },
            ..Scenario::sensitivity(0.0)
        };
        let mut plan = Vec::new();
        let (_, truth) = scenario.render();
        let only_a: Vec<AisTruth> = truth.into_iter().filter(|t| t.burst.channel == Channel::A).collect();
        plan.extend(only_a.iter().map(|t| (t.burst.clone(), Some(t.clone()))));
        let (bytes, _) = Planned::new(plan, Modulator::new(rate, scenario.center_hz), rate).render(frontend, 1, u64::from(rate));
        let samples = complex(&bytes);
        let mut wrong = 0;
        for t in &only_a {
            let bits = t.burst.levels.levels();
            for (i, level) in bits.iter().enumerate() {
                let middle_s = t.burst.start_ps as f64 * 1e-12 + (i as f64 + 0.5) * (1.0 + 1e-6 * t.burst.stretch_ppm) / BIT_RATE;
                let half = f64::from(rate) / BIT_RATE / 2.0;
                let (from, to) =
                    ((middle_s * f64::from(rate) - half).round() as usize, (middle_s * f64::from(rate) + half).round() as usize);
                let (a, b) = (samples[from], samples[to]);
                let turn = (b.1 * a.0 - b.0 * a.1).atan2(a.0 * b.0 + a.1 * b.1);
                wrong += u32::from((0.0 < turn) != *level);
            }
        }
        assert!(20 < only_a.len());
        assert_eq!(wrong, 0, "{rate} {bt} {h}");
    }
}

#[test]
fn collisions_are_as_asked_and_known_to_the_truth() {
    let collision = Some(Collision { c_over_i_db: 7.0, offset_bits: (10.0, 60.0) });
    let (_, truth) = Scenario { collision, load: 0.2, seconds: 8, ..Scenario::sensitivity(20.0) }.render();
    assert!(100 < truth.len() && truth.iter().all(|t| t.overlapped));
    assert_eq!(truth.iter().filter(|t| t.ebn0_db == 20.0).count() * 2, truth.len());
    let (_, alone) = Scenario { load: 0.2, seconds: 8, ..Scenario::sensitivity(20.0) }.render();
    assert!(alone.iter().all(|t| !t.overlapped));
    assert!(alone[0].json().contains("\"protocol\":\"ais\""));
}

#[test]
fn two_slot_messages_keep_their_neighbours_free() {
    let (_, truth) = Scenario { payloads: statics(50), load: 1.0, seconds: 6, ..Scenario::sensitivity(20.0) }.render();
    assert!(truth.iter().any(|t| t.payload.kind() == 5) && truth.iter().all(|t| !t.overlapped));
}
