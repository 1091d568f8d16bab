//! A beacon: where the station stands (ch. 8), its symbol (ch. 20) and a comment; or where something else is, as an object (ch. 11).
//!
//! ```text
//!   =5203.50N/00401.75E-comment                     "=": takes messages; "!": doesn't
//!   ;SHELTER  *120055h5203.50N/00401.75E-comment    name of 9, "*": there, "_": not any more; hour, minute, second of UTC
//! ```

use model::{LatLon, ShortText, UnixMicros};

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
        format!("{}{}", if self.messaging { '=' } else { '!' }, self.place_and_more()).into_bytes()
    }

    fn place_and_more(&self) -> String {
        let part = |degrees: f64| {
            let hundredths = (degrees.abs() * 6_000.0).round() as u32;
            (hundredths / 6_000, hundredths % 6_000 / 100, hundredths % 100)
        };
        let (lat, lon) = (self.place.lat_deg(), self.place.lon_deg());
        let [north, east] = [if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' }];
        let [table, code] = self.symbol.map(char::from);
        let ((d, m, h), (e, n, i)) = (part(lat), part(lon));
        let comment: String = self.comment.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(COMMENT_MAX).collect();
        format!("{d:02}{m:02}.{h:02}{north}{table}{e:03}{n:02}.{i:02}{east}{code}{comment}")
    }
}

/// What the station tells of something else: a shelter, a roadblock.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Printable ASCII.
    pub name: ShortText<9>,
    /// `false`: it is not there any more.
    pub live: bool,
    pub beacon: Beacon,
}

impl Object {
    /// The information field.
    pub fn info(&self, now: UnixMicros) -> Vec<u8> {
        let second = now.0.div_euclid(1_000_000).rem_euclid(86_400);
        let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
        let status = if self.live { '*' } else { '_' };
        format!(";{:<9}{status}{h:02}{m:02}{s:02}h{}", self.name.as_str(), self.beacon.place_and_more()).into_bytes()
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

        #[test]
        fn an_object_is_read_by_its_name_and_time(lat in -90.0..=90.0_f64, lon in -180.0..180.0_f64, name in "[A-Z][A-Z 0-9]{0,7}[A-Z0-9]", live: bool) {
            let place = LatLon::from_degrees(lat, lon).unwrap();
            let beacon = Beacon { place, symbol: *b"\\z", comment: "shelter".into(), messaging: false };
            let object = Object { name: ShortText::new(&name).unwrap(), live, beacon };
            let info = object.info(UnixMicros(86_400_000_000 * 20_000 + 43_255_000_000));
            let Ok(Packet::Object { name: read, live: there, report }) = Packet::parse(b"APZVTC", &info) else { panic!("{}", info.escape_ascii()) };
            prop_assert_eq!((read.as_str(), there, report.symbol), (name.as_str(), live, Some(*b"\\z")));
            prop_assert_eq!(report.time, Some(crate::aprs::packet::Time::HourMinuteSecond(12, 0, 55)));
            prop_assert!(LatLon::from_degrees(report.place.lat_deg, report.place.lon_deg).unwrap().distance_m(place) < 40.0);
        }
    }
}
