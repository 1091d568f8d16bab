//! One Mode S frame as the fields that the specification names. Pure bit reading: no state, no allocation.
//!
//! ```text
//!   short  | DF 5 | 27 bits                                   | parity 24 |    DF 0 4 5 11
//!   long   | DF 5 | CA 3 | AA 24 | ME 56                      | parity 24 |    DF 17 18
//!   long   | DF 5 | 27 bits      | MB or MV 56                | parity 24 |    DF 16 20 21
//!   long   | 11 | - | KE | ND 4 | MD 80                       | parity 24 |    DF 24 (two bits say so)
//!   long   | DF 5 | AF 3 | AA 24 | ME 56                      | parity 24 |    DF 19, AF 0 (1–7: military, not public)
//! ```
//!
//! Where the parity field carries the address (AP: DF 0, 4, 5, 16, 20, 21, 24), any bits make *some* address: whether to
//! believe it is the track table's decision, not this module's. An unused or reserved code is `None`, never a guess.

pub mod accuracy;
pub mod altitude;
pub mod ident;
pub mod operational;
pub mod position;
pub mod status;
pub mod target;
pub mod velocity;

use crate::adsb::parity;
use crate::bits::Bits;
use crate::registry::Refusal;
use model::{Advisory, Icao24};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Downlink format 0–24.
    pub df: u8,
    pub address: Icao24,
    pub body: Body,
}

// Short-lived and never stored: boxing would cost an allocation per frame.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// DF 0 and 16, between two aircraft: an altitude and, in an encounter, what ACAS does about it.
    AirAir { on_ground: bool, baro_alt_ft: Option<i32>, advisory: Option<Advisory> },
    /// DF 11. `interrogator` 0: acquisition squitter, or a reply to no particular radar.
    AllCall { on_ground: Option<bool>, interrogator: u8 },
    /// DF 4, 5, 20, 21. `comm_b`: the 56 bits of a register that the reply does not name.
    Surveillance { status: FlightStatus, reply: Reply, comm_b: Option<Bits<56>>, elm_segments: Option<u8> },
    /// DF 17 and 18.
    Squitter { sender: Sender, on_ground: Option<bool>, me: Me },
    /// DF 24: one segment of an extended length message.
    Elm(Elm),
}

/// The KE, ND and MD fields (Annex 10 Vol. IV §3.1.2.7.7, §3.1.2.7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elm {
    /// It acknowledges an uplink message: MD says which of its segments arrived, and is no content.
    pub acknowledges: bool,
    /// Number of the segment, 0–15.
    pub number: u8,
    pub content: [u8; ELM_BYTES],
}

/// Content of one segment.
pub const ELM_BYTES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Pressure altitude, feet.
    Altitude(Option<i32>),
    /// Mode A code, four octal digits in decimal.
    Squawk(u16),
}

/// The FS field (Annex 10 Vol. IV §3.1.2.6.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlightStatus {
    pub on_ground: Option<bool>,
    /// The squawk has changed or is an emergency.
    pub alert: Option<bool>,
    pub ident: Option<bool>,
}

/// Who sent an extended squitter, about whom (DF; CF and IMF of DF 18: DO-260B §2.2.3.2.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// DF 17.
    Transponder,
    /// DF 18 CF 0: with an ICAO address; CF 1: with one of its own choosing.
    NonTransponder { icao: bool },
    /// DF 18 CF 2 (or, not ICAO, 5): a ground station measured it.
    TisB { icao: bool },
    /// DF 18 CF 3: a ground station measured it, and says so in a layout of its own.
    TisBCoarse { icao: bool },
    /// DF 18 CF 6: a ground station repeats what it heard on another link.
    AdsR { icao: bool },
}

#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Me {
    Identification(ident::Identification),
    Surface(position::Surface),
    Airborne(position::Airborne),
    /// DF 18 CF 3.
    Coarse(position::Coarse),
    Velocity(velocity::AirborneVelocity),
    /// Type code 28 subtype 1.
    Emergency(status::EmergencyStatus),
    /// Type code 28 subtype 2. `None`: no advisory now. `well_formed`: reserved bits and absent threats are zeros.
    Advisory {
        advisory: Option<Advisory>,
        well_formed: bool,
    },
    Target(target::TargetState),
    Operational(operational::Operational),
    /// Type code 23 subtype 7.
    TestSquawk(Option<u16>),
    /// A type code or subtype without a meaning here.
    Other {
        type_code: u8,
    },
}

