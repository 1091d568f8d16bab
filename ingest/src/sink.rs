//! Where a station's frames and events go: the spool writer, the live picture, the feeds.

use crossbeam_channel::{Sender, TrySendError};
use model::{Event, Frame, Priority};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Takes what was received, in order of time. Called on the station's merge thread: what waits here holds up everything
/// behind it (in the end samples are lost, and counted), so an implementation queues and returns.
pub trait Sink: Send {
    /// A frame, before its events.
    fn frame(&mut self, _frame: &Frame) {}
    fn event(&mut self, event: Event);
    /// Nothing more is at hand just now: a good moment to commit or to send.
    fn flush(&mut self) {}
}

/// Events into a bounded channel.
///
/// What was decoded is not lost silently: with `wait`, a full channel holds up the decoding (recordings); without, ordinary
/// events that find it full are dropped and counted (live). Emergencies always wait for room.
#[derive(Debug)]
pub struct ChannelSink {
    events: Sender<Event>,
    wait: bool,
    dropped: Arc<AtomicU64>,
}

impl ChannelSink {
    pub fn new(events: Sender<Event>, wait: bool) -> Self {
        Self { events, wait, dropped: Arc::default() }
    }

    /// Events dropped so far, readable from anywhere.
    pub fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }
}

impl Sink for ChannelSink {
    fn event(&mut self, event: Event) {
        let lost = if self.wait || event.priority() == Priority::High {
            self.events.send(event).is_err()
        } else {
            matches!(self.events.try_send(event), Err(TrySendError::Full(_) | TrySendError::Disconnected(_)))
        };
        self.dropped.fetch_add(u64::from(lost), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::text_event;
    use model::{Emergency, EventKind, Status};

    #[test]
    fn full_means_counted_and_emergencies_wait() {
        let (tx, rx) = crossbeam_channel::bounded(2);
        let mut sink = ChannelSink::new(tx, false);
        let dropped = sink.dropped();
        for n in 0..5 {
            sink.event(text_event(n));
        }
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        let mut mayday = text_event(9);
        mayday.kind = EventKind::Status(Status { emergency: Some(Emergency::General), ..Status::default() });
        let waiting = std::thread::spawn(move || sink.event(mayday));
        let got: Vec<i64> = (0..3).map(|_| rx.recv().unwrap().at.0).collect();
        waiting.join().unwrap();
        assert_eq!(got, [0, 1, 9]);
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
    }
}
