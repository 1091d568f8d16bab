//! What types cannot say about settings: ranges, and what a source needs.

use super::layers::Problem;
use super::settings::{Gain, Receiver, Settings, SourceKind};
use decoders::aprs::internet::{FILTER_MAX, is_callsign, is_filter};
use model::{LatLon, Protocol, StationId};

/// Every problem, in the order of the settings.
pub fn validate(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    station(settings, &mut problems);
    for (name, receiver) in &settings.receivers {
        self::receiver(&format!("receivers.{name}"), name, receiver, &mut problems);
    }
    spool(settings, &mut problems);
    uplink(settings, &mut problems);
    feeds(settings, &mut problems);
    super::igate::validate(settings, &mut problems);
    super::transmit::validate(settings, &mut problems);
    auth(settings, &mut problems);
    keep_days(settings, &mut problems);
    problems
}

/// Who changed what is known for as long as what was changed.
fn keep_days(settings: &Settings, problems: &mut Vec<Problem>) {
    let keep = &settings.central.keep_days;
    let longest = [keep.messages, keep.runs, keep.alerts].map(|days| if days == 0 { u32::MAX } else { days }).into_iter().max();
    let audit = if keep.audit == 0 { u32::MAX } else { keep.audit };
    if audit < 90 || Some(audit) < longest {
        let message = format!("{} is less than 90 or than messages, runs or alerts (0: for ever)", keep.audit);
        problems.push(Problem::new("central.keep_days.audit", message));
    }
    if !(1..=30).contains(&keep.answers) {
        problems.push(Problem::new("central.keep_days.answers", format!("{} is not within 1 to 30 days", keep.answers)));
    }
}

fn station(settings: &Settings, problems: &mut Vec<Problem>) {
    let s = &settings.station;
    if StationId::new(&s.id).is_none() {
        problems.push(Problem::new("station.id", format!("`{}` is not a station id: use 1 to 64 of a-z, 0-9 and -", s.id)));
    }
    if let Some(lat) = s.latitude
        && !(-90.0..=90.0).contains(&lat)
    {
        problems.push(Problem::new("station.latitude", format!("{lat} is not within -90 to 90 degrees")));
    }
    if let Some(lon) = s.longitude
        && !(-180.0..=180.0).contains(&lon)
    {
        problems.push(Problem::new("station.longitude", format!("{lon} is not within -180 to 180 degrees")));
    }
    if s.latitude.is_some() != s.longitude.is_some() {
        problems.push(Problem::new("station", "latitude and longitude go together: give both or neither"));
    }
    if !(1..=2_000).contains(&s.range_km_max) {
        problems.push(Problem::new("station.range_km_max", format!("{} is not within 1 to 2000 km", s.range_km_max)));
    }
}

fn receiver(path: &str, name: &str, r: &Receiver, problems: &mut Vec<Problem>) {
    if StationId::new(name).is_none() {
        problems.push(Problem::new(path, "a receiver's name is 1 to 64 of a-z, 0-9 and -"));
    }
    use SourceKind::{
        Agw, AircraftJson, AprsFile, AprsTcp, AprsUdp, AudioTcp, Avr, Beast, File, KissSerial, KissTcp, NmeaFile, NmeaListen, NmeaSerial,
        NmeaTcp, NmeaUdp, RtlTcp, Sbs,
    };
    let kind = r.source.name();
    // As it is spoken: an avr, an nmea, an rtl_tcp, an sbs source.
    let article = if kind.starts_with(['a', 'n', 'r', 's']) { "an" } else { "a" };
    match r.source {
        RtlTcp | AudioTcp | Beast | Avr | Sbs | NmeaTcp | NmeaListen | NmeaUdp | KissTcp | Agw | AprsTcp | AprsUdp
            if r.address.is_none() =>
        {
            problems.push(Problem::new(path, format!("{article} {kind} source needs `address` (host:port)")));
        }
        File | NmeaFile | NmeaSerial | KissSerial | AprsFile if r.path.is_none() => {
            problems.push(Problem::new(path, format!("{article} {kind} source needs `path`")));
        }
        AircraftJson if r.url.is_some() == r.path.is_some() => {
            problems.push(Problem::new(path, "an aircraft_json source needs `url` (http://…) or `path`, one of them"));
        }
        _ => {}
    }
    if let Some(url) = &r.url
        && !url.starts_with("http://")
    {
        problems.push(Problem::new(format!("{path}.url"), format!("`{url}` does not begin with http:// (TLS is not spoken; use a proxy)")));
    }
    if matches!(r.source, Sbs | AircraftJson) && r.protocol != Protocol::Adsb {
        problems.push(Problem::new(format!("{path}.protocol"), "this source tells of aircraft: protocol = \"adsb\""));
    }
    if r.source.is_nmea() && r.protocol != Protocol::Ais {
        problems.push(Problem::new(path, format!("{article} {kind} source speaks AIS: say `protocol = \"ais\"`")));
    }
    aprs(path, r, problems);
    super::ais::check(path, r, problems);
    if !(300..=4_000_000).contains(&r.baud) {
        problems.push(Problem::new(format!("{path}.baud"), format!("{} is not within 300 to 4000000 bits per second", r.baud)));
    }
    if let Some(address) = &r.address
        && address.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
    {
        problems.push(Problem::new(format!("{path}.address"), format!("`{address}` is not host:port")));
    }
    if !(-127..=127).contains(&r.ppm) {
        problems.push(Problem::new(format!("{path}.ppm"), format!("{} is not within -127 to 127 parts per million", r.ppm)));
    }
    if let Gain::Db(db) = r.gain
        && !(0.0..=60.0).contains(&db)
    {
        problems.push(Problem::new(format!("{path}.gain"), format!("{db} is not within 0 to 60 dB (or \"auto\")")));
    }
    if 2_048 < r.aircraft {
        problems.push(Problem::new(format!("{path}.aircraft"), format!("{} aircraft are more than 2048", r.aircraft)));
    }
    if let Some([lat, lon]) = r.sky_center
        && LatLon::from_degrees(lat, lon).is_none()
    {
        problems.push(Problem::new(format!("{path}.sky_center"), format!("[{lat}, {lon}] is no place: [latitude, longitude] in degrees")));
    }
    if let Some(rate) = r.rate_sps
        && !(8_000..=20_000_000).contains(&rate)
    {
        problems.push(Problem::new(format!("{path}.rate_sps"), format!("{rate} is not within 8000 to 20000000 samples per second")));
    }
}

