//! The receiver on a signal of a plain modulator of its own; tests/all/aprs_lab.rs has the simulated air.

use super::*;
use crate::aprs::ax25::Ui;
use crate::hdlc::frame_bits;
use crate::registry::{Demodulator as _, DemodulatorConfig, Profile};
use crate::testing::allocations;
use core::f64::consts::TAU;
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning, UnixMicros};

const TEXT: &[u8] = b"N0CALL-9>APZ123,WIDE1-1,WIDE2-2:!4903.50N/07201.75W>088/036/A=001234 a test of the receiver";

/// FM, 3 kHz, no noise: `lead` flags, the frame, and 20 ms of silence on each side. Also the sample at which the last opening flag ends.
fn modulated(rate_sps: u32, offset_hz: f64, lead: usize) -> (Vec<f32>, usize) {
    let mut bits = Vec::new();
    (0..lead).for_each(|_| bits.extend((0..8).map(|i| 0x7E >> i & 1 == 1)));
    frame_bits(&Ui::from_tnc2(TEXT).unwrap().to_bytes(), &mut |b| bits.push(b));
    let rate = f64::from(rate_sps);
    let silence = (0.02 * rate) as usize;
    let (mut tone, mut carrier, mut level) = (0.0_f64, 0.0_f64, false);
    let mut iq = vec![0.0; 2 * silence];
    let samples = (bits.len() as f64 * rate / 1200.0) as usize;
    let mut last = usize::MAX;
    for n in 0..samples {
        let bit = (n as f64 * 1200.0 / rate) as usize;
        if bit != last {
            level ^= !bits[bit];
            last = bit;
        }
        tone += TAU * if level { 1200.0 } else { 2200.0 } / rate;
        carrier += TAU * (offset_hz + 3000.0 * tone.sin()) / rate;
        iq.extend([0.3 * carrier.cos() as f32, 0.3 * carrier.sin() as f32]);
    }
    iq.extend(vec![0.0; 4 * silence]);
    (iq, silence + ((lead + 1) as f64 * 8.0 * rate / 1200.0) as usize)
}

fn receiver(tuning: Tuning) -> Receiver {
    receiver_with(tuning, Profile::Full)
}

fn receiver_with(tuning: Tuning, profile: Profile) -> Receiver {
    Receiver::new(&DemodulatorConfig { receiver: ReceiverId(0), tuning, profile }).unwrap()
}

fn receive(tuning: Tuning, iq: &[f32], cut: usize) -> Vec<Frame> {
    receive_with(receiver(tuning), tuning, iq, cut)
}

fn receive_with(mut receiver: Receiver, tuning: Tuning, iq: &[f32], cut: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (i, block) in iq.chunks(2 * cut).enumerate() {
        let start_tick = Tick12::from_sample((i * cut) as u64, tuning.rate_sps);
        let start_utc = Some(UnixMicros(start_tick.0 as i64 / 12));
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick, start_utc, dropped_samples: 0 };
        receiver.process(&block, &mut |f| frames.push(f));
    }
    receiver.finish(&mut |f| frames.push(f));
    frames
}

#[test]
fn every_rate_gives_the_frame_with_its_time() {
    for &rate_sps in RATES {
        let tuning = Tuning { center_hz: 144_800_000, rate_sps };
        let (iq, flag_end) = modulated(rate_sps, 700.0, 12);
        // What is thorough starts behind the same filter: once is enough.
        let profile = if rate_sps == 240_000 { Profile::Full } else { Profile::Fast };
        let frames = receive_with(receiver_with(tuning, profile), tuning, &iq, 10_000);
        assert_eq!(frames.len(), 1, "{rate_sps}");
        assert_eq!(Ui::parse(frames[0].raw.as_slice()).unwrap().to_tnc2(), TEXT);
        let off_us = frames[0].tick.micros_since(Tick12::from_sample(flag_end as u64, rate_sps));
        assert!(off_us.abs() <= 500, "{rate_sps}: {off_us} us");
        assert!((frames[0].signal.freq_offset_hz.unwrap() - 700).abs() < 300, "{:?}", frames[0].signal);
    }
}

#[test]
fn channels_beside_the_tuning_are_heard() {
    // 144.800 and 144.390 from 144.600.
    let tuning = Tuning { center_hz: 144_600_000, rate_sps: 960_000 };
    for (offset_hz, channel) in [(200_000.0, 1), (-210_000.0, 0)] {
        let (iq, _) = modulated(tuning.rate_sps, offset_hz, 12);
        let frames = receive(tuning, &iq, 4096);
        assert_eq!(frames.iter().map(|f| f.signal.channel.unwrap().0).collect::<Vec<_>>(), [channel]);
    }
}

#[test]
fn frames_do_not_depend_on_how_samples_are_cut() {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps: 240_000 };
    let (iq, _) = modulated(tuning.rate_sps, -900.0, 6);
    let whole = receive(tuning, &iq, iq.len());
    assert_eq!(whole.len(), 1);
    for cut in [1, 7, 299, 300, 301, 16_384] {
        assert_eq!(receive(tuning, &iq, cut), whole, "{cut}");
    }
}

/// A seeded generator: noise for tests that need no statistics.
fn noise(n: usize) -> Vec<f32> {
    let mut state = 1_u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        })
        .collect()
}

#[test]
fn noise_gives_nothing_and_allocates_nothing() {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps: 48_000 };
    let iq = noise(2 * 48_000 * 10);
    let mut receiver = receiver(tuning);
    let mut frames = 0;
    let before = allocations();
    for block in iq.chunks(8192) {
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
        receiver.process(&block, &mut |_| frames += 1);
    }
    assert_eq!((frames, allocations() - before), (0, 0));
    assert_eq!(receiver.counters().samples, 480_000);
}

