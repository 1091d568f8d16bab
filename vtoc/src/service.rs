//! What long-running commands share: the runtime, signals, systemd, the listening socket.

use crate::failure::Failure;
use axum::Router;
use sd_notify::NotifyState;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long open requests may go on when we stop.
const HTTP_GRACE: Duration = Duration::from_secs(2);

/// Few threads: the work of a station is in its own threads, that of a central in PostgreSQL.
pub fn runtime(threads: usize) -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|e| Failure::failed(format!("no threads: {e}")))
}

pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| Failure::unavailable(format!("console.listen {address}: can't listen: {e}")))
}

/// Where the console is, on stdout: for people, and for whoever started us.
#[expect(clippy::print_stdout, reason = "whoever started us reads where to look")]
pub fn announce(listener: &TcpListener) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::failed)?;
    println!("console http://{address}/");
    Ok(())
}

/// Serves until `stop` says so, then lets open requests end.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let mut asked = stop.clone();
    let stopped = async move {
        let _ = asked.wait_for(|stop| *stop).await;
    };
    let clients = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, clients).with_graceful_shutdown(stopped);
    let give_up = async move {
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(HTTP_GRACE).await;
    };
    tokio::select! {
        ended = server => {
            if let Err(error) = ended {
                tracing::error!(%error, "the console's server ended");
            }
        }
        () = give_up => {}
    }
}

/// SIGINT and SIGTERM, taken from the moment this is made: whoever reads our announcement may already ask us to stop.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Call within a runtime.
    pub fn take() -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
        let terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
        Ok(Self { interrupt, terminate })
    }

    pub async fn asked_to_stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits until standard input ends: the demo's programs stop with whoever started them, even when that was killed.
pub async fn parent_gone() {
    use tokio::io::AsyncReadExt;
    let (mut input, mut byte) = (tokio::io::stdin(), [0; 64]);
    while !matches!(input.read(&mut byte).await, Ok(0) | Err(_)) {}
}

/// Tells systemd that we are ready.
pub fn ready(status: &str) {
    let _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub fn stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Feeds systemd's watchdog while `alive` says so. Without a watchdog it waits for ever.
pub async fn watchdog(mut alive: impl FnMut() -> bool) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut ticks = tokio::time::interval(limit / 3);
    loop {
        ticks.tick().await;
        if alive() {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("nothing moves: the watchdog is not fed");
        }
    }
}
