//! The settings, with their units and defaults. `vtoc --print-config` shows them all.

use super::central::{Agentkit, Auth, Central, Chat};
use super::feeds::Feeds;
use super::{ais::AisChannels, igate::Igate, source::ModemName, transmit::Transmit};
use clap::ValueEnum;
use model::Protocol;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where a station or central keeps what must survive a restart. systemd sets it through `STATE_DIRECTORY`.
    pub state_dir: Option<PathBuf>,
    pub station: Station,
    /// Receivers by name.
    pub receivers: BTreeMap<String, Receiver>,
    pub spool: Spool,
    pub uplink: Uplink,
    pub feeds: Feeds,
    pub igate: Igate,
    pub transmit: Transmit,
    pub console: Console,
    pub central: Central,
    pub auth: Auth,
    pub chat: Chat,
    pub agentkit: Agentkit,
    pub log: Log,
}

/// Who we are and where the antenna is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Station {
    /// 1–64 of `a–z 0–9 -`; the station's slug in the API and its name in the certificate.
    pub id: String,
    /// For people. Default: the id.
    pub name: Option<String>,
    /// Degrees north, −90…90. Both or neither.
    pub latitude: Option<f64>,
    /// Degrees east, −180…180.
    pub longitude: Option<f64>,
    /// Positions farther than this are refused as implausible. Kilometres.
    pub range_km_max: u32,
    /// A list of APRS devices in the shape of the public registry's `tocalls.yaml` (docs/aprs.md). Read once, at the start.
    pub aprs_devices: Option<PathBuf>,
}

impl Default for Station {
    fn default() -> Self {
        Self { id: "station".into(), name: None, latitude: None, longitude: None, range_km_max: 700, aprs_devices: None }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An RTL-SDR on USB.
    Rtlsdr,
    /// An `rtl_tcp` server: `address`.
    RtlTcp,
    /// A recording: `path`.
    File,
    /// Audio of an FM receiver over TCP, signed 16 bit, one channel (`rtl_fm … | nc -l`): `address`, `rate_sps`, `center_hz`.
    AudioTcp,
    /// Frames in Beast format over TCP: `address`.
    Beast,
    /// Frames as AVR text over TCP: `address`.
    Avr,
    /// AIS sentences over TCP from a server: `address`.
    NmeaTcp,
    /// AIS sentences from whoever connects to us: `address` to listen at.
    NmeaListen,
    /// AIS sentences in UDP datagrams (IEC 61162-450 too): `address` to listen at, or a multicast group.
    NmeaUdp,
    /// AIS sentences from a serial port: `path`, `baud`.
    NmeaSerial,
    /// A log of AIS sentences: `path`, `pace`, `loop`.
    NmeaFile,
    /// AIS sentences from gpsd: `address`, by default 127.0.0.1:2947.
    Gpsd,
    /// APRS frames of a TNC over TCP (KISS; Dire Wolf's port 8001): `address`.
    KissTcp,
    /// APRS frames of a TNC at a serial port (KISS): `path`, `baud`.
    KissSerial,
    /// APRS frames of an AGW packet engine (Dire Wolf's port 8000): `address`.
    Agw,
    /// APRS packets from the Internet: `callsign`, `filter`, `address`, by default rotate.aprs2.net:14580. Nothing is sent but the login.
    AprsIs,
    /// APRS packets as lines of text over TCP: `address`.
    AprsTcp,
    /// APRS packets as lines of text in UDP datagrams: `address` to listen at.
    AprsUdp,
    /// A log of APRS packets as lines of text: `path`, `pace`, `loop`.
    AprsFile,
    /// What another receiver decoded, as SBS (BaseStation) lines over TCP: `address`.
    Sbs,
    /// What another receiver decoded, as its `aircraft.json`: `url` (http://…), or `path` of a file that it replaces.
    AircraftJson,
    /// The simulated sky.
    Sim,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ValueEnum, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFormat {
    Cu8,
    Cs16,
    Cf32,
    Wav,
    /// Audio, signed 16 bit, one channel: what rtl_fm writes.
    S16,
}

/// Which channel of a recording is an FM receiver's audio.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ValueEnum, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AudioName {
    /// The first; also where there is only one.
    Left,
    Right,
    /// Their mean.
    Mix,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As fast as it was recorded.
    #[default]
    Life,
    /// As fast as the machine can.
    FlatOut,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(untagged)]
pub enum Gain {
    /// The nearest step that the tuner has. Decibels.
    Db(f32),
    #[default]
    #[serde(with = "auto")]
    Auto,
}

mod auto {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("auto")
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "auto" { Ok(()) } else { Err(D::Error::custom("expected \"auto\" or decibels")) }
    }
}

