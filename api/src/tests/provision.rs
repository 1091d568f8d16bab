//! Databases come into being once, with ids that tell them apart, and refuse to be mixed up.

use super::*;
use crate::store::provision;
use sqlx::Connection;
use uplink::intake::Intake;

#[tokio::test]
async fn provisioning_is_repeatable_and_may_run_twice_at_once() {
    let Some(cluster) = shared() else { return };
    let databases = cluster.databases();
    let (one, other) = tokio::join!(provision(&databases), provision(&databases));
    one.unwrap();
    other.unwrap();
    provision(&databases).await.unwrap();
    for role in Role::ALL {
        let mut connection = PgConnection::connect_with(databases.role(role)).await.unwrap();
        for _ in 0..3 {
            let sql = "INSERT INTO telemetry_sources (name, slug, source_type) VALUES (random()::text, random()::text, 'x') RETURNING id";
            let id: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
            assert_eq!(Role::of_id(id), Some(role), "{id}");
        }
    }
}

#[tokio::test]
async fn a_role_database_given_for_another_role_is_refused() {
    let Some(cluster) = shared() else { return };
    let databases = cluster.databases();
    provision(&databases).await.unwrap();
    let intel = databases.role(Role::Intel).get_database().unwrap().to_owned();
    let url = cluster.url().replace("/postgres", &format!("/{intel}")).replace(&format!("//{intel}@"), "//postgres@");
    let mixed = databases.role_at(Role::Ops, &url).unwrap();
    let error = provision(&mixed).await.unwrap_err().to_string();
    assert_eq!(error, "the database given for role ops was made for role intel");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_repeating_it() {
    let error = Databases::at("postgres//user:hunter2@").unwrap_err().to_string();
    assert!(!error.contains("hunter2") && error.contains("postgres://"), "{error}");
}

#[tokio::test]
async fn the_old_systems_urls_are_understood() {
    let Some(cluster) = shared() else { return };
    for form in ["postgresql+psycopg2://", "postgresql://", "postgres://", "postgresql+asyncpg://"] {
        let url = cluster.url().replace("postgres://", form) + "?options=-csearch_path%3Dtoc_s1";
        let databases = Databases::with_prefix(&url, "urls").unwrap();
        provision(&databases).await.unwrap_or_else(|e| panic!("{form}: {e}"));
    }
    for wrong in ["mysql://host/db", "postgres", "", "+psycopg2://host/db"] {
        assert!(Databases::at(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_login_that_may_change_nothing_finds_all_made_or_says_what_to_run() {
    let Some(cluster) = shared() else { return };
    let databases = cluster.databases();
    provision(&databases).await.unwrap();
    let name = |options: &sqlx::postgres::PgConnectOptions| options.get_database().unwrap().to_owned();
    let own = |name: &str| cluster.url().replace("postgres@", &format!("{name}@")).replace("/postgres", &format!("/{name}"));
    let mut logins = databases.clone().control_at(&own(&name(databases.control()))).unwrap();
    for role in Role::ALL {
        logins = logins.role_at(role, &own(&name(databases.role(role)))).unwrap();
    }
    provision(&logins).await.unwrap();
    let mut central = Central::start(CentralConfig::new(logins.clone(), HandClock::at(T0).clock()));
    central.opened().await;
    central.store.register_station(&new_station("alpha", Role::Ops)).await.unwrap();
    central.intake.store(station("alpha"), crate::testing::batch(1, 1, 3)).await.unwrap();
    let mut owner = PgConnection::connect_with(databases.role(Role::Intel)).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version > 1").execute(&mut owner).await.unwrap();
    let error = provision(&logins).await.unwrap_err().to_string();
    assert!(error.contains("without migration 2, 3, 4") && error.contains("vtoc setup"), "{error}");
    // One in the middle, one that was another, one of a later program: the newest number alone would not tell.
    let mut owner = PgConnection::connect_with(databases.role(Role::Ops)).await.unwrap();
    let refused = async |owner: &mut PgConnection, sql: &'static str, words: &str| {
        let mut transaction = owner.begin().await.unwrap();
        sqlx::query(sql).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        let error = provision(&logins).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(
        &mut owner,
        "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 4",
        "without migration 4; with an unknown migration 9999",
    )
    .await;
    refused(&mut owner, "UPDATE _sqlx_migrations SET version = 4 WHERE version = 9999 RETURNING 1", "without migration 2").await;
    refused(&mut owner, "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 3", "with another migration 3").await;
}

#[test]
fn ids_tell_their_role() {
    assert_eq!(
        [-7, 0, 1, 2, 3, 4, 8, 9, 10, 11].map(|id| Role::of_id(id).map(Role::name)),
        [None, None, Some("ops"), Some("intel"), Some("logistics"), None, None, Some("ops"), Some("intel"), Some("logistics"),]
    );
}
