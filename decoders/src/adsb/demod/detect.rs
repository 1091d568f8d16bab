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
    /// Mean power of the burst over the noise's.
    pub energy: f32,
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
            thresholds,
            power: vec![0.0; window * up],
            scratch: vec![0.0; window],
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
            for (half, filter) in self.filters.iter().enumerate() {
                filtered_power(&re[from..], &im[from..], filter, &mut self.scratch[..to - from]);
                for (power, new) in self.power[2 * from + half..2 * to].iter_mut().step_by(2).zip(&self.scratch) {
                    *power = *new;
                }
            }
        }
        let last = self.power.len() - self.pulses[3];
        let first = (from * self.up).saturating_sub(self.pulses[3]);
        let end = (to * self.up).min(last);
        sum_pulses(&self.power[first..], self.pulses, &mut self.sums[first..end]);
        let blocks = changed.start / BLOCK..changed.end.div_ceil(BLOCK).min(re.len() / BLOCK);
        for b in blocks {
            let r = b * BLOCK..(b + 1) * BLOCK;
            self.blocks[b] = re[r.clone()].iter().zip(&im[r]).map(|(a, b)| a * a + b * b).sum::<f32>() / BLOCK as f32;
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
        while m < end {
            let stop = (m + 16).min(end);
            if self.sums[m..stop].iter().all(|s| *s < enough) {
                m = stop;
                continue;
            }
            for at in m..stop {
                if enough <= self.sums[at] && self.is_preamble(at) {
                    let vertex = super::burst::parabola(self.sums[at - 1], self.sums[at], self.sums[at + 1]);
                    return Some((at / self.up + 1, (at as f64 + f64::from(vertex)) / self.up as f64 + CHIP_LEAD));
                }
            }
            m = stop;
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
