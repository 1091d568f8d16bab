//! The Mode S parity (ICAO Annex 10 Vol. IV §3.1.2.3.3), so that it need not travel: it follows from the frame, or from
//! the frame and the address. Generator 0x1FFF409, 24 bits.

const POLY: u32 = 0xFF_F409;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut r = (i as u32) << 16;
        let mut bit = 0;
        while bit < 8 {
            r = if r & 0x80_0000 == 0 { r << 1 } else { (r << 1) ^ POLY };
            bit += 1;
        }
        table[i] = r & 0xFF_FFFF;
        i += 1;
    }
    table
};

/// The 24 parity bits of a frame without its last three bytes.
pub fn mode_s_parity(data: &[u8]) -> u32 {
    data.iter().fold(0, |r, &b| ((r << 8) ^ TABLE[((r >> 16) as u8 ^ b) as usize]) & 0xFF_FFFF)
}

#[cfg(test)]
mod tests {
    #[test]
    fn parity_of_a_published_frame() {
        // 8D4840D6202CC371C32CE0576098: the identification of KLM1023 in the literature (Sun, The 1090MHz Riddle, §4).
        let frame = [0x8d, 0x48, 0x40, 0xd6, 0x20, 0x2c, 0xc3, 0x71, 0xc3, 0x2c, 0xe0];
        assert_eq!(super::mode_s_parity(&frame), 0x57_60_98);
    }
}
