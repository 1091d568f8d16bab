//! A client of `rtl_tcp`: an RTL-SDR on another machine.
//!
//! ```text
//!   server → client   "RTL0"  tuner:u32 BE  gains:u32 BE   then cu8 samples for ever
//!   client → server   command:u8  value:u32 BE
//!                     01 centre Hz   02 rate   03 gain mode (1 = manual)   04 gain, tenths of a dB   05 ppm
//!                     08 digital AGC   0e bias tee
//! ```
//! The server tells neither what it lost nor whether it took a command. Losses show in the sample clock.

use crate::tcp;
use crate::{Chunk, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, Tuning};
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest wait for the 12 bytes of greeting: the server may be opening its device.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// A read goes on filling the buffer for so long: samples come in pieces of some KiB, blocks are to be full.
const FILL_TIMEOUT: Duration = Duration::from_millis(50);

const SET_CENTER: u8 = 0x01;
const SET_RATE: u8 = 0x02;
const SET_GAIN_MODE: u8 = 0x03;
const SET_GAIN: u8 = 0x04;
const SET_PPM: u8 = 0x05;
const SET_AGC: u8 = 0x08;
const SET_BIAS_TEE: u8 = 0x0e;

#[derive(Clone, Debug)]
pub struct RtlTcpOptions {
    /// `host:port`.
    pub address: String,
    pub tuning: Tuning,
    /// Tuner gain in tenths of a decibel; `None`: automatic.
    pub gain_tenths_db: Option<i32>,
    /// Correction of the crystal, parts per million.
    pub ppm: i32,
    pub bias_tee: bool,
}

/// A connection that streams.
#[derive(Debug)]
pub struct RtlTcpSource {
    stream: TcpStream,
    address: String,
    tuning: Tuning,
    tuner: u32,
    bias_tee: bool,
    /// The first byte of a sample whose second has not come yet.
    half: Option<u8>,
}

impl RtlTcpSource {
    pub fn connect(options: &RtlTcpOptions) -> Result<Self, SourceError> {
        let RtlTcpOptions { address, tuning, .. } = options;
        crate::recording::check_rate(address, tuning.rate_sps)?;
        let Ok(center_hz) = u32::try_from(tuning.center_hz) else {
            return Err(SourceError::unusable(address, format!("can't be tuned to {} Hz", tuning.center_hz)));
        };
        let mut stream = tcp::connect(address)?;
        let tuner = greeting(&mut stream, address)?;
        let manual = options.gain_tenths_db.is_some();
        let commands = [
            Some((SET_RATE, tuning.rate_sps)),
            Some((SET_CENTER, center_hz)),
            (options.ppm != 0).then_some((SET_PPM, options.ppm.cast_unsigned())),
            Some((SET_AGC, 0)),
            Some((SET_GAIN_MODE, u32::from(manual))),
            options.gain_tenths_db.map(|gain| (SET_GAIN, gain.cast_unsigned())),
            options.bias_tee.then_some((SET_BIAS_TEE, 1)),
        ];
        for (command, value) in commands.into_iter().flatten() {
            send(&mut stream, command, value).map_err(|source| SourceError::Lost { what: address.clone(), source })?;
        }
        Ok(Self { stream, address: address.clone(), tuning: *tuning, tuner, bias_tee: options.bias_tee, half: None })
    }

    /// The tuner's name, as `rtl_tcp` numbers it.
    pub const fn tuner(&self) -> &'static str {
        match self.tuner {
            1 => "E4000",
            2 => "FC0012",
            3 => "FC0013",
            4 => "FC2580",
            5 => "R820T",
            6 => "R828D",
            _ => "unknown",
        }
    }
}

impl SampleSource for RtlTcpSource {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "rtl_tcp", name: self.address.clone(), live: true }
    }

    fn tuning(&self) -> Tuning {
        self.tuning
    }

    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let mut len = 0;
        if let Some(half) = self.half.take() {
            buf[0] = half;
            len = 1;
        }
        let whole = buf.len() / 2 * 2;
        let mut first = None;
        while len < whole {
            match tcp::read(&mut self.stream, &self.address, &mut buf[len..whole]) {
                Ok(n) => len += n,
                // What has come is given first; the next read meets the same error again.
                Err(_) if 2 <= len => break,
                Err(error) => {
                    self.half = (len == 1).then_some(buf[0]);
                    return Err(error);
                }
            }
            if FILL_TIMEOUT <= first.get_or_insert_with(Instant::now).elapsed() && 2 <= len {
                break;
            }
        }
        if !len.is_multiple_of(2) {
            len -= 1;
            self.half = Some(buf[len]);
        }
        Ok(Chunk { bytes: len, ..Chunk::default() })
    }
}

impl Drop for RtlTcpSource {
    fn drop(&mut self) {
        if self.bias_tee {
            let _ = send(&mut self.stream, SET_BIAS_TEE, 0);
        }
    }
}

