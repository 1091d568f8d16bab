//! Brings the databases into being and up to date: creates what is missing, migrates each, marks each role database with
//! its role. Safe to repeat, and to run twice at once.

use super::{Databases, Role, StoreError};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

/// (version, description, SQL). A migration that was released never changes: a change is a new file.
type Migrations = &'static [(i64, &'static str, &'static str)];

const CONTROL: Migrations = &[(1, "stations", include_str!("../../../migrations/control/0001_stations.sql"))];
const ROLE: Migrations = &[
    (1, "telemetry", include_str!("../../../migrations/role/0001_telemetry.sql")),
    (4, "urgent", include_str!("../../../migrations/role/0004_urgent.sql")),
];

/// The database to connect to for creating others: every server has it.
const MAINTENANCE: &str = "postgres";

/// Needs a login that may create databases, unless they all exist.
pub async fn provision(databases: &Databases) -> Result<(), StoreError> {
    let mut control = create_and_connect(databases.control()).await?;
    migrate(&mut control, CONTROL).await?;
    close(control).await;
    for role in Role::ALL {
        let mut connection = create_and_connect(databases.role(role)).await?;
        migrate(&mut connection, ROLE).await?;
        mark(&mut connection, role).await?;
        close(connection).await;
    }
    Ok(())
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
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.chars().all(plain) {
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

async fn migrate(connection: &mut PgConnection, migrations: Migrations) -> Result<(), StoreError> {
    let simple = |&(version, description, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Ok(Migrator::with_migrations(migrations.iter().map(simple).collect()).run_direct(None, connection, false).await?)
}

/// Notes the role and lets its ids begin, or refuses a database that was made for another role.
async fn mark(connection: &mut PgConnection, role: Role) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("LOCK TABLE this_database IN EXCLUSIVE MODE").execute(&mut *transaction).await?;
    let marked: Option<String> = sqlx::query_scalar("SELECT role FROM this_database").fetch_optional(&mut *transaction).await?;
    match marked {
        Some(name) if name == role.name() => return Ok(()),
        Some(name) => {
            return Err(StoreError::Refused(format!("the database given for role {} was made for role {name}", role.name())));
        }
        None => {}
    }
    sqlx::query("INSERT INTO this_database (role) VALUES ($1)").bind(role.name()).execute(&mut *transaction).await?;
    for sequence in ["telemetry_source_ids", "telemetry_event_ids"] {
        sqlx::query("SELECT setval($1::regclass, $2, false)").bind(sequence).bind(role.number()).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| codes.contains(&&*code))
}

/// A goodbye that fails changes nothing.
async fn close(connection: PgConnection) {
    let _ = connection.close().await;
}
