//! What a station measures: the latest weather and telemetry, value by value, and how far it reaches.

use super::aircraft::{Facts, source_of};
use super::track::{Latest, Stamp};
use crate::dto::{self, WEATHER, reading_channel, weather_values};
use model::{Coverage, EventKind, Reading, StationId, Telemetry};

/// Kept apart from the track: most say none of it.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    weather: [Latest<f64>; WEATHER.len()],
    telemetry: [Latest<Reading>; Telemetry::READINGS_MAX],
    coverage: Latest<Coverage>,
}

impl Readings {
    /// Whether an event has anything for here.
    pub const fn wants(kind: &EventKind) -> bool {
        matches!(kind, EventKind::Weather(_) | EventKind::Telemetry(_) | EventKind::Coverage(_))
    }

    pub fn apply(&mut self, stamp: Stamp, kind: &EventKind) {
        match kind {
            EventKind::Weather(weather) => {
                let values = weather_values(weather);
                self.weather.iter_mut().zip(values).for_each(|(latest, value)| latest.offer(stamp, value));
            }
            EventKind::Telemetry(telemetry) => {
                for reading in &telemetry.readings {
                    if let Some(latest) = self.telemetry.get_mut(usize::from(reading.channel)) {
                        latest.offer(stamp, Some(*reading));
                    }
                }
            }
            EventKind::Coverage(coverage) => self.coverage.offer(stamp, Some(*coverage)),
            _ => {}
        }
    }

    pub fn list(&self, stations: &[StationId]) -> Vec<dto::ReadingNow> {
        let weather = self.weather.iter().zip(WEATHER).filter_map(|(latest, (field, unit))| {
            let (stamp, value) = latest.said()?;
            let (at, source) = (dto::Utc(stamp.at), source_of(stamp.source, stations));
            Some(dto::ReadingNow {
                kind: "weather",
                field: field.into(),
                name: None,
                unit: Some(unit.into()),
                value,
                calibrated: true,
                at,
                source,
            })
        });
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let telemetry = self.telemetry.iter().filter_map(|latest| {
            let (stamp, reading) = latest.said()?;
            Some(dto::ReadingNow {
                kind: "telemetry",
                field: reading_channel(reading.channel),
                name: some(reading.name.as_str()),
                unit: some(reading.unit.as_str()),
                value: reading.value(),
                calibrated: reading.calibrated,
                at: dto::Utc(stamp.at),
                source: source_of(stamp.source, stations),
            })
        });
        weather.chain(telemetry).collect()
    }

    pub(super) fn facts(&self, f: &mut Facts<'_>) {
        let Some((_, c)) = self.coverage.said() else { return };
        let mut add = |field, unit, value: Option<String>| {
            if let Some(text) = value {
                f.add(field, unit, &self.coverage, |_| text.clone());
            }
        };
        add("power_w", Some("W"), c.power_w.map(|w| w.to_string()));
        add("height_ft", Some("ft"), c.height_ft.map(|ft| ft.to_string()));
        add("gain_db", Some("dB"), c.gain_db.map(|db| db.to_string()));
        add("beam_deg", Some("°"), c.beam.map(|d| format!("{:.0}", d.degrees())));
        add("range_m", Some("m"), c.range_m.map(|m| m.to_string()));
        add("heard_s", None, c.heard_s.map(|s| format!("S{s}")));
        add("bearing_deg", Some("°"), c.bearing.map(|b| format!("{:.0} (quality {})", b.from.degrees(), b.quality)));
    }
}
