//! A rule as the engine has it: its condition read from JSON and checked as a whole, once.

use super::fence::Shape;
use super::observation::Observation;
use super::poi::{PoiIdentifier, Pois};
use super::sea::Wanted;
use crate::auth::RoleSet;
use crate::dto::{AlertArea, AlertCondition, AlertFilter};
use model::{Emergency, LatLon, Protocol};
use std::collections::BTreeSet;

/// Entries of one list in a rule.
pub const LIST_MAX: usize = 10_000;
const MINUTE_US: i64 = 60_000_000;
/// Of lost contact and a silent station.
const MINUTES_MAX: u32 = 360;
/// Metres and feet beyond a fence, feet and knots beyond a bound, before one is back.
const HYSTERESIS_DEFAULT_M: f64 = 200.0;
const HYSTERESIS_MAX_M: f64 = 50_000.0;
const BAND_MARGIN_FT: f64 = 200.0;
const ALT_MARGIN_FT: f64 = 100.0;
const SPEED_MARGIN_KT: f64 = 2.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Critical].into_iter().find(|s| s.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// alert_rules.id
    pub id: i64,
    pub roles: RoleSet,
    pub severity: Severity,
    pub suppress_us: i64,
    pub condition: Condition,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Enter(Area, Filter),
    Leave(Area, Filter),
    Squawk(BTreeSet<u16>, Filter),
    Emergency(Filter),
    AisDistress(Filter),
    AisTest(Filter),
    LostContact { after_us: i64, filter: Filter },
    Speed(Bounds, Filter),
    Altitude(Bounds, Filter),
    Watch(Watched),
    Cpa(Wanted),
    StationSilent { after_us: i64, stations: BTreeSet<String> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    shape: Shape,
    band_ft: Option<(f64, f64)>,
    margin_m: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    above: Option<f64>,
    below: Option<f64>,
    margin: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    protocols: BTreeSet<Protocol>,
    subjects: BTreeSet<String>,
    beginnings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// `icao:…`, `mmsi:…`, `imei:…`
    pub(super) subjects: BTreeSet<String>,
    pub(super) callsigns: BTreeSet<String>,
    pub(super) imeis: BTreeSet<String>,
    imei_blacklist: bool,
    pub(super) pois: Pois,
}

impl Condition {
    /// What is wrong with it is told in a sentence.
    pub fn read(condition: &AlertCondition) -> Result<Self, String> {
        Ok(match condition {
            AlertCondition::Enter { area, filter } => Self::Enter(Area::read(area)?, Filter::read(filter)?),
            AlertCondition::Leave { area, filter } => Self::Leave(Area::read(area)?, Filter::read(filter)?),
            AlertCondition::Squawk { codes, filter } => Self::Squawk(squawks(codes)?, Filter::read(filter)?),
            AlertCondition::Emergency { filter } => Self::Emergency(Filter::read(filter)?),
            AlertCondition::AisDistress { filter } => Self::AisDistress(Filter::read(filter)?),
            AlertCondition::AisTest { filter } => Self::AisTest(Filter::read(filter)?),
            AlertCondition::LostContact { minutes, filter } => {
                if filter.subjects.is_empty() {
                    return Err("lost_contact needs filter.subjects: whose silence matters".into());
                }
                Self::LostContact { after_us: minutes_us(*minutes)?, filter: Filter::read(filter)? }
            }
            AlertCondition::Speed { above_kt, below_kt, filter } => {
                Self::Speed(Bounds::read(*above_kt, *below_kt, SPEED_MARGIN_KT)?, Filter::read(filter)?)
            }
            AlertCondition::Altitude { above_ft, below_ft, filter } => {
                Self::Altitude(Bounds::read(*above_ft, *below_ft, ALT_MARGIN_FT)?, Filter::read(filter)?)
            }
            AlertCondition::Watch { icao, mmsi, callsigns, imeis, imei_blacklist, pois, poi_risk_levels } => {
                limited(poi_risk_levels, "poi_risk_levels")?;
                if LIST_MAX < pois.len() {
                    return Err(format!("pois has at most {LIST_MAX} entries"));
                }
                Self::Watch(Watched::read([icao, mmsi, callsigns, imeis], *imei_blacklist, Pois::new(pois, poi_risk_levels))?)
            }
            AlertCondition::Cpa { cpa_nm, tcpa_min, area, ship_classes, ship_types, filter } => {
                Self::Cpa(Wanted::read((*cpa_nm, *tcpa_min), area.as_ref(), (ship_classes, ship_types), filter)?)
            }
            AlertCondition::StationSilent { minutes, stations } => {
                limited(stations, "stations")?;
                Self::StationSilent { after_us: minutes_us(*minutes)?, stations: stations.iter().map(|s| s.to_lowercase()).collect() }
            }
        })
    }

    /// As in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Enter(..) => "enter",
            Self::Leave(..) => "leave",
            Self::Squawk(..) => "squawk",
            Self::Emergency(_) => "emergency",
            Self::AisDistress(_) => "ais_distress",
            Self::AisTest(_) => "ais_test",
            Self::LostContact { .. } => "lost_contact",
            Self::Speed(..) => "speed",
            Self::Altitude(..) => "altitude",
            Self::Watch(_) => "watch",
            Self::Cpa(_) => "cpa",
            Self::StationSilent { .. } => "station_silent",
        }
    }

    /// Is not over because nothing is heard any more, always finds room, and begins anew when it goes on after somebody closed it.
    pub const fn is_distress(&self) -> bool {
        matches!(self, Self::Emergency(_) | Self::AisDistress(_) | Self::Squawk(..))
    }

    /// Raised by silence of so long, microseconds.
    pub const fn silence_us(&self) -> Option<i64> {
        match self {
            Self::LostContact { after_us, .. } | Self::StationSilent { after_us, .. } => Some(*after_us),
            _ => None,
        }
    }

    /// Is the subject one that the rule is about?
    pub fn concerns(&self, seen: &Observation) -> bool {
        match self {
            Self::Enter(_, filter)
            | Self::Leave(_, filter)
            | Self::Squawk(_, filter)
            | Self::Emergency(filter)
            | Self::AisDistress(filter)
            | Self::AisTest(filter)
            | Self::LostContact { filter, .. }
            | Self::Speed(_, filter)
            | Self::Altitude(_, filter) => filter.admits_seen(seen),
            Self::Watch(_) => true,
            // By ticks.
            Self::StationSilent { .. } | Self::Cpa(_) => false,
        }
    }

    /// Is it about points of interest, whose identifiers may change?
    pub fn names_pois(&self) -> bool {
        matches!(self, Self::Watch(watched) if !watched.pois.is_empty())
    }

    /// What points of interest are known by now.
    pub fn know(&mut self, identifiers: &[PoiIdentifier]) {
        if let Self::Watch(watched) = self {
            watched.know(identifiers);
        }
    }
}

