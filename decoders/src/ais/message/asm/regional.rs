//! What single administrations defined: aids to navigation (DAC 0, 235, 250, 366), the Saint Lawrence Seaway (DAC 316 and 366),
//! Sea Traffic Management (DAC 265).
//!
//! The Seaway's messages begin alike: 2 spare bits and 6 of a message number, then reports.

use super::units::{Direction, MilliLatitude, MilliLongitude};
use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Latitude, Longitude, Minute, Month};

coded! {
    /// Supply of an aid to navigation, 0.05 V a step; 0 = not available.
    Supply10: u 10, 1..=1023, * 0.05 + 0.0, "V";
    /// 1/10 V.
    Supply12: u 12, 0..=4095, * 0.1 + 0.0, "V";
    /// 1/10 A.
    SupplyCurrent10: u 10, 0..=1023, * 0.1 + 0.0, "A";
    /// 1/10 knot; 1023 = not available.
    SeawayWind: u 10, 0..=1022, * 0.1 + 0.0, "kt";
    /// 1/10 hPa; 16383 = not available.
    SeawayPressure: u 14, 0..=16_382, * 0.1 + 0.0, "hPa";
    /// 1/10 °C; −512 = not available.
    SeawayTemperature: i 10, -511..=511, * 0.1 + 0.0, "degC";
    /// 1/10 km; 255 = not available.
    SeawayVisibility: u 8, 0..=254, * 0.1 + 0.0, "km";
    /// 1/100 m; −32768 = not available.
    SeawayLevel: i 16, -32_767..=32_767, * 0.01 + 0.0, "m";
    /// 16383 = not available.
    SeawayFlow: u 14, 0..=16_382, * 1.0 + 0.0, "m3/s";
    /// 1/10 knot; 0 and 1023 = not available.
    PlannedSpeed: u 10, 1..=1022, * 0.1 + 0.0, "kt";
    /// Difference to the waypoint before, 1/10,000 minute.
    DeltaMinutes: i 22, -2_097_152..=2_097_151, * 0.000_001_666_666_666_666_666_7 + 0.0, "deg";
}

record! {
    /// DAC 0, FI 0: a Zeni Lite buoy reports its health.
    pub struct BuoyMonitoring (0..42) {
        sub_application: U<16> = 0,
        supply: Supply12 = 16,
        current: SupplyCurrent10 = 28,
        mains: bool = 38,
        light: bool = 39,
        battery: bool = 40,
        off_position: bool = 41,
    }
}

record! {
    /// DAC 235, 250, 366, FI 10: an aid to navigation reports its health (General Lighthouse Authorities, IALA A-126).
    pub struct AidMonitoring (0..44) {
        internal: Supply10 = 0,
        external1: Supply10 = 10,
        external2: Supply10 = 20,
        /// 0 none, 1 not monitored, 2 operational, 3 error.
        racon: U<2> = 30,
        /// 0 none, 1 on, 2 off, 3 error.
        light: U<2> = 32,
        alarm: bool = 34,
        status: U<8> = 35,
        off_position: bool = 43,
    }
}

record! {
    /// DAC 235, FI 20: where a buoy of Trinity House is.
    pub struct BuoyPosition (0..276) {
        name: SixBit<34> = 0,
        day: Day = 204,
        hour: Hour = 209,
        minute: Minute = 214,
        lon: Longitude = 220,
        lat: Latitude = 248,
        off_position: bool = 275,
    }
}

record! {
    /// The Seaway's number 1 of FI 1: weather; up to four stations.
    pub struct SeawayWeather (0..192) {
        month: Month = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        station: SixBit<7> = 20,
        lon: MilliLongitude = 62,
        lat: MilliLatitude = 87,
        wind_speed: SeawayWind = 111,
        wind_gust: SeawayWind = 121,
        wind_from: Direction = 131,
        pressure: SeawayPressure = 140,
        air_temperature: SeawayTemperature = 154,
        dew_point: SeawayTemperature = 164,
        visibility: SeawayVisibility = 174,
        water_temperature: SeawayTemperature = 182,
    }
}

