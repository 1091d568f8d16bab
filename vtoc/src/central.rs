//! `vtoc central`: stations deliver, PostgreSQL keeps, operators see.

use crate::cli::CentralArgs;
use crate::clock::clock;
use crate::config::{ReadPolicy, Settings};
use crate::failure::Failure;
use crate::metrics::{counter, gauge};
use crate::provision::authority;
use crate::{check, logging, service};
use api::auth::{AuthConfig, Rate, Reading};
use api::central::{Central, CentralConfig};
use api::intake::PgIntake;
use api::store::{Databases, Retention, Role};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use uplink::enroll::Enrolment;
use uplink::server::{Server, ServerConfig, ServerHandle};
use uplink::tls::{Authority, Identity};

pub fn run(arguments: &CentralArgs) -> Result<(), Failure> {
    let mut config = check::load(&arguments.options)?;
    if let Some(listen) = arguments.listen {
        config.settings.console.listen = listen;
    }
    if check::printed(&arguments.options, &config) {
        return Ok(());
    }
    logging::start(&config.settings.log.level, config.settings.log.format)?;
    let state = check::state_dir(arguments.state_dir.as_deref(), &config.settings)?;
    let runtime = service::runtime(2)?;
    let result = runtime.block_on(serve(&config.settings, &state, arguments.until_stdin_closes));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// Where the databases are: `central.database_url`, else `DATABASE_URL`; and where `DATABASE_URL_CONTROL`, `…_OPS`, `…_INTEL`,
/// `…_LOGISTICS` (also with `VTOC_` before the name) say otherwise, there.
pub fn databases(settings: &Settings) -> Result<Databases, Failure> {
    databases_of(settings, &std::env::vars().collect())
}

/// The same with these environment variables.
fn databases_of(settings: &Settings, environment: &BTreeMap<String, String>) -> Result<Databases, Failure> {
    let from_environment = || environment.get("DATABASE_URL").cloned();
    let url = settings.central.database_url.clone().or_else(from_environment).ok_or_else(|| {
        Failure::config("no database: set the environment variable DATABASE_URL (postgres://user@host/postgres) or central.database_url")
    })?;
    let mut databases =
        Databases::with_prefix(&url, &settings.central.database_prefix).map_err(|e| Failure::config(format!("DATABASE_URL: {e}")))?;
    for (variable, url) in environment.iter().filter(|(name, url)| name.starts_with("DATABASE_URL_") && !url.is_empty()) {
        let name = variable["DATABASE_URL_".len()..].to_lowercase();
        let name = name.strip_prefix("vtoc_").unwrap_or(&name);
        let there = match (name, Role::from_name(name)) {
            ("control", _) => databases.control_at(url),
            (_, Some(role)) => databases.role_at(role, url),
            // DATABASE_URL_TOC_S1: the old system's schema of one station. Its role's database keeps it here; a URL that is none
            // is a mistake all the same.
            _ => Databases::at(url).map(|_| {
                tracing::info!(variable, "not needed: a station's telemetry is in the database of its role");
                databases
            }),
        };
        databases = there.map_err(|e| Failure::config(format!("{variable}: {e}")))?;
    }
    Ok(databases)
}

pub fn authority_dir(settings: &Settings, state: &Path) -> PathBuf {
    settings.central.ca_dir.clone().unwrap_or_else(|| state.join("ca"))
}

async fn serve(settings: &Settings, state: &Path, until_stdin_closes: bool) -> Result<(), Failure> {
    let mut signals = service::Signals::take()?;
    let (authority, identity) = identity(settings, state)?;
    let listener = service::listen(settings.console.listen).await?;
    let (handle_sender, handle) = watch::channel(None);
    let mut config = CentralConfig::new(databases(settings)?, clock());
    config.ui_dir = settings.console.ui_dir.clone();
    config.auth = auth(settings);
    config.chat = crate::chat::chat(settings)?;
    config.agents = crate::chat::agents(settings)?;
    let keep = settings.central.keep_days;
    let days = |days: u32| (days != 0).then_some(days);
    config.keep_days = [keep.ops, keep.intel, keep.logistics].map(days);
    config.retention = Retention {
        messages_days: days(keep.messages),
        runs_days: days(keep.runs),
        alerts_days: days(keep.alerts),
        audit_days: days(keep.audit),
        answers_days: keep.answers,
    };
    config.devices = Some(Arc::new(crate::devices::LocalDevices));
    config.import_root = settings.central.import_root.clone();
    config.more_metrics = Some(Arc::new(move |out| handle.borrow().as_ref().map_or((), |h| render(h, out))));
    let mut central = Central::start(config);
    crate::aircraft_list::load(settings, &central.hub)?;

    let keeper = Arc::new(central.intake.clone());
    let enrolment = Enrolment::new(authority, Arc::clone(&keeper));
    let server = Server::with_enrolment(ServerConfig::new(settings.central.uplink_listen), &identity, keeper, enrolment)
        .map_err(|e| Failure::unavailable(format!("central.uplink_listen: {e}")))?;
    handle_sender.send_replace(Some(server.handle()));
    announce_uplink(&server)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(greet_the_silent(server.handle(), central.intake.clone()));
    let mut stop_server = stopped.clone();
    let intake = tokio::spawn(server.run(async move {
        let _ = stop_server.wait_for(|stop| *stop).await;
    }));
    service::announce(&listener)?;
    let http = tokio::spawn(service::serve(listener, central.router.clone(), stopped));

    tokio::select! {
        () = signals.asked_to_stop() => {}
        () = service::parent_gone(), if until_stdin_closes => {}
        () = ready_then_watchdog(&mut central) => {}
    }
    service::stopping();
    stop.send_replace(true);
    let _ = intake.await;
    central.stop().await;
    let _ = http.await;
    Ok(())
}

/// Reading is open only where nothing but this machine reaches it, unless told otherwise.
fn auth(settings: &Settings) -> AuthConfig {
    let a = &settings.auth;
    let reading = match a.read {
        ReadPolicy::Open => Reading::Open,
        ReadPolicy::Auto if settings.console.listen.ip().is_loopback() => Reading::OpenOnLoopback,
        ReadPolicy::Auto | ReadPolicy::Required => Reading::Required,
    };
    AuthConfig {
        reading,
        session_idle: Duration::from_secs(60 * u64::from(a.session_idle_minutes)),
        session_life: Duration::from_secs(3_600 * u64::from(a.session_hours)),
        secure_cookies: a.secure_cookies,
        trust_forwarded: a.trust_forwarded,
        cors_origins: a.cors_origins.clone(),
        requests: Rate { burst: 4.0 * f64::from(a.requests_per_second), per_second: f64::from(a.requests_per_second) },
    }
}

/// The central's own certificate: made anew at each start, so that its dates are fresh.
fn identity(settings: &Settings, state: &Path) -> Result<(Authority, Identity), Failure> {
    let authority = authority(settings, state)?;
    let tls_dir = state.join("tls");
    let identity = authority.issue_central(&tls_dir, &[]).map_err(|e| Failure::cannot_write(format!("{}: {e}", tls_dir.display())))?;
    Ok((authority, identity))
}

/// A station that is connected and has nothing to deliver is online all the same.
async fn greet_the_silent(server: ServerHandle<PgIntake>, intake: PgIntake) {
    let mut ticks = tokio::time::interval(Duration::from_secs(15));
    loop {
        ticks.tick().await;
        server.sessions().iter().for_each(|session| intake.saw(session.station));
    }
}

async fn ready_then_watchdog(central: &mut Central) {
    central.opened().await;
    tracing::info!("ready");
    service::ready("serving");
    // What is fed here is the runtime itself: a ticking timer is all that the central's own part has to show. A database that
    // is down is waited for, not cured by a restart.
    service::watchdog(|| true).await;
}

#[expect(clippy::print_stdout, reason = "whoever started us reads where stations deliver")]
fn announce_uplink(server: &Server<PgIntake>) -> Result<(), Failure> {
    let address = server.local_addr().map_err(Failure::failed)?;
    println!("uplink {address}");
    Ok(())
}

fn render(server: &ServerHandle<PgIntake>, out: &mut String) {
    let counts = server.counts();
    gauge(out, "vtoc_uplink_stations_connected", "Stations with a live session.", server.sessions().len() as f64);
    counter(out, "vtoc_uplink_connections_total", "Connections accepted.", counts.connections);
    counter(
        out,
        "vtoc_uplink_failed_handshakes_total",
        "Handshakes refused: no, a foreign or an expired certificate.",
        counts.failed_handshakes,
    );
    counter(out, "vtoc_uplink_sessions_total", "Sessions begun.", counts.sessions);
    counter(out, "vtoc_uplink_refused_total", "Sessions ended with a refusal.", counts.refused);
    counter(out, "vtoc_uplink_superseded_total", "Sessions that a newer one of the same station replaced.", counts.superseded);
    counter(out, "vtoc_uplink_passed_by_total", "Older sessions whose transaction hung: the newer did not wait.", counts.passed_by);
    counter(out, "vtoc_uplink_segments_total", "Segments received.", counts.segments);
    counter(out, "vtoc_uplink_received_bytes_total", "Bytes of segments received.", counts.bytes);
    counter(out, "vtoc_uplink_events_total", "Events received.", counts.events);
    counter(out, "vtoc_uplink_transactions_total", "Transactions stored.", counts.transactions);
    counter(out, "vtoc_uplink_declared_losses_total", "Losses that stations declared.", counts.declared_losses);
    counter(out, "vtoc_uplink_urgent_refused_total", "Urgent messages that could not be read or were refused.", counts.urgent_refused);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pairs: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let environment = pairs.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
        databases_of(&Settings::default(), &environment).map(|d| d.places()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_old_systems_database_urls_are_understood() {
        let vtoc =
            |server: &str| ["vtoc_control", "vtoc_ops", "vtoc_intel", "vtoc_logistics"].map(|name| format!("{server}/{name}")).to_vec();
        for url in [
            "postgres://u@db/x",
            "postgresql://u@db/x",
            "postgresql+psycopg2://u@db/x",
            "postgresql+psycopg://u@db/x",
            "postgresql+asyncpg://u@db/x",
            "postgresql+psycopg2://u@db/x?options=-csearch_path%3Dtoc_s1",
            " postgresql://u@db/x?options=-csearch_path%3Dtoc_s1,public&application_name=old ",
        ] {
            assert_eq!(named(&[("DATABASE_URL", url)]).unwrap(), vtoc("u@db:5432"), "{url}");
        }
        let base = ("DATABASE_URL", "postgres://u@db/x");
        let mut expected = vtoc("u@db:5432");
        expected[2] = "i@far:6432/secret".into();
        for name in ["DATABASE_URL_INTEL", "DATABASE_URL_VTOC_INTEL"] {
            assert_eq!(named(&[base, (name, "postgresql+psycopg2://i:pw@far:6432/secret")]).unwrap(), expected, "{name}");
        }
        let stations =
            [base, ("DATABASE_URL_TOC_S1", "postgresql+psycopg2://u@db/x?options=-csearch_path%3Dtoc_s1"), ("DATABASE_URL_S2", "")];
        assert_eq!(named(&stations).unwrap(), vtoc("u@db:5432"), "its role's database keeps it");
        for (name, url) in
            [("DATABASE_URL_TOC_S1", "sqlite:///x"), ("DATABASE_URL_OPS", "mysql://u:hidden@db/x"), ("DATABASE_URL", "vtoc.db")]
        {
            let told = named(&[base, (name, url)]).unwrap_err();
            assert!(told.contains(name) && !told.contains("hidden"), "{told}");
        }
        assert!(named(&[]).unwrap_err().contains("DATABASE_URL"));
    }
}
