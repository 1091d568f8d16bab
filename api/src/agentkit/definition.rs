//! Definitions of playbooks: `agentkit.yml`, as the old system had it (contract §3.2), and what we added.
//!
//! ```yaml
//! playbooks:
//!   timeline_summary:
//!     name: timeline_summary
//!     description: The newest events of a station's timeline.
//!     entrypoint: agents.playbooks.timeline_summary:TimelineSummaryPlaybook
//!     options: {limit: 5}
//!     # ours:
//!     station_roles: [ops, intel, logistics]   # default: all
//!     also_reads: [intel]                      # whose data a run sees besides, where who asks may; default: nobody's
//!     timeout_seconds: 60
//!     attempts: 3
//!     schedule: 15m                            # or cron: "0 6 * * *" (UTC)
//!     confirm: true                            # asks an operator before it begins; not with a schedule
//!     stations: [alpha]                        # whom the schedule is for; default: all of its roles
//! ```
//!
//! The entry point `…<id>:<Anything>` names code in this program by its id. What we know besides ours (`agentkit.yml` beside
//! this file) is replaced by a definition of the same name.

use super::schedule::Schedule;
use super::{Playbook, playbooks};
use crate::auth::RoleSet;
use crate::dto::{PlaybookEntry, PlaybookFile};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

const OURS: &str = include_str!("agentkit.yml");
const TIMEOUT_S: i32 = 60;
const TIMEOUT_S_MAX: i32 = 3_600;
const ATTEMPTS: i32 = 3;
const ATTEMPTS_MAX: i32 = 10;
/// Bytes of a file of definitions.
const FILE_BYTES_MAX: usize = 1 << 20;

/// A playbook that can be run.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub id: String,
    pub name: String,
    pub description: String,
    pub entrypoint: String,
    pub options: Map<String, Value>,
    /// Whose stations it is for.
    pub roles: RoleSet,
    /// Whose data it can use besides, where the run may see it.
    pub also_reads: RoleSet,
    pub timeout_s: i32,
    pub attempts: i32,
    pub schedule: Option<Schedule>,
    /// As it was written.
    pub schedule_text: Option<String>,
    pub stations: Vec<String>,
    /// Asks an operator before it begins.
    pub confirm: bool,
    /// An answer to a command of the chat, not to be chosen from a list.
    pub hidden: bool,
    pub code: Arc<dyn Playbook>,
}

#[derive(Debug, Error)]
pub enum BadDefinition {
    #[error("no YAML of playbooks: {0}")]
    Yaml(String),
    #[error("playbook {id}: {why}")]
    Playbook { id: String, why: String },
}

/// All playbooks, by id.
#[derive(Clone, Debug)]
pub struct Playbooks(BTreeMap<String, Definition>);

impl Default for Playbooks {
    /// Ours alone.
    fn default() -> Self {
        let mut all = Self(BTreeMap::new());
        for code in playbooks::answers() {
            let entry = PlaybookEntry::default();
            let definition = definition(code.id(), entry, Arc::clone(&code)).expect("an empty entry is fine");
            all.0.insert(code.id().to_owned(), Definition { hidden: true, ..definition });
        }
        all.add(OURS).expect("a test reads our own definitions");
        all
    }
}

impl Playbooks {
    /// Ours, and those of a file.
    pub fn with(yaml: &str) -> Result<Self, BadDefinition> {
        let mut all = Self::default();
        all.add(yaml)?;
        Ok(all)
    }

