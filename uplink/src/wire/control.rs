//! What station and central say to each other, beside segments. One bidirectional QUIC stream carries a session:
//!
//! ```text
//!   station                               central
//!   Hello (first)              ──►
//!                              ◄──        HelloReply, or Refuse and the end
//!   Segment | Lost, in order   ──►
//!                              ◄──        Ack after commit, or Refuse and the end
//!
//!   station                               central, on a second stream, beside the first
//!   Urgent                     ──►
//!                              ◄──        UrgentAck after commit
//!
//!   frame = u32 length of what follows | u8 type | body        (little endian; a Segment's body is a whole segment)
//! ```
//! The second stream is how the two find out whether both know of it: a central that does gives credit for it (QUIC's
//! MAX_STREAMS), an older one does not and the station's request to open it waits; an older station never asks. An Urgent
//! frame carries a version of its own and a segment of exactly one event; a central that does not speak that version ends
//! the stream, and the first goes on.

use super::bytes::{Reader, put_bytes, put_signed, put_varint};
use super::segment::MAX_SEGMENT_BYTES;
use super::{VERSION, WireError};
use crate::intake::{Lost, LostReason, MAX_EPOCHS, UrgentKey, Watermark};
use model::{Epoch, StationId, UnixMicros};

/// A control frame's body, at most: a greeting with [`MAX_EPOCHS`] spans.
pub const MAX_CONTROL_BYTES: usize = 4096;
/// Any frame, its length field not counted.
pub const MAX_FRAME_BYTES: usize = 2 + MAX_SEGMENT_BYTES;
/// A refusal's words.
const MAX_WORDS: usize = 512;

const HELLO: u8 = 1;
const HELLO_REPLY: u8 = 2;
const SEGMENT: u8 = 3;
const ACK: u8 = 4;
const LOST: u8 = 5;
const REFUSE: u8 = 6;
const ENROL: u8 = 7;
const ENROLLED: u8 = 8;
const URGENT: u8 = 9;
const URGENT_ACK: u8 = 10;
/// Of the Urgent frame.
const URGENT_VERSION: u8 = 1;
/// A certificate or a request for one.
const MAX_CERTIFICATE: usize = 3000;

/// What the station still holds, undelivered, of one epoch. `last_seq < first_seq`: nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSpan {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub last_seq: u64,
}

/// For whoever looks for the cause of a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootInfo {
    /// Version of the program.
    pub program: String,
    /// When this process started, by the station's clock.
    pub started_at: UnixMicros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Who the station believes to be. The central takes the name from the certificate, and refuses when they differ.
    pub station: StationId,
    /// Oldest first; at most [`MAX_EPOCHS`]. The last is the one that is being written, unless there are more.
    pub spans: Vec<EpochSpan>,
    pub boot: BootInfo,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloReply {
    /// Of each span's epoch of which something is stored.
    pub watermarks: Vec<Watermark>,
    pub server_time: UnixMicros,
}

/// Why the central ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Not a version that the central speaks.
    Version,
    /// The certificate names another station than the greeting.
    WrongName,
    /// Unknown or revoked.
    NotAllowed,
    /// Another session of the same station took over.
    Superseded,
    /// Bytes or an order of messages that a station never sends.
    Protocol,
    /// Events are missing before those that were sent: greet again, and send from the watermark.
    Gap,
    /// The central can't store now: try again later.
    Unavailable,
    /// The central is going down in good order.
    Stopping,
}

impl Refusal {
    const ALL: [Self; 8] =
        [Self::Version, Self::WrongName, Self::NotAllowed, Self::Superseded, Self::Protocol, Self::Gap, Self::Unavailable, Self::Stopping];

    /// Trying again soon can't help: someone has to do something first.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Version | Self::WrongName | Self::NotAllowed)
    }
}

