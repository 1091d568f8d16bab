//! Uplinks to events: each text once, and how much else was sent.

use crate::uat::uplink::{Apdu, Assembler, Report, Uplink, product_name, reports};
use model::{EventKind, Identity, LatLon, Position, PositionSource, ShortText, Subject, Text, TextKind, UnixMicros};

/// Texts remembered, so that a repetition (every few minutes, by every station in range) is not told again.
const TEXTS_MAX: usize = 2048;
const TEXT_MICROS: i64 = 1_200_000_000;
/// Products counted at once, over all stations.
const PRODUCTS_MAX: usize = 64;
const REPORT_MICROS: i64 = 600_000_000;
/// Ground stations whose place was told lately.
const STATIONS_MAX: usize = 64;
const STATION_MICROS: i64 = 60_000_000;

/// A ground station's category: a point obstacle, as it is to aircraft.
const OBSTACLE: &str = "C3";

/// What one station sent of one product since it was last told.
#[derive(Clone, Copy, Debug)]
struct Tally {
    station: Subject,
    product: u16,
    since: UnixMicros,
    apdus: u32,
    bytes: u32,
}

#[derive(Debug, Default)]
pub struct GroundStations {
    assembler: Assembler,
    /// Hash of a text, and when it was told; oldest first.
    texts: Vec<(u64, UnixMicros)>,
    tallies: Vec<Tally>,
    stations: Vec<(Subject, UnixMicros)>,
}

impl GroundStations {
    pub fn tell(&mut self, uplink: &Uplink<'_>, at: UnixMicros, out: &mut dyn FnMut(Subject, EventKind)) {
        let station = uplink.at.map_or(Subject::Callsign(ShortText::truncated("UAT")), name_of);
        if let Some(place) = uplink.at
            && self.is_due(station, at)
        {
            let position = Position { on_ground: Some(true), ..Position::bare(place, PositionSource::SelfReported) };
            out(station, EventKind::Position(position));
            let name = format!("UAT ground station, site {}", uplink.site);
            let identity = Identity { name: ShortText::new(&name).ok(), category: ShortText::new(OBSTACLE).ok(), ..Identity::default() };
            out(station, EventKind::Identity(identity));
        }
        for apdu in uplink.apdus() {
            let texts = match apdu.segment {
                Some(_) => self.assembler.take(&apdu, at).map(|whole| reports(apdu.product, &whole)).unwrap_or_default(),
                None => reports(apdu.product, apdu.payload),
            };
            if texts.is_empty() {
                self.count(station, &apdu, at, out);
            }
            for report in texts {
                self.text(station, report, at, out);
            }
        }
    }

    fn is_due(&mut self, station: Subject, at: UnixMicros) -> bool {
        self.stations.retain(|(_, then)| at.micros_since(*then).abs() < STATION_MICROS);
        let due = !self.stations.iter().any(|(told, _)| *told == station) && self.stations.len() < STATIONS_MAX;
        if due {
            self.stations.push((station, at));
        }
        due
    }

    /// About the place that the report names, else about the station that sent it.
    fn text(&mut self, station: Subject, report: Report, at: UnixMicros, out: &mut dyn FnMut(Subject, EventKind)) {
        let hash = report.text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        self.texts.retain(|(_, then)| at.micros_since(*then).abs() < TEXT_MICROS);
        if self.texts.iter().any(|(told, _)| *told == hash) {
            return;
        }
        if self.texts.len() == TEXTS_MAX {
            self.texts.remove(0);
        }
        self.texts.push((hash, at));
        let about = report.location.map_or(station, |location| Subject::Callsign(ShortText::truncated(&location)));
        out(about, EventKind::Text(Text { kind: TextKind::Bulletin, to: None, body: report.text.into(), number: None }));
    }

    /// A product that holds no text here: counted, told now and then.
    fn count(&mut self, station: Subject, apdu: &Apdu<'_>, at: UnixMicros, out: &mut dyn FnMut(Subject, EventKind)) {
        let same = |t: &Tally| t.station == station && t.product == apdu.product;
        let index = self.tallies.iter().position(same).or_else(|| {
            let tally = Tally { station, product: apdu.product, since: at, apdus: 0, bytes: 0 };
            (self.tallies.len() < PRODUCTS_MAX).then(|| self.tallies.push(tally))?;
            Some(self.tallies.len() - 1)
        });
        let Some(index) = index else { return };
        let tally = &mut self.tallies[index];
        tally.apdus += 1;
        tally.bytes += apdu.payload.len() as u32;
        let seconds = at.micros_since(tally.since) / 1_000_000;
        if at.micros_since(tally.since).abs() < REPORT_MICROS {
            return;
        }
        let name = product_name(tally.product).unwrap_or("unknown");
        let body = format!("FIS-B product {} ({name}): {} APDUs, {} bytes in {seconds} s", tally.product, tally.apdus, tally.bytes);
        out(station, EventKind::Text(Text { kind: TextKind::Telemetry, to: None, body: body.into(), number: None }));
        self.tallies.remove(index);
    }
}

/// A ground station has no name: the place's geohash, 5 × 5 km.
fn name_of(place: LatLon) -> Subject {
    const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
    let (mut lat, mut lon) = ((-90.0, 90.0), (-180.0, 180.0));
    let mut name = String::from("UAT-");
    for digit in 0..5 {
        let mut code = 0;
        for bit in 0..5 {
            let (range, value) = if (digit * 5 + bit) % 2 == 0 { (&mut lon, place.lon_deg()) } else { (&mut lat, place.lat_deg()) };
            let middle: f64 = (range.0 + range.1) / 2.0;
            let upper = middle <= value;
            *if upper { &mut range.0 } else { &mut range.1 } = middle;
            code = code << 1 | usize::from(upper);
        }
        name.push(char::from(DIGITS[code]));
    }
    Subject::Callsign(ShortText::truncated(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_are_named_by_their_geohash() {
        // The geohash's published example.
        let place = LatLon::from_degrees(57.649_11, 10.407_44).unwrap();
        assert_eq!(name_of(place).to_string(), "call:UAT-u4pru");
    }
}
