//! UDP: datagrams from anybody who sends to an address of ours, or to a multicast group (IEC 61162-450: 239.192.0.x).
//!
//! Each datagram is given out whole and ends a line, so that what one sender left unfinished doesn't run into another's. A datagram
//! has no sender that we could trust or lose: silence is a stall.

use crate::{ByteSource, SourceError, SourceInfo};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

/// A read that gets nothing for so long is a stall.
const READ_TIMEOUT_MS: u64 = 1_000;
/// The longest datagram that UDP has. What an interface's MTU exceeds comes in fragments that the kernel joins.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Datagrams as bytes.
#[derive(Debug)]
pub struct UdpFeed {
    kind: &'static str,
    address: String,
    socket: UdpSocket,
    datagram: Box<[u8]>,
    /// What of the datagram has not been given out yet.
    rest: std::ops::Range<usize>,
}

impl UdpFeed {
    /// Listens at `host:port`; when the host is a multicast group, joins it on the interface that the system chooses.
    pub fn listen(kind: &'static str, address: &str) -> Result<Self, SourceError> {
        let found = address.to_socket_addrs().map_err(|e| SourceError::unusable(address, format!("not an address: {e}; use host:port")))?;
        let Some(at) = found.into_iter().next() else { return Err(SourceError::unusable(address, "the name has no address")) };
        let failed = |e| SourceError::from_io(address, e);
        let socket = bind(at).map_err(failed)?;
        socket.set_read_timeout(Some(Duration::from_millis(READ_TIMEOUT_MS))).map_err(failed)?;
        Ok(Self { kind, address: address.to_owned(), socket, datagram: vec![0; DATAGRAM_BYTES_MAX + 1].into(), rest: 0..0 })
    }

    /// Where it listens, once port 0 has become a port.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }
}

fn bind(at: SocketAddr) -> std::io::Result<UdpSocket> {
    match at.ip() {
        IpAddr::V4(group) if group.is_multicast() => {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, at.port()))?;
            socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?;
            Ok(socket)
        }
        IpAddr::V6(group) if group.is_multicast() => {
            let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, at.port()))?;
            socket.join_multicast_v6(&group, 0)?;
            Ok(socket)
        }
        _ => UdpSocket::bind(at),
    }
}

impl ByteSource for UdpFeed {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: self.kind, name: self.address.clone(), live: true }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, SourceError> {
        while self.rest.is_empty() {
            match self.socket.recv(&mut self.datagram[..DATAGRAM_BYTES_MAX]) {
                Ok(0) => {}
                Ok(n) => {
                    self.datagram[n] = b'\n';
                    self.rest = 0..n + 1;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(SourceError::Stalled { what: self.address.clone(), millis: READ_TIMEOUT_MS });
                }
                // An earlier send's refusal, which the kernel reports here: nothing of ours.
                Err(e) if e.kind() == ErrorKind::ConnectionRefused => {}
                Err(source) => return Err(SourceError::Lost { what: self.address.clone(), source }),
            }
        }
        let n = self.rest.len().min(buf.len());
        buf[..n].copy_from_slice(&self.datagram[self.rest.start..self.rest.start + n]);
        self.rest.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_come_whole_and_end_a_line() {
        let mut feed = UdpFeed::listen("nmea", "127.0.0.1:0").unwrap();
        let at = feed.local_addr().unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(b"!AIVDM,1", at).unwrap();
        sender.send_to(b"", at).unwrap();
        sender.send_to(&[b'x'; 3_000], at).unwrap();
        let (mut got, mut buf) = (Vec::<u8>::new(), [0; 1_000]);
        while got.len() < 9 + 3_001 {
            let n = feed.read(&mut buf).unwrap();
            got.extend(&buf[..n]);
        }
        assert_eq!(&got[..9], b"!AIVDM,1\n");
        assert_eq!((got.len(), got.last()), (3_010, Some(&b'\n')));
        assert!(feed.read(&mut buf).unwrap_err().is_stall());
        assert_eq!(feed.info(), SourceInfo { kind: "nmea", name: "127.0.0.1:0".into(), live: true });
    }

    #[test]
    fn a_multicast_group_is_joined() {
        // Without a route for multicast (a bare container) joining is refused by the system: that is said, not a panic.
        match UdpFeed::listen("nmea", "239.192.0.4:0") {
            Ok(feed) => assert!(feed.local_addr().unwrap().port() != 0),
            Err(error) => assert!(error.to_string().starts_with("239.192.0.4:0"), "{error}"),
        }
        assert!(UdpFeed::listen("nmea", "nonsense").unwrap_err().is_final());
    }
}
