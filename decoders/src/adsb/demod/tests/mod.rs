//! What the demodulator promises, on signals made here with a known truth.

mod air;
mod recordings;

use super::*;
use crate::registry::Demodulator;
use air::{Random, Sent, cu8, frame, squitter};
use model::{IqSamples, Tick12, Tuning};

fn demodulator(rate_sps: u32, profile: Profile) -> AdsbDemodulator {
    let tuning = Tuning { center_hz: 1_090_000_000, rate_sps };
    AdsbDemodulator::new(&DemodulatorConfig { receiver: ReceiverId(3), tuning, profile }).unwrap()
}

/// Feeds `samples` in blocks of `block` samples and gives every frame.
fn receive(d: &mut AdsbDemodulator, rate_sps: u32, samples: &[u8], mut block: impl FnMut() -> usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < samples.len() / 2 {
        let end = (at + block()).min(samples.len() / 2);
        let iq = IqBlock {
            samples: IqSamples::Cu8(&samples[2 * at..2 * end]),
            tuning: Tuning { center_hz: 1_090_000_000, rate_sps },
            start_tick: Tick12::from_sample(at as u64, rate_sps),
            start_utc: None,
            dropped_samples: 0,
        };
        d.process(&iq, &mut |f| frames.push(f));
        at = end;
    }
    d.finish(&mut |f| frames.push(f));
    frames
}

/// Squitters of five aircraft, 5 ms apart on average, each with its own carrier offset.
fn squitters(count: usize, cn0_db: f64, random: &mut Random) -> Vec<Sent> {
    (0..count)
        .map(|i| Sent {
            at_us: 700.0 + 5_000.0 * i as f64 + 4_000.0 * random.unit(),
            cn0_db,
            offset_hz: [-180e3, -60e3, 10e3, 75e3, 240e3][i % 5],
            frame: squitter(0x40_6B90 + (i % 5) as u32 * 0x1357, random),
        })
        .collect()
}

/// (right, wrong): frames that were sent, at the right time; frames that weren't.
fn compare(sent: &[Sent], frames: &[Frame]) -> (usize, usize) {
    let was_sent = |f: &&Frame| sent.iter().any(|s| s.frame == f.raw.as_slice() && ((s.at_us + 64.0) * 12.0 - f.tick.0 as f64).abs() < 5.0);
    for f in frames.iter().filter(|f| !was_sent(f)) {
        let nearest = sent.iter().min_by_key(|s| ((s.at_us + 64.0) * 12.0 - f.tick.0 as f64).abs() as u64);
        println!("not sent: {f:?}, nearest {nearest:?}");
    }
    let right = frames.iter().filter(was_sent).count();
    (right, frames.len() - right)
}

fn sensitivity(rate_sps: u32, cn0_db: f64, count: usize) -> usize {
    let mut random = Random(0x5EED + rate_sps as u64 + cn0_db as u64);
    let sent = squitters(count, cn0_db, &mut random);
    let samples = cu8(f64::from(rate_sps), 5_000.0 * count as f64 + 5_000.0, &sent, &mut random);
    let frames = receive(&mut demodulator(rate_sps, Profile::Full), rate_sps, &samples, || 65_536);
    let (right, wrong) = compare(&sent, &frames);
    assert_eq!(wrong, 0, "{rate_sps} {cn0_db}");
    right
}

/// The ideal coherent receiver with one bit repaired reads half of all squitters at 69.75 dB·Hz in unlimited bandwidth, about
/// 70.9 in 2.4 MHz. A floor that a worse receiver misses, and a ceiling that no receiver passes.
#[test]
fn sensitivity_lies_in_its_window() {
    for (rate_sps, cn0_db, floor, ceiling) in [
        (2_400_000, 66.0, 0, 10),
        (2_400_000, 70.0, 110, 190),
        (2_400_000, 74.0, 196, 200),
        (2_000_000, 72.0, 150, 190),
        (2_000_000, 74.0, 190, 200),
        (6_000_000, 70.5, 120, 199),
    ] {
        let right = sensitivity(rate_sps, cn0_db, 200);
        assert!((floor..=ceiling).contains(&right), "{rate_sps} at {cn0_db} dB·Hz: {right} of 200");
    }
}

#[test]
fn every_rate_reads_every_clear_frame() {
    for &rate_sps in RATES_SPS {
        assert_eq!(sensitivity(rate_sps, 84.0, 40), 40, "{rate_sps}");
    }
}

