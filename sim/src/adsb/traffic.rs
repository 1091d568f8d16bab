//! When each aircraft transmits what. The rates are those of DO-260B §2.2.3.3 (uniformly jittered), plus answers to
//! interrogations:
//!
//! | squitter | every |
//! |---|---|
//! | acquisition (DF 11) | 0.95–1.05 s |
//! | airborne position, velocity | 0.4–0.6 s each |
//! | surface position | 0.4–0.6 s moving, 4.8–5.2 s standing |
//! | identification | 4.8–5.2 s (9.8–10.2 s standing) |
//! | target state | 1.2–1.3 s airborne |
//! | operational status | 2.4–2.6 s (4.8–5.2 s standing) |
//! | emergency status | 0.75–0.85 s in distress, else 4.8–5.2 s |
//! | replies (DF 0, 4, 5, 11, 16, 20, 21) | Poisson, [`ReplyRates`] |
//!
//! What is sent and when depends on the world and its time alone, never on who listens or since when: every minute of the
//! world's time is drawn anew from `(seed, slot, minute)`, so two stations that start at different moments hear the same frames.

use super::comm_b::Register;
use super::cpr::CprFormat;
use super::encode;
use super::frame::ModeS;
use super::modulate::PS_PER_S;
use crate::rng::Rng;
use crate::world::{AircraftState, World};
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// Mean answers per second of one airborne aircraft.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplyRates {
    /// DF 4, 5, 20, 21 (to ground radars).
    pub surveillance: f64,
    /// Share of those that carry a Comm-B register (DF 20, 21).
    pub comm_b_share: f64,
    /// DF 11 with an interrogator's code.
    pub all_call: f64,
    /// DF 0 and 16 (to other aircraft).
    pub acas: f64,
}

impl Default for ReplyRates {
    fn default() -> Self {
        Self { surveillance: 1.5, comm_b_share: 0.3, all_call: 0.3, acas: 1.0 }
    }
}

impl ReplyRates {
    pub const NONE: Self = Self { surveillance: 0.0, comm_b_share: 0.0, all_call: 0.0, acas: 0.0 };
    /// The proportions of 215,606 frames recorded at Los Angeles: of each hundred 31 DF 17, 36 DF 0 and 16, 21 DF 11, 11 DF 4, 5,
    /// 20 and 21.
    pub const BUSY: Self = Self { surveillance: 2.0, comm_b_share: 0.06, all_call: 2.8, acas: 6.4 };
}

/// One frame leaving one aircraft.
#[derive(Clone, Copy, Debug)]
pub struct Emission {
    /// Leading edge of the first pulse, at the aircraft, since the traffic's start.
    pub sent_ps: u64,
    pub slot: usize,
    pub state: AircraftState,
    pub frame: ModeS,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Acquisition,
    Position,
    Velocity,
    Identification,
    TargetState,
    OperationalStatus,
    EmergencyStatus,
    Surveillance,
    AllCall,
    Acas,
}

impl Turn {
    const ALL: [Self; 10] = [
        Self::Acquisition,
        Self::Position,
        Self::Velocity,
        Self::Identification,
        Self::TargetState,
        Self::OperationalStatus,
        Self::EmergencyStatus,
        Self::Surveillance,
        Self::AllCall,
        Self::Acas,
    ];
}

#[derive(Clone, Debug)]
struct Transponder {
    rng: Rng,
    next_format: CprFormat,
    next_register: usize,
}

/// All emissions of a world in order of time, without end.
#[derive(Clone, Debug)]
pub struct Traffic {
    world: World,
    rates: ReplyRates,
    transponders: Vec<Transponder>,
    start_us: i64,
    /// Which minute of the world's time the queue holds.
    minute: i64,
    /// Turns of this minute, in picoseconds since it began.
    queue: BinaryHeap<Reverse<(u64, usize, Turn)>>,
}

const MINUTE_US: i64 = 60_000_000;
const MINUTE_PS: u64 = 60 * PS_PER_S;

