//! Everything that is kept in Postgres, and the only place with SQL: one control database and one database per role.
//!
//! Constraints:
//! - one small pool per database, connected when first used: a central starts without its database and says so in `/readyz`;
//! - no statement runs longer than [`STATEMENT_TIMEOUT`], nobody waits longer than [`ACQUIRE_TIMEOUT`] for a connection;
//! - an id of a role database says which one it is (id mod 8: see migrations/role).

mod alert_events;
mod alert_rules;
mod alerts;
mod audit;
mod channels;
mod control;
mod copy;
mod desk;
mod event_rows;
mod events;
mod fabrics;
mod hardware;
mod history;
mod idempotency;
mod logins;
mod messages;
mod once;
mod outside;
mod people;
pub(crate) mod playbooks;
mod provision;
mod queue;
mod records;
mod retention;
mod runs;
mod sources;
mod tokens;
mod uplink;
mod urgent;
mod watched;

pub(crate) use alert_events::{Mark, Slugs, Which};
pub(crate) use alert_rules::{AlertRule, AlertRuleChange, NewAlertRule};
pub(crate) use alerts::{Alert, AlertFilter, STATES as ALERT_STATES, UNTOLD_MAX};
pub use audit::Actor;
pub(crate) use audit::AuditEntry;
pub(crate) use channels::{Channel, ChannelNews, NewThread, Thread};
pub(crate) use control::StationChange;
pub use control::{NewStation, Station};
pub(crate) use desk::Assignment;
pub(crate) use event_rows::NewRow;
pub(crate) use events::{Bounds, EventFields, EventFilter, SourceKey, StoredEvent};
pub(crate) use hardware::HardwareItem;
use history::Days;
pub(crate) use idempotency::{KeptAnswer, KeyClaim};
pub use logins::{DatabaseState, can_connect, inspect, set_password};
pub(crate) use messages::{Author, AuthorKind, Message, MessageFilter, NewMessage, Posted};
pub(crate) use once::RequestKey;
pub(crate) use outside::{Told, outside_state};
pub(crate) use people::FoundSession;
pub use people::{NewOperator, Operator, OperatorChange};
pub use provision::provision;
pub(crate) use queue::{Claim, Kept};
pub(crate) use records::{Cell, Cells, Page, Record};
pub use retention::Retention;
pub use runs::RunState;
pub(crate) use runs::{NewRun, Run, RunEnd, RunFilter, agent};
pub(crate) use sources::{Given, NewSource, Source, SourceChange};
pub(crate) use tokens::{ApiToken, NewToken};
pub(crate) use uplink::{Appended, NewEvents, Spool};
pub(crate) use watched::{Poi, WatchHit, Watched};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);
/// An unused connection is closed, so that an idle central holds few.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections per database.
pub const CONNECTIONS_DEFAULT: u32 = 4;

/// A station's role, and the database that holds its telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Ops,
    Intel,
    Logistics,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Ops, Self::Intel, Self::Logistics];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ops => "ops",
            Self::Intel => "intel",
            Self::Logistics => "logistics",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// The remainder mod 8 of every id in its database. Never 0.
    pub const fn number(self) -> i64 {
        match self {
            Self::Ops => 1,
            Self::Intel => 2,
            Self::Logistics => 3,
        }
    }

    /// The role database that holds the row with this id.
    pub fn of_id(id: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|r| 0 < id && id % 8 == r.number())
    }
}

/// Where the databases are. All on one server unless told otherwise.
#[derive(Clone, Debug)]
pub struct Databases {
    control: PgConnectOptions,
    roles: [PgConnectOptions; 3],
}

impl Databases {
    /// `vtoc_control`, `vtoc_ops`, `vtoc_intel` and `vtoc_logistics` on the server of `url`, whatever database it names.
    pub fn at(url: &str) -> Result<Self, StoreError> {
        Self::with_prefix(url, "vtoc")
    }

    /// The same with other names: `<prefix>_control`…
    pub fn with_prefix(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let server = connect_options(url)?;
        let named = |name: &str| server.clone().database(&format!("{prefix}_{name}"));
        Ok(Self { control: named("control"), roles: Role::ALL.map(|role| named(role.name())) })
    }

    /// Another server or login for one role.
    pub fn role_at(mut self, role: Role, url: &str) -> Result<Self, StoreError> {
        self.roles[role as usize] = connect_options(url)?;
        Ok(self)
    }

