//! The central's end: the order of messages, the name, the sequence. Decodes segments in bounded memory.

use crate::intake::{Batch, Lost, Watermark};
use crate::wire::{Control, Decoder, Frame, Hello, Refusal, SegmentHeader};
use model::{Epoch, StationId};
use std::collections::HashMap;

/// Events in one transaction, at most: COPY costs a quarter less per row with 10,000 than with 1,000.
const MAX_MERGED_EVENTS: usize = 10_000;

/// What the caller does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the keeper about these epochs, then call [`Receiver::greeted`] and send the reply.
    Greet(Vec<Epoch>),
    Store(Batch),
    Lost(Lost),
}

/// The words that go with a refusal are for a person.
type Refused = (Refusal, String);

#[derive(Debug)]
pub struct Receiver {
    /// From the certificate, never from the greeting.
    station: StationId,
    state: State,
    decoder: Decoder,
}

#[derive(Debug)]
enum State {
    BeforeHello,
    /// The greeting was read; the keeper is being asked.
    Greeting {
        epochs: Vec<Epoch>,
    },
    /// The next number of each epoch that was greeted.
    Live {
        next: HashMap<Epoch, u64>,
    },
}

impl Receiver {
    pub fn new(station: StationId) -> Self {
        Self { station, state: State::BeforeHello, decoder: Decoder::default() }
    }

    /// One frame from the station (without its length).
    pub fn on_frame(&mut self, bytes: &[u8]) -> Result<Step, Refused> {
        let frame = Frame::decode(bytes).map_err(|e| match e {
            crate::wire::WireError::Version(v) => {
                (Refusal::Version, format!("the central does not speak version {v} of the delivery protocol"))
            }
            e => (Refusal::Protocol, format!("the central could not read a message: {e}")),
        })?;
        match (&mut self.state, frame) {
            (State::BeforeHello, Frame::Control(Control::Hello(hello))) => self.on_hello(hello),
            (State::Live { next }, Frame::Segment(segment)) => {
                let mut events = Vec::new();
                let header = self
                    .decoder
                    .decode(segment, &mut events)
                    .map_err(|e| (Refusal::Protocol, format!("the central could not read a segment: {e}")))?;
                let SegmentHeader { epoch, first_seq, .. } = header;
                advance(next, epoch, first_seq, header.last_seq())?;
                Ok(Step::Store(Batch { epoch, first_seq, events }))
            }
            (State::Live { next }, Frame::Control(Control::Lost(lost))) => {
                advance(next, lost.epoch, lost.first_seq, lost.last_seq)?;
                Ok(Step::Lost(lost))
            }
            _ => Err((Refusal::Protocol, "the central got a message out of order".into())),
        }
    }

    fn on_hello(&mut self, hello: Hello) -> Result<Step, Refused> {
        if hello.station != self.station {
            let words = format!("the certificate is that of station {}, not of {}", self.station, hello.station);
            return Err((Refusal::WrongName, words));
        }
        let epochs: Vec<Epoch> = hello.spans.iter().map(|s| s.epoch).collect();
        self.state = State::Greeting { epochs: epochs.clone() };
        Ok(Step::Greet(epochs))
    }

    /// What is stored of the greeted epochs.
    pub fn greeted(&mut self, watermarks: &[Watermark]) {
        let State::Greeting { epochs } = &self.state else { panic!("greeted() answers Step::Greet") };
        let mut next: HashMap<Epoch, u64> = epochs.iter().map(|&e| (e, 1)).collect();
        next.extend(watermarks.iter().map(|w| (w.epoch, w.seq + 1)));
        self.state = State::Live { next };
    }
}

/// Repeats are fine (the keeper skips them), holes are not.
fn advance(next: &mut HashMap<Epoch, u64>, epoch: Epoch, first_seq: u64, last_seq: u64) -> Result<(), Refused> {
    let Some(expected) = next.get_mut(&epoch) else {
        return Err((Refusal::Protocol, format!("epoch {epoch} was not in the greeting")));
    };
    if *expected < first_seq {
        return Err((Refusal::Gap, format!("events {expected} to {} of epoch {epoch} are missing", first_seq - 1)));
    }
    *expected = (*expected).max(last_seq.saturating_add(1));
    Ok(())
}

