//! The information field: what an APRS packet says (APRS Protocol Reference 1.0.1, chapter 5: the first byte is the data type).
//!
//! | type | what |
//! |---|---|
//! | `!` `=` `/` `@` | position, without and with time (`!!`: Ultimeter weather) |
//! | `` ` `` `'` 1C 1D | Mic-E |
//! | `;` `)` | object, item |
//! | `$` | NMEA; `$ULTW`: Ultimeter weather |
//! | `_` | weather without a position |
//! | `>` `<` `?` | status, capabilities, query |
//! | `:` | message, bulletin, acknowledgement, telemetry's parameters |
//! | `T` | telemetry |
//! | `#` `*` | Peet Bros U-II weather, raw |
//! | `%` | Agrelo direction finder |
//! | `[` | locator beacon |
//! | `,` | invalid or test data: refused as such |
//! | `+` `&` `.` | reserved by the specification, without a format: refused |
//! | `}` | third party: another packet inside |
//! | `{` | user-defined: two bytes that name it, and its own |
//! | else | position behind a `!` within the first 40 bytes (ch. 5) |

mod comment;
mod device;
mod extension;
mod message;
mod mic_e;
mod nmea;
mod object;
mod place;
mod telemetry;
mod time;
mod weather;

pub use device::{MicEDevice, by_destination as device};
pub use extension::{Antenna, Bearing, Reach, coverage};
pub use message::{Message, MessageKind};
pub use mic_e::{Bit, MicE};
pub use place::Place;
pub use telemetry::{Meaning, Telemetry};
pub use time::Time;
pub use weather::Report as WeatherReport;

use core::fmt;
use model::{CentiDegrees, DeciKnots, ShortText};

/// Table and code of a symbol (ch. 20).
pub type Symbol = [u8; 2];

/// Everything a packet with a position says.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub place: Place,
    pub symbol: Option<Symbol>,
    pub track: Option<CentiDegrees>,
    pub speed: Option<DeciKnots>,
    pub altitude_ft: Option<i32>,
    pub weather: Option<WeatherReport>,
    pub reach: Option<Reach>,
    pub bearing: Option<Bearing>,
    pub telemetry: Option<Telemetry>,
    pub mic_e: Option<MicE>,
    pub device: Option<MicEDevice>,
    pub time: Option<Time>,
    /// Takes messages. `None`: doesn't say.
    pub messaging: Option<bool>,
    /// The satellite fix is a current one. `None`: doesn't say.
    pub current_fix: Option<bool>,
    /// Datum of a `!DAO!`; `W` is WGS 84.
    pub datum: Option<u8>,
    pub comment: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    Position(Report),
    /// An object or item: something that another station tells of.
    Object {
        name: ShortText<9>,
        live: bool,
        report: Report,
    },
    Weather(WeatherReport),
    Status {
        time: Option<Time>,
        text: String,
    },
    /// Words, and what they are worth (ch. 15).
    Capabilities(Vec<(String, Option<String>)>),
    /// `APRS?` for everybody, or with a station's place and range.
    Query(String),
    Message(Message),
    Telemetry(Telemetry),
    /// Where a direction finder hears what it looks for.
    Bearing(model::Bearing),
    /// Somebody's own format: who, which, what (ch. 18).
    UserDefined {
        user: u8,
        kind: u8,
        body: String,
    },
    ThirdParty {
        source: ShortText<9>,
        packet: Box<Packet>,
    },
}

