//! Two bursts over each other, received together.
//!
//! Where both are of about one strength neither can be heard as if the other were noise. But what arrives is the sum of two known
//! shapes with unknown symbols, so the pairs of symbols that explain it best are searched: for symbols r of the one and s of the other,
//!
//! ```text
//!   Λ = Σ rₖ·Re(g₁* w₁ₖ) + Σ sₖ·Re(g₂* w₂ₖ) + R₂ Σ (|g₁|² rₖrₖ₋₂ + |g₂|² sₖsₖ₋₂) − Σₖ Σₘ cₖₘ rₖsₖ₊ₘ
//! ```
//! with w the outputs of matched filters at each burst's own times and frequency, g the carriers, and cₖₘ what symbol k of the one
//! has in common with symbol k + m of the other (−2 ≤ m ≤ 2). Sixteen states, the last two symbols of each. Carriers come from
//! `lines.rs`, then from what was decided, and so a few times over; each symbol's odds from the search forward and backward.

mod search;

use super::acquire::{filter, split, unturn};
use super::complex::{C32, turning};
use super::front::{CHANNEL_RATE, SPS};
use super::lines::{Carrier, Lines, SPAN};
use super::pairs::{STATES, Share, expected, pulse_at, turn};
use super::pulse::{PREAMBLE, Pulse, TAPS, TRAININGS, preamble_bits};
use super::repair::{ONE_SLOT_MAX, Symbols};

/// Symbols looked at: those before the burst that may be there by a wrong guess of its place, and one slot.
pub const SYMBOLS: usize = BEFORE_SYMBOLS + PREAMBLE + ONE_SLOT_MAX;
const BEFORE_SYMBOLS: usize = 44;
/// Samples before a candidate, and all that are needed.
pub const BEFORE: u64 = 130;
pub const SAMPLES: usize = SYMBOLS * SPS + 2 * TAPS + 8;
/// Where in them the span for the lines begins.
const LINES_FROM: usize = 60;
/// Prominence of a carrier that is one: in noise it reaches 7.
const PROMINENCE_MIN: f32 = 9.0;
/// Neighbours of the other burst that overlap a symbol: −2…2.
const NEAR: usize = 5;
/// Symbols on either side that a carrier is averaged over.
const WINDOW: usize = 28;
/// The same for two carriers, and the weight, in symbols, of what was thought before.
const WINDOWS: [(usize, f32); 2] = [(96, 24.0), (28, 16.0)];

/// How the weaker one's carrier is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// In what a decoded burst left.
    Left(Carrier),
    /// Without what is heard of the strong one.
    Without,
    /// The same, the second best.
    NextWithout,
    /// In both together.
    Both,
}

/// One of the two.
#[derive(Debug)]
pub struct User {
    /// Of symbol 0, samples.
    pub position: f32,
    /// Radians a sample, 0 at `middle`.
    pub step: f32,
    /// Behind the matched filter.
    w: Vec<C32>,
    /// Carrier at each symbol.
    g: Vec<C32>,
    r: Vec<f32>,
    odds: Vec<f32>,
    wiped: Vec<C32>,
}

impl User {
    fn new() -> Self {
        let of = || Vec::with_capacity(SYMBOLS);
        let floats = || Vec::with_capacity(SYMBOLS);
        Self { position: 0.0, step: 0.0, w: of(), g: of(), r: floats(), odds: floats(), wiped: of() }
    }
}

/// Buffers for two bursts.
#[derive(Debug)]
pub struct Joint {
    lines: Lines,
    users: [User; 2],
    common: Vec<[f32; NEAR]>,
    overlap: [f32; NEAR + 2],
    forward: Vec<[f32; STATES]>,
    shares: Vec<Share>,
    turned: Vec<C32>,
    middle: f32,
    n: usize,
    variance: f32,
}

/// A preamble within the symbols.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    pub first: usize,
    pub training: usize,
}

/// How a burst was heard.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Of the first symbol of its preamble, samples.
    pub position: f32,
    pub freq_hz: f32,
    pub level1: i8,
    /// Full scale = 1.
    pub power: f32,
    /// In 25 kHz.
    pub noise: f32,
}

