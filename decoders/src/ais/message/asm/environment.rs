//! Sensors on shore and at sea: DAC 1, FI 26 (IMO SN.1/Circ.289 §12) and DAC 367, FI 33 (US Coast Guard). Up to eight reports of
//! 112 bits, of which the first 27 are alike.
//!
//! ```text
//!   │ kind 4 │ day 5 │ hour 5 │ minute 6 │ site 7 │ 85 bits by kind │ …
//! ```

use super::choice;
use super::sensor_units::{
    SensorAltitude11, SensorAltitude12, SensorConductivity, SensorCurrent, SensorCurrent9, SensorDepth, SensorDistance7, SensorDistance9,
    SensorGap, SensorHeight, SensorLevel, SensorPeriod, SensorPressure, SensorSalinity, SensorVisibility, SensorWaterDepth,
    SensorWaterPressure, SensorWaterTemperature, SensorWind,
};
use super::units::{Direction, Minutes8};
use super::weather::{AirTemperature31, DewPoint31, SeaState};
use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::record;
use crate::ais::message::units::{Day, Hour, Latitude, Longitude, Minute};

record! {
    /// Kind 0: where the site is.
    pub struct SiteLocation (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        lon: Longitude = 27,
        lat: Latitude = 55,
        altitude: SensorAltitude11 = 82,
        /// 1 hydrographic office, 2 inland waterways, 3 coastal directorate, 4 weather service, 5 port, 6 coast guard.
        owner: U<4> = 93,
        /// 0 none, 1 10 min, 2 1 h, 3 6 h, 4 12 h, 5 24 h.
        timeout: U<3> = 97,
        spare: U<12> = 100,
    }
}

record! {
    /// Kind 0 of the US: with a version and a precision.
    pub struct SiteLocationUs (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        version: U<6> = 27,
        lon: Longitude = 33,
        lat: Latitude = 61,
        /// Decimal places of the position that mean something.
        precision: U<3> = 88,
        altitude: SensorAltitude12 = 91,
        owner: U<4> = 103,
        timeout: U<3> = 107,
        spare: U<2> = 110,
    }
}

record! {
    /// Kind 1: its name.
    pub struct SiteName (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        name: SixBit<14> = 27,
        spare: U<1> = 111,
    }
}

record! {
    /// Kind 2: wind. `sensor`: 1 raw, 2 checked, 3 predicted, 4 forecast, 5 nowcast, 7 not available.
    pub struct SiteWind (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        wind_speed: SensorWind = 27,
        wind_gust: SensorWind = 34,
        wind_from: Direction = 41,
        gust_from: Direction = 50,
        sensor: U<3> = 59,
        forecast_speed: SensorWind = 62,
        forecast_gust: SensorWind = 69,
        forecast_from: Direction = 76,
        forecast_day: Day = 85,
        forecast_hour: Hour = 90,
        forecast_minute: Minute = 95,
        duration: Minutes8 = 101,
        spare: U<3> = 109,
    }
}

record! {
    /// Kind 3: level of the water. `absolute`: not relative to the datum (0 MLLW … 11 LAT, 14 unknown).
    pub struct SiteLevel (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        absolute: bool = 27,
        level: SensorLevel = 28,
        /// 0 increasing, 1 decreasing, 2 steady, 3 not available.
        trend: U<2> = 44,
        datum: U<5> = 46,
        sensor: U<3> = 51,
        forecast_absolute: bool = 54,
        forecast_level: SensorLevel = 55,
        forecast_day: Day = 71,
        forecast_hour: Hour = 76,
        forecast_minute: Minute = 81,
        duration: Minutes8 = 87,
        spare: U<17> = 95,
    }
}

record! {
    /// Kind 4: current at three depths.
    pub struct SiteCurrent2d (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        speed1: SensorCurrent = 27,
        direction1: Direction = 35,
        depth1: SensorDepth = 44,
        speed2: SensorCurrent = 53,
        direction2: Direction = 61,
        depth2: SensorDepth = 70,
        speed3: SensorCurrent = 79,
        direction3: Direction = 87,
        depth3: SensorDepth = 96,
        sensor: U<3> = 105,
        spare: U<4> = 108,
    }
}

record! {
    /// Kind 5: current as a vector at two depths.
    pub struct SiteCurrent3d (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        north1: SensorCurrent = 27,
        east1: SensorCurrent = 35,
        up1: SensorCurrent = 43,
        depth1: SensorDepth = 51,
        north2: SensorCurrent = 60,
        east2: SensorCurrent = 68,
        up2: SensorCurrent = 76,
        depth2: SensorDepth = 84,
        sensor: U<3> = 93,
        spare: U<16> = 96,
    }
}

record! {
    /// Kind 5 of the US: with signs.
    pub struct SiteCurrent3dUs (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        north1: SensorCurrent9 = 27,
        east1: SensorCurrent9 = 36,
        up1: SensorCurrent9 = 45,
        depth1: SensorDepth = 54,
        north2: SensorCurrent9 = 63,
        east2: SensorCurrent9 = 72,
        up2: SensorCurrent9 = 81,
        depth2: SensorDepth = 90,
        sensor: U<3> = 99,
        spare: U<10> = 102,
    }
}

