//! How long each type may be. Two rules: what a table needs in order to be read, and what a transmitter may put on the air.
//! On the air a message is whole bytes; through NMEA sentences it is whole bits, and equipment in the field leaves spare bits out.

/// Types 0–28, for [`LENGTHS`].
pub const TYPES: usize = 29;

#[derive(Clone, Copy, Debug)]
struct Length {
    /// Bits without which a message of this type can't be read.
    min: u16,
    /// Bits of the longest one.
    max: u16,
    /// Lengths in bytes that occur on the air: one of these, or, when there is none, any from `min` to `max`.
    air: &'static [u16],
}

const fn fixed(min: u16, max: u16, air: &'static [u16]) -> Length {
    Length { min, max, air }
}

const fn open(min: u16, max: u16) -> Length {
    Length { min, max, air: &[] }
}

/// ITU-R M.1371-5 annex 8 table 46 and §3.
static LENGTHS: [Length; TYPES] = [
    fixed(u16::MAX, 0, &[]),
    fixed(168, 168, &[21]),
    fixed(168, 168, &[21]),
    fixed(168, 168, &[21]),
    fixed(168, 168, &[21]),
    fixed(422, 424, &[53]),
    open(88, 1008),
    fixed(72, 168, &[9, 13, 17, 21]),
    open(56, 1008),
    fixed(168, 168, &[21]),
    fixed(72, 72, &[9]),
    fixed(168, 168, &[21]),
    open(72, 1008),
    fixed(72, 168, &[9, 13, 17, 21]),
    open(40, 1008),
    fixed(88, 160, &[11, 14, 20]),
    fixed(92, 144, &[12, 18]),
    open(80, 816),
    fixed(168, 168, &[21]),
    fixed(312, 312, &[39]),
    fixed(70, 160, &[9, 13, 17, 20]),
    open(272, 360),
    fixed(168, 168, &[21]),
    fixed(160, 160, &[20]),
    fixed(160, 168, &[20, 21]),
    open(40, 168),
    open(60, 1064),
    fixed(96, 96, &[12]),
    fixed(168, 168, &[21]),
];

/// Bits beyond the longest that a sentence may carry: gateways pad to bytes, to characters and to a slot's 168 bits.
const SLACK_BITS: usize = 26;
/// Not so type 27, which is short: noise that passes a CRC shows up as a "type 27" of 168 bits.
const SLACK_BITS_LONG_RANGE: usize = 13;

/// May a message of this type that came through a sentence be read?
pub fn readable(kind: u8, bits: usize) -> bool {
    let Some(length) = LENGTHS.get(usize::from(kind)) else { return false };
    let slack = if kind == 27 { SLACK_BITS_LONG_RANGE } else { SLACK_BITS };
    usize::from(length.min) <= bits && bits <= usize::from(length.max) + slack
}

/// May a transmitter send this type with this many bytes?
pub fn on_air(kind: u8, bytes: usize) -> bool {
    let Some(length) = LENGTHS.get(usize::from(kind)) else { return false };
    if length.air.is_empty() {
        return length.min.div_ceil(8) as usize <= bytes && bytes * 8 <= usize::from(length.max);
    }
    length.air.iter().any(|&b| usize::from(b) == bytes)
}

/// The longest this type may be; 0 for what is no type.
pub fn bits_max(kind: u8) -> usize {
    LENGTHS.get(usize::from(kind)).map_or(0, |l| usize::from(l.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_sent_may_be_read() {
        for kind in 0..=255u8 {
            for bytes in 0..140 {
                assert!(!on_air(kind, bytes) || readable(kind, bytes * 8), "type {kind}, {bytes} bytes");
            }
        }
        assert!(on_air(27, 12) && !on_air(27, 21));
        assert!(!readable(0, 168) && !readable(29, 168));
    }
}
