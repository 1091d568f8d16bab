//! Bit fields of a payload, numbered as the standard numbers them: byte and bit from 1, most significant first.

/// A payload.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    /// `width` bits (at most 32) from bit `bit` of byte `byte` on; bits behind the end are 0.
    pub fn get(self, byte: usize, bit: usize, width: usize) -> u32 {
        debug_assert!(1 <= byte && (1..=8).contains(&bit) && width <= 32);
        let first = (byte - 1) * 8 + bit - 1;
        (first..first + width).fold(0, |value, at| {
            let byte = self.0.get(at / 8).copied().unwrap_or(0);
            value << 1 | u32::from(byte >> (7 - at % 8) & 1)
        })
    }

    pub fn flag(self, byte: usize, bit: usize) -> bool {
        self.get(byte, bit, 1) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cross_bytes_and_end_in_zeros() {
        let fields = Fields(&[0b1010_0001, 0b1000_0000, 0xff]);
        assert_eq!(fields.get(1, 1, 3), 0b101);
        assert_eq!(fields.get(1, 8, 2), 0b11);
        assert_eq!(fields.get(2, 5, 8), 0x0f);
        assert_eq!(fields.get(3, 5, 8), 0xf0);
        assert!(fields.flag(2, 1) && !fields.flag(9, 1));
    }
}
