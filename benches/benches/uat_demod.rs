//! What the UAT demodulator costs for a second of 2.083334 Msps signal, by profile: noise, 1,000 long messages, every uplink slot.
//!
//! The answer is checked before it is timed: nothing in noise, else every frame that was sent. Read the ratios (full to fast, traffic
//! to noise) rather than the times; divide a second by a time to get the factor over real time.

use decoders::{Demodulator as _, DemodulatorConfig, Profile, uat::Receiver};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use model::{IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::uat::scenario::Scenario;
use sim::uat::{CENTER_HZ, FrameKind};

fn main() {
    divan::main();
}

const RATE_SPS: u32 = 2_083_334;

fn demodulate(samples: &[u8], profile: Profile) -> usize {
    let tuning = Tuning { center_hz: CENTER_HZ, rate_sps: RATE_SPS };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile };
    let mut demodulator = Receiver::new(&config).expect("the rate is supported");
    let mut frames = 0;
    for (i, block) in samples.chunks(131_072).enumerate() {
        let start_tick = Tick12::from_sample(i as u64 * 65_536, RATE_SPS);
        let block = IqBlock { samples: IqSamples::Cu8(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |_| frames += 1);
    }
    demodulator.finish(&mut |_| frames += 1);
    frames
}

fn bench(bencher: Bencher<'_, '_>, scenario: Scenario, profile: Profile) {
    let (samples, truth) = scenario.plan().render(scenario.frontend, 1, u64::from(RATE_SPS));
    assert_eq!(demodulate(&samples, profile), truth.len());
    bencher.counter(ItemsCount::new(RATE_SPS)).bench_local(|| demodulate(black_box(&samples), profile));
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn noise(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::sensitivity(FrameKind::Long, 15.0, 0), profile);
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn long_messages(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::sensitivity(FrameKind::Long, 15.0, 980), profile);
}

#[divan::bench(args = [Profile::Full, Profile::Fast])]
fn uplinks(bencher: Bencher<'_, '_>, profile: Profile) {
    bench(bencher, Scenario::sensitivity(FrameKind::Uplink, 15.0, 170), profile);
}
