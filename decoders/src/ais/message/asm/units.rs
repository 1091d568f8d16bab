//! Quantities that several applications share (IMO SN.1/Circ.289, SN/Circ.236).

use crate::ais::message::record::coded;

coded! {
    /// 1/1000 minute; 181° = not available.
    MilliLongitude: i 25, -10_800_000..=10_800_000, * 0.000_016_666_666_666_666_667 + 0.0, "deg";
    /// 1/1000 minute; 91° = not available.
    MilliLatitude: i 24, -5_400_000..=5_400_000, * 0.000_016_666_666_666_666_667 + 0.0, "deg";
    /// True degrees; 360 and more = not available.
    Direction: u 9, 0..=359, * 1.0 + 0.0, "deg";
    /// How long something holds; 262143 = not available, 0 = it is cancelled.
    Minutes18: u 18, 0..=262_142, * 1.0 + 0.0, "min";
    /// How long a forecast holds; 255 = not available, 0 = it is cancelled.
    Minutes8: u 8, 0..=254, * 1.0 + 0.0, "min";
    /// Number of persons; 0 = not available, 8191 = that or more.
    Persons13: u 13, 1..=8191, * 1.0 + 0.0, "";
    /// Keel to mast in 1/100 m; 0 = not available, 8191 = that or more.
    AirDraught13: u 13, 1..=8191, * 0.01 + 0.0, "m";
    /// Links a text description to what it describes; 0 = none.
    Linkage: u 10, 1..=1023, * 1.0 + 0.0, "";
    /// 1/10 knot; 251 = that or more, 255 = not available.
    CurrentSpeed: u 8, 0..=251, * 0.1 + 0.0, "kt";
}
