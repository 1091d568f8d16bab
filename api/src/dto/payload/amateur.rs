//! The kinds that only amateurs' stations send: telemetry, and how far they reach.
//!
//! `"sequence":324,"readings":[{"channel":"A1","name":"Battery","unit":"V","value":13.8,"calibrated":true},…]`

use super::{Fields, clean};
use model::{CentiDegrees, Coverage, ShortText, Telemetry};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Reading<'a> {
    /// `A1`–`A5`, `B1`–`B8`.
    channel: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    unit: Cow<'a, str>,
    value: f64,
    /// In the unit; else as it was sent.
    calibrated: bool,
}

/// `A1`–`A5`, `B1`–`B8`.
pub(crate) fn channel_name(channel: u8) -> String {
    match channel.checked_sub(Telemetry::ANALOG) {
        None => format!("A{}", channel + 1),
        Some(bit) => format!("B{}", bit + 1),
    }
}

fn channel(name: &str) -> Option<u8> {
    (0..Telemetry::READINGS_MAX as u8).find(|channel| channel_name(*channel) == name)
}

pub(super) fn of_telemetry(t: &Telemetry) -> Fields<'_> {
    let reading = |r: &'_ model::Reading| Reading {
        channel: channel_name(r.channel).into(),
        name: clean(r.name.as_str().to_owned().into()),
        unit: clean(r.unit.as_str().to_owned().into()),
        value: r.value(),
        calibrated: r.calibrated,
    };
    Fields {
        sequence: t.sequence,
        title: (!t.title.is_empty()).then(|| clean(t.title.as_str().into())),
        bits: t.bits,
        readings: Some(t.readings.iter().map(reading).collect()),
        ..Fields::default()
    }
}

pub(super) fn to_telemetry(f: &Fields<'_>) -> Option<Telemetry> {
    let reading = |r: &Reading<'_>| {
        Some(model::Reading {
            channel: channel(&r.channel)?,
            name: ShortText::truncated(&r.name),
            unit: ShortText::truncated(&r.unit),
            value_micro: model::Reading::micro(r.value)?,
            calibrated: r.calibrated,
        })
    };
    let readings = f.readings.as_ref()?;
    Some(Telemetry {
        sequence: f.sequence,
        title: ShortText::truncated(f.title.as_deref().unwrap_or("")),
        bits: f.bits,
        readings: readings.iter().take(Telemetry::READINGS_MAX).map(reading).collect::<Option<_>>()?,
    })
}

pub(super) fn of_coverage<'a>(c: &Coverage) -> Fields<'a> {
    Fields {
        power_w: c.power_w,
        height_ft: c.height_ft,
        gain_db: c.gain_db,
        beam_deg: c.beam.map(CentiDegrees::degrees),
        range_m: c.range_m,
        heard_s: c.heard_s,
        bearing_deg: c.bearing.map(|b| b.from.degrees()),
        bearing_quality: c.bearing.map(|b| b.quality),
        bearing_hits: c.bearing.and_then(|b| b.hits),
        bearing_range_m: c.bearing.and_then(|b| b.range_m),
        ..Fields::default()
    }
}

pub(super) fn to_coverage(f: &Fields<'_>) -> Option<Coverage> {
    let bearing = match f.bearing_deg {
        Some(degrees) => Some(model::Bearing {
            from: CentiDegrees::from_degrees(degrees)?,
            quality: f.bearing_quality?,
            hits: f.bearing_hits,
            range_m: f.bearing_range_m,
        }),
        None => None,
    };
    Some(Coverage {
        power_w: f.power_w,
        height_ft: f.height_ft,
        gain_db: f.gain_db,
        beam: f.beam_deg.and_then(CentiDegrees::from_degrees),
        range_m: f.range_m,
        heard_s: f.heard_s,
        bearing,
    })
}