impl Message {
    /// Reads a frame of 7 or 14 bytes. Refused: [`Refusal::Length`] (wrong for the format), [`Refusal::Integrity`] (parity of
    /// a format that carries its address in clear), [`Refusal::Reserved`] (a format that is not defined, or military).
    pub fn parse(frame: &[u8]) -> Result<Self, Refusal> {
        let &first = frame.first().ok_or(Refusal::Length)?;
        let df = if 0xC0 <= first { 24 } else { first >> 3 };
        let expected = match df {
            0 | 4 | 5 | 11 => parity::SHORT_BYTES,
            16..=21 | 24 => parity::LONG_BYTES,
            _ => return Err(Refusal::Reserved),
        };
        if frame.len() != expected {
            return Err(Refusal::Length);
        }
        let head = bits_at(frame, 0);
        let overlay = parity::syndrome(frame);
        let clear = Icao24::new(head.get::<9, 32>()).expect("24 bits");
        let covered = Icao24::new(overlay).expect("24 bits");
        let (address, body) = match df {
            11 => (clear, all_call(head, overlay)?),
            // AF 0 is laid out, and protected, as DF 17. Of the others not even the place of the address is public.
            19 if head.get::<6, 8>() != 0 => return Err(Refusal::Reserved),
            17..=19 if overlay != 0 => return Err(Refusal::Integrity),
            17..=19 => (clear, squitter(df, head, bits_at(frame, 4))?),
            0 => (covered, air_air(head, None)),
            16 => (covered, air_air(head, Some(bits_at(frame, 4)))),
            4 | 5 => (covered, surveillance(df, head, None)),
            20 | 21 => (covered, surveillance(df, head, Some(bits_at(frame, 4)))),
            _ => (covered, Body::Elm(elm(head, frame))),
        };
        Ok(Self { df, address, body })
    }

    /// The address stands in clear and parity protects it: the frame is evidence that the aircraft is there.
    pub const fn names_its_sender(&self) -> bool {
        matches!(self.body, Body::AllCall { .. } | Body::Squitter { .. })
    }
}

fn bits_at(frame: &[u8], at: usize) -> Bits<56> {
    Bits::from_bytes(frame[at..at + 7].try_into().expect("seven bytes of a frame whose length was checked"))
}

/// VS, bit 6: on the ground. Altitude code: bits 20–32.
fn air_air(head: Bits<56>, mv: Option<Bits<56>>) -> Body {
    let advisory = mv.filter(|&mv| mv.get::<1, 8>() == 0x30 && status::is_well_formed_advisory(mv)).and_then(status::advisory);
    Body::AirAir { on_ground: head.flag::<6>(), baro_alt_ft: altitude::from_ac13(head.get::<20, 32>()), advisory }
}

/// The overlay of an all-call reply is the interrogator's code: anything above it is a bit error.
fn all_call(head: Bits<56>, overlay: u32) -> Result<Body, Refusal> {
    if parity::INTERROGATOR_MAX < overlay {
        return Err(Refusal::Integrity);
    }
    Ok(Body::AllCall { on_ground: capability_on_ground(head), interrogator: overlay as u8 })
}

fn surveillance(df: u8, head: Bits<56>, comm_b: Option<Bits<56>>) -> Body {
    let code = head.get::<20, 32>();
    let reply = if df == 4 || df == 20 { Reply::Altitude(altitude::from_ac13(code)) } else { Reply::Squawk(altitude::squawk(code)) };
    let (on_ground, alert, ident) = match head.get::<6, 8>() {
        0 => (Some(false), Some(false), Some(false)),
        1 => (Some(true), Some(false), Some(false)),
        2 => (Some(false), Some(true), Some(false)),
        3 => (Some(true), Some(true), Some(false)),
        4 => (None, Some(true), Some(true)),
        5 => (None, Some(false), Some(true)),
        _ => (None, None, None),
    };
    // DR, bits 9–13: 16 and above announce DR − 15 segments of an extended length message.
    let elm_segments = Some(head.get::<9, 13>() as u8).filter(|&dr| 16 <= dr).map(|dr| dr - 15);
    Body::Surveillance { status: FlightStatus { on_ground, alert, ident }, reply, comm_b, elm_segments }
}

