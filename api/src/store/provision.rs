//! Brings the databases into being and up to date: creates what is missing, migrates each, marks each role database with
//! its role, and gives each a login role of its own. Safe to repeat, and to run twice at once.
//!
//! The login role has the database's name (`vtoc_ops`…). Nobody else may connect to the database; it may read and write
//! the tables, but neither alter them nor touch what the audit log holds. The central works as that role even when it
//! was given a mightier login ([`step_down`]). A login that may not create roles leaves all that to its administrator.

use super::{Databases, Role, StoreError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};
use std::collections::BTreeMap;

/// (version, description, SQL). A migration that was released never changes: a change is a new file.
pub(super) type Migrations = &'static [(i64, &'static str, &'static str)];

pub(super) const CONTROL: Migrations = &[
    (1, "stations", include_str!("../../../migrations/control/0001_stations.sql")),
    (2, "people", include_str!("../../../migrations/control/0002_people.sql")),
    (10, "watch", include_str!("../../../migrations/control/0010_watch.sql")),
    (20, "chat", include_str!("../../../migrations/control/0020_chat.sql")),
    (21, "agentkit", include_str!("../../../migrations/control/0021_agentkit.sql")),
    (22, "fabrics", include_str!("../../../migrations/control/0022_fabrics.sql")),
    (30, "playbooks", include_str!("../../../migrations/control/0030_playbooks.sql")),
    (40, "alerts", include_str!("../../../migrations/control/0040_alerts.sql")),
    (45, "alert_stations", include_str!("../../../migrations/control/0045_alert_stations.sql")),
    (50, "once", include_str!("../../../migrations/control/0050_once.sql")),
    (51, "retention", include_str!("../../../migrations/control/0051_retention.sql")),
];
pub(super) const ROLE: Migrations = &[
    (1, "telemetry", include_str!("../../../migrations/role/0001_telemetry.sql")),
    (2, "audit", include_str!("../../../migrations/role/0002_audit.sql")),
    (3, "partitions", include_str!("../../../migrations/role/0003_partitions.sql")),
    (4, "urgent", include_str!("../../../migrations/role/0004_urgent.sql")),
    (10, "records", include_str!("../../../migrations/role/0010_records.sql")),
    (30, "playbooks", include_str!("../../../migrations/role/0030_playbooks.sql")),
    (50, "once", include_str!("../../../migrations/role/0050_once.sql")),
    (51, "retention", include_str!("../../../migrations/role/0051_retention.sql")),
];

/// The database to connect to for creating others: every server has it.
pub(super) const MAINTENANCE: &str = "postgres";

/// Needs a login that may create databases, unless they all exist.
pub async fn provision(databases: &Databases) -> Result<(), StoreError> {
    let mut control = create_and_connect(databases.control()).await?;
    if may_change(&mut control, CONTROL, databases.control()).await? {
        migrate(&mut control, CONTROL).await?;
        give_login(&mut control, databases.control()).await?;
    }
    close(control).await;
    for role in Role::ALL {
        let mut connection = create_and_connect(databases.role(role)).await?;
        if may_change(&mut connection, ROLE, databases.role(role)).await? {
            migrate(&mut connection, ROLE).await?;
            mark(&mut connection, role).await?;
            give_login(&mut connection, databases.role(role)).await?;
        } else {
            marked(&mut connection, role).await?;
        }
        close(connection).await;
    }
    Ok(())
}

/// `false`: a login that may change nothing, and nothing is to be changed. If something is, it refuses.
async fn may_change(connection: &mut PgConnection, migrations: Migrations, options: &PgConnectOptions) -> Result<bool, StoreError> {
    if sqlx::query_scalar("SELECT has_schema_privilege('public', 'CREATE')").fetch_one(&mut *connection).await? {
        return Ok(true);
    }
    let name = options.get_database().unwrap_or_default();
    match difference(connection, migrations).await? {
        None => Ok(false),
        Some(how) => Err(StoreError::Refused(format!(
            "the database {name} is not as this program needs it ({how}): run `vtoc setup` with a login that may change it"
        ))),
    }
}

/// What of the migrations did not run as they are here, or ran besides; in words.
async fn difference(connection: &mut PgConnection, migrations: Migrations) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success");
    let ran: BTreeMap<i64, Vec<u8>> = match query.fetch_all(&mut *connection).await {
        Err(error) if has_code(&error, &["42P01"]) => BTreeMap::new(),
        other => other?.into_iter().collect(),
    };
    let ours: Vec<Migration> = migrations.iter().map(migration).collect();
    let missing = ours.iter().filter(|m| !ran.contains_key(&m.version)).map(|m| m.version).collect();
    let changed = ours.iter().filter(|m| ran.get(&m.version).is_some_and(|sum| **sum != *m.checksum)).map(|m| m.version).collect();
    let unknown = ran.keys().filter(|version| ours.iter().all(|m| m.version != **version)).copied().collect();
    let found: [(Vec<i64>, _); 3] =
        [(missing, "without migration"), (changed, "with another migration"), (unknown, "with an unknown migration")];
    let list = |versions: &[i64]| versions.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let told: Vec<String> = found.iter().filter(|(v, _)| !v.is_empty()).map(|(v, words)| format!("{words} {}", list(v))).collect();
    Ok((!told.is_empty()).then(|| told.join("; ")))
}

