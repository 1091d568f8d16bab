//! One burst: from a rough start to soft bits. Coherent, so carrier, phase and timing are estimated from the burst itself.
//!
//! ```text
//!   µs   0   1      3.5 4.5       8                                    64 or 120
//!        █   █      █   █         │bit 0│bit 1│ …                      │
//!        └── 4 pulses ──┘         start + 8 µs
//! ```
//!
//! 1. *Carrier offset*: pulse position modulation never crosses zero, so `x[n+m]·conj(x[n])` sums up at the carrier's phase
//!    step for every lag `m`, without knowing timing or bits. Lags of 0.4, 1.2, 5, 20 and 50 µs each refine the one before;
//!    an aircraft may be off by 1 MHz (Annex 10 Vol. IV §3.1.2.1.1), the shortest lag is unambiguous to ±1.2 MHz.
//! 2. *Phase*: half of the burst's amplitude is unmodulated carrier: its sum gives the phase.
//! 3. *Timing*: the fraction of a sample at which soft bits are largest.
//! 4. *Soft bits*: one filter per bit (see `shape`), real part only.

use super::phase::{Complex, PART_US, PARTS_MAX, Parts, Track, along};
use super::sequence::Sequence;
use super::shape::{BitBank, PHASES, Pulse};
use crate::adsb::parity::{LONG_BYTES, SHORT_BYTES};
use crate::dsp::{lag_product, rotate, sum};

pub const LONG_BITS: usize = 8 * LONG_BYTES;
pub const SHORT_BITS: usize = 8 * SHORT_BYTES;
/// Preamble before bit 0, µs.
pub const PREAMBLE_US: f64 = 8.0;
/// Samples kept before the burst's start and after its end.
const MARGIN: usize = 16;
/// Without a preamble the first bit is looked for this far to either side, µs.
pub const BLIND_US: usize = 24;
/// Whole microseconds at which a filter may be laid: preamble and bits, or bits and the room to look for the first.
const PLACES: usize = 2 * BLIND_US + LONG_BITS;
/// Steps of the timing search over a whole bit when nothing is known.
const BLIND_STEPS: i32 = 16;
/// How far from the rough start the timing is searched, in 1/[`PHASES`] samples.
const SEARCH: [i32; 7] = [-15, -10, -5, 0, 5, 10, 15];
/// Samples per microsecond below which a burst's bits are read all at once.
const SEQUENCE_BELOW: f64 = 2.2;
/// Lags of the carrier estimate, µs.
const LAGS_US: [f64; 5] = [0.42, 1.25, 5.0, 20.0, 50.0];

/// The preamble as the filters for bits see it, were it bits: pulses in half microseconds 0, 2, 7 and 9 of 16.
const PREAMBLE_AS_BITS: [f32; 8] = [1.0, 1.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0];

/// Below this [`Burst::preamble_match`] nothing is tried. Of starts in scenario A that led to a frame 0.2 % lie below, of those that
/// led nowhere 75 %; at 70 dB·Hz 1 % and 70 %.
const PREAMBLE_MATCH_MIN: f32 = 0.2;
/// Nor below this ratio of the bits' mean to their deviation; noise has 1.33.
const CLARITY_MIN: f32 = 1.4;

/// What one burst looks like.
#[derive(Clone, Debug)]
pub struct Burst {
    /// First edge of the preamble, samples from the window's start.
    pub start: f64,
    /// Carrier, radians per sample.
    pub step: f32,
    /// One per bit: positive is a 1. The amplitude of a noise-free bit is [`Burst::amplitude`].
    pub soft: [f32; LONG_BITS],
    /// How many of them are filled: 56 or 112.
    pub bits: usize,
    /// Mean of |soft|.
    pub amplitude: f32,
    /// Standard deviation of |soft|.
    pub spread: f32,
    /// How much of the energy in the preamble's 8 µs lies where a preamble has it: 1 without noise, at most 0.5 where there are
    /// bits instead.
    pub preamble_match: f32,
}

/// Makes bursts. Holds the filters and scratch space.
#[derive(Debug)]
pub struct BurstReceiver {
    samples_per_us: f64,
    lags: [usize; LAGS_US.len()],
    bank: BitBank,
    chips: BitBank,
    /// At rates where bits lie on top of each other: the match of a bit's own part, and the reading of all bits at once.
    sequence: Option<(BitBank, Sequence)>,
    /// Mean of the samples along the carrier where the pulses' amplitude is 1.
    mean_level: f32,
    /// Samples in use, and where the burst starts among them in 1/[`PHASES`] samples.
    at: (usize, i32),
    /// Start of the preamble's 8 µs and of each bit after it, from the burst's start, in 1/[`PHASES`] samples.
    offsets: [i32; PLACES],
    re: Vec<f32>,
    im: Vec<f32>,
    /// Real part after the phase is taken off.
    real: Vec<f32>,
}

