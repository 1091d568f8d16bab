//! Receivers from settings: which source, which protocol, opened anew each time they fail.

use crate::config::{APRS_IS, AudioName, Gain, ModemName, Pace, ProfileName, Receiver, RecordingFormat, Settings, SourceKind};
use crate::failure::Failure;
use crate::sky::{Sky, SkySource};
use decoders::aprs::{self, internet};
use decoders::{DecoderConfig, Profile, ProtocolEntry};
use hw::{
    AudioChannel, AudioFeed, ByteSource, Layout, LineRecording, PolledDocument, Recording, RecordingOptions, RtlTcpOptions, RtlTcpSource,
    SampleSource, SerialSource, SourceError, TcpFeed, TcpListenFeed, UdpFeed, WayBack,
};
use ingest::framing::AGW_MONITOR;
use ingest::{Framing, Input, ProfileChoice, ReceiverSpec, Telling};
use model::{IqFormat, LatLon, Protocol, ReceiverId, Tuning};
use std::sync::Arc;

/// The station's place, when it is configured.
pub fn site(settings: &Settings) -> Option<LatLon> {
    LatLon::from_degrees(settings.station.latitude?, settings.station.longitude?)
}

/// A list of devices that can't be read is told at once, not found out on watch.
pub fn decoder_config(settings: &Settings) -> Result<DecoderConfig, Failure> {
    let devices = settings.station.aprs_devices.as_deref().map(|path| {
        let wrong = |error: &dyn std::fmt::Display| Failure::config(format!("station.aprs_devices: {}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
        let devices = aprs::Devices::parse(&text).map_err(|e| wrong(&e))?;
        tracing::info!(devices = devices.len(), "list of APRS devices read");
        Ok::<_, Failure>(Arc::new(devices))
    });
    Ok(DecoderConfig { site: site(settings), range_m_max: Some(settings.station.range_km_max * 1_000), devices: devices.transpose()? })
}

/// Does every receiver go at the pace of the world?
pub fn all_live(settings: &Settings) -> bool {
    let flat_out =
        |r: &Receiver| matches!(r.source, SourceKind::File | SourceKind::NmeaFile | SourceKind::AprsFile) && r.pace == Pace::FlatOut;
    !settings.receivers.values().any(|r| r.enabled && flat_out(r))
}

/// Every enabled receiver. `tnc`: what is to be sent goes through the receiver that `transmit.tnc` names.
pub fn specs(settings: &Settings, tnc: &WayBack) -> Result<Vec<ReceiverSpec>, Failure> {
    let enabled = settings.receivers.iter().filter(|(_, r)| r.enabled);
    enabled.enumerate().map(|(place, (name, receiver))| spec(place as u8, name, receiver, settings, tnc)).collect()
}

fn spec(place: u8, name: &str, receiver: &Receiver, settings: &Settings, tnc: &WayBack) -> Result<ReceiverSpec, Failure> {
    let by_audio = receiver.source == SourceKind::AudioTcp || receiver.audio.is_some() || receiver.format == Some(RecordingFormat::S16);
    let mut protocol = with_modem(protocol_entry(receiver.protocol)?, by_audio, receiver.modem)?;
    if let Some(channels) = receiver.channels.filter(|_| !by_audio) {
        protocol = decoders::ais::Channels::from(channels).entry();
    }
    let sends = settings.transmit.enabled && settings.transmit.tnc.as_deref() == Some(name);
    let input = match receiver.source {
        SourceKind::KissTcp | SourceKind::KissSerial => packets(receiver, sends.then(|| tnc.clone())),
        _ => input(place, name, receiver, protocol, settings)?,
    };
    let profile = profile(receiver.profile);
    Ok(ReceiverSpec { id: ReceiverId(place), name: name.to_owned(), protocol, profile, input, mode_ac: receiver.mode_ac, start_utc: None })
}

const fn profile(name: ProfileName) -> ProfileChoice {
    match name {
        ProfileName::Auto => ProfileChoice::Auto,
        ProfileName::Full => ProfileChoice::Always(Profile::Full),
        ProfileName::Fast => ProfileChoice::Always(Profile::Fast),
    }
}

/// For a recording, which waits for us.
pub const fn profile_offline(name: ProfileName) -> Profile {
    match name {
        ProfileName::Auto | ProfileName::Full => Profile::Full,
        ProfileName::Fast => Profile::Fast,
    }
}

pub fn protocol_entry(protocol: Protocol) -> Result<&'static ProtocolEntry, Failure> {
    ProtocolEntry::find(protocol).ok_or_else(|| {
        let known: Vec<&str> = decoders::PROTOCOLS.iter().map(|p| p.protocol.name()).collect();
        Failure::config(format!("{protocol} can't be received yet; this version receives {}", known.join(", ")))
    })
}

/// The same protocol as it is sent there, received by samples or by audio.
pub fn with_modem(protocol: &'static ProtocolEntry, audio: bool, modem: ModemName) -> Result<&'static ProtocolEntry, Failure> {
    match (modem, protocol.protocol) {
        (ModemName::Afsk1200, _) if audio => by_audio(protocol),
        (ModemName::Afsk1200, _) => Ok(protocol),
        (ModemName::G3ruh9600, Protocol::Aprs) => Ok(if audio { &aprs::AUDIO_9600 } else { &aprs::PROTOCOL_9600 }),
        (ModemName::G3ruh9600, other) => Err(Failure::config(format!("modem g3ruh9600 is for aprs, not for {other}"))),
    }
}

/// The same protocol, received by an FM receiver's audio.
fn by_audio(protocol: &'static ProtocolEntry) -> Result<&'static ProtocolEntry, Failure> {
    ProtocolEntry::find_audio(protocol.protocol).ok_or_else(|| {
        let known: Vec<&str> = decoders::AUDIO.iter().map(|p| p.protocol.name()).collect();
        Failure::config(format!("{} can't be received by audio; this version receives {} so", protocol.protocol, known.join(", ")))
    })
}

pub const fn audio(name: AudioName) -> AudioChannel {
    match name {
        AudioName::Left => AudioChannel::Left,
        AudioName::Right => AudioChannel::Right,
        AudioName::Mix => AudioChannel::Mix,
    }
}

fn input(place: u8, name: &str, r: &Receiver, protocol: &'static ProtocolEntry, settings: &Settings) -> Result<Input, Failure> {
    let tuning = Tuning {
        center_hz: r.center_hz.unwrap_or(protocol.default_tuning.center_hz),
        rate_sps: r.rate_sps.unwrap_or(protocol.default_tuning.rate_sps),
    };
    match r.source {
        SourceKind::File => Ok(file(r, protocol)),
        SourceKind::Sim => {
            let site = site(settings).unwrap_or_else(|| sim::world::WorldConfig::default().center);
            let center = r.sky_center.and_then(|[lat, lon]| LatLon::from_degrees(lat, lon)).unwrap_or(site);
            let sky =
                Sky { seed: r.seed, aircraft: r.aircraft, center, site, receiver_seed: u64::from(place) + seed_of(&settings.station.id) };
            let protocol = protocol.protocol;
            Ok(Input::Samples(Box::new(move || Ok(Box::new(SkySource::open(&sky, protocol, tuning)?) as Box<dyn SampleSource>))))
        }
        SourceKind::Beast => Ok(network(name, r, Framing::Beast)),
        SourceKind::Avr => Ok(network(name, r, Framing::Lines)),
        SourceKind::AudioTcp => Ok(audio_tcp(r, tuning)),
        SourceKind::NmeaTcp
        | SourceKind::NmeaListen
        | SourceKind::NmeaUdp
        | SourceKind::NmeaSerial
        | SourceKind::NmeaFile
        | SourceKind::Gpsd => Ok(sentences(r)),
        SourceKind::KissTcp
        | SourceKind::KissSerial
        | SourceKind::Agw
        | SourceKind::AprsIs
        | SourceKind::AprsTcp
        | SourceKind::AprsUdp
        | SourceKind::AprsFile => Ok(packets(r, None)),
        SourceKind::Sbs => {
            let address = r.address.clone().unwrap_or_default();
            let open = move || Ok(Box::new(TcpFeed::connect(Telling::Sbs.name(), &address)?) as Box<dyn ByteSource>);
            Ok(Input::Facts(Box::new(open), Telling::Sbs))
        }
        SourceKind::AircraftJson => Ok(aircraft_json(r)),
        SourceKind::RtlTcp => Ok(rtl_tcp(r, tuning)),
        SourceKind::Rtlsdr => rtl_sdr(name, r, tuning),
    }
}

/// Two stations under one sky have noise of their own.
fn seed_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn file(r: &Receiver, protocol: &'static ProtocolEntry) -> Input {
    let path = r.path.clone().unwrap_or_default();
    let options = RecordingOptions {
        layout: r.format.map(layout),
        rate_sps: r.rate_sps,
        center_hz: r.center_hz,
        audio: r.audio.map(audio),
        default_center_hz: protocol.default_tuning.center_hz,
        iq_swap: r.iq_swap,
        pace: pace(r.pace),
        passes: if r.repeat { hw::Passes::Endless } else { hw::Passes::default() },
    };
    Input::Samples(Box::new(move || Ok(Box::new(Recording::open(&path, &options)?) as Box<dyn SampleSource>)))
}

pub const fn layout(format: RecordingFormat) -> Layout {
    match format {
        RecordingFormat::Cu8 => Layout::Iq(IqFormat::Cu8),
        RecordingFormat::Cs16 => Layout::Iq(IqFormat::Cs16),
        RecordingFormat::Cf32 => Layout::Iq(IqFormat::Cf32),
        RecordingFormat::Wav => Layout::Wav,
        RecordingFormat::S16 => Layout::S16,
    }
}

fn network(name: &str, r: &Receiver, framing: Framing) -> Input {
    let (kind, address) = (framing.name(), r.address.clone().unwrap_or_default());
    tracing::debug!(receiver = name, kind, address, "network feed");
    Input::Bytes(Box::new(move || Ok(Box::new(TcpFeed::connect(kind, &address)?) as Box<dyn ByteSource>)), framing)
}

fn audio_tcp(r: &Receiver, tuning: Tuning) -> Input {
    let address = r.address.clone().unwrap_or_default();
    Input::Samples(Box::new(move || Ok(Box::new(AudioFeed::connect(&address, tuning)?) as Box<dyn SampleSource>)))
}

/// AIS sentences, from wherever they come.
fn sentences(r: &Receiver) -> Input {
    let (source, kind) = (r.source, Framing::Nmea.name());
    let address = r.address.clone().unwrap_or_else(|| "127.0.0.1:2947".to_owned());
    let (path, baud, pace, repeat) = (r.path.clone().unwrap_or_default(), r.baud, pace(r.pace), r.repeat);
    let open = move || -> Result<Box<dyn ByteSource>, SourceError> {
        Ok(match source {
            SourceKind::NmeaListen => Box::new(TcpListenFeed::listen(kind, &address)?),
            SourceKind::NmeaUdp => Box::new(UdpFeed::listen(kind, &address)?),
            SourceKind::NmeaSerial => Box::new(SerialSource::open(kind, &path.display().to_string(), baud)?),
            SourceKind::NmeaFile => Box::new(LineRecording::open(&path, pace, repeat)?),
            SourceKind::Gpsd => Box::new(TcpFeed::gpsd(&address)?),
            _ => Box::new(TcpFeed::connect(kind, &address)?),
        })
    };
    Input::Bytes(Box::new(open), Framing::Nmea)
}

/// APRS packets, from wherever they come; and the way back to a TNC that sends.
fn packets(r: &Receiver, way_back: Option<WayBack>) -> Input {
    let source = r.source;
    let framing = match source {
        SourceKind::KissTcp | SourceKind::KissSerial => Framing::Kiss,
        SourceKind::Agw => Framing::Agw,
        _ => Framing::Tnc2,
    };
    let kind = framing.name();
    let address = r.address.clone().unwrap_or_else(|| APRS_IS.to_owned());
    let (path, baud, pace, repeat) = (r.path.clone().unwrap_or_default(), r.baud, pace(r.pace), r.repeat);
    let login = internet::login(r.callsign.as_deref().unwrap_or_default(), env!("CARGO_PKG_VERSION"), r.filter.as_deref());
    let open = move || -> Result<Box<dyn ByteSource>, SourceError> {
        Ok(match source {
            SourceKind::KissSerial => {
                let port = SerialSource::open(kind, &path.display().to_string(), baud)?;
                if let Some(way_back) = &way_back {
                    way_back.set(port.writer()?);
                }
                Box::new(port)
            }
            SourceKind::KissTcp => {
                let feed = TcpFeed::connect(kind, &address)?;
                if let Some(way_back) = &way_back {
                    way_back.set(feed.writer()?);
                }
                Box::new(feed)
            }
            SourceKind::Agw => Box::new(TcpFeed::greet(kind, &address, AGW_MONITOR)?),
            SourceKind::AprsIs => Box::new(TcpFeed::greet("aprs_is", &address, &login)?),
            SourceKind::AprsUdp => Box::new(UdpFeed::listen(kind, &address)?),
            SourceKind::AprsFile => Box::new(LineRecording::open(&path, pace, repeat)?),
            _ => Box::new(TcpFeed::connect(kind, &address)?),
        })
    };
    Input::Bytes(Box::new(open), framing)
}

const fn pace(pace: Pace) -> hw::Pace {
    match pace {
        Pace::Life => hw::Pace::Life,
        Pace::FlatOut => hw::Pace::FlatOut,
    }
}

fn aircraft_json(r: &Receiver) -> Input {
    let (url, path) = (r.url.clone(), r.path.clone().unwrap_or_default());
    let kind = Telling::AircraftJson.name();
    let open = move || {
        let document = match &url {
            Some(url) => PolledDocument::url(kind, url)?,
            None => PolledDocument::file(kind, &path)?,
        };
        Ok(Box::new(document) as Box<dyn ByteSource>)
    };
    Input::Facts(Box::new(open), Telling::AircraftJson)
}

fn rtl_tcp(r: &Receiver, tuning: Tuning) -> Input {
    let options = RtlTcpOptions {
        address: r.address.clone().unwrap_or_default(),
        tuning,
        gain_tenths_db: tenths(r.gain),
        ppm: r.ppm,
        bias_tee: r.bias_tee,
    };
    Input::Samples(Box::new(move || Ok(Box::new(RtlTcpSource::connect(&options)?) as Box<dyn SampleSource>)))
}

#[cfg(feature = "rtlsdr")]
fn rtl_sdr(_name: &str, r: &Receiver, tuning: Tuning) -> Result<Input, Failure> {
    use hw::{RtlSdrDevice, RtlSdrOptions, RtlSdrSource, TunerGainSetting};
    let options = RtlSdrOptions {
        device: r.serial.clone().map_or(RtlSdrDevice::Index(0), RtlSdrDevice::Serial),
        tuning,
        gain: tenths(r.gain).map_or(TunerGainSetting::Auto, TunerGainSetting::TenthsDb),
        ppm: r.ppm,
        bias_tee: r.bias_tee,
        bandwidth_hz: None,
    };
    Ok(Input::Samples(Box::new(move || Ok(Box::new(RtlSdrSource::open(&options)?) as Box<dyn SampleSource>))))
}

#[cfg(not(feature = "rtlsdr"))]
fn rtl_sdr(name: &str, _: &Receiver, _: Tuning) -> Result<Input, Failure> {
    Err(Failure::config(format!("receivers.{name}: this vtoc was built without feature rtlsdr; use rtl_tcp")))
}

/// `None`: automatic.
fn tenths(gain: Gain) -> Option<i32> {
    match gain {
        Gain::Db(db) => Some((db * 10.0).round() as i32),
        Gain::Auto => None,
    }
}
