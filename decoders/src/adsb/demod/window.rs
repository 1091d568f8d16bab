//! The samples at hand: a run of the stream in two planes, filled from the end, searched in steps.
//!
//! ```text
//!   0      from                                to                capacity
//!   │ past │ again │        new starts          │   rest of bursts │
//!   └──────┴───────┴────────────────────────────┴──────────────────┘
//!          advance(): `to − again` becomes `from`
//! ```
//!
//! Starts of bursts are searched in `from..to`. The last stretch before `to` is searched again by the next window, because
//! what disturbs a burst there may begin after `to`.

/// New starts per window, µs.
const STEP_US: f64 = 6_800.0;
/// Searched twice, µs: one burst.
const AGAIN_US: f64 = 124.0;
/// How much of a window's mean goes into the offset.
const OFFSET_GAIN: f32 = 0.05;
/// What is quiet or not together, µs: between the pulses of a preamble there is room for so much, between bits there is none.
const QUIET_US: f64 = 1.6;
/// A block is quiet if its power is at most so many times that of the block below which a hundredth lies.
const QUIET_OVER: f32 = 4.0;
/// One of so many blocks is looked at: the offset hardly changes, and this costs as much as all else in quiet air.
const QUIET_EVERY: usize = 8;
/// Kept before the first start.
const PAST: usize = 32;

#[derive(Debug)]
pub struct Window {
    re: Vec<f32>,
    im: Vec<f32>,
    /// Stream count of `re[0]`. The first window begins [`PAST`] zeros before the stream.
    first: i64,
    len: usize,
    from: usize,
    to: usize,
    again: usize,
    /// Samples that the stream really had; the rest is padding.
    real: core::ops::Range<usize>,
    scratch: Vec<f32>,
    /// Samples in a block that is quiet or not.
    quiet: usize,
    /// The receiver's direct-current offset in I and Q, and from where on it is still to be taken off.
    offset: Option<[f32; 2]>,
    fresh: usize,
}

impl Window {
    /// `reach`: samples that a burst needs from its start on.
    pub fn new(samples_per_us: f64, reach: usize) -> Self {
        let again = (AGAIN_US * samples_per_us) as usize;
        let to = PAST + again + (STEP_US * samples_per_us) as usize;
        let capacity = (to + reach + 32).next_multiple_of(16);
        Self {
            re: vec![0.0; capacity],
            im: vec![0.0; capacity],
            first: -(PAST as i64),
            len: PAST,
            from: PAST,
            to,
            again,
            real: PAST..PAST,
            scratch: Vec::with_capacity(capacity),
            quiet: (QUIET_US * samples_per_us).ceil() as usize,
            offset: None,
            fresh: PAST,
        }
    }

    pub fn capacity(&self) -> usize {
        self.re.len()
    }

    pub fn planes(&self) -> (&[f32], &[f32]) {
        (&self.re, &self.im)
    }

