//! Sequence detection of AFSK: the most likely row of tones, whatever the bit clock and the audio phase do.
//!
//! Time runs in steps of an eighth of a bit. At each step and for each audio phase (24, 15° apart, or 12) the trellis holds the best
//! way to have a bit boundary there. A bit is a segment of 7, 8 or 9 steps of one tone; the phase at its end follows from that at
//! its start, give or take one phase. So clock and tone errors are paths through the trellis, not loops that must lock:
//!
//! ```text
//!   step      m                    m+7 m+8 m+9
//!   phase p ──●── mark  (+360°) ────○───●───○── p
//!             └── space (+660°) ────○───●───○── p − 60°
//! ```
//! The value of a segment is how much it adds to what the signal has in common with the path: |λr + c| − |λr|, with c the
//! correlation of the segment with its template and r that of the path so far, fading by λ a bit. With λ = 0 this is detection
//! without any carrier phase; the nearer λ is to 1, the longer the carrier's phase is believed in.
//!
//! Several trellises of a kind run side by side, in `G` groups: lane = phase · G + group, so that a turn of the phase is a rotation
//! of all `L` lanes, and one pass of vectors serves them all. With as many groups as lanes there is one phase: none is followed.

use super::step::{ABOVE, BELOW, NEVER, NODES, Node, Room, Trace, WORSE_STEP, advance_all};

/// Steps of a bit.
pub const STEPS: usize = 8;
/// Lengths of a bit, steps.
pub const LENGTHS: [usize; 3] = [7, 8, 9];
pub const LONGEST: usize = 9;
/// Steps kept for going back; a power of two.
const HISTORY: usize = 1024;
/// Bits between two looks back.
const EVERY_BITS: usize = 32;
/// Bits that must lie behind a decision.
const LAG_BITS: usize = 56;
/// Bits within which another way must be back on the best one.
const DETOUR_BITS: usize = 18;
const _: () = assert!((EVERY_BITS + LAG_BITS + 2 + DETOUR_BITS) * LONGEST <= HISTORY);
/// A row of lanes twice over, so that it can be read rotated. Up to 32 lanes.
pub const TWICE: usize = 64;
pub type Doubled = [f32; TWICE];

/// What weighs how much.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// λ: how much of the carrier's phase stays from bit to bit.
    pub memory: f32,
    /// How fast a path learns that the carrier is elsewhere. Of no effect without `DRIFT`.
    pub pull: f32,
    /// What a bit of 7 or 9 steps costs, in units of a sample's amplitude.
    pub timing: f32,
    /// What a jump of the audio phase by one costs.
    pub phase: f32,
}

/// A decided bit of the row of tones.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    pub mark: bool,
    /// Step at which it ends.
    pub end: u64,
    /// The next best way to end here with the other tone, where it is nearly as good.
    pub or: Option<Detour>,
}

/// Another row of tones that ends where the best one does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detour {
    /// How much less it has in common with the signal, samples' amplitudes.
    pub worse: f32,
    /// The last so many tones are replaced
    pub instead_of: u8,
    /// by so many,
    pub len: u8,
    /// bit 0 the last; 1: mark.
    pub marks: u32,
}

/// Detours worse than that are not looked at.
const WORSE_MAX: f32 = 6.0;

/// Where a path was: step, lane, and the code of its segment to there.
type Place = (u64, usize, u32);

/// By length and tone.
pub type Turns<const L: usize> = [[Turn<L>; 2]; 3];

/// What a segment does to the carrier's phase, by the lane where it ends, and to the audio's, lanes.
#[derive(Clone, Copy, Debug)]
pub struct Turn<const L: usize> {
    pub cos: [f32; L],
    pub sin: [f32; L],
    pub advance: usize,
}

impl<const L: usize> Turn<L> {
    pub const NONE: Self = Self { cos: [1.0; L], sin: [0.0; L], advance: 0 };
}

/// Correlations of the segments that begin at one step: by length, tone, part (real, imaginary) and lane, all lanes twice over.
#[derive(Clone, Debug)]
pub struct Correlations {
    pub of: [[[Doubled; 2]; 2]; 3],
}

impl Correlations {
    pub const fn new() -> Self {
        Self { of: [[[[0.0; TWICE]; 2]; 2]; 3] }
    }
}

#[derive(Debug)]
pub struct Trellis<const L: usize, const G: usize, const DRIFT: bool> {
    weights: Weights,
    turns: Turns<L>,
    /// The best ways to the steps from here to the end of the longest bit.
    ring: [Node<L>; NODES],
    room: Room,
    trace: Box<[Trace<L>]>,
    step: u64,
    /// Step up to which tones have been told, by group.
    told: [u64; G],
    /// The best path, newest first, and what it decided.
    path: Vec<Place>,
    found: Vec<Tone>,
}

