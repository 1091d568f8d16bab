//! Ports and voyages: DAC 1, FI 12–15 (IMO SN/Circ.236, superseded) and 18–20, 24, 25, 27, 28, 32 (IMO SN.1/Circ.289).

use super::units::{AirDraught13, CurrentSpeed, Direction, Linkage, MilliLatitude, MilliLongitude, Minutes18, Persons13};
use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Latitude, Longitude, Minute, Month};

coded! {
    /// Amount in the unit that `unit` names; 0 = not available.
    Amount10: u 10, 1..=1023, * 1.0 + 0.0, "";
    /// UN number; 0 = not available.
    UnNumber13: u 13, 1..=3363, * 1.0 + 0.0, "";
    /// Extension in the unit that `radius_unit` names; 1001 = not available.
    Extension10: u 10, 0..=1000, * 1.0 + 0.0, "";
    /// 1/10 m; 0 = not available, 2047 = that or more.
    AirDraught11: u 11, 1..=2047, * 0.1 + 0.0, "m";
    /// 1/10 knot; 127 = not available.
    CurrentSpeed7: u 7, 0..=126, * 0.1 + 0.0, "kt";
    /// 0 = not available, 511 = that or more.
    BerthLength: u 9, 1..=511, * 1.0 + 0.0, "m";
    /// 1/10 m; 0 = not available, 255 = that or more.
    BerthDepth: u 8, 1..=255, * 0.1 + 0.0, "m";
    /// 262142 = that or more, 262143 = not available.
    Horsepower: u 18, 0..=262_142, * 1.0 + 0.0, "hp";
    /// Channel of ITU-R M.1084; 0 = not available.
    VhfChannel: u 12, 1..=4095, * 1.0 + 0.0, "";
    /// 262142 = that or more, 262143 = not available.
    GrossTonnage: u 18, 0..=262_142, * 1.0 + 0.0, "";
    /// 16382 = that or more, 16383 = not available.
    Bunker14: u 14, 0..=16_382, * 1.0 + 0.0, "t";
}

record! {
    /// FI 12: dangerous cargo, as it was.
    pub struct CargoIndication236 (0..269) {
        last_port: SixBit<5> = 0,
        last_month: Month = 30,
        last_day: Day = 34,
        last_hour: Hour = 39,
        last_minute: Minute = 44,
        next_port: SixBit<5> = 50,
        next_month: Month = 80,
        next_day: Day = 84,
        next_hour: Hour = 89,
        next_minute: Minute = 94,
        dangerous_good: SixBit<20> = 100,
        imd_category: SixBit<4> = 220,
        un_number: UnNumber13 = 244,
        amount: Amount10 = 257,
        /// 0 not available, 1 kg, 2 t, 3 kt.
        unit: U<2> = 267,
    }
}

record! {
    /// FI 13: a fairway is closed.
    pub struct FairwayClosed (0..412) {
        reason: SixBit<20> = 0,
        from_place: SixBit<20> = 120,
        to_place: SixBit<20> = 240,
        radius: Extension10 = 360,
        /// 0 m, 1 km, 2 nautical miles, 3 cables.
        radius_unit: U<2> = 370,
        from_day: Day = 372,
        from_month: Month = 377,
        from_hour: Hour = 381,
        from_minute: Minute = 386,
        to_day: Day = 392,
        to_month: Month = 397,
        to_hour: Hour = 401,
        to_minute: Minute = 406,
    }
}

record! {
    /// FI 14 and 32: the day of a tidal window; windows follow.
    pub struct TidalHead (0..9) {
        month: Month = 0,
        day: Day = 4,
    }
}

record! {
    /// FI 14: one window, as it was.
    pub struct TidalWindow236 (0..93) {
        lat: Latitude = 0,
        lon: Longitude = 27,
        from_hour: Hour = 55,
        from_minute: Minute = 60,
        to_hour: Hour = 66,
        to_minute: Minute = 71,
        current_direction: Direction = 77,
        current_speed: CurrentSpeed7 = 86,
    }
}

record! {
    /// FI 32: one window.
    pub struct TidalWindow (0..88) {
        lon: MilliLongitude = 0,
        lat: MilliLatitude = 25,
        from_hour: Hour = 49,
        from_minute: Minute = 54,
        to_hour: Hour = 60,
        to_minute: Minute = 65,
        current_direction: Direction = 71,
        current_speed: CurrentSpeed = 80,
    }
}

record! {
    /// FI 15: height over keel, as it was.
    pub struct AirDraught236 (0..11) {
        air_draught: AirDraught11 = 0,
    }
}

record! {
    /// FI 18: clearance to enter a port.
    pub struct PortClearance (0..229) {
        linkage: Linkage = 0,
        month: Month = 10,
        day: Day = 14,
        hour: Hour = 19,
        minute: Minute = 24,
        port: SixBit<20> = 30,
        destination: SixBit<5> = 150,
        lon: MilliLongitude = 180,
        lat: MilliLatitude = 205,
    }
}

record! {
    /// FI 19: a traffic signal. Signals 1–7 are IALA's 1–5, 2a, 5a, 8–13 Japan's.
    pub struct TrafficSignal (0..202) {
        linkage: Linkage = 0,
        station: SixBit<20> = 10,
        lon: MilliLongitude = 130,
        lat: MilliLatitude = 155,
        /// 0 not available, 1 regular, 2 irregular service.
        status: U<2> = 179,
        signal: U<5> = 181,
        next_hour: Hour = 186,
        next_minute: Minute = 191,
        next_signal: U<5> = 197,
    }
}

