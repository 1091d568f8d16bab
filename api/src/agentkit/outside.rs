//! The wire of AgentKit spoken: an outside runner does what no playbook of ours does (contract §3.2).
//!
//! ```text
//!   GET  {base}/orgs/{org}/tools                 → [tool] or {"tools": [tool]}
//!   POST {base}/orgs/{org}/actions               {tool_name, action_input, metadata} → {action_id | id, status, …}
//!   GET  {base}/orgs/{org}/actions/{id}          asked again until it is over, in case its webhook never comes
//! ```
//! With `Authorization: Bearer` and `X-AgentKit-Org`. Constraints: one time-out (`AGENTKIT_TIMEOUT_SECONDS`); an action that is
//! not over after a day counts as failed.

use super::worker::reply;
use crate::central::Shared;
use crate::dto::AgentTool;
use crate::http::{Answer, HttpClient, HttpError};
use crate::store::{Run, RunEnd, RunState, StoreError, outside_state};
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval};

/// How often actions that are not over are asked about, and after how much silence each.
const FOLLOW: Duration = Duration::from_secs(15);
/// Asked about in one round.
const FOLLOWED_MAX: i64 = 50;
const GIVEN_UP_AFTER_US: i64 = 24 * 3_600 * 1_000_000;
/// Goes with what we ask. Whoever gets it asks no runner in turn: two centrals that name each other, or one that names itself, would
/// never come to an end.
pub(crate) const HOP: &str = "x-vtoc-hop";
/// Tools that are taken from a list.
const TOOLS_MAX: usize = 500;