#[test]
fn frames_do_not_depend_on_how_samples_are_cut() {
    let mut random = Random(11);
    let mut sent = squitters(60, 76.0, &mut random);
    sent.extend(squitters(60, 82.0, &mut random));
    let samples = cu8(2.4e6, 305_000.0, &sent, &mut random);
    let whole = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || usize::MAX >> 1);
    assert!(100 < whole.len());
    for seed in 1..4 {
        let mut cuts = Random(seed);
        let cut = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || 1 + cuts.next() as usize % 20_000);
        assert_eq!(cut, whole);
    }
}

#[test]
fn noise_makes_no_frames() {
    let mut random = Random(99);
    let samples = cu8(2.4e6, 1_500_000.0, &[], &mut random);
    for profile in [Profile::Full, Profile::Fast] {
        assert_eq!(receive(&mut demodulator(2_400_000, profile), 2_400_000, &samples, || 65_536), []);
    }
}

/// Pairs with random overlap: peers read the weaker one in a quarter of the cases at most.
#[test]
fn the_weaker_of_two_overlapping_squitters_is_read() {
    let mut random = Random(5);
    for (weaker_db, floor) in [(3.0, 60), (6.0, 60), (10.0, 70)] {
        let mut sent = Vec::new();
        for i in 0..100 {
            let at_us = 1_000.0 + 1_000.0 * f64::from(i) + random.unit();
            let lone = squitters(2, 0.0, &mut random);
            let late_us = 240.0 * (random.unit() - 0.5);
            sent.push(Sent { at_us, cn0_db: 88.0, frame: squitter(0x3C_6512 + i % 7, &mut random), ..lone[0].clone() });
            sent.push(Sent {
                at_us: at_us + late_us,
                cn0_db: 88.0 - weaker_db,
                frame: squitter(0x4B_1234 + i % 5, &mut random),
                ..lone[1].clone()
            });
        }
        let samples = cu8(2.4e6, 102_000.0, &sent, &mut random);
        let frames = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || 65_536);
        let of = |weaker: bool| {
            let some: Vec<Sent> = sent.iter().filter(|s| (s.cn0_db < 88.0) == weaker).cloned().collect();
            compare(&some, &frames).0
        };
        assert_eq!(compare(&sent, &frames).1, 0);
        assert!(90 <= of(false), "stronger by {weaker_db} dB: {}", of(false));
        assert!(floor <= of(true), "weaker by {weaker_db} dB: {}", of(true));
    }
}

/// A surveillance reply is believed once its aircraft squitters, also when the reply came first; never without.
#[test]
fn overlaid_addresses_wait_for_confirmation() {
    let mut random = Random(3);
    let known = Sent { at_us: 9_000.0, cn0_db: 85.0, offset_hz: 20e3, frame: squitter(0x48_40D6, &mut random) };
    let reply = Sent { at_us: 1_000.0, frame: frame(&[0x20, 0x00, 0x05, 0xB0], 0x48_40D6), ..known.clone() };
    let stranger = Sent { at_us: 4_000.0, frame: frame(&[0x20, 0x00, 0x06, 0xB0], 0x48_40D7), ..known.clone() };
    let sent = [reply.clone(), stranger, known.clone()];
    let samples = cu8(2.4e6, 12_000.0, &sent, &mut random);
    let frames = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || 4_096);
    let raws: Vec<&[u8]> = frames.iter().map(|f| f.raw.as_slice()).collect();
    assert_eq!(raws, [&reply.frame[..], &known.frame[..]]);
}

#[test]
fn a_frame_tells_when_and_how_it_was_heard() {
    let mut random = Random(8);
    let sent = [Sent { at_us: 2_000.3, cn0_db: 90.0, offset_hz: -150e3, frame: squitter(0x48_40D6, &mut random) }];
    let samples = cu8(2.4e6, 4_000.0, &sent, &mut random);
    let frames = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || 4_096);
    let [f] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((f.protocol, f.receiver, f.signal.corrected_bits), (Protocol::Adsb, ReceiverId(3), 0));
    assert!((f.tick.0 as f64 - 2_064.3 * 12.0).abs() <= 1.0, "{:?}", f.tick);
    assert!((f.signal.freq_offset_hz.unwrap() + 150_000).abs() < 500, "{:?}", f.signal);
    let snr = f.signal.rssi.unwrap().dbfs() - f.signal.noise.unwrap().dbfs();
    assert!((snr - (90.0 - 63.8)).abs() < 1.5, "{snr} {:?}", f.signal);
}

