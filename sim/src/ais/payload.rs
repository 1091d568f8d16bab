//! AIS message bits and the text forms in which receivers pass them on (ITU-R M.1371-5 annex 8; IEC 61162-1 VDM).

/// A message's bits, most significant first, as the specification numbers them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Payload {
    bytes: Vec<u8>,
    bits: usize,
}

impl Payload {
    /// Appends the low `width` bits of `value`, which must fit.
    #[must_use]
    pub fn put(mut self, width: u32, value: u32) -> Self {
        assert!(width <= 32 && (width == 32 || value >> width == 0), "{value} in {width} bits");
        for i in (0..width).rev() {
            self.push(value >> i & 1 == 1);
        }
        self
    }

    /// Appends two's complement.
    #[must_use]
    pub fn put_signed(self, width: u32, value: i32) -> Self {
        assert!((-(1_i64 << (width - 1))..1 << (width - 1)).contains(&i64::from(value)), "{value} in {width} bits");
        self.put(width, value as u32 & ((1_u64 << width) - 1) as u32)
    }

    /// Appends `chars` six-bit characters: the text, padded with `@`; what can't be said becomes a space.
    #[must_use]
    pub fn put_text(self, chars: usize, text: &str) -> Self {
        let padded = text.bytes().chain(core::iter::repeat(b'@')).take(chars);
        padded.fold(self, |payload, c| {
            let c = match c.to_ascii_uppercase() {
                c @ 32..=95 => c,
                _ => b' ',
            };
            payload.put(6, u32::from(c & 0x3F))
        })
    }

    fn push(&mut self, bit: bool) {
        if self.bits.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes[self.bits / 8] |= u8::from(bit) << (7 - self.bits % 8);
        self.bits += 1;
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Packed most significant bit first, the last byte filled with zeros.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn bit(&self, index: usize) -> bool {
        self.bytes[index / 8] >> (7 - index % 8) & 1 == 1
    }

    /// Message type, 0 when there are too few bits.
    pub fn kind(&self) -> u8 {
        self.bytes.first().map_or(0, |b| b >> 2)
    }

    pub fn mmsi(&self) -> u32 {
        (8..38.min(self.bits)).fold(0, |m, i| m << 1 | u32::from(self.bit(i)))
    }

    /// Six bits per character, and the number of fill bits.
    pub fn armoured(&self) -> (String, usize) {
        let fill = (6 - self.bits % 6) % 6;
        let bit = |i: usize| u8::from(i < self.bits && self.bit(i));
        let char_at = |i: usize| {
            let six = (0..6).fold(0, |v, k| v << 1 | bit(i * 6 + k));
            char::from(if six < 40 { six + 48 } else { six + 56 })
        };
        ((0..self.bits.div_ceil(6)).map(char_at).collect(), fill)
    }

    /// From such text. `None` for a character outside the alphabet.
    pub fn from_armour(text: &str, fill: usize) -> Option<Self> {
        let mut payload = Self::default();
        for c in text.bytes() {
            let six = match c {
                48..=87 => c - 48,
                96..=119 => c - 56,
                _ => return None,
            };
            payload = payload.put(6, u32::from(six));
        }
        let bits = payload.bits.checked_sub(fill)?;
        let mut cut = Self::default();
        (0..bits).for_each(|i| cut.push(payload.bit(i)));
        Some(cut)
    }

    /// `!AIVDM` sentences of at most 82 characters, channel `A` or `B`; `sequence` 0–9 tells parts of one message.
    pub fn sentences(&self, channel: char, sequence: u8) -> Vec<String> {
        const CHARS: usize = 60;
        let (text, fill) = self.armoured();
        let count = text.len().div_ceil(CHARS).max(1);
        (0..count)
            .map(|i| {
                let part = &text[i * CHARS..text.len().min((i + 1) * CHARS)];
                let (id, fill) = (if count == 1 { String::new() } else { sequence.to_string() }, if i + 1 == count { fill } else { 0 });
                let body = format!("AIVDM,{count},{},{id},{channel},{part},{fill}", i + 1);
                let sum = body.bytes().fold(0, |sum, b| sum ^ b);
                format!("!{body}*{sum:02X}")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_form_and_bits_are_inverse() {
        for text in ["15RTgt0PAso;90TKcjM8h6g208CQ", "55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53"] {
            let payload = Payload::from_armour(text, 0).unwrap();
            assert_eq!(payload.armoured(), (text.to_owned(), 0));
        }
        assert_eq!(Payload::from_armour("15RTgt0PAso;90TKcjM8h6g208CQ", 0).unwrap().mmsi(), 371_798_000);
        assert_eq!(Payload::from_armour("~", 0), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_comes_back(text in "[0-W`-w]{0,80}|.{0,80}", fill in 0_usize..9) {
            if let Some(payload) = Payload::from_armour(&text, fill) {
                prop_assert_eq!(payload.bits() + fill, text.len() * 6);
                let (again, fill) = payload.armoured();
                prop_assert_eq!(Payload::from_armour(&again, fill), Some(payload));
            }
        }
    }

    #[test]
    fn sentences_have_their_checksum() {
        let payload = Payload::from_armour("15RTgt0PAso;90TKcjM8h6g208CQ", 0).unwrap();
        assert_eq!(payload.sentences('A', 0), ["!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"]);
        let long = Payload::default().put_text(70, "X");
        let parts = long.sentences('B', 3);
        assert!(parts.len() == 2 && parts[0].starts_with("!AIVDM,2,1,3,B,") && parts[1].starts_with("!AIVDM,2,2,3,B,"));
    }
}
