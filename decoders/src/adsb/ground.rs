//! On the ground or not: what several fields say, which do not weigh the same.
//!
//! ```text
//!   surface or airborne position     the transponder's own decision, under parity        believed
//!   CA of DF 11, 17                  air-ground switch, under parity                     believed, unless contradicted
//!   FS of DF 4 5 20 21, VS of DF 0 16   the same switch; the parity hides the address    a change needs two in 30 s
//!
//!   contradicted: a position message of the last 10 s says otherwise; or "on the ground" at 100 kt and more. Who was in the air
//!   stays there down to 80 kt (a switch that sticks, or a bit that flips, while flying slowly).
//! ```
//!
//! 100 kt is where a transponder itself overrules its switch (DO-260B §2.2.3.2.1.1.2): a real landing at 130 kt is told by surface
//! positions, which are believed at any speed.

use model::UnixMicros;

/// A position message decides for so long.
const POSITION_MICROS: i64 = 10_000_000;
/// A change that nothing proves must be said again within this time.
const TWICE_MICROS: i64 = 30_000_000;
/// After this long the last state proves nothing.
const STATE_MICROS: i64 = 120_000_000;
const FLYING_KT: f64 = 100.0;
const TAXIING_KT: f64 = 80.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The kind of a position message.
    Position,
    /// A field of a frame whose parity stands on its own.
    Proven,
    /// A field of a reply.
    Unproven,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `changed`: another state was believed before.
    Believed {
        changed: bool,
    },
    /// A change, said for the first time and without proof.
    Waiting,
    Contradicted,
}

/// What is believed of one aircraft.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ground {
    state: Option<(bool, UnixMicros)>,
    position: Option<(bool, UnixMicros)>,
    doubted: Option<(bool, UnixMicros)>,
}

impl Ground {
    /// `speed_kt`: over ground, told lately.
    pub fn weigh(&mut self, on_ground: bool, evidence: Evidence, speed_kt: Option<f64>, at: UnixMicros) -> Verdict {
        let before = within(self.state, at, STATE_MICROS);
        if evidence == Evidence::Position {
            self.position = Some((on_ground, at));
            return self.believe(on_ground, before, at);
        }
        let position_differs = within(self.position, at, POSITION_MICROS).is_some_and(|said| said != on_ground);
        if position_differs || (on_ground && speed_kt.is_some_and(|kt| too_fast(kt, before))) {
            return Verdict::Contradicted;
        }
        let settled = before.is_none_or(|state| state == on_ground);
        if settled || evidence == Evidence::Proven || within(self.doubted, at, TWICE_MICROS) == Some(on_ground) {
            return self.believe(on_ground, before, at);
        }
        self.doubted = Some((on_ground, at));
        Verdict::Waiting
    }

    fn believe(&mut self, on_ground: bool, before: Option<bool>, at: UnixMicros) -> Verdict {
        self.state = Some((on_ground, at));
        self.doubted = None;
        Verdict::Believed { changed: before.is_some_and(|state| state != on_ground) }
    }
}

fn too_fast(speed_kt: f64, before: Option<bool>) -> bool {
    let limit = if before == Some(false) { TAXIING_KT } else { FLYING_KT };
    limit <= speed_kt
}

fn within(said: Option<(bool, UnixMicros)>, at: UnixMicros, age_micros: i64) -> Option<bool> {
    said.filter(|(_, then)| at.micros_since(*then).abs() <= age_micros).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Verdict = Verdict::Believed { changed: false };
    const CHANGED: Verdict = Verdict::Believed { changed: true };

    fn at(secs: i64) -> UnixMicros {
        UnixMicros::from_secs(secs)
    }

    /// (second, on ground, evidence, speed, verdict), one aircraft after the other.
    fn check(steps: &[(i64, bool, Evidence, Option<f64>, Verdict)]) {
        let mut ground = Ground::default();
        for (i, &(secs, on_ground, evidence, speed, verdict)) in steps.iter().enumerate() {
            assert_eq!(ground.weigh(on_ground, evidence, speed, at(secs)), verdict, "step {i}");
        }
    }

    #[test]
    fn positions_decide_and_flags_that_contradict_them_do_not_count() {
        check(&[
            (0, false, Evidence::Position, Some(140.0), NEW),
            (1, true, Evidence::Proven, None, Verdict::Contradicted),
            (2, true, Evidence::Position, Some(130.0), CHANGED),
            (3, false, Evidence::Unproven, Some(130.0), Verdict::Contradicted),
            (14, false, Evidence::Proven, Some(130.0), CHANGED),
        ]);
    }

    #[test]
    fn nobody_is_on_the_ground_at_flying_speed_and_the_limit_has_two_edges() {
        check(&[
            (0, false, Evidence::Proven, Some(90.0), NEW),
            (20, true, Evidence::Proven, Some(400.0), Verdict::Contradicted),
            (21, true, Evidence::Proven, Some(90.0), Verdict::Contradicted),
            (22, true, Evidence::Proven, Some(79.0), CHANGED),
            (23, true, Evidence::Proven, Some(90.0), NEW),
            (24, true, Evidence::Proven, Some(100.0), Verdict::Contradicted),
        ]);
    }

    #[test]
    fn a_change_without_proof_is_said_twice() {
        check(&[
            (0, false, Evidence::Unproven, None, NEW),
            (1, true, Evidence::Unproven, None, Verdict::Waiting),
            (2, false, Evidence::Unproven, None, NEW),
            (3, true, Evidence::Unproven, None, Verdict::Waiting),
            (40, true, Evidence::Unproven, None, Verdict::Waiting),
            (41, true, Evidence::Unproven, None, CHANGED),
            (400, false, Evidence::Unproven, None, NEW),
        ]);
    }
}