/// A tick is 83.3 ns, so rounding alone makes 24.1 ns rms.
#[test]
fn ticks_are_true_to_their_rounding() {
    let mut random = Random(78);
    let sent = squitters(150, 78.0, &mut random);
    let samples = cu8(2.4e6, 756_000.0, &sent, &mut random);
    let frames = receive(&mut demodulator(2_400_000, Profile::Full), 2_400_000, &samples, || 65_536);
    let mut errors_ns: Vec<f64> = frames
        .iter()
        .filter_map(|f| sent.iter().find(|s| s.frame == f.raw.as_slice()).map(|s| (f.tick.0 as f64 - (s.at_us + 64.0) * 12.0) * 1e3 / 12.0))
        .collect();
    assert!(140 <= errors_ns.len());
    // A receiver's clock has no truth but its own: the constant part (how a pulse's edge is defined) doesn't count.
    let mean = errors_ns.iter().sum::<f64>() / errors_ns.len() as f64;
    errors_ns.iter_mut().for_each(|e| *e = (*e - mean).abs());
    errors_ns.sort_by(f64::total_cmp);
    let rms = (errors_ns.iter().map(|e| e * e).sum::<f64>() / errors_ns.len() as f64).sqrt();
    assert!(rms <= 27.0 && errors_ns[errors_ns.len() - 2] <= 80.0 && mean.abs() < 25.0, "rms {rms} mean {mean}");
}

#[test]
fn lost_samples_cut_the_stream_and_not_the_clock() {
    let mut random = Random(21);
    let sent = squitters(4, 88.0, &mut random);
    let samples = cu8(2.4e6, 22_000.0, &sent, &mut random);
    let mut d = demodulator(2_400_000, Profile::Full);
    let mut frames = Vec::new();
    let tuning = Tuning { center_hz: 1_090_000_000, rate_sps: 2_400_000 };
    // Samples 24,000…28,800 (10–12 ms) never arrive.
    for (range, dropped_samples) in [(0..24_000, 0), (28_800..52_800, 4_800)] {
        let start_tick = Tick12::from_sample(range.start as u64, 2_400_000);
        let samples = IqSamples::Cu8(&samples[2 * range.start..2 * range.end]);
        d.process(&IqBlock { samples, tuning, start_tick, start_utc: None, dropped_samples }, &mut |f| frames.push(f));
    }
    d.finish(&mut |f| frames.push(f));
    let heard: Vec<Sent> = sent.iter().filter(|s| !(9_880.0..12_000.0).contains(&s.at_us)).cloned().collect();
    assert!(3 <= heard.len());
    assert_eq!(compare(&heard, &frames), (heard.len(), 0));
}

/// Full-scale garbage, keyed carriers and broken floats at every rate: no panic, no flood of frames.
#[test]
fn garbage_does_no_harm() {
    let mut random = Random(1234);
    for &rate_sps in RATES_SPS {
        let n = rate_sps as usize / 25;
        let noise: Vec<u8> = (0..2 * n).map(|_| random.next() as u8).collect();
        let mut level = 0;
        let keyed: Vec<u8> = (0..n)
            .flat_map(|_| {
                level = if random.unit() < 0.4 { random.next() as u8 } else { level };
                [level, 255 - level]
            })
            .collect();
        for samples in [&noise, &keyed, &vec![0; 2 * n], &vec![255; 2 * n]] {
            let frames = receive(&mut demodulator(rate_sps, Profile::Full), rate_sps, samples, || 10_000);
            assert!(frames.len() <= 1, "{rate_sps}: {frames:?}");
        }
        let floats: Vec<f32> = (0..2 * n).map(|_| f32::from_bits(random.next() as u32)).collect();
        let mut d = demodulator(rate_sps, Profile::Full);
        let tuning = Tuning { center_hz: 1_090_000_000, rate_sps };
        let block =
            IqBlock { samples: IqSamples::Cf32(&floats), tuning, start_tick: Tick12(u64::MAX - 5), start_utc: None, dropped_samples: 0 };
        d.process(&block, &mut |_| ());
        d.finish(&mut |_| ());
    }
}

#[test]
fn a_rate_that_is_not_supported_is_refused_in_words() {
    let tuning = Tuning { center_hz: 1_090_000_000, rate_sps: 1_000_000 };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    let refusal = AdsbDemodulator::new(&config).unwrap_err().to_string();
    assert!(refusal.contains("1000000") && refusal.contains("2400000"), "{refusal}");
}
