//! From compact halves to believed places: one aircraft's position state.
//!
//! ```text
//!   half ──► pair within the window? ──► global place, consistent with the older half ──┐
//!     └────► fix younger than 3 min? ──► local place ───────────────────────────────────┴─► in range, reachable ─► fix
//!                                                                                       └─► else: suspect, not told
//! ```
//!
//! - The first place comes from a pair only, and only when the older half, decoded near the new place, is as close as an
//!   aircraft could have flown in between. Halves that don't belong together nearly always fail that.
//! - A later place must be reachable from the last believed one. What is not is a *suspect*: not told, counted. When
//!   [`SUSPECTS_NEEDED`] pairs in a row agree with each other, it was the old fix that was wrong, and they take over.
//! - A pair outranks a local place, so that an error of one zone can't live on by itself.
//!
//! Time differences are taken without sign: frames of several receivers may come slightly out of order, and clocks may be set.

use super::cpr::{self, Scale};
use super::message::position::Cpr;
use model::{Disbelief, LatLon, UnixMicros};

const SECOND_MICROS: i64 = 1_000_000;
/// Both halves of an airborne pair (DO-260B §A.1.7.7).
const AIRBORNE_WINDOW_MICROS: i64 = 10 * SECOND_MICROS;
/// Both halves of a surface pair: 25 s, or 50 s when known to be no faster than 25 kt (DO-260B §A.1.7.8).
const SURFACE_WINDOW_MICROS: i64 = 25 * SECOND_MICROS;
const SLOW_SURFACE_WINDOW_MICROS: i64 = 50 * SECOND_MICROS;
const SLOW_KT: f64 = 25.0;
/// A fix serves as reference this long: at 1,000 kt it is then 50 NM away, far from the 180 NM where it turns ambiguous.
const LOCAL_AGE_MICROS: i64 = 180 * SECOND_MICROS;
/// A surface position's quadrant is known from a fix of this age: nobody crosses 45° of longitude in the time.
const QUADRANT_AGE_MICROS: i64 = 600 * SECOND_MICROS;
/// So many consecutive pairs that agree with each other overrule the fix that they disagree with.
const SUSPECTS_NEEDED: u8 = 3;
/// Nothing is heard from farther: 4.12 (√h1 + √h2) km is 730 km for an aircraft at 50,000 ft seen from a 3,000 m summit.
pub const RANGE_M_MAX: u32 = 800_000;

/// How far something may have moved: `speed · time + slack`. The slack covers encoding (5 m), the transmitter's own latency
/// (0.6 s) and the jitter of network time stamps.
struct Reach {
    /// When the speed is not known.
    speed_kt: f64,
    /// When it is: half more, and this much, for acceleration since.
    extra_kt: f64,
    slack_m: f64,
    /// Between the halves of a pair: seconds apart at most, so that less goes wrong, and a wrong pair passes by chance
    /// (one in a hundred at 500 m: its halves are anywhere within 11 x 20 km of each other).
    pair_slack_m: f64,
}

const AIRBORNE_REACH: Reach = Reach { speed_kt: 1000.0, extra_kt: 100.0, slack_m: 1000.0, pair_slack_m: 500.0 };
const SURFACE_REACH: Reach = Reach { speed_kt: 150.0, extra_kt: 30.0, slack_m: 200.0, pair_slack_m: 200.0 };
const M_PER_MICRO_KT: f64 = 1852.0 / 3600.0 / 1e6;

impl Reach {
    /// Metres flown at most in this time, without slack.
    fn flown_m(&self, speed_kt: Option<f64>, micros: i64) -> f64 {
        let speed_kt = speed_kt.map_or(self.speed_kt, |kt| 1.5 * kt + self.extra_kt);
        speed_kt * M_PER_MICRO_KT * micros.unsigned_abs() as f64
    }
}

/// The antenna's place and how far from it a position may be.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub at: LatLon,
    pub range_m: u32,
}

/// One half as received.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub cpr: Cpr,
    pub scale: Scale,
    pub at: UnixMicros,
    /// Halves of different senders (the aircraft, a ground station about it) are never paired.
    pub stream: u8,
    /// Speed over ground, when recently told.
    pub speed_kt: Option<f64>,
}

/// What a half led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Place(LatLon),
    /// Not yet decidable: no partner, no reference.
    Waiting,
    /// Decided, and not believable.
    Implausible(LatLon, Disbelief),
}

#[derive(Clone, Copy, Debug)]
struct Fix {
    place: LatLon,
    at: UnixMicros,
    scale: Scale,
}

