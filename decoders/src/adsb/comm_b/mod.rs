//! Which register does a Comm-B reply hold? It does not say: the radar that asked knows, we don't.
//!
//! Each register makes some bit patterns likely and most impossible; so do the aircraft's recent altitude, speed, track and
//! callsign. Bayes' rule over all registers that are in use, and one hypothesis "something else, any bits", gives the
//! probability that a register is the right one. Nothing is told below [`TOLD_PERCENT`].
//!
//! ```text
//!   P(register | bits, track) ∝ prior · Π fields P(status) · P(value | status, track)
//!     reserved bits, and values whose status bit is off:  0, or the register is impossible
//!     value near what the track says (ADS-B speed, DF 20 altitude …): Laplace around it, with a floor for outliers
//!     value without context: Laplace around the usual (roll 0°, 1013 hPa, ISA temperature) or uniform
//! ```
//!
//! Everything is in log2; Laplace keeps it free of transcendental functions but for one Mach number to airspeed.

mod likelihood;
pub mod registers;

use crate::bits::Bits;
use model::{InferredRegister, ShortText};

/// A register is told only when it is at least this likely.
pub const TOLD_PERCENT: u8 = 95;

/// The registers that radars ask for. The discriminant is the BDS code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Register {
    /// 1,0 data link capability.
    DataLink = 0x10,
    /// 1,7 which registers the aircraft serves.
    Served = 0x17,
    /// 2,0 aircraft identification.
    Identification = 0x20,
    /// 2,1 registration.
    Registration = 0x21,
    /// 3,0 ACAS resolution advisory.
    Advisory = 0x30,
    /// 4,0 selected vertical intention.
    Selected = 0x40,
    /// 4,4 meteorological routine report.
    RoutineReport = 0x44,
    /// 4,5 meteorological hazard report.
    HazardReport = 0x45,
    /// 5,0 track and turn.
    TrackAndTurn = 0x50,
    /// 6,0 heading and speed.
    HeadingAndSpeed = 0x60,
}

impl Register {
    pub const ALL: [Self; 10] = [
        Self::DataLink,
        Self::Served,
        Self::Identification,
        Self::Registration,
        Self::Advisory,
        Self::Selected,
        Self::RoutineReport,
        Self::HazardReport,
        Self::TrackAndTurn,
        Self::HeadingAndSpeed,
    ];

    pub const fn bds(self) -> u8 {
        self as u8
    }

    /// Share of the replies over Europe and the United States that hold it, as log2; the rest is [`OTHER_LOG2`].
    const fn prior_log2(self) -> f64 {
        match self {
            Self::Selected | Self::TrackAndTurn | Self::HeadingAndSpeed => -2.0,
            Self::Identification | Self::DataLink => -4.0,
            Self::Served => -5.0,
            Self::Advisory => -7.0,
            Self::RoutineReport => -8.0,
            Self::HazardReport | Self::Registration => -10.0,
        }
    }

    /// Its flag in register 1,7: the bit's number. Registers 1,0 1,7 and 3,0 need no flag.
    const fn served_bit(self) -> Option<u32> {
        match self {
            Self::Identification => Some(7),
            Self::Registration => Some(8),
            Self::Selected => Some(9),
            Self::RoutineReport => Some(13),
            Self::HazardReport => Some(14),
            Self::TrackAndTurn => Some(16),
            Self::HeadingAndSpeed => Some(24),
            Self::DataLink | Self::Served | Self::Advisory => None,
        }
    }
}

/// Another register, or one that the transponder fills wrongly: any 56 bits, in 6 % of replies.
const OTHER_LOG2: f64 = -4.0 - 56.0;
/// The aircraft said that it does not serve the register: it then answers with zeros, if at all.
const NOT_SERVED_LOG2: f64 = -7.0;

/// What is known of the aircraft at the time of the reply. `None`: not recently said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    /// Pressure altitude, feet (DF 20 says it in the same reply).
    pub alt_ft: Option<i32>,
    /// Over ground, knots.
    pub speed_kt: Option<f64>,
    /// Over ground, degrees from true north.
    pub track_deg: Option<f64>,
    pub vertical_rate_fpm: Option<i32>,
    pub callsign: Option<ShortText<9>>,
    /// The flags of register 1,7.
    pub served: Option<Bits<56>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inference {
    pub register: Register,
    /// Rounded down.
    pub probability_percent: u8,
}

impl Inference {
    pub const fn inferred(self) -> InferredRegister {
        InferredRegister { bds: self.register.bds(), probability_percent: self.probability_percent }
    }
}

/// The likeliest register. `None`: empty (all zeros: the register is not filled), or "something else" is likelier.
pub fn infer(mb: Bits<56>, context: &Context) -> Option<Inference> {
    if mb.value() == 0 {
        return None;
    }
    let mut scores = [f64::NEG_INFINITY; Register::ALL.len()];
    let mut best = (OTHER_LOG2, None);
    for (score, register) in scores.iter_mut().zip(Register::ALL) {
        let Some(likelihood) = likelihood::log2(register, mb, context) else { continue };
        let served = match (context.served, register.served_bit()) {
            (Some(flags), Some(bit)) if flags.value() >> (56 - bit) & 1 == 0 => NOT_SERVED_LOG2,
            _ => 0.0,
        };
        *score = register.prior_log2() + likelihood + served;
        if best.0 < *score {
            best = (*score, Some(register));
        }
    }
    let register = best.1?;
    let rivals: f64 = scores.iter().chain([&OTHER_LOG2]).filter(|&&s| best.0 - s < 20.0).map(|s| (s - best.0).exp2()).sum();
    Some(Inference { register, probability_percent: (100.0 / rivals) as u8 })
}

#[cfg(test)]
mod tests;
