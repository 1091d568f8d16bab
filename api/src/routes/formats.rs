//! Events and tracks in the forms that other programs read: GeoJSON (RFC 7946), CSV (RFC 4180) and KML (OGC 2.3), chosen by
//! `Accept` or `?format=`; JSON otherwise.
//!
//! Constraints: unknown is an empty cell or a null geometry, never 0,0; text that a spreadsheet would take for a formula
//! gets an apostrophe before it; what radio said can't break out of CSV or XML.

use super::Params;
use crate::error::ApiError;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    GeoJson,
    Csv,
    Kml,
}

impl Format {
    /// `?format=` counts more than `Accept`; an `Accept` that names none of ours is JSON.
    pub fn asked(params: &Params, headers: &HeaderMap) -> Result<Self, ApiError> {
        if let Some(name) = params.get("format") {
            let known = [("json", Self::Json), ("geojson", Self::GeoJson), ("csv", Self::Csv), ("kml", Self::Kml)];
            let found = known.iter().find(|(n, _)| name.eq_ignore_ascii_case(n));
            return found
                .map(|(_, format)| *format)
                .ok_or_else(|| ApiError::field("query", "format", "enum", "Input should be json, geojson, csv or kml", name));
        }
        let accept = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
        let asked =
            accept.flat_map(|v| v.split(',')).filter_map(wish).fold(None, |best: Option<(f32, Self)>, (quality, format)| match best {
                Some((b, _)) if quality <= b => best,
                _ => Some((quality, format)),
            });
        Ok(asked.map_or(Self::Json, |(_, format)| format))
    }
}

