//! IL2P: frames with error correction of their own, found by a word in front of them (Improved Layer 2 Protocol, draft 0.6).
//!
//! ```text
//!   sync F1 5E 48 │ header 13 + parity 2 │ payload in blocks, each with its parity │ CRC as 4 Hamming words (since 0.5; may be missing)
//!
//!   header, bits 0–5 of bytes 0–11: destination and source, six bits a character; byte 12: their SSIDs
//!           bit 6 of byte 0: UI; of 1–4: PID; of 5–11: control     bit 7 of byte 0: strong; 1: type; 2–11: bytes of payload
//! ```
//! Levels are sent as they are, without NRZI, stuffing or flags, the first bit of a byte first. Header and blocks are scrambled
//! each by itself (x⁹ + x⁴ + 1), then given their Reed–Solomon parity: 16 bytes a block when strong, else 2 to 8 by its length. Type 1 stands for an
//! AX.25 frame with two addresses, type 0 holds a whole one. Receivers of baseband don't know which way up they hear: the word
//! tells.
//!
//! A code word within reach is not always the one that was sent: setting right all that 2 bytes of parity can (1 byte of 63) turns a quarter
//! of hopeless blocks into wrong ones. So where the CRC doesn't say that the frame is right, a block may need no more than one
//! byte less than its parity reaches (16 bytes: all, wrong in 2·10⁻⁵ of hopeless ones).

use super::reader::FRAME_BYTES_MAX;
use crate::hdlc;
use crate::reed_solomon::{Code, IL2P};

const SYNC: u32 = 0xF1_5E48;
const SYNC_MASK: u32 = 0xFF_FFFF;
/// Wrong bits of the sync word.
const SYNC_ERRORS_MAX: u32 = 1;
const HEADER: usize = 13;
const HEADER_PARITY: usize = 2;
const CRC_WORDS: usize = 4;
/// Without FCS.
const FRAME_MAX: usize = FRAME_BYTES_MAX - 2;
/// Payload in two blocks at most, parity of both, CRC.
const CODED_MAX: usize = FRAME_MAX + 2 * 16 + CRC_WORDS;
const PARITY_STRONG: usize = 16;

/// Nibbles as Hamming(7,4) words (draft 0.6, table of the trailing CRC).
const HAMMING: [u8; 16] = [0x00, 0x71, 0x62, 0x13, 0x54, 0x25, 0x36, 0x47, 0x38, 0x49, 0x5A, 0x2B, 0x6C, 0x1D, 0x0E, 0x7F];
/// PIDs of their four-bit numbers; 0 and 1 are S and U frames, which have none.
const PIDS: [Option<u8>; 16] = [
    None,
    None,
    Some(0x10),
    Some(0x01),
    Some(0x06),
    Some(0x07),
    Some(0x08),
    None,
    None,
    None,
    None,
    Some(0xCC),
    Some(0xCD),
    Some(0xCE),
    Some(0xCF),
    Some(0xF0),
];
/// Control bytes of U frames by their opcode: SABM, DISC, DM, UA, FRMR, UI, XID, TEST.
const U_FRAMES: [u8; 8] = [0x2F, 0x43, 0x0F, 0x63, 0x87, 0x03, 0xAF, 0xE3];

/// A frame being collected.
#[derive(Debug)]
pub struct Il2p {
    last: u32,
    open: Option<Open>,
    coded: [u8; CODED_MAX],
    frame: [u8; FRAME_MAX],
    len: usize,
    opened_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    inverted: bool,
    bits: usize,
    header: Option<Header>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    bytes: [u8; HEADER],
    corrected: usize,
    payload: Payload,
}

/// Blocks: the first `large` have one byte more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payload {
    bytes: usize,
    blocks: usize,
    small: usize,
    large: usize,
    parity: usize,
}