record! {
    /// Number 2 of FI 1: wind; up to six stations.
    pub struct SeawayWindReport (0..144) {
        month: Month = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        station: SixBit<7> = 20,
        lon: MilliLongitude = 62,
        lat: MilliLatitude = 87,
        wind_speed: SeawayWind = 111,
        wind_gust: SeawayWind = 121,
        wind_from: Direction = 131,
        spare: U<4> = 140,
    }
}

record! {
    /// Number 3 of FI 1: level of the water; up to six stations.
    pub struct SeawayLevelReport (0..144) {
        month: Month = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        station: SixBit<7> = 20,
        lon: MilliLongitude = 62,
        lat: MilliLatitude = 87,
        level_type: U<1> = 111,
        level: SeawayLevel = 112,
        datum: U<2> = 128,
        reading_type: U<2> = 130,
        spare: U<12> = 132,
    }
}

record! {
    /// Number 6 of FI 1: flow of the water; up to six stations.
    pub struct SeawayFlowReport (0..144) {
        month: Month = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        station: SixBit<7> = 20,
        lon: MilliLongitude = 62,
        lat: MilliLatitude = 87,
        flow: SeawayFlow = 111,
        spare: U<19> = 125,
    }
}

record! {
    /// Head of all of them.
    pub struct SeawayHead (0..8) {
        spare: U<2> = 0,
        number: U<6> = 2,
    }
}

record! {
    /// Number 1 of FI 2: who passes a lock next; up to six ships follow.
    pub struct SeawayLockOrderHead (0..128) {
        spare: U<2> = 0,
        number: U<6> = 2,
        month: Month = 8,
        day: Day = 12,
        hour: Hour = 17,
        minute: Minute = 22,
        lock: SixBit<7> = 28,
        lon: MilliLongitude = 70,
        lat: MilliLatitude = 95,
        spare2: U<9> = 119,
    }
}

record! {
    /// One ship.
    pub struct SeawayLockage (0..120) {
        vessel: SixBit<15> = 0,
        upbound: bool = 90,
        month: Month = 91,
        day: Day = 95,
        hour: Hour = 100,
        minute: Minute = 105,
        spare: U<9> = 111,
    }
}

record! {
    /// Number 2 of FI 2: when a ship will be at its next two locks.
    pub struct SeawayLockTimes (0..346) {
        spare: U<2> = 0,
        number: U<6> = 2,
        month: Month = 8,
        day: Day = 12,
        hour: Hour = 17,
        minute: Minute = 22,
        vessel: SixBit<15> = 28,
        last_location: SixBit<7> = 118,
        last_month: Month = 160,
        last_day: Day = 164,
        last_hour: Hour = 169,
        last_minute: Minute = 174,
        first_lock: SixBit<7> = 180,
        first_month: Month = 222,
        first_day: Day = 226,
        first_hour: Hour = 231,
        first_minute: Minute = 236,
        second_lock: SixBit<7> = 242,
        second_month: Month = 284,
        second_day: Day = 288,
        second_hour: Hour = 293,
        second_minute: Minute = 298,
        delay: SixBit<7> = 304,
    }
}

record! {
    /// FI 32, number 1: which edition of the messages is spoken.
    pub struct SeawayVersion (0..24) {
        spare: U<2> = 0,
        number: U<6> = 2,
        major: U<8> = 8,
        minor: U<8> = 16,
    }
}

record! {
    /// DAC 265, FI 1: where a ship means to go. The first waypoint; legs follow ([`RouteLeg`], six at most), then the last one
    /// ([`RouteEnd`]).
    pub struct StmRouteHead (0..56) {
        flag: bool = 0,
        lon: Longitude = 1,
        lat: Latitude = 29,
    }
}

record! {
    /// A leg of it: what the first twenty bits hold is not published; then the way to the next waypoint.
    pub struct RouteLeg (0..64) {
        leg: U<20> = 0,
        delta_lon: DeltaMinutes = 20,
        delta_lat: DeltaMinutes = 42,
    }
}

record! {
    /// Its last leg.
    pub struct RouteEnd (0..72) {
        flag: bool = 0,
        speed: PlannedSpeed = 1,
        lon: Longitude = 11,
        lat: Latitude = 39,
        /// How it is steered.
        steering: U<2> = 66,
        spare: U<4> = 68,
    }
}
