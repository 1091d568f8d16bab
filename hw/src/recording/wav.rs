//! RIFF/WAVE headers, as far as recordings of signals need them.
//!
//! ```text
//!   "RIFF" size:u32 "WAVE"  { id:[u8;4] size:u32 body (padded to even) }…
//!   "fmt ": format:u16 channels:u16 rate:u32 byte_rate:u32 block_align:u16 bits:u16 …     "data": the samples
//! ```
//! Little endian throughout. Taken: PCM (format 1, or 0xFFFE with PCM as its sub-format) of 8 bits (unsigned, zero at 128)
//! or 16 bits (signed), and 32-bit float (format 3), one or two channels.
//! A `data` size of 0 or 0xFFFF_FFFF (a writer that could not seek back) means: to the end of the file.

use std::io::{self, Read, Seek, SeekFrom};

/// Chunks looked at before `data`; more is not a recording.
const CHUNKS_MAX: usize = 64;
/// Longest `fmt ` chunk that is read (an extensible one has 40 bytes).
const FMT_BYTES_MAX: u32 = 256;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;

/// How one value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Unsigned8,
    Signed16,
    Float32,
}

impl Width {
    pub const fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed16 => 2,
            Self::Float32 => 4,
        }
    }
}

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub width: Width,
    /// 1 or 2.
    pub channels: u16,
    pub rate_sps: u32,
    /// Where the samples begin, in bytes from the start of the file.
    pub data_start: u64,
    /// Bytes of samples that the header promises; `None`: to the end.
    pub data_bytes: Option<u64>,
}

/// Reads up to the first sample. The outer error is the disk's; the inner one says what is wrong with the header.
pub fn read_header(file: &mut (impl Read + Seek)) -> io::Result<Result<Header, String>> {
    let mut riff = [0; 12];
    if !read_all(file, &mut riff)? || &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Ok(Err("no RIFF/WAVE header: this is not a WAV file".into()));
    }
    let mut format = None;
    for _ in 0..CHUNKS_MAX {
        let mut head = [0; 8];
        if !read_all(file, &mut head)? {
            break;
        }
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        match &head[..4] {
            b"fmt " if size <= FMT_BYTES_MAX => {
                let mut body = [0; FMT_BYTES_MAX as usize];
                let body = &mut body[..size as usize];
                if !read_all(file, body)? {
                    break;
                }
                match parse_format(body) {
                    Ok(f) => format = Some(f),
                    Err(why) => return Ok(Err(why)),
                }
                file.seek(SeekFrom::Current(i64::from(size % 2)))?;
            }
            b"data" => {
                let Some((width, channels, rate_sps)) = format else { break };
                let data_bytes = (size != 0 && size != u32::MAX).then_some(u64::from(size));
                return Ok(Ok(Header { width, channels, rate_sps, data_start: file.stream_position()?, data_bytes }));
            }
            _ => drop(file.seek(SeekFrom::Current(i64::from(size) + i64::from(size % 2)))?),
        }
    }
    Ok(Err("the WAV header is incomplete: no fmt chunk before a data chunk".into()))
}

fn parse_format(body: &[u8]) -> Result<(Width, u16, u32), String> {
    let u16_at = |at: usize| body.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let (Some(mut format), Some(channels), Some(bits)) = (u16_at(0), u16_at(2), u16_at(14)) else {
        return Err("the WAV header is incomplete: its fmt chunk is too short".into());
    };
    let rate_sps = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
    if format == EXTENSIBLE {
        format = u16_at(24).unwrap_or(EXTENSIBLE);
    }
    let width = match (format, bits) {
        (PCM, 8) => Width::Unsigned8,
        (PCM, 16) => Width::Signed16,
        (FLOAT, 32) => Width::Float32,
        _ => return Err(format!("WAV format {format} with {bits} bits can't be read; use 8- or 16-bit PCM or 32-bit float")),
    };
    if channels == 0 || 2 < channels {
        return Err(format!("a WAV file of {channels} channels can't be read; use 1 (audio) or 2 (I and Q)"));
    }
    Ok((width, channels, rate_sps))
}

/// Fills `buf`; `false` when the file ends before.
fn read_all(file: &mut impl Read, buf: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buf) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A WAV file: an unknown chunk of odd size, then `fmt `, then `data`.
    pub fn wav(format: u16, bits: u16, channels: u16, rate_sps: u32, data: &[u8]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVEjunk\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        out.extend(format.to_le_bytes());
        out.extend(channels.to_le_bytes());
        out.extend(rate_sps.to_le_bytes());
        out.extend([0; 6]);
        out.extend(bits.to_le_bytes());
        out.extend(b"data");
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    fn header(bytes: &[u8]) -> Result<Header, String> {
        read_header(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn reads_what_recordings_use() {
        for (format, bits, width) in [(1, 8, Width::Unsigned8), (1, 16, Width::Signed16), (3, 32, Width::Float32)] {
            for channels in [1, 2] {
                let h = header(&wav(format, bits, channels, 48_000, &[0; 16])).unwrap();
                assert_eq!((h.width, h.channels, h.rate_sps, h.data_bytes), (width, channels, 48_000, Some(16)));
                assert_eq!(h.data_start, 12 + 12 + 24 + 8);
            }
        }
    }

    #[test]
    fn refuses_with_a_sentence() {
        for (bytes, says) in [
            (b"RIFX".to_vec(), "not a WAV file"),
            (wav(1, 24, 2, 48_000, &[]), "24 bits"),
            (wav(85, 16, 2, 48_000, &[]), "WAV format 85"),
            (wav(1, 16, 6, 48_000, &[]), "6 channels"),
            (wav(1, 16, 2, 48_000, &[])[..40].to_vec(), "incomplete"),
        ] {
            let why = header(&bytes).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn any_prefix_is_an_answer_not_a_panic() {
        let whole = wav(1, 16, 2, 48_000, &[7; 8]);
        for cut in 0..whole.len() {
            assert_eq!(header(&whole[..cut]).is_ok(), whole.len() - 8 <= cut, "{cut}");
        }
    }

    proptest! {
        /// Whatever the bytes: an answer, and a good one lies within the file.
        #[test]
        fn arbitrary_chunks_are_answered(
            chunks in prop::collection::vec((prop::sample::select(vec![*b"fmt ", *b"data", *b"LIST"]), any::<u32>(), prop::collection::vec(any::<u8>(), 0..40)), 0..6),
            honest in any::<bool>(),
        ) {
            let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
            for (id, size, body) in chunks {
                file.extend(id);
                file.extend((if honest { body.len() as u32 } else { size }).to_le_bytes());
                file.extend(body);
            }
            if let Ok(h) = header(&file) {
                prop_assert!(h.data_start <= file.len() as u64);
                prop_assert!((1..=2).contains(&h.channels));
                prop_assert!(h.data_bytes != Some(0));
            }
        }
    }
}
