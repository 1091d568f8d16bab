//! `--apply`: databases, login roles with passwords, tables, the certificate authority, stations and their enrolment. May be run again.

use super::stations::KnownStation;
use super::values::secret;
use super::{LOCAL, Plan};
use crate::failure::Failure;
use crate::provision::{make_authority, token_for, unavailable};
use crate::service;
use api::store::{Actor, DatabaseState, Databases, NewStation, Role, Store, can_connect, inspect, provision, set_password};
use model::StationId;
use std::path::Path;

/// In the certificates of stations that this makes.
const ORGANISATION: &str = "vtoc";

/// What `apply` would do.
pub fn tell(plan: &Plan, state: &Path) -> Result<(), Failure> {
    let databases = databases(plan)?.1;
    service::runtime(1)?.block_on(async {
        let states = inspect(&databases).await.map_err(unavailable)?;
        let known = states.iter().all(|s| s.version == Some(s.newest));
        tell_databases(&states);
        tell_authority(state);
        let store = Store::open(&databases, 1);
        let told = tell_stations(&store, &plan.stations, known).await;
        store.close().await;
        told
    })
}

#[expect(clippy::print_stdout, reason = "what would be done")]
fn tell_databases(states: &[DatabaseState]) {
    for s in states {
        match s.version {
            None => println!("database {}: made, with its tables", s.name),
            Some(version) if version < s.newest => println!("database {}: tables from version {version} to {}", s.name, s.newest),
            Some(_) => println!("database {}: as it is", s.name),
        }
        println!("login role {}: {}", s.name, if s.login { "as it is" } else { "made" });
    }
}

#[expect(clippy::print_stdout, reason = "what would be done")]
fn tell_authority(state: &Path) {
    let dir = state.join("ca");
    println!("certificate authority {}: {}", dir.display(), if dir.exists() { "as it is" } else { "made" });
}

#[expect(clippy::print_stdout, reason = "what would be done")]
async fn tell_stations(store: &Store, stations: &[KnownStation], tables: bool) -> Result<(), Failure> {
    for station in stations {
        let known = if tables { store.station(&station.slug).await.map_err(unavailable)? } else { None };
        let enrolled = tables && store.is_enrolled(&station.slug).await.map_err(unavailable)?;
        let what = match (known.is_some(), enrolled) {
            (true, true) => "as it is",
            (true, false) => "known; a token with which it joins",
            (false, _) => "made known, with its channel; a token with which it joins",
        };
        println!("station {} ({}): {what}", station.slug, station.role);
    }
    Ok(())
}

/// Does it, and puts into the plan's files what the databases now take.
pub fn apply(mut plan: Plan, state: &Path) -> Result<Plan, Failure> {
    let (url, databases) = databases(&plan)?;
    let authority = make_authority(&state.join("ca"), ORGANISATION)?;
    service::runtime(1)?.block_on(async {
        provision(&databases).await.map_err(unavailable)?;
        logins(&mut plan, &url, &databases).await?;
        let store = Store::open(&databases, 1).by(Actor::named("command:setup"));
        for station in &plan.stations {
            enrol(&store, &authority, station).await?;
        }
        store.close().await;
        Ok(plan)
    })
}

/// The login that may make databases, and where they are.
fn databases(plan: &Plan) -> Result<(String, Databases), Failure> {
    let database = &plan.inputs.database;
    let url = database.admin_url.as_ref().or(database.url.as_ref()).ok_or_else(|| {
        Failure::config(
            "--apply needs a login that may create databases: database.adminUrl in the inputs, or the environment variable DATABASE_URL",
        )
    })?;
    let databases = Databases::at(url).map_err(|e| Failure::config(format!("database.adminUrl: {e}")))?;
    Ok((url.clone(), databases))
}

/// Each database's own login gets a password, and the central's file the URL. A password that works stays.
#[expect(clippy::print_stdout, reason = "what was done")]
async fn logins(plan: &mut Plan, admin: &str, databases: &Databases) -> Result<(), Failure> {
    let Some(local) = &mut plan.local else { return Ok(()) };
    for state in inspect(databases).await.map_err(unavailable)? {
        let variable = format!("DATABASE_URL_{}", state.part.to_uppercase());
        let known = local.file.get(&variable).map(str::to_owned);
        let url = match known {
            Some(url) if can_connect(&url).await => url,
            _ => {
                let password = secret();
                let Some(url) = with_login(admin, &state.name, &password) else {
                    println!(
                        "login role {}: without a password (the server is reached through a socket: it asks the system who we are)",
                        state.name
                    );
                    return Ok(());
                };
                set_password(databases, state.part, &password).await.map_err(unavailable)?;
                println!("login role {}: a new password, in {LOCAL}", state.name);
                url
            }
        };
        local.set(&variable, &url)?;
        if state.part == "control" {
            local.set("DATABASE_URL", &url)?;
        }
    }
    Ok(())
}

/// The same server with another login. `None`: it has no address.
fn with_login(url: &str, name: &str, password: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let server = rest[..end].rsplit('@').next().filter(|server| !server.is_empty() && !server.starts_with(':'))?;
    let keep = |pair: &&str| ["sslmode=", "sslrootcert="].iter().any(|key| pair.starts_with(key));
    let query: Vec<&str> = rest.split_once('?').map_or(Vec::new(), |(_, query)| query.split('&').filter(keep).collect());
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Some(format!("postgres://{name}:{password}@{server}/{name}{query}"))
}

#[expect(clippy::print_stdout, reason = "the token that is shown once")]
async fn enrol(store: &Store, authority: &uplink::tls::Authority, station: &KnownStation) -> Result<(), Failure> {
    let KnownStation { slug, role, callsign, name, timezone } = station;
    let found = store.station(slug).await.map_err(unavailable)?;
    let new = NewStation {
        slug: StationId::new(slug).expect("checked when it was read"),
        name: name.clone(),
        description: found.as_ref().and_then(|f| f.description.clone()),
        timezone: timezone.clone(),
        role: Role::from_name(role).expect("checked when it was read"),
        place: found.as_ref().and_then(|f| f.latitude.zip(f.longitude)),
    };
    if store.is_enrolled(slug).await.map_err(unavailable)? {
        store.register_station(&new).await.map_err(unavailable)?;
        store.set_callsign(new.slug, callsign).await.map_err(unavailable)?;
        println!("station {slug} ({role}): as it is");
        return Ok(());
    }
    let token = token_for(store, authority, &new).await?;
    store.set_callsign(new.slug, callsign).await.map_err(unavailable)?;
    println!("station {slug} ({role}): on it, within 15 minutes:\n  vtoc join --central HOST:PORT {}", token.text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::with_login;

    #[test]
    fn another_login_on_the_same_server() {
        let url = |url| with_login(url, "vtoc_ops", "pw");
        let expected = Some("postgres://vtoc_ops:pw@h:5433/vtoc_ops?sslmode=require".to_owned());
        assert_eq!(url("postgresql+psycopg2://a:p%40@h:5433/postgres?options=-cx&sslmode=require"), expected);
        assert_eq!(url("postgres://a@[::1]:5432"), Some("postgres://vtoc_ops:pw@[::1]:5432/vtoc_ops".into()));
        assert_eq!(url("postgres:///postgres?host=/run/postgresql"), None);
        assert_eq!(url("nonsense"), None);
    }
}