impl<const L: usize, const G: usize, const DRIFT: bool> Trellis<L, G, DRIFT> {
    pub fn new(weights: Weights, turns: Turns<L>) -> Self {
        const { assert!(L.is_multiple_of(G) && 2 * L <= TWICE) };
        let mut ring = [Node::EMPTY; NODES];
        ring[0].score = [0.0; L];
        Self {
            weights,
            turns,
            ring,
            room: Room::new(),
            trace: vec![Trace { left: [0; L], other: [0; L], worse: [u8::MAX; L] }; HISTORY].into(),
            step: 0,
            told: [0; G],
            path: Vec::with_capacity(HISTORY / LENGTHS[0]),
            found: Vec::with_capacity(HISTORY / LENGTHS[0]),
        }
    }

    /// Takes the correlations of the segments that begin at this step. True: [`Self::look_back`] has something to tell.
    #[inline]
    pub fn step(&mut self, correlations: &Correlations) -> bool {
        let at = self.step as usize;
        self.trace[at % HISTORY] = advance_all::<L, G, DRIFT>(&mut self.ring, &mut self.room, at, &self.turns, correlations, &self.weights);
        self.step += 1;
        self.step.is_multiple_of((STEPS * EVERY_BITS) as u64)
    }

    /// What is decided by now of a group's tones since the last look, in order of time.
    pub fn look_back(&mut self, group: usize) -> &[Tone] {
        self.found.clear();
        self.level(group);
        let score = &self.ring[self.step as usize % NODES].score;
        let best = lanes::<L, G>(group).max_by(|a, b| score[*a].total_cmp(&score[*b])).unwrap_or(group);
        let until = self.step.saturating_sub((STEPS * LAG_BITS) as u64);
        // A path that has moved by less than half a bit since the last look begins where that one ended.
        let from = self.told[group] + (STEPS / 2) as u64;
        let (told, _) = self.follow(best, from);
        for i in (0..told).rev() {
            let (end, _, code) = self.path[i];
            if end <= until {
                self.found.push(Tone { mark: code & 1 == 0, end, or: self.detour(i) });
            }
        }
        if let Some(last) = self.found.last() {
            self.told[group] = last.end;
        }
        &self.found
    }

    /// The path to a lane of this step, back to some bits before `from`. How many of its bits end behind `from`, and all.
    fn follow(&mut self, lane: usize, from: u64) -> (usize, usize) {
        self.path.clear();
        let node = &self.ring[self.step as usize % NODES];
        let tone = usize::from(node.by_tone[0][lane] < node.by_tone[1][lane]);
        let mut place = (self.step, lane, node.code[tone][lane]);
        let mut told = 0;
        while self.path.len() < told + DETOUR_BITS {
            self.path.push(place);
            told += usize::from(from < place.0);
            let Some(before) = self.before(place) else { break };
            place = before;
        }
        (told, self.path.len())
    }

    /// Where a path was one bit before.
    fn before(&self, (step, lane, code): Place) -> Option<Place> {
        let (length, tone) = (code as usize >> 1 & 3, code as usize & 1);
        let step = step.checked_sub(LENGTHS[length] as u64)?;
        let lane = (lane + L - self.turns[length][tone].advance) % L;
        let left = u32::from(self.trace[step as usize % HISTORY].left[lane]);
        let jump = if left & ABOVE != 0 { G } else { 0 } + if left & BELOW != 0 { L - G } else { 0 };
        Some((step, (lane + jump) % L, left & 7))
    }

    /// The other way to a place on the path, until it is back on it.
    fn detour(&self, place: usize) -> Option<Detour> {
        let (step, lane, _) = self.path[place];
        let trace = self.trace.get(step as usize % HISTORY)?;
        let worse = f32::from(trace.worse[lane]) * WORSE_STEP;
        if WORSE_MAX < worse {
            return None;
        }
        let mut at = (step, lane, u32::from(trace.other[lane]));
        let (mut marks, mut next) = (0, place + 1);
        for len in 1..=DETOUR_BITS {
            marks |= u32::from(at.2 & 1 == 0) << (len - 1);
            at = self.before(at)?;
            while at.0 < self.path.get(next)?.0 {
                next += 1;
            }
            if (self.path[next].0, self.path[next].1) == (at.0, at.1) {
                let instead_of = u8::try_from(next - place).ok()?;
                return Some(Detour { worse, instead_of, len: len as u8, marks });
            }
        }
        None
    }

    /// Scores stay small.
    fn level(&mut self, group: usize) {
        let best = self.ring.iter().flat_map(|n| lanes::<L, G>(group).map(|lane| n.score[lane])).fold(NEVER, f32::max);
        for node in &mut self.ring {
            let [mark, space] = &mut node.by_tone;
            for row in [&mut node.score, mark, space] {
                lanes::<L, G>(group).for_each(|lane| row[lane] = (row[lane] - best).max(NEVER));
            }
        }
    }
}

fn lanes<const L: usize, const G: usize>(group: usize) -> impl Iterator<Item = usize> {
    (group..L).step_by(G)
}

/// By how many of `phases` a tone (0 mark, 1 space) turns in a segment of `LENGTHS[l]`.
pub const fn advance(phases: usize, l: usize, tone: usize) -> usize {
    // A bit is 1 turn of mark, 11/6 turns of space.
    let whole = if tone == 0 { phases } else { phases * 11 / 6 };
    (whole * LENGTHS[l] + STEPS / 2) / STEPS % phases
}
