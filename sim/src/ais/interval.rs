//! How often a ship reports its position (ITU-R M.1371-5 annex 2 §4.2, table 1).

/// Seconds between two reports.
pub fn interval_s(class_b: bool, nav_status: u8, speed_kt: f64, turn_deg_per_min: f64) -> f64 {
    match (class_b, 10.0 < turn_deg_per_min.abs()) {
        (true, _) => {
            if speed_kt < 2.0 {
                180.0
            } else {
                30.0
            }
        }
        _ if matches!(nav_status, 1 | 5) && speed_kt < 3.0 => 180.0,
        (_, turning) if speed_kt < 14.0 => {
            if turning {
                10.0 / 3.0
            } else {
                10.0
            }
        }
        (_, turning) if speed_kt < 23.0 => {
            if turning {
                2.0
            } else {
                6.0
            }
        }
        _ => 2.0,
    }
}
