//! Weather and water at a place: DAC 1, FI 11 (IMO SN/Circ.236) and FI 31 (IMO SN.1/Circ.289).

use super::units::{CurrentSpeed, Direction, MilliLatitude, MilliLongitude};
use crate::ais::message::bits::U;
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Minute};

coded! {
    /// Average of ten minutes or gust; 126 = that or more, 127 = not available.
    WindSpeed: u 7, 0..=126, * 1.0 + 0.0, "kt";
    /// FI 11: −60…60 °C; 2047 = not available.
    AirTemperature11: u 11, 0..=1200, * 0.1 + -60.0, "degC";
    /// FI 31: −60…60 °C; −1024 = not available.
    AirTemperature31: i 11, -600..=600, * 0.1 + 0.0, "degC";
    /// Percent; above 100 = not available.
    Humidity: u 7, 0..=100, * 1.0 + 0.0, "%";
    /// FI 11: −20…50 °C; 1023 = not available.
    DewPoint11: u 10, 0..=700, * 0.1 + -20.0, "degC";
    /// FI 31: −20…50 °C; 501 = not available.
    DewPoint31: i 10, -200..=500, * 0.1 + 0.0, "degC";
    /// FI 11: 800…1200 hPa; 511 = not available.
    Pressure11: u 9, 0..=400, * 1.0 + 800.0, "hPa";
    /// FI 31: 0 = 799 or less, 402 = 1201 or more, 511 = not available.
    Pressure31: u 9, 0..=402, * 1.0 + 799.0, "hPa";
    /// FI 11: 1/10 nautical mile; 255 = not available.
    Visibility11: u 8, 0..=250, * 0.1 + 0.0, "NM";
    /// FI 31: 1/10 nautical mile; 127 = not available.
    Visibility31: u 7, 0..=126, * 0.1 + 0.0, "NM";
    /// FI 11: deviation from local datum, −10…30 m; 511 = not available.
    WaterLevel11: u 9, 0..=400, * 0.1 + -10.0, "m";
    /// FI 31: −10…30 m; 4001 and more = not available.
    WaterLevel31: u 12, 0..=4000, * 0.01 + -10.0, "m";
    /// Metres below the surface; 31 = not available.
    CurrentDepth: u 5, 0..=30, * 1.0 + 0.0, "m";
    /// 1/10 m; 251 = that or more, 255 = not available.
    WaveHeight: u 8, 0..=251, * 0.1 + 0.0, "m";
    /// Seconds; 63 = not available.
    WavePeriod: u 6, 0..=60, * 1.0 + 0.0, "s";
    /// Beaufort; 13 and more = not available.
    SeaState: u 4, 0..=12, * 1.0 + 0.0, "Bft";
    /// FI 11: −10…50 °C; 1023 = not available.
    WaterTemperature11: u 10, 0..=600, * 0.1 + -10.0, "degC";
    /// FI 31: −10…50 °C; 501 = not available.
    SeaTemperature: i 10, -100..=500, * 0.1 + 0.0, "degC";
    /// 1/10 per mille; 510 and more = not available.
    Salinity: u 9, 0..=500, * 0.1 + 0.0, "per mille";
}

record! {
    /// DAC 1, FI 11. 290 bits and 6 spare.
    pub struct MetHydro11 (0..290) {
        lat: MilliLatitude = 0,
        lon: MilliLongitude = 24,
        day: Day = 49,
        hour: Hour = 54,
        minute: Minute = 59,
        wind_speed: WindSpeed = 65,
        wind_gust: WindSpeed = 72,
        wind_from: Direction = 79,
        gust_from: Direction = 88,
        air_temperature: AirTemperature11 = 97,
        humidity: Humidity = 108,
        dew_point: DewPoint11 = 115,
        pressure: Pressure11 = 125,
        /// 0 steady, 1 decreasing, 2 increasing, 3 not available.
        pressure_tendency: U<2> = 134,
        visibility: Visibility11 = 136,
        water_level: WaterLevel11 = 144,
        level_trend: U<2> = 153,
        current_speed: CurrentSpeed = 155,
        current_direction: Direction = 163,
        current_speed2: CurrentSpeed = 172,
        current_direction2: Direction = 180,
        current_depth2: CurrentDepth = 189,
        current_speed3: CurrentSpeed = 194,
        current_direction3: Direction = 202,
        current_depth3: CurrentDepth = 211,
        wave_height: WaveHeight = 216,
        wave_period: WavePeriod = 224,
        wave_direction: Direction = 230,
        swell_height: WaveHeight = 239,
        swell_period: WavePeriod = 247,
        swell_direction: Direction = 253,
        sea_state: SeaState = 262,
        water_temperature: WaterTemperature11 = 266,
        precipitation: U<3> = 276,
        salinity: Salinity = 279,
        ice: U<2> = 288,
    }
}

record! {
    /// DAC 1, FI 31. 294 bits and 10 spare.
    pub struct MetHydro31 (0..294) {
        lon: MilliLongitude = 0,
        lat: MilliLatitude = 25,
        high_accuracy: bool = 49,
        day: Day = 50,
        hour: Hour = 55,
        minute: Minute = 60,
        wind_speed: WindSpeed = 66,
        wind_gust: WindSpeed = 73,
        wind_from: Direction = 80,
        gust_from: Direction = 89,
        air_temperature: AirTemperature31 = 98,
        humidity: Humidity = 109,
        dew_point: DewPoint31 = 116,
        pressure: Pressure31 = 126,
        pressure_tendency: U<2> = 135,
        /// The true visibility is greater than the one given.
        visibility_greater: bool = 137,
        visibility: Visibility31 = 138,
        water_level: WaterLevel31 = 145,
        level_trend: U<2> = 157,
        current_speed: CurrentSpeed = 159,
        current_direction: Direction = 167,
        current_speed2: CurrentSpeed = 176,
        current_direction2: Direction = 184,
        current_depth2: CurrentDepth = 193,
        current_speed3: CurrentSpeed = 198,
        current_direction3: Direction = 206,
        current_depth3: CurrentDepth = 215,
        wave_height: WaveHeight = 220,
        wave_period: WavePeriod = 228,
        wave_direction: Direction = 234,
        swell_height: WaveHeight = 243,
        swell_period: WavePeriod = 251,
        swell_direction: Direction = 257,
        sea_state: SeaState = 266,
        water_temperature: SeaTemperature = 270,
        precipitation: U<3> = 280,
        salinity: Salinity = 283,
        ice: U<2> = 292,
    }
}