/// Of an enrolment token. Not shown in a debug print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    Hello(Hello),
    HelloReply(HelloReply),
    Ack(Watermark),
    Lost(Lost),
    /// The words are one sentence for a person.
    Refuse(Refusal, String),
    /// On the enrolment protocol: a PKCS #10 request (DER) for a key that the station made.
    Enrol {
        station: StationId,
        secret: Secret,
        request: Vec<u8>,
    },
    /// The certificate (DER).
    Enrolled {
        certificate: Vec<u8>,
    },
    /// The urgent event is kept for good.
    UrgentAck(UrgentKey),
}

/// What one frame holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    Control(Control),
    Segment(&'a [u8]),
    /// A segment of one event.
    Urgent(&'a [u8]),
}

/// The length in a frame's first four bytes, once it is known to be bearable.
pub fn frame_length(head: [u8; 4]) -> Result<usize, WireError> {
    let len = u32::from_le_bytes(head);
    match len as usize {
        0 => Err(WireError::Truncated),
        n if n <= MAX_FRAME_BYTES => Ok(n),
        _ => Err(WireError::TooLarge { what: "frame", value: len.into(), limit: MAX_FRAME_BYTES as u64 }),
    }
}

impl<'a> Frame<'a> {
    /// `bytes`: what follows the length.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader(bytes);
        let kind = r.u8()?;
        match kind {
            SEGMENT => return Ok(Self::Segment(r.0)),
            URGENT => {
                return match r.u8()? {
                    URGENT_VERSION => Ok(Self::Urgent(r.0)),
                    other => Err(WireError::Version(other)),
                };
            }
            _ => {}
        }
        if MAX_CONTROL_BYTES < r.0.len() {
            return Err(WireError::TooLarge { what: "control message", value: r.0.len() as u64, limit: MAX_CONTROL_BYTES as u64 });
        }
        let control = match kind {
            HELLO => Control::Hello(hello(&mut r)?),
            HELLO_REPLY => Control::HelloReply(hello_reply(&mut r)?),
            ACK => Control::Ack(watermark(&mut r)?),
            LOST => Control::Lost(lost(&mut r)?),
            REFUSE => {
                let tag = r.u8()?;
                let refusal = Refusal::ALL.get(tag as usize).copied().ok_or(WireError::Tag("refusal"))?;
                Control::Refuse(refusal, r.text("words", MAX_WORDS)?.to_owned())
            }
            ENROL => {
                version(&mut r)?;
                let station = station(&mut r)?;
                let secret = Secret(r.array()?);
                Control::Enrol { station, secret, request: r.bytes("request", MAX_CERTIFICATE)?.to_vec() }
            }
            ENROLLED => {
                version(&mut r)?;
                Control::Enrolled { certificate: r.bytes("certificate", MAX_CERTIFICATE)?.to_vec() }
            }
            URGENT_ACK => {
                let Watermark { epoch, seq } = watermark(&mut r)?;
                Control::UrgentAck(UrgentKey { epoch, seq })
            }
            _ => return Err(WireError::Tag("frame")),
        };
        r.finish()?;
        Ok(Self::Control(control))
    }

    /// The four bytes of length and the type that go before a segment.
    pub fn segment_head(segment: &[u8]) -> [u8; 5] {
        let len = (segment.len() as u32 + 1).to_le_bytes();
        [len[0], len[1], len[2], len[3], SEGMENT]
    }

    /// A whole Urgent frame, its length included, around a segment of one event.
    pub fn urgent(segment: &[u8]) -> Vec<u8> {
        let mut out = (segment.len() as u32 + 2).to_le_bytes().to_vec();
        out.extend_from_slice(&[URGENT, URGENT_VERSION]);
        out.extend_from_slice(segment);
        out
    }
}

