//! The APRS laboratory: sweeps over simulated air with a known truth, printed as tables and drawn to `docs/curves` (`UPDATE=1`).
//! `cargo bench -p benches --bench aprs_lab -- sensitivity twist … [FRAMES]`; without names everything but noise, with few frames (smoke).
//! `… -- noise HOURS [SEED]` listens to noise alone, in each of its three kinds; `… -- repair SEEDS [FIRST]` counts how many repaired
//! frames are wrong where most of them are.
//!
//! With `WAV=folder` the audio of each point (full profile) is written there too, for other programs.
//!
//! Frames are seeded; a sweep fails that finds a frame without repair that nobody sent.

#![allow(clippy::print_stdout, reason = "tables")]

use benches::aprs_lab::{Heard, Nothing, Path, chart, false_frames, frames, keep_wav, listen, listen_9600};
use benches::curve::{Axis, Mark};
use decoders::Profile;
use sim::aprs::UiFrame;
use sim::aprs::baseband::{self, Scene};
use sim::aprs::il2p::Il2p;
use sim::aprs::scenario::{Coding, Scenario};

/// Frames a point when a sweep is named and nothing else is said; of the sweeps behind the first, half as many.
const FRAMES: usize = 200;
const WAYS: [(Path, Profile); 3] = [(Path::Iq, Profile::Full), (Path::Audio, Profile::Full), (Path::Audio, Profile::Fast)];
const NAMES: [&str; 3] = ["IQ", "audio", "audio, Fast"];
/// Where each of them hears nineteen of twenty on plain air, dB.
const LEVELS_DB: [f64; 3] = [1.0, 5.0, 8.0];

type Sweep = fn(usize);

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let number = |i: usize, or: f64| named.get(i).and_then(|x| x.parse().ok()).unwrap_or(or);
    if named.first().is_some_and(|n| n == "noise") {
        return noise(number(1, 0.1), number(2, 1.0) as u64);
    }
    if named.first().is_some_and(|n| n == "repair") {
        return repair(number(1, 1.0) as u64, number(2, 101.0) as u64);
    }
    let sweeps: [(&str, Sweep); 12] = [
        ("sensitivity", sensitivity),
        ("twist", twist),
        ("clock", clock),
        ("deviation", deviation),
        ("offset", offset),
        ("fading", fading),
        ("collisions", collisions),
        ("mixed", mixed),
        ("channels", channels),
        ("repeats", repeats),
        ("coded", coded),
        ("baud9600", baud9600),
    ];
    for (name, sweep) in sweeps {
        if named.is_empty() || named.iter().any(|n| n == name) {
            println!("# {name}");
            let said = named.iter().find_map(|n| n.parse().ok());
            sweep(if named.is_empty() { 4 } else { said.unwrap_or(FRAMES) });
        }
    }
}

fn tell(what: &str, heard: &Heard) {
    assert!(heard.wrong == 0, "{what}: {} frames that nobody sent, without repair", heard.wrong);
    let count = |which: &[bool]| which.iter().filter(|h| **h).count();
    println!(
        "{what}: {} of {}, and {} repaired ({} wrong); {:.0} x real time",
        count(&heard.clean),
        heard.sent.len(),
        count(&heard.repaired),
        heard.repaired_wrong,
        heard.signal_s / heard.cpu_s.max(1e-3)
    );
}

/// Points of one curve for each way, each at its own level.
fn sweep(what: &str, values: &[f64], scene: impl Fn(f64, f64) -> Scenario) -> Vec<(&'static str, Vec<(f64, f64)>)> {
    let of = |i: usize| {
        let point = |value: &f64| {
            let scenario = scene(LEVELS_DB[i], *value);
            if WAYS[i] == (Path::Audio, Profile::Full) {
                keep_wav(&scenario, &format!("{what} {value}"));
            }
            let heard = listen(&scenario, &WAYS[i..=i]).remove(0);
            tell(&format!("{}, {what} {value}", NAMES[i]), &heard);
            (*value, heard.share())
        };
        (NAMES[i], values.iter().map(point).collect())
    };
    (0..WAYS.len()).map(of).collect()
}