impl BurstReceiver {
    pub fn new(pulse: &Pulse) -> Self {
        let samples_per_us = pulse.samples_per_us;
        let bank = BitBank::new(pulse);
        let len = ((120.0 + 2.0 * BLIND_US as f64) * samples_per_us) as usize + 2 * MARGIN + bank.len;
        Self {
            samples_per_us,
            lags: LAGS_US.map(|us| ((us * samples_per_us).round() as usize).max(1)),
            offsets: core::array::from_fn(|k| (k as f64 * samples_per_us * PHASES as f64).round() as i32),
            bank,
            chips: BitBank::of_chips(pulse),
            sequence: (samples_per_us < SEQUENCE_BELOW).then(|| (BitBank::of_bits(pulse), Sequence::new(pulse))),
            mean_level: pulse.mean_level() as f32,
            at: (0, 0),
            re: vec![0.0; len],
            im: vec![0.0; len],
            real: vec![0.0; len],
        }
    }

    /// Samples needed before and after a burst's start.
    pub fn reach(&self) -> (usize, usize) {
        (MARGIN, self.re.len())
    }

    /// Soft bits of the burst of `bits` bits that starts about `start` samples into `re`, `im`. `None`: on a closer look, no
    /// burst starts there.
    pub fn demodulate(&mut self, re: &[f32], im: &[f32], start: f64, bits: usize) -> Option<Burst> {
        let span_us = PREAMBLE_US + bits as f64;
        let span = (span_us * self.samples_per_us) as usize;
        let from = start as usize;
        let step = self.carrier(&re[from..from + span], &im[from..from + span]);
        let first = from - MARGIN;
        let len = span + 2 * MARGIN + self.bank.len;
        let (re, im) = (&re[first..first + len], &im[first..first + len]);
        rotate(re, im, 0.0, step, &mut self.re[..len], &mut self.im[..len]);
        self.take_off_phase(len, MARGIN + (PREAMBLE_US * self.samples_per_us) as usize, bits);

        // In 1/PHASES samples from `first`; the filters begin `lead` samples early.
        let base = start - first as f64 - self.bank.lead as f64;
        let base = (base * PHASES as f64).round() as i32;
        let timing = self.search_timing(len, base);
        self.at = (len, base + timing);
        let preamble_match = self.preamble_match(len, base + timing);
        if preamble_match < PREAMBLE_MATCH_MIN {
            return None;
        }
        let mut soft = [0.0; LONG_BITS];
        self.read_bits(len, base + timing, 8, &mut soft[..bits]);
        let (amplitude, spread) = level(&soft[..bits]);
        if amplitude < CLARITY_MIN * spread {
            return None;
        }
        let start = start + f64::from(timing) / PHASES as f64;
        Some(Burst { start, step, soft, bits, amplitude, spread, preamble_match })
    }

    /// Soft bits at places `first…` of [`Self::offsets`].
    fn read_bits(&mut self, len: usize, base: i32, first: usize, out: &mut [f32]) {
        let offsets = &self.offsets[first..first + out.len()];
        let Some((bank, sequence)) = &mut self.sequence else {
            return soft_bits(&self.real[..len], &self.bank, base, offsets, out);
        };
        soft_bits(&self.real[..len], bank, base, offsets, out);
        let at = |k: usize| (base + offsets[k]) as usize / PHASES + bank.lead;
        let span = at(0)..at(out.len() - 1);
        let amplitude = sum(&self.real[span.clone()]) / (span.len().max(1) as f32 * self.mean_level);
        sequence.read(out, |k| base + offsets[k], amplitude.max(0.0));
    }

