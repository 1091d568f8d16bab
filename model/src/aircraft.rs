//! Facts that only aircraft tell: what the crew has selected, what the instruments measure, how good the data are,
//! which collision is being avoided, and what was heard but is not believed.

use crate::{CentiDegrees, DeciKnots, HeadingReference, Icao24, LatLon, ShortText};

/// A Mode S Comm-B reply does not name the register that it holds: the decoder infers it from the reply and the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InferredRegister {
    /// BDS code, one hexadecimal digit each: 0x40 is register 4,0.
    pub bds: u8,
    /// Probability that it is this register and no other, percent, rounded down.
    pub probability_percent: u8,
}

/// What the crew has selected: ADS-B target state and status, Comm-B register 4,0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Intent {
    /// `None`: the frame says itself what it holds (ADS-B).
    pub inferred: Option<InferredRegister>,
    /// Altitude selected on the mode control panel (MCP or FCU), feet.
    pub panel_alt_ft: Option<i32>,
    /// Altitude selected by the flight management system, feet.
    pub fms_alt_ft: Option<i32>,
    pub selected_heading: Option<(HeadingReference, CentiDegrees)>,
    /// Altimeter setting, tenths of a hectopascal.
    pub altimeter_dhpa: Option<u16>,
    pub autopilot: Option<bool>,
    pub vertical_navigation: Option<bool>,
    pub altitude_hold: Option<bool>,
    pub approach: Option<bool>,
    pub lateral_navigation: Option<bool>,
    pub tcas_operational: Option<bool>,
}

/// How bad a hazard of the air is (ICAO Doc 9871, registers 4,4 and 4,5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hazard {
    Nil,
    Light,
    Moderate,
    Severe,
}

/// Motion through the air and the air itself, by the aircraft's own instruments (Comm-B registers 4,4 4,5 5,0 6,0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AirData {
    pub inferred: Option<InferredRegister>,
    /// Hundredths of a degree, right wing down positive.
    pub roll_cdeg: Option<i16>,
    /// Direction of movement over ground, from true north.
    pub track: Option<CentiDegrees>,
    /// Hundredths of a degree per second, clockwise positive.
    pub track_rate_cdeg_s: Option<i16>,
    pub ground_speed: Option<DeciKnots>,
    pub true_airspeed: Option<DeciKnots>,
    pub indicated_airspeed: Option<DeciKnots>,
    /// Mach number in thousandths.
    pub mach_milli: Option<u16>,
    pub magnetic_heading: Option<CentiDegrees>,
    /// Feet per minute, up positive.
    pub baro_rate_fpm: Option<i32>,
    pub inertial_rate_fpm: Option<i32>,
    pub wind_from: Option<CentiDegrees>,
    pub wind_speed: Option<DeciKnots>,
    /// Static air temperature, hundredths of a degree Celsius.
    pub temperature_cdegc: Option<i16>,
    /// Static pressure, hectopascal.
    pub pressure_hpa: Option<u16>,
    pub humidity_percent: Option<u8>,
    /// Radio height, feet.
    pub radio_height_ft: Option<u32>,
    pub turbulence: Option<Hazard>,
    pub wind_shear: Option<Hazard>,
    pub microburst: Option<Hazard>,
    pub icing: Option<Hazard>,
    pub wake_vortex: Option<Hazard>,
}

/// How good the transmitter says its data are (ADS-B operational status, target state).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Quality {
    /// Radius that holds the true position with 95 % probability (EPU, from NACp), metres, rounded up.
    pub position_error_m: Option<u32>,
    /// Height error not exceeded with 95 % probability (from GVA), metres.
    pub geom_alt_error_m: Option<u16>,
    /// Horizontal velocity error not exceeded with 95 % probability (from NACv), decimetres per second.
    pub velocity_error_dm_s: Option<u16>,
    /// The position leaves its containment radius without an alert with probability 10^-n (SIL).
    pub integrity_exponent: Option<u8>,
    /// That probability is per sample; `false`: per flight hour.
    pub integrity_per_sample: Option<bool>,
    /// An undetected fault gives misleading data with probability 10^-n per flight hour (SDA).
    pub design_assurance_exponent: Option<u8>,
    /// The pressure altitude was cross-checked with a second source (NICbaro).
    pub baro_alt_checked: Option<bool>,
    /// Radius that the position leaves without an alert only with the probability above (Rc, from NIC), metres, rounded up.
    pub containment_m: Option<u32>,
}

/// Who an ACAS resolution advisory is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threat {
    Address(Icao24),
    /// A threat without Mode S, as the aircraft's ACAS sees it.
    Place {
        /// Pressure altitude, feet.
        alt_ft: Option<i32>,
        /// Tenths of a nautical mile.
        range_dnmi: Option<u16>,
        /// Degrees from the nose, clockwise.
        bearing_deg: Option<u16>,
    },
}

/// An ACAS (TCAS) resolution advisory: a collision is being avoided (ICAO Annex 10 Vol. IV §4.3.8.4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// Active resolution advisories, 14 bits as transmitted (ARA); the first bit on the air is bit 13.
    pub active: u16,
    /// Resolution advisory complements, 4 bits (RAC): do not pass below, above, turn left, turn right.
    pub complements: u8,
    /// The advisory has ended (RAT).
    pub terminated: bool,
    /// More than one threat (MTE).
    pub multiple_threats: bool,
    pub threat: Option<Threat>,
}

/// Why a value that was heard is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disbelief {
    /// Farther from the antenna than anything is heard.
    OutOfRange,
    /// Nothing flies or taxis there from the last place in the time.
    PositionJump,
    /// No climb or descent explains it, and nothing proves it.
    AltitudeJump,
    /// A repaired frame says a speed far from the one before.
    SpeedJump,
    /// A changed squawk, said once and without proof.
    SquawkChange,
    /// A changed callsign, said once and without proof.
    CallsignChange,
    /// "On the ground" at flying speed, or the contrary of a position message.
    GroundContradicted,
    /// A Comm-B register says another thing than ADS-B does.
    RegisterDisagrees,
}

impl Disbelief {
    pub const ALL: [Self; 8] = [
        Self::OutOfRange,
        Self::PositionJump,
        Self::AltitudeJump,
        Self::SpeedJump,
        Self::SquawkChange,
        Self::CallsignChange,
        Self::GroundContradicted,
        Self::RegisterDisagrees,
    ];

    /// The name used in JSON and storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfRange => "out_of_range",
            Self::PositionJump => "position_jump",
            Self::AltitudeJump => "altitude_jump",
            Self::SpeedJump => "speed_jump",
            Self::SquawkChange => "squawk_change",
            Self::CallsignChange => "callsign_change",
            Self::GroundContradicted => "ground_contradicted",
            Self::RegisterDisagrees => "register_disagrees",
        }
    }
}

/// A value that is kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspect {
    Position(LatLon),
    /// Pressure altitude, feet.
    BaroAltitude(i32),
    /// Over ground.
    Speed(DeciKnots),
    /// Over ground, from true north.
    Track(CentiDegrees),
    /// Four octal digits in decimal.
    Squawk(u16),
    Callsign(ShortText<9>),
    OnGround(bool),
}

/// Heard, and not believed: kept for people to judge, never part of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub why: Disbelief,
    pub suspect: Suspect,
    /// How many were disbelieved for this reason since the last that was told, this one included.
    pub count: u32,
}
