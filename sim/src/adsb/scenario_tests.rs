//! Scenarios: rates, levels and offsets are what was asked for.

use super::*;
use crate::adsb::ModeS;
use model::IqFormat;

/// An ideal coherent receiver that knows time, phase and frequency, for pulses that begin exactly between two samples.
/// Returns wrong bits and bits.
fn genie(samples: &[f32], truth: &[FrameTruth], rate_sps: u32) -> (u32, u32) {
    let half = rate_sps as usize / 2_000_000;
    let (mut wrong, mut all) = (0, 0);
    for t in truth {
        let first = (t.burst.start_ps as f64 * 1e-12 * f64::from(rate_sps)).ceil() as usize;
        let (sin, cos) = t.burst.phase.sin_cos();
        let energy = |start: usize| -> f32 { (start..start + half).map(|i| samples[2 * i] * cos + samples[2 * i + 1] * sin).sum() };
        for bit in 0..t.frame.bits() {
            let start = first + (16 + 2 * bit) * half;
            wrong += u32::from((energy(start + half) < energy(start)) != t.frame.bit(bit));
            all += 1;
        }
    }
    (wrong, all)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Bursts a millisecond apart, each beginning half-way between two samples, without offset.
fn aligned(frontend: Frontend, cn0_dbhz: f64, count: u64) -> Plan {
    let frame = ModeS::from_hex("8d4840d6202cc371c32ce0576098").unwrap();
    let mut rng = Rng::new(3);
    let half_sample_ps = PS_PER_S / u64::from(frontend.rate_sps) / 2;
    let bursts = (0..count).map(|i| Burst {
        waveform: Waveform::ModeS(frame),
        start_ps: i * 1_000_000_000 + half_sample_ps,
        amplitude: frontend.amplitude_for_cn0(cn0_dbhz),
        offset_hz: 0.0,
        phase: rng.range(0.0, core::f64::consts::TAU) as f32,
        stretch_ppm: 0.0,
    });
    let placed = bursts.map(|burst| Placed { burst, cn0_dbhz, echo: false }).collect();
    Plan::new(1, frontend, Edges::Integrated, count * 1_000_000_000, placed)
}

#[test]
fn an_ideal_receiver_makes_the_errors_that_theory_gives_for_the_cn0() {
    // Orthogonal signals, coherent: Pe = Q(√(C·0.5 µs/N0)). Q(2.502) = 0.00617, so half of the 112-bit frames are wrong at 70.98.
    for (cn0, want) in [(70.98, 0.006_17), (68.0, 0.037_9)] {
        let frontend = Frontend { format: IqFormat::Cf32, ..Frontend::cu8(8_000_000, 2.5) };
        let (bytes, truth) = aligned(frontend, cn0, 2000).render();
        let (wrong, all) = genie(&floats(&bytes), &truth, 8_000_000);
        let got = f64::from(wrong) / f64::from(all);
        assert!((got / want - 1.0).abs() < 0.12, "{cn0} dB-Hz: {got} of bits wrong, theory {want}");
    }
}

#[test]
fn power_and_noise_measured_in_the_samples_give_the_requested_cn0() {
    for (rate, lsb) in [(2_000_000, 2.5), (2_400_000, 1.3), (10_000_000, 6.0)] {
        let frontend = Frontend::cu8(rate, lsb);
        let quiet = Scenario { frontend, duration_ps: PS_PER_S / 2, ..Scenario::noise() };
        let (bytes, truth) = quiet.plan(&Content::default()).render();
        assert!(truth.is_empty());
        let noise = bytes.iter().map(|b| ((f64::from(*b) - 127.5) / 127.5).powi(2)).sum::<f64>() / bytes.len() as f64;
        // Rounding to 8 bits adds 1/12 LSB² to each axis.
        let noise = noise - f64::from(crate::iq::LSB_8BIT).powi(2) / 12.0;
        let (cn0, count) = (88.0, 300);
        let plan = aligned(Frontend { noise_rms: 1e-6, ..frontend }, 0.0, count);
        let bursts = plan.bursts().iter().map(|p| Placed { burst: Burst { amplitude: frontend.amplitude_for_cn0(cn0), ..p.burst }, ..*p });
        let loud = Frontend { noise_rms: 1e-6, format: IqFormat::Cf32, ..frontend };
        let (bytes, _) = Plan::new(1, loud, Edges::Sampled, count * 1_000_000_000, bursts.collect()).render();
        let energy = floats(&bytes).iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let carrier = energy / (count as f64 * 116.0 * 0.5e-6 * f64::from(rate));
        let got = 10.0 * (carrier * f64::from(rate) / (2.0 * noise)).log10();
        assert!((got - cn0).abs() < 0.1, "{rate} {lsb}: {got}");
    }
}

#[test]
fn scenarios_have_their_rates_and_a_stable_fleet() {
    let content = Content::of_fleet(60, 5000);
    let scenario = Scenario { duration_ps: 2 * PS_PER_S, ..Scenario::b() };
    let plan = scenario.plan(&content);
    let (mut mode_s, mut mode_ac) = (0, 0);
    let mut offsets = std::collections::HashMap::new();
    for p in plan.bursts() {
        match p.burst.waveform {
            Waveform::ModeS(frame) => {
                mode_s += 1;
                assert_eq!(*offsets.entry(frame.address()).or_insert(p.burst.offset_hz), p.burst.offset_hz);
            }
            Waveform::ModeAc { .. } => mode_ac += 1,
            Waveform::Dme { .. } => panic!("none was asked for"),
        }
        assert!((70.0..112.0).contains(&p.cn0_dbhz) || p.cn0_dbhz < 80.0, "{}", p.cn0_dbhz);
    }
    assert!((f64::from(mode_s) / 16_000.0 - 1.0).abs() < 0.03 && (f64::from(mode_ac) / 8000.0 - 1.0).abs() < 0.05, "{mode_s} {mode_ac}");
    let (bytes, truth) = plan.render();
    assert_eq!((bytes.len(), truth.len()), (2 * 4_800_000, mode_s as usize));
    // Poisson traffic: a frame of 64 or 120 µs is alone with probability e^(-rate · (both lengths)).
    let alone = truth.iter().filter(|t| !t.overlapped).count() as f64 / truth.len() as f64;
    assert!((0.05..0.30).contains(&alone), "{alone}");
}

#[test]
fn pairs_are_as_far_and_as_weak_as_asked() {
    let pairs = Pairs { count: 50, offset_us: (30.0, 50.0), ..Pairs::weaker_by(6.0) };
    let (_, truth) = pairs.plan(&Content::of_fleet(60, 5000).only(17)).render();
    assert_eq!(truth.len(), 100);
    for pair in truth.chunks(2) {
        let after_us = (pair[1].burst.start_ps - pair[0].burst.start_ps) as f64 * 1e-6;
        assert!((30.0..50.0).contains(&after_us));
        assert!(pairs.is_strong(&pair[0]) && !pairs.is_strong(&pair[1]) && pair[0].overlapped && pair[1].overlapped);
        let ratio_db = 20.0 * (pair[0].burst.amplitude / pair[1].burst.amplitude).log10();
        assert!((ratio_db - 6.0).abs() < 1e-3);
        assert_ne!(pair[0].frame.address(), pair[1].frame.address());
    }
}

#[test]
fn echoes_are_heard_but_are_no_frames() {
    let content = Content::of_fleet(60, 5000);
    let multipath = Some(Multipath { delay_ns: (200.0, 900.0), below_db: (3.0, 12.0) });
    let direct = Scenario { duration_ps: PS_PER_S / 2, ..Scenario::sensitivity(85.0) };
    let (bytes, truth) = direct.plan(&content).render();
    let (with_bytes, with_truth) = Scenario { multipath, ..direct }.plan(&content).render();
    assert!(bytes != with_bytes);
    // Echoes draw from the same generator, so times differ; what matters is that each frame counts once and alone.
    assert!(truth.len().abs_diff(with_truth.len()) < 40);
    assert!(with_truth.iter().filter(|t| t.overlapped).count() * 5 < with_truth.len());
}
