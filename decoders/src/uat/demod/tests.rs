//! Bursts made here, by a modulator of the tests' own: phase by numerical integration, no table shared with the receiver.

use super::modem::Gates;
use super::receiver::Receiver;
use super::repair::repair;
use super::waveform::{BIT_RATE, SYNC_BITS, Word};
use crate::reed_solomon::{BASIC, Code, LONG, UPLINK, encode};
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal};
use crate::testing::allocations;
use model::{Frame, IqBlock, IqSamples, ReceiverId, TICKS_PER_SECOND, Tick12, Tuning, UnixMicros};

/// SplitMix64: small, seeded, good enough for noise.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn gauss(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-300).ln()).sqrt() * (core::f64::consts::TAU * self.unit()).cos()
    }

    fn payload(&mut self, bytes: usize) -> Vec<u8> {
        let mut payload: Vec<u8> = (0..bytes).map(|_| self.next() as u8).collect();
        payload[0] = if bytes == 34 { 0x09 } else { payload[0] & 7 };
        payload
    }
}

/// Bits on the air of a payload of 18, 34 or 432 bytes.
fn bits(payload: &[u8]) -> Vec<bool> {
    let (word, coded) = match payload.len() {
        18 => (Word::Aircraft, encode(BASIC, payload)),
        34 => (Word::Aircraft, encode(LONG, payload)),
        _ => {
            let blocks: Vec<Vec<u8>> = payload.chunks(72).map(|data| encode(UPLINK, data)).collect();
            (Word::Ground, (0..92).flat_map(|i| blocks.iter().map(move |block| block[i])).collect())
        }
    };
    let sync = (0..SYNC_BITS).map(|k| word.bit(k));
    sync.chain(coded.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1 == 1))).collect()
}

/// A second of air at one rate.
struct Scene {
    rate_sps: u32,
    samples: Vec<f32>,
}

impl Scene {
    fn new(rate_sps: u32, seconds: f64) -> Self {
        Self { rate_sps, samples: vec![0.0; 2 * (f64::from(rate_sps) * seconds) as usize] }
    }

    /// Adds a burst of amplitude 1 whose sync word begins at `start_s`.
    fn add(&mut self, payload: &[u8], start_s: f64, offset_hz: f64) {
        const FINE: usize = 32;
        let mut phase = vec![0.3];
        for bit in bits(payload) {
            for _ in 0..FINE {
                let step = if bit { 0.6 } else { -0.6 } * core::f64::consts::PI / FINE as f64;
                phase.push(phase[phase.len() - 1] + step);
            }
        }
        let rate = f64::from(self.rate_sps);
        for (n, sample) in self.samples.chunks_mut(2).enumerate().skip((start_s * rate).ceil() as usize) {
            let t = n as f64 / rate - start_s;
            let place = t * BIT_RATE * FINE as f64;
            let Some(pair) = phase.get(place as usize..place as usize + 2) else { break };
            let angle = pair[0] + (pair[1] - pair[0]) * place.fract() + core::f64::consts::TAU * offset_hz * t;
            sample[0] += angle.cos() as f32;
            sample[1] += angle.sin() as f32;
        }
    }

    /// Noise that puts a burst at `ebn0_db`.
    fn noise(&mut self, rng: &mut Rng, ebn0_db: f64) {
        let sigma = (f64::from(self.rate_sps) / BIT_RATE / 10_f64.powf(ebn0_db / 10.0) / 2.0).sqrt();
        self.samples.iter_mut().for_each(|s| *s += (sigma * rng.gauss()) as f32);
    }

    fn cu8(&self) -> Vec<u8> {
        self.samples.iter().map(|s| (s * 20.0 + 127.5).round().clamp(0.0, 255.0) as u8).collect()
    }
}

fn config(rate_sps: u32, center_hz: u64) -> DemodulatorConfig {
    DemodulatorConfig { receiver: ReceiverId(3), tuning: Tuning { center_hz, rate_sps }, profile: Profile::Full }
}

