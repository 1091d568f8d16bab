//! dump978 or dump978-fa, where somebody built them, against the signal; uat2text against the messages.

use crate::peer::{Scratch, found, output_of};
use sim::uat::encode::{CallsignField, Claims, message};
use sim::uat::modulate::Shape;
use sim::uat::scenario::Scenario;
use sim::uat::{FrameKind, UatFrame};
use sim::world::{World, WorldConfig};
use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};

/// Frames that a peer reads from a file of samples at 2.083334 Msps, as it writes them. `None`: neither is here.
fn heard(samples: &[u8]) -> Option<HashSet<String>> {
    let file = Scratch::new("uat.cu8", samples);
    let text = if found("dump978-fa", "--help") {
        output_of(Command::new("dump978-fa").args(["--format", "CU8", "--raw-stdout", "--file"]).arg(&file.0))
    } else if found("dump978", "-h") {
        let input = std::fs::File::open(&file.0).unwrap();
        String::from_utf8_lossy(&Command::new("dump978").stdin(input).output().unwrap().stdout).into_owned()
    } else {
        println!("skipped: neither dump978-fa nor dump978 is in the PATH");
        return None;
    };
    Some(text.lines().filter_map(|line| line.split_once(';')).map(|(frame, _)| frame.to_owned()).collect())
}

#[test]
fn dump978_receives_strong_bursts_and_loses_weak_ones_where_it_is_known_to() {
    // Measured with another generator, by the same program: all at 20 dB, 0 … 1 of 100 at 7 dB.
    for kind in [FrameKind::Basic, FrameKind::Long, FrameKind::Uplink] {
        for (ebn0_db, roll_off, low, high) in [(20.0, None, 0.97, 1.0), (20.0, Some(0.5), 0.97, 1.0), (7.0, None, 0.0, 0.03)] {
            let scenario = Scenario { shape: Shape { roll_off, ..Shape::default() }, ..Scenario::sensitivity(kind, ebn0_db, 60) };
            let (samples, truth) = scenario.render();
            let Some(heard) = heard(&samples) else { return };
            let share = truth.iter().filter(|t| heard.contains(&t.frame.to_string())).count() as f64 / truth.len() as f64;
            println!("{kind:?} at {ebn0_db} dB: {share}");
            assert!((low..=high).contains(&share), "{kind:?} {ebn0_db} dB: {share}");
        }
    }
}

#[test]
fn uat2text_reads_the_fields_that_were_written() {
    if !found("uat2text", "-h") {
        println!("skipped: uat2text is not in the PATH");
        return;
    }
    let mut world = World::new(WorldConfig::default());
    let state = (0..world.aircraft_count()).map(|i| world.aircraft_at(i, 400_000_000)).find(|s| !s.on_ground).unwrap();
    let frame: UatFrame = message(1, &state, &Claims::default(), CallsignField::Callsign);
    let mut child = Command::new("uat2text").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{frame};").unwrap();
    let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let number = |key: &str| -> f64 {
        let (_, rest) = text.split_once(key).unwrap_or_else(|| panic!("no {key} in {text}"));
        rest.trim_start_matches([':', ' ']).split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!((number("Latitude") - state.at.lat_deg()).abs() < 1e-4 && (number("Longitude") - state.at.lon_deg()).abs() < 1e-4, "{text}");
    assert!((number("\n Altitude") - f64::from(state.alt_ft)).abs() <= 12.5 && number("NACp") == 9.0, "{text}");
    for part in [format!("Address:           {:06X}", state.address), format!("Callsign:          {}", state.callsign)] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
}