/// A protocol's name, of those in the list of protocols.
mod protocol {
    use decoders::PROTOCOLS;
    use model::Protocol;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(protocol: &Protocol, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(protocol.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Protocol, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = || PROTOCOLS.iter().map(|entry| entry.protocol);
        known().find(|protocol| protocol.name() == text).ok_or_else(|| {
            let names: Vec<&str> = known().map(Protocol::name).collect();
            D::Error::custom(format!("unknown variant `{text}`, expected one of {}", names.join(", ")))
        })
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ValueEnum, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ProfileName {
    /// Full as long as the processor keeps up. (A recording read flat out waits for us: full.)
    #[default]
    #[value(skip)]
    Auto,
    Full,
    Fast,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    #[serde(with = "protocol")]
    pub protocol: Protocol,
    pub source: SourceKind,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// RTL-SDR: serial number (see `vtoc doctor`); stable across re-plugging.
    pub serial: Option<String>,
    /// `host:port` of a network source.
    pub address: Option<String>,
    /// `http://…` of another receiver's `aircraft.json`.
    pub url: Option<String>,
    /// Recording to play, file of another receiver's `aircraft.json`, or serial port (`/dev/serial/by-id/…`).
    pub path: Option<PathBuf>,
    /// Serial port: bits per second.
    #[serde(default = "baud")]
    pub baud: u32,
    /// APRS-IS: the call sign to log in with.
    pub callsign: Option<String>,
    /// APRS-IS: which packets to get, as the servers have it: `r/52.4/4.9/100` (latitude, longitude, kilometres).
    pub filter: Option<String>,
    /// Default: by the file name's ending.
    pub format: Option<RecordingFormat>,
    /// The recording is an FM receiver's audio: this channel of it.
    pub audio: Option<AudioName>,
    /// APRS: `afsk1200` or `g3ruh9600`.
    #[serde(default)]
    pub modem: ModemName,
    /// The recording stores Q before I.
    #[serde(default)]
    pub iq_swap: bool,
    #[serde(default)]
    pub pace: Pace,
    /// Begin again at the end of the recording.
    #[serde(default, rename = "loop")]
    pub repeat: bool,
    /// Samples per second. Default: the protocol's own, or what the recording's name says (`…_2400k.cu8`).
    pub rate_sps: Option<u32>,
    /// Tuning. Default: the protocol's own.
    pub center_hz: Option<u64>,
    /// AIS: `ab`, `cd` (long range) or one of them. Default: all that the tuning covers, `ab` with the protocol's own.
    pub channels: Option<AisChannels>,
    #[serde(default)]
    pub gain: Gain,
    /// Crystal error, parts per million, −127…127.
    #[serde(default)]
    pub ppm: i32,
    /// 4.5 V to the antenna's amplifier; switched off at exit.
    #[serde(default)]
    pub bias_tee: bool,
    /// How hard to try: `full`, `fast`, or `auto`, which follows the processor's load.
    #[serde(default)]
    pub profile: ProfileName,
    /// Mode S: Mode A/C replies too, from samples and from feeds. They name nobody, so they make no events, but go on to our own feeds.
    #[serde(default)]
    pub mode_ac: bool,
    /// Simulated sky: which one. Two stations with the same seed see the same sky.
    #[serde(default)]
    pub seed: u64,
    /// Simulated sky: how many aircraft, at most 2,048.
    #[serde(default = "aircraft")]
    pub aircraft: u16,
    /// Simulated sky: its middle, `[latitude, longitude]`. Default: the station's place, else Amsterdam.
    pub sky_center: Option<[f64; 2]>,
}

impl Receiver {
    /// A receiver with nothing said but what and from where.
    pub fn new(protocol: Protocol, source: SourceKind) -> Self {
        Self {
            protocol,
            source,
            enabled: yes(),
            serial: None,
            address: None,
            url: None,
            path: None,
            baud: baud(),
            callsign: None,
            filter: None,
            format: None,
            audio: None,
            modem: ModemName::default(),
            iq_swap: false,
            pace: Pace::default(),
            repeat: false,
            rate_sps: None,
            center_hz: None,
            channels: None,
            gain: Gain::default(),
            ppm: 0,
            bias_tee: false,
            profile: ProfileName::default(),
            mode_ac: false,
            seed: 0,
            aircraft: aircraft(),
            sky_center: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// What AIS equipment speaks (IEC 61162-2).
fn baud() -> u32 {
    38_400
}

fn aircraft() -> u16 {
    40
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Default: `spool.db` in the state directory.
    pub path: Option<PathBuf>,
    /// The file never grows beyond this. Mebibytes.
    pub max_mb: u32,
    /// What a power cut can cost at most: events are on disk after this many milliseconds.
    pub commit_ms: u32,
    /// Keep events after the central has them, for the station's own history. Hours.
    pub keep_acked_hours: u32,
}

impl Default for Spool {
    fn default() -> Self {
        Self { path: None, max_mb: 1024, commit_ms: 500, keep_acked_hours: 24 }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Congestion {
    /// Keeps real time on lossy links.
    #[default]
    Bbr,
    Cubic,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uplink {
    /// `host:port` of the central (UDP). Without it a station works alone.
    pub central: Option<String>,
    /// Directory with `station.crt`, `station.key` and `ca.crt`. Default: `tls` in the state directory.
    pub tls_dir: Option<PathBuf>,
    pub congestion: Congestion,
}

/// The HTTP side: console, API and metrics.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Loopback unless told otherwise.
    pub listen: SocketAddr,
    /// Serve the console from this folder instead of the one built in.
    pub ui_dir: Option<PathBuf>,
    /// A list of aircraft for registrations and types (docs/live-picture.md): CSV, plain or gzip. Read at the start.
    pub aircraft_list: Option<PathBuf>,
}

impl Default for Console {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), ui_dir: None, aircraft_list: None }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,uplink=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}