/// Plain air, 3 kHz.
fn sensitivity(count: usize) {
    let ways = [WAYS[0], WAYS[1], WAYS[2], (Path::DeEmphasised, Profile::Full)];
    let names = ["IQ", "audio", "audio, Fast", "audio, de-emphasised"];
    let from_to = [(-4, 3), (2, 8), (4, 10), (3, 8)];
    let mut curves: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    for (i, (from, to)) in from_to.into_iter().enumerate() {
        let mut plain = Vec::new();
        for db in (from..=to).map(f64::from) {
            let heard = listen(&Scenario::sensitivity(db, frames(count)), &ways[i..=i]).remove(0);
            tell(&format!("{} at {db} dB", names[i]), &heard);
            plain.push((db, heard.share()));
        }
        curves.push((names[i], plain));
    }
    // Of 200 frames off the air through a channel of this kind, with other noise: Dire Wolf 1.7, profile A+, and graywolf.
    let dire_wolf = [0.0, 0.0, 0.185, 0.665, 0.96, 0.995, 1.0, 1.0];
    let graywolf = [0.055, 0.38, 0.84, 1.0, 1.0, 1.0, 1.0, 1.0];
    let peer = |shares: [f64; 8]| shares.into_iter().enumerate().map(|(i, s)| (5.0 + i as f64, s)).collect::<Vec<_>>();
    chart("APRS: sensitivity, 3 kHz deviation", Axis::linear("carrier over noise in 12.5 kHz", "dB", -4.0, 12.0), curves)
        .with("Dire Wolf A+ (audio)", Mark::Dots, peer(dire_wolf))
        .with("graywolf (audio)", Mark::Dots, peer(graywolf))
        .keep("aprs_sensitivity")
        .expect("docs/curves can be written");
}

fn twist(count: usize) {
    let values = [-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0];
    let curves =
        sweep("twist dB", &values, |db, twist| Scenario { twist_db: (twist, twist), ..Scenario::sensitivity(db + 2.0, frames(count / 2)) });
    chart("APRS: space over mark, 2 dB above the level of 95 %", Axis::linear("twist", "dB", -9.0, 12.0), curves)
        .keep("aprs_twist")
        .expect("docs/curves can be written");
}

fn clock(count: usize) {
    let values = [-5.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0];
    let curves = sweep("clock %", &values, |db, percent| Scenario {
        clock_percent: (percent, percent),
        ..Scenario::sensitivity(db + 2.0, frames(count / 2))
    });
    chart("APRS: bit rate and tones off, 2 dB above the level of 95 %", Axis::linear("clock error", "%", -5.0, 5.0), curves)
        .keep("aprs_clock")
        .expect("docs/curves can be written");
}

fn deviation(count: usize) {
    let values = [0.8, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0];
    let curves = sweep("deviation kHz", &values, |db, khz| Scenario {
        deviation_hz: (khz * 1e3, khz * 1e3),
        ..Scenario::sensitivity(db + 2.0, frames(count / 2))
    });
    chart("APRS: deviation, 2 dB above the level of 95 % at 3 kHz", Axis::linear("deviation", "kHz", 0.0, 6.0), curves)
        .keep("aprs_deviation")
        .expect("docs/curves can be written");
}

fn offset(count: usize) {
    let values = [-4.0, -3.0, -2.0, 0.0, 2.0, 3.0, 4.0];
    let curves = sweep("offset kHz", &values, |db, khz| Scenario {
        offset_hz: (khz * 1e3, khz * 1e3),
        ..Scenario::sensitivity(db + 2.0, frames(count / 2))
    });
    chart("APRS: carrier offset, 2 dB above the level of 95 %", Axis::linear("offset", "kHz", -4.0, 4.0), curves)
        .keep("aprs_offset")
        .expect("docs/curves can be written");
}