impl Joint {
    pub fn new() -> Self {
        Self {
            lines: Lines::new(),
            users: [User::new(), User::new()],
            common: Vec::with_capacity(SYMBOLS),
            overlap: [0.0; NEAR + 2],
            forward: Vec::with_capacity(SYMBOLS + 1),
            shares: Vec::with_capacity(SYMBOLS),
            turned: Vec::with_capacity(SAMPLES),
            middle: 0.0,
            n: 0,
            variance: 1.0,
        }
    }

    /// Looks for the carriers in `x`: first the strong one's; then, with what is heard of that taken off, the weak one's.
    pub fn begin(&mut self, pulse: &Pulse, x: &[C32], way: Way) -> bool {
        if x.len() < LINES_FROM + SPAN + TAPS {
            return false;
        }
        self.middle = (LINES_FROM + SPAN / 2) as f32;
        self.lines.take(&x[LINES_FROM..LINES_FROM + SPAN]);
        let strong = self.lines.strongest();
        if strong.prominence < PROMINENCE_MIN {
            return false;
        }
        let mut weak = self.lines.strongest();
        self.n = usize::MAX;
        self.user(0, pulse, x, &strong, strong.amplitude() * pulse.gain);
        if let Way::Left(told) = way {
            weak = told;
        } else if way != Way::Both {
            self.alone(pulse, x, &strong);
            self.alone_round(pulse);
            self.alone_round(pulse);
            self.without_strong(pulse, x);
            self.lines.take(&self.turned[LINES_FROM..LINES_FROM + SPAN]);
            weak = self.lines.strongest();
            if way == Way::NextWithout {
                weak = self.lines.strongest();
            }
        }
        self.user(1, pulse, x, &weak, weak.amplitude() * pulse.gain);
        self.level_out();
        self.overlap(pulse);
        true
    }

    /// Is there a carrier?
    pub fn hears(&mut self, x: &[C32]) -> Option<Carrier> {
        self.lines.take(x.get(LINES_FROM..LINES_FROM + SPAN)?);
        (PROMINENCE_MIN <= self.lines.prominence()).then(|| self.lines.strongest())
    }

    /// The burst of a carrier, as if there were no other.
    pub fn alone(&mut self, pulse: &Pulse, x: &[C32], carrier: &Carrier) {
        self.middle = (LINES_FROM + SPAN / 2) as f32;
        self.n = usize::MAX;
        self.user(0, pulse, x, carrier, carrier.amplitude() * pulse.gain);
        self.user(1, pulse, x, carrier, 0.0);
        self.users[1].r.clear();
        self.users[1].r.resize(self.n, 1.0);
        self.overlap(pulse);
    }

    pub fn alone_round(&mut self, pulse: &Pulse) {
        self.users[1].g.fill(C32::ZERO);
        self.set_common();
        self.search(pulse.r2);
        let (n, mut noise) = (self.n, 0.0);
        let u = &mut self.users[0];
        u.wiped.clear();
        for k in 0..n {
            let expected = expected(&u.r, pulse, k);
            noise += (u.w[k] - u.g[k] * expected).power();
            u.wiped.push(u.w[k] * expected.conj());
        }
        u.smooth();
        self.variance = noise / (2 * n.max(1)) as f32;
    }

    fn level_out(&mut self) {
        let n = self.n;
        self.users.iter_mut().for_each(|u| {
            u.w.truncate(n);
            u.g.truncate(n);
        });
    }

    /// The samples without what is heard of the strong one.
    fn without_strong(&mut self, pulse: &Pulse, x: &[C32]) {
        self.turned.clear();
        self.turned.resize(x.len(), C32::ZERO);
        let u = &self.users[0];
        let (at, fraction) = split(u.position);
        for (k, (&g, &r)) in u.g.iter().zip(&u.r).enumerate() {
            let symbol = turn(g, k as i32).scale(r);
            let from = at + k * SPS + 1 - TAPS / 2;
            for (sent, &tap) in self.turned[from..].iter_mut().zip(&pulse.filters[fraction]) {
                *sent += symbol.scale(tap);
            }
        }
        for ((sent, &x), unit) in self.turned.iter_mut().zip(x).zip(turning(u.step, self.middle)) {
            *sent = x - *sent * unit;
        }
    }

