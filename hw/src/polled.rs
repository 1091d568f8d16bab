//! A document that its owner keeps replacing (`aircraft.json` of another receiver): fetched over HTTP or read from a file,
//! once a second, and given on as a sequence of documents.
//!
//! ```text
//!   0x1E document LF 0x1E   0x1E document LF 0x1E   …          RFC 7464 (JSON text sequences); the second 0x1E: it is whole
//! ```
//!
//! Constraints: a document is at most [`DOCUMENT_BYTES_MAX`]; an answer takes at most [`ANSWER_MAX`], and at most [`REDIRECTS_MAX`]
//! redirections are followed; a file that has not changed is not read again. Whatever goes wrong closes the source, and the
//! supervisor opens it again after its growing pause.
//!
//! The HTTP client is `ureq`: blocking as everything in this crate, three small crates, time-outs, redirections and limits built
//! in. (`hyper` is in the lock file already for the console, but needs a runtime on this thread, and redirections, limits and
//! time-outs by hand.) No TLS: other receivers on a LAN have none; a proxy can add it.

use crate::{ByteSource, SourceError, SourceInfo};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Between two looks: how often receivers write theirs.
pub const POLL: Duration = Duration::from_secs(1);
/// A sky of 10,000 aircraft.
pub const DOCUMENT_BYTES_MAX: u64 = 8 << 20;
/// From connecting to the last byte. Shorter than the time after which a stop leaves a source behind.
pub const ANSWER_MAX: Duration = Duration::from_millis(2_500);
pub const REDIRECTS_MAX: u32 = 3;
/// Before and after each document.
pub const SEPARATOR: u8 = 0x1E;

/// A document, looked at again and again.
#[derive(Debug)]
pub struct PolledDocument {
    kind: &'static str,
    place: Place,
    next: Instant,
    /// The sequence as it is given on, and how much of it has been.
    text: Vec<u8>,
    given: usize,
}

#[derive(Debug)]
enum Place {
    Url {
        url: String,
        agent: ureq::Agent,
    },
    /// With time and length at the last look.
    File {
        path: PathBuf,
        seen: Option<(SystemTime, u64)>,
    },
}

impl PolledDocument {
    /// Over HTTP. `kind` is what it is, for logs and metrics.
    pub fn url(kind: &'static str, url: &str) -> Result<Self, SourceError> {
        if !url.starts_with("http://") {
            return Err(SourceError::unusable(url, "not a URL that begins with http:// (TLS is not spoken; use a proxy)"));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .max_redirects(REDIRECTS_MAX)
            .user_agent(concat!("vtoc/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        Self::new(kind, Place::Url { url: url.to_owned(), agent: config.into() })
    }

    /// A file that its owner replaces.
    pub fn file(kind: &'static str, path: &Path) -> Result<Self, SourceError> {
        Self::new(kind, Place::File { path: path.to_owned(), seen: None })
    }

    /// The first document is fetched at once: a place where there is none fails when it is opened.
    fn new(kind: &'static str, place: Place) -> Result<Self, SourceError> {
        let mut source = Self { kind, place, next: Instant::now(), text: Vec::new(), given: 0 };
        source.look()?;
        Ok(source)
    }

    /// Gets the document as it is now. Nothing to give: it has not changed.
    fn look(&mut self) -> Result<(), SourceError> {
        self.next = Instant::now() + POLL;
        self.text.clear();
        self.given = 0;
        let what = self.place.name();
        self.text.push(SEPARATOR);
        match &mut self.place {
            Place::Url { url, agent } => fetch(agent, url, &mut self.text)?,
            Place::File { path, seen } => {
                let file = File::open(path).map_err(|e| SourceError::from_io(&what, e))?;
                let meta = file.metadata().map_err(|e| SourceError::from_io(&what, e))?;
                if !meta.is_file() {
                    return Err(SourceError::unusable(&what, "is not a file"));
                }
                let now = meta.modified().map(|time| (time, meta.len())).ok();
                if now.is_some() && *seen == now {
                    self.text.clear();
                    return Ok(());
                }
                *seen = now;
                file.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut self.text).map_err(|e| SourceError::from_io(&what, e))?;
            }
        }
        if DOCUMENT_BYTES_MAX + 1 < self.text.len() as u64 {
            let why = format!("the document is longer than {DOCUMENT_BYTES_MAX} bytes");
            return Err(SourceError::Lost { what, source: std::io::Error::new(ErrorKind::FileTooLarge, why) });
        }
        self.text.extend([b'\n', SEPARATOR]);
        Ok(())
    }
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Url { url, .. } => url.clone(),
            Self::File { path, .. } => path.display().to_string(),
        }
    }
}

fn fetch(agent: &ureq::Agent, url: &str, into: &mut Vec<u8>) -> Result<(), SourceError> {
    let mut answer = agent.get(url).call().map_err(|error| refused(url, error))?;
    // One byte more than is allowed tells that it is too long.
    let body = answer.body_mut().with_config().limit(DOCUMENT_BYTES_MAX + 2).reader();
    body.take(DOCUMENT_BYTES_MAX + 1).read_to_end(into).map_err(|e| SourceError::from_io(url, e))?;
    Ok(())
}

