//! One WebSocket that tells something: moves messages from its source to the other end, and notices when that is gone.

use super::hub::LiveClient;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, interval_at, timeout};

/// A message that the client doesn't take in so long ends the connection.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// A ping each; a client that answers none for three is gone.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// What a client is told.
pub trait Source: Send + 'static {
    /// The next message; `None`: the server stops. Dropped before its end, it loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Utf8Bytes>> + Send;
}

impl Source for LiveClient {
    async fn next(&mut self) -> Option<Utf8Bytes> {
        self.slot.recv().await
    }
}

/// Serves until either end closes.
pub async fn serve(mut socket: WebSocket, mut source: impl Source) {
    let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            message = source.next() => match message {
                Some(text) => Message::Text(text),
                None => break,
            },
            // The client sends nothing but pongs and close; anything else is ignored, and its size limited by the upgrade.
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
            _ = pings.tick() => {
                if 3 * PING_INTERVAL < heard.elapsed() {
                    return;
                }
                Message::Ping(axum::body::Bytes::new())
            }
        };
        if !matches!(timeout(SEND_TIMEOUT, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
    let goodbye = CloseFrame { code: close_code::AWAY, reason: "the server stops".into() };
    // Best effort: the connection ends either way.
    let _ = timeout(SEND_TIMEOUT, socket.send(Message::Close(Some(goodbye)))).await;
}
