//! Raw frames against earlier ones of the same subject.
//!
//! - Mode S: the 24 parity bits are left out where they follow from the frame (DF 11, 17, 18) or from the frame and the
//!   address (DF 0, 4, 5, 16, 20, 21).
//! - Mode S and AIS repeat themselves: the first 16 bytes are XORed with the most alike of the subject's last 8 frames of
//!   that length. APRS is text, where XOR would spoil what zstd finds by itself.
//!
//! ```text
//!   RawRef:  bits 0–1 parity (0 written out, 1 follows from the frame, 2 from frame and address), bits 2–5 reference (0 none, n = slot n-1)
//!   RawLen:  length of the whole frame, parity included
//! ```

use super::WireError;
use super::columns::{Col, Columns, RAW_COLUMNS, Writer};
use super::crc::mode_s_parity;
use model::{Protocol, Raw, Subject};

const SLOTS: usize = 8;
const PARITY_BYTES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    len: u16,
    head: [u8; RAW_COLUMNS],
}

/// The last frames of one subject, one for each way of looking (even and odd position, velocity, …): a frame that is like
/// an earlier one replaces it.
#[derive(Debug, Default)]
pub struct RawMemory {
    slots: [Option<Slot>; SLOTS],
    oldest: usize,
}

impl RawMemory {
    /// The slot that differs in the fewest bytes.
    fn best(&self, frame: &Slot) -> Option<usize> {
        let cost = |s: &Slot| differing_bytes(&s.head, &frame.head);
        let same_length = |(i, s): (usize, &Option<Slot>)| s.filter(|s| s.len == frame.len).map(|s| (cost(&s), i));
        self.slots.iter().enumerate().filter_map(same_length).min().map(|(_, i)| i)
    }

    fn remember(&mut self, frame: Slot, reference: Option<usize>) {
        let alike = |i: &usize| {
            let known = self.slots[*i].map_or([0; RAW_COLUMNS], |s| s.head);
            2 * differing_bytes(&known, &frame.head) <= frame.len as u32
        };
        let place = reference.filter(alike).unwrap_or_else(|| {
            self.oldest = (self.oldest + 1) % SLOTS;
            self.oldest
        });
        self.slots[place] = Some(frame);
    }

    pub fn encode(&mut self, w: &mut Writer, protocol: Protocol, subject: &Subject, raw: &Raw) {
        let bytes = raw.as_slice();
        let parity = Parity::of(protocol, subject, bytes);
        let body = &bytes[..bytes.len() - parity.bytes_left_out()];
        w.varint(Col::RawLen, bytes.len() as u64);
        if !repeats_itself(protocol) {
            w.u8(Col::RawRef, parity as u8);
            w.raw(body);
            return;
        }
        let frame = Slot { len: bytes.len() as u16, head: head(body) };
        let reference = self.best(&frame);
        w.u8(Col::RawRef, parity as u8 | (reference.map_or(0, |i| i + 1) as u8) << 2);
        let mut out = [0; Raw::MAX];
        let out = &mut out[..body.len()];
        out.copy_from_slice(body);
        self.apply(reference, out);
        w.raw(out);
        self.remember(frame, reference);
    }

    pub fn decode(&mut self, c: &mut Columns, protocol: Protocol, subject: &Subject) -> Result<Raw, WireError> {
        let len = c.varint(Col::RawLen)?;
        if (Raw::MAX as u64) < len {
            return Err(WireError::TooLarge { what: "raw frame", value: len, limit: Raw::MAX as u64 });
        }
        let len = len as usize;
        let tag = c.u8(Col::RawRef)?;
        let parity = Parity::from_tag(tag & 3)?;
        let reference = ((tag >> 2) as usize).checked_sub(1);
        let body_len = len.checked_sub(parity.bytes_left_out()).ok_or(WireError::Range("raw length"))?;
        let mut buffer = [0; Raw::MAX];
        let bytes = &mut buffer[..len];
        c.raw(&mut bytes[..body_len])?;
        if repeats_itself(protocol) {
            if reference.is_some_and(|i| self.slots.get(i).is_none_or(|s| s.is_none_or(|s| s.len as usize != len))) {
                return Err(WireError::Range("raw reference"));
            }
            self.apply(reference, &mut bytes[..body_len]);
            self.remember(Slot { len: len as u16, head: head(&bytes[..body_len]) }, reference);
        } else if reference.is_some() {
            return Err(WireError::Range("raw reference"));
        }
        parity.restore(subject, bytes)?;
        Ok(Raw::new(bytes))
    }

    fn apply(&self, reference: Option<usize>, bytes: &mut [u8]) {
        let Some(slot) = reference.and_then(|i| self.slots[i]) else { return };
        bytes.iter_mut().zip(slot.head).for_each(|(b, h)| *b ^= h);
    }
}

const fn repeats_itself(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::Aprs)
}

fn head(bytes: &[u8]) -> [u8; RAW_COLUMNS] {
    let mut head = [0; RAW_COLUMNS];
    let n = bytes.len().min(RAW_COLUMNS);
    head[..n].copy_from_slice(&bytes[..n]);
    head
}

fn differing_bytes(a: &[u8; RAW_COLUMNS], b: &[u8; RAW_COLUMNS]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a != b)).sum()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parity {
    Written = 0,
    FromFrame = 1,
    FromFrameAndAddress = 2,
}

impl Parity {
    fn of(protocol: Protocol, subject: &Subject, bytes: &[u8]) -> Self {
        if protocol != Protocol::Adsb || !matches!(bytes.len(), 7 | 14) {
            return Self::Written;
        }
        let (data, parity) = bytes.split_at(bytes.len() - PARITY_BYTES);
        let parity = u32::from_be_bytes([0, parity[0], parity[1], parity[2]]);
        match parity ^ mode_s_parity(data) {
            0 => Self::FromFrame,
            rest if Some(rest) == address(subject) => Self::FromFrameAndAddress,
            _ => Self::Written,
        }
    }

    fn from_tag(tag: u8) -> Result<Self, WireError> {
        [Self::Written, Self::FromFrame, Self::FromFrameAndAddress].get(tag as usize).copied().ok_or(WireError::Tag("parity"))
    }

    const fn bytes_left_out(self) -> usize {
        if matches!(self, Self::Written) { 0 } else { PARITY_BYTES }
    }

    fn restore(self, subject: &Subject, bytes: &mut [u8]) -> Result<(), WireError> {
        let overlay = match self {
            Self::Written => return Ok(()),
            Self::FromFrame => 0,
            Self::FromFrameAndAddress => address(subject).ok_or(WireError::Range("parity of a subject without an address"))?,
        };
        let (data, parity) = bytes.split_at_mut(bytes.len() - PARITY_BYTES);
        parity.copy_from_slice(&(mode_s_parity(data) ^ overlay).to_be_bytes()[1..]);
        Ok(())
    }
}

fn address(subject: &Subject) -> Option<u32> {
    match subject {
        Subject::Aircraft(a) | Subject::NonIcao(a) => Some(a.get()),
        Subject::Vessel(_) | Subject::Callsign(_) => None,
    }
}
