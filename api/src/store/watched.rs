//! What is watched for: IMEIs, asked for one by one, and what points of interest are known by, held as a list because every
//! event of a station is looked up in it.

use super::control::micros;
use super::{Store, StoreError};
use crate::alerts::PoiIdentifier;
use crate::auth::RoleSet;
use model::UnixMicros;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use std::collections::HashMap;

/// Identifiers in the list, at most.
const IDENTIFIERS_MAX: i64 = 100_000;

/// What the watch-list says of an IMEI.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WatchHit {
    pub identifier_value: String,
    pub list_type: String,
    pub poi_id: Option<i64>,
    pub poi_name: Option<String>,
    pub poi_risk_level: Option<String>,
}

impl FromRow<'_, PgRow> for WatchHit {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            identifier_value: row.try_get("identifier_value")?,
            list_type: row.try_get("list_type")?,
            poi_id: row.try_get("poi_id")?,
            poi_name: row.try_get("poi_name")?,
            poi_risk_level: row.try_get("poi_risk_level")?,
        })
    }
}

/// A point of interest that is known by an aircraft's address, a ship's MMSI, a callsign or a device's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Poi {
    pub id: i64,
    pub name: String,
    pub risk_level: String,
}

/// Where and when a subject was in what is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LastSeen {
    pub event_id: i64,
    pub at: UnixMicros,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Of the source, for people.
    pub source: String,
}

/// By subject: `icao:4840d6`, `mmsi:002320001`, `call:PD0ABC`, `device:t-1`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched(HashMap<String, Poi>);

impl Watched {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn find(&self, subject: &str, callsign: Option<&str>) -> Option<&Poi> {
        if self.0.is_empty() {
            return None;
        }
        let by_callsign = || self.0.get(&format!("call:{}", callsign?.trim().to_uppercase()));
        self.0.get(subject).or_else(by_callsign)
    }
}

/// The subject that an identifier names; `None`: of another type (its IMEI is the watch-list's).
pub(crate) fn subject(kind: &str, value: &str) -> Option<String> {
    let value = value.trim();
    match kind {
        "icao" | "icao24" | "hex" => Some(format!("icao:{}", value.to_lowercase())),
        "mmsi" => Some(format!("mmsi:{value:0>9}")),
        "callsign" | "call" => Some(format!("call:{}", value.to_uppercase())),
        "device" | "device_id" => Some(format!("device:{value}")),
        "imei" => Some(format!("imei:{value}")),
        _ => None,
    }
}

impl Store {
    /// Those of the IMEIs that are on the list.
    pub(crate) async fn watched_imeis(&self, imeis: &[String]) -> Result<Vec<WatchHit>, StoreError> {
        const SQL: &str = "
            SELECT w.identifier_value, w.list_type, p.id AS poi_id, p.name AS poi_name, p.risk_level AS poi_risk_level
            FROM imei_watch_entries w LEFT JOIN poi p ON p.id = w.linked_poi_id WHERE w.identifier_value = ANY($1)";
        Ok(sqlx::query_as(SQL).bind(imeis).fetch_all(self.control()).await?)
    }

    /// The newest stored event about a subject, in the databases of these roles.
    pub(crate) async fn last_seen_of(&self, roles: RoleSet, subject: &str) -> Result<Option<LastSeen>, StoreError> {
        const SQL: &str = "SELECT e.id, e.event_time, e.latitude, e.longitude, s.name FROM telemetry_events e
            JOIN telemetry_sources s ON s.id = e.source_id WHERE e.subject = $1 ORDER BY e.event_time DESC, e.id DESC LIMIT 1";
        let mut newest: Option<LastSeen> = None;
        for role in roles.iter() {
            let row = sqlx::query(SQL).bind(subject).fetch_optional(self.role(role)).await?;
            let seen = |row: PgRow| {
                Ok::<_, sqlx::Error>(LastSeen {
                    event_id: row.try_get("id")?,
                    at: micros(row.try_get("event_time")?),
                    latitude: row.try_get("latitude")?,
                    longitude: row.try_get("longitude")?,
                    source: row.try_get("name")?,
                })
            };
            let seen = row.map(seen).transpose()?;
            newest = newest.into_iter().chain(seen).max_by_key(|seen| seen.at);
        }
        Ok(newest)
    }

    /// The identifiers of active points of interest, IMEIs too, in order.
    pub(crate) async fn poi_identifiers(&self) -> Result<Vec<PoiIdentifier>, StoreError> {
        const SQL: &str = "
            SELECT p.id, p.risk_level, lower(i.identifier_type), i.identifier_value
            FROM poi_identifiers i JOIN poi p ON p.id = i.poi_id WHERE p.is_active
            UNION SELECT p.id, p.risk_level, 'imei', w.identifier_value
            FROM imei_watch_entries w JOIN poi p ON p.id = w.linked_poi_id WHERE p.is_active
            LIMIT $1";
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(SQL).bind(IDENTIFIERS_MAX).fetch_all(self.control()).await?;
        let identifier = |(poi_id, risk_level, kind, value): (i64, String, String, String)| {
            let imei = || (kind == "imei").then(|| format!("imei:{}", value.trim()));
            Some(PoiIdentifier { poi_id, risk_level, subject: subject(&kind, &value).or_else(imei)? })
        };
        let mut found: Vec<PoiIdentifier> = rows.into_iter().filter_map(identifier).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The identifiers of active points of interest that can be a subject.
    pub(crate) async fn watched(&self) -> Result<Watched, StoreError> {
        const SQL: &str = "
            SELECT lower(i.identifier_type), i.identifier_value, p.id, p.name, p.risk_level FROM poi_identifiers i JOIN poi p ON p.id = i.poi_id
            WHERE p.is_active AND lower(i.identifier_type) = ANY($1) ORDER BY i.id LIMIT $2";
        const TYPES: [&str; 8] = ["icao", "icao24", "hex", "mmsi", "callsign", "call", "device", "device_id"];
        let query = sqlx::query_as(SQL).bind(&TYPES[..]).bind(IDENTIFIERS_MAX);
        let rows: Vec<(String, String, i64, String, String)> = query.fetch_all(self.control()).await?;
        let entry = |(kind, value, id, name, risk_level): (String, String, i64, String, String)| {
            Some((subject(&kind, &value)?, Poi { id, name, risk_level }))
        };
        Ok(Watched(rows.into_iter().filter_map(entry).collect()))
    }
}