impl Control {
    /// The whole frame, its length included.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 4];
        match self {
            Self::Hello(hello) => put_hello(&mut out, hello),
            Self::HelloReply(reply) => {
                out.extend_from_slice(&[HELLO_REPLY, VERSION]);
                put_signed(&mut out, reply.server_time.0);
                put_varint(&mut out, reply.watermarks.len() as u64);
                reply.watermarks.iter().for_each(|w| put_watermark(&mut out, w));
            }
            Self::Ack(w) => {
                out.push(ACK);
                put_watermark(&mut out, w);
            }
            Self::Lost(lost) => {
                out.push(LOST);
                put_watermark(&mut out, &Watermark { epoch: lost.epoch, seq: lost.first_seq });
                put_varint(&mut out, lost.last_seq);
                out.push(lost.why as u8);
            }
            Self::Refuse(refusal, words) => {
                out.extend_from_slice(&[REFUSE, *refusal as u8]);
                put_bytes(&mut out, cut(words).as_bytes());
            }
            Self::Enrol { station, secret, request } => {
                out.extend_from_slice(&[ENROL, VERSION]);
                put_bytes(&mut out, station.as_str().as_bytes());
                out.extend_from_slice(&secret.0);
                put_bytes(&mut out, request);
            }
            Self::Enrolled { certificate } => {
                out.extend_from_slice(&[ENROLLED, VERSION]);
                put_bytes(&mut out, certificate);
            }
            Self::UrgentAck(UrgentKey { epoch, seq }) => {
                out.push(URGENT_ACK);
                put_watermark(&mut out, &Watermark { epoch: *epoch, seq: *seq });
            }
        }
        let len = out.len() as u32 - 4;
        out[..4].copy_from_slice(&len.to_le_bytes());
        out
    }
}

fn cut(words: &str) -> &str {
    &words[..words.floor_char_boundary(MAX_WORDS)]
}

fn put_hello(out: &mut Vec<u8>, hello: &Hello) {
    assert!(hello.spans.len() <= MAX_EPOCHS, "the session greets with at most MAX_EPOCHS");
    out.extend_from_slice(&[HELLO, VERSION]);
    put_bytes(out, hello.station.as_str().as_bytes());
    put_bytes(out, cut(&hello.boot.program).as_bytes());
    put_signed(out, hello.boot.started_at.0);
    put_varint(out, hello.spans.len() as u64);
    for span in &hello.spans {
        put_watermark(out, &Watermark { epoch: span.epoch, seq: span.first_seq });
        put_varint(out, span.last_seq);
    }
}

fn put_watermark(out: &mut Vec<u8>, w: &Watermark) {
    out.extend_from_slice(&w.epoch.0.to_le_bytes());
    put_varint(out, w.seq);
}

fn version(r: &mut Reader) -> Result<(), WireError> {
    match r.u8()? {
        VERSION => Ok(()),
        other => Err(WireError::Version(other)),
    }
}

fn watermark(r: &mut Reader) -> Result<Watermark, WireError> {
    Ok(Watermark { epoch: Epoch(r.u64()?), seq: r.varint()? })
}

fn station(r: &mut Reader) -> Result<StationId, WireError> {
    StationId::new(r.text("station", 64)?).ok_or(WireError::Range("station"))
}

fn count(r: &mut Reader) -> Result<u64, WireError> {
    match r.varint()? {
        n if n <= MAX_EPOCHS as u64 => Ok(n),
        value => Err(WireError::TooLarge { what: "epochs", value, limit: MAX_EPOCHS as u64 }),
    }
}

fn hello(r: &mut Reader) -> Result<Hello, WireError> {
    version(r)?;
    let station = station(r)?;
    let program = r.text("program", MAX_WORDS)?.to_owned();
    let started_at = UnixMicros(r.signed()?);
    let mut spans = Vec::new();
    for _ in 0..count(r)? {
        let Watermark { epoch, seq } = watermark(r)?;
        spans.push(EpochSpan { epoch, first_seq: seq, last_seq: r.varint()? });
    }
    Ok(Hello { station, spans, boot: BootInfo { program, started_at } })
}

fn hello_reply(r: &mut Reader) -> Result<HelloReply, WireError> {
    version(r)?;
    let server_time = UnixMicros(r.signed()?);
    let watermarks = (0..count(r)?).map(|_| watermark(r)).collect::<Result<_, _>>()?;
    Ok(HelloReply { watermarks, server_time })
}