    pub fn planes_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.re, &mut self.im)
    }

    /// Stream count of the planes' first sample; may lie before the stream's begin.
    pub fn first_sample(&self) -> i64 {
        self.first
    }

    /// Stream count of the next sample to come.
    pub fn end_sample(&self) -> u64 {
        (self.first + self.len as i64).max(0) as u64
    }

    pub fn search_range(&self) -> (usize, usize) {
        (self.from, self.to)
    }

    /// Where the next samples go.
    pub fn free(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.re[self.len..], &mut self.im[self.len..])
    }

    /// `count` samples were written to [`Window::free`]. True: full.
    pub fn filled(&mut self, count: usize) -> bool {
        self.len += count;
        self.real.end = self.len;
        self.len == self.re.len()
    }

    /// Fills up with silence. False: all that the stream had was searched.
    pub fn pad_to_end(&mut self) -> bool {
        self.re[self.len..].fill(0.0);
        self.im[self.len..].fill(0.0);
        self.len = self.re.len();
        self.from < self.real.end
    }

    /// Takes the receiver's offset (a spike in the middle of its band) off the samples that came since the last time. It is
    /// tracked slowly, and only where it is quiet: a strong burst in the middle of the band is no offset.
    pub fn remove_offset(&mut self) {
        let (from, to) = (self.fresh, self.real.end);
        if to < from + self.quiet {
            return;
        }
        let now = quiet_mean(&self.re[from..to], &self.im[from..to], self.quiet, &mut self.scratch);
        let offset = match self.offset {
            None => now,
            Some(before) => core::array::from_fn(|i| before[i] + OFFSET_GAIN * (now[i] - before[i])),
        };
        self.re[from..to].iter_mut().for_each(|x| *x -= offset[0]);
        self.im[from..to].iter_mut().for_each(|x| *x -= offset[1]);
        self.offset = Some(offset);
        self.fresh = to;
    }

    /// Moves on by one step.
    pub fn advance(&mut self) {
        let shift = self.to - self.again - self.from;
        self.re.copy_within(shift.., 0);
        self.im.copy_within(shift.., 0);
        self.len = self.re.len() - shift;
        self.first += shift as i64;
        self.fresh = self.fresh.saturating_sub(shift);
        self.real = self.real.start.saturating_sub(shift)..self.real.end.saturating_sub(shift).min(self.len);
    }

    /// Begins a new stretch: the stream had a hole.
    pub fn restart(&mut self) {
        let end = self.first + self.real.end as i64;
        self.re.fill(0.0);
        self.im.fill(0.0);
        self.first = end - PAST as i64;
        self.len = PAST;
        self.real = PAST..PAST;
        self.fresh = PAST;
    }

    /// The value below which a twentieth of the blocks lie; blocks that hold padding don't count.
    pub fn quietest(&mut self, blocks: &[f32]) -> f32 {
        let size = self.re.len() / blocks.len();
        let (from, to) = (self.real.start.div_ceil(size), self.real.end / size);
        if to <= from {
            return 0.0;
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&blocks[from..to]);
        let twentieth = self.scratch.len() / 20;
        *self.scratch.select_nth_unstable_by(twentieth, f32::total_cmp).1
    }
}

/// Mean of I and Q over the quiet blocks.
fn quiet_mean(re: &[f32], im: &[f32], size: usize, powers: &mut Vec<f32>) -> [f32; 2] {
    let blocks = || re.chunks_exact(size).zip(im.chunks_exact(size)).step_by(QUIET_EVERY);
    let mean = |x: &[f32]| x.iter().sum::<f32>() / size as f32;
    // About their own mean: an offset counts for nothing, and quiet blocks are not those that lie against it.
    let power = |(re, im): (&[f32], &[f32])| {
        let (a, b) = (mean(re), mean(im));
        re.iter().zip(im).map(|(x, y)| (x - a).powi(2) + (y - b).powi(2)).sum::<f32>()
    };
    powers.clear();
    powers.extend(blocks().map(power));
    let hundredth = powers.len() / 100;
    let quiet = QUIET_OVER * *powers.select_nth_unstable_by(hundredth, f32::total_cmp).1;
    let (mut a, mut b, mut count) = (0.0, 0.0, 0.0);
    for block in blocks().filter(|b| power(*b) <= quiet) {
        (a, b, count) = (a + mean(block.0), b + mean(block.1), count + 1.0);
    }
    [a / count, b / count]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A carrier in the middle of the band, on nine tenths of the time in half-microsecond pulses, moves the offset by nothing.
    #[test]
    fn the_offset_is_that_of_quiet_places() {
        let mut window = Window::new(2.4, 400);
        let hash = |n: usize| (n.wrapping_mul(2_654_435_761) >> 7 & 1023) as f32 / 1023.0 - 0.5;
        let (re, im) = window.free();
        let count = re.len();
        for n in 0..count {
            let keyed = n % 240 < 216 && n % 2 == 0;
            re[n] = 0.05 + 0.02 * hash(n) + if keyed { 0.7 } else { 0.0 };
            im[n] = -0.03 + 0.02 * hash(n + 7777);
        }
        assert!(window.filled(count));
        window.remove_offset();
        let offset = window.offset.unwrap();
        assert!((offset[0] - 0.05).abs() < 0.003 && (offset[1] + 0.03).abs() < 0.003, "{offset:?}");
    }
}
