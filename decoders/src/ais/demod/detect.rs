//! Symbols with their reliabilities, from a burst whose place is known.
//!
//! 1. [`Burst::track`]: matched filter at the symbols, a decision-directed loop for phase and frequency forward from the preamble.
//! 2. [`Burst::refine`]: with all decisions at hand, frequency by regression over the burst, phase by a window around each symbol,
//!    amplitude and noise; then the best sequence of each chain (two states: the neighbour two symbols on leaks −R(2T)), and for
//!    each symbol what it would cost to be the other one.

use super::acquire::{Sync, filter, split, unturn};
use super::complex::C32;
use super::front::SPS;
use super::pulse::{PREAMBLE, Pulse, TAPS};
use super::repair::Symbols;

/// Symbols of the longest burst: preamble, 133 + 2 bytes stuffed, flag.
pub const SYMBOLS_MAX: usize = PREAMBLE + (135 * 8 * 6) / 5 + 16;
/// Gains of the loop, phase and frequency, per symbol.
const PHASE_GAIN: f32 = 0.12;
const FREQ_GAIN: f32 = 0.004;
/// Symbols on either side that a phase is averaged over.
const WINDOW: usize = 24;
/// Symbols in a block of the frequency regression.
const BLOCK: usize = 16;

/// The symbols of one burst and everything found out about them. Reused from burst to burst.
#[derive(Debug)]
pub struct Burst {
    /// Behind the matched filter, frequency and (−j)ᵏ taken off.
    pub z: Vec<C32>,
    /// Decisions.
    pub r: Vec<f32>,
    /// ln of the odds that symbol k is right rather than wrong, the others being as decided.
    pub odds: Vec<f32>,
    /// Phase of each symbol.
    phase: Vec<f32>,
    wiped: Vec<C32>,
    y: Vec<f32>,
    back: Vec<[u8; 2]>,
    /// Frequency that is left, radians per symbol.
    pub drift: f32,
    pub amplitude: f32,
    /// Variance of the noise in one component, amplitude = 1.
    pub variance: f32,
}

impl Burst {
    pub fn new() -> Self {
        let n = SYMBOLS_MAX;
        Self {
            z: Vec::with_capacity(n),
            r: Vec::with_capacity(n),
            odds: Vec::with_capacity(n),
            phase: Vec::with_capacity(n),
            wiped: Vec::with_capacity(n + 1),
            y: Vec::with_capacity(n),
            back: Vec::with_capacity(n),
            drift: 0.0,
            amplitude: 0.0,
            variance: 1.0,
        }
    }

