//! One connection from greeting to end.

use super::{Client, ClientError, LAST_GOOD_TIME, system_now};
use crate::intake::MAX_EPOCHS;
use crate::link::{self, CLOSE_DONE, CloseOnDrop};
use crate::session::{Found, Sender, Want};
use crate::spool::{Item, Spool, SpoolError};
use crate::wire::{Control, Frame, HelloReply};
use quinn::{Connection, RecvStream, SendStream};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};

/// Answers of the central that wait to be looked at. More than the window can cause.
const ANSWERS: usize = 512;
/// How long the central may take to answer a greeting (its database may be slow, and an older session may have to end).
const GREETING_TIMEOUT: Duration = Duration::from_secs(30);
/// How often figures are refreshed and acknowledgements written down on an idle link.
const TICK: Duration = Duration::from_secs(1);

struct Session<'a> {
    client: &'a Client,
    connection: Connection,
    send: SendStream,
    sender: Sender,
    greeted: &'a Notify,
}

impl Client {
    /// `Ok`: ended in good order, begin another one at once (or stop).
    pub(super) async fn session(&self, stopped: watch::Receiver<bool>) -> Result<(), ClientError> {
        let connection = self.connect().await?;
        let _closed = CloseOnDrop(connection.clone());
        let central = &self.config.central;
        let lost = |e| ClientError::connection(e, central, true);
        let (mut send, recv) = connection.open_bi().await.map_err(lost)?;
        let (sender, hello) = Sender::new(self.station, self.spool.spans(MAX_EPOCHS), self.boot.clone(), self.config.window);
        send.write_all(&Control::Hello(hello).encode()).await.map_err(|e| ClientError::write(e, central))?;
        let answers = read_answers(recv, central.clone());
        let greeted = Notify::new();
        let mut session = Session { client: self, connection: connection.clone(), send, sender, greeted: &greeted };
        let result = tokio::select! {
            result = session.run(answers, stopped) => result,
            never = self.urgent_lane(&connection, &greeted) => match never {},
        };
        connection.close(CLOSE_DONE, b"done");
        result
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let central = &self.config.central;
        let found = tokio::net::lookup_host(central.as_str()).await;
        let addresses: Vec<SocketAddr> = found.map_err(|_| ClientError::Address(central.clone()))?.collect();
        let mut last = ClientError::Address(central.clone());
        for address in addresses {
            let attempt = tokio::time::timeout(self.config.connect_timeout, self.connect_to(address));
            match attempt.await.unwrap_or_else(|_| Err(ClientError::Unreachable(central.clone()))) {
                Ok(connection) => return Ok(connection),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<Connection, ClientError> {
        let any: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = link::bind(self.config.bind.unwrap_or(any)).map_err(ClientError::Socket)?;
        let endpoint = link::client_endpoint(socket).map_err(ClientError::Socket)?;
        let crypto: Arc<quinn::crypto::rustls::QuicClientConfig> = Arc::clone(&self.crypto);
        let mut config = quinn::ClientConfig::new(crypto);
        config.transport_config(link::transport(self.config.congestion, 0));
        let connecting = endpoint.connect_with(config, address, &self.config.server_name)?;
        connecting.await.map_err(|e| ClientError::connection(e, &self.config.central, false))
    }
}

/// Reads in a task of its own (reading a frame can't be interrupted) until the stream ends.
fn read_answers(mut recv: RecvStream, central: String) -> mpsc::Receiver<Result<Control, ClientError>> {
    let (sender, receiver) = mpsc::channel(ANSWERS);
    tokio::spawn(async move {
        let mut buffer = Vec::new();
        loop {
            let answer = match link::read_frame(&mut recv, &mut buffer).await {
                Ok(true) => match Frame::decode(&buffer) {
                    Ok(Frame::Control(control)) => Ok(control),
                    Ok(Frame::Segment(_) | Frame::Urgent(_)) => Err(ClientError::Garbage(crate::wire::WireError::Tag("frame"))),
                    Err(e) => Err(e.into()),
                },
                Ok(false) => return,
                Err(e) => Err(ClientError::read(e, &central)),
            };
            let last = answer.is_err();
            if sender.send(answer).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}

impl Session<'_> {
    async fn run(
        &mut self,
        mut answers: mpsc::Receiver<Result<Control, ClientError>>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), ClientError> {
        let first = tokio::time::timeout(GREETING_TIMEOUT, answers.recv()).await;
        match first.map_err(|_| ClientError::Lost("no answer to the greeting".into()))? {
            Some(Ok(Control::HelloReply(reply))) => self.greeted(reply).await?,
            Some(other) => return Err(refused(other?)),
            None => return Err(self.ended()),
        }
        self.greeted.notify_one();
        let mut tick = tokio::time::interval(TICK);
        loop {
            // Before the look into the spool, so that nothing falls between look and wait.
            let spool = Arc::clone(&self.client.spool);
            let mut appended = pin!(spool.appended());
            appended.as_mut().enable();
            let drained = self.fill().await?;
            if drained && self.sender.segments_in_flight() == 0 && (*stopped.borrow() || self.needs_new_greeting()) {
                return self.finish().await;
            }
            tokio::select! {
                answer = answers.recv() => match answer {
                    Some(Ok(Control::Ack(watermark))) => self.acknowledged(watermark).await?,
                    Some(other) => return Err(refused(other?)),
                    None => return Err(self.ended()),
                },
                () = &mut appended, if drained => {}
                _ = tick.tick() => self.refresh().await?,
                _ = stopped.changed(), if !*stopped.borrow() => {}
            }
        }
    }

    /// The stream ended without a word.
    fn ended(&self) -> ClientError {
        match self.connection.close_reason() {
            Some(e) => ClientError::connection(e, &self.client.config.central, true),
            None => ClientError::Lost("the central ended the stream".into()),
        }
    }

    async fn greeted(&mut self, reply: HelloReply) -> Result<(), ClientError> {
        let client = self.client;
        let found = self.sender.on_reply(&reply)?;
        // TLS has proven who says what time it is.
        client.clock.learn(reply.server_time);
        let offset = reply.server_time.micros_since(system_now());
        let epoch = client.spool.epoch();
        let mut behind = Vec::new();
        for f in &found {
            if let Found::SpoolBehind { epoch, stored, last_seq } = *f {
                tracing::warn!(%epoch, stored, last_seq, "the spool was set back behind what the central has");
                behind.push(epoch);
            }
        }
        client.status.send_modify(|s| {
            s.connected = true;
            s.sessions += 1;
            s.last_error = None;
            s.needs_a_person = false;
            s.clock_offset_micros = Some(offset);
            let new = behind.iter().filter(|e| !s.epochs_set_back.contains(e)).copied().collect::<Vec<_>>();
            s.epochs_set_back.extend(new);
        });
        let set_back = behind.contains(&epoch);
        let floor = client.clock.floor();
        let spool = Arc::clone(&client.spool);
        blocking(move || {
            if set_back {
                spool.begin_new_epoch()?;
            }
            reply.watermarks.iter().try_for_each(|w| spool.acknowledge(*w))?;
            spool.set_fact(LAST_GOOD_TIME, floor.0)
        })
        .await
        .or_else(|e| if set_back { Err(ClientError::from(e)) } else { keep_going(Err(e)) })?;
        if set_back { Err(ClientError::SetBack(epoch)) } else { Ok(()) }
    }

    /// Sends until the window is full or the spool is empty (`true`).
    async fn fill(&mut self) -> Result<bool, ClientError> {
        while let Some(want) = self.sender.wants() {
            let spool: Arc<Spool> = Arc::clone(&self.client.spool);
            let items = blocking(move || spool.read(&bounded(want))).await?;
            if items.is_empty() && !self.sender.drained() {
                return Ok(true);
            }
            for item in items {
                self.send(item).await?;
            }
        }
        Ok(false)
    }

    async fn send(&mut self, item: Item) -> Result<(), ClientError> {
        let central = &self.client.config.central;
        let broken = |e| ClientError::write(e, central);
        let bytes = match item {
            Item::Segment { last_seq, bytes, .. } => {
                self.send.write_all(&Frame::segment_head(&bytes)).await.map_err(broken)?;
                self.send.write_all(&bytes).await.map_err(broken)?;
                self.sender.sent(last_seq, bytes.len());
                self.client.status.send_modify(|s| s.segments_sent += 1);
                bytes.len()
            }
            Item::Lost(lost) => {
                let frame = Control::Lost(lost.clone()).encode();
                self.send.write_all(&frame).await.map_err(broken)?;
                self.sender.sent(lost.last_seq, frame.len());
                self.client.status.send_modify(|s| s.declared_losses += 1);
                frame.len()
            }
        };
        self.client.status.send_modify(|s| s.bytes_sent += bytes as u64);
        Ok(())
    }

    async fn acknowledged(&mut self, watermark: crate::intake::Watermark) -> Result<(), ClientError> {
        self.sender.on_ack(watermark)?;
        let in_flight = self.sender.segments_in_flight() as u64;
        self.client.status.send_modify(|s| {
            s.acks += 1;
            s.watermark = Some(watermark);
            s.segments_in_flight = in_flight;
        });
        let spool = Arc::clone(&self.client.spool);
        keep_going(blocking(move || spool.acknowledge(watermark)).await)
    }

    async fn refresh(&mut self) -> Result<(), ClientError> {
        let rtt_micros = self.connection.rtt().as_micros() as u64;
        let spool = Arc::clone(&self.client.spool);
        let (stats, kept) = blocking(move || Ok((spool.stats(), spool.housekeeping()))).await?;
        self.client.status.send_modify(|s| {
            s.rtt_micros = rtt_micros;
            s.waiting_events = stats.waiting_events;
        });
        keep_going(kept)
    }

    /// Events wait in an epoch that the greeting did not name.
    fn needs_new_greeting(&self) -> bool {
        self.sender.current_epoch() != Some(self.client.spool.epoch())
    }

    async fn finish(&mut self) -> Result<(), ClientError> {
        let _ = self.send.finish();
        let spool = Arc::clone(&self.client.spool);
        keep_going(blocking(move || spool.housekeeping()).await)
    }
}

/// A part of the window at a time, so that acknowledgements are looked at in between.
fn bounded(want: Want) -> Want {
    Want { max_segments: want.max_segments.min(16), max_bytes: want.max_bytes.min(1 << 20), ..want }
}

/// A spool that can't write down what it may forget still delivers: trouble there must not end the session.
fn keep_going(result: Result<(), SpoolError>) -> Result<(), ClientError> {
    if let Err(e) = result {
        tracing::warn!("the spool could not note what the central has: {e}");
    }
    Ok(())
}

fn refused(answer: Control) -> ClientError {
    match answer {
        Control::Refuse(refusal, words) => ClientError::Refused(refusal, words),
        _ => ClientError::Garbage(crate::wire::WireError::Tag("frame")),
    }
}

/// The spool's work is disk work.
pub(super) async fn blocking<T: Send + 'static>(f: impl FnOnce() -> Result<T, SpoolError> + Send + 'static) -> Result<T, SpoolError> {
    tokio::task::spawn_blocking(f).await.expect("the spool does not panic, and the runtime outlives the session")
}
