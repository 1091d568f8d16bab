//! Everything known of one track, each value with its age and the frame that said it.

use super::super::track::{Latest, Track};
use super::Extra;
use super::registry::{self, Database};
use crate::dto;
use model::{CentiDegrees, DeciKnots, Disbelief, Emergency, HeadingReference, Quality, StationId, Subject, UnixMicros, VerticalSource};

/// Collects facts, with what is needed to write down where they are from.
pub(in crate::live) struct Facts<'a> {
    stations: &'a [StationId],
    facts: Vec<dto::Fact>,
}

impl Facts<'_> {
    pub fn add<T: Copy>(&mut self, field: &'static str, unit: Option<&'static str>, latest: &Latest<T>, text: impl Fn(T) -> String) {
        let Some((stamp, value)) = latest.said() else { return };
        self.facts.push(dto::Fact { field, value: text(value), unit, at: dto::Utc(stamp.at), source: source(stamp.source, self.stations) });
    }

    fn flag(&mut self, field: &'static str, latest: &Latest<bool>) {
        self.add(field, None, latest, |on| if on { "yes" } else { "no" }.into());
    }
}

pub(in crate::live) fn source(source: super::source::Source, stations: &[StationId]) -> dto::FactSource {
    dto::FactSource {
        station: stations.get(usize::from(source.station)).map(ToString::to_string),
        receiver: source.receiver,
        frame: source.frame(),
        probability_percent: source.probability_percent(),
        corrected_bits: source.corrected_bits,
    }
}

impl Track {
    pub fn detail(&self, subject: &Subject, stations: &[StationId], database: Option<&Database>, now: UnixMicros) -> dto::TrackDetail {
        let mut facts = Facts { stations, facts: Vec::with_capacity(40) };
        self.common(&mut facts);
        let extra = self.extra.as_deref();
        if let Some(extra) = extra {
            extra.facts(&mut facts);
        }
        if let Some(readings) = &self.readings {
            readings.facts(&mut facts);
        }
        dto::TrackDetail {
            generated_at: dto::Utc(now),
            subject: subject.to_string(),
            identity: match subject {
                Subject::Aircraft(address) => Some(identity(registry::identify(address.get(), self.name.get(), database))),
                Subject::NonIcao(_) | Subject::Vessel(_) | Subject::Callsign(_) => None,
            },
            facts: facts.facts,
            readings: self.readings.as_ref().map_or_else(Vec::new, |readings| readings.list(stations)),
            quarantined: extra.map_or_else(Vec::new, |extra| extra.quarantined(stations)),
            advisory: extra.and_then(Extra::advisory),
        }
    }

    fn common(&self, f: &mut Facts<'_>) {
        let degrees = |angle: CentiDegrees| format!("{:.1}", angle.degrees());
        let knots = |speed: DeciKnots| format!("{:.1}", speed.knots());
        f.add("position", None, &self.place, |p| format!("{:.5}, {:.5}", p.place.lat_deg(), p.place.lon_deg()));
        f.add("baro_alt_ft", Some("ft"), &self.baro_alt_ft, |ft| ft.to_string());
        f.add("geom_alt_ft", Some("ft"), &self.geom_alt_ft, |ft| ft.to_string());
        f.flag("on_ground", &self.on_ground);
        f.add("speed_kt", Some("kt"), &self.speed, knots);
        f.add("track_deg", Some("°"), &self.track, degrees);
        f.add("heading_deg", Some("°"), &self.heading, degrees);
        f.add("vertical_rate_fpm", Some("ft/min"), &self.vertical_rate_fpm, |(from, rate)| {
            format!("{rate} {}", if from == VerticalSource::Barometric { "barometric" } else { "geometric" })
        });
        f.add("callsign", None, &self.callsign, |text| text.to_string());
        f.add("name", None, &self.name, |text| text.to_string());
        f.add("category", None, &self.category, |text| text.to_string());
        f.add("squawk", None, &self.squawk, |code| format!("{code:04}"));
        f.add("emergency", None, &self.emergency, |e: Emergency| e.name().into());
    }
}