/// Mean level 15 dB above: what is lost is lost to the fading's depth and speed.
fn fading(count: usize) {
    for (name, k_db) in [("Rayleigh", f64::NEG_INFINITY), ("Rice, 6 dB", 6.0)] {
        let values = [0.5, 2.0, 5.0, 10.0, 20.0];
        let curves = sweep(&format!("{name}, Doppler Hz"), &values, |db, hz| Scenario {
            fading: Some((hz, k_db)),
            ..Scenario::sensitivity(db + 10.0, frames(count / 2))
        });
        let title = format!("APRS: {name} fading, mean 10 dB above the level of 95 %");
        let file = if name == "Rayleigh" { "aprs_rayleigh" } else { "aprs_rice" };
        chart(&title, Axis::linear("Doppler", "Hz", 0.0, 20.0), curves).keep(file).expect("docs/curves can be written");
    }
}

/// A weaker frame over each, 0.1 s after it began; the strong one at 20 dB.
fn collisions(count: usize) {
    let levels = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
    let mut curves: Vec<(&str, Vec<(f64, f64)>)> = vec![("IQ", Vec::new()), ("audio", Vec::new()), ("weak one, IQ", Vec::new())];
    for below_db in levels {
        let scenario = Scenario {
            collision: Some((below_db, 0.1)),
            offset_hz: (-500.0, 500.0),
            deviation_hz: (2500.0, 3500.0),
            ..Scenario::sensitivity(20.0, frames(count / 2))
        };
        keep_wav(&scenario, &format!("collision {below_db}"));
        for (i, heard) in listen(&scenario, &WAYS[..2]).into_iter().enumerate() {
            tell(&format!("{} {below_db} dB above another", NAMES[i]), &heard);
            let strong = heard.share_of(|t| below_db == 0.0 || 19.9 < t.cnr_db);
            let weak = heard.share_of(|t| t.cnr_db < 19.9);
            println!("  strong {strong:.3}, weak {weak:.3}");
            curves[i].1.push((below_db, strong));
            if i == 0 && 0.0 < below_db {
                curves[2].1.push((below_db, weak));
            }
        }
    }
    chart("APRS: one frame 0.1 s into another, strong one at 20 dB", Axis::linear("strong over weak", "dB", 0.0, 12.0), curves)
        .keep("aprs_collisions")
        .expect("docs/curves can be written");
}

/// As off the air: 840 frames, everything drawn.
fn mixed(count: usize) {
    let scenario = Scenario::mixed(frames(if count < 20 { count } else { 840 }));
    let ways = [WAYS[0], WAYS[1], WAYS[2], (Path::DeEmphasised, Profile::Full), (Path::DeEmphasised, Profile::Fast)];
    for (way, heard) in ways.iter().zip(listen(&scenario, &ways)) {
        tell(&format!("{way:?}"), &heard);
    }
}

/// Speed with the channeliser at 240 kS/s.
fn channels(count: usize) {
    let plain = Scenario::sensitivity(3.0, frames(count.min(30)));
    for rate_sps in [240_000, 960_000] {
        let frontend = sim::iq::Frontend { rate_sps, ..plain.frontend };
        for profile in [Profile::Full, Profile::Fast] {
            let heard = listen(&Scenario { frontend, ..plain.clone() }, &[(Path::Iq, profile)]).remove(0);
            tell(&format!("{rate_sps} samples a second, {profile:?}"), &heard);
        }
    }
}

/// Each packet twice: bit for bit, and as a digipeater repeats it.
fn repeats(count: usize) {
    for (what, call) in [("the same twice", None), ("and repeated", Some("W6ABC-3"))] {
        let second = |f: &UiFrame| call.map_or_else(|| Some(f.clone()), |call| f.repeated_by(call));
        let fresh = frames(840).into_iter().filter(|f| !f.to_tnc2().contains(&b'*'));
        let sent: Vec<UiFrame> = fresh.filter_map(|f| Some([second(&f)?, f])).take(count).flat_map(|[b, a]| [a, b]).collect();
        for (i, db) in [(0, -3.0), (0, -2.0), (1, 3.0), (1, 4.0), (2, 5.0), (2, 6.0)] {
            let heard = listen(&Scenario::sensitivity(db, sent.clone()), &WAYS[i..=i]).remove(0);
            tell(&format!("{}, {what}, at {db} dB", NAMES[i]), &heard);
            let either = |which: &dyn Fn(usize) -> bool| (0..sent.len()).step_by(2).filter(|k| which(*k) || which(k + 1)).count();
            let (clean, all) = (either(&|k| heard.clean[k]), either(&|k| heard.clean[k] || heard.repaired[k]));
            println!("  of {} packets {clean} without repair, {all} with", sent.len() / 2);
        }
    }
}

