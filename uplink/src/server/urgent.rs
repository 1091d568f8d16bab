//! The central's end of the urgent lane: keeps the note, shows the event, acknowledges; beside the ordered delivery, never
//! before it is greeted, and never the cause of a session's end.

use super::Shared;
use crate::client::STREAM_PRIORITY;
use crate::intake::{Intake, IntakeError, Told, UrgentKey};
use crate::link;
use crate::tls::Peer;
use crate::wire::{Control, Decoder, Frame};
use model::Event;
use quinn::{Connection, VarInt};
use std::convert::Infallible;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// While the database is away, the event is tried again so often. The station's window bounds what waits meanwhile.
const RETRY_WAIT: Duration = Duration::from_millis(500);
/// What we tell the station when we end the lane: it said what we don't understand.
const NOT_UNDERSTOOD: VarInt = VarInt::from_u32(3);

/// Never returns; drop it with the session.
pub async fn serve<I: Intake>(shared: &Shared<I>, connection: &Connection, peer: Peer) -> Infallible {
    // An error is the connection's end, of which the session knows.
    if let Ok((mut send, mut recv)) = connection.accept_bi().await {
        let _ = send.set_priority(STREAM_PRIORITY);
        let (mut decoder, mut buffer) = (Decoder::default(), Vec::new());
        while let Ok(true) = link::read_frame(&mut recv, &mut buffer).await {
            shared.counters.bytes.fetch_add(buffer.len() as u64, Relaxed);
            let Some((key, event)) = one_event(&mut decoder, &buffer) else {
                shared.counters.urgent_refused.fetch_add(1, Relaxed);
                tracing::warn!(station = %peer.station, "an urgent message can't be read: the lane is closed, delivery goes on in order");
                break;
            };
            let Some(told) = keep(shared, peer, key, event).await else { break };
            let counter = if told == Told::First { &shared.counters.urgent } else { &shared.counters.urgent_repeats };
            counter.fetch_add(1, Relaxed);
            if send.write_all(&Control::UrgentAck(key).encode()).await.is_err() {
                break;
            }
        }
        let _ = recv.stop(NOT_UNDERSTOOD);
        let _ = send.finish();
    }
    std::future::pending().await
}

fn one_event(decoder: &mut Decoder, bytes: &[u8]) -> Option<(UrgentKey, Event)> {
    let Ok(Frame::Urgent(segment)) = Frame::decode(bytes) else { return None };
    let mut events = Vec::new();
    let header = decoder.decode(segment, &mut events).ok().filter(|h| h.count == 1)?;
    Some((UrgentKey { epoch: header.epoch, seq: header.first_seq }, events.pop()?))
}

/// Until it is kept. `None`: the keeper refuses.
async fn keep<I: Intake>(shared: &Shared<I>, peer: Peer, key: UrgentKey, event: Event) -> Option<Told> {
    loop {
        match shared.intake.urgent(peer.station, key, event.clone()).await {
            Ok(told) => return Some(told),
            Err(IntakeError::Unavailable(_)) => tokio::time::sleep(RETRY_WAIT).await,
            Err(e) => {
                shared.counters.urgent_refused.fetch_add(1, Relaxed);
                tracing::warn!(station = %peer.station, "an urgent event is refused: {e}");
                return None;
            }
        }
    }
}