impl Extra {
    fn facts(&self, f: &mut Facts<'_>) {
        let reference = |r| match r {
            HeadingReference::TrueTrack => "true track",
            HeadingReference::TrueHeading => "true",
            HeadingReference::MagneticHeading => "magnetic",
        };
        let hundredths = |value: i16| format!("{:.2}", f64::from(value) / 100.0);
        f.add("panel_alt_ft", Some("ft"), &self.panel_alt_ft, |ft| ft.to_string());
        f.add("fms_alt_ft", Some("ft"), &self.fms_alt_ft, |ft| ft.to_string());
        f.add("selected_heading", Some("°"), &self.selected_heading, |(r, a)| format!("{:.1} {}", a.degrees(), reference(r)));
        f.add("altimeter_hpa", Some("hPa"), &self.altimeter_dhpa, |p| format!("{:.1}", f64::from(p) / 10.0));
        f.flag("autopilot", &self.autopilot);
        f.flag("vertical_navigation", &self.vertical_navigation);
        f.flag("altitude_hold", &self.altitude_hold);
        f.flag("approach", &self.approach);
        f.flag("lateral_navigation", &self.lateral_navigation);
        f.flag("tcas_operational", &self.tcas_operational);
        f.add("ias_kt", Some("kt"), &self.indicated_airspeed, |s| format!("{:.1}", s.knots()));
        f.add("tas_kt", Some("kt"), &self.true_airspeed, |s| format!("{:.1}", s.knots()));
        f.add("mach", None, &self.mach_milli, |m| format!("{:.3}", f64::from(m) / 1e3));
        f.add("magnetic_heading_deg", Some("°"), &self.magnetic_heading, |a| format!("{:.1}", a.degrees()));
        f.add("roll_deg", Some("°"), &self.roll_cdeg, hundredths);
        f.add("wind", None, &self.wind, |(from, speed)| format!("{:.0}° at {:.0} kt", from.degrees(), speed.knots()));
        f.add("temperature_c", Some("°C"), &self.temperature_cdegc, hundredths);
        f.add("geom_minus_baro_ft", Some("ft"), &self.geom_minus_baro_ft, |ft| ft.to_string());
        f.add("adsb_version", None, &self.adsb_version, |v| v.to_string());
        f.flag("ident", &self.ident);
        self.quality_facts(f);
    }

    fn quality_facts(&self, f: &mut Facts<'_>) {
        let Some((stamp, q)) = self.quality.said() else { return };
        let per = |q: &Quality| if q.integrity_per_sample == Some(true) { " per sample" } else { " per hour" };
        let values = [
            ("position_error_m", Some("m"), q.position_error_m.map(|m| format!("{m} (95 %)"))),
            ("containment_m", Some("m"), q.containment_m.map(|m| m.to_string())),
            ("geom_alt_error_m", Some("m"), q.geom_alt_error_m.map(|m| format!("{m} (95 %)"))),
            ("velocity_error_m_s", Some("m/s"), q.velocity_error_dm_s.map(|v| format!("{:.1} (95 %)", f64::from(v) / 10.0))),
            ("integrity", None, q.integrity_exponent.map(|n| format!("10^-{n}{}", per(&q)))),
            ("design_assurance", None, q.design_assurance_exponent.map(|n| format!("10^-{n} per hour"))),
            ("baro_alt_checked", None, q.baro_alt_checked.map(|on| if on { "yes" } else { "no" }.into())),
        ];
        let from = source(stamp.source, f.stations);
        let known = values.into_iter().filter_map(|(field, unit, value)| Some((field, unit, value?)));
        f.facts.extend(known.map(|(field, unit, value)| dto::Fact { field, value, unit, at: dto::Utc(stamp.at), source: from.clone() }));
    }

    fn quarantined(&self, stations: &[StationId]) -> Vec<dto::QuarantinedFact> {
        let kept = Disbelief::ALL.iter().zip(&self.quarantined).filter_map(|(why, doubted)| {
            let (stamp, suspect) = doubted.last.said()?;
            let (field, value) = dto::suspect_named(&suspect);
            let (at, source) = (dto::Utc(stamp.at), source(stamp.source, stations));
            Some(dto::QuarantinedFact { reason: why.name(), field, value, count: doubted.count, at, source })
        });
        kept.collect()
    }
}

fn identity(identified: registry::Identified) -> dto::AircraftIdentity {
    let (registration, registration_from) = identified.registration.map(|(text, by)| (text, by.name())).unzip();
    dto::AircraftIdentity {
        country: identified.country.map(|c| c.name),
        country_code: identified.country.map(|c| c.code),
        registration,
        registration_from,
        type_code: identified.type_code,
    }
}
