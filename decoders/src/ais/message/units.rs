//! Quantities that several message types share, with the code that says "not available" (annex 8 §3).

use super::record::coded;
use model::{CentiDegrees, DeciKnots, LatLon};

coded! {
    /// Longitude in 1/10,000 minute, east positive; 181° (108,600,000) = not available.
    Longitude: i 28, -108_000_000..=108_000_000, * 0.000_001_666_666_666_666_666_7 + 0.0, "deg";
    /// Latitude in 1/10,000 minute, north positive; 91° (54,600,000) = not available.
    Latitude: i 27, -54_000_000..=54_000_000, * 0.000_001_666_666_666_666_666_7 + 0.0, "deg";
    /// Longitude in 1/10 minute; 181° = not available.
    CoarseLongitude: i 18, -108_000..=108_000, * 0.001_666_666_666_666_666_7 + 0.0, "deg";
    /// Latitude in 1/10 minute; 91° = not available.
    CoarseLatitude: i 17, -54_000..=54_000, * 0.001_666_666_666_666_666_7 + 0.0, "deg";
    /// Speed over ground in 1/10 knot; 1022 = 102.2 kt or more, 1023 = not available.
    Sog: u 10, 0..=1022, * 0.1 + 0.0, "kt";
    /// Speed over ground of aircraft in knots; 1022 = that or more, 1023 = not available.
    AircraftSog: u 10, 0..=1022, * 1.0 + 0.0, "kt";
    /// Speed over ground in knots, type 27; 63 = not available.
    CoarseSog: u 6, 0..=62, * 1.0 + 0.0, "kt";
    /// Course over ground in 1/10°; 3600 = not available.
    Cog: u 12, 0..=3599, * 0.1 + 0.0, "deg";
    /// Course over ground in degrees, type 27; 511 = not available.
    CoarseCog: u 9, 0..=359, * 1.0 + 0.0, "deg";
    /// True heading in degrees; 511 = not available.
    Heading: u 9, 0..=359, * 1.0 + 0.0, "deg";
    /// UTC second of the position; 60 = not available, 61 manual input, 62 dead reckoning, 63 positioning system inoperative.
    PositionSecond: u 6, 0..=59, * 1.0 + 0.0, "s";
    /// Altitude of an aircraft in metres; 4094 = that or more, 4095 = not available.
    Altitude: u 12, 0..=4094, * 1.0 + 0.0, "m";
    /// Draught in 1/10 m; 255 = 25.5 m or more, 0 = not available.
    Draught: u 8, 1..=255, * 0.1 + 0.0, "m";
    /// Rate of turn: 4.733·√(°/min), right positive; ±127 = faster than 5° in 30 s without a turn indicator, −128 = not available.
    RateOfTurn: i 8, -127..=127, * 1.0 + 0.0, "4.733 sqrt(deg/min)";
    /// UTC year; 0 = not available.
    Year: u 14, 1..=9999, * 1.0 + 0.0, "";
    /// Month; 0 = not available.
    Month: u 4, 1..=12, * 1.0 + 0.0, "";
    /// Day of the month; 0 = not available.
    Day: u 5, 1..=31, * 1.0 + 0.0, "";
    /// Hour; 24 = not available.
    Hour: u 5, 0..=23, * 1.0 + 0.0, "h";
    /// Minute; 60 = not available.
    Minute: u 6, 0..=59, * 1.0 + 0.0, "min";
    /// Second; 60 = not available.
    Second: u 6, 0..=59, * 1.0 + 0.0, "s";
    /// Distance from the reference point of the position to bow or stern in metres; 511 = that or more.
    Length9: u 9, 0..=511, * 1.0 + 0.0, "m";
    /// Distance from the reference point of the position to a side in metres; 63 = that or more.
    Width6: u 6, 0..=63, * 1.0 + 0.0, "m";
}

impl Sog {
    pub fn deci_knots(self) -> Option<DeciKnots> {
        self.known().map(|raw| DeciKnots(raw as u16))
    }
}

impl Cog {
    pub fn centi_degrees(self) -> Option<CentiDegrees> {
        CentiDegrees::new(self.known()? as u16 * 10)
    }
}

impl Heading {
    pub fn centi_degrees(self) -> Option<CentiDegrees> {
        CentiDegrees::new(self.known()? as u16 * 100)
    }
}

/// How fast the heading changes, as far as the field says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// Degrees per minute, right positive, from a turn indicator.
    Measured(f64),
    /// More than 5° in 30 s to the left or right, without a turn indicator.
    FastLeft,
    FastRight,
}

impl RateOfTurn {
    /// §3.1 table 48, "rate of turn": ROT_AIS = 4.733·√ROT, so ROT = (ROT_AIS / 4.733)².
    pub fn turn(self) -> Option<Turn> {
        match self.known()? {
            127 => Some(Turn::FastRight),
            -127 => Some(Turn::FastLeft),
            raw => Some(Turn::Measured((f64::from(raw) / 4.733).powi(2) * f64::from(raw.signum()))),
        }
    }
}

/// 1/10,000 minute to 1e-7 degree is ×50/3, rounded half away from zero.
fn e7(raw: i32) -> i32 {
    let product = i64::from(raw) * 50;
    let rounded = if product < 0 { product - 1 } else { product + 1 } / 3;
    rounded as i32
}

/// A position, when both coordinates are available.
pub fn position(lat: Latitude, lon: Longitude) -> Option<LatLon> {
    place(lat.known()?, lon.known()?)
}

/// A position in 1/10 minute.
pub fn coarse_position(lat: CoarseLatitude, lon: CoarseLongitude) -> Option<LatLon> {
    place(lat.known()? * 1000, lon.known()? * 1000)
}

/// From 1/10,000 minute; +180° is stored as −180°.
fn place(lat: i32, lon: i32) -> Option<LatLon> {
    let lon_e7 = e7(lon);
    LatLon::from_e7(e7(lat), if lon_e7 == 1_800_000_000 { -1_800_000_000 } else { lon_e7 })
}

/// A position in 1/1000 minute.
pub fn place_milli(lat: i32, lon: i32) -> Option<LatLon> {
    place(lat * 10, lon * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_round_to_the_nearest_unit() {
        for raw in [-108_000_000, -74_037_230, -1, 0, 1, 2, 29_028_980, 108_000_000] {
            assert_eq!(e7(raw), (f64::from(raw) / 600_000.0 * 1e7).round() as i32, "{raw}");
        }
        let at = position(Latitude::new(29_028_980), Longitude::new(-74_037_230)).unwrap();
        assert_eq!((at.lat_e7(), at.lon_e7()), (483_816_333, -1_233_953_833));
        assert_eq!(position(Latitude::new(54_600_000), Longitude::new(0)), None);
        assert_eq!(position(Latitude::new(0), Longitude::new(108_000_000)).unwrap().lon_e7(), -1_800_000_000);
    }

    #[test]
    fn codes_beyond_the_range_mean_unknown() {
        assert_eq!((Sog::new(1023).value(), Cog::new(3600).value(), Heading::new(511).value()), (None, None, None));
        assert_eq!(RateOfTurn::new(-128).turn(), None);
        assert_eq!(RateOfTurn::new(-127).turn(), Some(Turn::FastLeft));
        let Some(Turn::Measured(rate)) = RateOfTurn::new(-20).turn() else { panic!("measured") };
        assert!((rate + 17.857).abs() < 0.01, "{rate}");
    }
}
