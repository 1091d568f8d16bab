//! Where a station's events go: to disk, and into its own picture.

use crate::clock::now;
use api::live::Hub;
use ingest::Sink;
use model::{Event, StationId};
use std::sync::Arc;
use std::time::Duration;
use uplink::spool::SpoolWriter;

/// Events gathered for the picture before its lock is taken.
const BATCH: usize = 256;
/// A recording read flat out waits so long for the disk before it looks again.
const WAIT: Duration = Duration::from_millis(2);

pub struct StationSink {
    station: StationId,
    writer: Arc<SpoolWriter>,
    hub: Arc<Hub>,
    batch: Vec<Event>,
    /// Recordings flat out wait for the disk; what is live does not (the queue's limit is counted).
    wait_for_disk: bool,
}

impl StationSink {
    pub fn new(station: StationId, writer: Arc<SpoolWriter>, hub: Arc<Hub>, wait_for_disk: bool) -> Self {
        Self { station, writer, hub, batch: Vec::with_capacity(BATCH), wait_for_disk }
    }
}

impl Sink for StationSink {
    fn event(&mut self, event: Event) {
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
