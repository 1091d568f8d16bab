//! Weather observed on a ship: DAC 1, FI 21 (IMO SN.1/Circ.289 §10). The first bit says which of two tables follows.

use super::choice;
use super::units::{Direction, MilliLatitude, MilliLongitude};
use super::weather::{AirTemperature31, Humidity, Pressure31, SeaTemperature, Visibility31, WaveHeight, WavePeriod, WindSpeed};
use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Minute};

coded! {
    /// 1/100 degree from 180° W; 65535 = not available.
    CentiLongitude: u 16, 0..=36_000, * 0.01 + -180.0, "deg";
    /// 1/100 degree from 90° S; 32767 = not available.
    CentiLatitude: u 15, 0..=18_000, * 0.01 + -90.0, "deg";
    /// 15 = not available.
    WmoMonth: u 4, 1..=12, * 1.0 + 0.0, "";
    /// 63 = not available.
    WmoDay: u 6, 1..=31, * 1.0 + 0.0, "";
    /// 31 = not available.
    WmoHour: u 5, 0..=23, * 1.0 + 0.0, "h";
    /// End of an interval of ten minutes; 7 = not available.
    WmoTenMinutes: u 3, 0..=5, * 10.0 + 0.0, "min";
    /// 1–72 in steps of 5°; 0 = calm, 127 = not available.
    WmoDirection: u 7, 1..=72, * 5.0 + 0.0, "deg";
    /// Half metres per second; 31 = not available.
    WmoShipSpeed: u 5, 0..=30, * 0.5 + 0.0, "m/s";
    /// Half metres per second; 255 = not available.
    WmoSpeed: u 8, 0..=254, * 0.5 + 0.0, "m/s";
    /// At sea level; 2047 = not available.
    WmoPressure: u 11, 0..=2000, * 0.1 + 900.0, "hPa";
    /// Over three hours; 1023 = not available.
    WmoPressureChange: u 10, 0..=1000, * 0.1 + -50.0, "hPa";
    /// 1023 = not available.
    WmoAirTemperature: u 10, 0..=1000, * 0.1 + 223.0, "K";
    /// 511 = not available.
    WmoSeaTemperature: u 9, 0..=500, * 0.1 + 268.0, "K";
    /// Root of the distance: metres are 13.073 times the square; 63 = not available.
    WmoVisibility: u 6, 0..=62, * 1.0 + 0.0, "sqrt(13.073 m)";
    /// Tenths; 15 = not available.
    WmoCloudCover: u 4, 0..=10, * 10.0 + 0.0, "%";
    /// Root of the height: metres are 0.16 times the square; 126 = above 2500 m, 127 = not available.
    WmoCloudBase: u 7, 0..=126, * 1.0 + 0.0, "sqrt(0.16 m)";
    /// 31 = not available.
    WmoPeriod: u 5, 0..=30, * 1.0 + 0.0, "s";
    /// Half metres; 63 = not available.
    WmoHeight: u 6, 0..=60, * 0.5 + 0.0, "m";
    /// Tens of degrees it comes from; 0 = calm, 63 = not available.
    WmoSwellDirection: u 6, 1..=36, * 10.0 + 0.0, "deg";
    /// 127 = not available.
    WmoIceDeposit: u 7, 0..=126, * 1.0 + 0.0, "cm";
    /// Steps of 45°; 0 = the ship is in the ice, 15 = not available.
    WmoIceBearing: u 4, 1..=8, * 45.0 + 0.0, "deg";
}

record! {
    /// Variant 0: in plain units.
    pub struct PlainObservation (0..304) {
        wmo: bool = 0,
        location: SixBit<20> = 1,
        lon: MilliLongitude = 121,
        lat: MilliLatitude = 146,
        day: Day = 170,
        hour: Hour = 175,
        minute: Minute = 180,
        /// 0 clear, 1 cloudy, 2 rain, 3 fog, 4 snow, 5 typhoon, 6 monsoon, 7 thunderstorm, 8 not available.
        weather: U<4> = 186,
        /// The true visibility is greater than the one given.
        visibility_greater: bool = 190,
        visibility: Visibility31 = 191,
        humidity: Humidity = 198,
        wind_speed: WindSpeed = 205,
        wind_from: Direction = 212,
        pressure: Pressure31 = 221,
        /// WMO FM 13 table 0200.
        pressure_tendency: U<4> = 230,
        air_temperature: AirTemperature31 = 234,
        water_temperature: SeaTemperature = 245,
        wave_period: WavePeriod = 255,
        wave_height: WaveHeight = 261,
        wave_direction: Direction = 269,
        swell_height: WaveHeight = 278,
        swell_direction: Direction = 286,
        swell_period: WavePeriod = 295,
        spare: U<3> = 301,
    }
}

record! {
    /// Variant 1: in the units and code tables of WMO FM 94 BUFR (the table's number behind a code).
    pub struct WmoObservation (0..304) {
        wmo: bool = 0,
        lon: CentiLongitude = 1,
        lat: CentiLatitude = 17,
        month: WmoMonth = 32,
        day: WmoDay = 36,
        hour: WmoHour = 42,
        minute: WmoTenMinutes = 47,
        course: WmoDirection = 50,
        speed: WmoShipSpeed = 57,
        heading: WmoDirection = 62,
        pressure: WmoPressure = 69,
        pressure_change: WmoPressureChange = 80,
        /// 010063
        pressure_tendency: U<4> = 90,
        wind_from: WmoDirection = 94,
        wind_speed: WmoSpeed = 101,
        relative_wind_from: WmoDirection = 109,
        relative_wind_speed: WmoSpeed = 116,
        gust_speed: WmoSpeed = 124,
        gust_from: WmoDirection = 132,
        air_temperature: WmoAirTemperature = 139,
        humidity: Humidity = 149,
        sea_temperature: WmoSeaTemperature = 156,
        visibility: WmoVisibility = 165,
        /// 020003
        weather: U<9> = 171,
        /// 020004
        past_weather1: U<5> = 180,
        /// 020005
        past_weather2: U<5> = 185,
        cloud_cover: WmoCloudCover = 190,
        /// 020011
        low_cloud_amount: U<4> = 194,
        /// 020012, as the next two.
        low_cloud_type: U<6> = 198,
        middle_cloud_type: U<6> = 204,
        high_cloud_type: U<6> = 210,
        cloud_base: WmoCloudBase = 216,
        wave_period: WmoPeriod = 223,
        wave_height: WmoHeight = 228,
        swell1_from: WmoSwellDirection = 234,
        swell1_period: WmoPeriod = 240,
        swell1_height: WmoHeight = 245,
        swell2_from: WmoSwellDirection = 251,
        swell2_period: WmoPeriod = 257,
        swell2_height: WmoHeight = 262,
        ice_deposit: WmoIceDeposit = 268,
        /// 020032
        ice_rate: U<3> = 275,
        /// 020033
        ice_cause: U<3> = 278,
        /// 020034
        sea_ice: U<5> = 281,
        /// 020035
        ice_type: U<4> = 286,
        /// 020036
        ice_situation: U<5> = 290,
        /// 020037
        ice_development: U<5> = 295,
        ice_bearing: WmoIceBearing = 300,
    }
}

choice! {
    /// What a ship saw.
    pub enum Observation (304) by 0, 1 {
        0 => Plain(PlainObservation),
        _ => Wmo(WmoObservation),
    }
}
