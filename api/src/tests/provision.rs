//! Databases come into being once, with ids that tell them apart, and refuse to be mixed up.

use super::*;
use crate::store::provision;
use sqlx::Connection;

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

#[test]
fn ids_tell_their_role() {
    assert_eq!(
        [-7, 0, 1, 2, 3, 4, 8, 9, 10, 11].map(|id| Role::of_id(id).map(Role::name)),
        [None, None, Some("ops"), Some("intel"), Some("logistics"), None, None, Some("ops"), Some("intel"), Some("logistics"),]
    );
}
