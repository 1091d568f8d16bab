//! Who is where: types 1–4, 9, 11, 18, 19, 27 (ITU-R M.1371-5 annex 8 §3). Bits count from the start of the message; 0–37 are
//! the type, the repeat indicator and the MMSI.

use super::bits::{SixBit, U};
use super::record::record;
use super::units::{
    AircraftSog, Altitude, CoarseCog, CoarseLatitude, CoarseLongitude, CoarseSog, Cog, Day, Heading, Hour, Latitude, Length9, Longitude,
    Minute, Month, PositionSecond, RateOfTurn, Second, Sog, Width6, Year,
};

record! {
    /// Types 1, 2 and 3: position report of a class A station (§3.1 table 48). One slot.
    pub struct PositionReport (38..168) {
        /// 0 under way using engine … 14 SART, MOB or EPIRB active, 15 undefined (also: such a device under test).
        nav_status: U<4> = 38,
        rate_of_turn: RateOfTurn = 42,
        sog: Sog = 50,
        /// Better than 10 m.
        high_accuracy: bool = 60,
        lon: Longitude = 61,
        lat: Latitude = 89,
        cog: Cog = 116,
        heading: Heading = 128,
        second: PositionSecond = 137,
        /// 0 not available, 1 not engaged, 2 engaged in a special manoeuvre.
        maneuver: U<2> = 143,
        spare: U<3> = 145,
        raim: bool = 148,
        /// SOTDMA (types 1, 2; annex 2 §3.3.7.2.1) or ITDMA (type 3).
        communication_state: U<19> = 149,
    }
}

record! {
    /// Types 4 and 11: base station report, UTC and date response (§3.2 table 51). One slot.
    pub struct BaseStation (38..168) {
        year: Year = 38,
        month: Month = 52,
        day: Day = 56,
        hour: Hour = 61,
        minute: Minute = 66,
        second: Second = 72,
        high_accuracy: bool = 78,
        lon: Longitude = 79,
        lat: Latitude = 107,
        /// Kind of position fixing device: 1 GPS, 2 GLONASS … 7 surveyed, 8 Galileo, 15 internal GNSS.
        epfd: U<4> = 134,
        /// Requests class A stations to stop (0) or go on (1) with type 27.
        long_range_control: bool = 138,
        spare: U<9> = 139,
        raim: bool = 148,
        communication_state: U<19> = 149,
    }
}

record! {
    /// Type 9: search and rescue aircraft (§3.7 table 55). One slot.
    pub struct SarAircraft (38..168) {
        altitude: Altitude = 38,
        sog: AircraftSog = 50,
        high_accuracy: bool = 60,
        lon: Longitude = 61,
        lat: Latitude = 89,
        cog: Cog = 116,
        second: PositionSecond = 128,
        /// The altitude is barometric (1) or from GNSS (0).
        barometric: bool = 134,
        spare: U<7> = 135,
        /// Data terminal equipment: 0 available.
        dte: bool = 142,
        spare2: U<3> = 143,
        assigned: bool = 146,
        raim: bool = 147,
        itdma: bool = 148,
        communication_state: U<19> = 149,
    }
}

record! {
    /// Type 18: position report of a class B station (§3.16 table 67). One slot.
    pub struct ClassB (38..168) {
        spare: U<8> = 38,
        sog: Sog = 46,
        high_accuracy: bool = 56,
        lon: Longitude = 57,
        lat: Latitude = 85,
        cog: Cog = 112,
        heading: Heading = 124,
        second: PositionSecond = 133,
        spare2: U<2> = 139,
        /// Carrier sense unit (1) or SOTDMA (0).
        carrier_sense: bool = 141,
        display: bool = 142,
        dsc: bool = 143,
        whole_band: bool = 144,
        accepts_type_22: bool = 145,
        assigned: bool = 146,
        raim: bool = 147,
        itdma: bool = 148,
        communication_state: U<19> = 149,
    }
}

record! {
    /// Type 19: extended report of a class B station (§3.17 table 70). Two slots.
    pub struct ClassBExtended (38..312) {
        spare: U<8> = 38,
        sog: Sog = 46,
        high_accuracy: bool = 56,
        lon: Longitude = 57,
        lat: Latitude = 85,
        cog: Cog = 112,
        heading: Heading = 124,
        second: PositionSecond = 133,
        spare2: U<4> = 139,
        name: SixBit<20> = 143,
        /// Type of ship and cargo (§3.3.2 table 53).
        ship_type: U<8> = 263,
        to_bow: Length9 = 271,
        to_stern: Length9 = 280,
        to_port: Width6 = 289,
        to_starboard: Width6 = 295,
        epfd: U<4> = 301,
        raim: bool = 305,
        dte: bool = 306,
        assigned: bool = 307,
        spare3: U<4> = 308,
    }
}

record! {
    /// Type 27: long range broadcast (§3.25 table 81). 96 bits, for satellites.
    pub struct LongRange (38..96) {
        high_accuracy: bool = 38,
        raim: bool = 39,
        nav_status: U<4> = 40,
        lon: CoarseLongitude = 44,
        lat: CoarseLatitude = 62,
        sog: CoarseSog = 79,
        cog: CoarseCog = 85,
        /// The position is older than 5 s (1).
        stale: bool = 94,
        spare: U<1> = 95,
    }
}
