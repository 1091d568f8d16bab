//! The kinds that only aircraft have: intent, air data, quality, collision advisories.

use super::{Fields, Str, in_tenths, scaled, tenths};
use model::{Advisory, AirData, CentiDegrees, DeciKnots, Hazard, HeadingReference, Icao24, InferredRegister, Intent, Quality, Threat};

/// Register 4,0 is written `40`.
fn of_inferred<'a>(inferred: Option<InferredRegister>, fields: Fields<'a>) -> Fields<'a> {
    Fields {
        bds: inferred.map(|i| format!("{:02x}", i.bds).into()),
        bds_probability_percent: inferred.map(|i| i.probability_percent),
        ..fields
    }
}

/// `None`: what is written is no register. `Some(None)`: nothing was inferred.
fn to_inferred(f: &Fields<'_>) -> Option<Option<InferredRegister>> {
    let Some(bds) = f.bds.as_deref() else { return Some(None) };
    Some(Some(InferredRegister { bds: u8::from_str_radix(bds, 16).ok()?, probability_percent: f.bds_probability_percent? }))
}

const REFERENCES: [(HeadingReference, &str); 3] = [
    (HeadingReference::TrueTrack, "true_track"),
    (HeadingReference::TrueHeading, "true_heading"),
    (HeadingReference::MagneticHeading, "magnetic_heading"),
];

pub(super) fn of_intent<'a>(i: &Intent) -> Fields<'a> {
    let name = |reference| REFERENCES.iter().find(|(r, _)| *r == reference).map_or("", |(_, name)| name);
    let fields = Fields {
        panel_alt_ft: i.panel_alt_ft,
        fms_alt_ft: i.fms_alt_ft,
        selected_heading_deg: i.selected_heading.map(|(_, angle)| angle.degrees()),
        selected_heading_reference: i.selected_heading.map(|(reference, _)| name(reference).into()),
        altimeter_hpa: i.altimeter_dhpa.map(|p| tenths(p.into())),
        autopilot: i.autopilot,
        vertical_navigation: i.vertical_navigation,
        altitude_hold: i.altitude_hold,
        approach: i.approach,
        lateral_navigation: i.lateral_navigation,
        tcas_operational: i.tcas_operational,
        ..Fields::default()
    };
    of_inferred(i.inferred, fields)
}

pub(super) fn to_intent(f: &Fields<'_>) -> Option<Intent> {
    let reference = f.selected_heading_reference.as_deref().and_then(|name| REFERENCES.iter().find(|(_, n)| *n == name));
    let heading = f.selected_heading_deg.and_then(CentiDegrees::from_degrees);
    Some(Intent {
        inferred: to_inferred(f)?,
        panel_alt_ft: f.panel_alt_ft,
        fms_alt_ft: f.fms_alt_ft,
        selected_heading: reference.map(|(r, _)| *r).zip(heading),
        altimeter_dhpa: f.altimeter_hpa.map(in_tenths),
        autopilot: f.autopilot,
        vertical_navigation: f.vertical_navigation,
        altitude_hold: f.altitude_hold,
        approach: f.approach,
        lateral_navigation: f.lateral_navigation,
        tcas_operational: f.tcas_operational,
    })
}

const HAZARDS: [(Hazard, &str); 4] =
    [(Hazard::Nil, "nil"), (Hazard::Light, "light"), (Hazard::Moderate, "moderate"), (Hazard::Severe, "severe")];

fn of_hazard<'a>(hazard: Option<Hazard>) -> Option<Str<'a>> {
    HAZARDS.iter().find(|(h, _)| Some(*h) == hazard).map(|(_, name)| (*name).into())
}

fn to_hazard(name: Option<&Str<'_>>) -> Option<Hazard> {
    HAZARDS.iter().find(|(_, n)| Some(*n) == name.map(|n| &**n)).map(|(h, _)| *h)
}

pub(super) fn of_air_data<'a>(a: &AirData) -> Fields<'a> {
    let fields = Fields {
        roll_deg: a.roll_cdeg.map(|v| f64::from(v) / 1e2),
        track_deg: a.track.map(CentiDegrees::degrees),
        track_rate_deg_s: a.track_rate_cdeg_s.map(|v| f64::from(v) / 1e2),
        speed_kt: a.ground_speed.map(DeciKnots::knots),
        tas_kt: a.true_airspeed.map(DeciKnots::knots),
        ias_kt: a.indicated_airspeed.map(DeciKnots::knots),
        mach: a.mach_milli.map(|m| f64::from(m) / 1e3),
        magnetic_heading_deg: a.magnetic_heading.map(CentiDegrees::degrees),
        baro_rate_fpm: a.baro_rate_fpm,
        inertial_rate_fpm: a.inertial_rate_fpm,
        wind_from_deg: a.wind_from.map(CentiDegrees::degrees),
        wind_speed_kt: a.wind_speed.map(DeciKnots::knots),
        temperature_c: a.temperature_cdegc.map(|t| f64::from(t) / 1e2),
        pressure_hpa: a.pressure_hpa.map(f64::from),
        humidity_percent: a.humidity_percent,
        radio_height_ft: a.radio_height_ft,
        turbulence: of_hazard(a.turbulence),
        wind_shear: of_hazard(a.wind_shear),
        microburst: of_hazard(a.microburst),
        icing: of_hazard(a.icing),
        wake_vortex: of_hazard(a.wake_vortex),
        ..Fields::default()
    };
    of_inferred(a.inferred, fields)
}

