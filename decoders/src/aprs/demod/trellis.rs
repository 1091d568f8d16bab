//! Sequence detection of AFSK: the most likely row of tones, whatever the bit clock and the audio phase do.
//!
//! Time runs in steps of an eighth of a bit. At each step and for each of 24 audio phases (15° apart) the trellis holds the best
//! way to have a bit boundary there. A bit is a segment of 7, 8 or 9 steps of one tone; the phase at its end follows from that at
//! its start, give or take a step of 15°. So clock and tone errors are paths through the trellis, not loops that must lock:
//!
//! ```text
//!   step      m                    m+7 m+8 m+9
//!   phase p ──●── mark  (+360°) ────○───●───○── p
//!             └── space (+660°) ────○───●───○── p − 60°
//! ```
//! The value of a segment is how much it adds to what the signal has in common with the path: |λr + c| − |λr|, with c the
//! correlation of the segment with its template and r that of the path so far, fading by λ a bit. With λ = 0 this is detection
//! without any carrier phase; the nearer λ is to 1, the longer the carrier's phase is believed in.

/// Steps of a bit.
pub const STEPS: usize = 8;
/// Lengths of a bit, steps.
pub const LENGTHS: [usize; 3] = [7, 8, 9];
pub const LONGEST: usize = 9;
/// Steps kept for going back; a power of two.
const HISTORY: usize = 2048;
/// Bits between two looks back.
const EVERY_BITS: usize = 32;
/// Bits that must lie behind a decision.
const LAG_BITS: usize = 64;
const NODES: usize = 16;
const NEVER: f32 = -1e9;
/// Radians a bit: 240 Hz.
const DRIFT_MAX: f32 = 1.25;

/// What weighs how much.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// λ: how much of the carrier's phase stays from bit to bit.
    pub memory: f32,
    /// How fast a path learns that the carrier is elsewhere.
    pub pull: f32,
    /// What a bit of 7 or 9 steps costs, in units of a sample's amplitude.
    pub timing: f32,
    /// What a jump of the audio phase by 15° costs.
    pub phase: f32,
}

/// The best ways to one step, by audio phase.
#[derive(Clone, Copy, Debug)]
pub struct Node<const P: usize> {
    score: [f32; P],
    /// What the way has in common with the signal, relative to the carrier's phase here.
    re: [f32; P],
    im: [f32; P],
    /// How far the carrier turns against the template in a bit, radians.
    drift: [f32; P],
    back: [u8; P],
}

impl<const P: usize> Node<P> {
    const EMPTY: Self = Self { score: [NEVER; P], re: [0.0; P], im: [0.0; P], drift: [0.0; P], back: [0; P] };
}

/// Where a path came from at one step: segments (tone and length) and, before leaving, a jump of the phase.
#[derive(Clone, Copy, Debug)]
struct Trace<const P: usize> {
    back: [u8; P],
    jump: [i8; P],
}

/// A decided bit of the row of tones.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    pub mark: bool,
    /// Step at which it ends.
    pub end: u64,
}

/// How a tone's segments correlate with the signal, and what they do to phases.
pub trait Waveform<const P: usize> {
    /// The best ways over all segments that begin at step `at`: [`advance_all`], compiled for the processor at hand.
    fn advance(nodes: &mut Nodes<P>, at: usize, turns: &Turns<P>, c: &Correlations<P>, weights: &Weights) -> [i8; P];
}

/// The best ways to the steps from here to the end of the longest bit.
#[derive(Debug)]
pub struct Nodes<const P: usize> {
    ring: [Node<P>; NODES],
    scratch: Scratch,
}

/// By length and tone.
pub type Turns<const P: usize> = [[Turn<P>; 2]; 3];

/// Correlations of the segments that begin at one step: by length, tone, part (real, imaginary) and phase.
#[derive(Clone, Debug)]
pub struct Correlations<const P: usize> {
    pub of: [[[[f32; P]; 2]; 2]; 3],
}

impl<const P: usize> Correlations<P> {
    pub const fn new() -> Self {
        Self { of: [[[[0.0; P]; 2]; 2]; 3] }
    }
}

/// What a segment does to the carrier's phase and to the audio's.
#[derive(Clone, Copy, Debug)]
pub struct Turn<const P: usize> {
    pub cos: [f32; P],
    pub sin: [f32; P],
    pub advance: usize,
}

