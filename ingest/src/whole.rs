//! The real receiver on real recordings: live threads and the offline path find the same.

use crate::offline::{self, OfflineOptions};
use crate::{Input, ReceiverSpec, Sink, Station, StationOptions};
use decoders::adsb;
use hw::{Recording, RecordingOptions, SampleSource};
use model::{Event, Frame, ReceiverId, UnixMicros};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Found = (Vec<Frame>, Vec<Event>);

#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Found>>);

impl Sink for Collect {
    fn frame(&mut self, frame: &Frame) {
        self.0.lock().unwrap().0.push(frame.clone());
    }
    fn event(&mut self, event: Event) {
        self.0.lock().unwrap().1.push(event);
    }
}

impl Collect {
    fn take(&self) -> Found {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

const START: UnixMicros = UnixMicros(1_700_000_000_000_000);

fn offline(path: &Path, options: &RecordingOptions) -> Found {
    let mut sink = Collect::default();
    let mut source = Recording::open(path, options).unwrap();
    let decode = OfflineOptions { start_utc: Some(START), ..OfflineOptions::default() };
    let outcome = offline::decode(&mut source, &adsb::PROTOCOL, &decode, &mut sink);
    assert!(outcome.error.is_none());
    sink.take()
}

fn station(path: &Path, options: &RecordingOptions, receivers: u8) -> Found {
    let spec = |id| {
        let (path, options) = (path.to_owned(), options.clone());
        ReceiverSpec {
            id: ReceiverId(id),
            name: format!("r{id}"),
            protocol: &adsb::PROTOCOL,
            profile: Default::default(),
            input: Input::Samples(Box::new(move || Ok(Box::new(Recording::open(&path, &options)?) as Box<dyn SampleSource>))),
            mode_ac: false,
            start_utc: Some(START),
        }
    };
    let sink = Collect::default();
    let report = Station::start((0..receivers).map(spec).collect(), &StationOptions::default(), sink.clone()).unwrap().wait();
    assert_eq!(report.merge.panics, 0);
    sink.take()
}

#[test]
fn threads_find_what_the_offline_path_finds() {
    let named = std::env::var_os("VTOC_RECORDINGS").map(PathBuf::from);
    let dir = named.clone().unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings")));
    if !dir.is_dir() {
        assert!(named.is_none(), "VTOC_RECORDINGS names {}, which is not a folder", dir.display());
        println!("skipped: no recordings");
        return;
    }
    for (name, iq_swap, frames_min) in
        [("modes1_2000k.cu8", false, 100), ("rsadsb_tests_test_01_2400k.cu8", false, 1), ("rsadsb_test_1641428106243_2400k.cs16", true, 1)]
    {
        let path = dir.join("adsb").join(name);
        let options = RecordingOptions { iq_swap, ..RecordingOptions::default() };
        let plain = offline(&path, &options);
        assert!(frames_min <= plain.0.len(), "{name}: {} frames", plain.0.len());
        assert!(plain.0.iter().all(|f| START <= f.utc.unwrap()));
        let threaded = station(&path, &options, 1);
        assert!(plain == threaded, "{name}: {} and {} frames", plain.0.len(), threaded.0.len());
        // Three receivers of one sky: the same frames, once each, whoever was first.
        let raws = |found: &Found| found.0.iter().map(|f| f.raw.clone()).collect::<Vec<_>>();
        let merged = station(&path, &options, 3);
        assert!(raws(&plain) == raws(&merged), "{name}: {} frames and {} merged", plain.0.len(), merged.0.len());
    }
}