/// One of ours in an `Accept` header, and how much it is wanted.
fn wish(range: &str) -> Option<(f32, Format)> {
    let mut parts = range.split(';').map(str::trim);
    let format = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/json" | "*/*" | "application/*" => Format::Json,
        "application/geo+json" | "application/vnd.geo+json" => Format::GeoJson,
        "text/csv" => Format::Csv,
        "application/vnd.google-earth.kml+xml" => Format::Kml,
        _ => return None,
    };
    let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
    (0.0 < quality).then_some((quality, format))
}

/// Something on the map.
pub(crate) struct Feature {
    pub id: String,
    pub name: String,
    /// (longitude, latitude) in degrees.
    pub place: Option<(f64, f64)>,
    /// Where it was: (longitude, latitude), oldest first.
    pub path: Vec<(f64, f64)>,
    pub properties: Map<String, Value>,
}

/// `columns` are the properties that a CSV has after id, name, latitude and longitude.
pub(crate) fn respond(format: Format, title: &str, columns: &[&str], features: Vec<Feature>) -> Response {
    let (media, body) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", csv(columns, &features)),
        Format::Kml => ("application/vnd.google-earth.kml+xml", kml(title, &features)),
        Format::Json | Format::GeoJson => ("application/geo+json", geojson(features)),
    };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media)), (header::VARY, HeaderValue::from_static("accept"))], body).into_response()
}

fn geojson(features: Vec<Feature>) -> String {
    let features = features.into_iter().map(|f| {
        let geometry = f.place.map(|(lon, lat)| json!({"type": "Point", "coordinates": [lon, lat]}));
        json!({"type": "Feature", "id": f.id, "geometry": geometry, "properties": f.properties})
    });
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()}).to_string()
}

fn csv(columns: &[&str], features: &[Feature]) -> String {
    let mut out = ["id", "name", "latitude", "longitude"].iter().chain(columns).copied().collect::<Vec<_>>().join(",");
    out.push_str("\r\n");
    for feature in features {
        cell(&mut out, &Value::from(feature.id.as_str()));
        out.push(',');
        cell(&mut out, &Value::from(feature.name.as_str()));
        let (lon, lat) = feature.place.unzip();
        for number in [lat, lon] {
            out.push(',');
            cell(&mut out, &number.map_or(Value::Null, Value::from));
        }
        for column in columns {
            out.push(',');
            cell(&mut out, feature.properties.get(*column).unwrap_or(&Value::Null));
        }
        out.push_str("\r\n");
    }
    out
}

fn cell(out: &mut String, value: &Value) {
    let text = match value {
        Value::Null => return,
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains(['"', ',', '\n', '\r']) {
        let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
    } else {
        out.push_str(&text);
    }
}

fn kml(title: &str, features: &[Feature]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><name>");
    escape(&mut out, title);
    out.push_str("</name>\n");
    for feature in features {
        out.push_str("<Placemark><name>");
        escape(&mut out, &feature.name);
        out.push_str("</name><ExtendedData>");
        for (key, value) in feature.properties.iter().filter(|(_, value)| !value.is_null()) {
            out.push_str("<Data name=\"");
            escape(&mut out, key);
            out.push_str("\"><value>");
            escape(&mut out, value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
            out.push_str("</value></Data>");
        }
        out.push_str("</ExtendedData>");
        geometry(&mut out, feature);
        out.push_str("</Placemark>\n");
    }
    out.push_str("</Document></kml>\n");
    out
}

fn geometry(out: &mut String, feature: &Feature) {
    let point = feature.place.map(|(lon, lat)| format!("<Point><coordinates>{lon},{lat}</coordinates></Point>"));
    let path = feature.path.iter().map(|(lon, lat)| format!("{lon},{lat}")).collect::<Vec<_>>().join(" ");
    let line = (1 < feature.path.len()).then(|| format!("<LineString><coordinates>{path}</coordinates></LineString>"));
    match (point, line) {
        (Some(point), Some(line)) => {
            let _ = write!(out, "<MultiGeometry>{point}{line}</MultiGeometry>");
        }
        (one, other) => out.push_str(&one.or(other).unwrap_or_default()),
    }
}

/// Characters that XML 1.0 can't hold become U+FFFD.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Format {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
        Format::asked(&Params::of(&[]), &headers).unwrap()
    }

    #[test]
    fn the_wanted_format_is_found() {
        for (value, expected) in [
            ("*/*", Format::Json),
            ("text/html,application/xhtml+xml", Format::Json),
            ("application/geo+json", Format::GeoJson),
            ("text/csv;q=0.5, application/vnd.google-earth.kml+xml;q=0.9", Format::Kml),
            ("application/json, text/csv", Format::Json),
            ("text/csv, */*;q=0.1", Format::Csv),
            ("text/csv;q=0", Format::Json),
            ("TEXT/CSV; charset=utf-8", Format::Csv),
        ] {
            assert_eq!(accept(value), expected, "{value}");
        }
        let asked = |name| Format::asked(&Params::of(&[("format", name)]), &HeaderMap::new());
        assert_eq!(asked("KML").unwrap(), Format::Kml);
        assert!(asked("xml").is_err());
    }

    #[test]
    fn text_from_radio_stays_text() {
        let nasty = "=HYPERLINK(\"x\"),<b>&\u{1}";
        let feature = |place| Feature {
            id: "1".into(),
            name: nasty.into(),
            place,
            path: vec![(1.0, 2.0), (1.5, 2.5)],
            properties: Map::from_iter([("note".to_owned(), json!("two\nlines")), ("n".to_owned(), json!(-4))]),
        };
        let features = [feature(Some((4.5, -52.25))), feature(None)];
        let table = csv(&["note", "n", "none"], &features);
        let first = "1,\"'=HYPERLINK(\"\"x\"\"),<b>&\u{1}\",-52.25,4.5,\"two\nlines\",-4,\r\n";
        assert_eq!(
            table.split_once("\r\n").unwrap(),
            ("id,name,latitude,longitude,note,n,none", &*format!("{first}{}", first.replace("-52.25,4.5", ",")))
        );
        let map = kml("vTOC", &features);
        assert!(map.contains("<name>=HYPERLINK(&quot;x&quot;),&lt;b&gt;&amp;\u{fffd}</name>"), "{map}");
        assert!(map.contains("<MultiGeometry><Point><coordinates>4.5,-52.25</coordinates></Point><LineString>"), "{map}");
        let map: Value = serde_json::from_str(&geojson(features.into())).unwrap();
        assert_eq!(
            (&map["features"][0]["geometry"]["coordinates"], &map["features"][1]["geometry"]),
            (&json!([4.5, -52.25]), &Value::Null)
        );
    }
}
