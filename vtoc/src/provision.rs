//! `vtoc setup` and `vtoc enroll`: what must exist before a central can run and a station can deliver. Both may be run again.

use crate::central::{authority_dir, databases, state_dir};
use crate::cli::{EnrollArgs, SetupArgs};
use crate::config::Settings;
use crate::failure::Failure;
use crate::{check, receivers, service};
use api::auth::{Scope, Secret};
use api::store::{NewStation, Role, Store, provision};
use model::StationId;
use std::path::Path;
use uplink::tls::{Authority, issue_station};

#[expect(clippy::print_stdout, reason = "what was done, and the token that is shown once")]
pub fn setup(arguments: &SetupArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    if check::printed(&arguments.options, &config) {
        return Ok(());
    }
    let state = state_dir(arguments.state_dir.as_deref(), &config)?;
    let prefix = &config.settings.central.database_prefix;
    println!("certificate authority: {}", authority_dir(&config.settings, &state).display());
    println!("databases: {prefix}_control, {prefix}_ops, {prefix}_intel, {prefix}_logistics");
    if arguments.dry_run {
        return Ok(());
    }
    service::runtime(1)?.block_on(async {
        prepare(&config.settings, &state).await?;
        let token = first_token(&config.settings, "setup").await?;
        println!("API token for writing (shown once): {}", token.reveal());
        Ok(())
    })
}

/// Databases with their tables, and the certificate authority.
pub async fn prepare(settings: &Settings, state: &Path) -> Result<(), Failure> {
    provision(&databases(settings)?).await.map_err(|e| Failure::unavailable(format!("the databases: {e}")))?;
    let dir = authority_dir(settings, state);
    make_private(&dir)?;
    Authority::open_or_create(&dir, &settings.central.organisation)
        .map_err(|e| Failure::cannot_write(format!("{}: {e}", dir.display())))?;
    Ok(())
}

/// A token that may write telemetry. Only its hash is kept.
pub async fn first_token(settings: &Settings, name: &str) -> Result<Secret, Failure> {
    let store = Store::open(&databases(settings)?, 1);
    let token = store.create_api_token(name, &[Scope::TelemetryWrite], None).await;
    store.close().await;
    token.map_err(|e| Failure::unavailable(format!("the databases: {e}")))
}

#[expect(clippy::print_stdout, reason = "what was done, and what to do next")]
pub fn enroll(arguments: &EnrollArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    let state = state_dir(arguments.state_dir.as_deref(), &config)?;
    let station = StationId::new(&arguments.station)
        .ok_or_else(|| Failure::config(format!("`{}` is not a station id: use 1 to 64 of a-z, 0-9 and -", arguments.station)))?;
    let role = Role::from_name(&arguments.role)
        .ok_or_else(|| Failure::config(format!("--role {}: there is ops, intel, logistics", arguments.role)))?;
    let new = Enrolment { station, name: arguments.station.clone(), role, place: receivers::site(&config.settings) };
    service::runtime(1)?.block_on(enroll_station(&config.settings, &state, new, &arguments.out))?;
    println!(
        "{station} may deliver. Copy {} to the station as `tls` in its state directory; it holds the station's key.",
        arguments.out.display()
    );
    Ok(())
}

/// A station to make known.
#[derive(Debug)]
pub struct Enrolment {
    pub station: StationId,
    pub name: String,
    pub role: Role,
    pub place: Option<model::LatLon>,
}

/// Registers the station and writes its key and certificates to `out`.
pub async fn enroll_station(settings: &Settings, state: &Path, new: Enrolment, out: &Path) -> Result<(), Failure> {
    let dir = authority_dir(settings, state);
    let authority = Authority::open(&dir).map_err(|e| Failure::config(format!("{e}; `vtoc setup` makes the certificate authority")))?;
    make_private(out)?;
    let key = issue_station(&authority, out, new.station).map_err(|e| Failure::cannot_write(format!("{}: {e}", out.display())))?;
    let store = Store::open(&databases(settings)?, 1);
    let registered = async {
        let station = NewStation {
            slug: new.station,
            name: new.name,
            description: None,
            timezone: "UTC".into(),
            role: new.role,
            place: new.place.map(|p| (p.lat_deg(), p.lon_deg())),
        };
        store.register_station(&station).await?;
        store.add_station_key(new.station, key, None).await
    };
    let registered = registered.await.map_err(|e| Failure::unavailable(format!("the databases: {e}")));
    store.close().await;
    registered
}

/// A folder that only its owner can read.
fn make_private(dir: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let failed = |e: std::io::Error| Failure::cannot_write(format!("{}: can't be made: {e}", dir.display()));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)
}
