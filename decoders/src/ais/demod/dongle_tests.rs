//! A dongle whose crystal is off and drifts, and receivers on channels of one's choice.

use super::lab::{self, Rng, Scene, add_noise};
use super::receiver::Receiver;
use crate::ais::{Channel, Channels, nmea};
use crate::registry::{Demodulator, DemodulatorConfig, Profile};
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning};

fn config(rate_sps: u32, center_hz: u64) -> DemodulatorConfig {
    DemodulatorConfig { receiver: ReceiverId(0), tuning: Tuning { center_hz, rate_sps }, profile: Profile::Full }
}

fn block<'a>(samples: IqSamples<'a>, tuning: Tuning, at_s: f64) -> IqBlock<'a> {
    IqBlock { samples, tuning, start_tick: Tick12((at_s * 12e6) as u64), start_utc: None, dropped_samples: 0 }
}

/// `ships` at offsets of their own (±500 Hz) behind a dongle that is `dongle_hz` off, each heard once in four seconds, 20 dB.
fn sea(rng: &mut Rng, ships: &[f64], rate: f64, from_s: f64, seconds: f64, dongle_hz: &dyn Fn(f64) -> f64) -> Scene {
    let mut scene = Scene::new(rate, seconds);
    for (i, offset_hz) in ships.iter().enumerate() {
        let period_s = 4.0;
        for n in 0..(seconds / period_s) as usize {
            let start_s = (n as f64 + i as f64 / ships.len() as f64) * period_s + 0.01;
            let mut burst = lab::Burst::new(lab::message_of(rng, 244_000_000 + i as u32), start_s);
            burst.offset_hz = offset_hz + dongle_hz(from_s + start_s);
            burst.phase = rng.uniform() * core::f64::consts::TAU;
            scene.add(i % 2, burst);
        }
    }
    add_noise(rng, rate, 20.0, &mut scene.samples);
    scene
}

/// 30 ppm either way at the start, 20 ppm two minutes later: as a dongle that warms up, only faster.
#[test]
fn a_dongle_of_thirty_ppm_that_drifts_is_heard() {
    let rate = 96_000.0;
    for sign in [1.0, -1.0] {
        let mut rng = Rng(71);
        let ships: Vec<f64> = (0..8).map(|_| (rng.uniform() - 0.5) * 1_000.0).collect();
        let dongle_hz = |t: f64| sign * 162.0 * (30.0 - 10.0 * t / 120.0);
        let config = config(rate as u32, 162_000_000);
        let mut receiver = Receiver::new(&config).unwrap();
        let (mut sent, mut frames) = (Vec::new(), Vec::<Frame>::new());
        for part in 0..30 {
            let from_s = f64::from(part) * 4.0;
            let scene = sea(&mut rng, &ships, rate, from_s, 4.0, &dongle_hz);
            let samples = scene.cf32(20.0);
            receiver.process(&block(IqSamples::Cf32(&samples), config.tuning, from_s), &mut |f| frames.push(f));
            sent.extend(scene.sent.into_iter().map(|(_, burst)| (from_s + burst.start_s, burst.bytes)));
        }
        let ppm = receiver.crystal_error_ppm().unwrap();
        receiver.finish(&mut |f| frames.push(f));
        let share = |from_s: f64, to_s: f64| {
            let these = sent.iter().filter(|(at, _)| from_s <= *at && *at < to_s);
            let heard = these.clone().filter(|(_, bytes)| frames.iter().any(|f| f.raw.as_slice() == bytes)).count();
            heard as f64 / these.count() as f64
        };
        let told = [share(0.0, 30.0), share(30.0, 70.0), share(70.0, 119.0)];
        println!("{sign}: heard {told:.3?} of the first 30 s, to 70 s, to 119 s; {ppm:.2} ppm");
        assert!(0.995 <= told[2], "{sign}: {told:?}");
        // Carriers too high: the crystal is slow.
        assert!((f64::from(ppm) + sign * 20.0).abs() < 2.5, "{ppm}");
        // Offsets are told against the true channel, whatever the centre is by now.
        let last = frames.last().unwrap().signal.freq_offset_hz.unwrap();
        assert!((f64::from(last) - dongle_hz(119.0)).abs() < 700.0, "{last}");
    }
}

#[test]
fn following_the_crystal_does_not_depend_on_how_samples_are_cut() {
    let rate = 250_000.0;
    let mut rng = Rng(72);
    let ships: Vec<f64> = (0..12).map(|_| (rng.uniform() - 0.5) * 1_000.0).collect();
    let scene = sea(&mut rng, &ships, rate, 0.0, 8.0, &|_| 3_000.0);
    let samples = scene.cf32(20.0);
    let config = config(rate as u32, 162_000_000);
    let mut told = Vec::new();
    for cut in [2 * 2_000_000, 2 * 1_237, 2 * 65_536] {
        let mut receiver = Receiver::new(&config).unwrap();
        let mut frames = Vec::new();
        for (n, piece) in samples.chunks(cut).enumerate() {
            let at_s = (n * cut / 2) as f64 / rate;
            receiver.process(&block(IqSamples::Cf32(piece), config.tuning, at_s), &mut |f| frames.push(f));
        }
        assert!((receiver.crystal_error_ppm().unwrap() + 18.5).abs() < 3.0);
        receiver.finish(&mut |f| frames.push(f));
        assert_eq!(frames.len(), scene.sent.len());
        told.push(frames);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn each_choice_of_channels_hears_its_own() {
    let mut rng = Rng(73);
    for (channels, letters) in [
        (Channels::Ab, "AB"),
        (Channels::Cd, "CD"),
        (Channels::Only(Channel::A), "A"),
        (Channels::Only(Channel::B), "B"),
        (Channels::Only(Channel::C), "C"),
        (Channels::Only(Channel::D), "D"),
    ] {
        let entry = channels.entry();
        let tuning = entry.default_tuning;
        assert!(channels.all().iter().all(|c| c.is_covered_by(tuning)));
        let mut scene = Scene::new(f64::from(tuning.rate_sps), 1.0);
        for n in 0..8 {
            // Long range reports (96 bits) of a ship, on both channels around the middle.
            let mut message: Vec<u8> = (0..12).map(|_| rng.next() as u8).collect();
            (message[0], message[1], message[2]) = (27 << 2, 0x3A, 0x2E);
            scene.add(n % 2, lab::Burst::new(message, 0.02 + 0.1 * n as f64));
        }
        add_noise(&mut rng, scene.rate, 25.0, &mut scene.samples);
        let config = config(tuning.rate_sps, tuning.center_hz);
        let mut receiver = (entry.demodulator)(&config).unwrap();
        let mut frames = Vec::new();
        let samples = scene.cf32(20.0);
        receiver.process(&block(IqSamples::Cf32(&samples), tuning, 0.0), &mut |f| frames.push(f));
        receiver.finish(&mut |f| frames.push(f));
        assert_eq!(frames.len(), 4 * letters.len(), "{channels:?}");
        for (i, frame) in frames.iter().enumerate() {
            let letter = letters.as_bytes()[i % letters.len()] as char;
            assert!(nmea::frame_text(frame).starts_with(&format!("!AIVDM,1,1,,{letter},")), "{channels:?}");
            assert_eq!(frame.raw.as_slice()[0] >> 2, 27);
        }
        // Tuned elsewhere there is nothing to hear.
        assert!((entry.demodulator)(&DemodulatorConfig { tuning: Tuning { center_hz: 159_000_000, ..tuning }, ..config }).is_err());
    }
}
