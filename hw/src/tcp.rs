//! TCP: how sources connect, and a feed of bytes from a server (Beast, AVR, NMEA, gpsd, KISS…).

use crate::{ByteSource, SourceError, SourceInfo};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Longest wait for a connection, to each address that a name has.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A read that gets nothing for so long is a stall.
pub const READ_TIMEOUT_MS: u64 = 1_000;
/// Addresses tried for one name.
const ADDRESSES_MAX: usize = 4;

/// A server's bytes.
#[derive(Debug)]
pub struct TcpFeed {
    kind: &'static str,
    address: String,
    stream: TcpStream,
}

impl TcpFeed {
    /// Connects to `host:port`. `kind` is what the feed speaks, for logs and metrics: `beast`, `avr`…
    pub fn connect(kind: &'static str, address: &str) -> Result<Self, SourceError> {
        Ok(Self { kind, address: address.to_owned(), stream: connect(address)? })
    }
}

/// What gpsd is told: pass on the sentences as they are (it then also says what it is in lines of JSON).
const GPSD_WATCH: &[u8] = b"?WATCH={\"enable\":true,\"nmea\":true};\r\n";

impl TcpFeed {
    /// Connects to gpsd (port 2947), which then sends what its receivers say.
    pub fn gpsd(address: &str) -> Result<Self, SourceError> {
        Self::greet("gpsd", address, GPSD_WATCH)
    }

    /// Connects to a server that wants to be told something first.
    pub fn greet(kind: &'static str, address: &str, greeting: &[u8]) -> Result<Self, SourceError> {
        let mut feed = Self::connect(kind, address)?;
        feed.stream.write_all(greeting).map_err(|e| SourceError::from_io(address, e))?;
        Ok(feed)
    }
}

impl TcpFeed {
    /// What is written goes to the server, over the same connection.
    pub fn writer(&self) -> Result<Box<dyn Write + Send>, SourceError> {
        let stream = self.stream.try_clone().map_err(|e| SourceError::from_io(&self.address, e))?;
        Ok(Box::new(stream))
    }
}

impl ByteSource for TcpFeed {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: self.kind, name: self.address.clone(), live: true }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        read(&mut self.stream, &self.address, buf)
    }
}

/// Connects to `host:port` with time-outs for connecting, reading and writing.
pub(crate) fn connect(address: &str) -> Result<TcpStream, SourceError> {
    let missing = |why: String| SourceError::NotFound { what: address.to_owned(), why };
    let addresses = address.to_socket_addrs().map_err(|e| match e.kind() {
        ErrorKind::InvalidInput => SourceError::unusable(address, "not an address; use host:port"),
        _ => missing(format!("the name can't be resolved: {e}")),
    })?;
    let mut last = None;
    for candidate in addresses.take(ADDRESSES_MAX) {
        match TcpStream::connect_timeout(&candidate, CONNECT_TIMEOUT) {
            Ok(stream) => {
                let time_out = Some(Duration::from_millis(READ_TIMEOUT_MS));
                let set = stream.set_read_timeout(time_out).and_then(|()| stream.set_write_timeout(time_out));
                set.and_then(|()| stream.set_nodelay(true)).map_err(|e| SourceError::from_io(address, e))?;
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    let why = last.map_or_else(|| "the name has no address".to_owned(), |e| format!("no connection: {e}; does the server run there?"));
    Err(missing(why))
}

/// One read: at least one byte, a stall, or the loss of the connection.
pub(crate) fn read(stream: &mut TcpStream, what: &str, buf: &mut [u8]) -> Result<usize, SourceError> {
    loop {
        match stream.read(buf) {
            // A server that closes is a device that was unplugged: a live source has no end.
            Ok(0) => return Err(SourceError::Lost { what: what.to_owned(), source: ErrorKind::UnexpectedEof.into() }),
            Ok(n) => return Ok(n),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(SourceError::Stalled { what: what.to_owned(), millis: READ_TIMEOUT_MS });
            }
            Err(source) => return Err(SourceError::Lost { what: what.to_owned(), source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn reads_stalls_and_loses() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let mut feed = TcpFeed::connect("beast", &address).unwrap();
        let (mut peer, _) = server.accept().unwrap();
        assert_eq!(feed.info(), SourceInfo { kind: "beast", name: address.clone(), live: true });
        peer.write_all(b"abc").unwrap();
        let mut buf = [0; 16];
        let n = feed.read(&mut buf).unwrap();
        assert_eq!(&buf[..n], b"abc");
        assert!(feed.read(&mut buf).unwrap_err().is_stall());
        drop(peer);
        assert!(matches!(feed.read(&mut buf), Err(SourceError::Lost { .. })));
        drop(server);
        let refused = TcpFeed::connect("beast", &address).unwrap_err();
        assert!(
            matches!(&refused, SourceError::NotFound { .. }) && refused.to_string().contains("does the server run there?"),
            "{refused}"
        );
    }

    #[test]
    fn what_is_no_address_is_final() {
        for bad in ["", "nonsense", "127.0.0.1", "127.0.0.1:99999"] {
            let error = TcpFeed::connect("avr", bad).unwrap_err();
            assert!(error.is_final(), "{bad}: {error}");
        }
    }
}
