//! One step of a trellis: every segment that begins there, all lanes at a time. Plain loops, which the compiler makes vectors of.

use super::trellis::{Correlations, Doubled, LENGTHS, STEPS, TWICE, Turn, Turns, Weights};
use core::array::from_fn;

/// Steps whose best ways are kept: more than the longest segment.
pub const NODES: usize = 16;
pub const NEVER: f32 = -1e9;
/// Radians a bit: 240 Hz.
const DRIFT_MAX: f32 = 1.25;
/// How finely is kept how much worse another way is: up to 32.
pub const WORSE_STEP: f32 = 1.0 / 8.0;

/// The best ways to one step, by lane.
#[derive(Clone, Copy, Debug)]
pub struct Node<const L: usize> {
    pub score: [f32; L],
    /// What the way has in common with the signal, relative to the carrier's phase here.
    pub re: [f32; L],
    pub im: [f32; L],
    /// How far the carrier turns against the template in a bit, radians.
    pub drift: [f32; L],
    /// The best with each tone as its last: score, and length and tone ([`code`]).
    pub by_tone: [[f32; L]; 2],
    pub code: [[u32; L]; 2],
}

impl<const L: usize> Node<L> {
    pub const EMPTY: Self = Self {
        score: [NEVER; L],
        re: [0.0; L],
        im: [0.0; L],
        drift: [0.0; L],
        by_tone: [[NEVER; L]; 2],
        code: [[code(1, 0); L], [code(1, 1); L]],
    };

    pub fn forget(&mut self) {
        self.score = [NEVER; L];
        self.by_tone = [[NEVER; L]; 2];
    }
}

pub const fn code(length: usize, tone: usize) -> u32 {
    (length * 2 + tone) as u32
}

/// Added to the code where the path jumped to the phase above or below before it went on.
pub const ABOVE: u32 = 8;
pub const BELOW: u32 = 16;

/// What is kept of a step, by lane: how the best path that leaves here came, with its jump; how the best path with the other last tone
/// came to be here, and how much worse it was.
#[derive(Clone, Copy, Debug)]
pub struct Trace<const L: usize> {
    pub left: [u8; L],
    pub other: [u8; L],
    pub worse: [u8; L],
}

/// The way so far, lanes twice over, as the segments that begin at one step need it. Kept between calls: clearing it would cost as
/// much as using it.
#[derive(Debug)]
pub struct Room {
    score: Doubled,
    re: Doubled,
    im: Doubled,
    size: Doubled,
    drift: Doubled,
    /// How the path came, with its jump.
    left: [u32; TWICE],
}

impl Room {
    pub const fn new() -> Self {
        let row = [0.0; TWICE];
        Self { score: row, re: row, im: row, size: row, drift: row, left: [0; TWICE] }
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
pub fn advance_all<const L: usize, const G: usize, const DRIFT: bool>(
    ring: &mut [Node<L>; NODES],
    room: &mut Room,
    at: usize,
    turns: &Turns<L>,
    c: &Correlations,
    weights: &Weights,
) -> Trace<L> {
    let mut node = ring[at % NODES];
    ring[at % NODES].forget();
    let ahead: [f32; L] = from_fn(|p| node.by_tone[0][p] - node.by_tone[1][p]);
    let pick = |p: usize, yes: usize, no: usize| Mask::of(ahead[p] < 0.0).pick_bits(node.code[yes][p], node.code[no][p]);
    let mut left: [u32; L] = from_fn(|p| pick(p, 1, 0));
    let other = from_fn(|p| pick(p, 0, 1) as u8);
    let worse = from_fn(|p| (ahead[p].abs() * (1.0 / WORSE_STEP)).min(255.0) as u8);
    if G < L {
        jump::<L, G, DRIFT>(&mut node, &mut left, weights.phase, room);
    }
    leave::<L, DRIFT>(&mut node, weights.memory, room);
    for (l, &length) in LENGTHS.iter().enumerate() {
        let cost = if length == STEPS { 0.0 } else { weights.timing };
        let target = &mut ring[(at + length) % NODES];
        for (tone, turn) in turns[l].iter().enumerate() {
            extend::<L, DRIFT>(room, turn, &c.of[l][tone], (l, tone, cost), weights.pull, target);
        }
    }
    Trace { left: left.map(|l| l as u8), other, worse }
}

/// The best of each phase and its neighbours.
#[inline(always)]
fn jump<const L: usize, const G: usize, const DRIFT: bool>(node: &mut Node<L>, left: &mut [u32; L], cost: f32, room: &mut Room) {
    double(&node.score, &mut room.score);
    double(&node.re, &mut room.re);
    double(&node.im, &mut room.im);
    double(left, &mut room.left);
    if DRIFT {
        double(&node.drift, &mut room.drift);
    }
    for (by, mark) in [(G, ABOVE), (L - G, BELOW)] {
        let (score, re, im) = (row::<L, _>(&room.score, by), row::<L, _>(&room.re, by), row::<L, _>(&room.im, by));
        let (drift, from) = (row::<L, _>(&room.drift, by), row::<L, _>(&room.left, by));
        for p in 0..L {
            let better = Mask::of(node.score[p] < score[p] - cost);
            node.score[p] = better.pick(score[p] - cost, node.score[p]);
            node.re[p] = better.pick(re[p], node.re[p]);
            node.im[p] = better.pick(im[p], node.im[p]);
            left[p] = better.pick_bits(from[p] | mark, left[p]);
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
    (length, tone, cost): (usize, usize, f32),
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
        let best_of_tone = Mask::of(target.by_tone[tone][q] < new);
        target.by_tone[tone][q] = best_of_tone.pick(new, target.by_tone[tone][q]);
        target.code[tone][q] = best_of_tone.pick_bits(code(length, tone), target.code[tone][q]);
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
