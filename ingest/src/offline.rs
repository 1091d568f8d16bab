//! Recording in, frames and events out: one thread, no clock, the same result every time.

use crate::block::Block;
use crate::clock::Arrival;
use crate::feed_time::FeedTime;
use crate::framing::{Framer, Framing, FramingCounters, Heard};
use crate::receiver::Timeline;
use crate::ring::BLOCK_BYTES;
use crate::sink::Sink;
use decoders::{Counters, DecoderConfig, DemodulatorConfig, Profile, ProtocolEntry, UnsupportedRate};
use hw::{ByteSource, Chunk, SampleSource, SourceError};
use model::{Event, Frame, ReceiverId, UnixMicros};
use thiserror::Error;

/// How to decode a recording.
#[derive(Clone, Debug, Default)]
pub struct OfflineOptions {
    pub receiver: ReceiverId,
    pub profile: Profile,
    pub decoder: DecoderConfig,
    /// UTC of the first sample, or of the first tick of a text recording. `None`: frames have no UTC but what they tell.
    pub start_utc: Option<UnixMicros>,
}

/// What was found. After an error, what was found up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Summary {
    /// Complex samples decoded, and the time that they last, in microseconds. 0 for text recordings.
    pub samples: u64,
    pub signal_us: u64,
    /// Bytes of a text recording.
    pub bytes: u64,
    pub frames: u64,
    pub events: u64,
    pub demodulator: Counters,
    pub decoder: Counters,
    pub framing: FramingCounters,
}

#[derive(Debug, Error)]
pub enum OfflineError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{what}: {why}")]
    Rate { what: String, why: UnsupportedRate },
}

/// What is decoded before an error reaches the sink, and is in the summary.
#[derive(Debug)]
pub struct Outcome {
    pub summary: Summary,
    pub error: Option<OfflineError>,
}

/// Decodes samples to their end.
pub fn decode(source: &mut dyn SampleSource, entry: &ProtocolEntry, options: &OfflineOptions, sink: &mut dyn Sink) -> Outcome {
    let tuning = source.tuning();
    let mut decoding = Decoding::new(entry, options, sink);
    let config = DemodulatorConfig { receiver: options.receiver, tuning, profile: options.profile };
    let mut demodulator = match (entry.demodulator)(&config) {
        Ok(demodulator) => demodulator,
        Err(why) => return decoding.end(Some(OfflineError::Rate { what: source.info().name, why })),
    };
    let format = source.format();
    let mut timeline = Timeline::new(tuning, false, options.start_utc);
    let mut block = Block::new(BLOCK_BYTES);
    let error = loop {
        let chunk = match source.read(block.memory()) {
            Ok(Chunk { bytes: 0, .. }) => break None,
            Ok(chunk) => chunk,
            Err(error) => break Some(error.into()),
        };
        let (meta, _) = timeline.place(&chunk, format, NO_ARRIVAL);
        block.describe(meta);
        demodulator.process(&block.iq(0), &mut |frame| decoding.frame(&frame));
        decoding.summary.samples += block.samples();
    };
    demodulator.finish(&mut |frame| decoding.frame(&frame));
    decoding.summary.demodulator = demodulator.counters();
    let signal_us = u128::from(decoding.summary.samples) * 1_000_000 / u128::from(tuning.rate_sps.max(1));
    decoding.summary.signal_us = signal_us as u64;
    decoding.end(error)
}

/// Decodes a text recording to its end. `framing: None`: by its first bytes.
pub fn decode_bytes(
    source: &mut dyn ByteSource,
    framing: Option<Framing>,
    entry: &ProtocolEntry,
    options: &OfflineOptions,
    sink: &mut dyn Sink,
) -> Outcome {
    let mut decoding = Decoding::new(entry, options, sink);
    let mut framer = framing.map(Framer::new);
    let mut time = FeedTime::new(false, options.start_utc);
    let mut buf = vec![0; BLOCK_BYTES];
    let mut push = |heard: Heard, decoding: &mut Decoding<'_>| {
        let (tick, utc) = time.place(&heard, NO_ARRIVAL);
        let Heard { raw, signal, .. } = heard;
        decoding.frame(&Frame { protocol: entry.protocol, receiver: options.receiver, raw, tick, utc, signal });
    };
    let error = loop {
        match source.read(&mut buf) {
            Ok(0) => break None,
            Ok(n) => {
                decoding.summary.bytes += n as u64;
                let framer = framer.get_or_insert_with(|| Framer::new(Framing::detect(&buf[..n])));
                framer.push(&buf[..n], &mut |heard| push(heard, &mut decoding));
            }
            Err(error) => break Some(error.into()),
        }
    };
    if let Some(mut framer) = framer {
        framer.finish(&mut |heard| push(heard, &mut decoding));
        decoding.summary.framing = framer.counters();
    }
    decoding.end(error)
}

