//! Interleaved device samples to two planes of `f32`, full scale 1.0.
//!
//! Planes (all I, then all Q) let every later loop run over plain slices.

use model::IqSamples;

/// Full scale of unsigned 8-bit samples: zero lies at 127.5, so ±127.5.
pub const FULL_SCALE_CU8: f32 = 127.5;
const FULL_SCALE_CS16: f32 = 32_768.0;

/// Appends complex samples `range` of `samples` to the planes. Not-a-number and infinite floats become 0: a broken source
/// must not poison the noise estimate.
pub fn append_planar(samples: &IqSamples<'_>, range: core::ops::Range<usize>, re: &mut [f32], im: &mut [f32]) {
    assert!(range.len() == re.len() && re.len() == im.len());
    let (from, to) = (2 * range.start, 2 * range.end);
    match samples {
        IqSamples::Cu8(s) => cu8_planar(&s[from..to], re, im),
        IqSamples::Cs16(s) => {
            for ((pair, re), im) in s[from..to].chunks_exact(2).zip(re).zip(im) {
                *re = f32::from(pair[0]) / FULL_SCALE_CS16;
                *im = f32::from(pair[1]) / FULL_SCALE_CS16;
            }
        }
        IqSamples::Cf32(s) => {
            for ((pair, re), im) in s[from..to].chunks_exact(2).zip(re).zip(im) {
                *re = finite(pair[0]);
                *im = finite(pair[1]);
            }
        }
    }
}

#[multiversion::multiversion(targets = "simd")]
fn cu8_planar(s: &[u8], re: &mut [f32], im: &mut [f32]) {
    for ((pair, re), im) in s.chunks_exact(2).zip(re).zip(im) {
        *re = (f32::from(pair[0]) - 127.5) / FULL_SCALE_CU8;
        *im = (f32::from(pair[1]) - 127.5) / FULL_SCALE_CU8;
    }
}

/// Above this a float sample is no sample: keeps powers and their sums finite.
const CF32_LIMIT: f32 = 1e6;

fn finite(x: f32) -> f32 {
    if x.is_finite() { x.clamp(-CF32_LIMIT, CF32_LIMIT) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_formats_mean_the_same() {
        let (mut re, mut im) = ([9.0; 2], [9.0; 2]);
        append_planar(&IqSamples::Cu8(&[0, 255, 1, 2, 128, 127]), 0..3, &mut [0.0; 3], &mut [0.0; 3]);
        append_planar(&IqSamples::Cu8(&[7, 7, 0, 255, 128, 127]), 1..3, &mut re, &mut im);
        assert_eq!((re, im), ([-1.0, 0.5 / 127.5], [1.0, -0.5 / 127.5]));
        append_planar(&IqSamples::Cs16(&[-32_768, 16_384, 0, 1]), 0..2, &mut re, &mut im);
        assert_eq!((re, im), ([-1.0, 0.0], [0.5, 1.0 / 32_768.0]));
        append_planar(&IqSamples::Cf32(&[-1.0, f32::NAN, f32::INFINITY, 0.25]), 0..2, &mut re, &mut im);
        assert_eq!((re, im), ([-1.0, 0.0], [0.0, 0.25]));
    }
}
