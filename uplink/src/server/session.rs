//! One station's connection: from its greeting to its end.

use super::sessions::Turn;
use super::{SessionStatus, Shared, urgent};
use crate::intake::{Batch, Intake, IntakeError, Watermark};
use crate::link::{self, CLOSE_DONE, CLOSE_REFUSED, FrameError};
use crate::session::{Receiver, Step, merge};
use crate::tls::Peer;
use crate::wire::{Control, Frame, HelloReply, Refusal};
use model::{Epoch, UnixMicros};
use quinn::{Connection, RecvStream, SendStream};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::mpsc;

/// The greeting must come soon after the handshake.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames read ahead while a transaction runs: 16 segments, 16,000 events, some 130 KB (16 MiB if a station is hostile).
const READ_AHEAD: usize = 16;
/// A refusal's words must arrive before the connection is closed under them.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a session ends.
#[derive(Debug)]
enum End {
    /// The station finished, or the link broke.
    Over,
    Refuse(Refusal, String),
}

impl From<(Refusal, String)> for End {
    fn from((refusal, words): (Refusal, String)) -> Self {
        Self::Refuse(refusal, words)
    }
}

pub async fn serve<I: Intake>(shared: &Shared<I>, connection: &Connection, peer: Peer) {
    let Ok(Ok((mut send, recv))) = tokio::time::timeout(HELLO_TIMEOUT, connection.accept_bi()).await else {
        connection.close(CLOSE_REFUSED, b"no greeting");
        return;
    };
    let mut frames = read_frames(recv);
    let ending = tokio::sync::watch::Sender::new(false);
    let end = {
        let call = Call { shared, connection, peer, ending: ending.subscribe() };
        let mut run = std::pin::pin!(call.run(&mut send, &mut frames));
        tokio::select! {
            end = &mut run => end,
            end = watch(shared, peer) => {
                // The transaction that runs may end, and be acknowledged.
                ending.send_replace(true);
                let _ = tokio::time::timeout(shared.config.stop_grace, run).await;
                end
            }
        }
    };
    let Err(End::Refuse(refusal, words)) = end else {
        connection.close(CLOSE_DONE, b"done");
        return;
    };
    shared.counters.refused.fetch_add(1, Relaxed);
    if refusal != Refusal::Stopping {
        tracing::warn!(station = %peer.station, remote = %connection.remote_address(), ?refusal, "{words}");
    }
    let goodbye = async {
        send.write_all(&Control::Refuse(refusal, words.clone()).encode()).await.ok()?;
        send.finish().ok()?;
        send.stopped().await.ok()
    };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    connection.close(CLOSE_REFUSED, words.as_bytes());
}

/// Ends a session from outside: the central stops, the certificate ends, or the keeper no longer wants this key.
async fn watch<I: Intake>(shared: &Shared<I>, peer: Peer) -> Result<(), End> {
    let mut stopping = shared.stopping.subscribe();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return Err(End::Refuse(Refusal::Stopping, "the central is stopping".into())),
            () = tokio::time::sleep(shared.config.recheck) => {}
        }
        if peer.not_after_secs < shared.clock.now_secs() {
            return Err(End::Refuse(Refusal::NotAllowed, format!("the certificate of station {} has expired", peer.station)));
        }
        if let Err(e @ IntakeError::Refused { .. }) = shared.intake.greet(peer.station, peer.key, Epoch(0)).await {
            return Err(refuse(e));
        }
    }
}

fn refuse(e: IntakeError) -> End {
    let refusal = match e {
        IntakeError::Refused { .. } => Refusal::NotAllowed,
        IntakeError::Gap { .. } => Refusal::Gap,
        IntakeError::Unavailable(_) => Refusal::Unavailable,
    };
    End::Refuse(refusal, e.to_string())
}

