//! Bit fields numbered as the specifications number them: bit 1 is the first on the air, ranges include both ends.

/// Up to 64 bits, `N` of them used. `Bits::<56>` is a Mode S ME or MB field, a short reply, or the first half of a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits<const N: u32>(u64);

impl Bits<56> {
    /// From seven bytes, most significant first.
    #[inline]
    pub const fn from_bytes(b: [u8; 7]) -> Self {
        Self(u64::from_be_bytes([0, b[0], b[1], b[2], b[3], b[4], b[5], b[6]]))
    }
}

impl<const N: u32> Bits<N> {
    /// From an integer whose bit 0 is the last bit on the air.
    pub const fn new(value: u64) -> Self {
        assert!(N == 64 || value >> N == 0);
        Self(value)
    }

    pub const fn value(self) -> u64 {
        self.0
    }

    /// Bits `FIRST..=LAST` as an unsigned number. The range is checked when compiling.
    #[inline]
    pub const fn get<const FIRST: u32, const LAST: u32>(self) -> u32 {
        const { assert!(1 <= FIRST && FIRST <= LAST && LAST <= N && LAST - FIRST < 32) }
        (self.0 >> (N - LAST)) as u32 & (u32::MAX >> (31 - (LAST - FIRST)))
    }

    /// Bits `FIRST..=LAST` as a two's complement number.
    #[inline]
    pub const fn signed<const FIRST: u32, const LAST: u32>(self) -> i32 {
        let unused = 31 - (LAST - FIRST);
        ((self.get::<FIRST, LAST>() << unused) as i32) >> unused
    }

    #[inline]
    pub const fn flag<const BIT: u32>(self) -> bool {
        self.get::<BIT, BIT>() == 1
    }

    /// The field when its status bit is set. The status bit stands directly before the field.
    #[inline]
    pub const fn get_if<const STATUS: u32, const LAST: u32>(self) -> Option<u32> {
        if self.flag::<STATUS>() { Some(self.get::<STATUS, LAST>() & (u32::MAX >> (32 - (LAST - STATUS)))) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbered_from_the_first_bit_on_the_air() {
        let bits = Bits::from_bytes([0x80, 0x00, 0xff, 0x00, 0x00, 0x00, 0x03]);
        assert!(bits.flag::<1>());
        assert!(!bits.flag::<2>());
        assert_eq!(bits.get::<1, 8>(), 0x80);
        assert_eq!(bits.get::<13, 24>(), 0xff);
        assert_eq!(bits.get::<25, 56>(), 3);
        assert_eq!(bits.signed::<55, 56>(), -1);
        assert_eq!(bits.signed::<54, 56>(), 3);
        assert_eq!(bits.get_if::<1, 8>(), Some(0));
        assert_eq!(bits.get_if::<17, 24>(), Some(0x7f));
        assert_eq!(bits.get_if::<2, 8>(), None);
    }
}
