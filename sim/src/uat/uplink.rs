//! What a ground station says: its place, and FIS-B products in information frames (DO-282B §2.2.4.6; DO-358B).
//!
//! ```text
//!  byte 1…3       3…6         6    7                          8        9…432
//!  | latitude 23 | longitude | PV | UTC, –, valid, –, slot 5 | site 4 | information frames, then zeros |
//!  information frame: | length 9 | reserved 3 | type 4 | contents |        type 0: a FIS-B APDU
//!  APDU: | flags 3 | product 11 | S 1 | time option 2 | hours 5 | minutes 6 | (segment 28) | padding | payload |
//! ```

use super::encode::place_code;
use super::frame::UatFrame;
use model::LatLon;

/// One APDU's header and payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apdu {
    pub product: u16,
    /// Month and day, when the header has them.
    pub day: Option<(u8, u8)>,
    pub hour: u8,
    pub minute: u8,
    /// File number, how many parts, which part (from 1).
    pub segment: Option<(u16, u16, u16)>,
    pub payload: Vec<u8>,
}

impl Apdu {
    /// Product 413: text as it is.
    pub fn text(hour: u8, minute: u8, text: &str) -> Self {
        Self { product: 413, day: None, hour, minute, segment: None, payload: dlac(text) }
    }

    /// Text with its own record header (NOTAM 8, AIRMET 11, SIGMET 12, SUA 13 …).
    pub fn record(product: u16, (hour, minute): (u8, u8), location: &str, number: u16, text: &str) -> Self {
        let mut payload = record_head(location);
        payload.extend(record_body(number, text));
        Self { product, day: Some((11, 23)), hour, minute, segment: None, payload }
    }

    /// The same in parts of at most `bytes`, each with the record header that the standard repeats.
    pub fn in_parts(&self, file: u16, bytes: usize) -> Vec<Self> {
        let (head, body) = self.payload.split_at(6);
        let parts: Vec<&[u8]> = body.chunks(bytes).collect();
        let count = parts.len() as u16;
        let part = |(i, part): (usize, &&[u8])| Self {
            segment: Some((file, count, i as u16 + 1)),
            payload: [head, *part].concat(),
            ..self.clone()
        };
        parts.iter().enumerate().map(part).collect()
    }

    /// The bytes of an information frame.
    pub fn frame(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.put(3, 0);
        bits.put(11, u32::from(self.product));
        bits.put(1, u32::from(self.segment.is_some()));
        bits.put(2, if self.day.is_some() { 2 } else { 0 });
        if let Some((month, day)) = self.day {
            bits.put(4, u32::from(month));
            bits.put(5, u32::from(day));
        }
        bits.put(5, u32::from(self.hour));
        bits.put(6, u32::from(self.minute));
        if let Some((file, count, part)) = self.segment {
            bits.put(10, u32::from(file));
            bits.put(9, u32::from(count));
            bits.put(9, u32::from(part));
        }
        let mut bytes = bits.bytes();
        bytes.extend(&self.payload);
        let mut frame = vec![(bytes.len() >> 1) as u8, (bytes.len() << 7) as u8];
        frame.extend(bytes);
        frame
    }
}

/// Ground station and slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    pub at: LatLon,
    pub slot: u8,
    pub site: u8,
}

/// One uplink frame. `None`: the frames do not fit into 424 bytes.
pub fn uplink(station: &Station, apdus: &[Apdu]) -> Option<UatFrame> {
    let (lat, lon) = place_code(station.at);
    let mut bits = Bits::default();
    bits.put(23, lat);
    bits.put(24, lon);
    bits.put(1, 1);
    bits.put(3, 0b101);
    bits.put(5, u32::from(station.slot));
    bits.put(4, u32::from(station.site));
    bits.put(4, 0);
    let mut bytes = bits.bytes();
    bytes.extend(apdus.iter().flat_map(Apdu::frame));
    if 432 < bytes.len() {
        return None;
    }
    bytes.resize(432, 0);
    UatFrame::new(&bytes)
}

fn record_head(location: &str) -> Vec<u8> {
    let mut head = vec![2 << 4, 1 << 4];
    head.extend(dlac(&format!("{location:<4}")));
    head.push(0xFF);
    head
}

fn record_body(number: u16, text: &str) -> Vec<u8> {
    let text = dlac(text);
    let mut bits = Bits::default();
    bits.put(16, text.len() as u32 + 5);
    bits.put(14, u32::from(number));
    bits.put(7, 26);
    // Active.
    bits.put(3, 0b100);
    let mut body = bits.bytes();
    body.extend(text);
    body
}

/// The six-bit alphabet of FIS-B text (DO-267A table D-1): ETX, A…Z, …, tab 28, record separator 29, line feed 30, bar 31, then
/// ASCII from the space on.
pub fn dlac(text: &str) -> Vec<u8> {
    let mut bits = Bits::default();
    for character in text.bytes() {
        bits.put(
            6,
            match character {
                b'A'..=b'Z' => u32::from(character - b'A') + 1,
                b' '..=b'?' => u32::from(character - b' ') + 32,
                b'\t' => 28,
                0x1E => 29,
                b'\n' => 30,
                b'|' => 31,
                _ => 0,
            },
        );
        // A tab is followed by how many spaces it stands for.
        if character == b'\t' {
            bits.put(6, 4);
        }
    }
    bits.bytes()
}

/// Bits, first on the air first; padded with zeros to whole bytes.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, width: usize, value: u32) {
        self.0.extend((0..width).rev().map(|i| value >> i & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| (0..8).fold(0, |byte, i| byte << 1 | u8::from(bits.get(i).copied().unwrap_or(false)));
        self.0.chunks(8).map(byte).collect()
    }
}