/// The rule that a packet breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketError {
    Empty,
    /// No data type of ch. 5, and no `!` position either.
    DataType(u8),
    /// ch. 5: `,` marks what is not to be taken.
    TestData,
    /// ch. 5: `+`, `&` and `.` are reserved; nothing says what follows.
    Reserved(u8),
    /// ch. 5: no bearing and quality of a direction finder.
    Bearing,
    /// ch. 5: no locator of four or six characters in brackets.
    Locator,
    /// ch. 6, 8, 9: latitude or longitude is not as written there, or out of range.
    Position,
    /// ch. 20: the table is none of `/`, `\`, 0–9, A–Z.
    SymbolTable(u8),
    /// ch. 10: the destination or the first nine bytes are not Mic-E.
    MicE,
    /// ch. 11: name or status of an object or item.
    Object,
    /// NMEA 0183: fields missing or not numbers.
    Nmea,
    NmeaChecksum,
    /// The satellite receiver itself says that it has no fix.
    NoFix,
    /// ch. 12: no weather where there should be.
    Weather,
    /// ch. 14: the addressee is not nine characters between colons.
    Message,
    /// ch. 13: no sequence, or a value that is no number.
    Telemetry,
    /// ch. 15: a question without an end.
    Query,
    /// ch. 18: no two bytes that name the format.
    UserDefined,
    /// ch. 17: no header inside, or third party in third party.
    ThirdParty,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no information"),
            Self::DataType(b) => write!(f, "unknown data type {b:02x}"),
            Self::TestData => f.write_str("invalid or test data"),
            Self::Reserved(b) => write!(f, "data type {b:02x} is reserved"),
            Self::Bearing => f.write_str("malformed bearing"),
            Self::Locator => f.write_str("malformed locator"),
            Self::Position => f.write_str("malformed position"),
            Self::SymbolTable(b) => write!(f, "{b:02x} is no symbol table"),
            Self::MicE => f.write_str("malformed Mic-E"),
            Self::Object => f.write_str("malformed object or item"),
            Self::Nmea => f.write_str("malformed NMEA sentence"),
            Self::NmeaChecksum => f.write_str("wrong NMEA checksum"),
            Self::NoFix => f.write_str("NMEA sentence without a fix"),
            Self::Weather => f.write_str("malformed weather report"),
            Self::Telemetry => f.write_str("malformed telemetry"),
            Self::Query => f.write_str("malformed query"),
            Self::UserDefined => f.write_str("malformed user-defined packet"),
            Self::Message => f.write_str("malformed message"),
            Self::ThirdParty => f.write_str("malformed third-party packet"),
        }
    }
}

impl core::error::Error for PacketError {}

/// `!` may stand this far from the beginning (ch. 5).
const BANG_WITHIN: usize = 40;

impl Packet {
    /// `destination`: call sign of the destination without SSID (Mic-E's latitude and NMEA's symbol are in it).
    pub fn parse(destination: &[u8], info: &[u8]) -> Result<Self, PacketError> {
        Self::parse_nested(destination, info, false)
    }

    fn parse_nested(destination: &[u8], info: &[u8], inside: bool) -> Result<Self, PacketError> {
        let (&kind, rest) = info.split_first().ok_or(PacketError::Empty)?;
        match kind {
            b'!' if rest.first() == Some(&b'!') => weather::logger(&rest[1..]).map(Self::Weather),
            b'!' | b'=' => Ok(Self::Position(Report { messaging: Some(kind == b'='), ..place::report(rest)? })),
            b'/' | b'@' => {
                let (time, rest) = rest.split_at_checked(7).ok_or(PacketError::Position)?;
                Ok(Self::Position(Report { messaging: Some(kind == b'@'), time: Time::parse(time), ..place::report(rest)? }))
            }
            b'`' | b'\'' | 0x1C | 0x1D => mic_e::report(destination, rest).map(Self::Position),
            b';' => object::object(rest),
            b')' => object::item(rest),
            b'$' if rest.starts_with(b"ULTW") => weather::packet_mode(&rest[4..]).map(Self::Weather),
            b'$' => nmea::report(destination, rest).map(Self::Position),
            b'_' => weather::positionless(rest).map(Self::Weather),
            b'>' => Ok(status(rest)),
            b'<' => Ok(Self::Capabilities(capabilities(rest))),
            b'?' if rest.contains(&b'?') => Ok(Self::Query(text(rest))),
            b'?' => Err(PacketError::Query),
            b':' => Message::parse(rest).map(Self::Message),
            b'T' if rest.first() == Some(&b'#') => Telemetry::parse(&rest[1..]).map(Self::Telemetry),
            b'{' => match rest {
                [user, kind, body @ ..] => Ok(Self::UserDefined { user: *user, kind: *kind, body: text(body) }),
                _ => Err(PacketError::UserDefined),
            },
            b'#' | b'*' if weather::peet_bros(rest, kind == b'#').is_ok() => weather::peet_bros(rest, kind == b'#').map(Self::Weather),
            b'%' if extension::agrelo(rest).is_ok() => extension::agrelo(rest).map(Self::Bearing),
            b'[' => place::locator(rest).map(Self::Position),
            b'}' if !inside => third_party(rest),
            b'}' => Err(PacketError::ThirdParty),
            _ => {
                let bang = info.iter().take(BANG_WITHIN).position(|&b| b == b'!').ok_or_else(|| refused(kind))?;
                Ok(Self::Position(Report { messaging: Some(false), ..place::report(&info[bang + 1..])? }))
            }
        }
    }
}

