//! The thread between the data plane and the spool: gathers events into transactions.
//!
//! The commit interval is the loss bound: a power cut takes at most what was pushed within it (and what waits in the
//! queue while the disk is slow). One fsync per transaction costs 0.1–3 ms on an SSD, 10–100 ms on an SD card.

use super::{Spool, SpoolError};
use model::{Event, Priority};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterConfig {
    /// Events between the data plane and the disk, at most. The last eighth is for distress alone.
    pub queue: usize,
    /// Longest time from push to commit while the disk keeps up.
    pub commit_interval: Duration,
    /// Events in a transaction, at most.
    pub max_batch: usize,
}

impl Default for WriterConfig {
    /// 8,192 events are 20 s of a busy receiver (2 MiB); half a second is what a power cut may take.
    fn default() -> Self {
        Self { queue: 8192, commit_interval: Duration::from_millis(500), max_batch: 1000 }
    }
}

/// Where events went. `pushed` = `stored` + all refusals + what is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterCounts {
    pub pushed: u64,
    pub stored: u64,
    /// The queue was full: the disk does not keep up.
    pub queue_refused: u64,
    /// The spool was full.
    pub full_refused: u64,
    /// No segment can hold it (a text that is too long).
    pub event_refused: u64,
    /// Transactions that failed and were tried again.
    pub retries: u64,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pushed: AtomicU64,
    stored: AtomicU64,
    queue_refused: AtomicU64,
    full_refused: AtomicU64,
    event_refused: AtomicU64,
    retries: AtomicU64,
    pub(super) waiting: AtomicUsize,
    stopping: AtomicBool,
    last_error: Mutex<Option<String>>,
}

/// A handle that any thread may push to. Dropping it without [`SpoolWriter::stop`] stops the thread as well.
#[derive(Debug)]
pub struct SpoolWriter {
    sender: Option<SyncSender<Event>>,
    pub(super) shared: Arc<Shared>,
    normal_limit: usize,
    thread: Option<JoinHandle<()>>,
}

impl SpoolWriter {
    pub fn start(spool: Arc<Spool>, config: WriterConfig) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(config.queue.max(8));
        let shared = Arc::new(Shared::default());
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("spool".into()).spawn(move || run(&spool, &receiver, &shared, config))?
        };
        let normal_limit = config.queue.max(8) / 8 * 7;
        Ok(Self { sender: Some(sender), shared, normal_limit, thread: Some(thread) })
    }

    /// Hands one event over. Never blocks; `false`: refused and counted.
    pub fn push(&self, event: Event) -> bool {
        let shared = &self.shared;
        shared.pushed.fetch_add(1, Relaxed);
        let crowded = self.normal_limit <= shared.waiting.load(Relaxed) && event.priority() != Priority::High;
        let sender = self.sender.as_ref().expect("taken by stop() only, which consumes self");
        shared.waiting.fetch_add(1, Relaxed);
        if !crowded && !matches!(sender.try_send(event), Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) {
            return true;
        }
        shared.waiting.fetch_sub(1, Relaxed);
        shared.queue_refused.fetch_add(1, Relaxed);
        false
    }

    /// Is there room for an ordinary event? For a producer that can wait.
    pub fn has_room(&self) -> bool {
        self.shared.waiting.load(Relaxed) < self.normal_limit
    }

    pub fn counts(&self) -> WriterCounts {
        let s = &self.shared;
        WriterCounts {
            pushed: s.pushed.load(Relaxed),
            stored: s.stored.load(Relaxed),
            queue_refused: s.queue_refused.load(Relaxed),
            full_refused: s.full_refused.load(Relaxed),
            event_refused: s.event_refused.load(Relaxed),
            retries: s.retries.load(Relaxed),
        }
    }

    /// The last trouble in one sentence; `None` while the last transaction succeeded.
    pub fn last_error(&self) -> Option<String> {
        self.shared.last_error.lock().expect("no panic under this lock").clone()
    }

    /// Commits what was pushed and ends the thread. A disk that fails for good keeps it no longer than one more attempt.
    pub fn stop(mut self) -> WriterCounts {
        self.end();
        self.counts()
    }

    fn end(&mut self) {
        self.shared.stopping.store(true, Relaxed);
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was reported by the panic hook; there is nothing left to save here.
            let _ = thread.join();
        }
    }
}

impl Drop for SpoolWriter {
    fn drop(&mut self) {
        self.end();
    }
}

/// Between attempts while the disk fails.
const RETRY_WAIT: Duration = Duration::from_millis(500);

fn run(spool: &Spool, receiver: &Receiver<Event>, shared: &Shared, config: WriterConfig) {
    let mut batch = Vec::with_capacity(config.max_batch);
    loop {
        let open = gather(receiver, &mut batch, config);
        shared.waiting.fetch_sub(batch.len(), Relaxed);
        commit(spool, shared, &mut batch);
        if !open && batch.is_empty() {
            return;
        }
    }
}

/// Fills the batch until it is full or its first event has waited for the commit interval. `false`: no more will come.
fn gather(receiver: &Receiver<Event>, batch: &mut Vec<Event>, config: WriterConfig) -> bool {
    let Ok(first) = receiver.recv() else { return false };
    batch.push(first);
    let deadline = Instant::now() + config.commit_interval;
    while batch.len() < config.max_batch {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(event) => batch.push(event),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

/// Stores the batch, or what of it can be stored; every other event is counted. Leaves it empty.
fn commit(spool: &Spool, shared: &Shared, batch: &mut Vec<Event>) {
    while !batch.is_empty() {
        let result = spool.append(batch);
        *shared.last_error.lock().expect("no panic under this lock") = result.as_ref().err().map(ToString::to_string);
        match result {
            Ok(_) => {
                shared.stored.fetch_add(batch.len() as u64, Relaxed);
                batch.clear();
            }
            Err(SpoolError::Event { index, .. }) => {
                batch.remove(index);
                shared.event_refused.fetch_add(1, Relaxed);
            }
            Err(SpoolError::Full { .. }) => {
                let before = batch.len();
                let all_urgent = batch.iter().all(|e| e.priority() == Priority::High);
                batch.retain(|e| !all_urgent && e.priority() == Priority::High);
                shared.full_refused.fetch_add((before - batch.len()) as u64, Relaxed);
            }
            Err(e) => {
                tracing::warn!("the spool could not be written, trying again: {e}");
                shared.retries.fetch_add(1, Relaxed);
                if shared.stopping.load(Relaxed) {
                    shared.full_refused.fetch_add(batch.len() as u64, Relaxed);
                    batch.clear();
                    return;
                }
                std::thread::park_timeout(RETRY_WAIT);
            }
        }
    }
}
