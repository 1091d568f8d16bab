//! Objects and items (ch. 11): something that is not the sender.
//!
//! ```text
//!   ;NAME_____*DDHHMMz position…     name of 9, '*' live or '_' killed, time
//!   )NAME! position…                 name of 3–9, '!' live or '_' killed
//! ```

use super::{Packet, PacketError, Report, Time, name, place};

pub fn object(b: &[u8]) -> Result<Packet, PacketError> {
    let (head, rest) = b.split_at_checked(17).ok_or(PacketError::Object)?;
    let live = match head[9] {
        b'*' => true,
        b'_' => false,
        _ => return Err(PacketError::Object),
    };
    let name = name(&head[..9]).ok_or(PacketError::Object)?;
    let time = Time::parse(&head[10..]);
    Ok(Packet::Object { name, live, report: Report { time, ..place::report(rest)? } })
}

pub fn item(b: &[u8]) -> Result<Packet, PacketError> {
    let end = b.iter().take(10).position(|b| matches!(b, b'!' | b'_')).filter(|end| 3 <= *end).ok_or(PacketError::Object)?;
    let name = name(&b[..end]).ok_or(PacketError::Object)?;
    Ok(Packet::Object { name, live: b[end] == b'!', report: place::report(&b[end + 1..])? })
}
