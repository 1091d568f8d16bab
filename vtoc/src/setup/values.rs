//! What is written to `.env.local` (the central's) and `.env.station` (the station's): names as the older system had them.
//!
//! No secret of ours goes into a name that begins with `VITE_`: those end in every browser.

use super::env_file::{EnvFile, EnvFileError};
use super::stations::KnownStation;
use crate::config::inputs::{Inputs, Number, ToolList};
use crate::failure::Failure;
use serde_json::Value;

/// Seconds that an outside AgentKit may take.
const AGENTKIT_TIMEOUT_SECONDS: &str = "30";

/// 256 random bits of a generator that the system seeds (as API tokens are), in hexadecimal.
pub fn secret() -> String {
    rand::random::<[u8; 32]>().iter().map(|b| format!("{b:02x}")).collect()
}

/// A file to be written, and what is new in it: names only, values may be secrets.
#[derive(Debug)]
pub struct Change {
    pub file: EnvFile,
    pub names: Vec<String>,
}

impl Change {
    pub fn of(file: EnvFile) -> Self {
        Self { file, names: Vec::new() }
    }

    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let changed = self.file.set(name, value).map_err(|e: EnvFileError| Failure::data(e))?;
        if changed {
            self.names.push(name.to_owned());
        }
        Ok(())
    }

    /// Given, or as it was, or not written at all.
    fn given(&mut self, name: &str, value: Option<&str>) -> Result<(), Failure> {
        value.map_or(Ok(()), |value| self.set(name, value))
    }

    /// Given, or as it was, or `made`.
    pub fn made(&mut self, name: &str, value: Option<&str>, make: impl FnOnce() -> String) -> Result<(), Failure> {
        let known = || self.file.get(name).filter(|v| !v.is_empty()).map(str::to_owned);
        let value = value.filter(|v| !v.is_empty()).map(str::to_owned).or_else(known).unwrap_or_else(make);
        self.set(name, &value)
    }
}

