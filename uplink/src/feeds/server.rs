//! The TCP side: one listener per feed, one task and one place in the queue per client.
//!
//! ```text
//!   Publisher: open chunk ── flush, or full ──► queue of QUEUE_CHUNKS, shared ──► client ──► TCP
//!                                                                            └──► client ──► TCP
//! ```
//!
//! The queue is one ring that every client reads at its own pace: memory is bounded per feed, not per client. A client
//! further behind than the ring, or one whose connection takes nothing for [`WRITE_MAX`], is dropped and counted.

use super::FeedFormat;
use model::{Event, Frame, UnixMicros};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender, WeakSender};
use tokio::time::{sleep, timeout};

/// Clients of one feed at a time; more are closed at once, and counted.
pub const CLIENTS_MAX: usize = 32;
/// Bytes that wait in the open chunk before it goes out by itself: 180 long frames.
pub const CHUNK_BYTES: usize = 4 << 10;
/// Chunks that a client may be behind: with [`CHUNK_BYTES`], 2 MiB per feed at most.
pub const QUEUE_CHUNKS: usize = 512;
/// A connection that takes nothing for so long is dead.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// Nothing to say for so long: a heartbeat, so that both sides notice when the other is gone.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// When no connection can be accepted (no file descriptors left), wait before trying again.
const ACCEPT_AGAIN: Duration = Duration::from_millis(250);

pub(super) type Chunk = Arc<[u8]>;

/// Totals since the start, for metrics.
#[derive(Debug, Default)]
pub struct FeedCounters {
    /// Connected now.
    pub clients: AtomicUsize,
    /// Closed at once because [`CLIENTS_MAX`] were connected.
    pub refused: AtomicU64,
    /// Dropped because they could not keep up.
    pub dropped: AtomicU64,
    /// Frames or lines given to the queue.
    pub messages: AtomicU64,
    /// Bytes sent, to all clients together.
    pub sent_bytes: AtomicU64,
}

/// The writing end of a feed. Dropping it ends the feed: clients get what is queued, then the end.
#[derive(Debug)]
pub struct Publisher {
    format: FeedFormat,
    queue: Sender<Chunk>,
    open: Vec<u8>,
    counters: Arc<FeedCounters>,
}

/// Serves clients of `listener` until the publisher is dropped. Needs a tokio runtime.
pub fn serve(listener: TcpListener, format: FeedFormat) -> Publisher {
    let (publisher, _) = open(format);
    tokio::spawn(accept(listener, format, publisher.queue.downgrade(), publisher.counters()));
    publisher
}

/// A publisher and a first reader of its queue.
pub(super) fn open(format: FeedFormat) -> (Publisher, Receiver<Chunk>) {
    let (queue, reader) = broadcast::channel(QUEUE_CHUNKS);
    (Publisher { format, queue, open: Vec::with_capacity(CHUNK_BYTES), counters: Arc::default() }, reader)
}

impl Publisher {
    pub fn format(&self) -> FeedFormat {
        self.format
    }

    pub fn counters(&self) -> Arc<FeedCounters> {
        Arc::clone(&self.counters)
    }

    /// Never waits. With no client connected nothing is done.
    pub fn frame(&mut self, frame: &Frame) {
        if 0 < self.queue.receiver_count() {
            let written = self.format.frame(frame, &mut self.open);
            self.wrote(written);
        }
    }

    /// Never waits. With no client connected nothing is done.
    pub fn event(&mut self, event: &Event, now: UnixMicros) {
        if 0 < self.queue.receiver_count() {
            let written = self.format.event(event, now, &mut self.open);
            self.wrote(written);
        }
    }

    /// Sends what was gathered.
    pub fn flush(&mut self) {
        if !self.open.is_empty() {
            // No receiver: the last client has just gone, and nobody misses it.
            let _ = self.queue.send(self.open.as_slice().into());
            self.open.clear();
        }
    }