/// Reads the server's 12 bytes; gives the tuner's number.
fn greeting(stream: &mut TcpStream, address: &str) -> Result<u32, SourceError> {
    let (mut hello, mut len, start) = ([0; 12], 0, Instant::now());
    while len < hello.len() {
        match tcp::read(stream, address, &mut hello[len..]) {
            Ok(n) => len += n,
            Err(error) if error.is_stall() && start.elapsed() < HELLO_TIMEOUT => {}
            Err(SourceError::Lost { source, .. }) if source.kind() == ErrorKind::UnexpectedEof => {
                let why = "the server closed at once: it serves one client at a time, and may have one".into();
                return Err(SourceError::Busy { what: address.to_owned(), why });
            }
            Err(error) => return Err(error),
        }
    }
    if &hello[..4] != b"RTL0" {
        return Err(SourceError::unusable(address, "what answers there is not rtl_tcp (no RTL0 greeting)"));
    }
    Ok(u32::from_be_bytes([hello[4], hello[5], hello[6], hello[7]]))
}

fn send(stream: &mut TcpStream, command: u8, value: u32) -> std::io::Result<()> {
    let v = value.to_be_bytes();
    stream.write_all(&[command, v[0], v[1], v[2], v[3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    const TUNING: Tuning = Tuning { center_hz: 1_090_000_000, rate_sps: 2_400_000 };

    fn options(address: String) -> RtlTcpOptions {
        RtlTcpOptions { address, tuning: TUNING, gain_tenths_db: Some(496), ppm: -7, bias_tee: true }
    }

    /// A server for one client: greets, sends `pieces`, and gives every command that it got until the client left.
    fn serve(greeting: &'static [u8], pieces: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<(u8, u32)>>) {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            let (mut peer, _) = server.accept().unwrap();
            for half in greeting.chunks(5) {
                peer.write_all(half).unwrap();
                thread::park_timeout(Duration::from_millis(5));
            }
            for piece in pieces {
                peer.write_all(&piece).unwrap();
                thread::park_timeout(Duration::from_millis(5));
            }
            let mut commands = Vec::new();
            let mut got = [0; 5];
            while peer.read_exact(&mut got).is_ok() {
                commands.push((got[0], u32::from_be_bytes([got[1], got[2], got[3], got[4]])));
            }
            commands
        });
        (address, thread)
    }

    #[test]
    fn tunes_reads_whole_samples_and_leaves_the_bias_tee_off() {
        let samples: Vec<u8> = (0..9_001_u32).map(|n| (n % 253) as u8).collect();
        let pieces = samples.chunks(777).map(<[u8]>::to_vec).collect();
        let (address, server) = serve(b"RTL0\0\0\0\x05\0\0\0\x1d", pieces);
        let mut source = RtlTcpSource::connect(&options(address)).unwrap();
        assert_eq!(source.tuner(), "R820T");
        let (mut got, mut buf) = (Vec::<u8>::new(), [0; 4_097]);
        while got.len() < 9_000 {
            let n = match source.read(&mut buf) {
                // The machine may be busy: the server is late.
                Err(stall) if stall.is_stall() => continue,
                other => other.unwrap().bytes,
            };
            assert!(n % 2 == 0 && 0 < n);
            got.extend(&buf[..n]);
        }
        assert_eq!(got, samples[..9_000]);
        // Half a sample is left: silence, not a sample.
        assert!(source.read(&mut buf).unwrap_err().is_stall());
        drop(source);
        let commands = server.join().unwrap();
        assert_eq!(
            commands,
            [(2, 2_400_000), (1, 1_090_000_000), (5, (-7_i32).cast_unsigned()), (8, 0), (3, 1), (4, 496), (0xe, 1), (0xe, 0)]
        );
    }

    #[test]
    fn what_is_not_rtl_tcp_is_said() {
        let (address, _server) = serve(b"SSH-2.0-OpenSSH_9\r\n", vec![]);
        let error = RtlTcpSource::connect(&options(address)).unwrap_err();
        assert!(error.is_final() && error.to_string().contains("not rtl_tcp"), "{error}");

        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let closer = thread::spawn(move || drop(server.accept().unwrap()));
        let error = RtlTcpSource::connect(&options(address)).unwrap_err();
        closer.join().unwrap();
        assert!(matches!(&error, SourceError::Busy { .. }), "{error}");
        let absurd = RtlTcpOptions { tuning: Tuning { rate_sps: 1, ..TUNING }, ..options("127.0.0.1:1".into()) };
        assert!(RtlTcpSource::connect(&absurd).unwrap_err().is_final());
    }

    #[test]
    fn a_server_that_goes_away_is_a_loss_after_its_last_samples() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            let (mut peer, _) = server.accept().unwrap();
            peer.write_all(b"RTL0\0\0\0\x06\0\0\0\x1d").unwrap();
            peer.write_all(&[7; 100]).unwrap();
            // Take the commands, or closing would reset the connection before the samples have arrived.
            let mut commands = [0; 35];
            peer.read_exact(&mut commands).unwrap();
        });
        let mut source = RtlTcpSource::connect(&options(address)).unwrap();
        thread.join().unwrap();
        let mut buf = [0; 4_096];
        assert_eq!(source.read(&mut buf).unwrap().bytes, 100);
        assert!(matches!(source.read(&mut buf), Err(SourceError::Lost { .. })));
    }
}
