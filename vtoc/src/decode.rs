//! `vtoc decode FILE`: a recording to JSON lines on stdout, and what was found on stderr.

use crate::arguments::{place, protocol};
use crate::cli::DecodeArgs;
use crate::failure::Failure;
use crate::receivers::{layout, profile_offline, with_modem};
use api::dto::{EventLine, FrameLine, Utc};
use decoders::{DecoderConfig, ProtocolEntry, Refusal};
use hw::{AudioChannel, ByteRecording, Layout, Recording, RecordingName, RecordingOptions};
use ingest::Framing;
use ingest::offline::{self, OfflineError, OfflineOptions, Outcome, Summary};
use model::{Event, Frame, Protocol, Raw, ReceiverId, Subject, UnixMicros};
use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::time::Instant;

pub fn run(arguments: &DecodeArgs) -> Result<(), Failure> {
    let audio = audio(arguments);
    let entry = with_modem(protocol(protocol_name(arguments))?, audio.is_some(), arguments.modem)?;
    let options = options(arguments)?;
    let mut printer = Printer::new(entry, arguments);
    let started = Instant::now();
    let outcome = if is_samples(arguments) {
        decode_samples(arguments, audio, entry, &options, &mut printer)?
    } else {
        let mut source = ByteRecording::open(&arguments.file)?;
        offline::decode_bytes(&mut source, framing(entry, arguments), entry, &options, &mut printer)
    };
    printer.finish()?;
    report(&outcome.summary, &printer, started.elapsed().as_secs_f64());
    match outcome.error {
        None => Ok(()),
        Some(OfflineError::Source(error)) => Err(error.into()),
        Some(error) => Err(Failure::data(error)),
    }
}

fn options(arguments: &DecodeArgs) -> Result<OfflineOptions, Failure> {
    let start = match &arguments.start {
        None => UnixMicros(0),
        Some(text) => {
            Utc::parse(text).ok_or_else(|| Failure::config(format!("--start {text}: expected a time as 2026-11-23T01:00:00Z")))?.0
        }
    };
    let site = arguments.site.as_deref().map(place).transpose()?;
    Ok(OfflineOptions {
        receiver: ReceiverId(0),
        profile: profile_offline(arguments.profile),
        decoder: DecoderConfig { site, ..DecoderConfig::default() },
        start_utc: Some(start),
    })
}

/// What was said, else what the file's name means.
fn protocol_name(arguments: &DecodeArgs) -> &str {
    match &arguments.protocol {
        Some(told) => told,
        None if SENTENCES.contains(&ending(arguments).as_str()) => Protocol::Ais.name(),
        None => Protocol::Adsb.name(),
    }
}

/// AIS frames come as sentences, APRS packets as lines or as a TNC's bytes; others are told apart by their first bytes.
fn framing(entry: &ProtocolEntry, arguments: &DecodeArgs) -> Option<Framing> {
    match entry.protocol {
        Protocol::Ais => Some(Framing::Nmea),
        Protocol::Aprs if ending(arguments) == KISS => Some(Framing::Kiss),
        Protocol::Aprs => Some(Framing::Tnc2),
        Protocol::Adsb | Protocol::Uat => None,
    }
}

/// Ending of what a TNC sent.
const KISS: &str = "kiss";

/// Endings of logs of sentences.
const SENTENCES: [&str; 4] = ["nmea", "nm4", "aivdm", "ais"];

