//! Where a burst may start: the four pulses of the preamble stand out, the places between them don't, and what follows has
//! the energy of a burst.
//!
//! ```text
//!   half µs   0 1 2 3 4 5 6 7 8 9 10 … 15 │ data
//!   pulse     █ · █ · · · · █ · █ ·  ·  · │
//!   asked       ^   ^ ^ ^     ^   ^  ^      to be quiet
//! ```
//!
//! Non-coherent: powers behind a filter matched to one pulse, at twice the sample rate where that is below 5 Msps. The
//! energy test costs one sum of blocks and turns away nearly all that noise does to the preamble test.

use super::shape::Pulse;
use crate::dsp::filtered_power;

/// The pulse of a chip filter starts this many samples after its first tap.
const CHIP_LEAD: f64 = 1.0;
/// Samples in a block of the energy test.
const BLOCK: usize = 8;
const PULSES_US: [f64; 4] = [0.0, 1.0, 3.5, 4.5];
const QUIET_US: [f64; 9] = [1.5, 2.0, 2.5, 3.0, 5.25, 5.75, 6.25, 6.75, 7.25];

/// The weakest of the four pulses has at least this part of their sum, or it isn't one.
const LEAST_PULSE: f32 = 0.04;

/// What a preamble must show.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Sum of the four pulses' powers over the noise's.
    pub pulses: f32,
    /// Mean power of the pulses over that of the quiet places.
    pub contrast: f32,
    /// Mean power of the burst over the noise's at 2.4 Msps. At other rates as many deviations of the mean of as many samples.
    pub energy: f32,
}

impl Thresholds {
    fn at_rate(self, samples_per_us: f64) -> Self {
        Self { energy: 1.0 + (self.energy - 1.0) * (2.4 / samples_per_us).sqrt() as f32, ..self }
    }
}

#[derive(Debug)]
pub struct Detector {
    samples_per_us: f64,
    /// Powers per sample: 2 below 5 Msps, else 1.
    up: usize,
    filters: [[f32; 8]; 2],
    pulses: [usize; 4],
    quiet: [usize; 9],
    thresholds: Thresholds,
    /// Power behind the chip filter at `up` times the rate.
    power: Vec<f32>,
    scratch: Vec<f32>,
    /// Sum of the four pulses for each position.
    sums: Vec<f32>,
    /// Mean power of each block of samples.
    blocks: Vec<f32>,
    noise: f32,
}

impl Detector {
    pub fn set_thresholds(&mut self, thresholds: Thresholds) {
        self.thresholds = thresholds.at_rate(self.samples_per_us);
    }

    pub fn new(pulse: &Pulse, thresholds: Thresholds, window: usize) -> Self {
        let rate = pulse.samples_per_us;
        let up = if rate < 5.0 { 2 } else { 1 };
        let at = |us: f64| (us * rate * up as f64).round() as usize;
        Self {
            samples_per_us: rate,
            up,
            filters: [pulse.chip_filter(CHIP_LEAD), pulse.chip_filter(CHIP_LEAD + 0.5)],
            pulses: PULSES_US.map(at),
            quiet: QUIET_US.map(at),
            thresholds: thresholds.at_rate(rate),
            power: vec![0.0; window * up],
            scratch: vec![0.0; 2 * window],
            sums: vec![0.0; window * up],
            blocks: vec![0.0; window / BLOCK],
            noise: 0.0,
        }
    }

    /// Takes a whole window in, and the noise power that is believed.
    pub fn load(&mut self, re: &[f32], im: &[f32]) {
        self.refresh(re, im, 0..re.len());
    }

    pub fn set_noise(&mut self, noise: f32) {
        self.noise = noise;
    }

    /// Samples `changed` are not what they were (something was subtracted): brings everything derived up to date.
    pub fn refresh(&mut self, re: &[f32], im: &[f32], changed: core::ops::Range<usize>) {
        let from = changed.start.saturating_sub(8);
        let to = changed.end.min(re.len() - 8);
        if to <= from {
            return;
        }
        if self.up == 1 {
            filtered_power(&re[from..], &im[from..], &self.filters[0], &mut self.power[from..to]);
        } else {
            let (even, odd) = self.scratch.split_at_mut(re.len());
            let n = to - from;
            filtered_power(&re[from..], &im[from..], &self.filters[0], &mut even[..n]);
            filtered_power(&re[from..], &im[from..], &self.filters[1], &mut odd[..n]);
            interleave(&even[..n], &odd[..n], &mut self.power[2 * from..2 * to]);
        }
        let last = self.power.len() - self.pulses[3];
        let first = (from * self.up).saturating_sub(self.pulses[3]);
        let end = (to * self.up).min(last);
        sum_pulses(&self.power[first..], self.pulses, &mut self.sums[first..end]);
        let blocks = changed.start / BLOCK..changed.end.div_ceil(BLOCK).min(re.len() / BLOCK);
        let samples = blocks.start * BLOCK..blocks.end * BLOCK;
        if !samples.is_empty() {
            block_powers(&re[samples.clone()], &im[samples], &mut self.blocks[blocks]);
        }
    }

