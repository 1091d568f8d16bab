//! Where exactly a burst begins, and on which frequency: correlation with the 32 known symbols, jointly in time and frequency.
//!
//! The 32 symbols are matched-filtered at every sample (T/4) of the span in question and stripped of what is known of them; what is
//! left of a burst is a tone. First all places are weighed by blocks of 8 symbols (insensitive to ±600 Hz); this finds the place but
//! for multiples of two symbols, after which the training sequence repeats. These places are then told apart by a fine search in
//! frequency over all 32 symbols (resolution 300 Hz, at 5 dB a standard deviation of 12 Hz).
//! The two chains of symbols (`pulse.rs`) have unknown signs: each is summed alone, then both signs are tried.

use super::complex::C32;
use super::front::SPS;
use super::pulse::{FRACTIONS, PREAMBLE, Pulse, TAPS, TRAININGS};
use super::steering::Steering;

/// A burst's place.
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    /// Position of symbol 0 in the span searched, in samples.
    pub position: f32,
    /// Beyond the frequency by which the span was shifted before.
    pub freq_hz: f32,
    /// Of symbol 0, radians.
    pub phase: f32,
    /// Sign of the odd chain relative to the even one.
    pub odd_sign: f32,
    /// Which of the training sequences it was.
    pub training: usize,
    /// Share of the energy over the preamble that the known symbols explain, 0…1.
    pub match_: f32,
}

/// Half the range of the fine frequency search, hertz.
const REACH_HZ: f32 = 675.0;
const STEP_HZ: f32 = 75.0;
const STEPS: usize = 19;
/// Rounded up to what fills vector registers.
const LANES: usize = 20;
/// How far the frequency found at one of the places may be off at another, hertz: some 50 by noise, more where the modulation index is
/// not ½ and the flag's run of ones turns further. (The last only fills a vector register.)
const NEAR_HZ: [f32; 8] = [-300.0, -200.0, -100.0, 0.0, 100.0, 200.0, 300.0, 0.0];
/// Samples after which the training sequence repeats but for a sign: two symbols.
const COMB: usize = 2 * SPS;
const BLOCK: usize = 8;
/// Places at most.
pub const PLACES_MAX: usize = 160;
/// Samples needed behind the last place.
pub const SPAN_TAIL: usize = PREAMBLE * SPS + TAPS;

type Known = [f32; PREAMBLE];

/// Buffers and tables for [`acquire`].
#[derive(Debug)]
pub struct Scratch {
    z: Vec<C32>,
    weights: Vec<f32>,
    /// The fine search's frequencies, for each training sequence.
    fine: [Box<Steering<LANES>>; TRAININGS],
}

impl Scratch {
    pub fn new(pulse: &Pulse) -> Self {
        let frequencies = core::array::from_fn(|i| i as f32 * STEP_HZ - REACH_HZ);
        Self {
            z: Vec::with_capacity(PLACES_MAX + PREAMBLE * SPS),
            weights: Vec::with_capacity(PLACES_MAX),
            fine: core::array::from_fn(|training| Box::new(Steering::new(&pulse.preambles[training], frequencies))),
        }
    }
}