/// Why nothing of this type is taken, without a `!` position either.
fn refused(kind: u8) -> PacketError {
    match kind {
        b',' => PacketError::TestData,
        b'+' | b'&' | b'.' => PacketError::Reserved(kind),
        b'#' | b'*' => PacketError::Weather,
        b'%' => PacketError::Bearing,
        _ => PacketError::DataType(kind),
    }
}

/// `SOURCE>DESTINATION,PATH:information` (ch. 17). Names on a network may be longer than AX.25 allows: nine characters.
fn third_party(inner: &[u8]) -> Result<Packet, PacketError> {
    let split = |b: u8, at: &[u8]| at.iter().position(|&x| x == b).ok_or(PacketError::ThirdParty);
    let colon = split(b':', inner)?;
    let header = &inner[..colon];
    let arrow = split(b'>', header)?;
    let source = name(&header[..arrow]).ok_or(PacketError::ThirdParty)?;
    let destination = header[arrow + 1..].split(|b| matches!(b, b',' | b'-' | b'*')).next().unwrap_or_default();
    let packet = Packet::parse_nested(destination, &inner[colon + 1..], true)?;
    Ok(Packet::ThirdParty { source, packet: Box::new(packet) })
}

fn status(b: &[u8]) -> Packet {
    let time = b.get(..7).filter(|t| t[6] == b'z').and_then(Time::parse);
    Packet::Status { time, text: text(if time.is_some() { &b[7..] } else { b }) }
}

/// Words of `<A,B=1,…` that are kept.
const CAPABILITIES_MAX: usize = 32;

fn capabilities(b: &[u8]) -> Vec<(String, Option<String>)> {
    let pair = |word: &[u8]| match word.iter().position(|&b| b == b'=') {
        Some(at) => (text(&word[..at]), Some(text(&word[at + 1..]))),
        None => (text(word), None),
    };
    b.split(|&b| b == b',').take(CAPABILITIES_MAX).map(pair).filter(|(word, _)| !word.is_empty()).collect()
}

/// A name of 1–9 printable ASCII characters, without padding.
fn name(b: &[u8]) -> Option<ShortText<9>> {
    let b = b.trim_ascii_end();
    let fits = !b.is_empty() && b.iter().all(|b| (b' '..=b'~').contains(b));
    if fits { ShortText::new(core::str::from_utf8(b).ok()?).ok() } else { None }
}

/// Digits only, up to nine of them.
pub(crate) fn number(b: &[u8]) -> Option<u32> {
    let digits = !b.is_empty() && b.len() <= 9 && b.iter().all(u8::is_ascii_digit);
    digits.then(|| b.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
}

/// Base 91, most significant first, `!` = 0 … `{` = 90.
fn base91(b: &[u8]) -> Option<u32> {
    b.iter().try_fold(0_u32, |n, &c| (b'!'..=b'{').contains(&c).then(|| n * 91 + u32::from(c - b'!')))
}

/// Text for people: UTF-8 or, failing that, Latin-1; control characters and outer blanks gone.
fn text(b: &[u8]) -> String {
    let keep = |c: &char| !c.is_control();
    let text: String = match core::str::from_utf8(b) {
        Ok(utf8) => utf8.chars().filter(keep).collect(),
        Err(_) => b.iter().map(|&b| char::from(b)).filter(keep).collect(),
    };
    text.trim().to_owned()
}

#[cfg(test)]
mod fap_tests;
#[cfg(test)]
mod tests;
