//! Real signals: what other receivers find in them, and at least how much of that we find.

use decoders::{DecoderConfig, Profile, ProtocolEntry};
use hw::{Layout, Passes, Recording, RecordingOptions};
use ingest::offline::{self, OfflineOptions};
use model::{Event, Frame, Protocol, Raw, ReceiverId, Subject, UnixMicros};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use tests::recordings;

/// What a recording gave.
#[derive(Default)]
struct Found {
    frames: HashSet<Raw>,
    subjects: BTreeSet<Subject>,
    kinds: BTreeSet<&'static str>,
}

impl ingest::Sink for Found {
    fn frame(&mut self, frame: &Frame) {
        self.frames.insert(frame.raw.clone());
    }

    fn event(&mut self, event: Event) {
        self.subjects.insert(event.subject);
        self.kinds.insert(event.kind.name());
    }
}

/// Ten times over, as the peers' figures were taken, so that address filters are warm.
fn decode(path: &Path, iq_swap: bool, found: &mut Found) {
    let options = RecordingOptions { iq_swap, default_center_hz: 1_090_000_000, passes: Passes::Times(10), ..RecordingOptions::default() };
    let mut source = Recording::open(path, &options).unwrap();
    let entry = ProtocolEntry::find(Protocol::Adsb).unwrap();
    let offline_options = OfflineOptions {
        receiver: ReceiverId(0),
        profile: Profile::Full,
        decoder: DecoderConfig::default(),
        start_utc: Some(UnixMicros(0)),
    };
    let outcome = offline::decode(&mut source, entry, &offline_options, found);
    assert!(outcome.error.is_none(), "{}: {:?}", path.display(), outcome.error);
}

/// Distinct frames of the weakest peer listed in the recordings' README; we promise at least 80 % of it here (the ADS-B
/// laboratory promises more).
#[test]
fn adsb_recordings_give_real_aircraft() {
    let Some(folder) = recordings() else { return };
    let sets: [(&[&str], usize); 4] = [
        (&["modes1_2000k.cu8"], 162),
        (&["phwl_rxa6982-short_2000k.cu8"], 2),
        (&["phwl_x-1_2000k.cu8"], 8),
        (
            &[
                "rsadsb_test_1641427457780_2400k.cs16",
                "rsadsb_test_1641428106243_2400k.cs16",
                "rsadsb_test_1641428165033_2400k.cs16",
                "rsadsb_tests_test_00a_2400k.cu8",
                "rsadsb_tests_test_01_2400k.cu8",
                "rsadsb_tests_test_01b_2400k.cu8",
                "rsadsb_tests_test_02_2400k.cu8",
            ],
            28,
        ),
    ];
    for (files, weakest) in sets {
        let mut found = Found::default();
        for name in files {
            let path = folder.join("adsb").join(name);
            let swapped = Layout::from_name(path.extension().unwrap().to_str().unwrap()) == Layout::from_name("cs16");
            decode(&path, swapped, &mut found);
        }
        println!("{files:?}: {} distinct frames, {} aircraft, {:?}", found.frames.len(), found.subjects.len(), found.kinds);
        assert!(
            weakest * 8 <= found.frames.len() * 10,
            "{files:?}: {} distinct frames; the weakest peer finds {weakest}",
            found.frames.len()
        );
        assert!(!found.subjects.is_empty(), "{files:?}: no aircraft");
    }
}

/// Distinct sentences that the binary makes of a recording.
fn sentences(arguments: &[&str]) -> BTreeSet<String> {
    let output = tests::process::vtoc().args(["decode", "--protocol", "ais", "--raw"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let raw = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["raw"].as_str().unwrap().to_owned();
    lines.lines().map(raw).collect()
}

/// The peers find 112 to 114 each in the Long Beach audio, 116 together; 4 in the Dutch one; and the burst at +33 kHz, most of them on
/// two channels.
#[test]
fn ais_recordings_give_more_than_any_peer() {
    let Some(folder) = recordings() else { return };
    let folder = folder.join("ais");
    let path = |name: &str| folder.join(name).display().to_string();
    let long_beach = sentences(&[&path("long-beach_48k_discriminator_u8.wav")]);
    assert!(115 <= long_beach.len(), "{}", long_beach.len());
    // The same as rtl_fm would have written it, from a pipe.
    let wav = std::fs::read(folder.join("long-beach_48k_discriminator_u8.wav")).unwrap();
    let raw: Vec<u8> = wav[44..].iter().flat_map(|&b| ((i16::from(b) - 128) << 8).to_le_bytes()).collect();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("long-beach_48k.s16");
    std::fs::write(&file, raw).unwrap();
    assert_eq!(sentences(&[&file.display().to_string()]), long_beach);
    let told = sentences(&["--center", "162025000", &file.display().to_string()]);
    assert!(told.iter().all(|s| s.contains(",B,")) && told.len() == long_beach.len());
    assert_eq!(sentences(&["--audio", "mix", &path("birktj_48k_discriminator.wav")]).len(), 4);
    let burst = sentences(&["--center", "161992000", &path("swiftais_240k_iq.wav")]);
    assert_eq!(burst.into_iter().collect::<Vec<_>>(), [r"!AIVDM,1,1,,B,E>k`HC0VTah9QTb:Pb2h0ab0P00=N97j<4dDP00000<020,4*6F"]);
}
