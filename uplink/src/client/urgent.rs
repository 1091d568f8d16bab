//! The station's end of the urgent lane: what is distress goes ahead of the backlog, on a stream of its own.
//!
//! Trouble here never ends the session: everything urgent is delivered in order as well.

use super::{Client, ClientError};
use crate::intake::UrgentKey;
use crate::link;
use crate::session::UrgentSender;
use crate::spool::UrgentItem;
use crate::wire::{Control, Frame, WireError};
use quinn::{Connection, RecvStream, SendStream};
use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};

/// Before the ordered stream, which has 0.
pub(crate) const STREAM_PRIORITY: i32 = 1;

struct Lane<'a> {
    client: &'a Client,
    send: SendStream,
    sender: UrgentSender,
    /// Sent in an earlier session, and not acknowledged then.
    before: HashSet<UrgentKey>,
}

impl Client {
    /// Never returns; drop it with the session. `greeted`: the central has said what it has.
    pub(super) async fn urgent_lane(&self, connection: &Connection, greeted: &Notify) -> Infallible {
        greeted.notified().await;
        let Err(e) = self.tell_urgent(connection).await;
        tracing::debug!("the urgent lane ended: {e}");
        self.status.send_modify(|s| s.urgent_lane = false);
        std::future::pending().await
    }

    async fn tell_urgent(&self, connection: &Connection) -> Result<Infallible, ClientError> {
        if !self.config.urgent_lane {
            return std::future::pending().await;
        }
        // A central that knows no lane gives no credit for a second stream: this waits until the session ends.
        let (send, recv) = connection.open_bi().await.map_err(|e| ClientError::connection(e, &self.config.central, true))?;
        // An error would mean that the stream is closed, and the first write says so.
        let _ = send.set_priority(STREAM_PRIORITY);
        self.status.send_modify(|s| s.urgent_lane = true);
        let before = std::mem::take(&mut *self.urgent_sent.lock().expect("no panic under this lock"));
        let mut lane = Lane { client: self, send, sender: UrgentSender::default(), before };
        lane.run(recv).await
    }
}

impl Lane<'_> {
    async fn run(&mut self, recv: RecvStream) -> Result<Infallible, ClientError> {
        let (client, mut acks) = (self.client, read_acks(recv, self.client.config.central.clone()));
        loop {
            let mut appended = pin!(client.spool.appended());
            appended.as_mut().enable();
            self.fill().await?;
            tokio::select! {
                key = acks.recv() => {
                    let key = key.ok_or_else(|| ClientError::Lost("the central ended the urgent lane".into()))??;
                    self.sender.on_ack(key)?;
                    self.before.remove(&key);
                    client.urgent_sent.lock().expect("no panic under this lock").remove(&key);
                    client.spool.urgent_told(key);
                    client.status.send_modify(|s| s.urgent_acks += 1);
                }
                () = &mut appended => {}
            }
        }
    }

    /// The newest first: what happens now is worth more than what happened an hour ago.
    async fn fill(&mut self) -> Result<(), ClientError> {
        let limit = self.sender.wants();
        if limit == 0 {
            return Ok(());
        }
        let spool = Arc::clone(&self.client.spool);
        for UrgentItem { key, segment } in super::session::blocking(move || spool.urgent(limit)).await? {
            if !self.sender.send(key) {
                continue;
            }
            let frame = Frame::urgent(&segment);
            self.send.write_all(&frame).await.map_err(|e| ClientError::write(e, &self.client.config.central))?;
            self.client.urgent_sent.lock().expect("no panic under this lock").insert(key);
            let again = self.before.remove(&key);
            self.client.status.send_modify(|s| {
                s.urgent_sent += 1;
                s.urgent_resent += u64::from(again);
                s.bytes_sent += frame.len() as u64;
            });
        }
        Ok(())
    }
}

/// Reads in a task of its own (reading a frame can't be interrupted) until the stream ends.
fn read_acks(mut recv: RecvStream, central: String) -> mpsc::Receiver<Result<UrgentKey, ClientError>> {
    let (sender, receiver) = mpsc::channel(crate::session::URGENT_WINDOW);
    tokio::spawn(async move {
        let mut buffer = Vec::new();
        loop {
            let ack = match link::read_frame(&mut recv, &mut buffer).await {
                Ok(true) => match Frame::decode(&buffer) {
                    Ok(Frame::Control(Control::UrgentAck(key))) => Ok(key),
                    Ok(_) => Err(ClientError::Garbage(WireError::Tag("frame"))),
                    Err(e) => Err(e.into()),
                },
                Ok(false) => return,
                Err(e) => Err(ClientError::read(e, &central)),
            };
            let last = ack.is_err();
            if sender.send(ack).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}
