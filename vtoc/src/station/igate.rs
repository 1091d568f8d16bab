//! From the station's radios to APRS-IS: the rules of `decoders::aprs::gate`, the connection of `uplink::aprs_is`.

use crate::clock::now;
use crate::config::{Igate as IgateSettings, Settings};
use crate::metrics::{counter, gauge, labels, metric};
use decoders::aprs::gate::{Gate, NotGated};
use decoders::aprs::internet;
use model::{Frame, Protocol};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::mpsc;
use uplink::aprs_is::{Config, Counters, Lines, start};

/// What passes frames on. Lives in the sink.
#[derive(Debug)]
pub struct Igate {
    gate: Gate,
    lines: Lines,
    /// Receivers that hear the air.
    radios: Vec<bool>,
    refused: Arc<Refused>,
}

type Refused = [AtomicU64; NotGated::ALL.len()];

/// What its metrics are read from.
#[derive(Debug)]
pub struct Running {
    connection: Arc<Counters>,
    refused: Arc<Refused>,
}

impl Igate {
    /// `None`: switched off. `packets`: where what the server sends goes, when the station passes it on to the air. Needs a tokio runtime.
    pub fn start(settings: &Settings, packets: mpsc::Sender<Vec<u8>>) -> Option<(Self, Running)> {
        let IgateSettings { callsign, server, filter } = &settings.igate;
        let callsign = callsign.as_ref()?;
        let login = internet::login(callsign, env!("CARGO_PKG_VERSION"), filter.as_deref());
        let transmits = settings.transmit.enabled && settings.transmit.from_internet;
        let lines = start(Config::new(server.clone(), callsign.clone(), login), transmits.then_some(packets));
        let radios = settings.receivers.values().filter(|r| r.enabled).map(|r| r.source.is_radio()).collect();
        let refused: Arc<Refused> = Arc::default();
        let running = Running { connection: lines.counters(), refused: Arc::clone(&refused) };
        tracing::info!(server, callsign, transmits, "igate to APRS-IS");
        Some((Self { gate: Gate::new(callsign, transmits), lines, radios, refused }, running))
    }

    pub fn frame(&mut self, frame: &Frame) {
        if frame.protocol != Protocol::Aprs {
            return;
        }
        let from_radio = self.radios.get(usize::from(frame.receiver.0)).copied().unwrap_or(false);
        match self.gate.line(frame, from_radio, now()) {
            Ok(line) => self.lines.send(line),
            Err(why) => {
                self.refused[why as usize].fetch_add(1, Relaxed);
            }
        }
    }
}

pub fn render(igate: Option<&Running>, out: &mut String) {
    let Some(Running { connection, refused }) = igate else { return };
    let verified = f64::from(u8::from(connection.verified.load(Relaxed)));
    gauge(out, "vtoc_igate_connected", "1 while logged in at APRS-IS and verified.", verified);
    let count = |of: &AtomicU64| of.load(Relaxed);
    counter(out, "vtoc_igate_sessions_total", "Connections to APRS-IS.", count(&connection.sessions));
    counter(out, "vtoc_igate_failed_attempts_total", "Attempts to connect that failed.", count(&connection.failed));
    counter(out, "vtoc_igate_unverified_total", "Logins that the server did not verify.", count(&connection.unverified));
    counter(out, "vtoc_igate_sent_total", "Packets sent to APRS-IS.", count(&connection.sent));
    counter(out, "vtoc_igate_sent_again_total", "Packets sent once more after a connection broke.", count(&connection.sent_again));
    counter(out, "vtoc_igate_overflow_total", "Packets dropped because too many waited.", count(&connection.overflow));
    counter(out, "vtoc_igate_expired_total", "Packets dropped because they could not be sent in time.", count(&connection.expired));
    let reasons = NotGated::ALL.map(|why| (labels([("why", &why.name())]), count(&refused[why as usize]) as f64));
    metric(out, "vtoc_igate_refused_total", "counter", "Frames that are not for APRS-IS.", reasons);
}
