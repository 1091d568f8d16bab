//! What the Mode S demodulator costs for a second of 2.4 Msps signal, by profile: noise, scenario A, scenario B.
//!
//! The answer is checked before it is timed: how many of the frames that were sent are given out. Read the ratios (full to fast,
//! scenario to noise) rather than the times; divide a second by a time to get the factor over real time.

use decoders::{Demodulator as _, DemodulatorConfig, Profile, adsb::demod::AdsbDemodulator};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use model::{IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::adsb::modulate::PS_PER_S;
use sim::adsb::scenario::Scenario;
use sim::adsb::{Content, ModeS};
use sim::rng::Rng;

fn main() {
    divan::main();
}

const RATE_SPS: u32 = 2_400_000;

/// Squitters of 120 addresses.
fn content() -> Content {
    let mut rng = Rng::stream(7, &[1]);
    let squitter = |i: u32| {
        let mut body = [0_u8; 11];
        body.iter_mut().for_each(|b| *b = rng.below(256) as u8);
        body[0] = 0x8D;
        body[1..4].copy_from_slice(&(0x40_0000 + (i % 120) * 0x123F).to_be_bytes()[1..]);
        ModeS::seal(&body, 0)
    };
    Content::from_frames((0..6_000).map(squitter).collect())
}

fn demodulate(samples: &[u8], profile: Profile) -> usize {
    let tuning = Tuning { center_hz: 1_090_000_000, rate_sps: RATE_SPS };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile };
    let mut demodulator = AdsbDemodulator::new(&config).expect("the rate is supported");
    let mut frames = 0;
    for (i, block) in samples.chunks(131_072).enumerate() {
        let start_tick = Tick12::from_sample(i as u64 * 65_536, RATE_SPS);
        let block = IqBlock { samples: IqSamples::Cu8(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |_| frames += 1);
    }
    demodulator.finish(&mut |_| frames += 1);
    frames
}

fn bench(bencher: Bencher<'_, '_>, scenario: Scenario, profile: Profile, percent_min: usize, percent_max: usize) {
    let (samples, truth) = Scenario { duration_ps: PS_PER_S, ..scenario }.plan(&content()).render();
    let frames = demodulate(&samples, profile);
    assert!((percent_min * truth.len()..=percent_max * truth.len()).contains(&(100 * frames)), "{frames} of {}", truth.len());
    bencher.counter(ItemsCount::new(RATE_SPS)).bench_local(|| demodulate(black_box(&samples), profile));
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn noise(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::noise(), profile, 0, 0);
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn scenario_a(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::a(), profile, 65, 100);
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn scenario_b(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::b(), profile, 30, 100);
}
