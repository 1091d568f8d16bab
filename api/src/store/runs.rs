//! Runs of playbooks: what was asked, the queue, and what came of it (migrations/control/0021).
//!
//! Constraints: a run is claimed by one worker at a time (`FOR UPDATE SKIP LOCKED`, a lease); its end, its result and its
//! reply in the chat are one transaction, refused to whoever does not hold the lease any more.

use super::control::micros;
use super::messages::{Author, NewMessage, in_order, insert_message};
use super::outside::outside_state;
use super::sources::raw_json;
use super::{Store, StoreError};
use crate::auth::RoleSet;
use crate::dto::Utc;
use model::UnixMicros;
use serde_json::value::RawValue;
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{FromRow, QueryBuilder, Row};
use std::time::Duration;
use time::OffsetDateTime;

/// Lines of log kept of a run.
pub const LOG_LINES_MAX: i64 = 1_000;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl RunState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// Where a result is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    pub channel_id: Option<i64>,
    pub thread_id: Option<i64>,
    pub message_id: Option<i64>,
}

/// A run to queue.
#[derive(Clone, Debug)]
pub(crate) struct NewRun {
    pub key: Option<String>,
    pub playbook: String,
    /// JSON object.
    pub input: String,
    pub metadata: Option<String>,
    pub dry_run: bool,
    pub station_id: Option<i64>,
    pub roles: RoleSet,
    pub requested_by: String,
    pub channel_id: Option<i64>,
    pub thread_id: Option<i64>,
    pub reply_to: Option<i64>,
    pub channel_slug: Option<String>,
    pub initiator_id: Option<String>,
    pub attempts_max: i32,
    pub timeout_s: i32,
    /// Waits for an operator's word, unless it is a dry run.
    pub asks: bool,
    /// `Some`: an outside runner does it under this id, and it stands so.
    pub outside: Option<(String, String)>,
}

impl NewRun {
    /// An action that another program does, nobody in particular asked for, and that is said nowhere.
    pub fn outside(tool: String, input: String) -> Self {
        Self {
            key: None,
            playbook: tool,
            input,
            metadata: None,
            dry_run: false,
            station_id: None,
            roles: RoleSet::ALL,
            requested_by: "agentkit".into(),
            channel_id: None,
            thread_id: None,
            reply_to: None,
            channel_slug: None,
            initiator_id: None,
            attempts_max: 1,
            timeout_s: 1,
            asks: false,
            outside: None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub id: i64,
    pub action_id: String,
    pub playbook: String,
    pub outside: bool,
    pub state: RunState,
    /// As an outside runner said it.
    pub status: Option<String>,
    pub input: Box<RawValue>,
    pub dry_run: bool,
    pub station_id: Option<i64>,
    pub roles: RoleSet,
    pub requested_by: String,
    pub reply: ReplyTo,
    pub channel_slug: Option<String>,
    pub initiator_id: Option<String>,
    pub attempts: i32,
    pub attempts_max: i32,
    pub timeout: Duration,
    pub cancel_asked: bool,
    /// Waits for an operator's word.
    pub asks: bool,
    pub decided_by: Option<String>,
    pub run_at: UnixMicros,
    pub markdown: Option<String>,
    pub result: Option<Box<RawValue>>,
    pub error: Option<String>,
    pub created_at: UnixMicros,
    pub updated_at: UnixMicros,
    pub started_at: Option<UnixMicros>,
    pub finished_at: Option<UnixMicros>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RunFilter {
    pub station_id: Option<i64>,
    pub playbook: Option<String>,
    pub state: Option<RunState>,
    pub before: Option<i64>,
    pub limit: i64,
}

/// What a worker, or an outside runner, has to say at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunEnd {
    pub state: RunState,
    pub markdown: Option<String>,
    /// JSON.
    pub result: Option<String>,
    pub error: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogLine {
    pub n: i32,
    pub attempt: i32,
    pub at: UnixMicros,
    pub text: String,
}

pub(super) const COLUMNS: &str = "id, action_id, playbook, runner, state, status, input::text AS input, dry_run, station_id, station_roles, requested_by, \
    channel_id, thread_id, reply_to, channel_slug, initiator_id, attempts, attempts_max, timeout_s, cancel_asked, asks, decided_by, run_at, markdown, \
    result::text AS result, error, created_at, updated_at, started_at, finished_at";

impl FromRow<'_, PgRow> for Run {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let unreadable = |what: &str| sqlx::Error::Decode(format!("a run's {what} is not what its CHECK allows").into());
        let (state, runner, roles): (&str, &str, Vec<String>) =
            (row.try_get("state")?, row.try_get("runner")?, row.try_get("station_roles")?);
        let at = |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<OffsetDateTime>, _>(column)?.map(micros));
        let timeout_s: i32 = row.try_get("timeout_s")?;
        Ok(Self {
            id: row.try_get("id")?,
            action_id: row.try_get("action_id")?,
            playbook: row.try_get("playbook")?,
            outside: runner == "outside",
            state: RunState::from_name(state).ok_or_else(|| unreadable("state"))?,
            status: row.try_get("status")?,
            input: raw_json(row.try_get("input")?)?.ok_or_else(|| unreadable("input"))?,
            dry_run: row.try_get("dry_run")?,
            station_id: row.try_get("station_id")?,
            roles: RoleSet::from_names(&roles).ok_or_else(|| unreadable("roles"))?,
            requested_by: row.try_get("requested_by")?,
            reply: ReplyTo {
                channel_id: row.try_get("channel_id")?,
                thread_id: row.try_get("thread_id")?,
                message_id: row.try_get("reply_to")?,
            },
            channel_slug: row.try_get("channel_slug")?,
            initiator_id: row.try_get("initiator_id")?,
            attempts: row.try_get("attempts")?,
            attempts_max: row.try_get("attempts_max")?,
            timeout: Duration::from_secs(u64::try_from(timeout_s).unwrap_or(1)),
            cancel_asked: row.try_get("cancel_asked")?,
            asks: row.try_get("asks")?,
            decided_by: row.try_get("decided_by")?,
            run_at: micros(row.try_get("run_at")?),
            markdown: row.try_get("markdown")?,
            result: raw_json(row.try_get("result")?)?,
            error: row.try_get("error")?,
            created_at: micros(row.try_get("created_at")?),
            updated_at: micros(row.try_get("updated_at")?),
            started_at: at("started_at")?,
            finished_at: at("finished_at")?,
        })
    }
}

