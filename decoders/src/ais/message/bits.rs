//! The bits of one message, and how a field of a table is read from and written to them.
//!
//! M.1371 numbers bits from the most significant of the first byte; integers are most significant bit first, text is six
//! bits a character (annex 8 table 47: 0 = `@`, 1 = `A` … 31 = `_`, 32 = space … 63 = `?`).
//!
//! ```text
//!   byte 0            byte 1
//!   7 6 5 4 3 2 1 0   7 6 5 …
//!   └ type ───┘ └rep┘ └ MMSI, 30 bits …
//! ```
//! Reading past the end gives zeros: whoever reads a table has checked the length first (`lengths.rs`).

use core::fmt;
use model::ShortText;

/// Up to [`Bits::MAX`] bits, first bit = most significant of byte 0.
#[derive(Clone)]
pub struct Bits {
    bytes: [u8; Self::BUFFER],
    len: u16,
}

impl Bits {
    /// The longest message: type 26 in five slots (annex 8 table 80).
    pub const MAX: usize = 1064;
    /// Room for an unaligned eight-byte load at the last bit.
    const BUFFER: usize = 144;
    /// The widest field that [`Bits::uint`] reads.
    const WIDTH_MAX: usize = 56;

    pub const fn new() -> Self {
        Self { bytes: [0; Self::BUFFER], len: 0 }
    }

    /// Whole bytes. `None` when there are more than [`Bits::MAX`] bits.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if Self::MAX < bytes.len() * 8 {
            return None;
        }
        let mut bits = Self::new();
        bits.bytes[..bytes.len()].copy_from_slice(bytes);
        bits.len = (bytes.len() * 8) as u16;
        Some(bits)
    }

    pub const fn len(&self) -> usize {
        self.len as usize
    }

    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes, the last one filled with zeros.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len().div_ceil(8)]
    }

    /// Cuts to `len` bits, or appends zeros.
    pub fn resize(&mut self, len: usize) {
        assert!(len <= Self::MAX, "{len} bits are more than a message holds");
        if len < self.len() {
            let whole = len / 8;
            let keep = len % 8;
            if keep != 0 {
                self.bytes[whole] &= !(0xFF >> keep);
            }
            self.bytes[whole + usize::from(keep != 0)..].fill(0);
        }
        self.len = len as u16;
    }

    /// `width` bits (≤ 56) from bit `at`; zeros past the end.
    #[inline]
    pub fn uint(&self, at: usize, width: usize) -> u64 {
        debug_assert!(width <= Self::WIDTH_MAX);
        if Self::MAX < at || width == 0 {
            return 0;
        }
        let from = at / 8;
        let word = u64::from_be_bytes(self.bytes[from..from + 8].try_into().expect("eight bytes"));
        (word << (at % 8)) >> (64 - width)
    }

    /// The same in two's complement.
    #[inline]
    pub fn int(&self, at: usize, width: usize) -> i64 {
        if width == 0 {
            return 0;
        }
        ((self.uint(at, width) << (64 - width)) as i64) >> (64 - width)
    }

    /// Writes the low `width` bits of `value` at bit `at`, lengthening the message to hold them.
    pub fn put(&mut self, at: usize, width: usize, value: u64) {
        assert!(width <= Self::WIDTH_MAX && at + width <= Self::MAX, "{width} bits at {at} are outside a message");
        if width == 0 {
            return;
        }
        let from = at / 8;
        let shift = 64 - width - at % 8;
        let mask = (u64::MAX >> (64 - width)) << shift;
        let word = u64::from_be_bytes(self.bytes[from..from + 8].try_into().expect("eight bytes"));
        let word = (word & !mask) | ((value << shift) & mask);
        self.bytes[from..from + 8].copy_from_slice(&word.to_be_bytes());
        self.len = self.len.max((at + width) as u16);
    }

    /// Appends the low `width` bits of `value`; `false` (and nothing done) when they don't fit.
    #[inline]
    pub fn push(&mut self, width: usize, value: u64) -> bool {
        if Self::MAX < self.len() + width {
            return false;
        }
        self.put(self.len(), width, value);
        true
    }

    /// From bit `at` to the end.
    pub fn tail(&self, at: usize) -> Tail<'_> {
        self.slice(at, self.len())
    }

    /// Bits `at..end`, as far as there are any.
    pub fn slice(&self, at: usize, end: usize) -> Tail<'_> {
        let end = end.min(self.len());
        Tail { bits: self, at: at.min(end) as u16, end: end as u16 }
    }
}

impl Default for Bits {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Bits {}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.len)?;
        self.as_bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// The variable part of a message: binary data or text, borrowed from its bits.
#[derive(Clone, Copy)]
pub struct Tail<'a> {
    bits: &'a Bits,
    at: u16,
    end: u16,
}

impl<'a> Tail<'a> {
    pub const fn len(&self) -> usize {
        (self.end - self.at) as usize
    }

    pub const fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// `width` bits (≤ 56) from bit `at` of this part; bits past its end are zeros.
    pub fn uint(&self, at: usize, width: usize) -> u64 {
        let have = self.len().saturating_sub(at).min(width);
        self.bits.uint(self.at as usize + at, have) << (width - have)
    }

    /// The part of it from bit `from` on.
    #[must_use]
    pub fn skip(&self, from: usize) -> Self {
        Self { bits: self.bits, at: (self.at as usize + from).min(self.end as usize) as u16, end: self.end }
    }