#[derive(Clone, Copy, Debug)]
struct Suspect {
    fix: Fix,
    pairs: u8,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Fixes {
    /// The last half of each parity: even, odd.
    halves: [Option<Report>; 2],
    fix: Option<Fix>,
    suspect: Option<Suspect>,
}

impl Fixes {
    pub fn update(&mut self, report: Report, site: Option<Site>) -> Outcome {
        self.halves[usize::from(report.cpr.odd)] = Some(report);
        let new = |place| Fix { place, at: report.at, scale: report.scale };
        if let Some(place) = self.global(&report, site) {
            return self.judge_pair(new(place), &report, site);
        }
        let Some(place) = self.local(&report) else {
            return Outcome::Waiting;
        };
        if !in_range(place, site) {
            return Outcome::Implausible(place, Disbelief::OutOfRange);
        }
        if self.fix.is_some_and(|old| reachable(&old, &new(place), report.speed_kt)) {
            return self.believe(new(place));
        }
        Outcome::Implausible(place, Disbelief::PositionJump)
    }

    /// The place that this half and the last of the other parity name, if they belong together.
    fn global(&self, report: &Report, site: Option<Site>) -> Option<LatLon> {
        let other = self.halves[usize::from(!report.cpr.odd)].as_ref()?;
        let apart = report.at.micros_since(other.at);
        if other.scale != report.scale || other.stream != report.stream || window_micros(report) < apart.abs() {
            return None;
        }
        let place = match report.scale {
            Scale::Airborne => cpr::global_airborne(other.cpr, report.cpr),
            Scale::Surface => cpr::global_surface(other.cpr, report.cpr, self.quadrant(report.at, site)?),
        }?;
        let before = cpr::local(other.cpr, report.scale, place)?;
        let reach = reach(report.scale);
        (before.distance_m(place) <= reach.flown_m(report.speed_kt, apart) + reach.pair_slack_m).then_some(place)
    }

    fn local(&self, report: &Report) -> Option<LatLon> {
        let fix = self.fix.filter(|f| report.at.micros_since(f.at).abs() <= LOCAL_AGE_MICROS)?;
        cpr::local(report.cpr, report.scale, fix.place)
    }

    /// Something near enough to tell which quarter of the globe a surface position is in.
    fn quadrant(&self, at: UnixMicros, site: Option<Site>) -> Option<LatLon> {
        let fix = self.fix.filter(|f| at.micros_since(f.at).abs() <= QUADRANT_AGE_MICROS);
        fix.map(|f| f.place).or(site.map(|s| s.at))
    }

    fn judge_pair(&mut self, new: Fix, report: &Report, site: Option<Site>) -> Outcome {
        if !in_range(new.place, site) {
            return Outcome::Implausible(new.place, Disbelief::OutOfRange);
        }
        if self.fix.is_none_or(|old| reachable(&old, &new, report.speed_kt)) {
            return self.believe(new);
        }
        let agreeing = self.suspect.filter(|s| reachable(&s.fix, &new, report.speed_kt)).map_or(0, |s| s.pairs);
        let pairs = agreeing + 1;
        if SUSPECTS_NEEDED <= pairs {
            return self.believe(new);
        }
        self.suspect = Some(Suspect { fix: new, pairs });
        Outcome::Implausible(new.place, Disbelief::PositionJump)
    }

    fn believe(&mut self, fix: Fix) -> Outcome {
        self.suspect = None;
        self.fix = Some(fix);
        Outcome::Place(fix.place)
    }
}

fn window_micros(report: &Report) -> i64 {
    match report.scale {
        Scale::Airborne => AIRBORNE_WINDOW_MICROS,
        Scale::Surface if report.speed_kt.is_some_and(|kt| kt <= SLOW_KT) => SLOW_SURFACE_WINDOW_MICROS,
        Scale::Surface => SURFACE_WINDOW_MICROS,
    }
}

const fn reach(scale: Scale) -> &'static Reach {
    match scale {
        Scale::Airborne => &AIRBORNE_REACH,
        Scale::Surface => &SURFACE_REACH,
    }
}

fn reachable(old: &Fix, new: &Fix, speed_kt: Option<f64>) -> bool {
    // Taking off and landing: the faster kind holds, and a taxiing speed says nothing about the flight before.
    let (reach, speed_kt) = if old.scale == new.scale { (reach(new.scale), speed_kt) } else { (&AIRBORNE_REACH, None) };
    old.place.distance_m(new.place) <= reach.flown_m(speed_kt, new.at.micros_since(old.at)) + reach.slack_m
}

fn in_range(place: LatLon, site: Option<Site>) -> bool {
    site.is_none_or(|s| s.at.distance_m(place) <= f64::from(s.range_m))
}

#[cfg(test)]
mod tests;
