//! What is said: application data (6, 8, 17, 25, 26) and safety text (12, 14): ITU-R M.1371-5 annex 8 §3. Each is a head with a
//! variable tail.

use super::bits::U;
use super::record::{coded, record};

record! {
    /// Type 6: addressed binary message (§3.4 table 54); the tail is the application's.
    pub struct AddressedBinaryHead (38..88) {
        sequence: U<2> = 38,
        destination: U<30> = 40,
        retransmit: bool = 70,
        spare: U<1> = 71,
        /// Designated area code: 1 international, else the maritime country code.
        dac: U<10> = 72,
        function: U<6> = 82,
    }
}

record! {
    /// Type 8: broadcast binary message (§3.6); the tail is the application's.
    pub struct BroadcastBinaryHead (38..56) {
        spare: U<2> = 38,
        dac: U<10> = 40,
        function: U<6> = 50,
    }
}

record! {
    /// Type 12: addressed safety message (§3.10); the tail is six-bit text.
    pub struct AddressedSafetyHead (38..72) {
        sequence: U<2> = 38,
        destination: U<30> = 40,
        retransmit: bool = 70,
        spare: U<1> = 71,
    }
}

record! {
    /// Type 14: broadcast safety message (§3.12); the tail is six-bit text.
    pub struct BroadcastSafetyHead (38..40) {
        spare: U<2> = 38,
    }
}

coded! {
    /// Longitude of a reference station in 1/10 minute; 181° = not available.
    DgnssLongitude: i 18, -108_000..=108_000, * 0.001_666_666_666_666_666_7 + 0.0, "deg";
    /// Latitude in 1/10 minute; 91° = not available.
    DgnssLatitude: i 17, -54_000..=54_000, * 0.001_666_666_666_666_666_7 + 0.0, "deg";
}

record! {
    /// Type 17: GNSS corrections (§3.15 table 66); the tail holds M.823 header and words, or nothing.
    pub struct DgnssHead (38..80) {
        spare: U<2> = 38,
        lon: DgnssLongitude = 40,
        lat: DgnssLatitude = 58,
        spare2: U<5> = 75,
    }
}

record! {
    /// Types 25 and 26: the two flags that say what follows (§3.23 table 78, §3.24 table 80).
    pub struct SlotBinaryHead (38..40) {
        addressed: bool = 38,
        /// A 16-bit application identifier (DAC, FI) precedes the data.
        structured: bool = 39,
    }
}