/// Frames of samples cut at `cuts` (complex samples each).
fn hear(config: &DemodulatorConfig, bytes: &[u8], cut: usize) -> (Vec<Frame>, Counters) {
    let mut receiver = Receiver::new(config).unwrap();
    let mut frames = Vec::new();
    for (i, piece) in bytes.chunks(2 * cut).enumerate() {
        let first = (i * cut) as u64;
        let block = IqBlock {
            samples: IqSamples::Cu8(piece),
            tuning: config.tuning,
            start_tick: Tick12::from_sample(first, config.tuning.rate_sps),
            start_utc: Some(UnixMicros((first * 1_000_000 / u64::from(config.tuning.rate_sps)) as i64)),
            dropped_samples: 0,
        };
        receiver.process(&block, &mut |f| frames.push(f));
    }
    receiver.finish(&mut |f| frames.push(f));
    (frames, receiver.counters())
}

/// All three lengths, somewhat above the noise.
fn mixed(rate_sps: u32, offset_hz: f64) -> (Scene, Vec<Vec<u8>>) {
    let mut rng = Rng(5);
    let mut scene = Scene::new(rate_sps, 0.02);
    let payloads: Vec<Vec<u8>> = [18, 34, 432, 34, 18].into_iter().map(|n| rng.payload(n)).collect();
    for (i, payload) in payloads.iter().enumerate() {
        scene.add(payload, 0.001 + 0.0031 * i as f64 + if 2 < i { 0.003 } else { 0.0 } + 1e-7 * i as f64, offset_hz);
    }
    scene.noise(&mut rng, 9.0);
    (scene, payloads)
}