    pub fn symbols(&self) -> Symbols<'_> {
        Symbols { r: &self.r, odds: &self.odds, lag: 2 }
    }

    /// Matched filter for up to `symbols` symbols; fewer when `x` ends.
    pub fn take(&mut self, pulse: &Pulse, x: &[C32], position: f32, symbols: usize) {
        self.z.clear();
        let (at, fraction) = split(position);
        for k in 0..symbols.min(SYMBOLS_MAX) {
            let place = at + k * SPS;
            if x.len() < place + TAPS {
                return;
            }
            self.z.push(unturn(filter(pulse, x, place, fraction), k));
        }
    }

    /// First decisions, in order of time.
    pub fn track(&mut self, pulse: &Pulse, sync: &Sync) {
        let n = self.z.len();
        self.r.clear();
        self.phase.clear();
        let mut step = core::f32::consts::TAU * sync.freq_hz / 9600.0;
        let mut phase = sync.phase;
        let amplitude = (0..PREAMBLE.min(n)).map(|k| self.z[k].power()).sum::<f32>() / PREAMBLE as f32;
        let scale = 1.0 / amplitude.max(f32::MIN_POSITIVE);
        for k in 0..n {
            let z = self.z[k] * C32::unit(-phase);
            self.phase.push(phase);
            self.r.push(match k {
                0..PREAMBLE => pulse.preambles[sync.training][k] * if k % 2 == 1 { sync.odd_sign } else { 1.0 },
                _ if z.re < 0.0 => -1.0,
                _ => 1.0,
            });
            // The preamble's phase and frequency are known better than a loop would learn them.
            if PREAMBLE + 2 <= k {
                let back = k - 2;
                let expected = self.expected(pulse, back);
                let seen = self.z[back] * C32::unit(-(phase - 2.0 * step));
                let error = (seen * expected.conj()).im * scale;
                let error = error.clamp(-0.7, 0.7);
                phase += PHASE_GAIN * error;
                step += FREQ_GAIN * error;
            }
            phase += step;
        }
        self.drift = step;
    }

    /// What symbol `k` would be without noise at amplitude 1 and phase 0.
    #[inline]
    fn expected(&self, pulse: &Pulse, k: usize) -> C32 {
        let r = |i: usize| self.r.get(i).copied().unwrap_or(0.0);
        let before = |m: usize| if m <= k { r(k - m) } else { 0.0 };
        C32::new(r(k) - pulse.r2 * (r(k + 2) + before(2)), pulse.r1 * (r(k + 1) - before(1)))
    }

    /// Once more with everything known; `n` symbols count.
    pub fn refine(&mut self, pulse: &Pulse, n: usize) {
        let n = n.min(self.z.len());
        self.z.truncate(n);
        self.r.truncate(n);
        for _ in 0..2 {
            self.wipe(pulse);
            self.drift = self.regress();
            self.smooth(self.drift);
            self.decide(pulse);
        }
        self.weigh(pulse);
    }

    /// Takes the decisions off: what is left is the carrier.
    fn wipe(&mut self, pulse: &Pulse) {
        self.wiped.clear();
        for k in 0..self.z.len() {
            let carrier = self.z[k] * self.expected(pulse, k).conj();
            self.wiped.push(carrier);
        }
    }

    /// Mean frequency in radians a symbol: a line through the phases of blocks, beginning with the loop's idea.
    fn regress(&self) -> f32 {
        let n = self.wiped.len();
        let rough = if n < 2 { 0.0 } else { (self.phase[n - 1] - self.phase[0]) / (n - 1) as f32 };
        let (mut sw, mut sx, mut sy, mut sxx, mut sxy) = (0.0f64, 0.0f64, 0.0f64, 0.0f64, 0.0f64);
        let mut last: Option<f64> = None;
        for (b, block) in self.wiped.chunks(BLOCK).enumerate() {
            let first = b * BLOCK;
            let sum = block.iter().enumerate().fold(C32::ZERO, |s, (i, &w)| s + w * C32::unit(-rough * (first + i) as f32));
            let mut angle = f64::from(sum.angle());
            if let Some(before) = last {
                angle += ((before - angle) / core::f64::consts::TAU).round() * core::f64::consts::TAU;
            }
            last = Some(angle);
            let (x, w) = ((first + block.len() / 2) as f64, f64::from(sum.power().sqrt()));
            sw += w;
            sx += w * x;
            sy += w * angle;
            sxx += w * x * x;
            sxy += w * x * angle;
        }
        let spread = sw * sxx - sx * sx;
        if spread <= 0.0 { rough } else { rough + ((sw * sxy - sx * sy) / spread) as f32 }
    }

    /// Phase of each symbol from its neighbours, itself left out.
    fn smooth(&mut self, step: f32) {
        let n = self.wiped.len();
        let turn = C32::unit(-step);
        let mut unit = C32::new(1.0, 0.0);
        for (k, w) in self.wiped.iter_mut().enumerate() {
            if k % 64 == 0 {
                unit = C32::unit(-step * k as f32);
            }
            *w = *w * unit;
            unit = unit * turn;
        }
        let mut sum = self.wiped[..WINDOW.min(n)].iter().fold(C32::ZERO, |s, &w| s + w);
        self.phase.clear();
        for k in 0..n {
            if k + WINDOW < n {
                sum += self.wiped[k + WINDOW];
            }
            if WINDOW < k {
                sum = sum - self.wiped[k - WINDOW - 1];
            }
            self.phase.push((sum - self.wiped[k]).angle() + step * k as f32);
        }
    }

    /// Best sequence of each chain.
    fn decide(&mut self, pulse: &Pulse) {
        let n = self.z.len();
        self.y.clear();
        for k in 0..n {
            self.y.push((self.z[k] * C32::unit(-self.phase[k])).re);
        }
        let mut sum = 0.0;
        for k in 0..n {
            sum += self.y[k] * self.r[k];
        }
        self.amplitude = (sum / n.max(1) as f32).abs().max(f32::MIN_POSITIVE);
        let scale = 1.0 / self.amplitude;
        self.y.iter_mut().for_each(|y| *y *= scale);
        for chain in 0..2 {
            self.viterbi(pulse.r2, PREAMBLE - 2 + chain);
        }
    }

    /// Maximises Σ yₖrₖ + R₂ Σ rₖrₖ₊₂ over the chain that begins with the known symbol `first`.
    fn viterbi(&mut self, r2: f32, first: usize) {
        let n = self.z.len();
        if n <= first {
            return;
        }
        // Metric of the best way to symbol k being −1 or +1.
        let known = usize::from(0.0 < self.r[first]);
        let mut metric = [f32::NEG_INFINITY; 2];
        metric[known] = 0.0;
        self.back.clear();
        for k in (first + 2..n).step_by(2) {
            let mut next = [0f32; 2];
            let mut from = [0u8; 2];
            for to in 0..2 {
                let sign = if to == 1 { 1.0 } else { -1.0 };
                let stay = metric[to] + r2;
                let change = metric[1 - to] - r2;
                from[to] = if change <= stay { to as u8 } else { 1 - to as u8 };
                next[to] = stay.max(change) + sign * self.y[k];
            }
            metric = next;
            self.back.push(from);
        }
        let mut state = usize::from(metric[0] < metric[1]);
        for (i, from) in self.back.iter().enumerate().rev() {
            self.r[first + 2 * (i + 1)] = if state == 1 { 1.0 } else { -1.0 };
            state = usize::from(from[state]);
        }
    }

    /// Noise, and what each symbol would cost to change.
    fn weigh(&mut self, pulse: &Pulse) {
        let n = self.z.len();
        let scale = 1.0 / self.amplitude;
        let mut noise = 0.0;
        for k in 0..n {
            let z = (self.z[k] * C32::unit(-self.phase[k])).scale(scale);
            noise += (z - self.expected(pulse, k)).power();
        }
        self.variance = (noise / (2 * n.max(1)) as f32).max(1e-4);
        self.odds.clear();
        for k in 0..n {
            let r = |i: usize| self.r.get(i).copied().unwrap_or(0.0);
            let before = if 2 <= k { r(k - 2) } else { 0.0 };
            let margin = self.r[k] * (self.y[k] + pulse.r2 * (before + r(k + 2)));
            self.odds.push((2.0 * margin / self.variance).max(0.0));
        }
    }
}