impl Area {
    pub(super) fn read(area: &AlertArea) -> Result<Self, String> {
        let shape = match (&area.circle, &area.polygon) {
            (Some(c), None) => Shape::circle(c.lat, c.lon, c.radius_m)?,
            (None, Some(corners)) => Shape::polygon(corners)?,
            _ => return Err("An area is a circle or a polygon".into()),
        };
        let band_ft = match (area.min_alt_ft, area.max_alt_ft) {
            (None, None) => None,
            (min, max) => Some((min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY))),
        };
        if band_ft.is_some_and(|(low, high)| high < low) {
            return Err("min_alt_ft is above max_alt_ft".into());
        }
        let margin_m = area.hysteresis_m.unwrap_or(HYSTERESIS_DEFAULT_M);
        if !(0.0..=HYSTERESIS_MAX_M).contains(&margin_m) {
            return Err("hysteresis_m should be between 0 and 50000".into());
        }
        Ok(Self { shape, band_ft, margin_m })
    }

    /// `None`: there is a band, and nothing said how high.
    pub fn holds(&self, at: LatLon, alt_ft: Option<i32>, was_inside: bool) -> Option<bool> {
        if !self.shape.holds(at, was_inside, self.margin_m) {
            return Some(false);
        }
        let Some((low, high)) = self.band_ft else { return Some(true) };
        let margin = if was_inside { BAND_MARGIN_FT } else { 0.0 };
        let alt_ft = f64::from(alt_ft?);
        Some(low - margin <= alt_ft && alt_ft <= high + margin)
    }
}

impl Bounds {
    fn read(above: Option<f64>, below: Option<f64>, margin: f64) -> Result<Self, String> {
        if above.is_none() && below.is_none() {
            return Err("A bound is needed: above, below or both".into());
        }
        Ok(Self { above, below, margin })
    }

    /// `was_beyond`: it must come back by the margin.
    pub fn is_beyond(&self, value: f64, was_beyond: bool) -> bool {
        let margin = if was_beyond { self.margin } else { 0.0 };
        self.above.is_some_and(|limit| limit - margin < value) || self.below.is_some_and(|limit| value < limit + margin)
    }
}