    /// How much of the energy in the preamble's 8 µs lies where a preamble has it.
    fn preamble_match(&self, len: usize, base: i32) -> f32 {
        let (mut re, mut im) = ([0.0; 8], [0.0; 8]);
        soft_bits(&self.re[..len], &self.bank, base, &self.offsets[..8], &mut re);
        soft_bits(&self.im[..len], &self.bank, base, &self.offsets[..8], &mut im);
        let dot = |x: &[f32; 8]| x.iter().zip(PREAMBLE_AS_BITS).map(|(x, p)| x * p).sum::<f32>();
        let energy: f32 = re.iter().chain(&im).map(|x| x * x).sum();
        (dot(&re).powi(2) + dot(&im).powi(2)) / (4.0 * energy).max(f32::MIN_POSITIVE)
    }

    /// The burst just demodulated, read again without regard to phase: bit by bit the stronger half. Costs 1.5 dB, but some
    /// transmitters jump in phase from pulse to pulse.
    pub fn without_phase(&self, burst: &Burst) -> Burst {
        let (len, base) = self.at;
        let half = (0.5 * self.samples_per_us * PHASES as f64).round() as i32;
        let mut soft = [0.0; LONG_BITS];
        let power = |plane: &[f32], base: i32, out: &mut [f32; LONG_BITS]| {
            let mut heard = [0.0; LONG_BITS];
            soft_bits(&plane[..len], &self.chips, base, &self.offsets[8..8 + burst.bits], &mut heard[..burst.bits]);
            out.iter_mut().zip(heard).for_each(|(out, h)| *out += h * h);
        };
        let (mut early, mut late) = ([0.0; LONG_BITS], [0.0; LONG_BITS]);
        for plane in [&self.re, &self.im] {
            power(plane, base, &mut early);
            power(plane, base + half, &mut late);
        }
        for (soft, (e, l)) in soft[..burst.bits].iter_mut().zip(early.iter().zip(late)) {
            *soft = e.sqrt() - l.sqrt();
        }
        let (amplitude, spread) = level(&soft[..burst.bits]);
        Burst { soft, amplitude, spread, ..burst.clone() }
    }

    /// The long frame whose data begin within [`BLIND_US`] of `data`, found without its preamble: calls `reading` with each
    /// possible alignment until it gives something.
    pub fn read_blind<T>(&mut self, re: &[f32], im: &[f32], data: f64, mut reading: impl FnMut(&Burst) -> Option<T>) -> Option<T> {
        let room = BLIND_US as f64 * self.samples_per_us;
        let from = data as usize;
        let span = (LONG_BITS as f64 * self.samples_per_us) as usize;
        let step = self.carrier(&re[from..from + span], &im[from..from + span]);
        let first = from - room as usize - MARGIN;
        let len = span + 2 * room as usize + 2 * MARGIN + self.bank.len;
        let len = len.min(self.re.len());
        rotate(&re[first..first + len], &im[first..first + len], 0.0, step, &mut self.re[..len], &mut self.im[..len]);
        self.take_off_phase(len, from - first, LONG_BITS);

        let base = ((data - first as f64 - room - self.bank.lead as f64) * PHASES as f64).round() as i32;
        let bit = self.samples_per_us * PHASES as f64;
        let shifts: [i32; BLIND_STEPS as usize] = core::array::from_fn(|i| (bit * i as f64 / f64::from(BLIND_STEPS)) as i32);
        let mut places = [0.0; PLACES];
        let sums = shifts.map(|shift| {
            soft_bits(
                &self.real[..len],
                &self.bank,
                base + shift,
                &self.offsets[BLIND_US..BLIND_US + SHORT_BITS],
                &mut places[..SHORT_BITS],
            );
            places[..SHORT_BITS].iter().map(|s| s.abs()).sum::<f32>()
        });
        let best = (0..shifts.len()).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).expect("there are steps");
        let around = |i: usize| sums[(best + i + shifts.len() - 1) % shifts.len()];
        let timing = shifts[best] + (parabola(around(0), around(1), around(2)) * (bit / f64::from(BLIND_STEPS)) as f32).round() as i32;
        self.read_bits(len, base + timing, 0, &mut places);
        (0..=2 * BLIND_US).find_map(|first_bit| {
            let soft: [f32; LONG_BITS] = core::array::from_fn(|k| places[first_bit + k]);
            let (amplitude, spread) = level(&soft);
            let at = data - room + f64::from(timing) / PHASES as f64 + first_bit as f64 * self.samples_per_us;
            let start = at - PREAMBLE_US * self.samples_per_us;
            reading(&Burst { start, step, soft, bits: LONG_BITS, amplitude, spread, preamble_match: 0.0 })
        })
    }

    fn carrier(&self, re: &[f32], im: &[f32]) -> f32 {
        let mut step = 0.0;
        let mut lag_before = 0;
        for &lag in &self.lags {
            if lag == lag_before || re.len() < 2 * lag {
                continue;
            }
            let (a, b) = lag_product(re, im, lag);
            let expected = step * lag as f32;
            // The angle nearest to what the shorter lags say.
            let turns = ((expected - b.atan2(a)) / core::f32::consts::TAU).round();
            step = (b.atan2(a) + turns * core::f32::consts::TAU) / lag as f32;
            lag_before = lag;
        }
        step
    }

    /// `real` = the samples along the carrier's phase at each place.
    fn take_off_phase(&mut self, len: usize, data: usize, bits: usize) {
        let parts = Parts { data, samples_per_part: self.samples_per_us * PART_US, count: bits / PART_US as usize };
        let mut sums = [Complex::default(); PARTS_MAX];
        for (p, part) in sums[..parts.count].iter_mut().enumerate() {
            let r = parts.range(p);
            *part = Complex { re: sum(&self.re[r.clone()]), im: sum(&self.im[r]) };
        }
        let gains = parts.smooth(&sums).map(|g| g.scale(1.0 / g.abs().max(f32::MIN_POSITIVE)));
        let Self { re, im, real, .. } = self;
        Track { preamble: gains[0], gains, parts }
            .pieces(len, |r, gain, change| along(&re[r.clone()], &im[r.clone()], gain, change, &mut real[r]));
    }

    fn search_timing(&self, len: usize, base: i32) -> i32 {
        let mut scratch = [0.0; SHORT_BITS];
        let sums = SEARCH.map(|shift| {
            soft_bits(&self.real[..len], &self.bank, base + shift, &self.offsets[8..8 + SHORT_BITS], &mut scratch);
            scratch.iter().map(|s| s.abs()).sum::<f32>()
        });
        let best = (0..SEARCH.len()).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).expect("SEARCH is not empty");
        let vertex = if 0 < best && best + 1 < SEARCH.len() { parabola(sums[best - 1], sums[best], sums[best + 1]) } else { 0.0 };
        SEARCH[best] + (vertex * (SEARCH[1] - SEARCH[0]) as f32).round() as i32
    }
}

