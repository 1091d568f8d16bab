//! What encoder and decoder both remember while they walk through a segment: the last values of each subject, against
//! which the next are written as differences. It starts empty with each segment.

use super::raw::RawMemory;
use model::Subject;
use std::collections::HashMap;

/// Last values, 0 before the first.
#[derive(Debug, Default)]
pub struct Last {
    pub rssi: i64,
    pub offset: i64,
    pub lat: i64,
    pub lon: i64,
    pub baro: i64,
    pub geom: i64,
    pub speed: i64,
    pub direction: i64,
    pub vertical_rate: i64,
    pub geom_minus_baro: i64,
}

#[derive(Debug)]
pub struct Known {
    pub subject: Subject,
    pub last: Last,
    pub raws: RawMemory,
}

#[derive(Debug, Default)]
pub struct Memory {
    pub at: i64,
    pub noise: i64,
    known: Vec<Known>,
    places: HashMap<Subject, usize>,
}

impl Memory {
    pub fn clear(&mut self) {
        self.at = 0;
        self.noise = 0;
        self.known.clear();
        self.places.clear();
    }

    pub fn place(&self, subject: &Subject) -> Option<usize> {
        self.places.get(subject).copied()
    }

    /// A subject that appears for the first time.
    pub fn add(&mut self, subject: Subject) -> usize {
        let place = self.known.len();
        self.known.push(Known { subject, last: Last::default(), raws: RawMemory::default() });
        self.places.insert(subject, place);
        place
    }

    pub fn get(&mut self, place: usize) -> Option<&mut Known> {
        self.known.get_mut(place)
    }
}

/// The bits of [`super::columns::Col::Present`], in the order in which both sides ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bits {
    pub bits: u64,
    used: u32,
}

impl Bits {
    pub const fn from(bits: u64) -> Self {
        Self { bits, used: 0 }
    }

    pub const fn push(&mut self, bit: bool) {
        self.bits |= (bit as u64) << self.used;
        self.used += 1;
    }

    pub const fn see<T: Copy>(&mut self, value: Option<T>) -> Option<T> {
        self.push(value.is_some());
        value
    }

    /// A yes, no or unknown takes two bits.
    pub fn push_flag(&mut self, value: Option<bool>) {
        self.push(value.is_some());
        self.push(value == Some(true));
    }

    pub const fn next(&mut self) -> bool {
        let bit = self.bits >> self.used & 1 == 1;
        self.used += 1;
        bit
    }

    /// Bits that nobody asked for are of a format that we don't know.
    pub const fn all_used(&self) -> bool {
        self.bits >> self.used == 0
    }
}
