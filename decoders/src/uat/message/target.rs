//! Target state (DO-282B §2.2.4.5.6, in type 6 §2.2.4.5.7): what the crew has selected.
//!
//! ```text
//!  byte n.1                n.2                n+1.5            n+2.6                  n+3.8
//!      | 0: MCP, 1: FMS | altitude 11       | altimeter 9     | valid 1, sign 1,      | valid 1, autopilot, VNAV, altitude |
//!      |                | (v − 1) · 32 ft   | 800 + (v−1)·0.8 | heading 8 · 180/256   | hold, approach, LNAV, reserved 2   |
//! ```

use crate::uat::bytes::Fields;
use model::{CentiDegrees, HeadingReference, Intent};

/// From byte `n` on. `None`: nothing is said.
pub fn read(f: Fields<'_>, n: usize, magnetic: bool) -> Option<Intent> {
    let altitude = f.get(n, 2, 11);
    let alt_ft = (altitude != 0).then(|| (altitude as i32 - 1) * 32);
    let managed = f.flag(n, 1);
    let altimeter = f.get(n + 1, 5, 9);
    let modes = f.flag(n + 3, 8);
    let mode = |bit| modes.then(|| f.flag(n + 4, bit));
    let intent = Intent {
        panel_alt_ft: alt_ft.filter(|_| !managed),
        fms_alt_ft: alt_ft.filter(|_| managed),
        selected_heading: heading(f, n, magnetic),
        altimeter_dhpa: (altimeter != 0).then(|| 8_000 + (altimeter as u16 - 1) * 8),
        autopilot: mode(1),
        vertical_navigation: mode(2),
        altitude_hold: mode(3),
        approach: mode(4),
        lateral_navigation: mode(5),
        ..Intent::default()
    };
    (intent != Intent::default()).then_some(intent)
}

fn heading(f: Fields<'_>, n: usize, magnetic: bool) -> Option<(HeadingReference, CentiDegrees)> {
    let degrees = f64::from(f.get(n + 2, 8, 8)) * 180.0 / 256.0;
    let degrees = if f.flag(n + 2, 7) { (360.0 - degrees) % 360.0 } else { degrees };
    let reference = if magnetic { HeadingReference::MagneticHeading } else { HeadingReference::TrueHeading };
    f.flag(n + 2, 6).then(|| CentiDegrees::from_degrees(degrees)).flatten().map(|angle| (reference, angle))
}
