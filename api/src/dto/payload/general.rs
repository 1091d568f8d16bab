//! The kinds that every protocol has: position, velocity, identity, status, weather, text.

use super::{Fields, clean, in_tenths, scaled, subject, tenths};
use model::{
    CentiDegrees, DeciKnots, Emergency, HeadingReference, Identity, LatLon, Position, PositionSource, ShortText, SpeedKind, Status, Text,
    TextKind, Velocity, VerticalSource, Weather,
};

pub(super) fn of_position<'a>(p: &Position) -> Fields<'a> {
    Fields {
        lat: Some(p.at.lat_deg()),
        lon: Some(p.at.lon_deg()),
        source: Some(crate::live::source_name(p.source).into()),
        baro_alt_ft: p.baro_alt_ft,
        geom_alt_ft: p.geom_alt_ft,
        on_ground: p.on_ground,
        accuracy_m: p.accuracy_m,
        speed_kt: p.speed.map(DeciKnots::knots),
        track_deg: p.track.map(CentiDegrees::degrees),
        heading_deg: p.heading.map(CentiDegrees::degrees),
        ..Fields::default()
    }
}

pub(super) fn to_position(f: &Fields<'_>) -> Option<Position> {
    Some(Position {
        at: LatLon::from_degrees(f.lat?, f.lon?)?,
        source: match f.source.as_deref()? {
            "self" => PositionSource::SelfReported,
            "rebroadcast" => PositionSource::Rebroadcast,
            "ground" => PositionSource::GroundSurveillance,
            _ => return None,
        },
        baro_alt_ft: f.baro_alt_ft,
        geom_alt_ft: f.geom_alt_ft,
        on_ground: f.on_ground,
        accuracy_m: f.accuracy_m,
        speed: f.speed_kt.and_then(DeciKnots::from_knots),
        track: f.track_deg.and_then(CentiDegrees::from_degrees),
        heading: f.heading_deg.and_then(CentiDegrees::from_degrees),
    })
}

pub(super) fn of_velocity<'a>(v: &Velocity) -> Fields<'a> {
    let speed = |wanted| v.speed.filter(|(kind, _)| *kind == wanted).map(|(_, s)| s.knots());
    let angle = |wanted| v.direction.filter(|(reference, _)| *reference == wanted).map(|(_, a)| a.degrees());
    Fields {
        speed_kt: speed(SpeedKind::Ground),
        ias_kt: speed(SpeedKind::IndicatedAir),
        tas_kt: speed(SpeedKind::TrueAir),
        track_deg: angle(HeadingReference::TrueTrack),
        heading_deg: angle(HeadingReference::TrueHeading),
        magnetic_heading_deg: angle(HeadingReference::MagneticHeading),
        vertical_rate_fpm: v.vertical_rate_fpm.map(|(_, rate)| rate),
        vertical_rate_source: v.vertical_rate_fpm.map(|(source, _)| match source {
            VerticalSource::Geometric => "geometric".into(),
            VerticalSource::Barometric => "barometric".into(),
        }),
        geom_minus_baro_ft: v.geom_minus_baro_ft,
        ..Fields::default()
    }
}

pub(super) fn to_velocity(f: &Fields<'_>) -> Velocity {
    let speed = |kind, knots: Option<f64>| Some((kind, DeciKnots::from_knots(knots?)?));
    let angle = |reference, deg: Option<f64>| Some((reference, CentiDegrees::from_degrees(deg?)?));
    let source =
        if f.vertical_rate_source.as_deref() == Some("geometric") { VerticalSource::Geometric } else { VerticalSource::Barometric };
    Velocity {
        speed: speed(SpeedKind::Ground, f.speed_kt)
            .or_else(|| speed(SpeedKind::IndicatedAir, f.ias_kt))
            .or_else(|| speed(SpeedKind::TrueAir, f.tas_kt)),
        direction: angle(HeadingReference::TrueTrack, f.track_deg)
            .or_else(|| angle(HeadingReference::TrueHeading, f.heading_deg))
            .or_else(|| angle(HeadingReference::MagneticHeading, f.magnetic_heading_deg)),
        vertical_rate_fpm: f.vertical_rate_fpm.map(|rate| (source, rate)),
        geom_minus_baro_ft: f.geom_minus_baro_ft,
    }
}

pub(super) fn of_identity(i: &Identity) -> Fields<'_> {
    Fields {
        callsign: i.callsign.as_ref().map(|t| clean(t.as_str().into())),
        name: i.name.as_ref().map(|t| clean(t.as_str().into())),
        category: i.category.as_ref().map(|t| clean(t.as_str().into())),
        imo: i.imo,
        destination: i.destination.as_ref().map(|t| clean(t.as_str().into())),
        dimensions_m: i.dimensions_m,
        draught_m: i.draught_dm.map(|d| tenths(d.into())),
        ..Fields::default()
    }
}

pub(super) fn to_identity(f: &Fields<'_>) -> Identity {
    Identity {
        callsign: f.callsign.as_deref().map(ShortText::truncated),
        name: f.name.as_deref().map(ShortText::truncated),
        category: f.category.as_deref().map(ShortText::truncated),
        imo: f.imo,
        destination: f.destination.as_deref().map(ShortText::truncated),
        dimensions_m: f.dimensions_m,
        draught_dm: f.draught_m.map(in_tenths),
    }
}

pub(crate) const EMERGENCIES: [Emergency; 11] = [
    Emergency::None,
    Emergency::General,
    Emergency::Medical,
    Emergency::MinimumFuel,
    Emergency::NoCommunications,
    Emergency::UnlawfulInterference,
    Emergency::Downed,
    Emergency::SearchAndRescueTransmitter,
    Emergency::ManOverboard,
    Emergency::EmergencyBeacon,
    Emergency::Test,
];

