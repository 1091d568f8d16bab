//! What it is: types 5, 21, 24, 28 (ITU-R M.1371-5 annex 8 §3).

use super::bits::{SixBit, U};
use super::record::{coded, record};
use super::units::{Day, Draught, Hour, Latitude, Length9, Longitude, Minute, Month, PositionSecond, Width6};

record! {
    /// Type 5: static and voyage data of a class A station (§3.3 table 52). Two slots.
    pub struct StaticVoyage (38..424) {
        /// 0: M.1371-1, 1: M.1371-3, 2: M.1371-5, 3: later.
        ais_version: U<2> = 38,
        /// IMO number, 1,000,000–9,999,999; 10,000,000–1,073,741,823 is an official flag state number; 0 = not available.
        imo: U<30> = 40,
        callsign: SixBit<7> = 70,
        name: SixBit<20> = 112,
        /// Type of ship and cargo (§3.3.2 table 53).
        ship_type: U<8> = 232,
        to_bow: Length9 = 240,
        to_stern: Length9 = 249,
        to_port: Width6 = 258,
        to_starboard: Width6 = 264,
        epfd: U<4> = 270,
        eta_month: Month = 274,
        eta_day: Day = 278,
        eta_hour: Hour = 283,
        eta_minute: Minute = 288,
        draught: Draught = 294,
        destination: SixBit<20> = 302,
        /// Data terminal equipment: 0 available.
        dte: bool = 422,
        spare: U<1> = 423,
    }
}

record! {
    /// Type 21: aid to navigation (§3.19 table 73). Two slots; the name may go on for up to 14 characters after these bits.
    pub struct AidToNavigation (38..272) {
        /// 1 reference point … 20 cardinal mark N … 31 light vessel (table 74).
        aid_type: U<5> = 38,
        name: SixBit<20> = 43,
        high_accuracy: bool = 163,
        lon: Longitude = 164,
        lat: Latitude = 192,
        to_bow: Length9 = 219,
        to_stern: Length9 = 228,
        to_port: Width6 = 237,
        to_starboard: Width6 = 243,
        epfd: U<4> = 249,
        second: PositionSecond = 253,
        /// A floating aid has left its place (means something only when `second` ≤ 59).
        off_position: bool = 259,
        /// Status of the aid: page (3 bits), then racon, light and health.
        aid_status: U<8> = 260,
        raim: bool = 268,
        /// There is no such thing in the water.
        virtual_aid: bool = 269,
        assigned: bool = 270,
        spare: U<1> = 271,
    }
}

record! {
    /// Type 24 part A: name of a class B station (§3.22 table 76). One slot; the last 8 bits are often left out.
    pub struct StaticReportA (38..168) {
        /// 0
        part: U<2> = 38,
        name: SixBit<20> = 40,
        spare: U<8> = 160,
    }
}

record! {
    /// Type 24 part B: what else a class B station is (§3.22 table 77). One slot.
    pub struct StaticReportB (38..168) {
        /// 1
        part: U<2> = 38,
        ship_type: U<8> = 40,
        vendor: SixBit<3> = 48,
        unit_model: U<4> = 66,
        serial: U<20> = 70,
        callsign: SixBit<7> = 90,
        /// Dimensions; in these bits an auxiliary craft (MMSI 98…) gives its mother ship's MMSI.
        to_bow: Length9 = 132,
        to_stern: Length9 = 141,
        to_port: Width6 = 150,
        to_starboard: Width6 = 156,
        epfd: U<4> = 162,
        spare: U<2> = 166,
    }
}

impl StaticReportB {
    /// The mother ship's MMSI, of which the dimension bits are the 30 bits of an auxiliary craft's report.
    pub fn mothership(&self) -> u32 {
        ((self.to_bow.raw << 21) | (self.to_stern.raw << 12) | (self.to_port.raw << 6) | self.to_starboard.raw) as u32
    }
}

coded! {
    /// Extent of the aid in metres (type 28).
    Extent9: u 9, 0..=511, * 1.0 + 0.0, "m";
    Extent11: u 11, 0..=2047, * 1.0 + 0.0, "m";
}

record! {
    /// Type 28: aid to navigation in one slot (M.1371-6 table 84; the layout as receivers in the field read it, the text of
    /// revision 6 was not at hand).
    pub struct AidToNavigationShort (38..168) {
        second: PositionSecond = 38,
        lon: Longitude = 44,
        lat: Latitude = 72,
        restricted_use: U<2> = 99,
        /// 4: virtual.
        station_type: U<3> = 101,
        aid_type: U<7> = 104,
        iala_mrn: U<17> = 111,
        dimension_type: U<4> = 128,
        extent_a: Extent9 = 132,
        extent_b: Extent11 = 141,
        additional: bool = 152,
        charted: bool = 153,
        on_station: U<4> = 154,
        aid_status: U<8> = 158,
        spare: U<1> = 166,
        authenticated: bool = 167,
    }
}
