//! The APRS receiver on simulated air with a known truth: seeded frames through an FM channel, each scenario with a floor that a
//! worse receiver misses. CNR is carrier over the noise in 12.5 kHz.

use decoders::{Demodulator as _, DemodulatorConfig, Profile, aprs::Receiver};
use model::{Frame, IqBlock, IqFormat, IqSamples, ReceiverId, Tick12, Tuning};
use sim::aprs::UiFrame;
use sim::aprs::scenario::Scenario;
use sim::iq::Frontend;
use sim::rng::Rng;

/// Positions and texts of different lengths from different stations.
fn content(count: usize) -> Vec<UiFrame> {
    let mut rng = Rng::stream(11, &[4]);
    (0..count)
        .map(|i| {
            let text: String = (0..10 + rng.below(50)).map(|_| char::from(b' ' + rng.below(95) as u8)).collect();
            let (minutes, info) = (rng.below(60), format!("{text} {i}"));
            let line = format!("N{i}CA-9>APZ123,WIDE1-1,WIDE2-2:!49{minutes:02}.50N/07201.75W>088/036{info}");
            UiFrame::from_tnc2(line.as_bytes()).unwrap()
        })
        .collect()
}

fn receive(scenario: &Scenario, samples: &[u8]) -> Vec<Frame> {
    let tuning = Tuning { center_hz: scenario.center_hz, rate_sps: scenario.frontend.rate_sps };
    let mut receiver = Receiver::new(&DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full }).unwrap();
    let mut frames = Vec::new();
    let floats: Vec<f32> = match scenario.frontend.format {
        IqFormat::Cf32 => samples.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        _ => Vec::new(),
    };
    let samples = if floats.is_empty() { IqSamples::Cu8(samples) } else { IqSamples::Cf32(&floats) };
    let block = IqBlock { samples, tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
    receiver.process(&block, &mut |f| frames.push(f));
    receiver.finish(&mut |f| frames.push(f));
    frames
}

/// How many of the frames sent were heard; every frame heard was sent.
fn heard(scenario: &Scenario) -> usize {
    let (samples, truth) = scenario.render();
    let mut sent: Vec<Vec<u8>> = truth.iter().map(|t| t.frame.bytes()).collect();
    let frames = receive(scenario, &samples);
    for frame in &frames {
        let i = sent.iter().position(|s| s == frame.raw.as_slice());
        assert!(i.is_some(), "nobody sent {}", frame.raw.hex());
        i.map(|i| sent.swap_remove(i));
    }
    assert!(frames.is_sorted_by_key(|f| f.tick), "frames come in order of time");
    println!("{} of {}", frames.len(), truth.len());
    frames.len()
}

/// Plain air, 3 kHz, at one level after another.
#[test]
fn frames_heard_by_level() {
    for (cnr_db, floor) in [(5.0, 7), (6.0, 30), (8.0, 39), (14.0, 40)] {
        let heard = heard(&Scenario::sensitivity(cnr_db, content(40)));
        assert!(floor <= heard, "{cnr_db} dB: {heard} of 40, not {floor}");
    }
}

/// Levels of 5–16 dB, deviation 2–4.5 kHz, offset ±1.5 kHz, clock ±0.5 %, half of them pre-emphasised.
#[test]
fn frames_heard_as_off_the_air() {
    let heard = heard(&Scenario::mixed(content(80)));
    assert!(70 <= heard, "{heard} of 80");
}

/// What an RTL-SDR gives, the channel beside the middle and at it.
#[test]
fn frames_heard_in_eight_bits() {
    for (rate_sps, center_hz) in [(240_000, 144_800_000), (1_024_000, 144_700_000)] {
        let frontend = Frontend { dc: [0.008, -0.006], iq_gain_error_db: 0.5, ..Frontend::cu8(rate_sps, 2.5) };
        let scenario = Scenario { frontend, center_hz, ..Scenario::sensitivity(14.0, content(6)) };
        assert_eq!(heard(&scenario), 6, "{rate_sps}");
    }
}