/// Joins `next` to `batch` when it follows without a hole and the whole stays within a transaction's limit; else gives it back.
pub fn merge(batch: &mut Batch, next: Batch) -> Option<Batch> {
    let follows = batch.epoch == next.epoch && batch.first_seq + batch.events.len() as u64 == next.first_seq;
    if !follows || MAX_MERGED_EVENTS < batch.events.len() + next.events.len() {
        return Some(next);
    }
    batch.events.extend(next.events);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::stream;
    use crate::wire::{BootInfo, Encoder, EpochSpan};

    fn station(name: &str) -> StationId {
        StationId::new(name).unwrap()
    }

    fn hello(name: &str, epochs: &[u64]) -> Vec<u8> {
        let spans = epochs.iter().map(|&e| EpochSpan { epoch: Epoch(e), first_seq: 1, last_seq: 0 }).collect();
        Control::Hello(Hello { station: station(name), spans, boot: BootInfo::default() }).encode()[4..].to_vec()
    }

    fn segment(epoch: u64, first_seq: u64, count: usize) -> Vec<u8> {
        let segment = Encoder::default().encode(Epoch(epoch), first_seq, &stream(1, count)).unwrap().segment;
        [&Frame::segment_head(&segment)[4..], &segment].concat()
    }

    fn live(stored: u64) -> Receiver {
        let mut receiver = Receiver::new(station("alpha"));
        assert_eq!(receiver.on_frame(&hello("alpha", &[1, 2])), Ok(Step::Greet(vec![Epoch(1), Epoch(2)])));
        receiver.greeted(&[Watermark { epoch: Epoch(1), seq: stored }]);
        receiver
    }

    fn refusal(result: Result<Step, Refused>) -> Refusal {
        result.unwrap_err().0
    }

    #[test]
    fn the_name_is_that_of_the_certificate() {
        let mut receiver = Receiver::new(station("alpha"));
        assert_eq!(refusal(receiver.on_frame(&hello("bravo", &[1]))), Refusal::WrongName);
    }

    #[test]
    fn nothing_goes_before_the_greeting_and_only_one_greeting() {
        let mut receiver = Receiver::new(station("alpha"));
        assert_eq!(refusal(receiver.on_frame(&segment(1, 1, 3))), Refusal::Protocol);
        assert_eq!(refusal(live(0).on_frame(&hello("alpha", &[1]))), Refusal::Protocol);
        let mut receiver = Receiver::new(station("alpha"));
        let mut other_version = hello("alpha", &[1]);
        other_version[1] = 9;
        assert_eq!(refusal(receiver.on_frame(&other_version)), Refusal::Version);
    }

    #[test]
    fn repeats_pass_and_holes_do_not() {
        let mut receiver = live(10);
        let first = |step| match step {
            Ok(Step::Store(batch)) => batch.first_seq,
            other => panic!("{other:?}"),
        };
        assert_eq!(first(receiver.on_frame(&segment(1, 5, 10))), 5);
        assert_eq!(first(receiver.on_frame(&segment(1, 15, 10))), 15);
        assert_eq!(first(receiver.on_frame(&segment(1, 15, 10))), 15);
        assert_eq!(refusal(receiver.on_frame(&segment(1, 26, 1))), Refusal::Gap);
        assert_eq!(refusal(receiver.on_frame(&segment(2, 2, 1))), Refusal::Gap);
        assert_eq!(refusal(receiver.on_frame(&segment(3, 1, 1))), Refusal::Protocol);
    }

    #[test]
    fn only_what_follows_is_merged() {
        let batch = |epoch, first_seq, count| Batch { epoch: Epoch(epoch), first_seq, events: stream(1, count) };
        let mut first = batch(1, 1, 6000);
        assert_eq!(merge(&mut first, batch(1, 6001, 4000)), None);
        assert_eq!(first.events.len(), 10_000);
        assert!(merge(&mut first, batch(1, 10_001, 1)).is_some());
        let mut first = batch(1, 1, 5);
        assert!(merge(&mut first, batch(1, 7, 1)).is_some());
        assert!(merge(&mut first, batch(2, 6, 1)).is_some());
    }
}