/// Where it is, and how to get in.
#[derive(Clone)]
pub struct Outside {
    base: String,
    organisation: String,
    key: String,
    http: HttpClient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadOutside {
    #[error("AGENTKIT_API_BASE_URL does not begin with http:// or https://")]
    NoUrl,
    #[error("AGENTKIT_ORG_ID holds other than letters, digits, . _ and -")]
    BadOrganisation,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OutsideError {
    #[error("AgentKit: {0}")]
    Http(#[from] HttpError),
    #[error("AgentKit answered {0}")]
    Status(u16),
    #[error("AgentKit returned no action id")]
    NoId,
}

/// What the runner says of an action.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Action {
    pub id: String,
    pub status: String,
    pub end: RunEnd,
}

impl Outside {
    pub fn new(base: &str, organisation: &str, key: &str, timeout: Duration) -> Result<Self, BadOutside> {
        let base = base.trim().trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(BadOutside::NoUrl);
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if organisation.is_empty() || !organisation.bytes().all(plain) {
            return Err(BadOutside::BadOrganisation);
        }
        Ok(Self { base, organisation: organisation.to_owned(), key: key.trim().to_owned(), http: HttpClient::new(timeout) })
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, OutsideError> {
        let url = format!("{}/orgs/{}/{path}", self.base, self.organisation);
        let mut headers = vec![
            ("authorization", format!("Bearer {}", self.key)),
            ("x-agentkit-org", self.organisation.clone()),
            ("accept", "application/json".to_owned()),
            (HOP, "1".to_owned()),
        ];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let answer: Answer = self.http.send(method, &url, &headers, body.map_or_else(Vec::new, |b| b.to_string().into_bytes())).await?;
        if answer.is_success() { Ok(answer.json()) } else { Err(OutsideError::Status(answer.status)) }
    }

    pub(crate) async fn tools(&self) -> Result<Vec<AgentTool>, OutsideError> {
        let said = self.ask("GET", "tools", None).await?;
        let list = said.get("tools").unwrap_or(&said).as_array().cloned().unwrap_or_default();
        Ok(list.iter().take(TOOLS_MAX).filter_map(tool).collect())
    }

    pub(crate) async fn execute(
        &self,
        tool: &str,
        input: &Map<String, Value>,
        metadata: &Map<String, Value>,
    ) -> Result<Action, OutsideError> {
        let body = json!({"tool_name": tool, "action_input": input, "metadata": metadata});
        action(&self.ask("POST", "actions", Some(&body)).await?)
    }

    async fn action(&self, id: &str) -> Result<Action, OutsideError> {
        // An id of theirs becomes part of a path: only what needs no escaping.
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~".contains(&b)) {
            return Err(OutsideError::NoId);
        }
        action(&self.ask("GET", &format!("actions/{id}"), None).await?)
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("organisation", &self.organisation).finish_non_exhaustive()
    }
}

fn tool(value: &Value) -> Option<AgentTool> {
    let object = |key: &str| value.get(key).filter(|v| v.is_object()).cloned().unwrap_or_else(|| json!({}));
    Some(AgentTool {
        name: value.get("name")?.as_str()?.to_owned(),
        description: value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        signature: object("signature"),
        metadata: object("metadata"),
    })
}

fn action(said: &Value) -> Result<Action, OutsideError> {
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(|t| t.replace('\0', "\u{fffd}"));
    let id = text("action_id").or_else(|| text("id")).filter(|id| (1..=128).contains(&id.chars().count())).ok_or(OutsideError::NoId)?;
    let status: String = text("status").unwrap_or_else(|| "queued".into()).chars().take(50).collect();
    let result = said.get("result").filter(|r| r.is_object()).map(Value::to_string).filter(|r| !r.contains("\\u0000"));
    let markdown = result.as_deref().and_then(words_of).or_else(|| text("message"));
    Ok(Action { end: RunEnd { state: outside_state(&status), markdown, result, error: text("error") }, id, status })
}

/// What people read of a result.
pub(crate) fn words_of(result: &str) -> Option<String> {
    let result: Value = serde_json::from_str(result).ok()?;
    let words = ["markdown", "text", "summary", "message"].iter().find_map(|key| result.get(*key)?.as_str());
    words.map(|w| w.replace('\0', "\u{fffd}"))
}

/// Notes what the runner says, and says it where the action came from when it is over.
pub(crate) async fn note(shared: &Shared, run: &Run, said: &Action) -> Result<(), StoreError> {
    let reply = reply(run, &said.end).filter(|_| said.end.state.is_final());
    shared.store.outside_says(run, &said.status, &said.end, reply.as_ref(), None, shared.now()).await?;
    shared.chat.feed.wake();
    Ok(())
}

/// Asks about what is not over, for ever.
pub(crate) async fn follow(shared: Arc<Shared>) {
    let Some(outside) = shared.agents.outside() else { return };
    let mut ticks = interval(FOLLOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = follow_once(&shared, outside).await {
            tracing::warn!(%error, "actions of the outside runner could not be followed; trying again");
        }
    }
}

pub(crate) async fn follow_once(shared: &Shared, outside: &Outside) -> Result<(), StoreError> {
    for run in shared.store.outside_runs(FOLLOWED_MAX).await? {
        match outside.action(&run.action_id).await {
            Ok(said) => note(shared, &run, &said).await?,
            Err(error) if GIVEN_UP_AFTER_US < shared.now().micros_since(run.created_at) => {
                let end = RunEnd { state: RunState::Failed, markdown: None, result: None, error: Some(error.to_string()) };
                note(shared, &run, &Action { id: run.action_id.clone(), status: "failed".into(), end }).await?;
            }
            Err(error) => tracing::debug!(%error, run = run.id, "the outside runner says nothing of an action"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runner_says_is_read_in_both_forms() {
        let said = action(&json!({"id": "a1", "status": "Completed", "result": {"summary": "fine"}})).unwrap();
        assert_eq!((said.id.as_str(), said.end.state, said.end.markdown.as_deref()), ("a1", RunState::Succeeded, Some("fine")));
        let said = action(&json!({"action_id": "a2", "id": "x", "status": "odd", "error": "no"})).unwrap();
        assert_eq!((said.id.as_str(), said.end.state, said.end.error.as_deref()), ("a2", RunState::Running, Some("no")));
        assert_eq!(action(&json!({"status": "queued"})), Err(OutsideError::NoId));
        assert_eq!(action(&json!({"id": "x".repeat(129)})), Err(OutsideError::NoId));
        assert_eq!(tool(&json!({"name": "t"})).unwrap().signature, json!({}));
        assert_eq!(tool(&json!({"title": "t"})), None);
    }

    #[test]
    fn settings_are_checked_and_the_key_is_hidden() {
        let outside = |base: &str, org: &str| Outside::new(base, org, "s3cret", Duration::from_secs(1));
        assert!(outside("https://agentkit.example/", "pr-cybr").is_ok_and(|o| !format!("{o:?}").contains("s3cret")));
        assert!(matches!(outside("agentkit.example", "x"), Err(BadOutside::NoUrl)));
        assert!(matches!(outside("http://a", "../x"), Err(BadOutside::BadOrganisation)));
    }
}