pub(super) fn to_air_data(f: &Fields<'_>) -> Option<AirData> {
    let angle = |deg: Option<f64>| deg.and_then(CentiDegrees::from_degrees);
    let speed = |knots: Option<f64>| knots.and_then(DeciKnots::from_knots);
    Some(AirData {
        inferred: to_inferred(f)?,
        roll_cdeg: f.roll_deg.map(|v| scaled(v, 1e2)),
        track: angle(f.track_deg),
        track_rate_cdeg_s: f.track_rate_deg_s.map(|v| scaled(v, 1e2)),
        ground_speed: speed(f.speed_kt),
        true_airspeed: speed(f.tas_kt),
        indicated_airspeed: speed(f.ias_kt),
        mach_milli: f.mach.map(|m| scaled(m, 1e3)),
        magnetic_heading: angle(f.magnetic_heading_deg),
        baro_rate_fpm: f.baro_rate_fpm,
        inertial_rate_fpm: f.inertial_rate_fpm,
        wind_from: angle(f.wind_from_deg),
        wind_speed: speed(f.wind_speed_kt),
        temperature_cdegc: f.temperature_c.map(|t| scaled(t, 1e2)),
        pressure_hpa: f.pressure_hpa.map(|p| scaled(p, 1.0)),
        humidity_percent: f.humidity_percent,
        radio_height_ft: f.radio_height_ft,
        turbulence: to_hazard(f.turbulence.as_ref()),
        wind_shear: to_hazard(f.wind_shear.as_ref()),
        microburst: to_hazard(f.microburst.as_ref()),
        icing: to_hazard(f.icing.as_ref()),
        wake_vortex: to_hazard(f.wake_vortex.as_ref()),
    })
}

pub(super) fn of_quality<'a>(q: &Quality) -> Fields<'a> {
    Fields {
        position_error_m: q.position_error_m,
        geom_alt_error_m: q.geom_alt_error_m,
        velocity_error_m_s: q.velocity_error_dm_s.map(|v| tenths(v.into())),
        integrity_exponent: q.integrity_exponent,
        integrity_per_sample: q.integrity_per_sample,
        design_assurance_exponent: q.design_assurance_exponent,
        baro_alt_checked: q.baro_alt_checked,
        containment_m: q.containment_m,
        ..Fields::default()
    }
}

pub(super) fn to_quality(f: &Fields<'_>) -> Quality {
    Quality {
        position_error_m: f.position_error_m,
        geom_alt_error_m: f.geom_alt_error_m,
        velocity_error_dm_s: f.velocity_error_m_s.map(in_tenths),
        integrity_exponent: f.integrity_exponent,
        integrity_per_sample: f.integrity_per_sample,
        design_assurance_exponent: f.design_assurance_exponent,
        baro_alt_checked: f.baro_alt_checked,
        containment_m: f.containment_m,
    }
}

pub(super) fn of_advisory<'a>(a: &Advisory) -> Fields<'a> {
    let fields = Fields {
        active_advisories: Some(a.active),
        advisory_complements: Some(a.complements),
        advisory_terminated: Some(a.terminated),
        multiple_threats: Some(a.multiple_threats),
        ..Fields::default()
    };
    match a.threat {
        None => fields,
        Some(Threat::Address(address)) => {
            Fields { threat: Some("address".into()), threat_address: Some(address.to_string().into()), ..fields }
        }
        Some(Threat::Place { alt_ft, range_dnmi, bearing_deg }) => Fields {
            threat: Some("place".into()),
            threat_alt_ft: alt_ft,
            threat_range_nmi: range_dnmi.map(|r| tenths(r.into())),
            threat_bearing_deg: bearing_deg,
            ..fields
        },
    }
}

pub(super) fn to_advisory(f: &Fields<'_>) -> Option<Advisory> {
    let threat = match f.threat.as_deref() {
        None => None,
        Some("address") => Some(Threat::Address(Icao24::new(u32::from_str_radix(f.threat_address.as_deref()?, 16).ok()?)?)),
        Some("place") => Some(Threat::Place {
            alt_ft: f.threat_alt_ft,
            range_dnmi: f.threat_range_nmi.map(in_tenths),
            bearing_deg: f.threat_bearing_deg,
        }),
        Some(_) => return None,
    };
    Some(Advisory {
        active: f.active_advisories?,
        complements: f.advisory_complements?,
        terminated: f.advisory_terminated?,
        multiple_threats: f.multiple_threats?,
        threat,
    })
}
