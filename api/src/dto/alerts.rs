//! Alert rules and alerts in JSON. A rule's condition is read by serde (an unknown field is refused: a limit that is
//! misspelt would be none), then checked as a whole by `alerts::rule`.

use super::{Encounter, Utc};
use model::{DeciKnots, StationId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What a rule watches for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AlertCondition {
    /// In the area: came in, or appeared there. Over when it left.
    Enter {
        area: AlertArea,
        #[serde(default)]
        filter: AlertFilter,
    },
    /// Was in the area and left it. Over when it is back.
    Leave {
        area: AlertArea,
        #[serde(default)]
        filter: AlertFilter,
    },
    Squawk {
        /// Four octal digits each. Default: 7500, 7600, 7700.
        #[serde(default)]
        codes: Vec<String>,
        #[serde(default)]
        filter: AlertFilter,
    },
    /// Emergency states of ADS-B, UAT and Mic-E, and squawks 7500, 7600, 7700.
    Emergency {
        #[serde(default)]
        filter: AlertFilter,
    },
    /// AIS-SART, man overboard, EPIRB-AIS. Over when somebody says so, not when it falls silent.
    AisDistress {
        #[serde(default)]
        filter: AlertFilter,
    },
    /// A distress device in test mode.
    AisTest {
        #[serde(default)]
        filter: AlertFilter,
    },
    /// Was heard, and then not for so long.
    LostContact {
        /// 1 to 360.
        minutes: u32,
        /// Must name subjects.
        filter: AlertFilter,
    },
    /// Speed over ground, knots.
    Speed {
        above_kt: Option<f64>,
        below_kt: Option<f64>,
        #[serde(default)]
        filter: AlertFilter,
    },
    /// Pressure altitude, else height above the ellipsoid, feet.
    Altitude {
        above_ft: Option<f64>,
        below_ft: Option<f64>,
        #[serde(default)]
        filter: AlertFilter,
    },
    /// One of the listed is heard.
    Watch {
        /// Six hexadecimal digits each.
        #[serde(default)]
        icao: Vec<String>,
        /// Nine digits each.
        #[serde(default)]
        mmsi: Vec<String>,
        /// Call signs and flight numbers, in any case; one without an SSID stands for all of its SSIDs.
        #[serde(default)]
        callsigns: Vec<String>,
        #[serde(default)]
        imeis: Vec<String>,
        /// Also what the central's own IMEI watch-list has as black.
        #[serde(default)]
        imei_blacklist: bool,
        /// Points of interest, by id: whatever they are known by, as long as they are active.
        #[serde(default)]
        pois: Vec<i64>,
        /// All active points of interest of these risk levels: `info`, `watch`, `hostile`.
        #[serde(default)]
        poi_risk_levels: Vec<String>,
    },
    /// Two vessels will pass closely, if both keep course and speed. Over when they have passed, or keep clear.
    Cpa {
        /// Nautical miles, at most 0.5.
        cpa_nm: f64,
        /// Minutes until then, at most 30.
        tcpa_min: f64,
        /// Where they will be closest.
        area: Option<AlertArea>,
        /// One of the two is of class `A` or `B`.
        #[serde(default)]
        ship_classes: Vec<String>,
        /// One of the two says that it is a `tanker`, `cargo`, `passenger`, `high_speed`, `tug`, `pleasure`, `sailing`, `military`, `diving`,
        /// `dredging`, `towing`, `fishing`, `wing_in_ground`.
        #[serde(default)]
        ship_types: Vec<String>,
        /// One of the two is of these subjects.
        #[serde(default)]
        filter: AlertFilter,
    },
    /// A station was not heard for so long.
    StationSilent {
        /// 1 to 360.
        minutes: u32,
        /// Slugs; none: every station that was ever heard.
        #[serde(default)]
        stations: Vec<String>,
    },
}

/// Whom it is about. Nothing given: everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertFilter {
    /// Of `adsb`, `uat`, `ais`, `aprs`.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// `icao:4840d6`, `mmsi:244660000`, `call:PD0ABC-9`; with `*` at the end whatever begins so.
    #[serde(default)]
    pub subjects: Vec<String>,
}

/// A circle or a polygon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertArea {
    pub circle: Option<AlertCircle>,
    /// Corners as [longitude, latitude] in degrees, as in GeoJSON; 3 to 500, closed or not.
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    pub polygon: Option<Vec<[f64; 2]>>,
    /// Feet. With a band, who tells no altitude is not judged.
    pub min_alt_ft: Option<f64>,
    pub max_alt_ft: Option<f64>,
    /// Metres outside from where on one has left. Default 200.
    pub hysteresis_m: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertCircle {
    pub lat: f64,
    pub lon: f64,
    pub radius_m: f64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlertRule)]
pub struct AlertRuleRead {
    pub id: i64,
    pub name: String,
    pub condition: AlertCondition,
    /// `info`, `warning` or `critical`.
    pub severity: &'static str,
    /// The same rule and subject raise no new alert for so long after one is over.
    pub suppress_minutes: i32,
    /// Whose telemetry it is judged by: of `ops`, `intel`, `logistics`.
    pub station_roles: Vec<&'static str>,
    pub enabled: bool,
    /// Came with the program: may be changed and disabled, not deleted.
    pub built_in: bool,
    pub created_at: Utc,
    pub updated_at: Utc,
}

