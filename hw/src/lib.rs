//! Devices behind two traits. Everything that waits for the outside world is here; nothing here knows a protocol.
//!
//! - [`SampleSource`]: RTL-SDR over USB, an `rtl_tcp` server, an IQ recording (life speed or flat out), a simulator;
//! - [`ByteSource`]: TCP (we connect, or others do), UDP and multicast, gpsd, a serial port, a text recording (life speed or flat out), a
//!   document that is polled over HTTP or from a file.
//!
//! Calls block; each source has a thread of its own in `ingest`.

mod audio_feed;
pub mod fault;
mod pace;
mod polled;
mod recording;
mod rtl_tcp;
#[cfg(feature = "rtlsdr")]
mod rtlsdr;
#[cfg(feature = "serial")]
mod serial;
mod source;
#[cfg_attr(not(feature = "rtlsdr"), allow(dead_code))]
mod stream;
mod tcp;
mod tcp_listen;
mod udp;
mod way_back;

pub use audio_feed::AudioFeed;
pub use pace::{Pace, Pacer};
pub use polled::PolledDocument;
pub use recording::{AudioChannel, ByteRecording, Layout, LineRecording, Passes, Recording, RecordingName, RecordingOptions, is_audio};
pub use rtl_tcp::{RtlTcpOptions, RtlTcpSource};
#[cfg(feature = "rtlsdr")]
pub use rtlsdr::{RtlSdrDevice, RtlSdrFound, RtlSdrOptions, RtlSdrSource, TunerGainSetting};
#[cfg(feature = "serial")]
pub use serial::SerialSource;
pub use source::{ByteSource, Chunk, SampleSource, SourceError, SourceInfo};
pub use tcp::TcpFeed;
pub use tcp_listen::TcpListenFeed;
pub use udp::UdpFeed;
pub use way_back::WayBack;

/// Slowest and fastest sample rate that anything here takes, in samples per second: from narrow-band audio to the
/// fastest radio that a small board can feed. What lies outside is a typing error.
pub const RATE_SPS_MIN: u32 = 8_000;
pub const RATE_SPS_MAX: u32 = 61_440_000;