/// The run's id. `None`: there is one with this key already.
pub(super) async fn insert_run(connection: &mut PgConnection, new: &NewRun, now: UnixMicros) -> Result<Option<i64>, sqlx::Error> {
    const SQL: &str = "
        INSERT INTO agent_runs (action_id, key, playbook, runner, state, status, input, metadata, dry_run, station_id, station_roles, requested_by,
            channel_id, thread_id, reply_to, channel_slug, initiator_id, attempts_max, timeout_s, run_at, created_at, updated_at, asks, finished_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, $20, $21,
            CASE WHEN $5 IN ('succeeded', 'failed', 'cancelled') THEN $20 END)
        ON CONFLICT DO NOTHING RETURNING id";
    let (action_id, state, status) = match &new.outside {
        Some((id, status)) => (id.clone(), outside_state(status), Some(status)),
        None => (format!("run_{}", crate::auth::hex(&rand::random::<[u8; 16]>())), RunState::Queued, None),
    };
    let asks = new.asks && !new.dry_run;
    let id: Option<i64> = sqlx::query_scalar(SQL)
        .bind(action_id)
        .bind(&new.key)
        .bind(&new.playbook)
        .bind(if new.outside.is_some() { "outside" } else { "central" })
        .bind(state.name())
        .bind(status)
        .bind(&new.input)
        .bind(&new.metadata)
        .bind(new.dry_run)
        .bind(new.station_id)
        .bind(new.roles.names())
        .bind(&new.requested_by)
        .bind(new.channel_id)
        .bind(new.thread_id)
        .bind(new.reply_to)
        .bind(&new.channel_slug)
        .bind(&new.initiator_id)
        .bind(new.attempts_max)
        .bind(new.timeout_s)
        .bind(OffsetDateTime::from(Utc(now)))
        .bind(asks)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(id) = id.filter(|_| asks) {
        say(connection, question(id, new).as_ref(), now).await?;
    }
    Ok(id)
}

/// What people are asked, where the result will be said.
fn question(id: i64, new: &NewRun) -> Option<NewMessage> {
    let text = format!(
        "**{}** asks before it begins: {} wants it. `/confirm {id}` lets it run, `/refuse {id}` does not; without a word it is cancelled after an hour.",
        new.playbook, new.requested_by
    );
    Some(NewMessage {
        channel_id: new.channel_id?,
        thread_id: new.thread_id,
        reply_to: new.reply_to,
        author: agent(&new.playbook),
        client_id: Some(format!("question:{id}")),
        text,
        attachment: Some(
            serde_json::json!({"confirm_run_id": id, "input": serde_json::from_str::<serde_json::Value>(&new.input).ok()}).to_string(),
        ),
    })
}

impl Store {
    /// Queues a run; of the same key, the one that is there. The second says whether it is new.
    pub(crate) async fn queue_run(&self, new: &NewRun, now: UnixMicros) -> Result<(Run, bool), StoreError> {
        let mut transaction = self.change(self.control()).await?;
        let made = insert_run(&mut transaction, new, now).await?;
        transaction.commit().await?;
        let found = match (made, &new.key, &new.outside) {
            (Some(id), ..) => self.run(id).await?,
            (None, Some(key), _) => self.run_where("key = $1", key).await?,
            (None, None, Some((action_id, _))) => self.run_where("action_id = $1", action_id).await?,
            (None, None, None) => None,
        };
        let run = found.ok_or_else(|| StoreError::Refused("the run was deleted".into()))?;
        Ok((run, made.is_some()))
    }