#[test]
fn all_three_lengths_come_out_as_they_were_sent() {
    let (scene, payloads) = mixed(2_083_334, 7_000.0);
    let config = config(2_083_334, 978_000_000);
    let (frames, counters) = hear(&config, &scene.cu8(), 100_000);
    let heard: Vec<&[u8]> = frames.iter().map(|f| f.raw.as_slice()).collect();
    assert_eq!(heard, payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!((counters.frames, counters.samples), (5, scene.samples.len() as u64 / 2));
    for (i, frame) in frames.iter().enumerate() {
        // The end of the sync word, in ticks; within a tenth of a bit.
        let start_s = 0.001 + 0.0031 * i as f64 + if 2 < i { 0.003 } else { 0.0 } + 1e-7 * i as f64;
        let expected = (start_s + SYNC_BITS as f64 / BIT_RATE) * TICKS_PER_SECOND as f64;
        assert!((frame.tick.0 as f64 - expected).abs() < 1.6, "{} {expected}", frame.tick.0);
        let offset_hz = frame.signal.freq_offset_hz.unwrap();
        assert!((offset_hz - 7_000).abs() < 300, "{offset_hz}");
        assert!((frame.signal.rssi.unwrap().dbfs() - 20.0 * (20.0_f32 / 127.5).log10()).abs() < 0.7);
        assert!(frame.signal.noise.unwrap() < frame.signal.rssi.unwrap());
        assert_eq!(
            frame.utc.unwrap().0,
            (expected / 12.0).round() as i64 + (frame.utc.unwrap().0 - (expected / 12.0).round() as i64).clamp(-1, 1)
        );
    }
}

#[test]
fn frames_do_not_depend_on_the_cuts() {
    let (scene, _) = mixed(2_400_000, -15_000.0);
    let config = config(2_400_000, 978_000_000);
    let whole = hear(&config, &scene.cu8(), usize::MAX / 4);
    for cut in [1_000, 4_097, 97] {
        assert_eq!(hear(&config, &scene.cu8(), cut), whole);
    }
}

#[test]
fn any_rate_and_tuning_that_holds_the_channel() {
    for (rate_sps, center_hz) in [(2_000_000, 978_000_000), (2_560_000, 978_400_000), (3_200_000, 977_300_000), (10_000_000, 976_000_000)] {
        let offset_hz = 978_000_000.0 - center_hz as f64;
        let (scene, payloads) = mixed(rate_sps, offset_hz);
        let (frames, _) = hear(&config(rate_sps, center_hz), &scene.cu8(), 50_000);
        assert_eq!(frames.len(), payloads.len(), "{rate_sps} {center_hz}");
    }
    for (rate_sps, center_hz) in [(1_900_000, 978_000_000), (11_000_000, 978_000_000), (2_083_334, 978_400_000)] {
        let refused = Receiver::new(&config(rate_sps, center_hz)).err().unwrap();
        assert!(refused.to_string().contains("2083334"));
    }
}

#[test]
fn lost_samples_make_it_begin_anew() {
    let (scene, payloads) = mixed(2_083_334, 0.0);
    let bytes = scene.cu8();
    let config = config(2_083_334, 978_000_000);
    let mut receiver = Receiver::new(&config).unwrap();
    let mut frames = Vec::new();
    for dropped_samples in [0, 777] {
        let start_tick = Tick12(frames.len() as u64 * 1_000_000);
        let samples = IqSamples::Cu8(&bytes);
        let block = IqBlock { samples, tuning: config.tuning, start_tick, start_utc: None, dropped_samples };
        receiver.process(&block, &mut |f| frames.push(f));
    }
    receiver.finish(&mut |f| frames.push(f));
    assert_eq!(frames.len(), 2 * payloads.len());
    // The second block's clock counts, though its first frames look like the first block's.
    assert!(frames[payloads.len()].tick.0 > 1_000_000);
}

#[test]
fn a_weak_burst_under_a_strong_one_is_heard_too() {
    let (mut rng, mut weak_heard) = (Rng(77), 0);
    for i in 0..10 {
        let (strong, weak) = (rng.payload(34), rng.payload(34));
        let mut scene = Scene::new(2_083_334, 0.004);
        scene.add(&weak, 0.001 + 0.000_03 * f64::from(i), -5_000.0);
        scene.samples.iter_mut().for_each(|s| *s *= 0.5);
        scene.add(&strong, 0.001_15, 4_000.0);
        scene.noise(&mut rng, 22.0);
        let (frames, _) = hear(&config(2_083_334, 978_000_000), &scene.cu8(), 5_000);
        assert!(frames.iter().any(|f| f.raw.as_slice() == strong), "{i}");
        assert!(frames.len() <= 2 && frames.is_sorted_by_key(|f| f.tick));
        weak_heard += u32::from(frames.iter().any(|f| f.raw.as_slice() == weak));
    }
    assert!(8 <= weak_heard, "{weak_heard} of 10");
}

#[test]
fn noise_and_nonsense_give_nothing() {
    let mut rng = Rng(9);
    let mut scene = Scene::new(2_083_334, 2.0);
    scene.noise(&mut rng, 0.0);
    let config = config(2_083_334, 978_000_000);
    assert_eq!(hear(&config, &scene.cu8(), 65_536).0, []);
    for bytes in [vec![0; 400_000], vec![255; 400_000], (0..400_000_u64).map(|i| (i * i / 7) as u8).collect::<Vec<u8>>()] {
        assert_eq!(hear(&config, &bytes, 65_536).0, []);
    }
}

/// Floats that are no numbers must not stop what comes later.
#[test]
fn broken_floats_do_not_poison() {
    let (scene, payloads) = mixed(2_083_334, 0.0);
    let mut floats = vec![f32::NAN; 20_000];
    floats.extend([f32::INFINITY; 20_000]);
    floats.extend(&scene.samples);
    let config = config(2_083_334, 978_000_000);
    let mut receiver = Receiver::new(&config).unwrap();
    let mut frames = 0;
    let samples = IqSamples::Cf32(&floats);
    let block = IqBlock { samples, tuning: config.tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
    receiver.process(&block, &mut |_| frames += 1);
    receiver.finish(&mut |_| frames += 1);
    assert_eq!(frames, payloads.len());
}

/// Nothing is allocated after the start but the bytes of frames that are too long to be held inline.
#[test]
fn the_sample_path_does_not_allocate() {
    let (scene, _) = mixed(2_083_334, 0.0);
    let bytes = scene.cu8();
    let config = config(2_083_334, 978_000_000);
    let mut receiver = Receiver::new(&config).unwrap();
    let block = |samples| IqBlock { samples, tuning: config.tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
    receiver.process(&block(IqSamples::Cu8(&bytes)), &mut |_| {});
    let before = allocations();
    let mut long = 0;
    for piece in bytes.chunks(8_192) {
        receiver.process(&block(IqSamples::Cu8(piece)), &mut |f| long += u64::from(model::Raw::INLINE < f.raw.as_slice().len()));
    }
    assert!(2 <= long);
    assert!(allocations() - before <= long + 1, "{} allocations, {long} long frames", allocations() - before);
}

/// Odds of a burst without a burst: what noise makes of them. `None`, nearly always; how nearly, the lab says.
#[test]
fn odds_of_noise_are_hardly_ever_a_word() {
    let mut rng = Rng(1);
    for (code, margin) in [(BASIC, 4), (LONG, 4), (UPLINK, 6)] {
        assert_eq!(chance_words(&mut rng, code, margin, 3_000), 0);
    }
}

/// Words accepted among `tries` of random odds, with the tails that noise gives.
fn chance_words(rng: &mut Rng, code: Code, margin: usize, tries: u32) -> u32 {
    let mut odds = vec![0.0; 8 * code.length];
    (0..tries)
        .filter(|_| {
            odds.iter_mut().for_each(|odds| *odds = 2.0 * rng.gauss() as f32);
            repair(code, &odds, margin).is_some()
        })
        .count() as u32
}

/// Everything that the search finds is tried.
const OPEN: Gates = Gates { score: 0.9, score_over_noise: 0.0, share: 0.0, share_over_noise: 0.0, amplitude: 0.0 };

/// False frames in so many tenths of a second of noise, and how many places were tried to the end.
fn false_frames(gates: Gates, tenths: usize, seed: u64) -> (usize, u64) {
    let config = config(2_083_334, 978_000_000);
    let mut receiver = Receiver::with_gates(&config, gates).unwrap();
    let (mut rng, mut frames) = (Rng(seed), 0);
    for _ in 0..tenths {
        let noise: Vec<u8> = (0..416_666).map(|_| (10.0 * rng.gauss() + 127.5).round().clamp(0.0, 255.0) as u8).collect();
        let samples = IqSamples::Cu8(&noise);
        let block = IqBlock { samples, tuning: config.tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
        receiver.process(&block, &mut |_| frames += 1);
    }
    (frames, receiver.counters().refused(Refusal::Integrity))
}

/// With every gate open, thousands of times as many places are tried as usual: a day's worth in a few seconds of noise.
#[test]
fn open_gates_in_noise_give_nothing() {
    let (frames, tries) = false_frames(OPEN, 1, 4);
    println!("{tries} tries");
    assert!(frames == 0 && 1_000 < tries, "{frames} of {tries}");
}

/// The lab: how often noise becomes a frame. `cargo test --release -p decoders lab_false -- --ignored --nocapture`
#[test]
#[ignore = "lab: run by name"]
fn lab_false_frames() {
    for seed in 0..40 {
        let (frames, tries) = false_frames(OPEN, 5, seed);
        println!("gates open: {frames} frames of {tries} tries in half a second");
    }
    let (frames, tries) = false_frames(Gates::USUAL, 1_200, 99);
    println!("gates as usual: {frames} frames of {tries} tries in 120 s");
}

#[test]
#[ignore = "lab: run by name"]
fn lab_false_words() {
    let mut rng = Rng(2);
    for (code, margin) in [(BASIC, 4), (LONG, 4)] {
        println!("{code:?}: {} of 1,000,000", chance_words(&mut rng, code, margin, 1_000_000));
    }
}