/// Searches symbol 0 at samples `from..from + places` of `x`; `from` ≥ `TAPS/2`, and `x` goes on for [`SPAN_TAIL`] behind them.
pub fn acquire(pulse: &Pulse, scratch: &mut Scratch, x: &[C32], from: usize, places: usize) -> Sync {
    debug_assert!(places <= PLACES_MAX);
    let Scratch { z, weights, fine: tables } = scratch;
    z.clear();
    z.resize(places + PREAMBLE * SPS, C32::ZERO);
    filter_all(&pulse.filters[0], &x[from - (TAPS / 2 - 1)..], z);
    // A place is weighed by what it explains of its own energy and of the mean: by its own alone, quiet places before a burst would
    // win; by the absolute value, a stronger neighbour's random part would.
    let mean = z.iter().map(|z| z.power()).sum::<f32>() / z.len() as f32 * PREAMBLE as f32;
    weights.clear();
    weights.extend((0..places).map(|p| coarse_weight(&pulse.preambles[0], &z[p..], mean)));
    let best = Sync { position: from as f32, freq_hz: 0.0, phase: 0.0, odd_sign: 1.0, training: 0, match_: 0.0 };
    let Some(comb) = (0..places).max_by(|&a, &b| weights[a].total_cmp(&weights[b])) else { return best };
    // The training sequence looks the same two symbols on (with the other chain's sign changed), and the other sequence one symbol on:
    // only the flag tells which it is. The frequency is the same at all of these places, but for NEAR_HZ.
    let known = |training: usize| (&pulse.preambles[training], &*tables[training]);
    let near = fine(known(0), z, comb, 0).freq_hz;
    let near: [_; TRAININGS] = core::array::from_fn(|t| Steering::new(&pulse.preambles[t], NEAR_HZ.map(|off| near + off)));
    let (p, training) = tell_apart(&near, &z[..places + PREAMBLE * SPS], comb, mean);
    let found = climb(known(training), z, p, places, training);
    if best.match_ < found.match_ { Sync { position: found.position + from as f32, ..found } } else { best }
}

/// Which of the places a symbol apart, `comb` among them, and which training sequence.
#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn tell_apart(near: &[Steering<8>; TRAININGS], z: &[C32], comb: usize, mean: f32) -> (usize, usize) {
    let places = z.len() - PREAMBLE * SPS;
    let mut winner = (0.0, comb, 0);
    for p in (comb % (COMB / 2)..places).step_by(COMB / 2) {
        let training = usize::from(p % COMB != comb % COMB);
        let energy: f32 = (0..PREAMBLE).map(|k| z[p + k * SPS].power()).sum();
        let strongest = near[training].strengths(&z[p..]).into_iter().fold(0f32, f32::max);
        let weight = strongest / (energy + mean);
        if winner.0 < weight {
            winner = (weight, p, training);
        }
    }
    (winner.1, winner.2)
}

#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn all_steps(table: &Steering<LANES>, z: &[C32]) -> [f32; LANES] {
    table.strengths(z)
}

/// Matched filter at every sample: tap by tap, so that samples lie side by side.
#[multiversion::multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn filter_all(taps: &[f32; TAPS], x: &[C32], out: &mut [C32]) {
    for (t, &tap) in taps.iter().enumerate() {
        for (out, x) in out.iter_mut().zip(&x[t..]) {
            out.re += x.re * tap;
            out.im += x.im * tap;
        }
    }
}

/// The best of place `p` and its neighbours.
fn climb(known: (&Known, &Steering<LANES>), z: &[C32], p: usize, places: usize, training: usize) -> Sync {
    let found = fine(known, z, p, training);
    let at = |p: usize| strength(tone(known.0, &z[p..], found.freq_hz));
    let here = at(p);
    let to = if 0 < p && here < at(p - 1) {
        p - 1
    } else if p + 1 < places && here < at(p + 1) {
        p + 1
    } else {
        return found;
    };
    fine(known, z, to, training)
}

/// Matched filter for a symbol at sample `at` plus `fraction`/16.
#[inline]
pub fn filter(pulse: &Pulse, x: &[C32], at: usize, fraction: usize) -> C32 {
    let taps = &pulse.filters[fraction];
    let from = at - (TAPS / 2 - 1);
    let (mut re, mut im) = ([0f32; 4], [0f32; 4]);
    for (xs, ts) in x[from..from + TAPS].chunks_exact(4).zip(taps.chunks_exact(4)) {
        for i in 0..4 {
            re[i] += xs[i].re * ts[i];
            im[i] += xs[i].im * ts[i];
        }
    }
    C32::new((re[0] + re[1]) + (re[2] + re[3]), (im[0] + im[1]) + (im[2] + im[3]))
}

/// Symbol `k` behind the matched filter, its (−j)ᵏ and its known sign taken off.
#[inline]
fn stripped(known: &Known, z: &[C32], k: usize) -> C32 {
    unturn(z[k * SPS], k).scale(known[k])
}

