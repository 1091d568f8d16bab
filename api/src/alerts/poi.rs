//! What points of interest are known by, for rules that name them. Pure.

use super::rule::Watched;
use std::collections::BTreeSet;

/// An identifier of an active point of interest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoiIdentifier {
    pub poi_id: i64,
    /// `info`, `watch`, `hostile`…
    pub risk_level: String,
    /// `icao:4840d6`, `mmsi:002320001`, `call:PD0ABC`, `imei:…`, `device:…`
    pub subject: String,
}

/// Whom of them a rule is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pois {
    ids: BTreeSet<i64>,
    risk_levels: BTreeSet<String>,
}

impl Pois {
    pub fn new(ids: &[i64], risk_levels: &[String]) -> Self {
        let levels = risk_levels.iter().map(|level| level.trim().to_lowercase()).filter(|level| !level.is_empty());
        Self { ids: ids.iter().copied().collect(), risk_levels: levels.collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.risk_levels.is_empty()
    }

    fn names(&self, poi: &PoiIdentifier) -> bool {
        self.ids.contains(&poi.poi_id) || self.risk_levels.contains(&poi.risk_level.to_lowercase())
    }
}

impl Watched {
    /// Adds what those that it names are known by now.
    pub fn know(&mut self, identifiers: &[PoiIdentifier]) {
        for poi in identifiers.iter().filter(|poi| self.pois.names(poi)) {
            match poi.subject.split_once(':') {
                Some(("call", call)) => _ = self.callsigns.insert(call.to_uppercase()),
                Some(("imei", imei)) => _ = self.imeis.insert(imei.to_owned()),
                _ => _ = self.subjects.insert(poi.subject.clone()),
            }
        }
    }
}
