//! Audio of an FM receiver's discriminator over TCP: signed 16 bit, one channel, nothing else (`rtl_fm … | nc -l`).

use crate::recording::Audio;
use crate::{Chunk, SampleSource, SourceError, SourceInfo, tcp};
use model::{IqFormat, Tuning};
use std::net::TcpStream;

/// Bytes read at a time: 85 ms at 48 kHz, so that what has come is soon passed on.
const READ_BYTES: usize = 8_192;

/// A server's audio.
#[derive(Debug)]
pub struct AudioFeed {
    stream: TcpStream,
    address: String,
    tuning: Tuning,
    bytes: Box<[u8; READ_BYTES]>,
    /// The first half of a value whose other half is still to come.
    held: usize,
}

impl AudioFeed {
    /// Connects to `host:port`. The tuning tells which channel it is of, and the audio's rate.
    pub fn connect(address: &str, tuning: Tuning) -> Result<Self, SourceError> {
        crate::recording::check_rate(address, tuning.rate_sps)?;
        Ok(Self { stream: tcp::connect(address)?, address: address.to_owned(), tuning, bytes: Box::new([0; READ_BYTES]), held: 0 })
    }
}

impl SampleSource for AudioFeed {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "audio_tcp", name: self.address.clone(), live: true }
    }

    fn tuning(&self) -> Tuning {
        self.tuning
    }

    fn format(&self) -> IqFormat {
        Audio::RAW.format()
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let unit = Audio::RAW.unit();
        let room = (buf.len() / Audio::RAW.format().bytes_per_sample() * unit).min(READ_BYTES);
        loop {
            let len = self.held + tcp::read(&mut self.stream, &self.address, &mut self.bytes[self.held..room])?;
            self.held = len % unit;
            let bytes = Audio::RAW.expand(&self.bytes[..len - self.held], buf);
            self.bytes.copy_within(len - self.held..len, 0);
            if 0 < bytes {
                return Ok(Chunk { bytes, ..Chunk::default() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    #[test]
    fn values_cut_in_the_middle_are_whole() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let mut feed = AudioFeed::connect(&address, Tuning { center_hz: 161_975_000, rate_sps: 48_000 }).unwrap();
        let (mut peer, _) = server.accept().unwrap();
        let audio: Vec<i16> = (0..5_000).map(|n| n * 5 - 12_000).collect();
        let bytes: Vec<u8> = audio.iter().flat_map(|v| v.to_le_bytes()).collect();
        let writer = std::thread::spawn(move || {
            for piece in bytes.chunks(777) {
                peer.write_all(piece).unwrap();
                std::thread::park_timeout(std::time::Duration::from_millis(1));
            }
            peer
        });
        let (mut got, mut buf) = (Vec::new(), [0; 4_096]);
        while got.len() < audio.len() {
            match feed.read(&mut buf) {
                Ok(chunk) => got.extend(buf[..chunk.bytes].chunks_exact(4).map(|b| {
                    assert_eq!(b[2..], [0, 0]);
                    i16::from_le_bytes([b[0], b[1]])
                })),
                Err(error) => assert!(error.is_stall(), "{error}"),
            }
        }
        assert_eq!(got, audio);
        drop(writer.join().unwrap());
        assert!(matches!(feed.read(&mut buf), Err(SourceError::Lost { .. })));
        assert!(AudioFeed::connect(&address, Tuning { center_hz: 0, rate_sps: 1 }).unwrap_err().is_final());
    }
}
