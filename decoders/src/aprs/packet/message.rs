//! Messages, bulletins and what travels as messages (ch. 14, 13; reply-acks of the 1.1 addendum).
//!
//! ```text
//!   :ADDRESSEE:text{id     :ADDRESSEE:text{id}ack     :ADDRESSEE:ackid     :BLN1_____:text     :N0CALL___:PARM.…
//! ```

use super::{PacketError, name, text};
use model::ShortText;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    Message,
    /// `BLN…`, `NWS…`: to everybody.
    Bulletin,
    Acknowledgement,
    Rejection,
    /// `PARM.`, `UNIT.`, `EQNS.`, `BITS.`: what a station's telemetry means.
    TelemetryParameters,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub kind: MessageKind,
    pub to: ShortText<9>,
    /// Without the id. Acknowledgement and rejection: empty.
    pub text: String,
    /// The message's number, or that of the acknowledged one.
    pub id: Option<ShortText<5>>,
    /// Reply-ack: the number of the other's message that this one acknowledges too; empty: it understands reply-acks.
    pub reply_ack: Option<ShortText<5>>,
}

impl Message {
    /// `b`: behind the data type.
    pub fn parse(b: &[u8]) -> Result<Self, PacketError> {
        let (head, rest) = b.split_at_checked(10).filter(|(h, _)| h[9] == b':').ok_or(PacketError::Message)?;
        let to = name(&head[..9]).ok_or(PacketError::Message)?;
        let rest = rest.trim_ascii_end();
        for (word, kind) in [(&b"ack"[..], MessageKind::Acknowledgement), (b"rej", MessageKind::Rejection)] {
            if let Some((id, reply_ack)) = rest.strip_prefix(word).and_then(id) {
                return Ok(Self { kind, to, text: String::new(), id: Some(id), reply_ack });
            }
        }
        let parameters = [&b"PARM."[..], b"UNIT.", b"EQNS.", b"BITS."].iter().any(|p| rest.starts_with(p));
        let kind = match () {
            () if parameters => MessageKind::TelemetryParameters,
            () if to.as_str().starts_with("BLN") || to.as_str().starts_with("NWS") => MessageKind::Bulletin,
            () => MessageKind::Message,
        };
        let numbered = rest.iter().rposition(|&b| b == b'{').and_then(|at| Some((at, id(&rest[at + 1..])?)));
        let (body, id, reply_ack) = numbered.map_or((rest, None, None), |(at, (id, reply))| (&rest[..at], Some(id), reply));
        Ok(Self { kind, to, text: text(body), id, reply_ack })
    }
}

type Id = ShortText<5>;

/// 1–5 letters or digits; a reply-ack (`id}` or `id}ack`) may follow.
fn id(b: &[u8]) -> Option<(Id, Option<Id>)> {
    let end = b.iter().position(|&b| b == b'}').unwrap_or(b.len());
    let short = |b: &[u8]| {
        let fits = b.len() <= 5 && b.iter().all(u8::is_ascii_alphanumeric);
        if fits { ShortText::new(core::str::from_utf8(b).ok()?).ok() } else { None }
    };
    let reply = match b.get(end + 1..) {
        Some(reply) => Some(short(reply)?),
        None => None,
    };
    if end == 0 { None } else { Some((short(&b[..end])?, reply)) }
}
