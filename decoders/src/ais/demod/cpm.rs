//! Bursts whose modulation index is not ½, with their phase.
//!
//! Such a transmitter turns further (or less far) than a quarter a bit, so the phase runs away from any carrier that is thought still: to
//! follow it the levels must be known. Each survivor of a search over four states (the last two levels) therefore has a phase and a
//! frequency of its own, turned on by what it has decided and corrected by what it sees.
//!
//! ```text
//!   phase during level k:  θₖ + πh (aₖ₋₁ Q(t+1) + aₖ Q(t) + aₖ₊₁ Q(t−1)),  −½ ≤ t < ½      θₖ₊₁ = θₖ + πh aₖ₋₁
//! ```
//! with Q the integral of one level's frequency pulse, 0…1 (BT 0.4: over within 1.3 bits on either side). The easiest mistake is, as
//! for h = ½, two neighbouring levels at once, one wrong symbol of `pulse.rs`; what it would have cost is kept at every merger.

use super::acquire::Sync;
use super::complex::C32;
use super::front::SPS;
use super::pulse::{PREAMBLE, Pulse, TRAININGS, preamble_bits};
use super::repair::Symbols;

const STATES: usize = 4;
/// Gains of a survivor's loop, phase and frequency, per level.
const PHASE_GAIN: f32 = 0.10;
const FREQ_GAIN: f32 = 0.003;
/// Noise has the band of the channel's filter, not that of the sampling.
const NOISE_BAND: f32 = 1.83;
/// Of a symbol that was never in doubt.
const ODDS_MAX: f32 = 40.0;
/// Where the preamble is looked for around its place, in quarters of a sample and in symbols, and around its frequency.
const QUARTERS: core::ops::RangeInclusive<i32> = -4..=4;
const SYMBOLS_OFF: core::ops::RangeInclusive<i32> = -9..=9;
const FREQUENCIES_HZ: [f32; 7] = [-450.0, -300.0, -150.0, 0.0, 150.0, 300.0, 450.0];
const NEAR_HZ: [f32; 5] = [-80.0, -40.0, 0.0, 40.0, 80.0];

#[derive(Clone, Copy, Debug, Default)]
struct Survivor {
    metric: f32,
    phase: f32,
    step: f32,
}

/// How a state was reached: from which, and by how much better than from the other.
#[derive(Clone, Copy, Debug, Default)]
struct Back {
    from: u8,
    margin: f32,
}

/// The beginning of a burst.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    /// Sample and fraction of symbol 0 (the end of level 0).
    position: f32,
    /// Radians a level.
    step: f32,
    phase: f32,
    amplitude: f32,
    strength: f32,
    /// Level 0.
    up: bool,
    training: usize,
}

/// One burst's levels. Reused.
#[derive(Debug)]
pub struct Cpm {
    back: Vec<[Back; STATES]>,
    levels: Vec<bool>,
    r: Vec<f32>,
    odds: Vec<f32>,
    waves: [[C32; SPS]; 8],
}

impl Cpm {
    pub fn new(symbols_max: usize) -> Self {
        Self {
            back: Vec::with_capacity(symbols_max),
            levels: Vec::with_capacity(symbols_max + 1),
            r: Vec::with_capacity(symbols_max),
            odds: Vec::with_capacity(symbols_max),
            waves: [[C32::ZERO; SPS]; 8],
        }
    }

