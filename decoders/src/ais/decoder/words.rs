//! Application data in the model's terms: weather, and everything else as a line for people.

use crate::ais::message::asm::Application;
use crate::ais::message::asm::weather::{MetHydro11, MetHydro31};
use crate::ais::message::{Value, units};
use core::fmt::Write;
use model::{CentiDegrees, DeciKnots, Text, Weather};

/// Application data as a line for people: the name, then every field that says something.
pub fn in_words(application: &Application<'_>) -> String {
    let mut out = String::from(application.name());
    application.list(&mut |name, value| {
        if Text::MAX_BYTES - WORDS_MARGIN < out.len() {
            return;
        }
        // Writing to a String can't fail.
        let _ = match value {
            Value::Quantity { value: Some(value), unit, .. } => {
                let gap = if unit.is_empty() { "" } else { " " };
                write!(out, ", {name} {}{gap}{unit}", (value * 1e6).round() / 1e6)
            }
            Value::Number(n) if n != 0 => write!(out, ", {name} {n}"),
            Value::Flag(true) => write!(out, ", {name}"),
            Value::Text(text) if !text.as_str().is_empty() => write!(out, ", {name} {text}"),
            Value::Part(place) => write!(out, "; {}:", u32::from(place) + 1),
            _ => Ok(()),
        };
    });
    out
}

/// No field in words is longer.
const WORDS_MARGIN: usize = 100;

fn direction(deg: Option<i32>) -> Option<CentiDegrees> {
    CentiDegrees::new(deg? as u16 * 100)
}

fn knots(kt: Option<i32>) -> Option<DeciKnots> {
    kt.map(|kt| DeciKnots(kt as u16 * 10))
}

pub fn weather_11(r: &MetHydro11) -> Weather {
    Weather {
        at: r.lat.known().zip(r.lon.known()).and_then(|(lat, lon)| units::place_milli(lat, lon)),
        wind_from: direction(r.wind_from.known()),
        wind_speed: knots(r.wind_speed.known()),
        wind_gust: knots(r.wind_gust.known()),
        temperature_dc: r.air_temperature.known().map(|raw| raw as i16 - 600),
        humidity_percent: r.humidity.known().map(|p| p as u8),
        pressure_dhpa: r.pressure.known().map(|raw| (raw as u16 + 800) * 10),
        rain_1h_um: None,
        rain_24h_um: None,
        rain_midnight_um: None,
        snow_24h_um: None,
        luminosity_w_m2: None,
    }
}

pub fn weather_31(r: &MetHydro31) -> Weather {
    Weather {
        at: r.lat.known().zip(r.lon.known()).and_then(|(lat, lon)| units::place_milli(lat, lon)),
        wind_from: direction(r.wind_from.known()),
        wind_speed: knots(r.wind_speed.known()),
        wind_gust: knots(r.wind_gust.known()),
        temperature_dc: r.air_temperature.known().map(|raw| raw as i16),
        humidity_percent: r.humidity.known().map(|p| p as u8),
        // The ends of the scale mean "that or beyond": no measurement.
        pressure_dhpa: r.pressure.known().filter(|raw| (1..=401).contains(raw)).map(|raw| (raw as u16 + 799) * 10),
        rain_1h_um: None,
        rain_24h_um: None,
        rain_midnight_um: None,
        snow_24h_um: None,
        luminosity_w_m2: None,
    }
}
