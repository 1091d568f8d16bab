//! The way back to a device that is read: what writes to it as long as its source has it open.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

type Writer = Box<dyn Write + Send>;

/// Shared between whoever opens a source and whoever has something to say to the device.
#[derive(Clone, Default)]
pub struct WayBack(Arc<Mutex<Option<Writer>>>);

impl std::fmt::Debug for WayBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WayBack")
    }
}

impl WayBack {
    /// The source has been opened, again perhaps.
    pub fn set(&self, writer: Writer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
    }

    /// All of it, at once. `false`: the device is not open, or took none or only some of it; nothing more is said to it until it is
    /// opened again.
    pub fn send(&self, bytes: &[u8]) -> bool {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = writer.as_mut().is_some_and(|w| w.write_all(bytes).and_then(|()| w.flush()).is_ok());
        if !sent {
            *writer = None;
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TcpFeed;
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn says_it_while_the_source_is_open() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let way_back = WayBack::default();
        assert!(!way_back.send(b"nobody there"));
        let feed = TcpFeed::connect("kiss", &server.local_addr().unwrap().to_string()).unwrap();
        way_back.set(feed.writer().unwrap());
        let (mut peer, _) = server.accept().unwrap();
        assert!(way_back.send(b"hello"));
        let mut heard = [0; 5];
        peer.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"hello");
    }
}