pub(super) fn of_status<'a>(s: &Status) -> Fields<'a> {
    Fields {
        squawk: s.squawk.map(|code| format!("{code:04}").into()),
        emergency: s.emergency.map(|e| e.name().into()),
        baro_alt_ft: s.baro_alt_ft,
        on_ground: s.on_ground,
        ident: s.ident,
        nav_status: s.nav_status,
        adsb_version: s.adsb_version,
        ..Fields::default()
    }
}

/// `None`: an emergency that we don't know; better no event than one that hides it.
pub(super) fn to_status(f: &Fields<'_>) -> Option<Status> {
    let emergency = match f.emergency.as_deref() {
        Some(name) => Some(EMERGENCIES.into_iter().find(|e| e.name() == name)?),
        None => None,
    };
    Some(Status {
        squawk: f.squawk.as_deref().and_then(|code| code.parse().ok()),
        emergency,
        baro_alt_ft: f.baro_alt_ft,
        on_ground: f.on_ground,
        ident: f.ident,
        nav_status: f.nav_status,
        adsb_version: f.adsb_version,
    })
}

pub(super) fn of_weather<'a>(w: &Weather) -> Fields<'a> {
    Fields {
        lat: w.at.map(LatLon::lat_deg),
        lon: w.at.map(LatLon::lon_deg),
        wind_from_deg: w.wind_from.map(CentiDegrees::degrees),
        wind_speed_kt: w.wind_speed.map(DeciKnots::knots),
        wind_gust_kt: w.wind_gust.map(DeciKnots::knots),
        temperature_c: w.temperature_dc.map(|t| tenths(t.into())),
        humidity_percent: w.humidity_percent,
        pressure_hpa: w.pressure_dhpa.map(|p| tenths(p.into())),
        rain_1h_mm: w.rain_1h_um.map(|um| f64::from(um) / 1e3),
        rain_24h_mm: w.rain_24h_um.map(|um| f64::from(um) / 1e3),
        rain_midnight_mm: w.rain_midnight_um.map(|um| f64::from(um) / 1e3),
        snow_24h_mm: w.snow_24h_um.map(|um| f64::from(um) / 1e3),
        luminosity_w_m2: w.luminosity_w_m2,
        ..Fields::default()
    }
}

/// Weather value by value: the payload's names and their units.
pub(crate) const WEATHER: [(&str, &str); 11] = [
    ("wind_from_deg", "°"),
    ("wind_speed_kt", "kt"),
    ("wind_gust_kt", "kt"),
    ("temperature_c", "°C"),
    ("humidity_percent", "%"),
    ("pressure_hpa", "hPa"),
    ("rain_1h_mm", "mm"),
    ("rain_24h_mm", "mm"),
    ("rain_midnight_mm", "mm"),
    ("snow_24h_mm", "mm"),
    ("luminosity_w_m2", "W/m²"),
];

/// In the order of [`WEATHER`].
pub(crate) fn weather_values(w: &Weather) -> [Option<f64>; WEATHER.len()] {
    let f = of_weather(w);
    [
        f.wind_from_deg,
        f.wind_speed_kt,
        f.wind_gust_kt,
        f.temperature_c,
        f.humidity_percent.map(f64::from),
        f.pressure_hpa,
        f.rain_1h_mm,
        f.rain_24h_mm,
        f.rain_midnight_mm,
        f.snow_24h_mm,
        f.luminosity_w_m2.map(f64::from),
    ]
}

pub(super) fn to_weather(f: &Fields<'_>) -> Weather {
    Weather {
        at: f.lat.zip(f.lon).and_then(|(lat, lon)| LatLon::from_degrees(lat, lon)),
        wind_from: f.wind_from_deg.and_then(CentiDegrees::from_degrees),
        wind_speed: f.wind_speed_kt.and_then(DeciKnots::from_knots),
        wind_gust: f.wind_gust_kt.and_then(DeciKnots::from_knots),
        temperature_dc: f.temperature_c.map(in_tenths),
        humidity_percent: f.humidity_percent,
        pressure_dhpa: f.pressure_hpa.map(in_tenths),
        rain_1h_um: f.rain_1h_mm.map(|mm| scaled(mm, 1e3)),
        rain_24h_um: f.rain_24h_mm.map(|mm| scaled(mm, 1e3)),
        rain_midnight_um: f.rain_midnight_mm.map(|mm| scaled(mm, 1e3)),
        snow_24h_um: f.snow_24h_mm.map(|mm| scaled(mm, 1e3)),
        luminosity_w_m2: f.luminosity_w_m2,
    }
}

pub(super) const TEXT_KINDS: [TextKind; 5] =
    [TextKind::Message, TextKind::Bulletin, TextKind::Status, TextKind::Telemetry, TextKind::Comment];

pub(super) fn of_text(t: &Text) -> Fields<'_> {
    Fields {
        text_kind: Some(t.kind.name().into()),
        to: t.to.map(|to| clean(to.to_string().into())),
        body: Some(clean((&*t.body).into())),
        message_number: t.number.as_ref().map(|n| clean(n.as_str().into())),
        ..Fields::default()
    }
}

pub(super) fn to_text(f: &Fields<'_>) -> Option<Text> {
    let kind = TEXT_KINDS.into_iter().find(|k| Some(k.name()) == f.text_kind.as_deref())?;
    let to = match f.to.as_deref() {
        Some(to) => Some(subject(to)?),
        None => None,
    };
    Some(Text { kind, to, body: f.body.as_deref()?.into(), number: f.message_number.as_deref().map(ShortText::truncated) })
}
