//! What the Mode S demodulator costs for a second of 2.4 Msps signal, by profile: noise, scenario A, scenario B.
//!
//! The answer is checked before it is timed: how many of the frames that were sent are given out. Read the ratios (full to fast,
//! scenario to noise) rather than the times; divide a second by a time to get the factor over real time.

use benches::adsb_lab::Receiver;
use decoders::Profile;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use sim::adsb::Content;
use sim::adsb::modulate::PS_PER_S;
use sim::adsb::scenario::Scenario;

fn main() {
    divan::main();
}

fn bench(bencher: Bencher<'_, '_>, scenario: Scenario, profile: Profile, percent_min: usize, percent_max: usize) {
    let receiver = Receiver { profile, ..Receiver::FULL };
    let (samples, truth) = Scenario { duration_ps: PS_PER_S, ..scenario }.plan(&Content::terminal_area().only(17)).render();
    let frames = receiver.frames(&samples).len();
    assert!((percent_min * truth.len()..=percent_max * truth.len()).contains(&(100 * frames)), "{frames} of {}", truth.len());
    bencher.counter(ItemsCount::new(receiver.rate_sps)).bench_local(|| receiver.frames(black_box(&samples)).len());
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