impl<const P: usize> Turn<P> {
    pub const NONE: Self = Self { cos: [1.0; P], sin: [0.0; P], advance: 0 };
}

#[derive(Debug)]
pub struct Trellis<const P: usize> {
    weights: Weights,
    nodes: Nodes<P>,
    trace: Box<[Trace<P>]>,
    step: u64,
    /// Step up to which tones have been told.
    told: u64,
    found: Vec<Tone>,
}

impl<const P: usize> Trellis<P> {
    pub fn new(weights: Weights) -> Self {
        let mut ring = [Node::EMPTY; NODES];
        ring[0].score = [0.0; P];
        let nodes = Nodes { ring, scratch: [[0.0; TWICE]; 4] };
        let none = Trace { back: [0; P], jump: [0; P] };
        Self { weights, nodes, trace: vec![none; HISTORY].into(), step: 0, told: 0, found: Vec::with_capacity(HISTORY / LENGTHS[0]) }
    }

    /// Takes the correlations of the segments that begin at this step. True: new tones in [`Self::tones`].
    pub fn step<W: Waveform<P>>(&mut self, turns: &Turns<P>, correlations: &Correlations<P>) -> bool {
        let at = self.step as usize;
        let back = self.nodes.ring[at % NODES].back;
        let jump = W::advance(&mut self.nodes, at, turns, correlations, &self.weights);
        self.trace[at % HISTORY] = Trace { back, jump };
        self.step += 1;
        if self.step.is_multiple_of(64) {
            self.level();
        }
        self.step.is_multiple_of((STEPS * EVERY_BITS) as u64) && self.look_back()
    }

    /// What the last look back decided, in order of time.
    pub fn tones(&self) -> &[Tone] {
        &self.found
    }

    /// Scores stay small.
    fn level(&mut self) {
        let best = self.nodes.ring.iter().flat_map(|n| n.score).fold(NEVER, f32::max);
        self.nodes.ring.iter_mut().flat_map(|n| &mut n.score).for_each(|s| *s = (*s - best).max(NEVER));
    }

    fn look_back(&mut self) -> bool {
        self.found.clear();
        let at = self.step as usize;
        let node = &self.nodes.ring[at % NODES];
        let mut q = (0..P).max_by(|a, b| node.score[*a].total_cmp(&node.score[*b])).unwrap_or(0);
        let (mut step, mut code) = (self.step, node.back[q]);
        let until = self.step.saturating_sub((STEPS * LAG_BITS) as u64);
        // A path that has moved by less than half a bit since the last look begins where that one ended.
        let from = self.told + (STEPS / 2) as u64;
        while from < step {
            if step <= until {
                self.found.push(Tone { mark: code & 1 == 0, end: step });
            }
            let length = LENGTHS[usize::from(code >> 1)] as u64;
            let Some(before) = step.checked_sub(length) else { break };
            let p = (q + P - advance::<P>(usize::from(code >> 1), usize::from(code & 1))) % P;
            let trace = &self.trace[before as usize % HISTORY];
            q = (p as i32 + P as i32 + i32::from(trace.jump[p])) as usize % P;
            code = trace.back[q];
            step = before;
        }
        self.found.reverse();
        if let Some(last) = self.found.last() {
            self.told = last.end;
        }
        !self.found.is_empty()
    }
}

/// By how many phases a tone (0 mark, 1 space) turns in a segment of `LENGTHS[l]`.
pub const fn advance<const P: usize>(l: usize, tone: usize) -> usize {
    // P phases a turn; a bit is 1 turn of mark, 11/6 turns of space.
    let whole = if tone == 0 { P } else { P * 11 / 6 };
    (whole * LENGTHS[l] + STEPS / 2) / STEPS % P
}

