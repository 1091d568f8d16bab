//! What radio amateurs' stations tell beside position and weather: figures of their own, and how far they reach.

use crate::{CentiDegrees, ShortText};

/// A set of figures that a station measured, in its own names and units as far as it has told them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Telemetry {
    pub sequence: Option<u32>,
    /// What the station calls the whole; empty: nothing.
    pub title: ShortText<24>,
    /// The eight bits as they were sent; lowest: B1.
    pub bits: Option<u8>,
    /// At most [`Telemetry::READINGS_MAX`], of different channels: the values, and the bits that have a name.
    pub readings: Box<[Reading]>,
}

impl Telemetry {
    pub const ANALOG: u8 = 5;
    pub const DIGITAL: u8 = 8;
    pub const READINGS_MAX: usize = (Self::ANALOG + Self::DIGITAL) as usize;
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// 0–4: A1–A5; 5–12: B1–B8.
    pub channel: u8,
    /// Empty: never told.
    pub name: ShortText<24>,
    /// Of a bit what it means when it is 1. Empty: never told.
    pub unit: ShortText<24>,
    /// Millionths of the unit, at most [`Reading::MICRO_MAX`] either way. A bit: 0, or 1,000,000 when what its name says is so.
    pub value_micro: i64,
    /// The station has told how to read it: `value_micro` is in its unit. Else it is the figure as it was sent.
    pub calibrated: bool,
}

impl Reading {
    /// So that a double holds it exactly.
    pub const MICRO_MAX: i64 = 4_000_000_000_000_000;

    /// `None`: no number, or too large.
    pub fn micro(value: f64) -> Option<i64> {
        let micro = (value * 1e6).round();
        (micro.abs() <= Self::MICRO_MAX as f64).then_some(micro as i64)
    }

    pub fn value(&self) -> f64 {
        self.value_micro as f64 / 1e6
    }
}

/// How far a station is heard, or what it hears from where (direction finding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Coverage {
    pub power_w: Option<u16>,
    /// Of the antenna above the average terrain.
    pub height_ft: Option<u32>,
    pub gain_db: Option<u8>,
    /// Which way the antenna looks. `None`: every way, or not told.
    pub beam: Option<CentiDegrees>,
    /// As the station itself has worked it out.
    pub range_m: Option<u32>,
    /// How strong the sought signal is, S points 0–9; 0: not heard, which tells something too.
    pub heard_s: Option<u8>,
    pub bearing: Option<Bearing>,
}

/// Where a sought signal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearing {
    /// From true north.
    pub from: CentiDegrees,
    /// 0: useless … 9: best.
    pub quality: u8,
    /// Of eight measurements how many agreed; 9: by hand; 0: the bearing means nothing.
    pub hits: Option<u8>,
    /// Of how far it holds.
    pub range_m: Option<u32>,
}