/// Error correction at 1200 baud, each at the levels where it begins to help.
fn coded(count: usize) {
    let il2p = |crc| Coding::Il2p(Il2p { crc, ..Il2p::default() });
    for (name, coding) in
        [("FX.25, 16", Coding::Fx25(16)), ("FX.25, 32", Coding::Fx25(32)), ("FX.25, 64", Coding::Fx25(64)), ("IL2P", il2p(true))]
    {
        // A translated header has one C bit for two: other bytes.
        let sent: Vec<UiFrame> = frames(840).into_iter().filter(|f| !f.path.is_empty()).take(count / 2).collect();
        for (i, levels) in [(0, [-5.0, -4.0, -3.0, -2.0, -1.0]), (1, [1.0, 2.0, 3.0, 4.0, 5.0])] {
            for db in levels {
                let heard = listen(&Scenario { coding, ..Scenario::sensitivity(db, sent.clone()) }, &WAYS[i..=i]).remove(0);
                let told = |k: &usize| heard.clean[*k] || heard.repaired[*k];
                let wrong = heard.wrong + heard.repaired_wrong;
                println!("{name}, {} at {db} dB: {} of {}, {wrong} wrong", NAMES[i], (0..sent.len()).filter(told).count(), sent.len());
            }
        }
    }
}

/// 9600 baud, plain and in IL2P.
fn baud9600(count: usize) {
    let il2p = baseband::Coding::Il2p(Il2p { crc: true, ..Il2p::default() });
    for (name, coding, levels) in [("G3RUH", baseband::Coding::G3ruh(120), 7..=12), ("IL2P", il2p, 5..=8)] {
        for db in levels.map(f64::from) {
            let scene = Scene { coding, ..Scene::sensitivity(db, frames(count)) };
            for (way, (heard, wrong, speed)) in ["IQ", "audio"].into_iter().zip(listen_9600(&scene)) {
                println!("{name} at 9600 Bd, {way} at {db} dB: {heard} of {count}, {wrong} wrong; {speed:.0} x real time");
                assert!(wrong == 0, "frames that nobody sent");
            }
        }
    }
}

fn noise(hours: f64, seed: u64) {
    for kind in [Nothing::White, Nothing::Discriminated, Nothing::Iq] {
        let [clean, repaired] = false_frames(kind, (hours * 3600.0) as u64, seed);
        println!("{kind:?}, {hours} h, seed {seed}: {} without repair, {} with", clean.len(), repaired.len());
        for frame in clean.iter().chain(&repaired) {
            println!("  {} bits: {}", frame.signal.corrected_bits, decoders::aprs::ax25::frame_text(frame));
        }
        assert!(clean.is_empty(), "a frame out of noise");
    }
}

/// 840 frames a point and seed, with more noise than they bear.
fn repair(seeds: u64, first: u64) {
    let mut sum = [(0, 0, 0, 0); WAYS.len()];
    for seed in first..first + seeds {
        for (i, db) in [(2, 6.0), (1, 4.0), (0, -1.5), (2, 5.0), (1, 3.0), (0, -2.5), (2, 7.5), (1, 5.0), (0, -0.5)] {
            let heard = listen(&Scenario { seed, ..Scenario::sensitivity(db, frames(840)) }, &WAYS[i..=i]).remove(0);
            tell(&format!("{} at {db} dB, seed {seed}", NAMES[i]), &heard);
            let count = |which: &[bool]| which.iter().filter(|h| **h).count();
            let (sent, clean, repaired, wrong) = sum[i];
            sum[i] = (sent + 840, clean + count(&heard.clean), repaired + count(&heard.repaired), wrong + heard.repaired_wrong);
        }
    }
    for (name, (sent, clean, repaired, wrong)) in NAMES.into_iter().zip(sum) {
        println!("{name}: of {sent} frames {clean} without repair, {repaired} with, and {wrong} that nobody sent");
    }
}
