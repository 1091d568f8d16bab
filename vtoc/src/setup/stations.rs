//! The stations that the inputs name.

use crate::config::inputs::{Inputs, NamedStation, StationRole};
use crate::failure::Failure;
use model::StationId;

/// The names of the roles, each with a database (`api::store::Role`, which a station's build does not have).
const ROLES: [&str; 3] = ["ops", "intel", "logistics"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownStation {
    pub slug: String,
    pub role: String,
    pub callsign: String,
    pub name: String,
    pub timezone: String,
}

/// The station that this machine is. `None`: it is none.
pub fn mine(inputs: &Inputs) -> Result<Option<KnownStation>, Failure> {
    let station = &inputs.station;
    let (Some(role), callsign) = (&station.role, &station.callsign) else { return Ok(None) };
    one(&NamedStation { role: role.clone(), slug: None, callsign: callsign.clone(), name: None, timezone: None }, "station").map(Some)
}

/// All of them, each once: `stationRoles`, and this machine's.
pub fn all(inputs: &Inputs) -> Result<Vec<KnownStation>, Failure> {
    let mut stations: Vec<KnownStation> = mine(inputs)?.into_iter().collect();
    for (i, station) in inputs.station_roles.iter().enumerate() {
        let place = format!("stationRoles[{i}]");
        let station = match station {
            StationRole::Role(role) => {
                one(&NamedStation { role: role.clone(), slug: None, callsign: None, name: None, timezone: None }, &place)?
            }
            StationRole::Station(station) => one(station, &place)?,
        };
        match stations.iter().find(|other| other.slug == station.slug) {
            Some(other) if other.role != station.role => {
                let (slug, a, b) = (&station.slug, &other.role, &station.role);
                return Err(Failure::data(format!("the inputs: {place}: the station {slug} can't be both {a} and {b}")));
            }
            // A role's name says less than a station that is described.
            Some(_) => {}
            None => stations.push(station),
        }
    }
    Ok(stations)
}

fn one(station: &NamedStation, place: &str) -> Result<KnownStation, Failure> {
    let role = station.role.to_lowercase();
    if !ROLES.contains(&role.as_str()) {
        return Err(Failure::data(format!("the inputs: {place}: role {:?}: there is {}", station.role, ROLES.join(", "))));
    }
    let callsign = station.callsign.clone().filter(|c| !c.is_empty()).unwrap_or_else(|| role.to_uppercase());
    let slug = station.slug.clone().unwrap_or_else(|| slug(&callsign));
    if StationId::new(&slug).is_none() {
        return Err(Failure::data(format!("the inputs: {place}: {slug:?} is no station id: use 1 to 64 of a-z, 0-9 and -")));
    }
    let name = station.name.clone().unwrap_or_else(|| callsign.clone());
    Ok(KnownStation { slug, role, callsign, name, timezone: station.timezone.clone().unwrap_or_else(|| "UTC".into()) })
}

/// `TOC S1` → `toc-s1`.
fn slug(callsign: &str) -> String {
    let plain: String = callsign.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::inputs::parse;

    fn slugs(json: &str) -> Result<Vec<String>, Failure> {
        Ok(all(&parse(json).unwrap())?.into_iter().map(|s| format!("{}:{}", s.slug, s.role)).collect())
    }

    #[test]
    fn a_station_is_named_by_its_slug_its_call_sign_or_its_role() {
        let json = r#"{"station": {"role": "OPS", "callsign": "TOC S1"},
            "stationRoles": ["intel", {"role": "ops", "callsign": "toc-s1"}, {"role": "logistics", "slug": "depot", "callsign": "D 1"}]}"#;
        assert_eq!(slugs(json).unwrap(), ["toc-s1:ops", "intel:intel", "depot:logistics"]);
        assert_eq!(slugs("{}").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn wrong_ones_are_refused_with_their_place() {
        for json in [
            r#"{"stationRoles": ["navy"]}"#,
            r#"{"stationRoles": [{"role": "ops", "slug": "Ä"}]}"#,
            r#"{"stationRoles": [{"role": "ops", "slug": "a"}, {"role": "intel", "slug": "a"}]}"#,
        ] {
            let error = slugs(json).unwrap_err();
            assert!(error.code() == 65 && format!("{error:?}").contains("stationRoles["), "{error:?}");
        }
    }
}