    fn add(&mut self, yaml: &str) -> Result<(), BadDefinition> {
        if FILE_BYTES_MAX < yaml.len() {
            return Err(BadDefinition::Yaml(format!("it is larger than {FILE_BYTES_MAX} bytes")));
        }
        let file: PlaybookFile = serde_saphyr::from_str(yaml).map_err(|e| BadDefinition::Yaml(e.to_string()))?;
        let code = playbooks::built_in();
        for (id, entry) in file.playbooks {
            let bad = |why: &str| BadDefinition::Playbook { id: id.clone(), why: why.to_owned() };
            if !is_plain(&id) {
                return Err(bad("an id is 1 to 100 of a-z, 0-9 and _"));
            }
            let wanted = entry.entrypoint.as_deref().map_or(id.as_str(), code_of);
            let code = code.iter().find(|code| code.id() == wanted);
            let code = code.ok_or_else(|| bad(&format!("its entry point names {wanted}, which this program does not have")))?;
            let definition = definition(&id, entry, Arc::clone(code)).map_err(|why| bad(&why))?;
            self.0.insert(id, definition);
        }
        Ok(())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Definition> {
        self.0.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.0.values()
    }
}

fn is_plain(id: &str) -> bool {
    (1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// `agents.playbooks.timeline_summary:TimelineSummaryPlaybook` is `timeline_summary`.
fn code_of(entrypoint: &str) -> &str {
    let module = entrypoint.split(':').next().unwrap_or(entrypoint);
    module.rsplit('.').next().unwrap_or(module)
}

fn definition(id: &str, entry: PlaybookEntry, code: Arc<dyn Playbook>) -> Result<Definition, String> {
    let within = |name: &str, value: Option<i32>, default: i32, most: i32| match value {
        None => Ok(default),
        Some(value) if 1 <= value && value <= most => Ok(value),
        Some(value) => Err(format!("{name} {value} is not 1 to {most}")),
    };
    let roles = match &entry.station_roles {
        None => RoleSet::ALL,
        Some(names) => RoleSet::from_names(names).filter(|roles| !roles.is_empty()).ok_or("station_roles are of ops, intel, logistics")?,
    };
    let also_reads =
        RoleSet::from_names(entry.also_reads.as_deref().unwrap_or_default()).ok_or("also_reads is of ops, intel, logistics")?;
    let confirm = entry.confirm.unwrap_or(false) || entry.destructive.unwrap_or(false);
    if confirm && entry.schedule.is_some() {
        return Err("one that asks (confirm, destructive) can't have a schedule: nobody would answer".into());
    }
    Ok(Definition {
        confirm,
        name: entry.name.unwrap_or_else(|| id.to_owned()),
        description: entry.description.unwrap_or_default(),
        entrypoint: entry.entrypoint.unwrap_or_else(|| format!("agents.playbooks.{}", code.id())),
        options: entry.options.unwrap_or_default(),
        roles,
        also_reads,
        timeout_s: within("timeout_seconds", entry.timeout_seconds, TIMEOUT_S, TIMEOUT_S_MAX)?,
        attempts: within("attempts", entry.attempts, ATTEMPTS, ATTEMPTS_MAX)?,
        schedule: entry.schedule.as_deref().map(Schedule::parse).transpose().map_err(|e| format!("schedule: {e}"))?,
        schedule_text: entry.schedule,
        stations: entry.stations.unwrap_or_default(),
        hidden: false,
        id: id.to_owned(),
        code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_systems_file_is_read() {
        let yaml = "playbooks:\n  timeline_summary:\n    name: timeline_summary\n    description: Newest events.\n    \
            entrypoint: agents.playbooks.timeline_summary:TimelineSummaryPlaybook\n    options:\n      limit: 7\n";
        let all = Playbooks::with(yaml).unwrap();
        let found = all.get("timeline_summary").unwrap();
        assert_eq!((found.options["limit"].as_i64(), found.roles, found.attempts), (Some(7), RoleSet::ALL, ATTEMPTS));
        assert_eq!(found.code.id(), "timeline_summary");
    }

    #[test]
    fn ours_may_be_renamed_scheduled_and_limited() {
        let yaml = "playbooks:\n  morning:\n    entrypoint: timeline_summary\n    schedule: \"0 6 * * *\"\n    station_roles: [ops]\n    \
            stations: [alpha]\n    timeout_seconds: 5\n    attempts: 1\n";
        let all = Playbooks::with(yaml).unwrap();
        let found = all.get("morning").unwrap();
        assert!(found.schedule.is_some() && found.roles.names() == ["ops"] && found.timeout_s == 5 && found.attempts == 1);
        assert!(Playbooks::default().get("help").unwrap().hidden && !found.hidden);
    }

    #[test]
    fn mistakes_are_said() {
        for (yaml, expected) in [
            ("playbooks: 1", "no YAML of playbooks"),
            ("playbooks:\n  A b:\n    name: x\n", "an id is 1 to 100"),
            ("playbooks:\n  x:\n    entrypoint: os:system\n", "names os, which this program does not have"),
            ("playbooks:\n  x:\n    entrypoint: timeline_summary\n    schedule: sometimes\n", "schedule:"),
            ("playbooks:\n  x:\n    entrypoint: timeline_summary\n    attempts: 0\n", "attempts 0 is not 1 to 10"),
            ("playbooks:\n  x:\n    entrypoint: timeline_summary\n    confirm: true\n    schedule: 15m\n", "can't have a schedule"),
            ("playbooks:\n  x:\n    entrypoint: timeline_summary\n    station_roles: [navy]\n", "station_roles"),
        ] {
            let said = Playbooks::with(yaml).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        }
        // A file that unfolds without end is refused, not unfolded.
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let one = format!("*a{}", i - 1);
            bomb += &format!("a{i}: &a{i} [{}]\n", vec![one; 10].join(", "));
        }
        assert!(Playbooks::with(&format!("{bomb}playbooks: {{}}\n")).is_err());
    }
}