/// The newest migration that ran. 0: none.
pub(super) async fn version(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let query = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success");
    match query.fetch_one(connection).await {
        Err(error) if has_code(&error, &["42P01"]) => Ok(0),
        other => Ok(other?),
    }
}

async fn create_and_connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    // A migration of a large table takes as long as it takes.
    let options = &options.clone().options([("statement_timeout", "0")]);
    match PgConnection::connect_with(options).await {
        Err(e) if has_code(&e, &["3D000"]) => create(options).await?,
        other => return Ok(other?),
    }
    Ok(PgConnection::connect_with(options).await?)
}

async fn create(options: &PgConnectOptions) -> Result<(), StoreError> {
    let name = options.get_database().ok_or_else(|| StoreError::Refused("the URL names no database".into()))?;
    if !is_plain(name) {
        return Err(StoreError::Refused(format!("the database {name:?} does not exist, and only names of a–z 0–9 _ are created")));
    }
    let mut admin = PgConnection::connect_with(&options.clone().database(MAINTENANCE)).await?;
    // template0 and the C locale: the same order and encoding on every server. The name was checked above.
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    let created = sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await;
    close(admin).await;
    match created {
        // Someone else was faster.
        Err(e) if has_code(&e, &["42P04", "23505"]) => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}

pub(super) fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

async fn migrate(connection: &mut PgConnection, migrations: Migrations) -> Result<(), StoreError> {
    Ok(Migrator::with_migrations(migrations.iter().map(migration).collect()).run_direct(None, connection, false).await?)
}

fn migration(&(version, description, sql): &(i64, &'static str, &'static str)) -> Migration {
    Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

/// Whether the database is marked with this role. Another's is refused.
async fn marked(connection: &mut PgConnection, role: Role) -> Result<bool, StoreError> {
    let marked: Option<String> = sqlx::query_scalar("SELECT role FROM this_database").fetch_optional(connection).await?;
    match marked {
        Some(name) if name != role.name() => {
            Err(StoreError::Refused(format!("the database given for role {} was made for role {name}", role.name())))
        }
        marked => Ok(marked.is_some()),
    }
}

/// Notes the role and lets its ids begin, or refuses a database that was made for another role.
async fn mark(connection: &mut PgConnection, role: Role) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("LOCK TABLE this_database IN EXCLUSIVE MODE").execute(&mut *transaction).await?;
    if marked(&mut transaction, role).await? {
        return Ok(());
    }
    sqlx::query("INSERT INTO this_database (role) VALUES ($1)").bind(role.name()).execute(&mut *transaction).await?;
    for sequence in ["telemetry_source_ids", "telemetry_event_ids"] {
        sqlx::query("SELECT setval($1::regclass, $2, false)").bind(sequence).bind(role.number()).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// Makes the database's own login role, and lets nobody else in.
async fn give_login(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<(), StoreError> {
    const MAY: &str = "
        SELECT (rolsuper OR rolcreaterole) AND (SELECT datdba = r.oid OR rolsuper FROM pg_database WHERE datname = current_database())
        FROM pg_roles r WHERE rolname = current_user";
    let Some(name) = options.get_database().filter(|name| is_plain(name)) else { return Ok(()) };
    let may: bool = sqlx::query_scalar(MAY).fetch_one(&mut *connection).await?;
    if !may {
        tracing::info!(database = name, "this login may not create roles: isolation of the database is its administrator's work");
        return Ok(());
    }
    // One at a time: two sessions that grant at once would trip over each other's catalogue rows. The name was checked.
    let sql = format!(
        "SELECT pg_advisory_xact_lock(hashtext('vtoc: grants'));
        DO $$ BEGIN
            CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
        REVOKE ALL ON DATABASE {name} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {name} TO {name};
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT USAGE ON SCHEMA public TO {name};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name};
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name};
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON _sqlx_migrations FROM {name};
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM {name};"
    );
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// A new connection works as the database's own login role, if there is one and we may be it.
pub(super) async fn step_down(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        SELECT set_config('role', rolname, false) FROM pg_roles
        WHERE rolname = current_database() AND rolname <> current_user AND pg_has_role(oid, 'MEMBER')";
    sqlx::query(SQL).execute(connection).await?;
    Ok(())
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| codes.contains(&&*code))
}

/// A goodbye that fails changes nothing.
pub(super) async fn close(connection: PgConnection) {
    let _ = connection.close().await;
}
