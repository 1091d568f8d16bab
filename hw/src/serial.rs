//! A serial port as a source of bytes: AIS receivers, TNCs, GNSS. The only file that names `tokio_serial`.
//!
//! A source is read by a thread of its own, so the blocking half of the crate is used. A port is opened for us alone. An
//! unplugged one reads as the end or as an error, depending on its driver: both are [`SourceError::Lost`], and opening says
//! [`SourceError::NotFound`] until it is plugged in again. Name ports by `/dev/serial/by-id/…`: stable across re-plugging.

use crate::{ByteSource, SourceError, SourceInfo};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

/// A read that gets nothing for so long is a stall.
const READ_TIMEOUT_MS: u64 = 1_000;
/// Speeds that exist, in bits per second.
const BAUD_MIN: u32 = 300;
const BAUD_MAX: u32 = 4_000_000;

/// An open port: 8 data bits, no parity, one stop bit, no flow control.
pub struct SerialSource {
    kind: &'static str,
    path: String,
    port: Box<dyn tokio_serial::SerialPort>,
}

impl std::fmt::Debug for SerialSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SerialSource").field("kind", &self.kind).field("path", &self.path).finish_non_exhaustive()
    }
}

impl SerialSource {
    /// Opens a port. `kind` is what speaks there, for logs and metrics: `nmea`, `kiss`…
    pub fn open(kind: &'static str, path: &str, baud: u32) -> Result<Self, SourceError> {
        if !(BAUD_MIN..=BAUD_MAX).contains(&baud) {
            let why = format!("{baud} bits/s is no serial speed; it must be between {BAUD_MIN} and {BAUD_MAX}");
            return Err(SourceError::unusable(path, why));
        }
        let builder = tokio_serial::new(path, baud).timeout(Duration::from_millis(READ_TIMEOUT_MS));
        let port = builder.open().map_err(|e| failure(path, e))?;
        Ok(Self { kind, path: path.to_owned(), port })
    }
}

impl SerialSource {
    /// What is written goes to the device, through the same port.
    pub fn writer(&self) -> Result<Box<dyn Write + Send>, SourceError> {
        let port = self.port.try_clone().map_err(|e| failure(&self.path, e))?;
        Ok(Box::new(port))
    }
}

impl ByteSource for SerialSource {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: self.kind, name: self.path.clone(), live: true }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        loop {
            return match self.port.read(buf) {
                Ok(0) => Err(SourceError::Lost { what: self.path.clone(), source: ErrorKind::UnexpectedEof.into() }),
                Ok(n) => Ok(n),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == ErrorKind::TimedOut => Err(SourceError::Stalled { what: self.path.clone(), millis: READ_TIMEOUT_MS }),
                Err(source) => Err(SourceError::Lost { what: self.path.clone(), source }),
            };
        }
    }
}

fn failure(path: &str, error: tokio_serial::Error) -> SourceError {
    let what = path.to_owned();
    match error.kind() {
        tokio_serial::ErrorKind::Io(ErrorKind::PermissionDenied) => {
            SourceError::Busy { what, why: "no permission: add the user to the group dialout".into() }
        }
        _ if !Path::new(path).exists() => SourceError::NotFound { what, why: format!("{error}; is it plugged in?") },
        tokio_serial::ErrorKind::InvalidInput => SourceError::unusable(path, format!("{error}; is it a serial port?")),
        _ => SourceError::Busy { what, why: format!("{error}; another program may have it") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// Two ends of a serial line, `a` and `b`, until it is dropped: a failing test leaves no process behind.
    struct Line(Child);

    impl Drop for Line {
        fn drop(&mut self) {
            self.0.kill().expect("socat is ours");
            self.0.wait().expect("socat is ours");
        }
    }

    /// `None` when socat is not installed.
    fn line(dir: &Path) -> Option<Line> {
        let end = |name: &str| format!("pty,link={},raw,echo=0", dir.join(name).display());
        let spawned = Command::new("socat").arg(end("a")).arg(end("b")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(child) = spawned else {
            assert!(std::env::var_os("CI").is_none() && std::env::var_os("VTOC_REQUIRE_PEERS").is_none(), "socat is not installed");
            eprintln!("skipped: socat is not installed");
            return None;
        };
        let line = Line(child);
        for _ in 0..3_000 {
            if dir.join("a").exists() && dir.join("b").exists() {
                return Some(line);
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("socat made no line in 30 s");
    }

    #[test]
    fn reads_is_unplugged_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a").display().to_string();
        for round in 0..2 {
            let Some(socat) = line(dir.path()) else { return };
            let mut port = SerialSource::open("nmea", &path, 38_400).unwrap();
            assert_eq!(port.info(), SourceInfo { kind: "nmea", name: path.clone(), live: true });
            let taken = SerialSource::open("nmea", &path, 38_400).unwrap_err();
            assert!(matches!(taken, SourceError::Busy { .. }), "{taken}");
            // Opened as a port, not as a file: socat makes the links before it sets the ends to raw.
            let mut far = tokio_serial::new(dir.path().join("b").display().to_string(), 38_400).open().unwrap();
            far.write_all(b"!AIVDM\r\n").unwrap();
            let (mut got, mut buf) = (Vec::<u8>::new(), [0; 64]);
            while got.len() < 8 {
                let n = match port.read(&mut buf) {
                    // The machine may be busy: socat is late.
                    Err(stall) if stall.is_stall() => continue,
                    other => other.unwrap(),
                };
                got.extend(&buf[..n]);
            }
            assert_eq!(got, b"!AIVDM\r\n");
            if round == 0 {
                assert!(port.read(&mut buf).unwrap_err().is_stall());
            }
            drop(socat);
            assert!(matches!(port.read(&mut buf), Err(SourceError::Lost { .. })));
            // A killed socat leaves its links behind, pointing nowhere.
            let gone = SerialSource::open("nmea", &path, 38_400).unwrap_err();
            assert!(matches!(gone, SourceError::NotFound { .. }), "{gone}");
            for end in ["a", "b"] {
                let _ = std::fs::remove_file(dir.path().join(end));
            }
        }
    }

    #[test]
    fn what_is_no_port_is_said() {
        let speed = SerialSource::open("nmea", "/dev/null", 7).unwrap_err();
        assert!(speed.is_final() && speed.to_string().contains("7 bits/s"), "{speed}");
        assert!(matches!(SerialSource::open("nmea", "/dev/nowhere", 9_600), Err(SourceError::NotFound { .. })));
        let no_port = SerialSource::open("nmea", "/dev/null", 9_600).unwrap_err();
        assert!(matches!(no_port, SourceError::Busy { .. } | SourceError::Unusable { .. }), "{no_port}");
    }
}
