//! What was heard and is not believed: `"quarantine_reason":"altitude_jump","quarantined":"baro_alt_ft","quarantined_value":"5000"`.

use super::Fields;
use model::{CentiDegrees, DeciKnots, Disbelief, LatLon, Quarantined, ShortText, Suspect};

/// The field that the value would have been of, and the value as text in that field's unit.
pub(crate) fn named(suspect: &Suspect) -> (&'static str, String) {
    match suspect {
        Suspect::Position(place) => ("position", format!("{:.7},{:.7}", place.lat_deg(), place.lon_deg())),
        Suspect::BaroAltitude(feet) => ("baro_alt_ft", feet.to_string()),
        Suspect::Speed(speed) => ("speed_kt", format!("{:.1}", speed.knots())),
        Suspect::Track(track) => ("track_deg", format!("{:.2}", track.degrees())),
        Suspect::Squawk(squawk) => ("squawk", format!("{squawk:04}")),
        Suspect::Callsign(callsign) => ("callsign", callsign.to_string()),
        Suspect::OnGround(on_ground) => ("on_ground", on_ground.to_string()),
    }
}

pub(super) fn of<'a>(q: &Quarantined) -> Fields<'a> {
    let (field, value) = named(&q.suspect);
    Fields {
        quarantine_reason: Some(q.why.name().into()),
        quarantined: Some(field.into()),
        quarantined_value: Some(super::clean(value.into())),
        quarantined_count: Some(q.count),
        ..Fields::default()
    }
}

pub(super) fn to(f: &Fields<'_>) -> Option<Quarantined> {
    let reason = f.quarantine_reason.as_deref()?;
    let why = Disbelief::ALL.into_iter().find(|why| why.name() == reason)?;
    let suspect = suspect(f.quarantined.as_deref()?, f.quarantined_value.as_deref()?)?;
    Some(Quarantined { why, suspect, count: f.quarantined_count? })
}

fn suspect(field: &str, value: &str) -> Option<Suspect> {
    Some(match field {
        "position" => {
            let (lat, lon) = value.split_once(',')?;
            Suspect::Position(LatLon::from_degrees(lat.parse().ok()?, lon.parse().ok()?)?)
        }
        "baro_alt_ft" => Suspect::BaroAltitude(value.parse().ok()?),
        "speed_kt" => Suspect::Speed(DeciKnots::from_knots(value.parse().ok()?)?),
        "track_deg" => Suspect::Track(CentiDegrees::from_degrees(value.parse().ok()?)?),
        "squawk" => Suspect::Squawk(value.parse().ok()?),
        "callsign" => Suspect::Callsign(ShortText::new(value).ok()?),
        "on_ground" => Suspect::OnGround(value.parse().ok()?),
        _ => return None,
    })
}