    /// Another server or login for the control database.
    pub fn control_at(mut self, url: &str) -> Result<Self, StoreError> {
        self.control = connect_options(url)?;
        Ok(self)
    }

    /// `user@host:port/name` of control, ops, intel and logistics; no passwords.
    pub fn places(&self) -> Vec<String> {
        let place = |o: &PgConnectOptions| {
            format!("{}@{}:{}/{}", o.get_username(), o.get_host(), o.get_port(), o.get_database().unwrap_or_default())
        };
        std::iter::once(&self.control).chain(&self.roles).map(place).collect()
    }

    pub(crate) fn control(&self) -> &PgConnectOptions {
        &self.control
    }

    pub(crate) fn role(&self, role: Role) -> &PgConnectOptions {
        &self.roles[role as usize]
    }
}

/// A `postgres://` or `postgresql://` URL, with or without a Python driver (`postgresql+psycopg2://`). What is wrong is said
/// without the URL, which holds a password.
fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let (scheme, rest) = url.trim().split_once("://").ok_or(StoreError::BadUrl)?;
    let scheme = scheme.split('+').next().filter(|s| ["postgres", "postgresql"].contains(s)).ok_or(StoreError::BadUrl)?;
    let options = PgConnectOptions::from_str(&format!("{scheme}://{rest}")).map_err(|_| StoreError::BadUrl)?;
    let timeout_ms = STATEMENT_TIMEOUT.as_millis().to_string();
    // The old system kept stations apart by schemas (`?options=-csearch_path=toc_s1`); here each role has its own database.
    // A station forgets what we acknowledge: a COMMIT must be on the disk, even where the server was told to be careless.
    let settings = [("statement_timeout", timeout_ms.as_str()), ("synchronous_commit", "on"), ("search_path", "public")];
    Ok(options.application_name("vtoc-central").options(settings))
}

/// The open store. Clones share the pools.
#[derive(Clone, Debug)]
pub struct Store {
    control: PgPool,
    roles: [PgPool; 3],
    /// Days whose partitions were asked for.
    days: Arc<Days>,
    /// Whose changes these are.
    actor: Arc<Actor>,
}

impl Store {
    /// Connects nothing yet.
    pub fn open(databases: &Databases, connections: u32) -> Self {
        let pool = |options: &PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections.max(1))
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(IDLE_TIMEOUT)
                .after_connect(|connection, _| Box::pin(provision::step_down(connection)))
                .connect_lazy_with(options.clone())
        };
        let actor = Arc::new(Actor::named("central"));
        Self { control: pool(databases.control()), roles: [0, 1, 2].map(|i| pool(&databases.roles[i])), days: Arc::default(), actor }
    }

    pub(crate) fn control(&self) -> &PgPool {
        &self.control
    }

    pub(crate) fn role(&self, role: Role) -> &PgPool {
        &self.roles[role as usize]
    }

    /// Are all databases there, and migrated?
    pub async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT count(*) FROM stations").execute(&self.control).await?;
        for pool in &self.roles {
            sqlx::query("SELECT role FROM this_database").execute(pool).await?;
        }
        Ok(())
    }

    pub async fn close(&self) {
        self.control.close().await;
        for pool in &self.roles {
            pool.close().await;
        }
    }
}

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database URL is not of the form postgres://user:password@host:port/name")]
    BadUrl,
    /// It can't answer now; trying again may help.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A unique value is taken.
    #[error("{0} exists already")]
    Taken(&'static str),
    #[error("{0}")]
    Refused(String),
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A mistake of ours.
    #[error("the database refused: {0}")]
    Unexpected(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code()).map(|c| c.into_owned());
        match (&error, code.as_deref()) {
            (sqlx::Error::Database(_), Some(code)) if !passing(code) => Self::Unexpected(error),
            (sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_), _) => Self::Unexpected(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// SQLSTATEs that go away by themselves, or when an operator acts (Appendix A of the PostgreSQL manual): connection (08),
/// transaction rollback (40), resources (53), object state and lock (55), operator intervention (57), system (58),
/// no such database, password, and tables that are not migrated yet.
fn passing(code: &str) -> bool {
    const CLASSES: [&str; 7] = ["08", "28", "40", "53", "55", "57", "58"];
    const CODES: [&str; 5] = ["3D000", "42P01", "42703", "25006", "25P03"];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}
