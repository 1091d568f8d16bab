//! A beacon: where the station stands (ch. 8), its symbol (ch. 20) and a comment.
//!
//! ```text
//!   =5203.50N/00401.75E-comment         "=": takes messages; "!": doesn't
//! ```

use model::LatLon;

/// Longest comment behind a position (ch. 8).
pub const COMMENT_MAX: usize = 43;

#[derive(Clone, Debug, PartialEq)]
pub struct Beacon {
    pub place: LatLon,
    /// Table and code, printable ASCII.
    pub symbol: [u8; 2],
    pub comment: String,
    pub messaging: bool,
}

impl Beacon {
    /// The information field. Hundredths of a minute, rounded.
    pub fn info(&self) -> Vec<u8> {
        let part = |degrees: f64| {
            let hundredths = (degrees.abs() * 6_000.0).round() as u32;
            (hundredths / 6_000, hundredths % 6_000 / 100, hundredths % 100)
        };
        let (lat, lon) = (self.place.lat_deg(), self.place.lon_deg());
        let [north, east] = [if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' }];
        let [table, code] = self.symbol.map(char::from);
        let ((d, m, h), (e, n, i)) = (part(lat), part(lon));
        let kind = if self.messaging { '=' } else { '!' };
        let comment: String = self.comment.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(COMMENT_MAX).collect();
        format!("{kind}{d:02}{m:02}.{h:02}{north}{table}{e:03}{n:02}.{i:02}{east}{code}{comment}").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aprs::packet::Packet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_read_where_it_stands(lat in -90.0..=90.0_f64, lon in -180.0..180.0_f64, comment in ".{0,60}") {
            let place = LatLon::from_degrees(lat, lon).unwrap();
            let beacon = Beacon { place, symbol: *b"/-", comment, messaging: true };
            let info = beacon.info();
            let Ok(Packet::Position(report)) = Packet::parse(b"APZVTC", &info) else { panic!("{}", String::from_utf8_lossy(&info)) };
            let read = LatLon::from_degrees(report.place.lat_deg, report.place.lon_deg).unwrap();
            // Half of a hundredth of a minute each way, and what a DAO or the like in the comment adds.
            prop_assert!(read.distance_m(place) < 40.0, "{}", String::from_utf8_lossy(&info));
            prop_assert_eq!(report.symbol, Some(*b"/-"));
        }
    }
}