    fn wrote(&mut self, written: bool) {
        self.counters.messages.fetch_add(u64::from(written), Relaxed);
        // No message of any format is longer than 256 bytes.
        if CHUNK_BYTES <= self.open.len() + 256 {
            self.flush();
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.flush();
    }
}

/// How often the listener looks whether the publisher is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);

async fn accept(listener: TcpListener, format: FeedFormat, queue: WeakSender<Chunk>, counters: Arc<FeedCounters>) {
    loop {
        let accepted = timeout(LOOK_EVERY, listener.accept()).await;
        if queue.strong_count() == 0 {
            return;
        }
        match accepted {
            Err(_elapsed) => {}
            Ok(Err(_)) => sleep(ACCEPT_AGAIN).await,
            Ok(Ok((stream, _))) if counters.clients.load(Relaxed) < CLIENTS_MAX => {
                let Some(queue) = queue.upgrade().map(|q| q.subscribe()) else { return };
                let connected = Connected::new(&counters);
                tokio::spawn(async move {
                    if client(stream, format, queue, &connected.0).await == Ended::TooSlow {
                        connected.0.dropped.fetch_add(1, Relaxed);
                    }
                });
            }
            Ok(Ok(_)) => {
                counters.refused.fetch_add(1, Relaxed);
            }
        }
    }
}

/// Counts a client for as long as its task lives, however it ends.
struct Connected(Arc<FeedCounters>);

impl Connected {
    fn new(counters: &Arc<FeedCounters>) -> Self {
        counters.clients.fetch_add(1, Relaxed);
        Self(Arc::clone(counters))
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Relaxed);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The feed or the connection has ended.
    Gone,
    TooSlow,
}

async fn client(stream: TcpStream, format: FeedFormat, mut queue: Receiver<Chunk>, counters: &FeedCounters) -> Ended {
    // Small chunks at once: what a feed says is about now.
    let _ = stream.set_nodelay(true);
    let (mut incoming, mut outgoing) = stream.into_split();
    let (mut listening, mut thrown_away) = (true, [0; 256]);
    loop {
        let chunk = tokio::select! {
            chunk = timeout(HEARTBEAT_EVERY, queue.recv()) => chunk,
            read = incoming.read(&mut thrown_away), if listening => match read {
                // It may have closed only its own side: a write will tell.
                Ok(0) => { listening = false; continue }
                Ok(_) => continue,
                Err(_) => return Ended::Gone,
            },
        };
        let bytes = match &chunk {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(RecvError::Lagged(_))) => return Ended::TooSlow,
            Ok(Err(RecvError::Closed)) => {
                let _ = timeout(WRITE_MAX, outgoing.shutdown()).await;
                return Ended::Gone;
            }
            Err(_elapsed) => format.heartbeat(),
        };
        match timeout(WRITE_MAX, outgoing.write_all(bytes)).await {
            Ok(Ok(())) => counters.sent_bytes.fetch_add(bytes.len() as u64, Relaxed),
            Ok(Err(_)) => return Ended::Gone,
            Err(_elapsed) => return Ended::TooSlow,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Protocol, Raw, ReceiverId, Signal, Tick12};

    fn frame(n: u64) -> Frame {
        let mut raw = [0x8d; 14];
        raw[6..].copy_from_slice(&n.to_be_bytes());
        Frame {
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            raw: Raw::new(&raw),
            tick: Tick12(n),
            utc: None,
            signal: Signal::default(),
        }
    }

    async fn feed(format: FeedFormat) -> (Publisher, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (serve(listener, format), address)
    }

    async fn until(what: &str, mut condition: impl FnMut() -> bool) {
        for _ in 0..2_000 {
            if condition() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }

    #[tokio::test]
    async fn every_client_gets_everything_in_order_and_then_the_end() {
        let (mut publisher, address) = feed(FeedFormat::Avr).await;
        publisher.frame(&frame(999));
        assert_eq!(publisher.counters.messages.load(Relaxed), 0, "nobody listens: nothing is written");
        let mut clients = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        clients[0].write_all(b"what a client says changes nothing").await.unwrap();
        clients[1].shutdown().await.unwrap();
        let counters = publisher.counters();
        until("two clients", || counters.clients.load(Relaxed) == 2).await;
        for n in 0..1_000 {
            publisher.frame(&frame(n));
        }
        drop(publisher);
        for client in &mut clients {
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            let expected: String = (0..1_000).map(|n| format!("*8D8D8D8D8D8D{n:016X};\n")).collect();
            assert!(text == expected, "{} bytes of {}", text.len(), expected.len());
        }
        until("nobody is left", || counters.clients.load(Relaxed) == 0).await;
        assert_eq!((counters.messages.load(Relaxed), counters.dropped.load(Relaxed)), (1_000, 0));
        until("the port is free", || std::net::TcpStream::connect(address).is_err()).await;
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_dropped_and_counted_and_others_notice_nothing() {
        let (mut publisher, address) = feed(FeedFormat::Avr).await;
        let counters = publisher.counters();
        let lazy = TcpStream::connect(address).await.unwrap();
        let mut eager = TcpStream::connect(address).await.unwrap();
        until("two clients", || counters.clients.load(Relaxed) == 2).await;
        let reading = tokio::spawn(async move {
            let (mut total, mut buffer) = (0, vec![0; 1 << 16]);
            while let Ok(n @ 1..) = eager.read(&mut buffer).await {
                total += n;
            }
            total
        });
        // More than kernels buffer for one connection and the queue holds besides.
        let (mut sent, line) = (0_usize, "*8D8D8D8D8D8D0000000000000000;\n".len());
        until("the lazy one is dropped", || {
            for n in 0..2_000 {
                publisher.frame(&frame(n));
                sent += line;
            }
            counters.dropped.load(Relaxed) == 1
        })
        .await;
        drop(publisher);
        assert_eq!(reading.await.unwrap(), sent);
        assert_eq!((counters.dropped.load(Relaxed), counters.refused.load(Relaxed)), (1, 0));
        drop(lazy);
    }

    #[tokio::test]
    async fn clients_beyond_the_limit_are_refused_and_counted() {
        let (publisher, address) = feed(FeedFormat::Beast).await;
        let counters = publisher.counters();
        let mut clients = Vec::new();
        for _ in 0..CLIENTS_MAX {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        until("all are connected", || counters.clients.load(Relaxed) == CLIENTS_MAX).await;
        let mut one_more = TcpStream::connect(address).await.unwrap();
        assert_eq!(one_more.read(&mut [0; 8]).await.unwrap_or(0), 0, "closed at once");
        assert_eq!(counters.refused.load(Relaxed), 1);
        drop(clients.pop());
        // Both its sides are closed: the next thing said finds that out.
        let mut publisher = publisher;
        until("a place is free", || {
            publisher.frame(&frame(1));
            publisher.flush();
            counters.clients.load(Relaxed) < CLIENTS_MAX
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_by_a_heartbeat() {
        let (publisher, address) = feed(FeedFormat::Beast).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let mut bytes = [0; 11];
        client.read_exact(&mut bytes).await.unwrap();
        assert_eq!(bytes, FeedFormat::Beast.heartbeat());
        drop(publisher);
    }
}