impl Filter {
    pub(super) fn read(filter: &AlertFilter) -> Result<Self, String> {
        limited(&filter.subjects, "filter.subjects")?;
        let mut read = Self::default();
        for name in &filter.protocols {
            let protocol = Protocol::from_name(name).ok_or("filter.protocols are of adsb, uat, ais, aprs")?;
            read.protocols.insert(protocol);
        }
        for subject in &filter.subjects {
            let subject = subject.trim();
            let (kind, id) = subject
                .split_once(':')
                .ok_or_else(|| format!("{subject:?} is no subject: write icao:4840d6, mmsi:244660000, call:PD0ABC"))?;
            let subject = if kind == "call" { format!("call:{}", id.to_uppercase()) } else { subject.to_lowercase() };
            match subject.strip_suffix('*') {
                Some(beginning) => read.beginnings.push(beginning.to_owned()),
                None => _ = read.subjects.insert(subject),
            }
        }
        Ok(read)
    }

    fn admits_seen(&self, seen: &Observation) -> bool {
        (self.protocols.is_empty() || seen.protocol.is_some_and(|p| self.protocols.contains(&p))) && self.admits_subject(&seen.subject)
    }

    pub(super) fn admits(&self, protocol: Protocol, subject: &str) -> bool {
        (self.protocols.is_empty() || self.protocols.contains(&protocol)) && self.admits_subject(subject)
    }

    fn admits_subject(&self, subject: &str) -> bool {
        let everybody = self.subjects.is_empty() && self.beginnings.is_empty();
        everybody || self.subjects.contains(subject) || self.beginnings.iter().any(|b| subject.starts_with(b.as_str()))
    }
}

impl Watched {
    fn read([icao, mmsi, callsigns, imeis]: [&Vec<String>; 4], imei_blacklist: bool, pois: Pois) -> Result<Self, String> {
        for (list, name) in [(icao, "icao"), (mmsi, "mmsi"), (callsigns, "callsigns"), (imeis, "imeis")] {
            limited(list, name)?;
        }
        if [icao, mmsi, callsigns, imeis].iter().all(|list| list.is_empty()) && !imei_blacklist && pois.is_empty() {
            return Err("A watch-list has somebody on it".into());
        }
        let mut read = Self { imei_blacklist, pois, ..Self::default() };
        for address in icao {
            let fits = address.len() == 6 && address.bytes().all(|b| b.is_ascii_hexdigit());
            fits.then(|| read.subjects.insert(format!("icao:{}", address.to_lowercase())))
                .ok_or_else(|| format!("{address:?} is no ICAO address"))?;
        }
        for number in mmsi {
            let fits = number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| read.subjects.insert(format!("mmsi:{number}"))).ok_or_else(|| format!("{number:?} is no MMSI"))?;
        }
        read.callsigns = callsigns.iter().map(|c| c.trim().to_uppercase()).filter(|c| !c.is_empty()).collect();
        read.imeis = imeis.iter().map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()).collect();
        Ok(read)
    }

    pub fn lists(&self, seen: &Observation) -> bool {
        let call = seen.callsign.as_deref();
        let any_ssid = call.and_then(|c| c.split('-').next());
        self.subjects.contains(&*seen.subject)
            || [call, any_ssid].into_iter().flatten().any(|c| self.callsigns.contains(c))
            || seen.imei.as_ref().is_some_and(|imei| self.imeis.contains(imei))
            || (self.imei_blacklist && seen.imei_blacklisted)
    }
}

/// The alarm of a distress device, told apart from its test.
pub const fn is_device(emergency: Emergency) -> bool {
    matches!(emergency, Emergency::SearchAndRescueTransmitter | Emergency::ManOverboard | Emergency::EmergencyBeacon)
}

/// Beyond a whole rule's minutes: what the engine must have seen to know where it is.
pub fn looks_back_us(rules: &[Rule]) -> i64 {
    rules.iter().filter_map(|rule| rule.condition.silence_us()).fold(15 * MINUTE_US, i64::max)
}

fn minutes_us(minutes: u32) -> Result<i64, String> {
    if (1..=MINUTES_MAX).contains(&minutes) {
        Ok(i64::from(minutes) * MINUTE_US)
    } else {
        Err("minutes should be between 1 and 360".into())
    }
}

fn squawks(codes: &[String]) -> Result<BTreeSet<u16>, String> {
    limited(codes, "codes")?;
    let read = |code: &String| {
        let fits = code.len() == 4 && code.bytes().all(|b| (b'0'..=b'7').contains(&b));
        code.parse().ok().filter(|_| fits).ok_or_else(|| format!("{code:?} is no squawk: four digits 0 to 7"))
    };
    if codes.is_empty() { Ok([7500, 7600, 7700].into()) } else { codes.iter().map(read).collect() }
}

fn limited(list: &[String], name: &str) -> Result<(), String> {
    if list.len() <= LIST_MAX && list.iter().all(|item| item.len() <= 255 && !item.contains('\0')) {
        return Ok(());
    }
    Err(format!("{name} has at most {LIST_MAX} entries of at most 255 characters"))
}
