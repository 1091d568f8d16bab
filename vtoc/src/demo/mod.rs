//! `vtoc demo`: everything on this machine, with real parts: a private PostgreSQL, a central and two stations as programs of
//! their own, a simulated sky. Ctrl-C stops all of it; what lies in the folder may be deleted afterwards.

mod children;

use crate::cli::DemoArgs;
use crate::config::{ReadPolicy, Settings};
use crate::failure::Failure;
use crate::provision::{Enrolment, enroll_station, prepare};
use crate::{config, service};
use api::private_postgres::PrivatePostgres;
use api::store::Role;
use children::Child;
use model::{LatLon, Protocol, StationId};
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::Duration;

/// Two places under the same sky.
const STATIONS: [(&str, &str, f64, f64); 2] = [("alpha", "Alpha (Schiphol)", 52.308, 4.764), ("bravo", "Bravo (Rotterdam)", 51.957, 4.437)];
const SKY_CENTER: (f64, f64) = (52.2, 4.7);

/// Longest time that a program may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(10);

pub fn run(arguments: &DemoArgs) -> Result<(), Failure> {
    service::runtime(1)?.block_on(async {
        let mut signals = service::Signals::take()?;
        let mut running = Vec::new();
        let ended = tokio::select! {
            ended = show(arguments, &mut running) => ended,
            () = signals.asked_to_stop() => Ok(()),
        };
        // Stations first, so that they deliver what they have; the database last, when its keeper is dropped.
        while let Some(part) = running.pop() {
            match part {
                Part::Program(child) => child.stop(STOP_LIMIT).await,
                Part::Database(postgres) => drop(postgres),
            }
        }
        ended
    })
}

/// What runs, in the order of its start.
enum Part {
    Database(PrivatePostgres),
    Program(Box<Child>),
}

async fn show(arguments: &DemoArgs, running: &mut Vec<Part>) -> Result<(), Failure> {
    say("starting a private PostgreSQL");
    std::fs::create_dir_all(&arguments.dir)
        .map_err(|e| Failure::cannot_write(format!("{}: can't be made: {e}", arguments.dir.display())))?;
    let dir = arguments.dir.canonicalize().map_err(Failure::failed)?;
    drop(service::listen(arguments.listen).await?);
    let postgres = PrivatePostgres::start(&dir.join("postgres")).map_err(Failure::unavailable)?;

    say("preparing databases, certificates and stations");
    let central_dir = dir.join("central");
    let mut settings = Settings::default();
    settings.central.database_url = Some(postgres.url());
    prepare(&settings, &central_dir).await?;
    for (id, name, lat, lon) in STATIONS {
        let new =
            Enrolment { station: slug(id), name: name.to_owned(), callsign: None, role: Role::Ops, place: LatLon::from_degrees(lat, lon) };
        enroll_station(&settings, &central_dir, new, &dir.join(id).join("tls")).await?;
    }

    running.push(Part::Database(postgres));
    let central = start(running, "central", &central_config(&settings, arguments, &central_dir)?, &central_dir)?;
    let uplink = central.told("uplink ").await?;
    let console = central.told("console ").await?;
    for (id, name, lat, lon) in STATIONS {
        let state = dir.join(id);
        let file = station_config(id, name, (lat, lon), &uplink, arguments.aircraft, &state)?;
        let page = start(running, "station", &file, &state)?.told("console ").await?;
        say(&format!("station {name}: {page}"));
    }
    say("Ctrl-C stops everything");
    say(&format!("open {console}"));

    let limit = arguments.for_seconds.map_or(Duration::MAX, Duration::from_secs);
    let ended = tokio::select! {
        name = first_to_end(running) => name,
        () = tokio::time::sleep(limit) => return Ok(()),
    };
    Err(Failure::failed(format!("{ended} ended by itself; its log is {}", dir.join(&ended).join("log").display())))
}

fn start<'a>(running: &'a mut Vec<Part>, command: &str, config: &Path, dir: &Path) -> Result<&'a mut Child, Failure> {
    running.push(Part::Program(Box::new(Child::start(command, config, dir)?)));
    match running.last_mut() {
        Some(Part::Program(child)) => Ok(child),
        _ => Err(Failure::failed("a program was pushed just above")),
    }
}

/// The name of the program that ends first; none should.
async fn first_to_end(running: &mut [Part]) -> String {
    let programs = running.iter_mut().filter_map(|part| match part {
        Part::Program(child) => Some(child),
        Part::Database(_) => None,
    });
    let mut waiting: Vec<_> = programs.map(|child| Box::pin(child.ended())).collect();
    std::future::poll_fn(|context| {
        let ended = waiting.iter_mut().find_map(|future| match future.as_mut().poll(context) {
            Poll::Ready(name) => Some(name),
            Poll::Pending => None,
        });
        ended.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

fn slug(id: &str) -> StationId {
    StationId::new(id).expect("the demo's own names are slugs")
}

fn central_config(settings: &Settings, arguments: &DemoArgs, dir: &Path) -> Result<PathBuf, Failure> {
    let mut settings = settings.clone();
    settings.state_dir = Some(dir.to_owned());
    settings.console.listen = arguments.listen;
    settings.central.uplink_listen.set_port(0);
    // A simulated sky is no secret: whoever is shown the demo needs no login.
    settings.auth.read = ReadPolicy::Open;
    write(&settings, dir)
}

fn station_config(id: &str, name: &str, (lat, lon): (f64, f64), uplink: &str, aircraft: u16, dir: &Path) -> Result<PathBuf, Failure> {
    let mut settings = Settings { state_dir: Some(dir.to_owned()), ..Settings::default() };
    settings.station.id = id.to_owned();
    settings.station.name = Some(name.to_owned());
    (settings.station.latitude, settings.station.longitude) = (Some(lat), Some(lon));
    settings.console.listen.set_port(0);
    settings.uplink.central = Some(uplink.to_owned());
    // One hears ships beside aircraft, the other APRS stations and UAT: a dongle each, as in the field.
    let others: &[_] = if id == STATIONS[0].0 { &[("sea", Protocol::Ais)] } else { &[("shore", Protocol::Aprs), ("uat", Protocol::Uat)] };
    for (name, protocol) in [("sky", Protocol::Adsb)].into_iter().chain(others.iter().copied()) {
        let mut receiver = config::Receiver::new(protocol, config::SourceKind::Sim);
        (receiver.seed, receiver.aircraft, receiver.sky_center) = (1, aircraft, Some([SKY_CENTER.0, SKY_CENTER.1]));
        settings.receivers.insert(name.to_owned(), receiver);
    }
    write(&settings, dir)
}

fn write(settings: &Settings, dir: &Path) -> Result<PathBuf, Failure> {
    let path = dir.join("vtoc.toml");
    let failed = |e: std::io::Error| Failure::cannot_write(format!("{}: can't be written: {e}", path.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    std::fs::write(&path, config::print(settings)).map_err(failed)?;
    Ok(path)
}

#[expect(clippy::print_stdout, reason = "the demo talks to whoever started it")]
fn say(text: &str) {
    println!("vtoc demo: {text}");
}