#[test]
fn a_hole_ends_what_was_being_heard() {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps: 48_000 };
    let (iq, _) = modulated(48_000, 0.0, 12);
    let middle = iq.len() / 4 * 2;
    let mut receiver = receiver(tuning);
    let mut frames = Vec::new();
    let mut at = Tick12(0);
    for (samples, dropped_samples) in [(&iq[..middle], 0), (&iq[middle..], 4800), (&iq[..], 0)] {
        at = at.plus(Tick12::from_sample(dropped_samples, 48_000).0);
        let block = IqBlock { samples: IqSamples::Cf32(samples), tuning, start_tick: at, start_utc: None, dropped_samples };
        receiver.process(&block, &mut |f| frames.push(f));
        at = at.plus(Tick12::from_sample(samples.len() as u64 / 2, 48_000).0);
    }
    receiver.finish(&mut |f| frames.push(f));
    assert_eq!(frames.len(), 1);
    assert!(4 * 12_000 < frames[0].tick.0);
}

#[test]
fn other_rates_are_refused() {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps: 44_100 };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    assert_eq!(Receiver::new(&config).unwrap_err().rate_sps, 44_100);
}

/// A 16-bit WAV's first channel and its rate.
fn wav(path: &std::path::Path) -> (u32, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap();
    let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    assert_eq!(u16_at(34), 16);
    let data = bytes.windows(4).position(|w| w == b"data").unwrap() + 8;
    let instants = bytes[data..].chunks_exact(2 * usize::from(u16_at(22)));
    let audio = instants.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    (u32::from(u16_at(24)) + (u32::from(u16_at(26)) << 16), audio)
}

fn hear(audio: &[f32], rate_sps: u32, profile: Profile) -> Vec<Frame> {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps };
    let mut receiver = AudioReceiver::new(&DemodulatorConfig { receiver: ReceiverId(0), tuning, profile }).unwrap();
    let iq: Vec<f32> = audio.iter().flat_map(|x| [*x, 0.0]).collect();
    let mut frames = Vec::new();
    for (i, block) in iq.chunks(2 * 1000).enumerate() {
        let start_tick = Tick12::from_sample(i as u64 * 1000, rate_sps);
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        receiver.process(&block, &mut |f| frames.push(f));
    }
    receiver.finish(&mut |f| frames.push(f));
    frames
}

/// Frames that other people's recordings hold; what peers find in them is in the recordings' own page.
fn recorded(name: &str, profile: Profile) -> Option<usize> {
    let path = crate::testing::recording(&format!("aprs/{name}"))?;
    let (rate_sps, audio) = wav(&path);
    let frames = hear(&audio, rate_sps, profile);
    frames.iter().for_each(|f| println!("{name}: {}", crate::aprs::ax25::frame_text(f)));
    Some(frames.len())
}

/// Sound of real radios: a digipeated station, a pass of the space station, a second of the TNC test CD, a satellite whose clock is
/// 3.3 % fast.
#[test]
fn recordings_of_real_radios() {
    let expected = [("4Z1PF_3_MAXTRAC.wav", 2), ("ISSpkt.wav", 1), ("pynq_TNC_Test_1sec.wav", 1), ("satrec_ao27.orig.wav", 3)];
    for (name, frames) in expected {
        let Some(heard) = recorded(name, Profile::Full) else { return };
        assert_eq!(heard, frames, "{name}");
    }
}

/// Made with Dire Wolf, with rising noise.
#[test]
fn recordings_made_by_another_modem() {
    for (name, at_least) in [("graywolf_afsk_1200.wav", 16), ("graywolf_fx25_1200.wav", 20)] {
        let Some(heard) = recorded(name, Profile::Fast) else { return };
        assert!(at_least <= heard, "{name}: {heard}, not {at_least}");
    }
}

/// The plain modulator's tones, without a carrier.
#[test]
fn audio_of_every_rate_gives_the_frame_with_its_time() {
    for &rate_sps in AUDIO_RATES {
        let (iq, flag_end) = modulated(rate_sps, 0.0, 12);
        // What a discriminator gives of it.
        let turn = |s: &[f32]| (s[3] * s[0] - s[2] * s[1]).atan2(s[2] * s[0] + s[3] * s[1]);
        let audio: Vec<f32> = iq.chunks_exact(2).zip(iq.chunks_exact(2).skip(1)).map(|(a, b)| turn(&[a[0], a[1], b[0], b[1]])).collect();
        let frames = hear(&audio, rate_sps, Profile::Full);
        assert_eq!(frames.len(), 1, "{rate_sps}");
        assert_eq!(Ui::parse(frames[0].raw.as_slice()).unwrap().to_tnc2(), TEXT);
        let off_us = frames[0].tick.micros_since(Tick12::from_sample(flag_end as u64, rate_sps));
        assert!(off_us.abs() <= 800, "{rate_sps}: {off_us} us");
    }
}

#[test]
fn audio_noise_gives_nothing_and_allocates_nothing() {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps: 22_050 };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    let (iq, mut receiver, mut frames) = (noise(2 * 22_050 * 4), AudioReceiver::new(&config).unwrap(), 0);
    let before = allocations();
    for block in iq.chunks(8192) {
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick: Tick12(0), start_utc: None, dropped_samples: 0 };
        receiver.process(&block, &mut |_| frames += 1);
    }
    assert_eq!((frames, allocations() - before), (0, 0));
    assert!(AudioReceiver::new(&DemodulatorConfig { tuning: Tuning { rate_sps: 4_000, ..tuning }, ..config }).is_err());
}
