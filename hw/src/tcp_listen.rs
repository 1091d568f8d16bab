//! TCP, the other way round: programs and gateways that connect to us and send.
//!
//! One connection is read at a time. Who connects last is heard: a gateway that lost power and comes back must not wait until its dead
//! connection times out. When the sender goes, the next is waited for: that is a stall, not the loss of the source.

use crate::tcp::READ_TIMEOUT_MS;
use crate::{ByteSource, SourceError, SourceInfo};
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How often a new connection is looked for, while one is read or none is there.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What senders send.
#[derive(Debug)]
pub struct TcpListenFeed {
    kind: &'static str,
    address: String,
    listener: TcpListener,
    sender: Option<TcpStream>,
    /// A line that a sender left unfinished is ended.
    end_line: bool,
}

impl TcpListenFeed {
    /// Listens at `host:port`.
    pub fn listen(kind: &'static str, address: &str) -> Result<Self, SourceError> {
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::InvalidInput => SourceError::unusable(address, "not an address; use host:port"),
            _ => SourceError::from_io(address, e),
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self { kind, address: address.to_owned(), listener, sender: None, end_line: false })
    }

    /// Where it listens, once port 0 has become a port.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Takes whoever has connected last.
    fn look(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let ready = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(LOOK_EVERY)));
            if ready.is_ok() {
                self.end_line |= self.sender.replace(stream).is_some();
            }
        }
    }
}

impl ByteSource for TcpListenFeed {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: self.kind, name: self.address.clone(), live: true }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        let until = Instant::now() + Duration::from_millis(READ_TIMEOUT_MS);
        while Instant::now() < until {
            self.look();
            if std::mem::take(&mut self.end_line) {
                buf[0] = b'\n';
                return Ok(1);
            }
            let Some(sender) = &mut self.sender else {
                std::thread::park_timeout(LOOK_EVERY);
                continue;
            };
            match sender.read(buf) {
                Ok(n @ 1..) => return Ok(n),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Ok(0) | Err(_) => {
                    self.sender = None;
                    self.end_line = true;
                }
            }
        }
        Err(SourceError::Stalled { what: self.address.clone(), millis: READ_TIMEOUT_MS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read_all(feed: &mut TcpListenFeed, enough: usize) -> Vec<u8> {
        let (mut got, mut buf) = (Vec::new(), [0; 64]);
        for _ in 0..20 {
            if enough <= got.len() {
                break;
            }
            match feed.read(&mut buf) {
                Ok(n) => got.extend(&buf[..n]),
                Err(e) => assert!(e.is_stall(), "{e}"),
            }
        }
        got
    }

    #[test]
    fn the_last_to_connect_is_heard_and_an_unfinished_line_ends() {
        let mut feed = TcpListenFeed::listen("nmea", "127.0.0.1:0").unwrap();
        let at = feed.local_addr().unwrap();
        assert!(feed.read(&mut [0; 8]).unwrap_err().is_stall());
        let mut first = TcpStream::connect(at).unwrap();
        first.write_all(b"!AIV").unwrap();
        assert_eq!(read_all(&mut feed, 4), b"!AIV");
        let mut second = TcpStream::connect(at).unwrap();
        second.write_all(b"DM").unwrap();
        assert_eq!(read_all(&mut feed, 3), b"\nDM");
        drop(second);
        assert_eq!(read_all(&mut feed, 1), b"\n");
        let mut third = TcpStream::connect(at).unwrap();
        third.write_all(b"x").unwrap();
        assert_eq!(read_all(&mut feed, 1), b"x");
    }

    #[test]
    fn what_is_taken_or_no_address_is_said() {
        let feed = TcpListenFeed::listen("nmea", "127.0.0.1:0").unwrap();
        assert!(TcpListenFeed::listen("nmea", &feed.local_addr().unwrap().to_string()).is_err());
        assert!(TcpListenFeed::listen("nmea", "nonsense").is_err());
    }
}