/// A recording arrives outside of time.
const NO_ARRIVAL: Arrival = Arrival { mono_us: 0, utc: UnixMicros(0) };

struct Decoding<'a> {
    decoder: Box<dyn decoders::MessageDecoder>,
    sink: &'a mut dyn Sink,
    summary: Summary,
}

impl<'a> Decoding<'a> {
    fn new(entry: &ProtocolEntry, options: &OfflineOptions, sink: &'a mut dyn Sink) -> Self {
        Self { decoder: (entry.decoder)(&options.decoder), sink, summary: Summary::default() }
    }

    fn frame(&mut self, frame: &Frame) {
        self.summary.frames += 1;
        self.sink.frame(frame);
        let (sink, events) = (&mut *self.sink, &mut self.summary.events);
        self.decoder.decode(frame, &mut |event: Event| {
            *events += 1;
            sink.event(event);
        });
    }

    fn end(mut self, error: Option<OfflineError>) -> Outcome {
        self.sink.flush();
        self.summary.decoder = self.decoder.counters();
        Outcome { summary: self.summary, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTRY, Marks};
    use hw::SourceInfo;

    #[derive(Default)]
    struct Collect(Vec<Frame>, Vec<Event>, usize);

    impl Sink for Collect {
        fn frame(&mut self, frame: &Frame) {
            self.0.push(frame.clone());
        }
        fn event(&mut self, event: Event) {
            assert_eq!(Some(&event.raw), self.0.last().map(|f| &f.raw), "events follow their frame");
            self.1.push(event);
        }
        fn flush(&mut self) {
            self.2 += 1;
        }
    }

    #[test]
    fn every_frame_in_order_with_its_time() {
        let options = OfflineOptions { start_utc: Some(UnixMicros(1_000_000)), ..OfflineOptions::default() };
        let mut sink = Collect::default();
        let Outcome { summary, error } = decode(&mut Marks::new(false, 300), &ENTRY, &options, &mut sink);
        assert!(error.is_none());
        assert_eq!((summary.frames, summary.events, summary.samples, summary.signal_us), (300, 300, 600_000, 300_000));
        assert_eq!((sink.0.len(), sink.1.len(), sink.2), (300, 300, 1));
        for (n, event) in sink.1.iter().enumerate() {
            assert_eq!(event.raw.as_slice(), [Marks::mark(n as u64); 7]);
            assert_eq!(event.at, UnixMicros(1_000_000 + n as i64 * 1_000 + 500));
        }
    }

    #[test]
    fn a_rate_that_nobody_takes_is_one_sentence() {
        let mut source = Marks::new(false, 3);
        source.rate_sps = 1_000_000;
        let error = decode(&mut source, &ENTRY, &OfflineOptions::default(), &mut Collect::default()).error.unwrap();
        assert_eq!(error.to_string(), "marks: adsb can't be received at 1000000 samples/s; use one of 2000000");
    }

    #[test]
    fn a_cut_recording_delivers_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut_2000k.cu8");
        let mut bytes = vec![0; 2 * 5_000];
        bytes.extend([0xAA, 9, 0xAA]);
        std::fs::write(&path, bytes).unwrap();
        let mut source = hw::Recording::open(&path, &hw::RecordingOptions::default()).unwrap();
        let mut sink = Collect::default();
        let Outcome { summary, error } = decode(&mut source, &ENTRY, &OfflineOptions::default(), &mut sink);
        assert_eq!((summary.frames, summary.samples, sink.1.len()), (1, 5_001, 1));
        assert!(error.unwrap().to_string().contains("cut off after 10003 bytes"));
    }

    struct Text(&'static [u8]);

    impl ByteSource for Text {
        fn info(&self) -> SourceInfo {
            SourceInfo { kind: "text", name: "text".into(), live: false }
        }
        fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
            let n = self.0.len().min(buf.len()).min(11);
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn text_is_framed_and_decoded() {
        let text =
            b"# x\n1457996400,\"8D406B909945DE10000405999BE4\"\n*8D4840D6202CC371C32CE0576098;\nnonsense\n8D4840D6202CC371C32CE0576098";
        let mut sink = Collect::default();
        let Outcome { summary, error } = decode_bytes(&mut Text(text), None, &ENTRY, &OfflineOptions::default(), &mut sink);
        assert!(error.is_none());
        assert_eq!((summary.frames, summary.events, summary.framing.other, summary.framing.refused), (3, 3, 1, 1));
        assert_eq!(summary.bytes, text.len() as u64);
        assert_eq!(sink.0[0].utc, Some(UnixMicros(1_457_996_400_000_000)));
    }
}
