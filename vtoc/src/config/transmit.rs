//! What a station sends on the air (docs/aprs.md): nothing, unless it is switched on and a licensed call sign is given.

use super::layers::Problem;
use super::settings::{Settings, SourceKind};
use decoders::aprs::ax25::Address;
use decoders::aprs::gate::is_nobody;
use model::LatLon;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transmit {
    /// The switch. You answer for what is sent: without a licence leave it off.
    pub enabled: bool,
    /// The licensed call sign, with its SSID.
    pub callsign: Option<String>,
    /// Name of the `kiss_tcp` or `kiss_serial` receiver whose TNC sends.
    pub tnc: Option<String>,
    /// The TNC's port, 0–15.
    pub port: u8,
    /// Digipeaters asked for, with commas: `WIDE1-1`.
    pub path: String,
    /// Minutes between beacons of the station's place; 0: none.
    pub beacon_minutes: u32,
    /// Symbol table and code.
    pub symbol: String,
    /// At most 43 printable ASCII characters.
    pub comment: String,
    /// Acknowledge messages to the call sign.
    pub acknowledge: bool,
    /// Pass messages from APRS-IS to stations that are heard here. Needs an igate.
    pub from_internet: bool,
    /// What else the station tells of with each beacon, by names of at most 9 characters.
    pub objects: BTreeMap<String, Object>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    pub latitude: f64,
    pub longitude: f64,
    /// Symbol table and code.
    pub symbol: String,
    #[serde(default)]
    pub comment: String,
    /// It is not there any more.
    #[serde(default)]
    pub withdrawn: bool,
}

impl Default for Transmit {
    fn default() -> Self {
        Self {
            enabled: false,
            callsign: None,
            tnc: None,
            port: 0,
            path: String::new(),
            beacon_minutes: 0,
            symbol: "/-".to_owned(),
            comment: String::new(),
            acknowledge: false,
            from_internet: false,
            objects: BTreeMap::new(),
        }
    }
}

impl Transmit {
    /// `None`: one that is no address.
    pub fn path(&self) -> Option<Vec<Address>> {
        self.path.split(',').filter(|name| !name.is_empty()).map(|name| Address::from_text(name.as_bytes()).ok()).collect()
    }
}

/// More often than this is a nuisance to all others on the channel.
const BEACON_MINUTES_MIN: u32 = 10;

pub fn validate(settings: &Settings, problems: &mut Vec<Problem>) {
    let t = &settings.transmit;
    if !t.enabled {
        return;
    }
    let mut problem = |key: &str, message: String| problems.push(Problem::new(format!("transmit{key}"), message));
    match &t.callsign {
        None => problem("", "transmitting needs `callsign`: the licensed one".to_owned()),
        Some(callsign) if Address::from_text(callsign.as_bytes()).is_err() || callsign.ends_with('*') => {
            problem(".callsign", format!("`{callsign}` is no call sign: PA1ABC or PA1ABC-10, in capitals"));
        }
        Some(callsign) if is_nobody(callsign) => problem(".callsign", format!("{callsign} is nobody's: transmitting needs a licence")),
        Some(_) => {}
    }
    let is_tnc = |name: &String| {
        let receiver = settings.receivers.get(name).filter(|r| r.enabled);
        receiver.is_some_and(|r| matches!(r.source, SourceKind::KissTcp | SourceKind::KissSerial))
    };
    if !t.tnc.as_ref().is_some_and(is_tnc) {
        problem(".tnc", "name an enabled kiss_tcp or kiss_serial receiver: its TNC sends".to_owned());
    }
    if 15 < t.port {
        problem(".port", format!("{} is not within 0 to 15", t.port));
    }
    if t.path().is_none_or(|path| 2 < path.len()) {
        problem(".path", format!("`{}` is not up to two digipeaters, as WIDE1-1,WIDE2-1", t.path));
    }
    if t.beacon_minutes != 0 && t.beacon_minutes < BEACON_MINUTES_MIN {
        problem(".beacon_minutes", format!("{} is too often: 0 (none), or {BEACON_MINUTES_MIN} and more", t.beacon_minutes));
    }
    if t.beacon_minutes != 0 && settings.station.latitude.is_none() {
        problem(".beacon_minutes", "a beacon tells station.latitude and station.longitude: give both".to_owned());
    }
    looks("", &t.symbol, &t.comment, &mut problem);
    objects(t, &mut problem);
    if t.from_internet && settings.igate.callsign.is_none() {
        problem(".from_internet", "what comes from APRS-IS comes through the igate: give igate.callsign".to_owned());
    }
}

/// With more the beacons would take a minute.
const OBJECTS_MAX: usize = 8;

fn is_printable(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

fn looks(key: &str, symbol: &str, comment: &str, problem: &mut impl FnMut(&str, String)) {
    if symbol.len() != 2 || !symbol.bytes().all(|b| b.is_ascii_graphic()) {
        problem(&format!("{key}.symbol"), format!("`{symbol}` is not a table and a code, as /-"));
    }
    if !is_printable(comment, 43) {
        problem(&format!("{key}.comment"), "at most 43 printable ASCII characters".to_owned());
    }
}

fn objects(t: &Transmit, problem: &mut impl FnMut(&str, String)) {
    if OBJECTS_MAX < t.objects.len() {
        problem(".objects", format!("{} are too many: at most {OBJECTS_MAX}", t.objects.len()));
    }
    if !t.objects.is_empty() && t.beacon_minutes == 0 {
        problem(".beacon_minutes", "objects are told with each beacon: give it".to_owned());
    }
    for (name, object) in &t.objects {
        let key = format!(".objects.{name}");
        if name.trim().is_empty() || !is_printable(name, 9) {
            problem(&key, "a name has 1 to 9 printable ASCII characters".to_owned());
        }
        if LatLon::from_degrees(object.latitude, object.longitude).is_none() {
            problem(&key, format!("{}, {} is no place", object.latitude, object.longitude));
        }
        looks(&key, &object.symbol, &object.comment, problem);
    }
}
