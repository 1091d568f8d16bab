//! `vtoc setup` (without a mode) and `vtoc enroll`: what must exist before a central can run and a station can deliver. Both may be run again.

use crate::central::{authority_dir, databases};
use crate::cli::{EnrollArgs, SetupArgs};
use crate::clock::now;
use crate::config::Settings;
use crate::failure::Failure;
use crate::join::make_private;
use crate::{check, receivers, service};
use api::auth::{Scope, Secret};
use api::store::{Actor, NewStation, Role, Store, StoreError, provision};
use model::StationId;
use std::path::Path;
use uplink::tls::{Authority, TOKEN_LIFE, Token, issue_station};

#[expect(clippy::print_stdout, reason = "what was done, and the token that is shown once")]
pub fn setup(arguments: &SetupArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    if check::printed(&arguments.options, &config) {
        return Ok(());
    }
    let state = check::state_dir(arguments.state_dir.as_deref(), &config.settings)?;
    let prefix = &config.settings.central.database_prefix;
    println!("certificate authority: {}", authority_dir(&config.settings, &state).display());
    println!("databases: {prefix}_control, {prefix}_ops, {prefix}_intel, {prefix}_logistics");
    if arguments.dry_run {
        return Ok(());
    }
    service::runtime(1)?.block_on(async {
        prepare(&config.settings, &state).await?;
        if arguments.no_token {
            return Ok(());
        }
        let token = first_token(&config.settings, "setup").await?;
        println!("API token for reading and writing telemetry (shown once): {}", token.reveal());
        Ok(())
    })
}

/// Databases with their tables, and the certificate authority.
pub async fn prepare(settings: &Settings, state: &Path) -> Result<(), Failure> {
    provision(&databases(settings)?).await.map_err(unavailable)?;
    make_authority(&authority_dir(settings, state), &settings.central.organisation)?;
    Ok(())
}

/// The certificate authority there; made if there is none.
pub fn make_authority(dir: &Path, organisation: &str) -> Result<Authority, Failure> {
    make_private(dir)?;
    Authority::open_or_create(dir, organisation).map_err(|e| Failure::cannot_write(format!("{}: {e}", dir.display())))
}

pub fn unavailable(e: StoreError) -> Failure {
    Failure::unavailable(format!("the databases: {e}"))
}

/// A token that may read and write telemetry. Only its hash is kept.
pub async fn first_token(settings: &Settings, name: &str) -> Result<Secret, Failure> {
    let store = Store::open(&databases(settings)?, 1).by(Actor::named("command:setup"));
    let token = store.create_api_token(name, &[Scope::Read, Scope::TelemetryWrite], None).await;
    store.close().await;
    token.map_err(unavailable)
}

#[expect(clippy::print_stdout, reason = "what was done, and what to do next")]
pub fn enroll(arguments: &EnrollArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    let state = check::state_dir(arguments.state_dir.as_deref(), &config.settings)?;
    let station = StationId::new(&arguments.station)
        .ok_or_else(|| Failure::config(format!("`{}` is not a station id: use 1 to 64 of a-z, 0-9 and -", arguments.station)))?;
    let role = Role::from_name(&arguments.role)
        .ok_or_else(|| Failure::config(format!("--role {}: there is ops, intel, logistics", arguments.role)))?;
    let new = Enrolment { station, name: arguments.station.clone(), role, place: receivers::site(&config.settings) };
    let runtime = service::runtime(1)?;
    if let Some(out) = &arguments.out {
        runtime.block_on(enroll_station(&config.settings, &state, new, out))?;
        println!("{station} may deliver. Its key and certificates are in {}: the `tls` folder of its state directory.", out.display());
        return Ok(());
    }
    let token = runtime.block_on(async {
        let store = Store::open(&databases(&config.settings)?, 1).by(Actor::named("command:enroll"));
        let token = token_for(&store, &authority(&config.settings, &state)?, &new.row()).await;
        store.close().await;
        token
    })?;
    println!("On the station, within 15 minutes:\n  vtoc join --central HOST:PORT {}", token.text());
    Ok(())
}

/// Registers the station and makes the token with which it joins.
pub async fn token_for(store: &Store, authority: &Authority, new: &NewStation) -> Result<Token, Failure> {
    let token = Token::new(new.slug, authority);
    let expires_at = now().plus_micros(TOKEN_LIFE.as_micros() as i64);
    store.register_station(new).await.map_err(unavailable)?;
    store.add_enrolment_token(new.slug, token.hash(), expires_at).await.map_err(unavailable)?;
    Ok(token)
}

/// A station to make known.
#[derive(Debug)]
pub struct Enrolment {
    pub station: StationId,
    pub name: String,
    pub role: Role,
    pub place: Option<model::LatLon>,
}

impl Enrolment {
    fn row(&self) -> NewStation {
        NewStation {
            slug: self.station,
            name: self.name.clone(),
            description: None,
            timezone: "UTC".into(),
            role: self.role,
            place: self.place.map(|p| (p.lat_deg(), p.lon_deg())),
        }
    }
}

/// What `vtoc setup` made.
pub fn authority(settings: &Settings, state: &Path) -> Result<Authority, Failure> {
    Authority::open(&authority_dir(settings, state))
        .map_err(|e| Failure::config(format!("{e}; `vtoc setup` makes the certificate authority")))
}

/// Registers the station and writes its key and certificates to `out`.
pub async fn enroll_station(settings: &Settings, state: &Path, new: Enrolment, out: &Path) -> Result<(), Failure> {
    let authority = authority(settings, state)?;
    make_private(out)?;
    let key = issue_station(&authority, out, new.station).map_err(|e| Failure::cannot_write(format!("{}: {e}", out.display())))?;
    let store = Store::open(&databases(settings)?, 1).by(Actor::named("command:enroll"));
    let registered = async {
        store.register_station(&new.row()).await?;
        store.add_station_key(new.station, key, None).await
    };
    let registered = registered.await.map_err(unavailable);
    store.close().await;
    registered
}
