//! What the station sends: the decisions of `decoders::aprs::send`, through a TNC that a receiver has open.

use crate::clock::now;
use crate::config::{Settings, Transmit as TransmitSettings};
use crate::failure::Failure;
use crate::metrics::{counter, labels, metric};
use crate::receivers;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender as Channel, bounded};
use decoders::aprs::ax25::Address;
use decoders::aprs::send::{Beacon, NotSent, Object, SendConfig, SendCounters, Sender};
use hw::WayBack;
use ingest::framing::kiss_bytes;
use model::{Frame, LatLon, Protocol, ShortText};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Heard frames that wait to be looked at; when full, who is near is learnt from the next.
const HEARD_FRAMES: usize = 256;
/// Lines of APRS-IS that wait.
pub const LINES: usize = 256;
const TURN: Duration = Duration::from_millis(200);

/// The end in the sink: what the TNC hears.
#[derive(Debug)]
pub struct Transmit {
    heard: Channel<Frame>,
    /// The receiver whose TNC sends.
    receiver: u8,
}

/// What its metrics are read from.
#[derive(Debug, Default)]
pub struct Running(Mutex<(SendCounters, u64, u64)>);

impl Transmit {
    /// `None`: switched off.
    pub fn start(settings: &Settings, tnc: WayBack, lines: mpsc::Receiver<Vec<u8>>) -> Result<Option<(Self, Arc<Running>)>, Failure> {
        let t = &settings.transmit;
        if !t.enabled {
            return Ok(None);
        }
        let enabled = || settings.receivers.iter().filter(|(_, r)| r.enabled);
        let receiver = enabled().position(|(name, _)| Some(name) == t.tnc.as_ref()).expect("checked with the settings") as u8;
        let sender = Sender::new(config(settings, t), now()).map_err(|e| Failure::config(format!("transmit.path: {e}")))?;
        let (heard, frames) = bounded(HEARD_FRAMES);
        let running = Arc::new(Running::default());
        let turns = Turns { sender, tnc, port: t.port, frames, lines, running: Arc::clone(&running) };
        std::thread::Builder::new().name("transmit".into()).spawn(move || turns.run()).map_err(Failure::failed)?;
        tracing::warn!(callsign = t.callsign, tnc = t.tnc, "transmitting is switched on");
        Ok(Some((Self { heard, receiver }, running)))
    }

    /// Never waits.
    pub fn frame(&mut self, frame: &Frame) {
        if frame.protocol == Protocol::Aprs && frame.receiver.0 == self.receiver {
            let _ = self.heard.try_send(frame.clone());
        }
    }
}

fn config(settings: &Settings, t: &TransmitSettings) -> SendConfig {
    let callsign = Address::from_text(t.callsign.as_deref().unwrap_or_default().as_bytes()).expect("checked with the settings");
    let symbol = t.symbol.as_bytes().try_into().expect("checked with the settings");
    let beacon = receivers::site(settings).filter(|_| t.beacon_minutes != 0);
    let objects = t.objects.iter().map(|(name, object)| Object {
        name: ShortText::truncated(name),
        live: !object.withdrawn,
        beacon: Beacon {
            place: LatLon::from_degrees(object.latitude, object.longitude).expect("checked with the settings"),
            symbol: object.symbol.as_bytes().try_into().expect("checked with the settings"),
            comment: object.comment.clone(),
            messaging: false,
        },
    });
    let objects = objects.collect();
    let beacon = beacon.map(|place| Beacon { place, symbol, comment: t.comment.clone(), messaging: t.acknowledge });
    SendConfig {
        callsign,
        path: t.path().expect("checked with the settings"),
        beacon,
        objects,
        beacon_every_s: t.beacon_minutes * 60,
        acknowledge: t.acknowledge,
        from_internet: t.from_internet,
    }
}

struct Turns {
    sender: Sender,
    tnc: WayBack,
    port: u8,
    frames: Receiver<Frame>,
    lines: mpsc::Receiver<Vec<u8>>,
    running: Arc<Running>,
}

impl Turns {
    /// Until the sink is gone.
    fn run(mut self) {
        loop {
            match self.frames.recv_timeout(TURN) {
                Ok(frame) => self.sender.heard(&frame, now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok(line) = self.lines.try_recv() {
                self.sender.from_internet(&line, now());
            }
            while let Some(frame) = self.sender.due(now()) {
                let sent = self.tnc.send(&kiss_bytes(self.port, &frame));
                let mut totals = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
                if sent { totals.1 += 1 } else { totals.2 += 1 }
            }
            self.running.0.lock().unwrap_or_else(PoisonError::into_inner).0 = self.sender.counters();
        }
    }
}

pub fn render(running: Option<&Arc<Running>>, out: &mut String) {
    let Some(running) = running else { return };
    let (counters, sent, lost) = *running.0.lock().unwrap_or_else(PoisonError::into_inner);
    counter(out, "vtoc_transmit_frames_total", "Frames given to the TNC to be sent.", sent);
    counter(out, "vtoc_transmit_lost_total", "Frames that the TNC did not take.", lost);
    let whats = [("beacon", counters.beacons), ("acknowledgement", counters.acknowledged), ("from_internet", counters.gated)];
    let values = whats.map(|(what, n)| (labels([("what", &what)]), n as f64));
    metric(out, "vtoc_transmit_queued_total", "counter", "Frames made, by what they are.", values);
    let reasons = NotSent::ALL.map(|why| (labels([("why", &why.name())]), counters.refused(why) as f64));
    metric(out, "vtoc_transmit_refused_total", "counter", "What was not sent.", reasons);
}