    /// Its bits `from..to`, as far as there are any.
    #[must_use]
    pub fn cut(&self, from: usize, to: usize) -> Self {
        let end = (self.at as usize + to).min(self.end as usize);
        Self { bits: self.bits, at: (self.at as usize + from).min(end) as u16, end: end as u16 }
    }

    /// A copy that starts at bit 0.
    pub fn to_bits(&self) -> Bits {
        let mut out = Bits::new();
        self.append_to(&mut out);
        out
    }

    pub(crate) fn append_to(&self, out: &mut Bits) {
        let mut at = 0;
        while at < self.len() {
            let width = (self.len() - at).min(Bits::WIDTH_MAX);
            if !out.push(width, self.uint(at, width)) {
                return;
            }
            at += width;
        }
    }

    /// As six-bit text: up to the first `@`, trailing spaces cut.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(self.len() / 6);
        for i in 0..self.len() / 6 {
            match self.uint(i * 6, 6) as u8 {
                0 => break,
                code => out.push(char::from(ascii_of(code))),
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}

impl PartialEq for Tail<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).step_by(32).all(|at| self.uint(at, 32) == other.uint(at, 32))
    }
}

impl Eq for Tail<'_> {}

impl fmt::Debug for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bits().fmt(f)
    }
}

/// A six-bit code as ASCII.
pub const fn ascii_of(code: u8) -> u8 {
    if code < 32 { code + 64 } else { code }
}

/// ASCII as a six-bit code: lower case is raised, what has no code becomes `?`.
pub const fn sixbit_of(ascii: u8) -> u8 {
    match ascii.to_ascii_uppercase() {
        c @ b'@'..=b'_' => c - 64,
        c @ b' '..=b'?' => c,
        _ => b'?',
    }
}

/// A field of a table: a fixed number of bits.
pub trait Field: Copy {
    const BITS: usize;
    fn get(bits: &Bits, at: usize) -> Self;
    fn put(self, bits: &mut Bits, at: usize);
    fn show(self) -> Value;
}

/// A field's value for display, comparison and JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Number(i64),
    Flag(bool),
    /// As transmitted, and in its unit when available.
    Quantity {
        raw: i64,
        value: Option<f64>,
        unit: &'static str,
    },
    Text(ShortText<34>),
    /// From here the fields of the next repeated part, counted from 0.
    Part(u8),
}

/// An unsigned number of `N` bits without unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct U<const N: usize>(pub u32);

impl<const N: usize> Field for U<N> {
    const BITS: usize = N;
    #[inline]
    fn get(bits: &Bits, at: usize) -> Self {
        Self(bits.uint(at, N) as u32)
    }
    fn put(self, bits: &mut Bits, at: usize) {
        bits.put(at, N, u64::from(self.0));
    }
    fn show(self) -> Value {
        Value::Number(i64::from(self.0))
    }
}

impl<const N: usize> fmt::Debug for U<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Field for bool {
    const BITS: usize = 1;
    #[inline]
    fn get(bits: &Bits, at: usize) -> Self {
        bits.uint(at, 1) == 1
    }
    fn put(self, bits: &mut Bits, at: usize) {
        bits.put(at, 1, u64::from(self));
    }
    fn show(self) -> Value {
        Value::Flag(self)
    }
}

/// `N` six-bit characters as transmitted, padding included.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SixBit<const N: usize>([u8; N]);

impl<const N: usize> SixBit<N> {
    /// Padded with `@`; what doesn't fit is cut.
    pub fn new(text: &str) -> Self {
        let mut codes = [0; N];
        for (code, c) in codes.iter_mut().zip(text.bytes()) {
            *code = sixbit_of(c);
        }
        Self(codes)
    }

    /// Up to the first `@`, trailing spaces cut. `None` when nothing is left.
    pub fn text<const M: usize>(&self) -> Option<ShortText<M>> {
        const { assert!(N <= M) }
        let mut ascii = [0; N];
        let end = self.0.iter().position(|&c| c == 0).unwrap_or(N);
        for (a, &code) in ascii.iter_mut().zip(&self.0[..end]) {
            *a = ascii_of(code);
        }
        let text = core::str::from_utf8(&ascii[..end]).expect("six-bit codes are ASCII").trim_end();
        (!text.is_empty()).then(|| ShortText::truncated(text))
    }
}

impl<const N: usize> Field for SixBit<N> {
    const BITS: usize = 6 * N;
    #[inline]
    fn get(bits: &Bits, at: usize) -> Self {
        let mut codes = [0; N];
        for (i, chunk) in codes.chunks_mut(8).enumerate() {
            let width = chunk.len() * 6;
            let word = bits.uint(at + i * 48, width) << (48 - width);
            for (j, code) in chunk.iter_mut().enumerate() {
                *code = ((word >> (42 - 6 * j)) & 63) as u8;
            }
        }
        Self(codes)
    }
    fn put(self, bits: &mut Bits, at: usize) {
        for (i, &code) in self.0.iter().enumerate() {
            bits.put(at + i * 6, 6, u64::from(code));
        }
    }
    fn show(self) -> Value {
        let mut shown = [0; N];
        let end = self.0.iter().position(|&c| c == 0).unwrap_or(N);
        for (a, &code) in shown.iter_mut().zip(&self.0[..end]) {
            *a = ascii_of(code);
        }
        let text = core::str::from_utf8(&shown[..end]).expect("six-bit codes are ASCII").trim_end();
        Value::Text(ShortText::truncated(text))
    }
}

impl<const N: usize> fmt::Debug for SixBit<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().map(|&c| char::from(ascii_of(c))).collect::<String>().fmt(f)
    }
}
