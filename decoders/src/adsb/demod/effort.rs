//! How hard each profile tries: what a preamble must show, how far to repair, how many starts to try.

use super::detect::Thresholds;
use super::repair::Limits;
use crate::registry::Profile;

/// Without a preamble 49 alignments are tried, so fewer patterns each.
pub const BLIND: Limits = Limits { doubtful: 12, patterns: 12, patterns_known_address: 500, flips_overlay: 0 };

/// A second reading of the same burst: what it may repair adds to what the first one might.
pub const WITHOUT_PHASE: Limits = Limits { doubtful: 12, patterns: 100, patterns_known_address: 300, flips_overlay: 0 };

/// What the preamble must show, how far to repair, and how many starts are tried in one window: a burst of interference must
/// not take the processor. Scenario B (8,000 + 4,000 replies a second) asks for 700 a window in the full profile.
pub fn efforts(profile: Profile) -> (Thresholds, Limits, usize) {
    match profile {
        Profile::Full => (
            Thresholds { pulses: 10.0, contrast: 1.8, energy: 1.5 },
            Limits { doubtful: 20, patterns: 800, patterns_known_address: 2_000, flips_overlay: 1 },
            900,
        ),
        Profile::Fast => (
            Thresholds { pulses: 30.0, contrast: 3.5, energy: 2.5 },
            Limits { doubtful: 12, patterns: 100, patterns_known_address: 100, flips_overlay: 1 },
            250,
        ),
    }
}