    pub fn symbols(&self) -> Symbols<'_> {
        Symbols { r: &self.r, odds: &self.odds, lag: 2 }
    }

    /// Up to `symbols` symbols of the burst at `sync` in `x`, sent with index `h`.
    /// Gives the place as it was found.
    pub fn detect(&mut self, pulse: &Pulse, x: &[C32], sync: &Sync, h: f32, symbols: usize) -> Option<Sync> {
        self.r.clear();
        self.odds.clear();
        let begin = self.begin(pulse, x, sync, h)?;
        self.set_waves(pulse, begin.position, h);
        let first = (begin.position.floor() as usize + 1).checked_sub(SPS)?;
        let count = (x.len().saturating_sub(first + SPS) / SPS).min(symbols);
        if count < PREAMBLE + 8 {
            return None;
        }
        let noise = self.search(&x[first..], &begin, h, count);
        self.read(count, begin.amplitude / (noise * NOISE_BAND).max(f32::MIN_POSITIVE));
        let freq_hz = begin.step * 9600.0 / core::f32::consts::TAU;
        Some(Sync { position: begin.position, freq_hz, training: begin.training, ..*sync })
    }

    /// Time, frequency and phase by the known levels as this index sends them. The place by `sync` may be some symbols off: with h = ½ in
    /// mind the flag looks like more of the training sequence.
    fn begin(&mut self, pulse: &Pulse, x: &[C32], sync: &Sync, h: f32) -> Option<Begin> {
        let mut best = Begin::default();
        self.set_waves(pulse, sync.position, h);
        for symbols in SYMBOLS_OFF {
            for training in 0..TRAININGS {
                let position = sync.position + (symbols * SPS as i32) as f32;
                self.fit(x, &Begin { position, training, ..best }, sync.freq_hz, &FREQUENCIES_HZ, h, &mut best);
            }
        }
        let coarse = best;
        let freq_hz = coarse.step * 9600.0 / core::f32::consts::TAU;
        for quarter in QUARTERS {
            let position = coarse.position + quarter as f32 / 4.0;
            self.set_waves(pulse, position, h);
            self.fit(x, &Begin { position, ..coarse }, freq_hz, &NEAR_HZ, h, &mut best);
        }
        (0.0 < best.strength).then_some(best)
    }

    /// Betters `best` by the place and training sequence of `at`, at frequencies around `freq_hz`.
    fn fit(&self, x: &[C32], at: &Begin, freq_hz: f32, off_hz: &[f32], h: f32, best: &mut Begin) {
        let first = at.position.floor() as i64 - (SPS as i64 - 1);
        let Some(x) = usize::try_from(first).ok().and_then(|first| x.get(first..first + PREAMBLE * SPS)) else { return };
        for up in [false, true] {
            let levels = known_levels(at.training, up);
            for off in off_hz {
                let step = core::f32::consts::TAU * (freq_hz + off) / 9600.0;
                let sum = self.correlate(x, &levels, step, h);
                if best.strength < sum.power() {
                    let amplitude = sum.power().sqrt() / ((PREAMBLE - 2) * SPS) as f32;
                    *best = Begin { step, phase: sum.angle(), amplitude, strength: sum.power(), up, ..*at };
                }
            }
        }
    }

    /// What of `x` the known levels explain: phase at level 1.
    fn correlate(&self, x: &[C32], levels: &[bool; PREAMBLE], step: f32, h: f32) -> C32 {
        let turns = [C32::unit(step + turned(h, false)).conj(), C32::unit(step + turned(h, true)).conj()];
        let (mut sum, mut unit) = (C32::ZERO, C32::new(1.0, 0.0));
        for k in 1..PREAMBLE - 1 {
            let wave = &self.waves[pattern(levels[k - 1], levels[k], levels[k + 1])];
            sum += dot(&x[k * SPS..(k + 1) * SPS], wave) * unit;
            unit = unit * turns[usize::from(levels[k - 1])];
        }
        sum
    }

    /// What each of eight patterns of levels makes of the four samples around the middle one, the phase before taken off.
    fn set_waves(&mut self, pulse: &Pulse, position: f32, h: f32) {
        let fraction = position - position.floor();
        for (p, wave) in self.waves.iter_mut().enumerate() {
            let sign = |bit: usize| if p >> bit & 1 == 1 { 1.0 } else { -1.0 };
            *wave = core::array::from_fn(|i| {
                // Level k is in its middle half a bit before symbol k.
                let t = (i as f32 + 1.0 - SPS as f32 - fraction) / SPS as f32 + 0.5;
                let turn = sign(2) * pulse.turned(t + 1.0) + sign(1) * pulse.turned(t) + sign(0) * pulse.turned(t - 1.0);
                C32::unit(core::f32::consts::PI * h * turn)
            });
        }
    }

    /// State = level before (bit 1) and level now (bit 0); a step adds the next and judges the samples of the one between. Gives the
    /// variance of what is left, in one component.
    fn search(&mut self, x: &[C32], begin: &Begin, h: f32, count: usize) -> f32 {
        let known = known_levels(begin.training, begin.up);
        let start = usize::from(known[0]) << 1 | usize::from(known[1]);
        let mut now: [Option<Survivor>; STATES] = [None; STATES];
        now[start] = Some(Survivor { metric: 0.0, phase: begin.phase, step: begin.step });
        let (mut energy, scale) = (0.0, 1.0 / (begin.amplitude * SPS as f32));
        self.back.clear();
        for k in 1..count.saturating_sub(1) {
            let samples = &x[k * SPS..(k + 1) * SPS];
            energy += samples.iter().map(|x| x.power()).sum::<f32>();
            let parts: [C32; 8] = core::array::from_fn(|p| dot(samples, &self.waves[p]));
            let mut next: [Option<Survivor>; STATES] = [None; STATES];
            let mut back = [Back { from: 0, margin: f32::INFINITY }; STATES];
            for (s, survivor) in now.iter().enumerate() {
                let Some(survivor) = survivor else { continue };
                for up in [false, true] {
                    if k + 1 < PREAMBLE && known[k + 1] != up {
                        continue;
                    }
                    let p = s << 1 | usize::from(up);
                    let (to, seen) = (p & 3, parts[p] * C32::unit(-survivor.phase));
                    let metric = survivor.metric + seen.re;
                    let other = next[to].map(|n| n.metric);
                    if other.is_none_or(|other| other < metric) {
                        let error = (seen.im * scale).clamp(-0.7, 0.7);
                        let phase = survivor.phase + turned(h, 2 <= s) + survivor.step + PHASE_GAIN * error;
                        next[to] = Some(Survivor { metric, phase, step: survivor.step + FREQ_GAIN * error });
                        back[to].from = s as u8;
                    }
                    if let Some(other) = other {
                        back[to].margin = (metric - other).abs();
                    }
                }
            }
            now = next;
            self.back.push(back);
        }
        let metric = |s: &usize| now[*s].map_or(f32::NEG_INFINITY, |n| n.metric);
        let last = (0..STATES).max_by(|a, b| metric(a).total_cmp(&metric(b))).unwrap_or(0);
        let samples = (SPS * self.back.len()) as f32;
        let amplitude = metric(&last) / samples;
        self.trace(last, count);
        ((energy / samples - amplitude * amplitude) / 2.0).max(1e-4 * amplitude * amplitude)
    }

    fn trace(&mut self, last: usize, count: usize) {
        self.levels.clear();
        self.levels.resize(count, false);
        let mut s = last;
        for (i, back) in self.back.iter().enumerate().rev() {
            self.levels[i + 2] = s & 1 == 1;
            self.levels[i + 1] = 2 <= s;
            s = usize::from(back[s].from);
        }
        self.levels[0] = 2 <= s;
    }

    /// Symbols and odds from levels and margins: at a merger the loser has two levels the other way, which is one symbol.
    fn read(&mut self, count: usize, scale: f32) {
        let mut r = 1.0;
        for k in 0..count {
            r = if self.levels[k] { r } else { -r };
            self.r.push(r);
        }
        self.odds.resize(count, ODDS_MAX);
        for (i, back) in self.back.iter().enumerate() {
            let to = usize::from(self.levels[i + 1]) << 1 | usize::from(self.levels[i + 2]);
            let Back { from, margin } = back[to];
            if margin == f32::INFINITY || i < 2 {
                continue;
            }
            // The loser came from the state with the other level before; where did it leave the winner?
            let loser = usize::from(from ^ 2);
            let before = usize::from(self.back[i - 1][loser].from);
            if (2 <= before) != self.levels[i - 1] {
                self.odds[i - 1] = self.odds[i - 1].min(scale * margin);
            }
        }
    }
}

/// How far a level has turned the phase when it is over.
fn turned(h: f32, up: bool) -> f32 {
    if up { core::f32::consts::PI * h } else { -core::f32::consts::PI * h }
}

fn pattern(before: bool, here: bool, after: bool) -> usize {
    usize::from(before) << 2 | usize::from(here) << 1 | usize::from(after)
}

#[inline(always)]
fn dot(x: &[C32], wave: &[C32; SPS]) -> C32 {
    x.iter().zip(wave).fold(C32::ZERO, |s, (&x, w)| s + x * w.conj())
}

/// Levels of the known bits when level 0 is up or down.
fn known_levels(training: usize, up: bool) -> [bool; PREAMBLE] {
    let bits = preamble_bits(training);
    let mut level = if bits[0] { up } else { !up };
    bits.map(|bit| {
        level = if bit { level } else { !level };
        level
    })
}
