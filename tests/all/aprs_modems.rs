//! APRS at 9600 baud and in IL2P: simulated signals, beside Dire Wolf where it can be, and recordings of others' modems.

use decoders::aprs::ax25::Ui;
use decoders::aprs::{AUDIO, AUDIO_9600, PROTOCOL_9600};
use decoders::{DemodulatorConfig, Profile, ProtocolEntry};
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::aprs::UiFrame;
use sim::aprs::afsk::{Afsk, Tones};
use sim::aprs::baseband::{Coding, Scene};
use sim::aprs::il2p::Il2p;
use sim::aprs::receiver::{AUDIO_RATE, swings, wav};
use std::process::{Command, Stdio};
use tests::{peers_required, recordings};

/// Interleaved I and Q.
fn receive(entry: &ProtocolEntry, rate_sps: u32, iq: &[f32]) -> Vec<Frame> {
    let tuning = Tuning { center_hz: 144_800_000, rate_sps };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    let mut demodulator = (entry.demodulator)(&config).unwrap();
    let mut frames = Vec::new();
    for (i, block) in iq.chunks(20_000).enumerate() {
        let start_tick = Tick12::from_sample(i as u64 * 10_000, rate_sps);
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |f| frames.push(f));
    }
    demodulator.finish(&mut |f| frames.push(f));
    frames
}

fn as_iq(audio: &[f32]) -> Vec<f32> {
    audio.iter().flat_map(|x| [*x, 0.0]).collect()
}

/// Different packets of different lengths.
fn packets(count: usize) -> Vec<UiFrame> {
    let info = |n: usize| format!("!52{:02}.{:02}N/004{:02}.50E>{}", n % 60, n * 7 % 100, n * 3 % 60, "packet radio ".repeat(n % 8));
    let paths: [&[&str]; 3] = [&[], &["WIDE1-1", "WIDE2-1"], &["PI1ABC*", "WIDE2-1"]];
    (0..count).map(|n| UiFrame::new(&format!("PA{}X-{}", n % 10, n % 16), "APZSIM", paths[n % 3], info(n).as_bytes()).unwrap()).collect()
}

/// How many of `sent` were heard. Nothing else may be.
fn heard(sent: &[UiFrame], frames: &[Frame]) -> usize {
    let sent: Vec<Vec<u8>> = sent.iter().map(UiFrame::bytes).collect();
    for frame in frames {
        let raw = frame.raw.as_slice();
        // IL2P's header has one C bit for two.
        let same = |s: &Vec<u8>| {
            s.len() == raw.len() && s.iter().zip(raw).enumerate().all(|(i, (a, b))| a == b || matches!(i, 6 | 13) && a ^ b == 0x80)
        };
        assert!(sent.iter().any(same), "{:?}", Ui::parse(raw));
    }
    sent.iter().filter(|s| frames.iter().any(|f| f.raw.as_slice() == &s[..])).count()
}

fn audio_of(scene: &Scene, iq: &[f32]) -> Vec<f32> {
    let pairs: Vec<(f32, f32)> = iq.chunks_exact(2).map(|c| (c[0], c[1])).collect();
    swings(&pairs, scene.rate_sps, 0.0)
}

/// docs/aprs-receiver.md has the whole curve.
#[test]
fn half_of_the_frames_at_9600_are_heard_two_decibels_below_dire_wolf() {
    let sent = packets(40);
    let check = |cnr_db: f64, least: usize| {
        let scene = Scene::sensitivity(cnr_db, sent.clone());
        let iq = scene.render();
        let by_iq = heard(&sent, &receive(&PROTOCOL_9600, scene.rate_sps, &iq));
        let by_audio = heard(&sent, &receive(&AUDIO_9600, AUDIO_RATE, &as_iq(&audio_of(&scene, &iq))));
        println!("{cnr_db} dB: {by_iq} from IQ, {by_audio} from audio, of 40");
        assert!(least <= by_iq.min(by_audio), "{cnr_db} dB: {by_iq} from IQ, {by_audio} from audio");
    };
    check(8.5, 18);
    check(12.0, 39);
}

#[test]
fn wrong_clocks_carriers_and_wires_at_9600() {
    let sent = packets(30);
    let scene =
        Scene { offset_hz: (-1_000.0, 1_000.0), clock_ppm: (-200.0, 200.0), inverted: true, ..Scene::sensitivity(14.0, sent.clone()) };
    assert_eq!(heard(&sent, &receive(&PROTOCOL_9600, scene.rate_sps, &scene.render())), 30);
}

