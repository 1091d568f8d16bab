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

use core::array::from_fn;

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
const LAG_BITS: usize = 64;
const _: () = assert!((EVERY_BITS + LAG_BITS + 1) * STEPS + LONGEST <= HISTORY);
const NODES: usize = 16;
const NEVER: f32 = -1e9;
/// Radians a bit: 240 Hz.
const DRIFT_MAX: f32 = 1.25;
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

/// The best ways to one step, by lane.
#[derive(Clone, Copy, Debug)]
struct Node<const L: usize> {
    score: [f32; L],
    /// What the way has in common with the signal, relative to the carrier's phase here.
    re: [f32; L],
    im: [f32; L],
    /// How far the carrier turns against the template in a bit, radians.
    drift: [f32; L],
    /// Length and tone of the last segment ([`code`]).
    back: [u32; L],
}

impl<const L: usize> Node<L> {
    const EMPTY: Self = Self { score: [NEVER; L], re: [0.0; L], im: [0.0; L], drift: [0.0; L], back: [0; L] };
}

const fn code(length: usize, tone: usize) -> u32 {
    (length * 2 + tone) as u32
}

/// Added to the code where the path jumped to the phase above or below before it went on.
const ABOVE: u32 = 8;
const BELOW: u32 = 16;

/// A decided bit of the row of tones.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    pub mark: bool,
    /// Step at which it ends.
    pub end: u64,
}

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
    /// Where each lane's path came from, with its jump.
    trace: Box<[[u8; L]]>,
    step: u64,
    /// Step up to which tones have been told, by group.
    told: [u64; G],
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
            trace: vec![[0; L]; HISTORY].into(),
            step: 0,
            told: [0; G],
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
        let node = &self.ring[self.step as usize % NODES];
        let best = lanes::<L, G>(group).max_by(|a, b| node.score[*a].total_cmp(&node.score[*b]));
        let mut lane = best.unwrap_or(group);
        let (mut step, mut back) = (self.step, node.back[lane]);
        let until = self.step.saturating_sub((STEPS * LAG_BITS) as u64);
        // A path that has moved by less than half a bit since the last look begins where that one ended.
        let from = self.told[group] + (STEPS / 2) as u64;
        while from < step {
            let (length, tone) = (back as usize >> 1 & 3, back as usize & 1);
            if step <= until {
                self.found.push(Tone { mark: tone == 0, end: step });
            }
            let Some(before) = step.checked_sub(LENGTHS[length] as u64) else { break };
            lane = (lane + L - self.turns[length][tone].advance) % L;
            let left = u32::from(self.trace[before as usize % HISTORY][lane]);
            lane = (lane + if left & ABOVE != 0 { G } else { 0 } + if left & BELOW != 0 { L - G } else { 0 }) % L;
            back = left & 7;
            step = before;
        }
        self.found.reverse();
        if let Some(last) = self.found.last() {
            self.told[group] = last.end;
        }
        &self.found
    }

    /// Scores stay small.
    fn level(&mut self, group: usize) {
        let best = self.ring.iter().flat_map(|n| lanes::<L, G>(group).map(|lane| n.score[lane])).fold(NEVER, f32::max);
        for node in &mut self.ring {
            lanes::<L, G>(group).for_each(|lane| node.score[lane] = (node.score[lane] - best).max(NEVER));
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

/// The way so far, lanes twice over, as the segments that begin at one step need it. Kept between calls: clearing it would cost as
/// much as using it.
#[derive(Debug)]
struct Room {
    score: Doubled,
    re: Doubled,
    im: Doubled,
    size: Doubled,
    drift: Doubled,
    back: [u32; TWICE],
}

impl Room {
    const fn new() -> Self {
        let row = [0.0; TWICE];
        Self { score: row, re: row, im: row, size: row, drift: row, back: [0; TWICE] }
    }
}

/// `L` lanes of a doubled row from lane `from` on.
#[inline(always)]
fn row<const L: usize, T>(doubled: &[T; TWICE], from: usize) -> &[T; L] {
    doubled[from..].first_chunk().expect("a row twice over holds one from anywhere in its first half")
}

#[inline(always)]
fn double<const L: usize, T: Copy>(row: &[T; L], room: &mut [T; TWICE]) {
    room[..L].copy_from_slice(row);
    room[L..2 * L].copy_from_slice(row);
}

/// All segments that begin at step `at`. Returns where the paths came from that leave here.
#[multiversion::multiversion(targets = "simd")]
fn advance_all<const L: usize, const G: usize, const DRIFT: bool>(
    ring: &mut [Node<L>; NODES],
    room: &mut Room,
    at: usize,
    turns: &Turns<L>,
    c: &Correlations,
    weights: &Weights,
) -> [u8; L] {
    let mut node = ring[at % NODES];
    ring[at % NODES].score = [NEVER; L];
    if G < L {
        jump::<L, G, DRIFT>(&mut node, weights.phase, room);
    }
    leave::<L, DRIFT>(&mut node, weights.memory, room);
    for (l, &length) in LENGTHS.iter().enumerate() {
        let cost = if length == STEPS { 0.0 } else { weights.timing };
        let target = &mut ring[(at + length) % NODES];
        for (tone, turn) in turns[l].iter().enumerate() {
            extend::<L, DRIFT>(room, turn, &c.of[l][tone], (cost, code(l, tone)), weights.pull, target);
        }
    }
    from_fn(|lane| node.back[lane] as u8)
}

/// The best of each phase and its neighbours.
#[inline(always)]
fn jump<const L: usize, const G: usize, const DRIFT: bool>(node: &mut Node<L>, cost: f32, room: &mut Room) {
    double(&node.score, &mut room.score);
    double(&node.re, &mut room.re);
    double(&node.im, &mut room.im);
    double(&node.back, &mut room.back);
    if DRIFT {
        double(&node.drift, &mut room.drift);
    }
    for (by, mark) in [(G, ABOVE), (L - G, BELOW)] {
        let (score, re, im) = (row::<L, _>(&room.score, by), row::<L, _>(&room.re, by), row::<L, _>(&room.im, by));
        let (drift, back) = (row::<L, _>(&room.drift, by), row::<L, _>(&room.back, by));
        for p in 0..L {
            let better = Mask::of(node.score[p] < score[p] - cost);
            node.score[p] = better.pick(score[p] - cost, node.score[p]);
            node.re[p] = better.pick(re[p], node.re[p]);
            node.im[p] = better.pick(im[p], node.im[p]);
            node.back[p] = better.pick_bits(back[p] | mark, node.back[p]);
            if DRIFT {
                node.drift[p] = better.pick(drift[p], node.drift[p]);
            }
        }
    }
}

/// What is left of the way so far, one bit later.
#[inline(always)]
fn leave<const L: usize, const DRIFT: bool>(node: &mut Node<L>, memory: f32, room: &mut Room) {
    for p in 0..L {
        let (mut a, mut b) = (memory * node.re[p], memory * node.im[p]);
        if DRIFT {
            let d = node.drift[p];
            let (cos, sin) = (1.0 - 0.5 * d * d, d - d * d * d * (1.0 / 6.0));
            (a, b) = (a * cos - b * sin, a * sin + b * cos);
            room.drift[p] = d;
            room.drift[p + L] = d;
        }
        let size = (a * a + b * b).sqrt();
        let score = node.score[p] - size;
        (room.re[p], room.re[p + L]) = (a, a);
        (room.im[p], room.im[p + L]) = (b, b);
        (room.size[p], room.size[p + L]) = (size, size);
        (room.score[p], room.score[p + L]) = (score, score);
    }
}

/// The segments of one tone and length that begin at one step.
#[inline(always)]
fn extend<const L: usize, const DRIFT: bool>(
    room: &Room,
    turn: &Turn<L>,
    c: &[Doubled; 2],
    (cost, code): (f32, u32),
    pull: f32,
    target: &mut Node<L>,
) {
    let from = (L - turn.advance) % L;
    let (score, re, im) = (row::<L, _>(&room.score, from), row::<L, _>(&room.re, from), row::<L, _>(&room.im, from));
    let (size, drift) = (row::<L, _>(&room.size, from), row::<L, _>(&room.drift, from));
    let (cx, cy) = (row::<L, _>(&c[0], from), row::<L, _>(&c[1], from));
    for q in 0..L {
        let (x, y) = (re[q] + cx[q], im[q] + cy[q]);
        let sum = (x * x + y * y).sqrt();
        let new = score[q] + sum - cost;
        let better = Mask::of(target.score[q] < new);
        target.score[q] = better.pick(new, target.score[q]);
        target.re[q] = better.pick(x * turn.cos[q] - y * turn.sin[q], target.re[q]);
        target.im[q] = better.pick(x * turn.sin[q] + y * turn.cos[q], target.im[q]);
        target.back[q] = better.pick_bits(code, target.back[q]);
        if DRIFT {
            // How far the segment turns what is known by now.
            let off = (cy[q] * re[q] - cx[q] * im[q]) / (sum * size[q] + 1e-3);
            let learnt = (drift[q] + pull * off).clamp(-DRIFT_MAX, DRIFT_MAX);
            target.drift[q] = better.pick(learnt, target.drift[q]);
        }
    }
}

/// One of two, without a branch: written as a choice, the compiler makes it a jump in some loops, which then run a lane at a time.
#[derive(Clone, Copy)]
struct Mask(u32);

impl Mask {
    #[inline(always)]
    fn of(yes: bool) -> Self {
        Self(u32::from(yes).wrapping_neg())
    }

    #[inline(always)]
    fn pick(self, yes: f32, no: f32) -> f32 {
        f32::from_bits(self.pick_bits(yes.to_bits(), no.to_bits()))
    }

    #[inline(always)]
    fn pick_bits(self, yes: u32, no: u32) -> u32 {
        yes & self.0 | no & !self.0
    }
}
