//! Recordings of samples: bare IQ (cu8, cs16, cf32) or WAV with two channels; or audio of an FM receiver (WAV, or bare s16). At life
//! speed or flat out, once, several times or in a loop. A pipe (`/dev/stdin`) will do, but for WAV and loops.
//!
//! Rate, centre and format come from the options, else from the file's name ([`RecordingName`]) or the WAV header. What is
//! wrong with a file is said in one sentence: when opening, or, for one that is cut off, after
//! everything before the cut has been given.

mod audio;
mod bytes;
mod lines;
mod name;
mod wav;

pub(crate) use audio::Audio;
pub use audio::AudioChannel;
pub use bytes::ByteRecording;
pub use lines::LineRecording;
pub use name::{Layout, RecordingName};

use crate::{Chunk, Pace, Pacer, RATE_SPS_MAX, RATE_SPS_MIN, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, Tuning};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// How often a recording is played. The seam is as any other sample: address filters and tracks stay warm across it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// So many times; 0 counts as 1.
    Times(u32),
    /// For ever.
    Endless,
}

impl Default for Passes {
    fn default() -> Self {
        Self::Times(1)
    }
}

impl Passes {
    /// Takes one pass away; `false` when it was the last.
    const fn again(&mut self) -> bool {
        match self {
            Self::Endless => true,
            Self::Times(left @ 2..) => {
                *left -= 1;
                true
            }
            Self::Times(_) => false,
        }
    }
}

/// What the file itself doesn't tell, or tells wrongly. `None`: as the file says.
#[derive(Clone, Debug, Default)]
pub struct RecordingOptions {
    pub layout: Option<Layout>,
    pub rate_sps: Option<u32>,
    pub center_hz: Option<u64>,
    /// It holds audio, of this channel. `None`: samples (bare s16 is audio all the same).
    pub audio: Option<AudioChannel>,
    /// Centre used when neither option nor name tells: the protocol's own.
    pub default_center_hz: u64,
    /// The file holds Q before I.
    pub iq_swap: bool,
    pub pace: Pace,
    pub passes: Passes,
}

/// Audio is read in pieces of this many bytes.
const AUDIO_BYTES: usize = 16_384;

/// A recording being read.
#[derive(Debug)]
pub struct Recording {
    file: File,
    name: String,
    format: IqFormat,
    audio: Option<(Audio, Box<[u8]>)>,
    /// Bytes of one sample in the file.
    unit: usize,
    tuning: Tuning,
    iq_swap: bool,
    passes: Passes,
    pacer: Option<Pacer>,
    pace: Pace,
    data_start: u64,
    /// Bytes that the header promises; `None`: to the end of the file.
    data_bytes: Option<u64>,
    /// Bytes read since `data_start`.
    at: u64,
    /// A pipe ended in the middle of a sample.
    cut: bool,
}

/// What a file holds.
struct Stored {
    format: IqFormat,
    audio: Option<Audio>,
    rate_sps: Option<u32>,
    data_start: u64,
    data_bytes: Option<u64>,
}

impl Recording {
    pub fn open(path: &Path, options: &RecordingOptions) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let told = RecordingName::parse(path);
        let Some(layout) = options.layout.or(told.layout) else {
            return Err(SourceError::unusable(
                &name,
                "unknown recording format; name the file .cu8, .cs16, .cf32 or .wav, or say --format",
            ));
        };
        let mut file = open_file(path, &name)?;
        let bare = |format, audio| Stored { format, audio, rate_sps: told.rate_sps, data_start: 0, data_bytes: None };
        let stored = match layout {
            Layout::Iq(_) if options.audio.is_some() => {
                return Err(SourceError::unusable(&name, "cu8, cs16 and cf32 are no audio; use a WAV file or s16"));
            }
            Layout::Iq(format) => bare(format, None),
            Layout::S16 => bare(Audio::RAW.format(), Some(Audio::RAW)),
            Layout::Wav => wav(&mut file, &name, options.audio)?,
        };
        let Stored { format, audio, data_start, data_bytes, .. } = stored;
        let Some(rate_sps) = options.rate_sps.or(stored.rate_sps) else {
            return Err(SourceError::unusable(&name, "unknown sample rate; put it in the name (x_2400k.cu8) or say --rate 2400000"));
        };
        check_rate(&name, rate_sps)?;
        let center_hz = options.center_hz.or(told.center_hz).unwrap_or(options.default_center_hz);
        Ok(Self {
            file,
            name,
            format,
            unit: audio.map_or(format.bytes_per_sample(), |audio| audio.unit()),
            audio: audio.map(|audio| (audio, vec![0; AUDIO_BYTES].into())),
            tuning: Tuning { center_hz, rate_sps },
            iq_swap: options.iq_swap,
            passes: options.passes,
            pacer: None,
            pace: options.pace,
            data_start,
            data_bytes,
            at: 0,
            cut: false,
        })
    }

    /// Fills the front of `buf` with whole samples; 0 at the end.
    fn fill(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        let unit = self.unit;
        let whole = buf.len() / unit * unit;
        if self.cut {
            return Err(SourceError::Truncated { what: self.name.clone(), bytes: self.data_start + self.at });
        }
        let (mut len, mut rewound) = (0, false);
        while len < whole {
            let room = match self.data_bytes {
                Some(total) => (total - self.at).min((whole - len) as u64) as usize,
                None => whole - len,
            };
            let got = if room == 0 { 0 } else { self.read_some(&mut buf[len..len + room])? };
            (len, self.at) = (len + got, self.at + got as u64);
            if got == 0 {
                let cut = len % unit;
                len -= cut;
                if 0 < len {
                    // The next call begins here, and finds the end (or the cut) with nothing before it.
                    self.step_back(cut)?;
                    break;
                }
                if rewound {
                    return Err(SourceError::unusable(&self.name, "holds no whole sample"));
                }
                if !self.passes.again() {
                    if cut == 0 && !self.promised_more() {
                        break;
                    }
                    return Err(SourceError::Truncated { what: self.name.clone(), bytes: self.data_start + self.at });
                }
                rewound = true;
                self.step_back(self.at as usize)?;
            }
        }
        Ok(len)
    }

    fn promised_more(&self) -> bool {
        self.data_bytes.is_some_and(|total| self.at < total)
    }

    fn read_some(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        loop {
            match self.file.read(buf) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                other => return other.map_err(|e| SourceError::from_io(&self.name, e)),
            }
        }
    }

    fn step_back(&mut self, bytes: usize) -> Result<(), SourceError> {
        if bytes == 0 {
            return Ok(());
        }
        self.at -= bytes as u64;
        let to = SeekFrom::Start(self.data_start + self.at);
        match self.file.seek(to) {
            // A pipe can't be read again; what is cut off then is told at the next call.
            Err(e) if e.kind() == ErrorKind::NotSeekable && bytes < self.unit => {
                self.at += bytes as u64;
                self.cut = true;
                Ok(())
            }
            other => other.map(drop).map_err(|e| SourceError::from_io(&self.name, e)),
        }
    }

    /// The same for audio: what the file holds is made into samples.
    fn fill_audio(&mut self, audio: Audio, stored: &mut [u8], buf: &mut [u8]) -> Result<usize, SourceError> {
        let instants = (buf.len() / self.format.bytes_per_sample()).min(stored.len() / self.unit);
        let bytes = self.fill(&mut stored[..instants * self.unit])?;
        Ok(audio.expand(&stored[..bytes], buf))
    }
}