impl Payload {
    /// `None`: longer than any frame of ours.
    fn new(bytes: usize, strong: bool) -> Option<Self> {
        if FRAME_MAX < bytes {
            return None;
        }
        let blocks = bytes.div_ceil(if strong { 239 } else { 247 });
        let small = bytes.checked_div(blocks).unwrap_or(0);
        let parity = match small {
            _ if strong => PARITY_STRONG,
            0..=61 => 2,
            62..=123 => 4,
            124..=185 => 6,
            _ => 8,
        };
        Some(Self { bytes, blocks, small, large: bytes - blocks * small, parity })
    }

    fn coded(self) -> usize {
        self.bytes + self.blocks * self.parity
    }
}

impl Il2p {
    pub const fn new() -> Self {
        Self { last: 0, open: None, coded: [0; CODED_MAX], frame: [0; FRAME_MAX], len: 0, opened_at: 0 }
    }

    /// Takes a level, which ended at `at`. How many bytes were set right, when a whole frame is in [`Self::bytes`].
    #[inline]
    pub fn push(&mut self, level: bool, at: u64) -> Option<usize> {
        self.last = self.last << 1 | u32::from(level);
        let Some(open) = &mut self.open else {
            let wrong = ((self.last ^ SYNC) & SYNC_MASK).count_ones();
            if wrong <= SYNC_ERRORS_MAX || 24 - SYNC_ERRORS_MAX <= wrong {
                self.open = Some(Open { inverted: SYNC_ERRORS_MAX < wrong, bits: 0, header: None });
                self.opened_at = at;
            }
            return None;
        };
        let byte = &mut self.coded[open.bits / 8];
        *byte = *byte << 1 | u8::from(level ^ open.inverted);
        open.bits += 1;
        let needed = open.header.map_or(HEADER + HEADER_PARITY, |h| h.payload.coded() + CRC_WORDS);
        if open.bits < 8 * needed {
            return None;
        }
        if let Some(header) = open.header {
            self.open = None;
            return self.frame(&header);
        }
        open.header = header(&mut self.coded);
        open.bits = 0;
        if open.header.is_none() {
            self.open = None;
        }
        None
    }

    /// The frame, without FCS.
    pub fn bytes(&self) -> &[u8] {
        &self.frame[..self.len]
    }

    /// Where the sync word ended.
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    fn frame(&mut self, header: &Header) -> Option<usize> {
        let payload = header.payload;
        self.len = if header.bytes[1] & 0x80 == 0 { 0 } else { addresses(&header.bytes, &mut self.frame)? };
        if FRAME_MAX < self.len + payload.bytes {
            return None;
        }
        let (mut corrected, mut doubtful, mut from) = (header.corrected, false, 0);
        for block in 0..payload.blocks {
            let data = payload.small + usize::from(block < payload.large);
            let word = &mut self.coded[from..from + data + payload.parity];
            let code = Code { length: word.len(), parity: payload.parity, field: &IL2P };
            let wrong = code.correct(word, &[]).ok()?;
            doubtful |= payload.parity < PARITY_STRONG && payload.parity / 2 <= wrong;
            corrected += wrong;
            descramble(&word[..data], &mut self.frame[self.len..self.len + data]);
            self.len += data;
            from += data + payload.parity;
        }
        let told = crc(&self.coded[from..from + CRC_WORDS]);
        let right = told.crc.is_some_and(|crc| self.has_crc(crc));
        (right || !doubtful && !told.certain).then_some(corrected)
    }

    /// The CRC is that of the frame before it was sent, whose two C bits a header of type 1 can't hold.
    fn has_crc(&mut self, crc: u16) -> bool {
        let [Some(a), Some(b)] = [6, 13].map(|i| self.frame.get(i).copied()) else { return false };
        let found = (0..4_u8).any(|c| {
            self.frame[6] = a & 0x7F | (c & 1) << 7;
            self.frame[13] = b & 0x7F | (c >> 1) << 7;
            hdlc::fcs(&self.frame[..self.len]) == crc.to_le_bytes()
        });
        if !found {
            (self.frame[6], self.frame[13]) = (a, b);
        }
        found
    }
}

