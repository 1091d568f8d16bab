//! What an aircraft or a vehicle says, and what a ground station says about one (DO-282B §2.2.4.5).
//!
//! ```text
//!  byte  1          2…4       5…17            18…29         30…34
//!       | type 5,  | address | state vector  | mode status | auxiliary state vector, or target state |
//!       | AQ 3     | 24      | 104 bits      | 96 bits     | 40 bits                                 |
//!
//!  type   0 (basic)   1        2        3        4        5        6              7…10       11…31
//!         SV          SV MS    SV AUX   SV MS    SV TS    SV AUX   SV TS(25) AUX  SV, rest   header only
//!                     AUX               TS                                        reserved
//! ```
//! Bytes and bits are counted from 1, as in the standard.

mod mode;
mod state;
mod target;

pub use mode::{ModeStatus, epu_m};
pub use state::{Direction, Motion, StateVector, place as state_place};

use super::bytes::Fields;
use crate::registry::Refusal;
use model::{Icao24, Intent};

/// Whose address it is, and who says so (§2.2.4.5.1.2, table 2-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qualifier {
    AdsbIcao,
    /// Self-assigned, for anonymity.
    AdsbOther,
    /// A ground station about an aircraft with an ICAO address: TIS-B or ADS-R.
    TisbIcao,
    /// A ground station about a radar track.
    TisbTrackFile,
    Vehicle,
    FixedBeacon,
    AdsrOther,
    Reserved,
}

impl Qualifier {
    const fn of(code: u32) -> Self {
        match code {
            0 => Self::AdsbIcao,
            1 => Self::AdsbOther,
            2 => Self::TisbIcao,
            3 => Self::TisbTrackFile,
            4 => Self::Vehicle,
            5 => Self::FixedBeacon,
            6 => Self::AdsrOther,
            _ => Self::Reserved,
        }
    }

    /// A ground station speaks, not the one who is meant.
    pub const fn from_ground(self) -> bool {
        matches!(self, Self::TisbIcao | Self::TisbTrackFile | Self::AdsrOther)
    }
}

/// One ADS-B message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub payload_type: u8,
    pub qualifier: Qualifier,
    pub address: Icao24,
    pub state: Option<StateVector>,
    pub mode: Option<ModeStatus>,
    /// The altitude that the state vector does not have: geometric where that is barometric, and the reverse. Feet.
    pub secondary_alt_ft: Option<i32>,
    pub intent: Option<Intent>,
}

/// Payloads without parity.
pub const BASIC_BYTES: usize = 18;
pub const LONG_BYTES: usize = 34;

impl Message {
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let fields = Fields(bytes);
        let payload_type = fields.get(1, 1, 5) as u8;
        if bytes.len() != if payload_type == 0 { BASIC_BYTES } else { LONG_BYTES } {
            return Err(Refusal::Length);
        }
        let qualifier = Qualifier::of(fields.get(1, 6, 3));
        if qualifier == Qualifier::Reserved {
            return Err(Refusal::Sanity);
        }
        let has = |types: &[u8]| types.contains(&payload_type);
        let state = (payload_type <= 10).then(|| StateVector::read(fields));
        let mode = has(&[1, 3]).then(|| ModeStatus::read(fields)).transpose()?;
        let secondary_alt_ft = if has(&[1, 2, 5, 6]) { state::altitude_ft(fields.get(30, 1, 12)) } else { None };
        let magnetic = mode.as_ref().is_none_or(|m| m.heading_is_magnetic);
        let intent = match payload_type {
            3 | 4 => target::read(fields, 30, magnetic),
            6 => target::read(fields, 25, magnetic),
            _ => None,
        };
        Ok(Self {
            payload_type,
            qualifier,
            address: Icao24::from_bytes([bytes[1], bytes[2], bytes[3]]),
            state,
            mode,
            secondary_alt_ft,
            intent,
        })
    }
}
