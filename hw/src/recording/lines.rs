//! A log of lines played at the speed at which it was written: each line is given out when as much time has passed as its time stamp
//! says since the first.
//!
//! ```text
//!   \s:rx,c:1635731889*3A\!AIVDM,…           tag block, seconds or (13 digits) milliseconds
//!   !AIVDM,…*4A,raishub,1342569600           a logger's column of ten digits at the end
//! ```
//! Lines without a time come with the one before. A pause of more than [`PAUSE_MAX`] is cut to that, and time that goes back is no
//! time: a log of days with holes in it doesn't stand still.

use super::open_file;
use crate::{ByteSource, Pace, SourceError, SourceInfo};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest wait between two lines.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A longer line is given out in pieces.
const LINE_BYTES_MAX: usize = 4_096;

/// A log of lines.
#[derive(Debug)]
pub struct LineRecording {
    file: BufReader<File>,
    name: String,
    pace: Pace,
    repeat: bool,
    line: Vec<u8>,
    given: usize,
    /// The time of the last stamp, in milliseconds, and when its line was due.
    last: Option<(u64, Instant)>,
}

impl LineRecording {
    /// `repeat`: begins again at its end.
    pub fn open(path: &Path, pace: Pace, repeat: bool) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let file = BufReader::new(open_file(path, &name)?);
        Ok(Self { file, name, pace, repeat, line: Vec::with_capacity(LINE_BYTES_MAX), given: 0, last: None })
    }

    /// The next line, at its time. `false`: there is none.
    fn next(&mut self) -> Result<bool, SourceError> {
        self.line.clear();
        self.given = 0;
        if self.fill()? == 0 {
            if !self.repeat || self.file.get_ref().metadata().is_ok_and(|m| m.len() == 0) {
                return Ok(false);
            }
            self.file.rewind().map_err(|e| SourceError::from_io(&self.name, e))?;
            self.last = None;
            if self.fill()? == 0 {
                return Ok(false);
            }
        }
        if self.pace == Pace::Life {
            self.wait();
        }
        Ok(true)
    }

    /// Reads up to the end of a line or [`LINE_BYTES_MAX`].
    fn fill(&mut self) -> Result<usize, SourceError> {
        while self.line.len() < LINE_BYTES_MAX {
            let piece = match self.file.fill_buf() {
                Ok(piece) => piece,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(SourceError::from_io(&self.name, e)),
            };
            let room = piece.len().min(LINE_BYTES_MAX - self.line.len());
            let end = piece[..room].iter().position(|&b| b == b'\n').map_or(room, |at| at + 1);
            self.line.extend_from_slice(&piece[..end]);
            self.file.consume(end);
            if end == 0 || self.line.ends_with(b"\n") {
                break;
            }
        }
        Ok(self.line.len())
    }

    fn wait(&mut self) {
        let Some(stamp) = stamp_ms(&self.line) else { return };
        let (last, due) = *self.last.get_or_insert_with(|| (stamp, Instant::now()));
        let due = due + Duration::from_millis(stamp.saturating_sub(last)).min(PAUSE_MAX);
        self.last = Some((stamp, due));
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }
}

impl ByteSource for LineRecording {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "file", name: self.name.clone(), live: self.pace == Pace::Life }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        if self.given == self.line.len() && !self.next()? {
            return Ok(0);
        }
        let n = (self.line.len() - self.given).min(buf.len());
        buf[..n].copy_from_slice(&self.line[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

/// A line's time in milliseconds since 1970, when it tells one.
fn stamp_ms(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii();
    let block = line.strip_prefix(b"\\").and_then(|rest| rest.split(|&b| matches!(b, b'\\' | b'*')).next());
    let field = block.and_then(|b| b.split(|&b| b == b',').find_map(|f| f.strip_prefix(b"c:")));
    let number = match field {
        Some(field) => field,
        None => line.rsplit(|&b| b == b',').next().filter(|c| c.len() == 10)?,
    };
    let number: u64 = core::str::from_utf8(number).ok()?.parse().ok()?;
    Some(if number < 100_000_000_000 { number.saturating_mul(1_000) } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(text: &[u8], pace: Pace, buf_bytes: usize) -> (Vec<u8>, Duration) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.nmea");
        std::fs::write(&path, text).unwrap();
        let mut source = LineRecording::open(&path, pace, false).unwrap();
        let (mut got, mut buf, started) = (Vec::new(), vec![0; buf_bytes], Instant::now());
        loop {
            let n = source.read(&mut buf).unwrap();
            if n == 0 {
                return (got, started.elapsed());
            }
            got.extend(&buf[..n]);
        }
    }

    #[test]
    fn time_stamps_are_read() {
        assert_eq!(stamp_ms(b"\\s:rx,c:1635731889*3A\\!AIVDM,1,1"), Some(1_635_731_889_000));
        assert_eq!(stamp_ms(b"\\c:1635731889123*3A\\!AIVDM"), Some(1_635_731_889_123));
        assert_eq!(stamp_ms(b"!AIVDM,1*4A,raishub,1342569600\r\n"), Some(1_342_569_600_000));
        for none in
            [&b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"[..], b"", b"\\", b"\\c:x*00\\!", b"\\c:99999999999999999999999*00\\"]
        {
            assert_eq!(stamp_ms(none), None, "{}", none.escape_ascii());
        }
    }

    #[test]
    fn at_life_speed_lines_wait_for_their_time_and_flat_out_they_do_not() {
        let text = b"\\c:1635731889000*00\\!a\n!b\n\\c:1635731889200*00\\!c\n\\c:1635731880000*00\\!d\nend";
        let (got, took) = play(text, Pace::Life, 5);
        assert_eq!(got, text);
        assert!((Duration::from_millis(200)..Duration::from_secs(9)).contains(&took), "{took:?}");
        let (got, _) = play(text, Pace::FlatOut, 1_000);
        assert_eq!(got, text);
    }

    #[test]
    fn a_file_without_lines_is_given_in_pieces() {
        let text = vec![b'x'; 20_000];
        assert_eq!(play(&text, Pace::FlatOut, 65_536).0, text);
    }
}