/// What the four words at the end say.
struct Told {
    crc: Option<u16>,
    /// They are Hamming words to the bit, which noise is once in 65,536 times.
    certain: bool,
}

fn crc(words: &[u8]) -> Told {
    let nearest = |word: &u8| HAMMING.iter().position(|h| (h ^ word).count_ones() <= 1);
    let crc = words.iter().try_fold(0_u16, |crc, word| Some(crc << 4 | nearest(word)? as u16));
    // A carrier without levels behind the frame is zeros too.
    let certain = words.iter().all(|word| HAMMING.contains(word)) && words.iter().any(|word| *word != 0);
    Told { crc, certain }
}

/// The header, when it is one.
fn header(coded: &mut [u8]) -> Option<Header> {
    let word = &mut coded[..HEADER + HEADER_PARITY];
    let corrected = Code { length: word.len(), parity: HEADER_PARITY, field: &IL2P }.correct(word, &[]).ok()?;
    let mut bytes = [0; HEADER];
    descramble(&word[..HEADER], &mut bytes);
    let count = bytes[2..12].iter().fold(0, |n, b| n << 1 | usize::from(b >> 7));
    let payload = Payload::new(count, bytes[0] & 0x80 != 0)?;
    let whole = bytes[1] & 0x80 == 0;
    // A whole frame has addresses and control; a translated one letters in the addresses.
    let fits = if whole { 15 <= count } else { addresses(&bytes, &mut [0; 16]).is_some() };
    fits.then_some(Header { bytes, corrected, payload })
}

/// Addresses, control and PID of a translated header. How many bytes they are; `None`: that is no frame.
fn addresses(header: &[u8; HEADER], out: &mut [u8]) -> Option<usize> {
    let field = |from: usize, to: usize| header[from..to].iter().fold(0_u8, |n, b| n << 1 | b >> 6 & 1);
    let (ui, pid, control) = (field(0, 1) == 1, field(1, 5), field(5, 12));
    for (i, byte) in header[..12].iter().enumerate() {
        let letter = (byte & 0x3F) + b' ';
        if letter != b' ' && !letter.is_ascii_alphanumeric() || i % 6 == 0 && letter == b' ' {
            return None;
        }
        out[i + i / 6] = letter << 1;
    }
    let (final_bit, number) = (control >> 6 & 1, control >> 3 & 7);
    let command = control >> 2 & 1;
    let (is_u, is_s) = (ui || pid == 1, !ui && pid == 0);
    let byte = match () {
        () if ui && number != 5 => return None,
        () if is_u => U_FRAMES[usize::from(number)] | final_bit << 4,
        () if is_s => number << 5 | final_bit << 4 | (control & 3) << 2 | 1,
        () => number << 5 | final_bit << 4 | (control & 7) << 1,
    };
    // An I frame doesn't say: it is a command.
    let command = if is_u || is_s { command } else { 1 };
    out[6] = command << 7 | 0x60 | header[12] >> 4 << 1;
    out[13] = (command ^ 1) << 7 | 0x60 | (header[12] & 15) << 1 | 1;
    out[14] = byte;
    if !ui && (is_u || is_s) {
        return Some(15);
    }
    out[15] = PIDS[usize::from(pid)]?;
    Some(16)
}

/// x[n] = y[n] ⊕ y[n−4] ⊕ y[n−9], the nine bits before the first being 0 0 0 0 1 1 1 1 1 as a sum of both.
fn descramble(scrambled: &[u8], out: &mut [u8]) {
    let mut state = 0x1F0_u16;
    for (to, from) in out.iter_mut().zip(scrambled) {
        *to = (0..8).rev().fold(0, |byte, i| {
            let bit = u16::from(from >> i & 1);
            let plain = (bit ^ state) & 1;
            state = (state >> 1 | bit << 8) ^ bit << 3;
            byte << 1 | plain as u8
        });
    }
}

#[cfg(test)]
mod tests;
