//! Area notices: DAC 1, FI 22 (broadcast) and 23 (addressed): IMO SN.1/Circ.289 §1. A head, then up to ten sub-areas of 87 bits.
//!
//! ```text
//!   │ linkage 10 │ notice 7 │ from: month 4, day 5, hour 5, minute 6 │ duration 18 │ shape 3, 84 bits │ shape 3, 84 bits │ …
//! ```
//! Lengths are multiplied by ten to the power of `scale`. A line or polygon goes on from the area before it.

use super::choice;
use super::units::{Linkage, MilliLatitude, MilliLongitude, Minutes18};
use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};
use crate::ais::message::units::{Day, Hour, Minute, Month};

coded! {
    /// Radius before scaling; 0 = a point.
    Radius12: u 12, 0..=4095, * 1.0 + 0.0, "m";
    /// Side before scaling; 0 = a line.
    Side8: u 8, 0..=255, * 1.0 + 0.0, "m";
    /// True degrees, clockwise.
    Boundary: u 9, 0..=359, * 1.0 + 0.0, "deg";
    /// True bearing from the point before; 720 = not available.
    HalfDegrees: u 10, 0..=719, * 0.5 + 0.0, "deg";
    /// Distance from the point before, before scaling; 0 = no point.
    Leg10: u 10, 1..=1023, * 1.0 + 0.0, "m";
}

record! {
    /// What is noticed, and when. `notice` 0–22 caution, 23–31 environment, 32–39 restricted, 40–47 anchorage, 56–58 security,
    /// 64–76 distress, 80–95 instruction, 96–111 chart, 112–119 report, 120–124 route, 125 other, 126 cancelled, 127 undefined.
    pub struct AreaNoticeHead (0..55) {
        linkage: Linkage = 0,
        notice: U<7> = 10,
        month: Month = 17,
        day: Day = 21,
        hour: Hour = 26,
        minute: Minute = 31,
        duration: Minutes18 = 37,
    }
}

record! {
    /// Shape 0: a circle or point.
    pub struct AreaCircle (0..87) {
        shape: U<3> = 0,
        scale: U<2> = 3,
        lon: MilliLongitude = 5,
        lat: MilliLatitude = 30,
        /// Decimal places of the position that mean something.
        precision: U<3> = 54,
        radius: Radius12 = 57,
        spare: U<18> = 69,
    }
}

record! {
    /// Shape 1: a rectangle from its south-western corner.
    pub struct AreaRectangle (0..87) {
        shape: U<3> = 0,
        scale: U<2> = 3,
        lon: MilliLongitude = 5,
        lat: MilliLatitude = 30,
        precision: U<3> = 54,
        east: Side8 = 57,
        north: Side8 = 65,
        orientation: Boundary = 73,
        spare: U<5> = 82,
    }
}

record! {
    /// Shape 2: a sector.
    pub struct AreaSector (0..87) {
        shape: U<3> = 0,
        scale: U<2> = 3,
        lon: MilliLongitude = 5,
        lat: MilliLatitude = 30,
        precision: U<3> = 54,
        radius: Radius12 = 57,
        left: Boundary = 69,
        right: Boundary = 78,
    }
}

record! {
    /// Shapes 3 (line) and 4 (polygon): four legs from the last point of the area before.
    pub struct AreaLine (0..87) {
        shape: U<3> = 0,
        scale: U<2> = 3,
        bearing1: HalfDegrees = 5,
        distance1: Leg10 = 15,
        bearing2: HalfDegrees = 25,
        distance2: Leg10 = 35,
        bearing3: HalfDegrees = 45,
        distance3: Leg10 = 55,
        bearing4: HalfDegrees = 65,
        distance4: Leg10 = 75,
        spare: U<2> = 85,
    }
}

record! {
    /// Shape 5: text.
    pub struct AreaText (0..87) {
        shape: U<3> = 0,
        text: SixBit<14> = 3,
    }
}

record! {
    /// Shapes 6 and 7 are reserved.
    pub struct AreaReserved (0..87) {
        shape: U<3> = 0,
        spare: U<28> = 3,
        spare2: U<28> = 31,
        spare3: U<28> = 59,
    }
}

choice! {
    /// One part of an area.
    pub enum SubArea (87) by 0, 3 {
        0 => Circle(AreaCircle),
        1 => Rectangle(AreaRectangle),
        2 => Sector(AreaSector),
        3 | 4 => Line(AreaLine),
        5 => Text(AreaText),
        _ => Reserved(AreaReserved),
    }
}