/// The central's file.
pub fn local(inputs: &Inputs, change: &mut Change) -> Result<(), Failure> {
    let (chatkit, agentkit, supabase) = (&inputs.chatkit, &inputs.agentkit, &inputs.supabase);
    change.given("DATABASE_URL", inputs.database.url.as_deref())?;
    change.made("CHATKIT_WEBHOOK_SECRET", chatkit.webhook_secret.as_deref(), secret)?;
    change.given("CHATKIT_API_KEY", chatkit.api_key.as_deref())?;
    change.made("CHATKIT_ORG_ID", chatkit.org_id.as_deref(), || project(inputs).to_owned())?;
    change.given("CHATKIT_ALLOWED_TOOLS", chatkit.allowed_tools.as_ref().map(ToolList::joined).as_deref())?;
    change.given("AGENTKIT_API_BASE_URL", agentkit.api_base_url.as_deref())?;
    change.given("AGENTKIT_API_KEY", agentkit.api_key.as_deref())?;
    change.made("AGENTKIT_ORG_ID", agentkit.org_id.as_deref(), || project(inputs).to_owned())?;
    let timeout = agentkit.timeout_seconds.as_ref().map(Number::text);
    change.made("AGENTKIT_TIMEOUT_SECONDS", timeout.as_deref(), || AGENTKIT_TIMEOUT_SECONDS.to_owned())?;
    change.made("AGENTKIT_CLIENT_ID", agentkit.client_id.as_deref(), || project(inputs).to_owned())?;
    change.made("AGENTKIT_CLIENT_SECRET", agentkit.client_secret.as_deref(), secret)?;
    let names = ["SUPABASE_URL", "SUPABASE_PROJECT_REF", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_JWT_SECRET"];
    let values = [&supabase.url, &supabase.project_ref, &supabase.anon_key, &supabase.service_role_key, &supabase.jwt_secret];
    for (name, value) in names.into_iter().zip(values) {
        change.given(name, value.as_deref())?;
    }
    bundle(inputs, change)
}

/// The override: `{"NAME": "value"}`, or as the older system had it, within `backend.env`.
fn bundle(inputs: &Inputs, change: &mut Change) -> Result<(), Failure> {
    let Some(bundle) = &inputs.config_bundle else { return Ok(()) };
    let values = bundle.pointer("/backend/env").unwrap_or(bundle);
    let members = values.as_object().ok_or_else(|| Failure::data("the inputs: configBundle: expected an object of names and values"))?;
    for (name, value) in members {
        match value {
            Value::String(text) => change.given(name, Some(text).filter(|t| !t.is_empty()).map(String::as_str))?,
            Value::Number(number) => change.set(name, &number.to_string())?,
            Value::Bool(flag) => change.set(name, &flag.to_string())?,
            // The older system's other parts (`frontend`, `postgres`) are objects: not ours.
            _ => {}
        }
    }
    Ok(())
}

/// The station's file.
pub fn station(inputs: &Inputs, me: &KnownStation, change: &mut Change) -> Result<(), Failure> {
    let station = &inputs.station;
    let callsign = me.callsign.as_str();
    change.set("POSTGRES_STATION_ROLE", &me.role)?;
    change.set("STATION_CALLSIGN", callsign)?;
    change.set("VITE_STATION_ROLE", &me.role)?;
    change.set("VITE_STATION_CALLSIGN", callsign)?;
    let telemetry = station.telemetry_channel.as_deref().or(inputs.chatkit.telemetry_channel.as_deref());
    change.made("CHATKIT_TELEMETRY_CHANNEL", telemetry, || me.slug.clone())?;
    change.made("CHATKIT_MISSION_CHANNEL", station.mission_channel.as_deref(), || me.slug.clone())?;
    if !station.channel_cache.is_empty() {
        let cache = serde_json::to_string(&station.channel_cache).expect("texts by text");
        change.set("CHATKIT_CHANNEL_CACHE", &cache)?;
    }
    // What the station itself reads: its settings by the environment.
    change.set("VTOC__STATION__ID", &me.slug)?;
    change.set("VTOC__STATION__NAME", callsign)?;
    change.given("VTOC__UPLINK__CENTRAL", station.central.as_deref())
}

pub fn project(inputs: &Inputs) -> &str {
    inputs.project_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("vtoc")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::inputs::parse;

    fn written(json: &str, before: &str) -> Change {
        let mut change = Change::of(EnvFile::parse(before));
        local(&parse(json).unwrap(), &mut change).unwrap();
        change
    }

    #[test]
    fn secrets_are_made_once_and_then_kept() {
        let first = written("{}", "");
        let (made, again) = (first.file.get("CHATKIT_WEBHOOK_SECRET").unwrap(), written("{}", &first.file.text()));
        assert!(made.len() == 64 && made != first.file.get("AGENTKIT_CLIENT_SECRET").unwrap());
        assert_eq!((again.file.get("CHATKIT_WEBHOOK_SECRET"), again.names), (Some(made), Vec::new()));
        let given = written(r#"{"chatkit": {"webhookSecret": "mine"}}"#, &first.file.text());
        assert_eq!(
            (given.file.get("CHATKIT_WEBHOOK_SECRET"), &given.names[..]),
            (Some("mine"), &["CHATKIT_WEBHOOK_SECRET".to_owned()][..])
        );
    }

    #[test]
    fn the_older_bundle_is_stronger_and_its_empty_values_are_none() {
        let bundle = r#"{"configBundle": {"backend": {"env": {"DATABASE_URL": "postgresql+psycopg2://a@b/c", "CHATKIT_ORG_ID": "",
            "AGENTKIT_TIMEOUT_SECONDS": 7}}}, "database": {"url": "postgres://x/y"}}"#;
        let file = written(bundle, "").file;
        assert_eq!(file.get("DATABASE_URL"), Some("postgresql+psycopg2://a@b/c"));
        assert_eq!((file.get("CHATKIT_ORG_ID"), file.get("AGENTKIT_TIMEOUT_SECONDS")), (Some("vtoc"), Some("7")));
    }

    #[test]
    fn no_secret_goes_to_the_browser() {
        let json = r#"{"chatkit": {"apiKey": "SECRET-1", "webhookSecret": "SECRET-2"}, "agentkit": {"clientSecret": "SECRET-3"},
            "station": {"role": "ops", "callsign": "TOC-S1", "channelCache": {"mission": "m"}}}"#;
        let inputs = parse(json).unwrap();
        let mut change = Change::of(EnvFile::default());
        local(&inputs, &mut change).unwrap();
        let me = KnownStation {
            slug: "toc-s1".into(),
            role: "ops".into(),
            callsign: "TOC-S1".into(),
            name: "TOC-S1".into(),
            timezone: "UTC".into(),
        };
        station(&inputs, &me, &mut change).unwrap();
        let values = change.file.values();
        assert!(values.iter().all(|(name, value)| !(name.starts_with("VITE_") && value.contains("SECRET"))), "{values:?}");
        assert_eq!((&*values["CHATKIT_CHANNEL_CACHE"], &*values["VTOC__STATION__ID"]), (r#"{"mission":"m"}"#, "toc-s1"));
        assert_eq!(values["CHATKIT_API_KEY"], "SECRET-1");
    }
}