fn aprs(path: &str, r: &Receiver, problems: &mut Vec<Problem>) {
    if r.source.is_aprs() && r.protocol != Protocol::Aprs {
        problems.push(Problem::new(path, format!("the source {} speaks APRS: say `protocol = \"aprs\"`", r.source.name())));
    }
    if r.source == SourceKind::AprsIs && r.callsign.is_none() {
        problems.push(Problem::new(path, "an aprs_is source needs `callsign` to log in with"));
    }
    if let Some(callsign) = &r.callsign
        && !is_callsign(callsign)
    {
        problems.push(Problem::new(format!("{path}.callsign"), format!("`{callsign}` is no call sign: N0CALL or N0CALL-10, in capitals")));
    }
    if let Some(filter) = &r.filter
        && !is_filter(filter)
    {
        problems.push(Problem::new(format!("{path}.filter"), format!("1 to {FILTER_MAX} printable characters, as r/52.4/4.9/100")));
    }
}

fn spool(settings: &Settings, problems: &mut Vec<Problem>) {
    if !(8..=1_048_576).contains(&settings.spool.max_mb) {
        problems.push(Problem::new("spool.max_mb", format!("{} is not within 8 to 1048576 MiB", settings.spool.max_mb)));
    }
    if !(10..=60_000).contains(&settings.spool.commit_ms) {
        problems.push(Problem::new("spool.commit_ms", format!("{} is not within 10 to 60000 ms", settings.spool.commit_ms)));
    }
}

fn uplink(settings: &Settings, problems: &mut Vec<Problem>) {
    if let Some(address) = &settings.uplink.central
        && address.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
    {
        problems.push(Problem::new("uplink.central", format!("`{address}` is not host:port")));
    }
    let prefix = &settings.central.database_prefix;
    let plain =
        !prefix.is_empty() && prefix.len() <= 40 && prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain {
        problems.push(Problem::new("central.database_prefix", format!("`{prefix}` is not 1 to 40 of a-z, 0-9 and _")));
    }
}

/// No two listen at the same place. (Port 0 is a free one each time.)
fn feeds(settings: &Settings, problems: &mut Vec<Problem>) {
    let f = &settings.feeds;
    let mut taken = vec![("console.listen", settings.console.listen)];
    for (path, address) in [("feeds.beast", f.beast), ("feeds.avr", f.avr), ("feeds.sbs", f.sbs), ("feeds.nmea", f.nmea)] {
        let Some(address) = address else { continue };
        let same = |other: std::net::SocketAddr| {
            let everywhere = address.ip().is_unspecified() || other.ip().is_unspecified();
            address.port() != 0 && address.port() == other.port() && (everywhere || address.ip() == other.ip())
        };
        if let Some((other, _)) = taken.iter().find(|(_, other)| same(*other)) {
            problems.push(Problem::new(path, format!("{address} is taken by {other}: give each a port of its own")));
        }
        taken.push((path, address));
    }
}

fn auth(settings: &Settings, problems: &mut Vec<Problem>) {
    let a = &settings.auth;
    if !(1..=1_440).contains(&a.session_idle_minutes) {
        let message = format!("{} is not within 1 to 1440 minutes", a.session_idle_minutes);
        problems.push(Problem::new("auth.session_idle_minutes", message));
    }
    if !(1..=720).contains(&a.session_hours) {
        problems.push(Problem::new("auth.session_hours", format!("{} is not within 1 to 720 hours", a.session_hours)));
    }
    if a.requests_per_second == 0 {
        problems.push(Problem::new("auth.requests_per_second", "0 would refuse everything"));
    }
    for origin in &a.cors_origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap_or("");
        if host.is_empty() || host.contains(['/', '*', ' ']) {
            problems.push(Problem::new("auth.cors_origins", format!("`{origin}` is not scheme://host, as a browser's Origin says it")));
        }
    }
}
