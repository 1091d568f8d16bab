//! A track as an entry of readsb's `aircraft.json`.
//!
//! Constraint: what is shown as current was said within [`FRESH_US`]. A position older than that moves to `lastPosition`,
//! as readsb has it; other values are left out. Callsign and category hold as long as the track.

use super::super::track::Track;
use super::Extra;
use super::registry::{self, Database};
use crate::dto;
use model::{CentiDegrees, DeciKnots, Emergency, PositionSource, Subject, UnixMicros, VerticalSource};

/// readsb lets positions and most fields expire after a minute.
const FRESH_US: i64 = 60_000_000;

impl Track {
    /// `None`: no aircraft.
    pub fn aircraft(&self, subject: &Subject, database: Option<&Database>, now: UnixMicros) -> Option<dto::Aircraft> {
        let (address, assigned) = match subject {
            Subject::Aircraft(address) => (address, true),
            Subject::NonIcao(address) => (address, false),
            Subject::Vessel(_) | Subject::Callsign(_) => return None,
        };
        let since = now.plus_micros(-FRESH_US);
        let place = self.place.get();
        let current = place.filter(|p| since <= p.at);
        let old = if current.is_none() { place } else { None };
        let rate = self.vertical_rate_fpm.since(since);
        let rate_from = |source| rate.and_then(|(from, fpm)| (from == source).then_some(fpm));
        let identified =
            if assigned { registry::identify(address.get(), self.name.get(), database) } else { registry::Identified::default() };
        let extra = self.extra.as_deref();
        let air = |value: fn(&Extra, UnixMicros) -> Option<f64>| extra.and_then(|e| value(e, since));
        Some(dto::Aircraft {
            hex: format!("{}{address}", if assigned { "" } else { "~" }),
            kind: kind(place.map(|p| p.source), assigned),
            flight: self.callsign.get().map(|c| format!("{:<8}", c.as_str())),
            registration: identified.registration.map(|(text, _)| text),
            type_code: identified.type_code,
            alt_baro: match self.on_ground.since(since) {
                Some(true) => Some(dto::AltBaro::Ground("ground")),
                _ => self.baro_alt_ft.since(since).map(dto::AltBaro::Feet),
            },
            alt_geom: self.geom_alt_ft.since(since),
            gs: self.speed.since(since).map(DeciKnots::knots),
            track: self.track.since(since).map(CentiDegrees::degrees),
            true_heading: self.heading.since(since).map(CentiDegrees::degrees),
            baro_rate: rate_from(VerticalSource::Barometric),
            geom_rate: rate_from(VerticalSource::Geometric),
            ias: air(|e, since| e.indicated_airspeed.since(since).map(DeciKnots::knots)),
            tas: air(|e, since| e.true_airspeed.since(since).map(DeciKnots::knots)),
            mach: air(|e, since| e.mach_milli.since(since).map(|m| f64::from(m) / 1e3)),
            roll: air(|e, since| e.roll_cdeg.since(since).map(|r| f64::from(r) / 1e2)),
            mag_heading: air(|e, since| e.magnetic_heading.since(since).map(CentiDegrees::degrees)),
            wd: air(|e, since| e.wind.since(since).map(|(from, _)| from.degrees())),
            ws: air(|e, since| e.wind.since(since).map(|(_, speed)| speed.knots())),
            oat: air(|e, since| e.temperature_cdegc.since(since).map(|t| f64::from(t) / 1e2)),
            nav_altitude_mcp: extra.and_then(|e| e.panel_alt_ft.since(since)),
            nav_altitude_fms: extra.and_then(|e| e.fms_alt_ft.since(since)),
            nav_qnh: air(|e, since| e.altimeter_dhpa.since(since).map(|p| f64::from(p) / 10.0)),
            rc: extra.and_then(|e| e.quality.since(since)).and_then(|q| q.containment_m),
            version: extra.and_then(|e| e.adsb_version.get()),
            squawk: self.squawk.since(since).map(|code| format!("{code:04}")),
            emergency: self.emergency().map(word),
            category: self.category.get().map(|c| c.to_string()),
            lat: current.map(|p| p.place.lat_deg()),
            lon: current.map(|p| p.place.lon_deg()),
            seen_pos: current.map(|p| age_s(now, p.at)),
            last_position: old.map(|p| dto::LastPosition { lat: p.place.lat_deg(), lon: p.place.lon_deg(), seen_pos: age_s(now, p.at) }),
            mlat: [],
            tisb: [],
            messages: self.events,
            seen: age_s(now, self.last_seen),
            rssi: self.rssi.get().map(|r| f64::from(r.0) / 10.0),
        })
    }
}

/// Seconds to a tenth.
fn age_s(now: UnixMicros, at: UnixMicros) -> f64 {
    (now.micros_since(at).max(0) as f64 / 1e5).round() / 10.0
}

/// readsb's word for where the data come from, by the position.
const fn kind(source: Option<PositionSource>, assigned: bool) -> &'static str {
    match (source, assigned) {
        (Some(PositionSource::SelfReported), true) => "adsb_icao",
        (Some(PositionSource::SelfReported), false) => "adsb_other",
        (Some(PositionSource::Rebroadcast), true) => "adsr_icao",
        (Some(PositionSource::Rebroadcast), false) => "adsr_other",
        (Some(PositionSource::GroundSurveillance), true) => "tisb_icao",
        (Some(PositionSource::GroundSurveillance), false) => "tisb_other",
        (None, true) => "mode_s",
        (None, false) => "other",
    }
}

/// readsb's words for emergencies; it knows those of ADS-B only.
const fn word(emergency: Emergency) -> &'static str {
    match emergency {
        Emergency::General => "general",
        Emergency::Medical => "lifeguard",
        Emergency::MinimumFuel => "minfuel",
        Emergency::NoCommunications => "nordo",
        Emergency::UnlawfulInterference => "unlawful",
        Emergency::Downed => "downed",
        Emergency::None | Emergency::Test => "none",
        Emergency::SearchAndRescueTransmitter | Emergency::ManOverboard | Emergency::EmergencyBeacon => "general",
    }
}