#[derive(Debug, ToSchema)]
pub struct AlertRuleCreate {
    #[schema(max_length = 255)]
    pub name: String,
    pub condition: AlertCondition,
    #[schema(default = "warning")]
    pub severity: Option<String>,
    #[schema(default = 10, minimum = 0, maximum = 10080)]
    pub suppress_minutes: Option<i32>,
    /// Default: all of one's own.
    pub station_roles: Option<Vec<String>>,
    #[schema(default = true)]
    pub enabled: Option<bool>,
}

/// Any of them. The kind of a built-in rule stays.
#[derive(Debug, ToSchema)]
pub struct AlertRuleUpdate {
    pub name: Option<String>,
    pub condition: Option<AlertCondition>,
    pub severity: Option<String>,
    pub suppress_minutes: Option<i32>,
    pub station_roles: Option<Vec<String>>,
    pub enabled: Option<bool>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertRead {
    pub id: i64,
    /// `null`: the rule was deleted.
    #[schema(required = true)]
    pub rule_id: Option<i64>,
    pub rule: String,
    pub kind: String,
    /// Of the stations that heard it.
    pub role: &'static str,
    pub subject: String,
    /// The emergency or squawk; else empty.
    pub cause: String,
    /// Which heard it first.
    #[schema(required = true)]
    pub station: Option<String>,
    pub severity: &'static str,
    /// On the air.
    pub opened_at: Utc,
    pub last_at: Utc,
    pub raised_at: Utc,
    /// Observations.
    pub count: i64,
    #[schema(required = true)]
    pub latitude: Option<f64>,
    #[schema(required = true)]
    pub longitude: Option<f64>,
    #[schema(value_type = AlertDetails)]
    pub details: Box<RawValue>,
    /// `open`, `acknowledged` or `resolved`.
    pub state: &'static str,
    #[schema(required = true)]
    pub acknowledged_by: Option<String>,
    #[schema(required = true)]
    pub acknowledged_at: Option<Utc>,
    /// `null` in a resolved one: it was over by itself.
    #[schema(required = true)]
    pub resolved_by: Option<String>,
    #[schema(required = true)]
    pub resolved_at: Option<Utc>,
    #[schema(required = true)]
    pub note: Option<String>,
}

/// A message on the feed of alerts: all that are not resolved, those of one's station roles. It replaces the one before.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AlertsFrame<'a> {
    Alerts {
        /// When the list was read.
        at: Utc,
        /// It could not be read again since.
        old: bool,
        /// There are more, which `GET /api/v1/alerts` lists.
        more: bool,
        /// Those that are critical and not acknowledged first, then the newest; 200 of a role at most.
        #[schema(value_type = Vec<AlertRead>)]
        alerts: Vec<&'a AlertRead>,
    },
}

/// What was said with the observation that raised it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AlertDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callsign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squawk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_ft: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_kt: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imei: Option<String>,
    /// Lost contact, station silent: last heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Utc>,
    /// Whom it will meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encounter: Option<Encounter>,
}

impl AlertDetails {
    pub fn of(seen: &crate::alerts::Observation) -> Self {
        Self {
            protocol: seen.protocol.map(model::Protocol::name),
            callsign: seen.callsign.clone(),
            squawk: seen.squawk.map(|code| format!("{code:04}")),
            alt_ft: seen.alt_ft,
            speed_kt: seen.speed.map(DeciKnots::knots),
            imei: seen.imei.clone(),
            ..Self::default()
        }
    }
}

/// `{"note": "…"}` or `{}`.
#[derive(Debug, ToSchema)]
pub struct AlertNote {
    #[schema(max_length = 10_000)]
    pub note: Option<String>,
}

#[derive(Debug, ToSchema)]
pub struct BacktestAsk {
    pub rule: AlertRuleCreate,
    #[schema(value_type = String, format = DateTime)]
    pub since: (),
    /// At most 31 days later.
    #[schema(value_type = String, format = DateTime)]
    pub until: (),
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BacktestResult {
    /// What it would have raised, oldest first; 1000 at most.
    pub alerts: Vec<BacktestAlert>,
    /// How many it would have raised.
    pub raised: usize,
    /// Events that were looked at.
    pub events: usize,
    /// There were more than the limit of events or time allows: nothing is said of what came after `judged_until`.
    pub cut: bool,
    pub judged_until: Utc,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BacktestAlert {
    pub role: &'static str,
    pub subject: String,
    pub cause: String,
    #[schema(required = true, value_type = Option<String>)]
    pub station: Option<Slug>,
    pub severity: &'static str,
    pub opened_at: Utc,
    pub last_at: Utc,
    /// `null`: not over at the end.
    #[schema(required = true)]
    pub resolved_at: Option<Utc>,
    pub count: u64,
    #[schema(required = true)]
    pub latitude: Option<f64>,
    #[schema(required = true)]
    pub longitude: Option<f64>,
    pub details: AlertDetails,
}

/// A station's slug as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slug(pub StationId);

impl Serialize for Slug {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}