/// Multiplies by (−j)ᵏ.
#[inline]
pub fn unturn(z: C32, k: usize) -> C32 {
    match k % 4 {
        0 => z,
        1 => C32::new(z.im, -z.re),
        2 => C32::new(-z.re, -z.im),
        _ => C32::new(-z.im, z.re),
    }
}

/// Energy that blocks of 8 symbols explain, relative to all.
fn coarse_weight(known: &Known, z: &[C32], mean: f32) -> f32 {
    let (mut explained, mut cross, mut all) = (0.0, 0.0, mean + f32::MIN_POSITIVE);
    for block in 0..PREAMBLE / BLOCK {
        let (mut even, mut odd) = (C32::ZERO, C32::ZERO);
        for k in (block * BLOCK..(block + 1) * BLOCK).step_by(2) {
            even += stripped(known, z, k);
            odd += stripped(known, z, k + 1);
            all += z[k * SPS].power() + z[(k + 1) * SPS].power();
        }
        explained += even.power() + odd.power();
        cross += (even * odd.conj()).re;
    }
    (explained + 2.0 * cross.abs()) / all
}

/// Both chains' sums at a frequency.
pub fn tone(known: &Known, z: &[C32], freq_hz: f32) -> (C32, C32) {
    let turn = C32::unit(-core::f32::consts::TAU * freq_hz / 9600.0);
    let mut unit = C32::new(1.0, 0.0);
    let (mut even, mut odd) = (C32::ZERO, C32::ZERO);
    for k in (0..PREAMBLE).step_by(2) {
        even += stripped(known, z, k) * unit;
        unit = unit * turn;
        odd += stripped(known, z, k + 1) * unit;
        unit = unit * turn;
    }
    (even, odd)
}

#[inline(always)]
pub fn strength((even, odd): (C32, C32)) -> f32 {
    even.power() + odd.power() + 2.0 * (even * odd.conj()).re.abs()
}

fn fine((known, table): (&Known, &Steering<LANES>), z: &[C32], place: usize, training: usize) -> Sync {
    let at = &z[place..];
    let power = all_steps(table, at);
    let peak = (0..STEPS).max_by(|&a, &b| power[a].total_cmp(&power[b])).unwrap_or(0);
    let shift = match peak {
        0 => 0.0,
        p if p + 1 == STEPS => 0.0,
        p => vertex(power[p - 1], power[p], power[p + 1]),
    };
    let freq_hz = (peak as f32 + shift) * STEP_HZ - REACH_HZ;
    let sums = tone(known, at, freq_hz);
    let here = strength(sums);
    let later = strength(tone(known, &z[place + 1..], freq_hz));
    let earlier = if place == 0 { 0.0 } else { strength(tone(known, &z[place - 1..], freq_hz)) };
    let moved = if 0.0 < earlier && earlier <= here && later <= here { vertex(earlier, here, later) } else { 0.0 };
    let odd_sign = if (sums.0 * sums.1.conj()).re < 0.0 { -1.0 } else { 1.0 };
    let all: f32 = (0..PREAMBLE).map(|k| at[k * SPS].power()).sum::<f32>().max(f32::MIN_POSITIVE);
    Sync {
        position: place as f32 + moved,
        freq_hz,
        phase: (sums.0 + sums.1.scale(odd_sign)).angle(),
        odd_sign,
        training,
        match_: here / (PREAMBLE as f32 * all),
    }
}

/// Where a parabola through three equidistant values has its top, −½…½ from the middle one.
pub fn vertex(before: f32, here: f32, after: f32) -> f32 {
    let curve = before - 2.0 * here + after;
    if curve == 0.0 { 0.0 } else { (0.5 * (before - after) / curve).clamp(-0.5, 0.5) }
}

/// A position as a whole sample and sixteenths.
#[inline]
pub fn split(position: f32) -> (usize, usize) {
    let sixteenths = (position * FRACTIONS as f32).round().max(0.0) as usize;
    (sixteenths / FRACTIONS, sixteenths % FRACTIONS)
}