/// Frames in a task of their own (reading one can't be interrupted), a few ahead.
fn read_frames(mut recv: RecvStream) -> mpsc::Receiver<Result<Vec<u8>, FrameError>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(async move {
        loop {
            let mut buffer = Vec::new();
            let frame = match link::read_frame(&mut recv, &mut buffer).await {
                Ok(true) => Ok(buffer),
                Ok(false) => return,
                Err(e) => Err(e),
            };
            let last = frame.is_err();
            if sender.send(frame).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}

type Frames = mpsc::Receiver<Result<Vec<u8>, FrameError>>;

/// What a connection's handlers need to know.
struct Call<'a, I> {
    shared: &'a Shared<I>,
    connection: &'a Connection,
    peer: Peer,
    /// Somebody else has decided that it is over.
    ending: tokio::sync::watch::Receiver<bool>,
}

impl<I: Intake> Call<'_, I> {
    async fn run(&self, send: &mut SendStream, frames: &mut Frames) -> Result<(), End> {
        let Self { shared, peer, .. } = *self;
        let mut receiver = Receiver::new(peer.station);
        let hello = tokio::time::timeout(HELLO_TIMEOUT, frames.recv()).await;
        let hello = frame(hello.map_err(|_| End::Refuse(Refusal::Protocol, "no greeting came".into()))?)?;
        let program = match Frame::decode(&hello) {
            Ok(Frame::Control(Control::Hello(hello))) => hello.boot.program,
            _ => String::new(),
        };
        let Step::Greet(epochs) = receiver.on_frame(&hello)? else { unreachable!("the first step is to greet") };
        let turn = shared.sessions.take_over(peer.station, shared.config.fence_patience).await.ok_or_else(superseded)?;
        let mut watermarks = Vec::new();
        for epoch in epochs {
            watermarks.extend(shared.intake.greet(peer.station, peer.key, epoch).await.map_err(refuse)?);
        }
        receiver.greeted(&watermarks);
        reply(send, &Control::HelloReply(HelloReply { watermarks, server_time: now() })).await?;
        shared.counters.sessions.fetch_add(1, Relaxed);
        let remote = self.connection.remote_address();
        shared.sessions.begin(SessionStatus { station: peer.station, remote, since: now(), program });
        let _listed = Listed { shared, peer, turn: &turn };
        tokio::select! {
            end = self.store_all(&mut receiver, send, frames, &turn) => end,
            never = urgent::serve(shared, self.connection, peer) => match never {},
        }
    }

    /// Gathers what has arrived while the transaction before ran, stores it as one, acknowledges.
    async fn store_all(&self, receiver: &mut Receiver, send: &mut SendStream, frames: &mut Frames, turn: &Turn) -> Result<(), End> {
        let mut ending = self.ending.clone();
        let mut left_over = None;
        loop {
            let mut current = match left_over.take() {
                Some(step) => step,
                None => tokio::select! {
                    bytes = frames.recv() => self.step(receiver, &frame(bytes)?)?,
                    () = turn.superseded() => return Err(self.superseded()),
                    _ = ending.wait_for(|over| *over) => return Err(End::Over),
                },
            };
            let mut ended = Ok(());
            while let (Step::Store(batch), None, Ok(())) = (&mut current, &left_over, &ended) {
                let Ok(bytes) = frames.try_recv() else { break };
                // What came before a bad frame is good, and is stored first.
                match frame(Some(bytes)).and_then(|bytes| self.step(receiver, &bytes)) {
                    Ok(Step::Store(next)) => left_over = merge(batch, next).map(Step::Store),
                    Ok(other) => left_over = Some(other),
                    Err(e) => ended = Err(e),
                }
            }
            if turn.is_superseded() {
                return Err(self.superseded());
            }
            let watermark = self.store(current).await?;
            reply(send, &Control::Ack(watermark)).await?;
            ended?;
            if *self.ending.borrow() {
                return Err(End::Over);
            }
        }
    }

    fn step(&self, receiver: &mut Receiver, bytes: &[u8]) -> Result<Step, End> {
        self.shared.counters.bytes.fetch_add(bytes.len() as u64, Relaxed);
        self.shared.counters.segments.fetch_add(1, Relaxed);
        Ok(receiver.on_frame(bytes)?)
    }

    async fn store(&self, step: Step) -> Result<Watermark, End> {
        let Self { shared, peer, .. } = *self;
        let counters = &shared.counters;
        let asked = match step {
            Step::Store(Batch { epoch, first_seq, events }) => {
                let count = events.len() as u64;
                let asked = Watermark { epoch, seq: first_seq + count - 1 };
                let got = shared.intake.store(peer.station, Batch { epoch, first_seq, events }).await.map_err(refuse)?;
                assert!(got.epoch == epoch && asked.seq <= got.seq, "the keeper returns after all was stored");
                counters.events.fetch_add(count, Relaxed);
                asked
            }
            Step::Lost(lost) => {
                tracing::warn!(station = %peer.station, ?lost, "the station declares a loss");
                counters.declared_losses.fetch_add(1, Relaxed);
                let asked = Watermark { epoch: lost.epoch, seq: lost.last_seq };
                shared.intake.lost(peer.station, lost).await.map_err(refuse)?;
                asked
            }
            Step::Greet(_) => unreachable!("the receiver greets once"),
        };
        counters.transactions.fetch_add(1, Relaxed);
        // No more than was offered: what the station sends next decides what it hears next.
        Ok(asked)
    }

    fn superseded(&self) -> End {
        self.shared.counters.superseded.fetch_add(1, Relaxed);
        superseded()
    }
}

/// Takes the session off the list however it ends.
struct Listed<'a, I> {
    shared: &'a Shared<I>,
    peer: Peer,
    turn: &'a Turn,
}

impl<I> Drop for Listed<'_, I> {
    fn drop(&mut self) {
        self.shared.sessions.end(self.peer.station, self.turn);
    }
}

fn frame(read: Option<Result<Vec<u8>, FrameError>>) -> Result<Vec<u8>, End> {
    match read {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(FrameError::Wire(e))) => Err(End::Refuse(Refusal::Protocol, format!("the central could not read a message: {e}"))),
        Some(Err(FrameError::Read(_))) | None => Err(End::Over),
    }
}

async fn reply(send: &mut SendStream, control: &Control) -> Result<(), End> {
    send.write_all(&control.encode()).await.map_err(|_| End::Over)
}

fn superseded() -> End {
    End::Refuse(Refusal::Superseded, "a newer session of this station took over".into())
}

fn now() -> UnixMicros {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMicros(since.as_micros() as i64)
}