fn ending(arguments: &DecodeArgs) -> String {
    arguments.file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Samples or frames? By the option, else by the name; what has neither is taken for samples, and refused with a hint.
fn is_samples(arguments: &DecodeArgs) -> bool {
    const FRAMES: [&str; 8] = ["txt", "avr", "hex", "csv", "beast", "bin", "log", KISS];
    let ending = ending(arguments);
    let frames = FRAMES.contains(&ending.as_str()) || SENTENCES.contains(&ending.as_str());
    arguments.format.is_some() || RecordingName::parse(&arguments.file).layout.is_some() || !frames
}

fn stored(arguments: &DecodeArgs) -> Option<Layout> {
    arguments.format.map(layout).or(RecordingName::parse(&arguments.file).layout)
}

/// The channel that is audio, where it is.
fn audio(arguments: &DecodeArgs) -> Option<AudioChannel> {
    let alone = || match stored(arguments) {
        Some(Layout::S16) => true,
        Some(Layout::Wav) => hw::is_audio(&arguments.file),
        _ => false,
    };
    arguments.audio.map(crate::receivers::audio).or_else(|| alone().then(AudioChannel::default))
}

fn decode_samples(
    arguments: &DecodeArgs,
    audio: Option<AudioChannel>,
    entry: &ProtocolEntry,
    options: &OfflineOptions,
    printer: &mut Printer,
) -> Result<Outcome, Failure> {
    let layout = stored(arguments);
    let recording = RecordingOptions {
        layout,
        rate_sps: arguments.rate,
        center_hz: arguments.center,
        // Bare audio has one channel, and is never anything else.
        audio: audio.filter(|_| layout != Some(Layout::S16)),
        default_center_hz: entry.default_tuning.center_hz,
        iq_swap: arguments.iq_swap,
        pace: hw::Pace::FlatOut,
        passes: hw::Passes::Times(arguments.repeat),
    };
    let mut source = Recording::open(&arguments.file, &recording)?;
    Ok(offline::decode(&mut source, entry, options, printer))
}

/// Writes a line per event or frame; remembers what the summary tells.
struct Printer {
    out: BufWriter<std::io::Stdout>,
    text: Vec<u8>,
    entry: &'static ProtocolEntry,
    raw: bool,
    distinct: bool,
    seen: HashSet<Raw>,
    subjects: HashSet<Subject>,
    error: Option<std::io::Error>,
}

impl Printer {
    fn new(entry: &'static ProtocolEntry, arguments: &DecodeArgs) -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, std::io::stdout()),
            text: Vec::new(),
            entry,
            raw: arguments.raw,
            distinct: arguments.distinct,
            seen: HashSet::new(),
            subjects: HashSet::new(),
            error: None,
        }
    }

    /// Writes what `fill` appends.
    fn line(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        if self.error.is_some() {
            return;
        }
        self.text.clear();
        fill(&mut self.text);
        self.error = self.out.write_all(&self.text).err();
    }

    /// A reader that went away (`| head`) is no failure.
    fn finish(&mut self) -> Result<(), Failure> {
        let last = self.out.flush().err();
        match self.error.take().or(last) {
            Some(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::cannot_write(format!("stdout: can't be written: {e}"))),
            _ => Ok(()),
        }
    }
}

impl ingest::Sink for Printer {
    fn frame(&mut self, frame: &Frame) {
        let new = self.seen.insert(frame.raw.clone());
        if self.raw && (new || !self.distinct) {
            let text = (self.entry.raw_text)(frame);
            let line = FrameLine::of(frame, text);
            self.line(|out| line.write(out));
        }
    }

    fn event(&mut self, event: Event) {
        self.subjects.insert(event.subject);
        if !self.raw {
            self.line(|out| EventLine::of(&event).write(out));
        }
    }
}

#[expect(clippy::print_stderr, reason = "the summary")]
fn report(summary: &Summary, printer: &Printer, took_s: f64) {
    let counters = summary.demodulator.plus(&summary.decoder);
    eprintln!(
        "{} frames ({} distinct, {} corrected), {} events, {} subjects",
        summary.frames,
        printer.seen.len(),
        summary.demodulator.corrected_frames,
        summary.events,
        printer.subjects.len()
    );
    let refused: Vec<String> = Refusal::ALL.iter().map(|&why| format!("{} {}", counters.refused(why), why.name())).collect();
    eprintln!("refused: {}", refused.join(", "));
    if summary.signal_us == 0 {
        eprintln!(
            "{} bytes of frames in {took_s:.3} s; {} messages refused, {} of other kinds",
            summary.bytes, summary.framing.refused, summary.framing.other
        );
    } else {
        let signal_s = summary.signal_us as f64 / 1e6;
        eprintln!("{signal_s:.3} s of signal in {took_s:.3} s: {:.1} times life speed", signal_s / took_s.max(1e-6));
    }
}