record! {
    /// Kind 6: current at a distance, twice.
    pub struct SiteFlow (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        bearing1: Direction = 27,
        distance1: SensorDistance7 = 36,
        speed1: SensorCurrent = 43,
        direction1: Direction = 51,
        depth1: SensorDepth = 60,
        bearing2: Direction = 69,
        distance2: SensorDistance7 = 78,
        speed2: SensorCurrent = 85,
        direction2: Direction = 93,
        depth2: SensorDepth = 102,
        spare: U<1> = 111,
    }
}

record! {
    /// Kind 6 of the US: on one bearing.
    pub struct SiteFlowUs (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        bearing: Direction = 27,
        distance1: SensorDistance9 = 36,
        speed1: SensorCurrent = 45,
        direction1: Direction = 53,
        depth1: SensorDepth = 62,
        distance2: SensorDistance9 = 71,
        speed2: SensorCurrent = 80,
        direction2: Direction = 88,
        depth2: SensorDepth = 97,
        sensor: U<3> = 106,
        spare: U<3> = 109,
    }
}

record! {
    /// Kind 7: sea state.
    pub struct SiteSea (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        swell_height: SensorHeight = 27,
        swell_period: SensorPeriod = 35,
        swell_direction: Direction = 41,
        sea_state: SeaState = 50,
        swell_sensor: U<3> = 54,
        water_temperature: SensorWaterTemperature = 57,
        temperature_depth: SensorWaterDepth = 67,
        temperature_sensor: U<3> = 74,
        wave_height: SensorHeight = 77,
        wave_period: SensorPeriod = 85,
        wave_direction: Direction = 91,
        wave_sensor: U<3> = 100,
        salinity: SensorSalinity = 103,
    }
}

record! {
    /// Kind 8: salinity.
    pub struct SiteSalinity (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        water_temperature: SensorWaterTemperature = 27,
        conductivity: SensorConductivity = 37,
        water_pressure: SensorWaterPressure = 47,
        salinity: SensorSalinity = 63,
        /// 0 measured, 1 calculated with PSS-78, 2 otherwise.
        salinity_type: U<2> = 72,
        sensor: U<3> = 74,
        spare: U<32> = 77,
        spare2: U<3> = 109,
    }
}

record! {
    /// Kind 9: weather.
    pub struct SiteWeather (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        air_temperature: AirTemperature31 = 27,
        temperature_sensor: U<3> = 38,
        precipitation: U<2> = 41,
        visibility: SensorVisibility = 43,
        dew_point: DewPoint31 = 51,
        dew_point_sensor: U<3> = 61,
        pressure: SensorPressure = 64,
        /// 0 steady, 1 decreasing, 2 increasing, 3 not available.
        pressure_tendency: U<2> = 73,
        pressure_sensor: U<3> = 75,
        salinity: SensorSalinity = 78,
        spare: U<25> = 87,
    }
}

record! {
    /// Kind 10: room below a bridge. (`sensor` in the US only, else 0.)
    pub struct SiteAirGap (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        air_draught: SensorGap = 27,
        air_gap: SensorGap = 40,
        /// 0 steady, 1 rising, 2 falling, 3 not available.
        trend: U<2> = 53,
        forecast_gap: SensorGap = 55,
        forecast_day: Day = 68,
        forecast_hour: Hour = 73,
        forecast_minute: Minute = 78,
        sensor: U<3> = 84,
        spare: U<25> = 87,
    }
}

record! {
    /// Kind 11 of the US: wind with the time of averaging.
    pub struct SiteWindUs (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        wind_speed: SensorWind = 27,
        wind_gust: SensorWind = 34,
        wind_from: Direction = 41,
        /// Minutes.
        averaging: U<6> = 50,
        sensor: U<3> = 56,
        forecast_speed: SensorWind = 59,
        forecast_gust: SensorWind = 66,
        forecast_from: Direction = 73,
        forecast_hour: Hour = 82,
        forecast_minute: Minute = 87,
        duration: Minutes8 = 93,
        spare: U<11> = 101,
    }
}

record! {
    /// Reserved kinds.
    pub struct SiteReserved (0..112) {
        kind: U<4> = 0,
        day: Day = 4,
        hour: Hour = 9,
        minute: Minute = 14,
        site: U<7> = 20,
        spare: U<32> = 27,
        spare2: U<32> = 59,
        spare3: U<21> = 91,
    }
}

choice! {
    /// One report of DAC 1, FI 26.
    pub enum SensorReport (112) by 0, 4 {
        0 => Location(SiteLocation),
        1 => Name(SiteName),
        2 => Wind(SiteWind),
        3 => Level(SiteLevel),
        4 => Current2d(SiteCurrent2d),
        5 => Current3d(SiteCurrent3d),
        6 => Flow(SiteFlow),
        7 => Sea(SiteSea),
        8 => Salinity(SiteSalinity),
        9 => Weather(SiteWeather),
        10 => AirGap(SiteAirGap),
        _ => Reserved(SiteReserved),
    }
}

choice! {
    /// One report of DAC 367, FI 33.
    pub enum SensorReportUs (112) by 0, 4 {
        0 => Location(SiteLocationUs),
        1 => Name(SiteName),
        2 => Wind(SiteWind),
        3 => Level(SiteLevel),
        4 => Current2d(SiteCurrent2d),
        5 => Current3d(SiteCurrent3dUs),
        6 => Flow(SiteFlowUs),
        7 => Sea(SiteSea),
        8 => Salinity(SiteSalinity),
        9 => Weather(SiteWeather),
        10 => AirGap(SiteAirGap),
        11 => WindUs(SiteWindUs),
        _ => Reserved(SiteReserved),
    }
}