record! {
    /// FI 20: a berth. The services: 0 not available or requested, 1 available, 2 unknown; they hold when `services_known`.
    pub struct Berthing (0..272) {
        linkage: Linkage = 0,
        berth_length: BerthLength = 10,
        berth_depth: BerthDepth = 19,
        /// 1 port side to, 2 starboard side to, 3 Mediterranean, 4 buoy, 5 anchorage.
        mooring: U<3> = 27,
        month: Month = 30,
        day: Day = 34,
        hour: Hour = 39,
        minute: Minute = 44,
        services_known: bool = 50,
        agent: U<2> = 51,
        fuel: U<2> = 53,
        chandler: U<2> = 55,
        stevedore: U<2> = 57,
        electrical: U<2> = 59,
        water: U<2> = 61,
        customs: U<2> = 63,
        cartage: U<2> = 65,
        crane: U<2> = 67,
        lift: U<2> = 69,
        medical: U<2> = 71,
        navigation_repair: U<2> = 73,
        provisions: U<2> = 75,
        ship_repair: U<2> = 77,
        surveyor: U<2> = 79,
        steam: U<2> = 81,
        tugs: U<2> = 83,
        solid_waste: U<2> = 85,
        liquid_waste: U<2> = 87,
        hazardous_waste: U<2> = 89,
        ballast: U<2> = 91,
        additional: U<2> = 93,
        regional1: U<2> = 95,
        regional2: U<2> = 97,
        spare: U<4> = 99,
        berth_name: SixBit<20> = 103,
        lon: MilliLongitude = 223,
        lat: MilliLatitude = 248,
    }
}

record! {
    /// FI 24: what else a ship says of itself. Equipment: 0 not available, 1 works, 2 does not, 3 no data.
    pub struct ShipData (0..294) {
        linkage: Linkage = 0,
        air_draught: AirDraught13 = 10,
        last_port: SixBit<5> = 23,
        next_port: SixBit<5> = 53,
        second_port: SixBit<5> = 83,
        ais: U<2> = 113,
        tracking_aid: U<2> = 115,
        watch_alarm: U<2> = 117,
        ecdis_backup: U<2> = 119,
        chart: U<2> = 121,
        echo_sounder: U<2> = 123,
        plotting_aid: U<2> = 125,
        emergency_steering: U<2> = 127,
        gnss: U<2> = 129,
        gyro_compass: U<2> = 131,
        lrit: U<2> = 133,
        magnetic_compass: U<2> = 135,
        navtex: U<2> = 137,
        arpa: U<2> = 139,
        radar_s: U<2> = 141,
        radar_x: U<2> = 143,
        radio_hf: U<2> = 145,
        inmarsat: U<2> = 147,
        radio_mf: U<2> = 149,
        radio_vhf: U<2> = 151,
        log_ground: U<2> = 153,
        log_water: U<2> = 155,
        heading_device: U<2> = 157,
        track_control: U<2> = 159,
        voyage_recorder: U<2> = 161,
        spare: U<2> = 163,
        /// 0 not classified, 1–7 IACS PC, 8 IB, 9 IC, 10 RS Ice1, 15 not available.
        ice_class: U<4> = 165,
        shaft_power: Horsepower = 169,
        vhf_channel: VhfChannel = 187,
        lloyds_type: SixBit<7> = 199,
        gross_tonnage: GrossTonnage = 241,
        /// 0 not available, 1 laden, 2 ballast.
        lading: U<2> = 259,
        /// 0 not available, 1 no, 2 yes; so the next two.
        heavy_fuel: U<2> = 261,
        light_fuel: U<2> = 263,
        diesel: U<2> = 265,
        bunker: Bunker14 = 267,
        persons: Persons13 = 281,
    }
}

record! {
    /// FI 25: dangerous cargo; up to 28 kinds follow.
    pub struct CargoHead (0..12) {
        /// 0 not available, 1 kg, 2 t, 3 kt.
        unit: U<2> = 0,
        amount: Amount10 = 2,
    }
}

record! {
    /// One kind of cargo.
    pub struct Cargo (0..17) {
        /// 1 IMDG, 2 IGC, 3 BC, 4 MARPOL I, 5 MARPOL II, 6 regional.
        code: U<4> = 0,
        subtype: U<13> = 4,
    }
}

record! {
    /// FI 27 and 28: a route; up to 16 waypoints follow.
    pub struct RouteHead (0..61) {
        linkage: Linkage = 0,
        /// 0 ship, 1 authority.
        sender: U<3> = 10,
        /// 1 mandatory, 2 recommended, 3 alternative, 4 through ice, 5 ship's plan, 31 cancelled.
        route_type: U<5> = 13,
        month: Month = 18,
        day: Day = 22,
        hour: Hour = 27,
        minute: Minute = 32,
        duration: Minutes18 = 38,
        waypoints: U<5> = 56,
    }
}

record! {
    /// One waypoint.
    pub struct Waypoint (0..55) {
        lon: Longitude = 0,
        lat: Latitude = 28,
    }
}
