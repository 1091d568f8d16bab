//! An APDU's header (DO-267A appendix D; segments as in DO-358B §A.3).
//!
//! ```text
//!  | flags 3 | product 11 | S 1 | T 2 | month 4, day 5 if T ≥ 2 | hours 5 | minutes 6 | seconds 6 if T odd |
//!  | file 10, parts 9, part 9 if S | padding to a byte | payload |
//! ```

use crate::uat::bytes::Fields;

/// One application protocol data unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apdu<'a> {
    pub product: u16,
    /// Month and day.
    pub day: Option<(u8, u8)>,
    pub hour: u8,
    pub minute: u8,
    pub second: Option<u8>,
    pub segment: Option<Segment>,
    pub payload: &'a [u8],
}

/// A part of a product file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub file: u16,
    pub parts: u16,
    /// From 1.
    pub part: u16,
}

impl<'a> Apdu<'a> {
    /// `None`: shorter than its header, or a time that no clock shows.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { fields: Fields(bytes), at: 3 };
        let product = reader.take(11) as u16;
        let segmented = reader.take(1) == 1;
        let time = reader.take(2);
        let day = (2 <= time).then(|| (reader.take(4) as u8, reader.take(5) as u8));
        let (hour, minute) = (reader.take(5) as u8, reader.take(6) as u8);
        let second = (time % 2 == 1).then(|| reader.take(6) as u8);
        let segment =
            segmented.then(|| Segment { file: reader.take(10) as u16, parts: reader.take(9) as u16, part: reader.take(9) as u16 });
        let right = hour < 24 && minute < 60 && second.is_none_or(|s| s < 60);
        let payload = bytes.get(reader.at.div_ceil(8)..)?;
        right.then_some(Self { product, day, hour, minute, second, segment, payload })
    }
}

struct Reader<'a> {
    fields: Fields<'a>,
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, width: usize) -> u32 {
        let value = self.fields.get(self.at / 8 + 1, self.at % 8 + 1, width);
        self.at += width;
        value
    }
}