fn refused(url: &str, error: ureq::Error) -> SourceError {
    use ureq::Error;
    let what = url.to_owned();
    match error {
        Error::Io(source) => SourceError::from_io(url, source),
        Error::StatusCode(code) => SourceError::NotFound { what, why: format!("the server answers with status {code}") },
        Error::HostNotFound => SourceError::NotFound { what, why: "the name can't be resolved".to_owned() },
        Error::ConnectionFailed => SourceError::NotFound { what, why: "no connection; does the server run there?".to_owned() },
        Error::BadUri(why) => SourceError::Unusable { what, why },
        Error::Http(why) => SourceError::Unusable { what, why: why.to_string() },
        Error::Timeout(_) => {
            let why = format!("no whole answer within {} ms", ANSWER_MAX.as_millis());
            SourceError::Lost { what, source: std::io::Error::new(ErrorKind::TimedOut, why) }
        }
        Error::TooManyRedirects => {
            let why = format!("more than {REDIRECTS_MAX} redirections");
            SourceError::Lost { what, source: std::io::Error::other(why) }
        }
        other => SourceError::Lost { what, source: std::io::Error::other(other.to_string()) },
    }
}

impl ByteSource for PolledDocument {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: self.kind, name: self.place.name(), live: true }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        if self.given == self.text.len() {
            loop {
                let left = self.next.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                thread::park_timeout(left);
            }
            self.look()?;
        }
        let n = buf.len().min(self.text.len() - self.given);
        if n == 0 {
            return Err(SourceError::Stalled { what: self.place.name(), millis: POLL.as_millis() as u64 });
        }
        buf[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    type Answer = Box<dyn Fn(&str) -> Vec<u8> + Send>;

    /// Answers one connection after the other with these bytes, each given by the server's own URL.
    fn server(answers: Vec<Answer>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/data/aircraft.json", listener.local_addr().unwrap());
        let own = url.clone();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut peer, _) = listener.accept().unwrap();
                let (mut asked, mut buf) = (Vec::new(), [0; 1_024]);
                while !asked.ends_with(b"\r\n\r\n") {
                    match peer.read(&mut buf) {
                        Ok(n @ 1..) => asked.extend(&buf[..n]),
                        _ => break,
                    }
                }
                let _ = peer.write_all(&answer(&own));
            }
        });
        url
    }

    fn ok(body: &'static str) -> Answer {
        Box::new(move |_| format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    fn redirect(status: u16) -> Answer {
        Box::new(move |own| {
            format!("HTTP/1.1 {status} Moved\r\nConnection: close\r\nLocation: {own}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        })
    }

    fn document(source: &mut PolledDocument) -> Result<String, SourceError> {
        let (mut all, mut buf) = (Vec::new(), [0; 7]);
        while all.len() < 2 || all.last() != Some(&SEPARATOR) {
            let n = source.read(&mut buf)?;
            all.extend(&buf[..n]);
        }
        Ok(String::from_utf8(all).unwrap())
    }

    #[test]
    fn documents_come_one_after_the_other_and_redirections_are_followed() {
        let url = server(vec![ok("{\"now\":1}"), redirect(302), redirect(301), ok("{\"now\":2}")]);
        let mut source = PolledDocument::url("aircraft_json", &url).unwrap();
        assert_eq!(source.info(), SourceInfo { kind: "aircraft_json", name: url, live: true });
        assert_eq!(document(&mut source).unwrap(), "\u{1e}{\"now\":1}\n\u{1e}");
        assert_eq!(document(&mut source).unwrap(), "\u{1e}{\"now\":2}\n\u{1e}");
        // The server is gone.
        assert!(matches!(document(&mut source), Err(SourceError::NotFound { .. } | SourceError::Lost { .. })));
    }

    #[test]
    fn what_is_no_document_says_what_it_is() {
        let fails = |answers, says: &str| {
            let error = PolledDocument::url("aircraft_json", &server(answers)).unwrap_err();
            assert!(error.to_string().contains(says) && !error.is_final(), "{error}");
        };
        fails(vec![Box::new(|_| b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec())], "status 404");
        fails((0..5).map(|_| redirect(302)).collect(), "more than 3 redirections");
        fails(vec![Box::new(|_| b"this is no HTTP\r\n\r\n".to_vec())], "lost");
        fails(vec![Box::new(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec())], "lost");
        fails(
            vec![Box::new(|_| {
                let mut endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
                endless.resize(DOCUMENT_BYTES_MAX as usize + 1_000, b' ');
                endless
            })],
            "longer than 8388608 bytes",
        );
        for bad in ["https://127.0.0.1/x", "ftp://x", "", "http://", "http://[/x"] {
            assert!(PolledDocument::url("aircraft_json", bad).unwrap_err().is_final(), "{bad}");
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let error = PolledDocument::url("aircraft_json", &url).unwrap_err();
        assert!(error.to_string().contains("within 2500 ms"), "{error}");
    }

    #[test]
    fn a_file_is_read_when_it_was_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("aircraft.json");
        assert!(matches!(PolledDocument::file("aircraft_json", &path), Err(SourceError::NotFound { .. })));
        assert!(PolledDocument::file("aircraft_json", dir.path()).unwrap_err().is_final());
        std::fs::write(&path, "{\"now\":1}").unwrap();
        let mut source = PolledDocument::file("aircraft_json", &path).unwrap();
        assert_eq!(document(&mut source).unwrap(), "\u{1e}{\"now\":1}\n\u{1e}");
        assert!(source.read(&mut [0; 64]).unwrap_err().is_stall());
        std::fs::write(dir.path().join("new"), "{\"now\":22}").unwrap();
        std::fs::rename(dir.path().join("new"), &path).unwrap();
        assert_eq!(document(&mut source).unwrap(), "\u{1e}{\"now\":22}\n\u{1e}");
        File::create(&path).unwrap().set_len(DOCUMENT_BYTES_MAX + 1).unwrap();
        let error = document(&mut source).unwrap_err();
        assert!(error.to_string().contains("longer than") && !error.is_final(), "{error}");
    }
}