#[test]
fn il2p_at_9600_both_ways_up() {
    let sent = packets(20);
    for (inverted, strong, crc) in [(false, true, true), (true, true, false), (true, false, true)] {
        let coding = Coding::Il2p(Il2p { strong, crc, preamble: 60 });
        let scene = Scene { coding, inverted, ..Scene::sensitivity(11.0, sent.clone()) };
        let count = heard(&sent, &receive(&PROTOCOL_9600, scene.rate_sps, &scene.render()));
        assert!(18 <= count, "inverted {inverted}, strong {strong}, CRC {crc}: {count} of 20");
    }
}

/// Dire Wolf hears our 9600 baud; what its own generator sends, we hear.
#[test]
fn dire_wolf_and_we_hear_each_other_at_9600() {
    if Command::new("atest").stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).status().is_err() {
        assert!(!peers_required(), "Dire Wolf is not installed (package direwolf)");
        eprintln!("skipped: Dire Wolf is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (file, sent) = (dir.path().join("a.wav"), packets(20));
    let scene = Scene::sensitivity(30.0, sent.clone());
    std::fs::write(&file, wav(&audio_of(&scene, &scene.render()), AUDIO_RATE)).unwrap();
    let said = Command::new("atest").args(["-B", "9600"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("20 packets decoded"), "{said}");

    let made = Command::new("gen_packets").args(["-B", "9600", "-r", "48000", "-o"]).arg(&file).stdout(Stdio::null()).status();
    assert!(made.unwrap().success());
    let audio: Vec<f32> =
        std::fs::read(&file).unwrap()[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    let frames = receive(&AUDIO_9600, AUDIO_RATE, &as_iq(&audio));
    assert_eq!(frames.len(), 4, "its four packets");
}

/// White noise rising from packet to packet, of 100: `atest` of the same release hears 61.
#[test]
fn frames_heard_at_9600_in_white_noise() {
    if Command::new("gen_packets").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(!peers_required(), "gen_packets is not installed (package direwolf)");
        eprintln!("skipped: gen_packets is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hundred.wav");
    let made = Command::new("gen_packets").args(["-B", "9600", "-n", "100", "-o"]).arg(&file).stdout(Stdio::null()).status();
    assert!(made.unwrap().success());
    let bytes = std::fs::read(&file).unwrap();
    let rate_sps = u32::from_le_bytes(bytes[24..28].try_into().unwrap());
    let audio: Vec<f32> = bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    let count = receive(&AUDIO_9600, rate_sps, &as_iq(&audio)).len();
    println!("{count} of 100");
    assert!((63..=100).contains(&count), "{count} of 100");
}

/// Copies that failed, two at a time, at 9600 baud too: most of what is told here was heard whole in neither.
#[test]
fn a_packet_repeated_at_9600_is_heard_from_two_that_failed() {
    let sent: Vec<UiFrame> = packets(20).into_iter().flat_map(|f| [f.clone(), f]).collect();
    let scene = Scene::sensitivity(7.5, sent.clone());
    let frames = receive(&PROTOCOL_9600, scene.rate_sps, &scene.render());
    let told = heard(&sent, &frames) / 2;
    let clean = frames.iter().filter(|f| f.signal.corrected_bits == 0).count();
    println!("{told} of 20, {clean} heard whole");
    assert!(clean + 2 <= told, "{told} of 20, {clean} heard whole");
}

#[test]
fn il2p_in_tones() {
    let sent = packets(8);
    let mut audio = vec![0.0; 4_800];
    for (i, frame) in sent.iter().enumerate() {
        let il2p = Il2p { strong: i % 2 == 0, crc: i % 3 == 0, preamble: 20 };
        audio.extend(Afsk::from_levels(&il2p.levels(frame), &Tones::default()).samples(AUDIO_RATE, 0.05));
    }
    assert_eq!(heard(&sent, &receive(&AUDIO, AUDIO_RATE, &as_iq(&audio))), 8);
}

/// Made by Dire Wolf's generator, with more and more noise; Dire Wolf hears 18 of the 20.
#[test]
fn il2p_of_another_modem() {
    let Some(folder) = recordings() else { return };
    let bytes = std::fs::read(folder.join("aprs/graywolf_il2p_1200.wav")).unwrap();
    let rate_sps = u32::from_le_bytes(bytes[24..28].try_into().unwrap());
    let audio: Vec<f32> = bytes[44..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect();
    let frames = receive(&AUDIO, rate_sps, &as_iq(&audio));
    println!("{} frames", frames.len());
    for frame in &frames {
        println!("{} {}", frame.signal.corrected_bits, decoders::aprs::ax25::frame_text(frame));
    }
    assert!(18 <= frames.len(), "{} frames", frames.len());
}