/// Bit 4 KE, 5–8 ND, 9–88 MD. (Bits 1–2 are the format, 3 is spare.)
fn elm(head: Bits<56>, frame: &[u8]) -> Elm {
    let content = frame[1..=ELM_BYTES].try_into().expect("ten bytes of a long frame");
    Elm { acknowledges: head.flag::<4>(), number: head.get::<5, 8>() as u8, content }
}

/// CA, bits 6–8 of DF 11 and 17: 4 on the ground, 5 airborne, 6 and 7 either; 0–3 don't say.
fn capability_on_ground(head: Bits<56>) -> Option<bool> {
    match head.get::<6, 8>() {
        4 => Some(true),
        5 => Some(false),
        _ => None,
    }
}

fn squitter(df: u8, head: Bits<56>, field: Bits<56>) -> Result<Body, Refusal> {
    if df == 18 && head.get::<6, 8>() == 3 {
        let sender = Sender::TisBCoarse { icao: !field.flag::<1>() };
        return Ok(Body::Squitter { sender, on_ground: None, me: Me::Coarse(position::coarse(field)) });
    }
    let me = me(field);
    if df == 19 {
        return Ok(Body::Squitter { sender: Sender::Transponder, on_ground: None, me });
    }
    if df == 17 {
        return Ok(Body::Squitter { sender: Sender::Transponder, on_ground: capability_on_ground(head), me });
    }
    let icao = !mode_a_flag(field, &me);
    let sender = match head.get::<6, 8>() {
        0 => Sender::NonTransponder { icao: true },
        1 => Sender::NonTransponder { icao: false },
        2 => Sender::TisB { icao },
        5 => Sender::TisB { icao: false },
        6 => Sender::AdsR { icao },
        // 4: management messages of the ground station, about no aircraft; 7: reserved.
        _ => return Err(Refusal::Reserved),
    };
    Ok(Body::Squitter { sender, on_ground: None, me })
}

/// IMF: the address of a TIS-B or ADS-R target is a Mode A code or a track number (DO-260B §2.2.17.2.1; its place differs).
fn mode_a_flag(field: Bits<56>, me: &Me) -> bool {
    match me {
        Me::Airborne(p) => p.bit_8,
        Me::Surface(p) => p.bit_21,
        Me::Velocity(v) => v.bit_9,
        Me::Target(_) => field.flag::<51>(),
        Me::Emergency(_) | Me::Advisory { .. } | Me::Operational(_) => field.flag::<56>(),
        Me::Coarse(_) | Me::Identification(_) | Me::TestSquawk(_) | Me::Other { .. } => false,
    }
}

/// Reads an ME field by its type code (DO-260B table 2-12).
pub fn me(field: Bits<56>) -> Me {
    let type_code = field.get::<1, 5>() as u8;
    let other = Me::Other { type_code };
    match type_code {
        1..=4 => Me::Identification(ident::parse(field)),
        5..=8 => Me::Surface(position::surface(field)),
        0 | 9..=18 | 20..=22 => Me::Airborne(position::airborne(field)),
        19 => velocity::parse(field).map_or(other, Me::Velocity),
        23 => Me::TestSquawk(status::test_message(field)),
        28 => match field.get::<6, 8>() {
            1 => Me::Emergency(status::emergency(field)),
            2 => Me::Advisory { advisory: status::advisory(field), well_formed: status::is_well_formed_advisory(field) },
            _ => other,
        },
        29 => target::parse(field).map_or(other, Me::Target),
        31 => operational::parse(field).map_or(other, Me::Operational),
        _ => other,
    }
}
