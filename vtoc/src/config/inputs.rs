//! What `vtoc setup` is told: `scripts/inputs.schema.json`, which is generated from these types.
//!
//! A superset of what the older system's schema took and of what its deployment guide showed (`stationRoles`,
//! `chatkit.autoProvision`, `agentkit.clientId`), so that files written for either are accepted. Unknown keys are refused
//! by name: a misspelt secret must not be silently missing.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answers `vtoc setup` needs. Every text may hold `${NAME}`: the environment variable of that name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(title = "vTOC setup configuration"))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Inputs {
    /// Name of the project: of the compose project and in generated resources.
    pub project_name: Option<String>,
    pub services: Services,
    /// `pi`: a field station on a small board, SQLite only. `full`: everything.
    pub hardware_profile: Option<HardwareProfile>,
    pub cloud: Cloud,
    /// Values of the environment by name, stronger than what `vtoc setup` would write. The older system's shape
    /// (`backend.env`) is understood.
    pub config_bundle: Option<serde_json::Value>,
    pub database: Database,
    pub chatkit: ChatKit,
    pub agentkit: AgentKit,
    /// Accepted and not used: vTOC keeps its data in PostgreSQL itself.
    pub supabase: Supabase,
    /// The station that this machine is.
    pub station: Station,
    /// The stations that the central shall know: a role's name alone makes a station of that name.
    pub station_roles: Vec<StationRole>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Services {
    /// A reverse proxy with TLS before the central.
    pub traefik: Option<bool>,
    /// A PostgreSQL container beside the central. `false`: `database.url` names one.
    pub postgres: Option<bool>,
    /// Not part of vTOC: accepted, and said to be left out.
    pub n8n: Option<bool>,
    /// Not part of vTOC: accepted, and said to be left out.
    pub wazuh: Option<bool>,
    /// A receiver for 1090 MHz at this station.
    pub adsb: Option<bool>,
    /// A GNSS receiver at this station.
    pub gps: Option<bool>,
    /// Tablets of the operators use the console; nothing is generated for them.
    pub h4m: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HardwareProfile {
    Full,
    Pi,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Cloud {
    pub provider: Option<CloudProvider>,
    pub region: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CloudProvider {
    Aws,
    Gcp,
    Azure,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Database {
    /// Where the central finds PostgreSQL: `postgres://user@host:port/postgres`.
    pub url: Option<String>,
    /// A login that may create databases and roles. Used by `--apply` only and never written to a file.
    pub admin_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ChatKit {
    pub api_key: Option<String>,
    pub org_id: Option<String>,
    /// What callers of the webhook sign with. Made when it is not given.
    pub webhook_secret: Option<String>,
    pub allowed_tools: Option<ToolList>,
    pub widget_url: Option<String>,
    pub telemetry_channel: Option<String>,
    /// Make a channel for each station.
    pub auto_provision: Option<bool>,
}

/// Names with commas, or a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(untagged)]
pub enum ToolList {
    Text(String),
    List(Vec<String>),
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct AgentKit {
    pub api_base_url: Option<String>,
    pub api_key: Option<String>,
    pub org_id: Option<String>,
    pub timeout_seconds: Option<Number>,
    pub default_station_context: Option<String>,
    pub api_base_path: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}

/// A whole number, also as text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(untagged)]
pub enum Number {
    Whole(u64),
    Text(String),
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Supabase {
    pub url: Option<String>,
    pub project_ref: Option<String>,
    pub anon_key: Option<String>,
    pub service_role_key: Option<String>,
    pub jwt_secret: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Station {
    /// `ops`, `intel` or `logistics`.
    pub role: Option<String>,
    /// What people call it; its default channel has this name.
    pub callsign: Option<String>,
    pub telemetry_channel: Option<String>,
    pub mission_channel: Option<String>,
    pub channel_cache: BTreeMap<String, String>,
    /// Where the central listens for stations, `host:port`.
    pub central: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(untagged)]
pub enum StationRole {
    Role(String),
    Station(NamedStation),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NamedStation {
    /// `ops`, `intel` or `logistics`.
    pub role: String,
    /// 1 to 64 of a-z, 0-9 and -. Default: made of the call sign, else the role.
    pub slug: Option<String>,
    pub callsign: Option<String>,
    pub name: Option<String>,
    /// An IANA time zone. Default: UTC.
    pub timezone: Option<String>,
}

impl ToolList {
    pub fn joined(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(names) => names.join(","),
        }
    }
}

impl Number {
    pub fn text(&self) -> String {
        match self {
            Self::Whole(n) => n.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What was wrong with the inputs: where, and what.
pub fn parse(text: &str) -> Result<Inputs, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let inputs = serde_path_to_error::deserialize(&mut json).map_err(|e| format!("{}: {}", e.path(), e.inner()))?;
    json.end().map_err(|e| format!("after the inputs: {e}"))?;
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the older system's deployment guide shows, and its schema refused.
    const GUIDE: &str = r#"{
        "projectName": "vtoc", "stationRoles": ["ops", "intel", "logistics"],
        "chatkit": {"autoProvision": true, "orgId": "${CHATKIT_ORG_ID}", "webhookSecret": "${CHATKIT_WEBHOOK_SECRET}"},
        "agentkit": {"clientId": "${AGENTKIT_CLIENT_ID}", "clientSecret": "${AGENTKIT_CLIENT_SECRET}"},
        "services": {"traefik": true, "postgres": true, "n8n": false, "wazuh": false}}"#;

    /// Every property of the older schema.
    const OLDER: &str = r#"{
        "projectName": "vtoc", "hardwareProfile": "pi", "cloud": {"provider": "aws", "region": "us-east-1"},
        "services": {"traefik": false, "postgres": true, "n8n": false, "wazuh": false, "adsb": true, "gps": true, "h4m": true},
        "configBundle": {"backend": {"env": {"DATABASE_URL": "postgresql+psycopg2://vtoc:x@database/vtoc"}}},
        "chatkit": {"apiKey": "k", "orgId": "o", "webhookSecret": "s", "allowedTools": "a,b", "widgetUrl": "w", "telemetryChannel": "t"},
        "agentkit": {"apiBaseUrl": "u", "apiKey": "k", "orgId": "o", "timeoutSeconds": "30", "defaultStationContext": "s", "apiBasePath": "p"},
        "supabase": {"url": "u", "projectRef": "r", "anonKey": "a", "serviceRoleKey": "s", "jwtSecret": "j"},
        "station": {"role": "ops", "callsign": "TOC-S1", "telemetryChannel": "t", "missionChannel": "m", "channelCache": {"mission": "m"}}}"#;

    #[test]
    fn the_older_schemas_files_and_the_guides_are_accepted() {
        assert_eq!(parse(GUIDE).unwrap().station_roles.len(), 3);
        let older = parse(OLDER).unwrap();
        assert_eq!((older.hardware_profile, older.agentkit.timeout_seconds.unwrap().text()), (Some(HardwareProfile::Pi), "30".into()));
        assert!(parse("{}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, told) in [
            (r#"{"chatkit": {"webhokSecret": "x"}}"#, "chatkit.webhokSecret: unknown field `webhokSecret`"),
            (r#"{"services": {"adsb": "yes"}}"#, "services.adsb: invalid type: string \"yes\", expected a boolean"),
            (r#"{"hardwareProfile": "huge"}"#, "hardwareProfile: unknown variant `huge`"),
            ("{} {}", "after the inputs:"),
            ("", ".: EOF"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }

    /// `UPDATE=1` writes it.
    #[test]
    fn the_schema_is_the_checked_in_one() {
        let generator = schemars::generate::SchemaSettings::draft07().into_generator();
        let text = serde_json::to_string_pretty(&generator.into_root_schema_for::<Inputs>()).unwrap() + "\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/inputs.schema.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap() == text, "run: UPDATE=1 cargo test -p vtoc schema");
    }
}