    /// Mean powers of blocks of [`BLOCK`] samples, for the noise estimate.
    pub fn blocks(&self) -> &[f32] {
        &self.blocks
    }

    /// The first start of a burst in samples `from..to`, as (position to search on from, start).
    pub fn next(&self, from: usize, to: usize) -> Option<(usize, f64)> {
        let (mut m, end) = ((from * self.up).max(2), to * self.up);
        let enough = self.thresholds.pulses * self.noise;
        while let Some(at) = first_over(&self.sums[..end], m, enough) {
            if self.is_preamble(at) {
                let vertex = super::burst::parabola(self.sums[at - 1], self.sums[at], self.sums[at + 1]);
                return Some((at / self.up + 1, (at as f64 + f64::from(vertex)) / self.up as f64 + CHIP_LEAD));
            }
            m = at + 1;
        }
        None
    }

    fn is_preamble(&self, at: usize) -> bool {
        let sum = self.sums[at];
        let top = self.sums[at - 1] <= sum && self.sums[at - 2] <= sum && self.sums[at + 1] < sum && self.sums[at + 2] < sum;
        if !top {
            return false;
        }
        // One pulse may be lost under another reply.
        let (mut least, mut second) = (f32::INFINITY, f32::INFINITY);
        for p in self.pulses {
            let power = self.power[at + p];
            (least, second) = if power < least { (power, least) } else { (least, second.min(power)) };
        }
        if second < LEAST_PULSE * sum {
            return false;
        }
        let quiet: f32 = self.quiet.iter().map(|q| self.power[at + q]).sum();
        if sum / 4.0 < self.thresholds.contrast * quiet / self.quiet.len() as f32 {
            return false;
        }
        let start = at / self.up;
        let burst = self.mean_power(start, 8.0, 62.0);
        self.thresholds.energy * self.noise <= burst
    }

    pub fn noise(&self) -> f32 {
        self.noise
    }

    /// The first pulse that stands `over` times over the noise and begins in samples `from..to`, as (sample to search on from,
    /// (leading edge, power)).
    pub fn next_pulse(&self, from: usize, to: usize, over: f32) -> Option<(usize, (f64, f32))> {
        let (mut m, end) = ((from * self.up).max(1), to * self.up);
        while let Some(at) = first_over(&self.power[..end], m, over * self.noise) {
            if let Some(pulse) = self.pulse(at) {
                return Some((at / self.up + 1, pulse));
            }
            m = at + 1;
        }
        None
    }

    /// The pulse whose leading edge lies within `apart` samples of `at`.
    pub fn pulse_near(&self, at: f64, apart: f64) -> Option<(f64, f32)> {
        let middle = ((at - CHIP_LEAD) * self.up as f64).round() as usize;
        let found = [middle, middle - 1, middle + 1].into_iter().find_map(|m| self.pulse(m))?;
        ((found.0 - at).abs() <= apart).then_some(found)
    }

    /// The pulse whose power has its top at `m`.
    fn pulse(&self, m: usize) -> Option<(f64, f32)> {
        let (before, top, after) = (*self.power.get(m - 1)?, *self.power.get(m)?, *self.power.get(m + 1)?);
        if top < before || top <= after {
            return None;
        }
        let vertex = super::burst::parabola(before, top, after);
        let power = top - 0.25 * (before - after) * vertex;
        Some(((m as f64 + f64::from(vertex)) / self.up as f64 + CHIP_LEAD, power))
    }

    /// The power of a pulse whose leading edge would be at sample `start`; 0 beyond the window.
    pub fn power_at(&self, start: f64) -> f32 {
        let m = (start - CHIP_LEAD) * self.up as f64;
        let (i, f) = (m as usize, m.fract() as f32);
        match self.power.get(i..i + 2) {
            Some(p) => p[0] + (p[1] - p[0]) * f,
            None => 0.0,
        }
    }

    /// Whether the burst at `start` goes on after 64 µs.
    pub fn is_long(&self, start: f64) -> bool {
        let start = start as usize;
        let head = self.mean_power(start, 10.0, 62.0) - self.noise;
        let tail = self.mean_power(start, 68.0, 116.0) - self.noise;
        0.4 * head < tail
    }

