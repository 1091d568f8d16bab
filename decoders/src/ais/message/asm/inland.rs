//! Inland waterways: DAC 200 (UNECE resolution 63, CCNR vessel tracking and tracing standard 1.2).

use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Latitude, Longitude, Minute, Month};

coded! {
    /// 1/10 m; 0 = not available.
    InlandLength: u 13, 1..=8000, * 0.1 + 0.0, "m";
    /// 1/10 m; 0 = not available.
    InlandBeam: u 10, 1..=1000, * 0.1 + 0.0, "m";
    /// 1/100 m; 0 = not available.
    InlandDraught: u 11, 1..=2000, * 0.01 + 0.0, "m";
    /// Number of persons; 255 = not available.
    Persons8: u 8, 0..=254, * 1.0 + 0.0, "";
    /// Number of persons; 8191 = not available.
    Passengers13: u 13, 0..=8190, * 1.0 + 0.0, "";
    /// 7 = not available.
    Tugs3: u 3, 0..=6, * 1.0 + 0.0, "";
    /// 1/100 m; 0 = not available.
    InlandAirDraught: u 12, 1..=4000, * 0.01 + 0.0, "m";
    /// Years since 2000; 0 = not available.
    InlandYear: u 8, 1..=99, * 1.0 + 2000.0, "";
    /// 254 = more than 253, 255 = not available; its sign stands before it.
    Magnitude8: u 8, 0..=254, * 1.0 + 0.0, "";
    /// 0 = not available.
    GaugeId: u 11, 1..=2047, * 1.0 + 0.0, "";
    /// Height above the local standard; its sign stands before it.
    GaugeLevel: u 13, 1..=8191, * 0.01 + 0.0, "m";
    /// True degrees; 511 = not available.
    SignalOrientation: u 9, 0..=359, * 1.0 + 0.0, "deg";
    /// 0 = not available.
    FairwaySection: u 17, 1..=99_999, * 1.0 + 0.0, "";
    /// Hundred metres along the fairway; 0 = not available.
    FairwayHectometre: u 17, 1..=99_999, * 0.1 + 0.0, "km";
    /// 1/100 m; 0 = not available.
    BridgeClearance: u 14, 1..=16_383, * 0.01 + 0.0, "m";
    /// Minutes since it was measured; 721 = more than twelve hours, 722 = not available.
    MeasurementAge: u 10, 0..=721, * 1.0 + 0.0, "min";
    /// 1/100 m; 0 = not available.
    ClearanceAccuracy: u 5, 1..=31, * 0.01 + 0.0, "m";
}

record! {
    /// FI 10: ship static and voyage data.
    pub struct InlandShip (0..104) {
        /// European vessel identification number (ENI).
        vin: SixBit<8> = 0,
        length: InlandLength = 48,
        beam: InlandBeam = 61,
        /// ERI classification.
        ship_type: U<14> = 71,
        /// Blue cones: 0–3, 4 B-flag, 5 unknown.
        hazard: U<3> = 85,
        draught: InlandDraught = 88,
        /// 0 not available, 1 unloaded, 2 loaded.
        loaded: U<2> = 99,
        speed_quality: bool = 101,
        course_quality: bool = 102,
        heading_quality: bool = 103,
    }
}

record! {
    /// FI 21: when a ship expects to be at a lock, bridge or terminal.
    pub struct InlandEta (0..155) {
        country: SixBit<2> = 0,
        locode: SixBit<3> = 12,
        section: SixBit<5> = 30,
        terminal: SixBit<5> = 60,
        hectometre: SixBit<5> = 90,
        month: Month = 120,
        day: Day = 124,
        hour: Hour = 129,
        minute: Minute = 134,
        tugs: Tugs3 = 140,
        air_draught: InlandAirDraught = 143,
    }
}

record! {
    /// FI 22: when it shall be there.
    pub struct InlandRta (0..142) {
        country: SixBit<2> = 0,
        locode: SixBit<3> = 12,
        section: SixBit<5> = 30,
        terminal: SixBit<5> = 60,
        hectometre: SixBit<5> = 90,
        month: Month = 120,
        day: Day = 124,
        hour: Hour = 129,
        minute: Minute = 134,
        /// 0 operational, 1 limited, 2 out of order, 3 not available.
        status: U<2> = 140,
    }
}

record! {
    /// FI 23: weather warning (EMMA).
    pub struct InlandWarning (0..194) {
        start_year: InlandYear = 0,
        start_month: Month = 8,
        start_day: Day = 12,
        end_year: InlandYear = 17,
        end_month: Month = 25,
        end_day: Day = 29,
        start_hour: Hour = 34,
        start_minute: Minute = 39,
        end_hour: Hour = 45,
        end_minute: Minute = 50,
        start_lon: Longitude = 56,
        start_lat: Latitude = 84,
        end_lon: Longitude = 111,
        end_lat: Latitude = 139,
        /// 1 wind, 2 rain, 3 snow and ice, 4 thunderstorm, 5 fog, 6 low, 7 high temperature, 8 flood, 9 forest fire.
        warning: U<4> = 166,
        least_negative: bool = 170,
        least: Magnitude8 = 171,
        most_negative: bool = 179,
        most: Magnitude8 = 180,
        /// 1 slight, 2 medium, 3 strong.
        intensity: U<2> = 188,
        /// 1 N, 2 NE … 8 NW.
        wind_from: U<4> = 190,
    }
}

record! {
    /// FI 24: levels of up to four gauges.
    pub struct InlandLevelsHead (0..12) {
        country: SixBit<2> = 0,
    }
}

record! {
    /// One gauge. The sign bit: 1 above, 0 below the local standard.
    pub struct InlandGauge (0..25) {
        gauge: GaugeId = 0,
        above: bool = 11,
        level: GaugeLevel = 12,
    }
}

record! {
    /// FI 25: room below a bridge, now.
    pub struct InlandBridge (0..108) {
        version: U<3> = 0,
        country: SixBit<2> = 3,
        section: FairwaySection = 15,
        object: SixBit<5> = 32,
        hectometre: FairwayHectometre = 62,
        clearance: BridgeClearance = 79,
        age: MeasurementAge = 93,
        accuracy: ClearanceAccuracy = 103,
    }
}

record! {
    /// FI 40: a signal station. Each decimal digit of `lights` is one light: 1 none, 2 white, 3 yellow, 4 green, 5 red, 6 white
    /// flashing, 7 yellow flashing.
    pub struct InlandSignal (0..101) {
        lon: Longitude = 0,
        lat: Latitude = 28,
        form: U<4> = 55,
        orientation: SignalOrientation = 59,
        /// 1 upstream, 2 downstream, 3 to the left, 4 to the right bank.
        impact: U<3> = 68,
        lights: U<30> = 71,
    }
}

record! {
    /// FI 55: persons on board.
    pub struct InlandPersons (0..29) {
        crew: Persons8 = 0,
        passengers: Passengers13 = 8,
        personnel: Persons8 = 21,
    }
}
