//! The demodulator's two profiles: going from one to the other loses nothing and doubles nothing.

use decoders::{Demodulator as _, DemodulatorConfig, Profile, adsb::demod::AdsbDemodulator};
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::adsb::modulate::PS_PER_S;
use sim::adsb::scenario::Scenario;
use sim::adsb::{Content, ModeS};
use sim::rng::Rng;

const RATE_SPS: u32 = 2_400_000;

/// Squitters of 40 aircraft, each different.
fn content() -> Content {
    let mut rng = Rng::stream(3, &[1]);
    let frame = |i: u32| {
        let mut body = [0_u8; 11];
        body.iter_mut().for_each(|b| *b = rng.below(256) as u8);
        body[0] = 0x8D;
        body[1..4].copy_from_slice(&(0x40_0000 + (i % 40) * 0x123F).to_be_bytes()[1..]);
        ModeS::seal(&body, 0)
    };
    Content::from_frames((0..12_000).map(frame).collect())
}

/// The profile of each block is asked for before it.
fn demodulate(samples: &[u8], block: usize, mut profile: impl FnMut() -> Profile) -> Vec<Frame> {
    let tuning = Tuning { center_hz: 1_090_000_000, rate_sps: RATE_SPS };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: profile() };
    let mut demodulator = AdsbDemodulator::new(&config).unwrap();
    assert!(demodulator.has_profiles());
    let mut frames = Vec::new();
    for (i, bytes) in samples.chunks(2 * block).enumerate() {
        demodulator.set_profile(profile());
        let start_tick = Tick12::from_sample((i * block) as u64, RATE_SPS);
        let block = IqBlock { samples: IqSamples::Cu8(bytes), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |f| frames.push(f));
    }
    demodulator.finish(&mut |f| frames.push(f));
    assert!(frames.is_sorted_by_key(|f| f.tick), "frames come in order of time");
    frames
}

#[test]
fn frames_that_both_profiles_find_come_once_however_often_it_changes() {
    let scenario = Scenario { duration_ps: 2 * PS_PER_S, ..Scenario::sensitivity(86.0) };
    let (samples, truth) = scenario.plan(&content()).render();
    let full = demodulate(&samples, 65_536, || Profile::Full);
    let fast = demodulate(&samples, 65_536, || Profile::Fast);
    let both: Vec<&Frame> = full.iter().filter(|f| times_in(&fast, f) == 1).collect();
    assert!(truth.len() * 8 < both.len() * 10, "{} of {} frames are found by both", both.len(), truth.len());
    let mut rng = Rng::stream(5, &[9]);
    for block in [3_001, 16_384, 65_536] {
        let mut changing = || if rng.below(2) == 0 { Profile::Full } else { Profile::Fast };
        let found = demodulate(&samples, block, &mut changing);
        assert!(found.iter().all(|f| times_in(&found, f) == 1), "blocks of {block}: a frame came twice");
        let lost = both.iter().filter(|f| times_in(&found, f) == 0).count();
        assert_eq!(lost, 0, "blocks of {block}: {lost} of {} frames were lost", both.len());
        assert!(found.iter().all(|f| 0 < times_in(&full, f) + times_in(&fast, f)));
    }
}

/// How often a transmission is among the frames: the same bytes within a tenth of a millisecond.
fn times_in(frames: &[Frame], frame: &Frame) -> usize {
    frames.iter().filter(|f| f.raw == frame.raw && f.tick.0.abs_diff(frame.tick.0) < 1_200).count()
}
