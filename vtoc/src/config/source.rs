//! What can be said of each kind of source.

use super::settings::SourceKind;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How APRS is sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ValueEnum, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ModemName {
    /// Tones of 1200 and 2200 Hz, 1200 bit/s, on every APRS channel in the band.
    #[default]
    Afsk1200,
    /// 9600 bit/s straight onto the carrier, on the tuned frequency.
    G3ruh9600,
}

impl SourceKind {
    /// Does it speak AIS sentences, and nothing else?
    pub const fn is_nmea(self) -> bool {
        matches!(self, Self::NmeaTcp | Self::NmeaListen | Self::NmeaUdp | Self::NmeaSerial | Self::NmeaFile | Self::Gpsd)
    }

    /// Does it bring APRS packets, and nothing else?
    pub const fn is_aprs(self) -> bool {
        matches!(self, Self::KissTcp | Self::KissSerial | Self::Agw | Self::AprsIs | Self::AprsTcp | Self::AprsUdp | Self::AprsFile)
    }

    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rtlsdr => "rtlsdr",
            Self::RtlTcp => "rtl_tcp",
            Self::AudioTcp => "audio_tcp",
            Self::File => "file",
            Self::Beast => "beast",
            Self::Avr => "avr",
            Self::NmeaTcp => "nmea_tcp",
            Self::NmeaListen => "nmea_listen",
            Self::NmeaUdp => "nmea_udp",
            Self::NmeaSerial => "nmea_serial",
            Self::NmeaFile => "nmea_file",
            Self::Gpsd => "gpsd",
            Self::KissTcp => "kiss_tcp",
            Self::KissSerial => "kiss_serial",
            Self::Agw => "agw",
            Self::AprsIs => "aprs_is",
            Self::AprsTcp => "aprs_tcp",
            Self::AprsUdp => "aprs_udp",
            Self::AprsFile => "aprs_file",
            Self::Sbs => "sbs",
            Self::AircraftJson => "aircraft_json",
            Self::Sim => "sim",
        }
    }
}