    fn user(&mut self, user: usize, pulse: &Pulse, x: &[C32], carrier: &Carrier, amplitude: f32) {
        let reference = self.users[0].position;
        let u = &mut self.users[user];
        u.step = core::f32::consts::TAU * carrier.freq_hz / CHANNEL_RATE as f32;
        let before = (self.middle as usize - TAPS) / (4 * SPS) * 4;
        u.position = self.middle + carrier.place - (before * SPS) as f32;
        let mut phase = carrier.phase;
        // Symbols of the same number lie within half a symbol of each other.
        let apart = u.position - reference;
        if (SPS / 2) as f32 <= apart.abs() && user == 1 {
            u.position -= (SPS as f32).copysign(apart);
            phase -= core::f32::consts::FRAC_PI_2.copysign(apart);
        }
        self.turned.clear();
        let (step, middle) = (u.step, self.middle);
        self.turned.extend(x.iter().zip(turning(-step, middle)).map(|(&x, unit)| x * unit));
        let (at, fraction) = split(u.position);
        let n = ((x.len() - at - TAPS) / SPS).min(SYMBOLS);
        u.w.clear();
        u.w.extend((0..n).map(|k| unturn(filter(pulse, &self.turned, at + k * SPS, fraction), k)));
        u.g.clear();
        u.g.resize(n, C32::unit(phase).scale(amplitude));
        self.n = self.n.min(n);
    }

    /// What pulses of the two have in common, the second's symbol m = −3…3 behind the first's.
    fn overlap(&mut self, pulse: &Pulse) {
        let [a, b] = &self.users;
        let (apart, step) = (b.position - a.position, b.step - a.step);
        for (i, overlap) in self.overlap.iter_mut().enumerate() {
            let d = apart + (i as f32 - 3.0) * SPS as f32;
            *overlap = (-24..24)
                .map(|n| {
                    let t = n as f32;
                    pulse_at(pulse, t) * pulse_at(pulse, t - d) * (step * (t - d / 2.0)).cos()
                })
                .sum();
        }
    }

    /// Phase of the second's carrier against the first's, times jᵐ, between symbol k of the first and k + m of the second.
    fn between(&self, k: usize, m: i32) -> C32 {
        let [a, b] = &self.users;
        let t = (a.position + b.position) / 2.0 + (k as f32 + m as f32 / 2.0) * SPS as f32 - self.middle;
        turn(C32::unit((b.step - a.step) * t), m)
    }

    /// One search over all pairs of symbols, then the carriers from it.
    pub fn round(&mut self, pulse: &Pulse) {
        self.set_common();
        self.search(pulse.r2);
        self.carriers(pulse);
    }

    /// Both carriers anew. Where the symbols of both are alike (their training sequences) only the sum of the carriers is seen there; so
    /// what a neighbourhood says is weighed against what a wider one says.
    fn carriers(&mut self, pulse: &Pulse) {
        self.shares.clear();
        let (mut noise, mut all) = (0.0, Share::default());
        for k in 0..self.n {
            let [a, b] = &self.users;
            let (ea, eb) = (expected(&a.r, pulse, k), expected(&b.r, pulse, k));
            let (fa, fb) = (self.other(0, k), self.other(1, k));
            noise += (a.w[k] - a.g[k] * ea - b.g[k] * fa).power();
            let both = (fa.scale(a.r[k]) + fb.scale(b.r[k]).conj()).scale(0.5);
            let share = Share { aa: ea.re * a.r[k], bb: eb.re * b.r[k], ab: both, a: a.w[k].scale(a.r[k]), b: b.w[k].scale(b.r[k]) };
            all.add(&share, 1.0);
            self.shares.push(share);
        }
        self.variance = noise / (2 * self.n.max(1)) as f32;
        let (a, b) = all.solve(0.0, (C32::ZERO, C32::ZERO));
        self.users[0].g.fill(a);
        self.users[1].g.fill(b);
        for (window, inertia) in WINDOWS {
            let mut sum = Share::default();
            for k in 0..(self.n + window) {
                if k < self.n {
                    sum.add(&self.shares[k], 1.0);
                }
                if 2 * window < k {
                    sum.add(&self.shares[k - 2 * window - 1], -1.0);
                }
                let Some(at) = k.checked_sub(window) else { continue };
                let before = (self.users[0].g[at], self.users[1].g[at]);
                (self.users[0].g[at], self.users[1].g[at]) = sum.solve(inertia, before);
            }
        }
    }