impl Traffic {
    /// Begins at `start_us` of the world's time (UTC in microseconds is a good choice).
    pub fn new(world: World, rates: ReplyRates, start_us: i64) -> Self {
        let minute = start_us.div_euclid(MINUTE_US);
        let mut traffic = Self { world, rates, transponders: Vec::new(), start_us, minute, queue: BinaryHeap::new() };
        traffic.begin_minute();
        let begin_ps = start_us.rem_euclid(MINUTE_US) as u64 * 1_000_000;
        while traffic.queue.peek().is_some_and(|Reverse((at, ..))| *at < begin_ps) {
            traffic.turn();
        }
        traffic
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// The aircraft in `slot` at an instant, see [`World::aircraft_at`].
    pub fn aircraft_at(&mut self, slot: usize, t_us: i64) -> AircraftState {
        self.world.aircraft_at(slot, t_us)
    }

    /// Nothing is sent before this instant (picoseconds since the start).
    pub fn next_ps(&self) -> u64 {
        let in_minute = self.queue.peek().map_or(MINUTE_PS, |Reverse((at, ..))| *at);
        self.since_start(in_minute)
    }

    /// Takes the next turn. `None`: that aircraft has nothing to say this time.
    pub fn step(&mut self) -> Option<Emission> {
        if self.queue.is_empty() {
            self.minute += 1;
            self.begin_minute();
            return None;
        }
        self.turn()
    }

    fn turn(&mut self) -> Option<Emission> {
        let Reverse((at_ps, slot, turn)) = self.queue.pop()?;
        let state = self.world.aircraft_at(slot, self.minute * MINUTE_US + (at_ps / 1_000_000) as i64);
        if let Some(gap) = self.gap_s(slot, turn, &state) {
            self.queue_turn(at_ps + ps(gap), slot, turn);
        }
        let frame = self.frame(slot, turn, &state)?;
        Some(Emission { sent_ps: self.since_start(at_ps), slot, state, frame })
    }

    fn begin_minute(&mut self) {
        let seed = self.world.config().seed;
        self.transponders.clear();
        for slot in 0..self.world.aircraft_count() {
            let rng = Rng::stream(seed, &[6, slot as u64, self.minute as u64]);
            self.transponders.push(Transponder { rng, next_format: CprFormat::Even, next_register: slot % Register::ALL.len() });
            let state = self.world.aircraft_at(slot, self.minute * MINUTE_US);
            for turn in Turn::ALL {
                if let Some(gap) = self.gap_s(slot, turn, &state) {
                    // The first one falls anywhere within its period.
                    let share = self.transponders[slot].rng.unit();
                    self.queue_turn(ps(gap * share), slot, turn);
                }
            }
        }
    }

    fn queue_turn(&mut self, at_ps: u64, slot: usize, turn: Turn) {
        if at_ps < MINUTE_PS {
            self.queue.push(Reverse((at_ps, slot, turn)));
        }
    }

    fn since_start(&self, in_minute_ps: u64) -> u64 {
        let minute_began_us = self.minute * MINUTE_US - self.start_us;
        (in_minute_ps as i64 + minute_began_us * 1_000_000).max(0) as u64
    }

    /// Time to the same turn again; `None` when its rate is zero.
    fn gap_s(&mut self, slot: usize, turn: Turn, state: &AircraftState) -> Option<f64> {
        let standing = state.on_ground && state.ground_speed_kt < 0.2;
        let rng = &mut self.transponders[slot].rng;
        let mut around = |middle: f64, half: f64| Some(rng.range(middle - half, middle + half));
        match turn {
            Turn::Acquisition => around(1.0, 0.05),
            Turn::Position if standing => around(5.0, 0.2),
            Turn::Position | Turn::Velocity => around(0.5, 0.1),
            Turn::Identification => around(if standing { 10.0 } else { 5.0 }, 0.2),
            Turn::TargetState => around(1.25, 0.05),
            Turn::OperationalStatus => {
                if standing {
                    around(5.0, 0.2)
                } else {
                    around(2.5, 0.1)
                }
            }
            Turn::EmergencyStatus => {
                if state.emergency {
                    around(0.8, 0.05)
                } else {
                    around(5.0, 0.2)
                }
            }
            Turn::Surveillance => poisson(rng, self.rates.surveillance),
            Turn::AllCall => poisson(rng, self.rates.all_call),
            Turn::Acas => poisson(rng, self.rates.acas),
        }
    }

    fn frame(&mut self, slot: usize, turn: Turn, state: &AircraftState) -> Option<ModeS> {
        let transponder = &mut self.transponders[slot];
        let squitter = |me| state.adsb.then(|| encode::squitter(state, me));
        match turn {
            Turn::Acquisition => Some(encode::all_call(state, 0)),
            Turn::Position => {
                let format = transponder.next_format;
                transponder.next_format = format.other();
                squitter(if state.on_ground { encode::surface_position(state, format) } else { encode::airborne_position(state, format) })
            }
            Turn::Identification => squitter(encode::identification(state)),
            Turn::OperationalStatus => squitter(encode::operational_status(state)),
            Turn::EmergencyStatus => squitter(encode::emergency_status(state)),
            Turn::AllCall => Some(encode::all_call(state, 1 + transponder.rng.below(15) as u32)),
            // On the ground neither velocity nor target state is sent, and radars and TCAS don't ask.
            _ if state.on_ground => None,
            Turn::Velocity => squitter(encode::ground_velocity(state)),
            Turn::TargetState => squitter(encode::target_state(state)),
            Turn::Surveillance => Some(transponder.surveillance(state, self.rates.comm_b_share)),
            Turn::Acas if transponder.rng.chance(0.1) => Some(encode::acas_long(state)),
            Turn::Acas => Some(encode::acas_short(state)),
        }
    }
}

impl Transponder {
    fn surveillance(&mut self, state: &AircraftState, comm_b_share: f64) -> ModeS {
        let comm_b = self.rng.chance(comm_b_share).then(|| {
            self.next_register = (self.next_register + 1) % Register::ALL.len();
            Register::ALL[self.next_register].encode(state)
        });
        match (self.rng.chance(0.7), comm_b) {
            (true, None) => encode::altitude_reply(state),
            (false, None) => encode::identity_reply(state),
            (true, Some(mb)) => encode::comm_b_altitude(state, mb),
            (false, Some(mb)) => encode::comm_b_identity(state, mb),
        }
    }
}

fn poisson(rng: &mut Rng, per_s: f64) -> Option<f64> {
    (0.0 < per_s).then(|| rng.exponential(1.0 / per_s))
}

fn ps(seconds: f64) -> u64 {
    (seconds * PS_PER_S as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::WorldConfig;
    use std::collections::BTreeMap;

    #[test]
    fn rates_are_those_of_the_standard() {
        let world = World::new(WorldConfig { aircraft: 80, emergencies: 0, mode_s_only_share: 0.0, ..WorldConfig::default() });
        let mut traffic = Traffic::new(world, ReplyRates::default(), 0);
        let seconds = 60;
        let mut counts: BTreeMap<(u8, u8), u32> = BTreeMap::new();
        let mut airborne_turns = 0;
        let mut last = 0;
        while traffic.next_ps() < seconds * PS_PER_S {
            let Some(e) = traffic.step() else { continue };
            assert!(last <= e.sent_ps);
            last = e.sent_ps;
            if e.state.on_ground {
                continue;
            }
            airborne_turns += u32::from(e.frame.df() == 11 && e.frame.residue() == 0);
            let type_code = if e.frame.df() == 17 { e.frame.as_slice()[4] >> 3 } else { 0 };
            *counts.entry((e.frame.df(), type_code)).or_default() += 1;
        }
        // Acquisition squitters come once a second: so many aircraft-seconds were flown.
        let per_s = |df, tc| f64::from(counts[&(df, tc)]) / f64::from(airborne_turns);
        for (df, tc, want) in [(17, 11, 2.0), (17, 19, 2.0), (17, 29, 0.8), (17, 31, 0.4), (17, 28, 0.2), (0, 0, 0.9), (16, 0, 0.1)] {
            assert!((per_s(df, tc) / want - 1.0).abs() < 0.1, "DF {df} TC {tc}: {}", per_s(df, tc));
        }
        let replies: f64 = [4, 5, 20, 21].iter().map(|df| per_s(*df, 0)).sum();
        assert!((replies - 1.5).abs() < 0.15, "{replies}");
        let names: f64 = (1..=4).filter(|tc| counts.contains_key(&(17, *tc))).map(|tc| per_s(17, tc)).sum();
        assert!((names - 0.2).abs() < 0.03, "{names}");
    }

    #[test]
    fn without_replies_only_squitters_are_heard() {
        let mut traffic = Traffic::new(World::new(WorldConfig::default()), ReplyRates::NONE, 7_000_000);
        for _ in 0..5000 {
            if let Some(e) = traffic.step() {
                assert!(matches!(e.frame.df(), 11 | 17) && e.frame.residue() == 0);
            }
        }
    }

    #[test]
    fn a_busy_sky_has_the_recorded_proportions() {
        let world = World::new(WorldConfig { mode_s_only_share: 0.0, ..WorldConfig::default() });
        let mut traffic = Traffic::new(world, ReplyRates::BUSY, 0);
        let mut counts = [0_u32; 25];
        for _ in 0..60_000 {
            if let Some(e) = traffic.step() {
                counts[usize::from(e.frame.df())] += 1;
            }
        }
        let all = f64::from(counts.iter().sum::<u32>());
        for (formats, percent) in [(&[17][..], 32.0), (&[0, 16], 34.0), (&[11], 22.0), (&[4, 5, 20, 21], 11.0)] {
            let got = 100.0 * formats.iter().map(|df| f64::from(counts[*df])).sum::<f64>() / all;
            assert!((got - percent).abs() < 4.0, "{formats:?}: {got}");
        }
    }

    #[test]
    fn whoever_starts_later_hears_the_same() {
        // Times of this century, and a start in the middle of a minute.
        let early_us = 1_795_000_000_000_000;
        let late_us = early_us + 95_123_456;
        let heard = |start_us| {
            let mut traffic = Traffic::new(World::new(WorldConfig::default()), ReplyRates::default(), start_us);
            let mut all = Vec::new();
            let end_us = early_us + 200_000_000;
            while traffic.next_ps() < (end_us - start_us) as u64 * 1_000_000 {
                all.extend(traffic.step().map(|e| (start_us as i128 * 1_000_000 + i128::from(e.sent_ps), e.frame)));
            }
            all
        };
        let (early, late) = (heard(early_us), heard(late_us));
        assert!(10_000 < late.len());
        let tail: Vec<_> = early.into_iter().filter(|(at, _)| late_us as i128 * 1_000_000 <= *at).collect();
        assert_eq!(tail, late);
    }
}
