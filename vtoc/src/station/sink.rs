//! Where a station's frames and events go: to disk, into its own picture, and to other programs.

use super::igate::Igate;
use super::transmit::Transmit;
use crate::clock::now;
use api::live::Hub;
use ingest::Sink;
use model::{Event, Frame, StationId};
use std::sync::Arc;
use std::time::Duration;
use uplink::feeds::Publisher;
use uplink::spool::SpoolWriter;

/// Events gathered for the picture before its lock is taken.
const BATCH: usize = 256;
/// A recording read flat out waits so long for the disk before it looks again.
const WAIT: Duration = Duration::from_millis(2);

/// What APRS frames go on to, where it is switched on.
#[derive(Debug)]
pub struct Aprs {
    pub igate: Option<Igate>,
    pub transmit: Option<Transmit>,
}

pub struct StationSink {
    station: StationId,
    writer: Arc<SpoolWriter>,
    hub: Arc<Hub>,
    feeds: Vec<Publisher>,
    aprs: Aprs,
    batch: Vec<Event>,
    /// Recordings flat out wait for the disk; what is live does not (the queue's limit is counted).
    wait_for_disk: bool,
}

impl StationSink {
    pub fn new(
        station: StationId,
        writer: Arc<SpoolWriter>,
        hub: Arc<Hub>,
        feeds: Vec<Publisher>,
        aprs: Aprs,
        wait_for_disk: bool,
    ) -> Self {
        Self { station, writer, hub, feeds, aprs, batch: Vec::with_capacity(BATCH), wait_for_disk }
    }
}

impl Sink for StationSink {
    fn frame(&mut self, frame: &Frame) {
        self.feeds.iter_mut().for_each(|feed| feed.frame(frame));
        if let Some(igate) = &mut self.aprs.igate {
            igate.frame(frame);
        }
        if let Some(transmit) = &mut self.aprs.transmit {
            transmit.frame(frame);
        }
    }

    fn event(&mut self, event: Event) {
        if !self.feeds.is_empty() {
            let now = now();
            self.feeds.iter_mut().for_each(|feed| feed.event(&event, now));
        }
        self.batch.push(event.clone());
        while self.wait_for_disk && !self.writer.has_room() {
            std::thread::park_timeout(WAIT);
        }
        self.writer.push(event);
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.feeds.iter_mut().for_each(Publisher::flush);
        if !self.batch.is_empty() {
            self.hub.publish_batch(self.station, &self.batch, now());
            self.batch.clear();
        }
    }
}

impl Drop for StationSink {
    fn drop(&mut self) {
        self.flush();
    }
}