    /// What the other burst puts into a user's filter at symbol k, its carrier being 1.
    fn other(&self, user: usize, k: usize) -> C32 {
        let other = &self.users[1 - user];
        let mut sum = C32::ZERO;
        for m in -3i32..=3 {
            // Symbol k of the second meets k − m … of the first: the same table, seen from the other side.
            let Some(at) = k.checked_add_signed(m as isize).filter(|&at| at < self.n) else { continue };
            let (turned, overlap) = if user == 0 {
                (self.between(k, m), self.overlap[(m + 3) as usize])
            } else {
                (self.between(at, -m).conj(), self.overlap[(3 - m) as usize])
            };
            sum += turned.scale(other.r[at] * overlap);
        }
        sum
    }

    /// Where the preamble is, when there is one.
    pub fn framing(&self, user: usize) -> Option<Framing> {
        let r = &self.users[user].r;
        let bit = |k: usize| 0.0 < r[k] * r[k - 2];
        let mut best: Option<(usize, Framing)> = None;
        for first in 2..self.n.saturating_sub(PREAMBLE + 64).min(2 * BEFORE_SYMBOLS) {
            for training in 0..TRAININGS {
                let known = preamble_bits(training);
                let wrong = (10..PREAMBLE).filter(|&k| bit(first + k) != known[k]).count();
                if wrong <= 5 && best.is_none_or(|b| wrong < b.0) {
                    best = Some((wrong, Framing { first, training }));
                }
            }
        }
        best.map(|b| b.1)
    }

    /// How a burst was heard whose preamble is at `framing` and that has `symbols`.
    pub fn told(&self, pulse: &Pulse, user: usize, framing: &Framing, symbols: usize) -> Told {
        let u = &self.users[user];
        let burst = &u.g[framing.first..(framing.first + symbols).min(self.n)];
        let turned = burst.windows(9).fold(C32::ZERO, |s, w| s + w[8] * w[0].conj());
        let power = burst.iter().map(|g| g.power()).sum::<f32>() / burst.len().max(1) as f32 / (pulse.gain * pulse.gain);
        let drift = turned.angle() / (8 * SPS) as f32;
        Told {
            position: u.position + (framing.first * SPS) as f32,
            freq_hz: (u.step + drift) * CHANNEL_RATE as f32 / core::f32::consts::TAU,
            level1: if 0.0 < u.r[framing.first] * u.r[framing.first + 1] { 1 } else { -1 },
            power,
            noise: 2.0 * self.variance * 25_000.0 / CHANNEL_RATE as f32,
        }
    }

    /// Symbols from a preamble on.
    pub fn symbols(&mut self, user: usize, framing: &Framing) -> Symbols<'_> {
        let scale = 1.0 / self.variance.max(f32::MIN_POSITIVE);
        let u = &mut self.users[user];
        u.wiped.clear();
        // Odds are in units of Λ until they are asked for.
        u.odds.iter_mut().for_each(|o| *o *= scale);
        Symbols { r: &u.r[framing.first..], odds: &u.odds[framing.first..], lag: 2 }
    }
}

impl User {
    /// A carrier is what its neighbourhood says.
    fn smooth(&mut self) {
        let n = self.wiped.len();
        let mut sum = self.wiped[..WINDOW.min(n)].iter().fold(C32::ZERO, |s, &w| s + w);
        let mut count = WINDOW.min(n);
        for k in 0..n {
            if k + WINDOW < n {
                sum += self.wiped[k + WINDOW];
                count += 1;
            }
            if WINDOW < k {
                sum = sum - self.wiped[k - WINDOW - 1];
                count -= 1;
            }
            self.g[k] = sum.scale(1.0 / count as f32);
        }
    }
}
