//! Short ASCII-or-UTF-8 text held inline: callsigns, ship names, station ids. Copies without allocating.

use core::fmt;

/// UTF-8 of at most `N` bytes, held inline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortText<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

/// The text has more than the `limit` bytes that its field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTooLong {
    pub limit: usize,
}

impl fmt::Display for TextTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text is longer than {} bytes", self.limit)
    }
}

impl core::error::Error for TextTooLong {}

impl<const N: usize> ShortText<N> {
    pub fn new(text: &str) -> Result<Self, TextTooLong> {
        const { assert!(N <= 255) }
        if N < text.len() {
            return Err(TextTooLong { limit: N });
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { len: text.len() as u8, bytes })
    }

    /// As much of `text` as fits, cut at a character boundary.
    pub fn truncated(text: &str) -> Self {
        let mut end = text.len().min(N);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::new(&text[..end]).expect("cut to the limit just above")
    }

    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len as usize]).expect("made from a &str only")
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for ShortText<N> {
    fn default() -> Self {
        Self { len: 0, bytes: [0; N] }
    }
}

impl<const N: usize> fmt::Debug for ShortText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for ShortText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_up_to_its_limit_and_no_more() {
        assert_eq!(ShortText::<8>::new("KLM1302").unwrap().as_str(), "KLM1302");
        assert_eq!(ShortText::<8>::new("123456789"), Err(TextTooLong { limit: 8 }));
    }

    #[test]
    fn truncates_at_a_character_boundary() {
        assert_eq!(ShortText::<4>::truncated("abcé").as_str(), "abc");
    }
}