    pub(crate) async fn run(&self, id: i64) -> Result<Option<Run>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM agent_runs WHERE id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.control()).await?)
    }

    pub(crate) async fn run_of_action(&self, action_id: &str) -> Result<Option<Run>, StoreError> {
        self.run_where("action_id = $1", action_id).await
    }

    pub(crate) async fn run_of_key(&self, key: &str) -> Result<Option<Run>, StoreError> {
        self.run_where("key = $1", key).await
    }

    async fn run_where(&self, condition: &str, value: &str) -> Result<Option<Run>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM agent_runs WHERE {condition}");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(self.control()).await?)
    }

    /// Newest first: those about these roles' data alone.
    pub(crate) async fn runs(&self, roles: RoleSet, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
        sql.push(COLUMNS).push(" FROM agent_runs WHERE station_roles <@ ").push_bind(roles.names());
        if let Some(station) = filter.station_id {
            sql.push(" AND station_id = ").push_bind(station);
        }
        if let Some(playbook) = &filter.playbook {
            sql.push(" AND playbook = ").push_bind(playbook.clone());
        }
        if let Some(state) = filter.state {
            sql.push(" AND state = ").push_bind(state.name());
        }
        if let Some(before) = filter.before {
            sql.push(" AND id < ").push_bind(before);
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(filter.limit);
        Ok(sql.build_query_as().fetch_all(self.control()).await?)
    }

    /// An operator's word on a run that asks. `None`: it does not ask (any more).
    pub(crate) async fn decide_run(&self, id: i64, confirmed: bool, by: &str, now: UnixMicros) -> Result<Option<Run>, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET asks = false, decided_by = $3, run_at = $4, updated_at = $4,
                state = CASE WHEN $2 THEN state ELSE 'cancelled' END, finished_at = CASE WHEN $2 THEN NULL ELSE $4 END,
                error = CASE WHEN $2 THEN NULL ELSE 'refused by ' || $3 END
            WHERE id = $1 AND asks AND state = 'queued'";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query(SQL).bind(id).bind(confirmed).bind(by).bind(OffsetDateTime::from(Utc(now)));
        let decided = query.execute(&mut *transaction).await?.rows_affected() == 1;
        transaction.commit().await?;
        if decided { self.run(id).await } else { Ok(None) }
    }

    /// Cancels runs on which nobody said a word since then. Returns how many.
    pub(crate) async fn cancel_undecided(&self, asked_before: UnixMicros, now: UnixMicros) -> Result<u64, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET asks = false, state = 'cancelled', finished_at = $2, updated_at = $2, error = 'nobody confirmed it in time'
            WHERE asks AND state = 'queued' AND created_at < $1";
        let mut transaction = self.change(self.control()).await?;
        let query = sqlx::query(SQL).bind(OffsetDateTime::from(Utc(asked_before))).bind(OffsetDateTime::from(Utc(now)));
        let cancelled = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(cancelled)
    }

    /// From queued at once; a running one ends when its worker next asks. An outside runner's is only noted.
    pub(crate) async fn cancel_run(&self, id: i64, now: UnixMicros) -> Result<Option<Run>, StoreError> {
        const SQL: &str = "
            UPDATE agent_runs SET cancel_asked = true, updated_at = $2, state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
                finished_at = CASE WHEN state = 'queued' THEN $2 END
            WHERE id = $1 AND state IN ('queued', 'running')";
        let mut transaction = self.change(self.control()).await?;
        sqlx::query(SQL).bind(id).bind(OffsetDateTime::from(Utc(now))).execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.run(id).await
    }

    pub(crate) async fn run_logs(&self, id: i64) -> Result<Vec<LogLine>, StoreError> {
        let rows = sqlx::query("SELECT n, attempt, at, text FROM agent_run_logs WHERE run_id = $1 ORDER BY n").bind(id);
        let line = |row: PgRow| {
            Ok(LogLine {
                n: row.try_get("n")?,
                attempt: row.try_get("attempt")?,
                at: micros(row.try_get("at")?),
                text: row.try_get("text")?,
            })
        };
        Ok(rows.fetch_all(self.control()).await?.into_iter().map(line).collect::<Result<_, sqlx::Error>>()?)
    }
}

/// The reply at the end of a run, in the same transaction.
pub(super) async fn say(connection: &mut PgConnection, reply: Option<&NewMessage>, now: UnixMicros) -> Result<(), sqlx::Error> {
    let Some(reply) = reply else { return Ok(()) };
    in_order(connection).await?;
    insert_message(connection, reply, now).await?;
    Ok(())
}

/// What a playbook's author in the chat is called.
pub(crate) fn agent(playbook: &str) -> Author {
    Author { kind: super::AuthorKind::Agent, id: format!("agent:{playbook}"), name: playbook.to_owned() }
}
