//! FX.25: a plain frame in a Reed–Solomon word behind a tag (stensat draft of 2006).
//!
//! ```text
//!   flags │ tag 64 bits │ flag, stuffed frame with FCS, flag, flags as filling: k bytes │ parity: r bytes │ flags      all behind NRZI
//! ```

use super::ax25::UiFrame;
use super::il2p::parity;
use crate::hdlc;

/// Tag, bytes of data and of parity (§4, table 1).
const FORMATS: [(u64, usize, usize); 11] = [
    (0x8F05_6EB4_3696_60EE, 32, 16),
    (0xC7DC_0508_F3D9_B09E, 64, 16),
    (0x26FF_60A6_00CC_8FDE, 128, 16),
    (0xB74D_B7DF_8A53_2F3E, 239, 16),
    (0xDBF8_69BD_2DBB_1776, 32, 32),
    (0x1EB7_B9CD_BC09_C00E, 64, 32),
    (0xFF94_DC63_4F1C_FF4E, 128, 32),
    (0x6E26_0B1A_C583_5FAE, 223, 32),
    (0x4A4A_BEC4_A724_B796, 64, 64),
    (0xAB69_DB6A_5431_88D6, 128, 64),
    (0x3ADB_0C13_DEAE_2836, 191, 64),
];

/// Levels of a frame in the smallest word with `r` bytes of parity (16, 32 or 64) that holds it; `None` where none does.
pub fn levels(frame: &UiFrame, r: usize, opening_flags: usize) -> Option<Vec<bool>> {
    // With its opening and its closing flag.
    let mut inside = hdlc::frame_bits(&frame.bytes());
    let bytes = inside.len().div_ceil(8);
    let &(tag, k, _) = FORMATS.iter().find(|(_, k, parity)| *parity == r && bytes <= *k)?;
    inside.extend(core::iter::repeat(hdlc::flag()).flatten().take(8 * k - inside.len()));
    let data: Vec<u8> = inside.chunks(8).map(|c| c.iter().rev().fold(0, |b, bit| b << 1 | u8::from(*bit))).collect();
    // The word is one of 255 bytes with zeros between data and parity.
    let word: Vec<u8> = data.iter().copied().chain(core::iter::repeat(0)).take(255 - r).collect();
    let flags = |n: usize| core::iter::repeat_n(hdlc::flag(), n).flatten();
    let bytes = tag.to_le_bytes().into_iter().chain(data).chain(parity(&word, r, 1));
    let bits: Vec<bool> = flags(opening_flags).chain(bytes.flat_map(|b| (0..8).map(move |i| b >> i & 1 == 1))).chain(flags(3)).collect();
    Some(hdlc::nrzi(&bits, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_word_is_taken() {
        let frame = |n: usize| UiFrame::new("N0CALL", "APZSIM", &[], ">".repeat(n).as_bytes()).unwrap();
        for (info, r, k) in [(1, 16, 32), (30, 16, 64), (30, 64, 64), (90, 32, 128), (190, 16, 239)] {
            assert_eq!(levels(&frame(info), r, 10).unwrap().len(), 8 * (10 + 8 + k + r + 3));
        }
        assert_eq!(levels(&frame(200), 64, 10), None);
    }
}