/// All segments that begin at step `at`. Returns the jumps of the phase before them.
#[inline(always)]
pub fn advance_all<const P: usize>(nodes: &mut Nodes<P>, at: usize, turns: &Turns<P>, c: &Correlations<P>, weights: &Weights) -> [i8; P] {
    let mut node = nodes.ring[at % NODES];
    let jump = jumps(&mut node, weights.phase, &mut nodes.scratch);
    nodes.ring[at % NODES] = Node::EMPTY;
    // What is left of the way so far, one bit later.
    let mut size = [0.0; P];
    for (p, size) in size.iter_mut().enumerate() {
        let (d, m) = (node.drift[p], weights.memory);
        let (cos, sin) = (1.0 - 0.5 * d * d, d - d * d * d * (1.0 / 6.0));
        (node.re[p], node.im[p]) = (m * (node.re[p] * cos - node.im[p] * sin), m * (node.re[p] * sin + node.im[p] * cos));
        *size = (node.re[p] * node.re[p] + node.im[p] * node.im[p]).sqrt();
    }
    for (l, &length) in LENGTHS.iter().enumerate() {
        let cost = if length == STEPS { 0.0 } else { weights.timing };
        let target = &mut nodes.ring[(at + length) % NODES];
        for (tone, turn) in turns[l].iter().enumerate() {
            let code = (l * 2 + tone) as u8;
            let segment = Segment { correlation: &c.of[l][tone], turn, cost, code };
            extend(&node, &size, segment, weights.pull, &mut nodes.scratch, target);
        }
    }
    jump
}

/// Room for rows twice over, so that they can be read rotated. Kept between calls: clearing it would cost as much as using it.
pub type Scratch = [[f32; TWICE]; 4];
/// Twice the most phases.
const TWICE: usize = 64;

/// The best of each phase and its neighbours.
#[inline(always)]
fn jumps<const P: usize>(node: &mut Node<P>, cost: f32, scratch: &mut Scratch) -> [i8; P] {
    let mut jump = [0; P];
    if P == 1 {
        return jump;
    }
    twice([&node.score, &node.re, &node.im, &node.drift], scratch);
    for (side, by) in [(1, 1_i8), (P - 1, -1)] {
        let [score, re, im, drift] = rotated::<P>(scratch, side);
        for p in 0..P {
            let better = node.score[p] < score[p] - cost;
            node.score[p] = if better { score[p] - cost } else { node.score[p] };
            node.re[p] = if better { re[p] } else { node.re[p] };
            node.im[p] = if better { im[p] } else { node.im[p] };
            node.drift[p] = if better { drift[p] } else { node.drift[p] };
            jump[p] = if better { by } else { jump[p] };
        }
    }
    jump
}

#[inline(always)]
fn twice<const P: usize>(rows: [&[f32; P]; 4], scratch: &mut Scratch) {
    for (row, room) in rows.into_iter().zip(scratch) {
        room[..P].copy_from_slice(row);
        room[P..2 * P].copy_from_slice(row);
    }
}

/// Rows as `row[(p + by) % P]`.
#[inline(always)]
fn rotated<const P: usize>(scratch: &Scratch, by: usize) -> [&[f32]; 4] {
    scratch.each_ref().map(|room| &room[by..by + P])
}

/// What segments do that all begin at one step, of one tone and length.
#[derive(Clone, Copy)]
struct Segment<'a, const P: usize> {
    correlation: &'a [[f32; P]; 2],
    turn: &'a Turn<P>,
    cost: f32,
    code: u8,
}

#[inline(always)]
fn extend<const P: usize>(
    node: &Node<P>,
    size: &[f32; P],
    segment: Segment<'_, P>,
    pull: f32,
    scratch: &mut Scratch,
    target: &mut Node<P>,
) {
    let Segment { correlation: c, turn, cost, code } = segment;
    let (mut score, mut re, mut im, mut drift) = ([0.0; P], [0.0; P], [0.0; P], [0.0; P]);
    for p in 0..P {
        let (a, b) = (node.re[p], node.im[p]);
        let (x, y) = (a + c[0][p], b + c[1][p]);
        let sum = (x * x + y * y).sqrt();
        score[p] = node.score[p] + sum - size[p] - cost;
        re[p] = x * turn.cos[p] - y * turn.sin[p];
        im[p] = x * turn.sin[p] + y * turn.cos[p];
        // How far the segment turns what is known by now.
        let off = (y * a - x * b) / (sum * size[p] + 1e-3);
        drift[p] = (node.drift[p] + pull * off).clamp(-DRIFT_MAX, DRIFT_MAX);
    }
    twice([&score, &re, &im, &drift], scratch);
    let [score, re, im, drift] = rotated::<P>(scratch, P - turn.advance);
    for q in 0..P {
        let better = target.score[q] < score[q];
        target.score[q] = if better { score[q] } else { target.score[q] };
        target.re[q] = if better { re[q] } else { target.re[q] };
        target.im[q] = if better { im[q] } else { target.im[q] };
        target.drift[q] = if better { drift[q] } else { target.drift[q] };
        target.back[q] = if better { code } else { target.back[q] };
    }
}