    /// Stretches of 112 µs in samples `from..to` that still hold the energy of a burst: where one's data may begin. The next
    /// search goes on from the first value.
    pub fn next_unexplained(&self, from: usize, to: usize) -> Option<(usize, f64)> {
        let count = (112.0 * self.samples_per_us) as usize / BLOCK;
        let (first, last) = (from.div_ceil(BLOCK), to / BLOCK);
        if last <= first || self.blocks.len() < last + count + 1 {
            return None;
        }
        let enough = self.thresholds.energy * self.noise * count as f32;
        let mut sum: f32 = self.blocks[first..first + count].iter().sum();
        let mut best = None;
        for b in first..last {
            if enough <= sum && best.is_none_or(|(_, most)| most < sum) {
                best = Some((b, sum));
            }
            if let Some((at, _)) = best
                && (at + count / 4 < b || sum < enough)
            {
                return Some(((at + count) * BLOCK, (at * BLOCK) as f64));
            }
            sum += self.blocks[b + count] - self.blocks[b];
        }
        best.map(|(at, _)| ((at + count) * BLOCK, (at * BLOCK) as f64))
    }

    fn mean_power(&self, start: usize, from_us: f64, to_us: f64) -> f32 {
        let at = |us: f64| ((start as f64 + us * self.samples_per_us) as usize / BLOCK).min(self.blocks.len());
        let blocks = &self.blocks[at(from_us)..at(to_us)];
        blocks.iter().sum::<f32>() / blocks.len().max(1) as f32
    }
}

#[multiversion::multiversion(targets = "simd")]
fn sum_pulses(power: &[f32], at: [usize; 4], out: &mut [f32]) {
    let n = out.len();
    let (a, b, c, d) = (&power[at[0]..][..n], &power[at[1]..][..n], &power[at[2]..][..n], &power[at[3]..][..n]);
    for i in 0..n {
        out[i] = a[i] + b[i] + c[i] + d[i];
    }
}

/// The first place from `from` on that is not below `enough`.
#[multiversion::multiversion(targets = "simd")]
fn first_over(sums: &[f32], from: usize, enough: f32) -> Option<usize> {
    const STRIDE: usize = 32;
    let mut at = from;
    while at + STRIDE <= sums.len() {
        let mut any = false;
        for s in &sums[at..at + STRIDE] {
            any |= enough <= *s;
        }
        if any {
            break;
        }
        at += STRIDE;
    }
    // The rest, or the stride that holds one.
    (at..sums.len()).find(|&i| enough <= sums[i])
}

#[multiversion::multiversion(targets = "simd")]
fn interleave(even: &[f32], odd: &[f32], out: &mut [f32]) {
    for ((pair, e), o) in out.chunks_exact_mut(2).zip(even).zip(odd) {
        pair[0] = *e;
        pair[1] = *o;
    }
}

#[multiversion::multiversion(targets = "simd")]
fn block_powers(re: &[f32], im: &[f32], out: &mut [f32]) {
    for ((out, a), b) in out.iter_mut().zip(re.chunks_exact(BLOCK)).zip(im.chunks_exact(BLOCK)) {
        let mut p = [0.0_f32; BLOCK];
        for l in 0..BLOCK {
            p[l] = a[l] * a[l] + b[l] * b[l];
        }
        *out = ((p[0] + p[4]) + (p[1] + p[5]) + ((p[2] + p[6]) + (p[3] + p[7]))) / BLOCK as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fast_loops_agree_with_plain_ones(x in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 64..300), from in 0usize..60, enough in 0.2f32..2.5) {
            let re: Vec<f32> = x.iter().map(|s| s.0).collect();
            let im: Vec<f32> = x.iter().map(|s| s.1).collect();
            let power: Vec<f32> = re.iter().zip(&im).map(|(a, b)| a * a + b * b).collect();
            prop_assert_eq!(first_over(&power, from, enough), (from..power.len()).find(|&i| enough <= power[i]));

            let mut woven = vec![0.0; 2 * x.len()];
            interleave(&re, &im, &mut woven);
            prop_assert!((0..x.len()).all(|i| woven[2 * i] == re[i] && woven[2 * i + 1] == im[i]));

            let mut blocks = vec![0.0; x.len() / BLOCK];
            block_powers(&re, &im, &mut blocks);
            for (b, block) in blocks.iter().enumerate() {
                let mean = power[b * BLOCK..(b + 1) * BLOCK].iter().sum::<f32>() / BLOCK as f32;
                prop_assert!((block - mean).abs() < 1e-5);
            }

            let mut sums = vec![0.0; power.len() - 22];
            sum_pulses(&power, [0, 5, 17, 22], &mut sums);
            for (i, s) in sums.iter().enumerate() {
                prop_assert!((s - (power[i] + power[i + 5] + power[i + 17] + power[i + 22])).abs() < 1e-5);
            }
        }
    }
}
