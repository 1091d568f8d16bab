//! Inland waterways: DAC 200 (UNECE resolution 63, CCNR inland AIS standard).

use crate::ais::message::bits::{SixBit, U};
use crate::ais::message::record::{coded, record};

coded! {
    /// 1/10 m; 0 = not available.
    InlandLength: u 13, 1..=8000, * 0.1 + 0.0, "m";
    /// 1/10 m; 0 = not available.
    InlandBeam: u 10, 1..=1000, * 0.1 + 0.0, "m";
    /// 1/100 m; 0 = not available.
    InlandDraught: u 11, 1..=2000, * 0.01 + 0.0, "m";
    /// Number of persons; 255 = not available.
    Persons8: u 8, 0..=254, * 1.0 + 0.0, "";
    /// Number of persons; 8191 = not available.
    Passengers13: u 13, 0..=8190, * 1.0 + 0.0, "";
}

record! {
    /// DAC 200, FI 10: inland ship static and voyage data. 112 bits.
    pub struct InlandShip (0..112) {
        /// European vessel identification number (ENI).
        vin: SixBit<8> = 0,
        length: InlandLength = 48,
        beam: InlandBeam = 61,
        /// ERI classification.
        ship_type: U<14> = 71,
        /// Blue cones: 0–3, 4 B-flag, 5 unknown.
        hazard: U<3> = 85,
        draught: InlandDraught = 88,
        /// 0 not available, 1 unloaded, 2 loaded.
        loaded: U<2> = 99,
        speed_quality: bool = 101,
        course_quality: bool = 102,
        heading_quality: bool = 103,
        spare: U<8> = 104,
    }
}

record! {
    /// DAC 200, FI 55: persons on board. 80 bits.
    pub struct InlandPersons (0..80) {
        crew: Persons8 = 0,
        passengers: Passengers13 = 8,
        personnel: Persons8 = 21,
        spare: U<24> = 29,
        spare2: U<27> = 53,
    }
}
