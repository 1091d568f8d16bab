//! IL2P (Improved Layer 2 Protocol, draft 0.6): a frame as levels, most significant bit of each byte first.
//!
//! ```text
//!   55 … 55 │ F1 5E 48 │ header 13 + 2 │ blocks with parity │ CRC: four nibbles as Hamming words
//! ```
//! Written for plainness, after the draft: products in GF(256) by shifting, division by long hand.

use super::ax25::UiFrame;
use crate::hdlc;

/// How a frame is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Il2p {
    /// 16 bytes of parity a block; else 2 to 8.
    pub strong: bool,
    pub crc: bool,
    /// Bytes of 0x55 in front.
    pub preamble: usize,
}

impl Default for Il2p {
    fn default() -> Self {
        Self { strong: true, crc: false, preamble: 30 }
    }
}

impl Il2p {
    /// The frame's levels. Two addresses and UI without layer 3 are translated (type 1), everything else sent whole (type 0).
    pub fn levels(&self, frame: &UiFrame) -> Vec<bool> {
        let bytes = frame.bytes();
        let (header, payload) = if frame.path.is_empty() { (self.translated(&bytes), &bytes[16..]) } else { (self.whole(), &bytes[..]) };
        let mut out = vec![0x55; self.preamble];
        out.extend([0xF1, 0x5E, 0x48]);
        out.extend(block(&counted(header, payload.len()), 2));
        let size = if self.strong { 239 } else { 247 };
        let blocks = payload.len().div_ceil(size);
        let small = payload.len().checked_div(blocks).unwrap_or(0);
        let parity = if self.strong { 16 } else { [2, 4, 6, 8][(small.max(1) - 1).min(185) / 62] };
        let mut rest = payload;
        for i in 0..blocks {
            let (data, next) = rest.split_at(small + usize::from(i < payload.len() - small * blocks));
            out.extend(block(data, parity));
            rest = next;
        }
        if self.crc {
            let crc = hdlc::fcs(&bytes);
            out.extend([12, 8, 4, 0].map(|by| hamming((crc >> by) as u8 & 15)));
        }
        // Something to end on.
        out.push(0x55);
        out.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).collect()
    }

    fn whole(&self) -> [u8; 13] {
        let mut header = [0; 13];
        header[0] = u8::from(self.strong) << 7;
        header
    }

    fn translated(&self, bytes: &[u8]) -> [u8; 13] {
        let mut header = self.whole();
        for i in 0..12 {
            header[i] |= (bytes[i + i / 6] >> 1) - b' ';
        }
        header[12] = (bytes[6] >> 1 & 15) << 4 | bytes[13] >> 1 & 15;
        header[1] |= 0x80;
        // UI, PID F, and control 5 with C.
        [0, 1, 2, 3, 4, 6, 8, 9].into_iter().for_each(|i| header[i] |= 0x40);
        header
    }
}

fn counted(mut header: [u8; 13], bytes: usize) -> [u8; 13] {
    (0..10).for_each(|i| header[2 + i] |= ((bytes >> (9 - i) & 1) as u8) << 7);
    header
}

/// (7,4): the nibble, and in front three sums of its bits.
fn hamming(nibble: u8) -> u8 {
    let bit = |i: u8| nibble >> i & 1;
    (bit(0) ^ bit(1) ^ bit(2)) << 6 | (bit(0) ^ bit(1) ^ bit(3)) << 5 | (bit(0) ^ bit(2) ^ bit(3)) << 4 | nibble
}

fn block(data: &[u8], bytes: usize) -> Vec<u8> {
    let mut scrambled = scramble(data);
    let check = parity(&scrambled, bytes, 0);
    scrambled.extend(check);
    scrambled
}

/// `bytes` of Reed–Solomon parity over `data`, the code's roots being α to the power of `first` and the next ones.
pub(super) fn parity(data: &[u8], bytes: usize, first: usize) -> Vec<u8> {
    let generator = (first..first + bytes).fold(vec![1_u16], |g, i| {
        let root = (0..i).fold(1, |power, _| times(power, 2));
        let mut next = [&g[..], &[0]].concat();
        (0..g.len()).for_each(|k| next[k + 1] ^= times(g[k], root));
        next
    });
    let mut rest = vec![0_u16; bytes];
    for byte in data {
        let factor = rest[0] ^ u16::from(*byte);
        rest.rotate_left(1);
        rest[bytes - 1] = 0;
        rest.iter_mut().zip(&generator[1..]).for_each(|(r, g)| *r ^= times(factor, *g));
    }
    rest.into_iter().map(|r| r as u8).collect()
}

/// Product in GF(256) of x⁸+x⁴+x³+x²+1.
fn times(a: u16, b: u16) -> u16 {
    (0..8).rev().fold(0, |product, i| {
        let doubled = product << 1;
        let reduced = if doubled & 0x100 == 0 { doubled } else { doubled ^ 0x11D };
        if b >> i & 1 == 1 { reduced ^ a } else { reduced }
    })
}

/// Each bit with the fourth and the ninth before it; ones stand where the fifth to ninth have none to be added.
fn scramble(data: &[u8]) -> Vec<u8> {
    let mut sent: Vec<bool> = Vec::with_capacity(8 * data.len());
    for (n, bit) in data.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).enumerate() {
        let back = |by: usize| n.checked_sub(by).is_some_and(|i| sent[i]);
        sent.push(bit ^ back(4) ^ back(9) ^ (4..9).contains(&n));
    }
    sent.chunks(8).map(|c| c.iter().fold(0, |b, bit| b << 1 | u8::from(*bit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The draft's example of a UI frame, KK4HEJ-15 to CQ, whose C bit is 0.
    #[test]
    fn the_drafts_header() {
        let frame = UiFrame::new("KK4HEJ-15", "CQ-0", &[], b"").unwrap();
        let mut header = counted(Il2p { strong: false, ..Il2p::default() }.translated(&frame.bytes()), 0);
        // Here a command, there a response.
        header[9] &= !0x40;
        let expected = [0x6A, 0xEA, 0x9C, 0xC2, 0x01, 0x11, 0xFC, 0x14, 0x1F, 0xDA, 0x6E, 0xF2, 0x53, 0x91, 0xBD];
        assert_eq!(block(&header, 2), expected);
    }

    #[test]
    fn nibbles_as_the_draft_has_them() {
        let expected = [0x00, 0x71, 0x62, 0x13, 0x54, 0x25, 0x36, 0x47, 0x38, 0x49, 0x5A, 0x2B, 0x6C, 0x1D, 0x0E, 0x7F];
        assert_eq!(core::array::from_fn::<u8, 16, _>(|i| hamming(i as u8)), expected);
    }
}
