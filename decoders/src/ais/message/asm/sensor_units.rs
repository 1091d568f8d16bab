//! What sensors on shore and at sea measure (IMO SN.1/Circ.289 §12): quantities of [`super::environment`].

use crate::ais::message::record::coded;

coded! {
    /// 1/10 m above mean sea level; 2001 = that or more, 2002 = not available.
    SensorAltitude11: u 11, 0..=2001, * 0.1 + 0.0, "m";
    /// 1/10 m above mean sea level; 4002 and more = not available.
    SensorAltitude12: u 12, 0..=4001, * 0.1 + 0.0, "m";
    /// 121 = that or more, 122 = not available.
    SensorWind: u 7, 0..=121, * 1.0 + 0.0, "kt";
    /// 1/100 m; ±32767 = that or beyond, −32768 = not available.
    SensorLevel: i 16, -32_767..=32_767, * 0.01 + 0.0, "m";
    /// 1/10 knot; 246 = that or more, 247 = not available.
    SensorCurrent: u 8, 0..=246, * 0.1 + 0.0, "kt";
    /// The same with a sign: ±246 = that or beyond, 247 and more = not available.
    SensorCurrent9: i 9, -246..=246, * 0.1 + 0.0, "kt";
    /// Metres below the surface; 361 = that or more, 362 = not available.
    SensorDepth: u 9, 0..=361, * 1.0 + 0.0, "m";
    /// 121 = that or more, 122 = not available.
    SensorDistance7: u 7, 0..=121, * 1.0 + 0.0, "m";
    /// 361 = that or more, 362 = not available.
    SensorDistance9: u 9, 0..=361, * 1.0 + 0.0, "m";
    /// 1/10 m; 246 = that or more, 247 = not available.
    SensorHeight: u 8, 0..=246, * 0.1 + 0.0, "m";
    /// 61 = not available.
    SensorPeriod: u 6, 0..=60, * 1.0 + 0.0, "s";
    /// From −10 °C in steps of 0.1; 601 and more = not available.
    SensorWaterTemperature: u 10, 0..=600, * 0.1 + -10.0, "degC";
    /// 1/10 m; 121 = that or more, 122 = not available.
    SensorWaterDepth: u 7, 0..=121, * 0.1 + 0.0, "m";
    /// 1/10 per mille; 501 = that or more, 502 and 503 = not available.
    SensorSalinity: u 9, 0..=501, * 0.1 + 0.0, "per mille";
    /// 1/100 S/m; 701 = that or more, 702 and 703 = not available.
    SensorConductivity: u 10, 0..=701, * 0.01 + 0.0, "S/m";
    /// 1/10 dbar; 60001 = that or more, 60002 and 60003 = not available.
    SensorWaterPressure: u 16, 0..=60_001, * 0.1 + 0.0, "dbar";
    /// 1/10 nautical mile; 241 = that or more, 242 and 243 = not available.
    SensorVisibility: u 8, 0..=241, * 0.1 + 0.0, "NM";
    /// 0 = 799 or less, 402 = 1201 or more, 403 = not available.
    SensorPressure: u 9, 0..=402, * 1.0 + 799.0, "hPa";
    /// 1/100 m; 0 = not available, 8191 = that or more.
    SensorGap: u 13, 1..=8191, * 0.01 + 0.0, "m";
}
