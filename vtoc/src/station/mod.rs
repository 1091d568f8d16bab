//! `vtoc station`: receivers → spool → uplink, the station's own console, and feeds for other programs.

mod feeds;
mod igate;
mod metrics;
mod news;
#[cfg(test)]
mod profile_tests;
mod sink;
mod state;
mod transmit;

use crate::check;
use crate::cli::StationArgs;
use crate::clock::clock;
use crate::config::{Congestion, Settings};
use crate::failure::Failure;
use crate::{logging, receivers, service};
use api::live::{Hub, Limits};
use api::station::StationConsole;
use feeds::Feeds;
use hw::WayBack;
use ingest::{Station, StationHandle, StationOptions};
use model::StationId;
use sink::{Aprs, StationSink};
use state::StateDir;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use uplink::client::{Client, ClientConfig, ClientStatus};
use uplink::spool::{KeepAcked, Spool, SpoolConfig, SpoolWriter, WriterConfig};
use uplink::tls::Identity;

pub fn run(arguments: &StationArgs) -> Result<(), Failure> {
    let mut config = check::load(&arguments.options)?;
    if arguments.demo {
        state::demo(&mut config.settings);
    }
    if let Some(listen) = arguments.listen {
        config.settings.console.listen = listen;
    }
    if check::printed(&arguments.options, &config) {
        return Ok(());
    }
    logging::start(&config.settings.log.level, config.settings.log.format)?;
    let state = StateDir::choose(arguments, &config.settings)?;
    let runtime = service::runtime(2)?;
    let result = runtime.block_on(serve(&config.settings, state.path(), arguments.until_stdin_closes));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// The parts of a running station.
struct Parts {
    /// `None` once it has been told to stop.
    ingest: Mutex<Option<StationHandle>>,
    writer: Mutex<Option<Arc<SpoolWriter>>>,
    spool: Arc<Spool>,
    uplink: Option<watch::Receiver<ClientStatus>>,
    feeds: Vec<feeds::Running>,
    igate: Option<igate::Running>,
    transmit: Option<Arc<transmit::Running>>,
}

async fn serve(settings: &Settings, state: &Path, until_stdin_closes: bool) -> Result<(), Failure> {
    let station = StationId::new(&settings.station.id).expect("checked with the settings");
    let mut signals = service::Signals::take()?;
    let tnc = WayBack::default();
    let specs = receivers::specs(settings, &tnc)?;
    let live_only = receivers::all_live(settings);
    let listener = service::listen(settings.console.listen).await?;
    let bound = Feeds::bind(settings).await?;
    let spool = Arc::new(open_spool(settings, state)?);
    let client = uplink_client(settings, state, station, &spool)?;
    let (stop, stopped) = watch::channel(false);

    let hub = Hub::start(Limits::STATION, clock());
    crate::aircraft_list::load(settings, &hub)?;
    let writer_config = WriterConfig { commit_interval: Duration::from_millis(settings.spool.commit_ms.into()), ..WriterConfig::default() };
    let writer = Arc::new(SpoolWriter::start(Arc::clone(&spool), writer_config).map_err(Failure::failed)?);
    let (publishers, feeds) = bound.start();
    let (packets, lines) = tokio::sync::mpsc::channel(transmit::LINES);
    let (igate, igate_running) = igate::Igate::start(settings, packets).unzip();
    let (transmit, transmit_running) = transmit::Transmit::start(settings, tnc, lines)?.unzip();
    let aprs = Aprs { igate, transmit };
    let sink = StationSink::new(station, Arc::clone(&writer), Arc::clone(&hub), publishers, aprs, !live_only);
    let options = StationOptions { decoder: receivers::decoder_config(settings)?, ..StationOptions::default() };
    let ingest = Station::start(specs, &options, sink).map_err(|e| Failure::config(format!("receivers: {e}")))?;

    let parts = Arc::new(Parts {
        ingest: Mutex::new(Some(ingest)),
        writer: Mutex::new(Some(writer)),
        spool,
        uplink: client.as_ref().map(Client::status),
        feeds,
        igate: igate_running,
        transmit: transmit_running,
    });
    let router = api::station::router(console(settings, station, &hub, &parts));
    let http = tokio::spawn(service::serve(listener_announced(listener, &parts.feeds)?, router, stopped));
    let (stop_client, client_stopped) = tokio::sync::oneshot::channel::<()>();
    let delivery = client.map(|client| tokio::spawn(client.run(async move { drop(client_stopped.await) })));
    if let Some(status) = &parts.uplink {
        tokio::spawn(news::tell_of_the_link(status.clone()));
    }
    tokio::spawn(news::tell_of_the_disk(Arc::clone(&parts)));
    service::ready("receiving");

    let mut heartbeat = state::Heartbeat::default();
    tokio::select! {
        () = signals.asked_to_stop() => {}
        () = service::parent_gone(), if until_stdin_closes => {}
        () = service::watchdog(|| heartbeat.moves(&parts)) => {}
    }
    service::stopping();
    shut_down(&parts).await;
    let _ = stop_client.send(());
    if let Some(delivery) = delivery {
        let _ = delivery.await;
    }
    hub.close();
    stop.send_replace(true);
    let _ = http.await;
    Ok(())
}

fn listener_announced(listener: tokio::net::TcpListener, feeds: &[feeds::Running]) -> Result<tokio::net::TcpListener, Failure> {
    service::announce(&listener)?;
    feeds::announce(feeds);
    Ok(listener)
}

/// Everything sampled is decoded, everything decoded is committed.
async fn shut_down(parts: &Arc<Parts>) {
    let parts = Arc::clone(parts);
    let done = tokio::task::spawn_blocking(move || {
        let ingest = parts.ingest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(report) = ingest.map(StationHandle::stop) {
            tracing::info!(frames = report.merge.frames, events = report.merge.events, "receivers stopped");
        }
        let writer = parts.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The sink's share went with the merge thread: this is the last one, and dropping it commits what is queued.
        drop(writer);
    });
    if let Err(error) = done.await {
        tracing::error!(%error, "the receivers did not stop cleanly");
    }
}

fn open_spool(settings: &Settings, state: &Path) -> Result<Spool, Failure> {
    let path = settings.spool.path.clone().unwrap_or_else(|| state.join("spool.db"));
    let max_bytes = u64::from(settings.spool.max_mb) << 20;
    let config = SpoolConfig {
        max_bytes,
        reserve_bytes: (max_bytes / 64).max(64 << 10),
        keep_acked: KeepAcked {
            max_age: Duration::from_secs(u64::from(settings.spool.keep_acked_hours) * 3_600),
            max_bytes: max_bytes / 4,
        },
        ballast_bytes: (max_bytes / 64).clamp(64 << 10, 2 << 20),
    };
    Spool::open(&path, config).map_err(|e| Failure::unavailable(format!("{}: {e}", path.display())))
}

fn uplink_client(settings: &Settings, state: &Path, station: StationId, spool: &Arc<Spool>) -> Result<Option<Client>, Failure> {
    let Some(central) = &settings.uplink.central else { return Ok(None) };
    let tls_dir = settings.uplink.tls_dir.clone().unwrap_or_else(|| state.join("tls"));
    let hint = "this station needs the folder that `vtoc enroll` wrote for it on the central";
    let identity = Identity::load(&tls_dir, "station").map_err(|e| Failure::config(format!("uplink.tls_dir: {e}; {hint}")))?;
    let mut config = ClientConfig::new(central);
    config.program = env!("CARGO_PKG_VERSION").to_owned();
    config.congestion = match settings.uplink.congestion {
        Congestion::Bbr => uplink::Congestion::Bbr,
        Congestion::Cubic => uplink::Congestion::Cubic,
    };
    let client = Client::new(config, &identity, Arc::clone(spool)).map_err(|e| Failure::config(format!("{}: {e}", tls_dir.display())))?;
    if client.station() != station {
        let theirs = client.station();
        return Err(Failure::config(format!(
            "{}: the certificate is for station {theirs}, but station.id is {station}",
            tls_dir.display()
        )));
    }
    Ok(Some(client))
}

fn console(settings: &Settings, station: StationId, hub: &Arc<Hub>, parts: &Arc<Parts>) -> StationConsole {
    let parts = Arc::clone(parts);
    StationConsole {
        station,
        name: settings.station.name.clone().unwrap_or_else(|| station.to_string()),
        place: receivers::site(settings),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        hub: Arc::clone(hub),
        clock: clock(),
        ui_dir: settings.console.ui_dir.clone(),
        more_metrics: Some(Arc::new(move |out| metrics::render(&parts, out))),
    }
}
