//! The APRS receiver on simulated air with a known truth: seeded frames through an FM channel, each scenario with a floor that a
//! worse receiver misses. CNR is carrier over the noise in 12.5 kHz.

use decoders::aprs::{AudioReceiver, Receiver};
use decoders::{Demodulator, DemodulatorConfig, Profile};
use model::{Frame, IqBlock, IqFormat, IqSamples, ReceiverId, Tick12, Tuning};
use sim::aprs::UiFrame;
use sim::aprs::afsk::Tones;
use sim::aprs::receiver::{AUDIO_RATE, discriminate};
use sim::aprs::scenario::{Scenario, noisy_audio};
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

fn config(rate_sps: u32, center_hz: u64, profile: Profile) -> DemodulatorConfig {
    DemodulatorConfig { receiver: ReceiverId(0), tuning: Tuning { center_hz, rate_sps }, profile }
}

fn demodulate(mut receiver: impl Demodulator, samples: IqSamples<'_>, tuning: Tuning) -> Vec<Frame> {
    let mut frames = Vec::new();
    let block = IqBlock { samples, tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
    receiver.process(&block, &mut |f| frames.push(f));
    receiver.finish(&mut |f| frames.push(f));
    frames
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn receive(scenario: &Scenario, samples: &[u8]) -> Vec<Frame> {
    let config = config(scenario.frontend.rate_sps, scenario.center_hz, Profile::Full);
    let floats = floats(samples);
    let samples = if scenario.frontend.format == IqFormat::Cf32 { IqSamples::Cf32(&floats) } else { IqSamples::Cu8(samples) };
    demodulate(Receiver::new(&config).unwrap(), samples, config.tuning)
}

fn receive_audio(audio: &[f32], rate_sps: u32, profile: Profile) -> Vec<Frame> {
    let config = config(rate_sps, 144_800_000, profile);
    let iq: Vec<f32> = audio.iter().flat_map(|x| [*x, 0.0]).collect();
    demodulate(AudioReceiver::new(&config).unwrap(), IqSamples::Cf32(&iq), config.tuning)
}

/// Of 48,000 samples a second, what a plain FM receiver makes audio of.
fn heard_as_audio(scenario: &Scenario, de_emphasis: bool, profile: Profile) -> usize {
    let (samples, truth) = scenario.render();
    let iq: Vec<(f32, f32)> = floats(&samples).chunks_exact(2).map(|s| (s[0], s[1])).collect();
    let frames = receive_audio(&discriminate(&iq, AUDIO_RATE, 0.0, de_emphasis), AUDIO_RATE, profile);
    all_sent(&frames, truth.iter().map(|t| t.frame.bytes()).collect())
}

/// Every frame heard was sent, once.
fn all_sent(frames: &[Frame], mut sent: Vec<Vec<u8>>) -> usize {
    let all = sent.len();
    for frame in frames {
        let i = sent.iter().position(|s| s == frame.raw.as_slice());
        assert!(i.is_some(), "nobody sent {}", frame.raw.hex());
        i.map(|i| sent.swap_remove(i));
    }
    assert!(frames.is_sorted_by_key(|f| f.tick), "frames come in order of time");
    println!("{} of {all}", frames.len());
    frames.len()
}

/// How many of the frames sent were heard.
fn heard(scenario: &Scenario) -> usize {
    let (samples, truth) = scenario.render();
    all_sent(&receive(scenario, &samples), truth.iter().map(|t| t.frame.bytes()).collect())
}

/// Plain air, 3 kHz, at one level after another.
#[test]
fn frames_heard_by_level() {
    for (cnr_db, floor) in [(0.0, 20), (1.5, 34), (3.0, 39), (8.0, 40)] {
        let heard = heard(&Scenario::sensitivity(cnr_db, content(40)));
        assert!(floor <= heard, "{cnr_db} dB: {heard} of 40, not {floor}");
    }
}

/// Levels of 5–16 dB, deviation 2–4.5 kHz, offset ±1.5 kHz, clock ±0.5 %, half of them pre-emphasised.
#[test]
fn frames_heard_as_off_the_air() {
    let heard = heard(&Scenario::mixed(content(80)));
    assert!(78 <= heard, "{heard} of 80");
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

/// Half of the frames at 5.3 dB was the aim; what a loaded board hears.
#[test]
fn frames_heard_by_audio() {
    for (cnr_db, profile, floor) in [(5.0, Profile::Full, 34), (10.0, Profile::Fast, 38)] {
        let heard = heard_as_audio(&Scenario::sensitivity(cnr_db, content(40)), false, profile);
        assert!(floor <= heard, "{cnr_db} dB, {profile:?}: {heard} of 40, not {floor}");
    }
}

#[test]
fn frames_heard_by_audio_as_off_the_air() {
    for (de_emphasis, floor) in [(false, 74), (true, 68)] {
        let heard = heard_as_audio(&Scenario::mixed(content(80)), de_emphasis, Profile::Full);
        assert!(floor <= heard, "de-emphasis {de_emphasis}: {heard} of 80, not {floor}");
    }
}

/// Bit rate and tones together off by −5…+5 %, by halves.
#[test]
fn frames_of_wrong_clocks() {
    for half_percents in -10..=10 {
        let tones = Tones::default().with_clock_error(f64::from(half_percents) / 2.0);
        let frames = content(1);
        let audio = noisy_audio(&frames, &tones, AUDIO_RATE, 20.0, 3);
        for profile in [Profile::Full, Profile::Fast] {
            assert_eq!(receive_audio(&audio, AUDIO_RATE, profile).len(), 1, "{half_percents} halves of a percent, {profile:?}");
        }
    }
}