fn lost(r: &mut Reader) -> Result<Lost, WireError> {
    let Watermark { epoch, seq: first_seq } = watermark(r)?;
    let last_seq = r.varint()?;
    let why = match r.u8()? {
        0 => LostReason::Damaged,
        1 => LostReason::Missing,
        _ => return Err(WireError::Tag("loss")),
    };
    if first_seq == 0 || last_seq < first_seq {
        return Err(WireError::Range("loss"));
    }
    Ok(Lost { epoch, first_seq, last_seq, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages() -> Vec<Control> {
        let epoch = Epoch(0x0123_4567_89ab_cdef);
        let span = EpochSpan { epoch, first_seq: 7, last_seq: u64::MAX };
        let hello = |n| Hello {
            station: StationId::new("alpha").unwrap(),
            spans: vec![span; n],
            boot: BootInfo { program: "vtoc 0.1.0".into(), started_at: UnixMicros(-1) },
        };
        vec![
            Control::Hello(hello(0)),
            Control::Hello(hello(MAX_EPOCHS)),
            Control::HelloReply(HelloReply { watermarks: vec![Watermark { epoch, seq: 9 }], server_time: UnixMicros(12) }),
            Control::Ack(Watermark { epoch, seq: u64::MAX }),
            Control::Lost(Lost { epoch, first_seq: 3, last_seq: 4, why: LostReason::Missing }),
            Control::Refuse(Refusal::Stopping, "The central is being restarted.".into()),
            Control::Enrol { station: StationId::new("alpha").unwrap(), secret: Secret([7; 32]), request: vec![1; 300] },
            Control::Enrolled { certificate: vec![2; 500] },
            Control::UrgentAck(UrgentKey { epoch, seq: 1 << 40 }),
        ]
    }

    #[test]
    fn messages_round_trip() {
        for message in messages() {
            let bytes = message.encode();
            assert_eq!(frame_length(bytes[..4].try_into().unwrap()), Ok(bytes.len() - 4));
            assert_eq!(Frame::decode(&bytes[4..]), Ok(Frame::Control(message)));
        }
        for refusal in Refusal::ALL {
            let message = Control::Refuse(refusal, String::new());
            assert_eq!(Frame::decode(&message.encode()[4..]), Ok(Frame::Control(message)));
        }
    }

    #[test]
    fn an_urgent_frame_carries_its_version() {
        let mut bytes = Frame::urgent(b"segment");
        assert_eq!(frame_length(bytes[..4].try_into().unwrap()), Ok(bytes.len() - 4));
        assert_eq!(Frame::decode(&bytes[4..]), Ok(Frame::Urgent(b"segment")));
        bytes[5] = 2;
        assert_eq!(Frame::decode(&bytes[4..]), Err(WireError::Version(2)));
    }

    #[test]
    fn a_longer_refusal_is_cut_at_a_character() {
        let bytes = Control::Refuse(Refusal::Gap, "é".repeat(400) + "x").encode();
        assert!(matches!(Frame::decode(&bytes[4..]), Ok(Frame::Control(Control::Refuse(_, words))) if words.len() == 512));
    }

    #[test]
    fn an_unbearable_length_is_refused_before_reading() {
        assert!(matches!(frame_length([0xff; 4]), Err(WireError::TooLarge { .. })));
        assert_eq!(frame_length([0; 4]), Err(WireError::Truncated));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frame::decode(&bytes);
        }

        #[test]
        fn a_changed_message_is_another_message_or_refused(which in 0..9_usize, at in any::<prop::sample::Index>(), with in 1..=255_u8) {
            let message = messages().swap_remove(which);
            let mut bytes = message.encode();
            let at = 4 + at.index(bytes.len() - 4);
            bytes[at] ^= with;
            prop_assert_ne!(Frame::decode(&bytes[4..]), Ok(Frame::Control(message)));
        }
    }
}
