//! Bits to sentences.

use super::{armor, checksum};
use crate::ais::channels::Channel;
use crate::ais::message::Bits;
use model::Frame;

/// Characters of payload in one sentence of several: keeps a sentence within 82 bytes (IEC 61162-1 §7.2.1).
const PAYLOAD_MAX: usize = 60;

/// One or more `!AIVDM` sentences without ends of line. `id` (0–9) joins the parts of a long message.
pub fn sentences(bits: &Bits, channel: Option<Channel>, id: u8) -> Vec<String> {
    let characters: Vec<u8> = (0..bits.len().div_ceil(6)).map(|i| armor(bits.uint(i * 6, 6) as u8)).collect();
    let fill = characters.len() * 6 - bits.len();
    let channel = channel.map_or(String::new(), |c| c.letter().to_string());
    let parts: Vec<&[u8]> = characters.chunks(PAYLOAD_MAX).collect();
    let id = if parts.len() == 1 { String::new() } else { (id % 10).to_string() };
    let sentence = |(i, payload): (usize, &&[u8])| {
        let payload = core::str::from_utf8(payload).expect("armoured characters are ASCII");
        let fill = if i + 1 == parts.len() { fill } else { 0 };
        let body = format!("AIVDM,{},{},{id},{channel},{payload},{fill}", parts.len(), i + 1);
        format!("!{body}*{:02X}", checksum(body.as_bytes()))
    };
    parts.iter().enumerate().map(sentence).collect()
}

/// A frame as the sentences people exchange, one a line. Long messages get an id from their content, so that the same frame
/// always reads the same.
pub fn frame_text(frame: &Frame) -> String {
    let raw = frame.raw.as_slice();
    let Some(bits) = Bits::from_bytes(raw) else { return String::new() };
    let id = checksum(raw) % 10;
    sentences(&bits, frame.signal.channel.and_then(Channel::from_id), id).join("\n")
}