/// Where the parabola through (−1, a), (0, b), (1, c) has its top, when b is the largest: −0.5…0.5.
pub fn parabola(a: f32, b: f32, c: f32) -> f32 {
    let curve = a - 2.0 * b + c;
    if curve < 0.0 { (0.5 * (a - c) / curve).clamp(-0.5, 0.5) } else { 0.0 }
}

/// Mean and standard deviation of |soft|.
pub fn level(soft: &[f32]) -> (f32, f32) {
    let n = soft.len() as f32;
    let mean = soft.iter().map(|s| s.abs()).sum::<f32>() / n;
    let power = soft.iter().map(|s| s * s).sum::<f32>() / n;
    (mean, (power - mean * mean).max(0.0).sqrt())
}

/// `out[k]` = the filter for bit `k` over `real`.
#[multiversion::multiversion(targets = "simd")]
fn soft_bits(real: &[f32], bank: &BitBank, base: i32, offsets: &[i32], out: &mut [f32]) {
    for (out, offset) in out.iter_mut().zip(offsets) {
        let at = base + offset;
        let filter = bank.filter((at as usize) % PHASES);
        let window = &real[at as usize / PHASES..][..filter.len()];
        let mut sums = [0.0_f32; 8];
        for (taps, samples) in filter.chunks_exact(8).zip(window.chunks_exact(8)) {
            for l in 0..8 {
                sums[l] += taps[l] * samples[l];
            }
        }
        *out = sums.iter().sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn soft_bits_agree_with_the_definition(x in prop::collection::vec(-1.0f32..1.0, 200), base in 0i32..900) {
            let bank = BitBank::new(&Pulse::new(2.4));
            let offsets: [i32; 40] = core::array::from_fn(|k| (k as f64 * 2.4 * PHASES as f64).round() as i32);
            let mut out = [0.0; 40];
            soft_bits(&x, &bank, base, &offsets, &mut out);
            for (k, out) in out.iter().enumerate() {
                let at = (base + offsets[k]) as usize;
                let expected: f64 = bank.filter(at % PHASES).iter().zip(&x[at / PHASES..]).map(|(t, x)| f64::from(*t) * f64::from(*x)).sum();
                prop_assert!((f64::from(*out) - expected).abs() < 1e-4);
            }
        }
    }
}
