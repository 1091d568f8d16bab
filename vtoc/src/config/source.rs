//! What can be said of each kind of source.

use super::settings::SourceKind;

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