impl SampleSource for Recording {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "file", name: self.name.clone(), live: self.pace == Pace::Life }
    }

    fn tuning(&self) -> Tuning {
        self.tuning
    }

    fn format(&self) -> IqFormat {
        self.format
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let unit = self.format.bytes_per_sample();
        let mut room = buf.len();
        if self.pace == Pace::Life {
            let pacer = self.pacer.get_or_insert_with(|| Pacer::new(self.tuning.rate_sps));
            room = room.min(pacer.run_samples_max() * unit);
        }
        let bytes = match self.audio.take() {
            None => self.fill(&mut buf[..room])?,
            Some((audio, mut stored)) => {
                let bytes = self.fill_audio(audio, &mut stored, &mut buf[..room]);
                self.audio = Some((audio, stored));
                bytes?
            }
        };
        if self.iq_swap {
            swap_iq(&mut buf[..bytes], unit);
        }
        if let Some(pacer) = &mut self.pacer {
            pacer.wait(bytes / unit);
        }
        Ok(Chunk { bytes, ..Chunk::default() })
    }
}

/// Opens a file that can hold a recording; an empty one can't.
fn open_file(path: &Path, name: &str) -> Result<File, SourceError> {
    let file = File::open(path).map_err(|e| SourceError::from_io(name, e))?;
    let meta = file.metadata().map_err(|e| SourceError::from_io(name, e))?;
    if meta.is_dir() {
        return Err(SourceError::unusable(name, "is a folder, not a recording"));
    }
    if meta.is_file() && meta.len() == 0 {
        return Err(SourceError::unusable(name, "the file is empty"));
    }
    Ok(file)
}

/// Is this a WAV file of one channel, which can't be anything but audio?
pub fn is_audio(path: &Path) -> bool {
    let header = File::open(path).and_then(|mut file| wav::read_header(&mut file));
    matches!(header, Ok(Ok(wav::Header { channels: 1, .. })))
}

fn wav(file: &mut File, name: &str, pick: Option<AudioChannel>) -> Result<Stored, SourceError> {
    let header = wav::read_header(file).map_err(|e| SourceError::from_io(name, e))?.map_err(|why| SourceError::unusable(name, why))?;
    let wav::Header { width, channels, rate_sps, data_start, data_bytes } = header;
    let audio = pick.map(|pick| Audio { width, channels, pick });
    if audio.is_none() && channels != 2 {
        return Err(SourceError::unusable(name, "a WAV file of one channel is audio; samples need two channels, I and Q (or say audio)"));
    }
    let iq = match width {
        wav::Width::Unsigned8 => IqFormat::Cu8,
        wav::Width::Signed16 => IqFormat::Cs16,
        wav::Width::Float32 => IqFormat::Cf32,
    };
    debug_assert_eq!(iq.bytes_per_sample(), 2 * width.bytes());
    let format = audio.map_or(iq, |audio| audio.format());
    Ok(Stored { format, audio, rate_sps: Some(rate_sps), data_start, data_bytes })
}

/// Refuses a sample rate that nobody can have meant.
pub(crate) fn check_rate(what: &str, rate_sps: u32) -> Result<(), SourceError> {
    if (RATE_SPS_MIN..=RATE_SPS_MAX).contains(&rate_sps) {
        return Ok(());
    }
    let why = format!("{rate_sps} samples/s is no sample rate for this; it must be between {RATE_SPS_MIN} and {RATE_SPS_MAX}");
    Err(SourceError::unusable(what, why))
}

fn swap_iq(bytes: &mut [u8], unit: usize) {
    for sample in bytes.chunks_exact_mut(unit) {
        sample.rotate_left(unit / 2);
    }
}

#[cfg(test)]
mod tests;
