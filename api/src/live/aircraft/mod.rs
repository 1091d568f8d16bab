//! What only aircraft have in the picture: what the crew selected, what the instruments measure, collision advisories, and what was
//! heard but is not believed. Who they are is `registry`'s, other programs' view of them `json`'s.

pub(super) mod advisory;
mod detail;
mod json;
pub mod registry;
pub(super) mod source;

pub(super) use detail::{Facts, source as source_of};

use super::track::{Latest, Stamp};
use crate::dto;
use model::{
    Advisory, AirData, CentiDegrees, DeciKnots, Disbelief, EventKind, HeadingReference, Intent, Quality, Quarantined, SpeedKind, Status,
    Suspect, Velocity,
};

/// Kept apart from the track: most of it is empty for most aircraft, and all of it for ships.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    panel_alt_ft: Latest<i32>,
    fms_alt_ft: Latest<i32>,
    selected_heading: Latest<(HeadingReference, CentiDegrees)>,
    altimeter_dhpa: Latest<u16>,
    autopilot: Latest<bool>,
    vertical_navigation: Latest<bool>,
    altitude_hold: Latest<bool>,
    approach: Latest<bool>,
    lateral_navigation: Latest<bool>,
    tcas_operational: Latest<bool>,
    roll_cdeg: Latest<i16>,
    indicated_airspeed: Latest<DeciKnots>,
    true_airspeed: Latest<DeciKnots>,
    mach_milli: Latest<u16>,
    magnetic_heading: Latest<CentiDegrees>,
    wind: Latest<(CentiDegrees, DeciKnots)>,
    temperature_cdegc: Latest<i16>,
    geom_minus_baro_ft: Latest<i32>,
    adsb_version: Latest<u8>,
    ident: Latest<bool>,
    quality: Latest<Quality>,
    advisory: Latest<Advisory>,
    quarantined: [Doubted; Disbelief::ALL.len()],
}

/// The last value disbelieved for one reason, and how many there were.
#[derive(Clone, Copy, Debug, Default)]
struct Doubted {
    last: Latest<Suspect>,
    count: u64,
}

impl Extra {
    /// Whether an event has anything for here.
    pub fn wants(kind: &EventKind) -> bool {
        match kind {
            EventKind::Intent(_) | EventKind::AirData(_) | EventKind::Quality(_) | EventKind::Advisory(_) | EventKind::Quarantined(_) => {
                true
            }
            EventKind::Velocity(v) => {
                let air = v.speed.is_some_and(|(kind, _)| kind != SpeedKind::Ground);
                air || v.geom_minus_baro_ft.is_some() || matches!(v.direction, Some((HeadingReference::MagneticHeading, _)))
            }
            EventKind::Status(s) => s.adsb_version.is_some() || s.ident.is_some(),
            EventKind::Position(_)
            | EventKind::Identity(_)
            | EventKind::Weather(_)
            | EventKind::Text(_)
            | EventKind::Telemetry(_)
            | EventKind::Coverage(_) => false,
        }
    }

    pub fn apply(&mut self, stamp: Stamp, kind: &EventKind) {
        match kind {
            EventKind::Intent(intent) => self.intent(stamp, intent),
            EventKind::AirData(air) => self.air_data(stamp, air),
            EventKind::Velocity(velocity) => self.velocity(stamp, velocity),
            EventKind::Status(Status { adsb_version, ident, .. }) => {
                self.adsb_version.offer(stamp, *adsb_version);
                self.ident.offer(stamp, *ident);
            }
            EventKind::Quality(quality) => self.quality.offer(stamp, Some(*quality)),
            EventKind::Advisory(advisory) => self.advisory.offer(stamp, Some(*advisory)),
            EventKind::Quarantined(Quarantined { why, suspect, count }) => {
                let doubted = &mut self.quarantined[*why as usize];
                doubted.last.offer(stamp, Some(*suspect));
                doubted.count = doubted.count.saturating_add(u64::from(*count));
            }
            EventKind::Position(_)
            | EventKind::Identity(_)
            | EventKind::Weather(_)
            | EventKind::Text(_)
            | EventKind::Telemetry(_)
            | EventKind::Coverage(_) => {}
        }
    }

    fn intent(&mut self, stamp: Stamp, i: &Intent) {
        self.panel_alt_ft.offer(stamp, i.panel_alt_ft);
        self.fms_alt_ft.offer(stamp, i.fms_alt_ft);
        self.selected_heading.offer(stamp, i.selected_heading);
        self.altimeter_dhpa.offer(stamp, i.altimeter_dhpa);
        self.autopilot.offer(stamp, i.autopilot);
        self.vertical_navigation.offer(stamp, i.vertical_navigation);
        self.altitude_hold.offer(stamp, i.altitude_hold);
        self.approach.offer(stamp, i.approach);
        self.lateral_navigation.offer(stamp, i.lateral_navigation);
        self.tcas_operational.offer(stamp, i.tcas_operational);
    }

    fn air_data(&mut self, stamp: Stamp, a: &AirData) {
        self.roll_cdeg.offer(stamp, a.roll_cdeg);
        self.indicated_airspeed.offer(stamp, a.indicated_airspeed);
        self.true_airspeed.offer(stamp, a.true_airspeed);
        self.mach_milli.offer(stamp, a.mach_milli);
        self.magnetic_heading.offer(stamp, a.magnetic_heading);
        self.wind.offer(stamp, a.wind_from.zip(a.wind_speed));
        self.temperature_cdegc.offer(stamp, a.temperature_cdegc);
    }

    fn velocity(&mut self, stamp: Stamp, v: &Velocity) {
        match v.speed {
            Some((SpeedKind::IndicatedAir, speed)) => self.indicated_airspeed.offer(stamp, Some(speed)),
            Some((SpeedKind::TrueAir, speed)) => self.true_airspeed.offer(stamp, Some(speed)),
            Some((SpeedKind::Ground, _)) | None => {}
        }
        if let Some((HeadingReference::MagneticHeading, heading)) = v.direction {
            self.magnetic_heading.offer(stamp, Some(heading));
        }
        self.geom_minus_baro_ft.offer(stamp, v.geom_minus_baro_ft);
    }

    /// The last advisory, in words.
    pub fn advisory(&self) -> Option<dto::CollisionAdvisory> {
        let (stamp, advisory) = self.advisory.said()?;
        Some(dto::CollisionAdvisory {
            text: advisory::text(&advisory),
            threat: advisory::threat(advisory.threat.as_ref()),
            ended: advisory.terminated,
            at: dto::Utc(stamp.at),
        })
    }

    pub fn quarantined_count(&self) -> u64 {
        self.quarantined.iter().map(|doubted| doubted.count).sum()
    }
}

#[cfg(test)]
mod tests;
