//! A plain FM receiver, to hand the same signal as audio to programs that take no samples (and to a decoder's audio path).
//!
//! ```text
//!   IQ ─► shift ─► ±7.5 kHz filter, to 48 kHz ─► discriminator ─► 100 Hz high-pass ─► 5 kHz low-pass ─► (de-emphasis) ─► audio
//! ```
//! The squelch is open, so that between packets there is noise; or it mutes what has no carrier, and closes some time late: a tail of
//! noise behind each packet. For the laboratory: it allocates, and is not fast.

use core::f64::consts::{PI, TAU};

/// Audio samples a second.
pub const AUDIO_RATE: u32 = 48_000;

/// Samples whose mean power opens and closes the squelch: 5 ms.
const SQUELCH_SAMPLES: usize = 240;
/// Opens at so many times the power of the quietest tenth: 6 dB.
const SQUELCH_RATIO: f32 = 4.0;

/// `iq` at `rate_sps` (a multiple of 48,000) to audio, 1.0 = 10 kHz of deviation. `offset_hz`: the channel from the centre.
pub fn discriminate(iq: &[(f32, f32)], rate_sps: u32, offset_hz: f64, de_emphasis: bool) -> Vec<f32> {
    receive(iq, rate_sps, offset_hz, de_emphasis, None)
}

/// The same with a squelch that closes `tail_s` after a carrier ends. Between carriers there must be pauses, a tenth of the time at least.
pub fn discriminate_squelched(iq: &[(f32, f32)], rate_sps: u32, offset_hz: f64, de_emphasis: bool, tail_s: f64) -> Vec<f32> {
    receive(iq, rate_sps, offset_hz, de_emphasis, Some(tail_s))
}

fn receive(iq: &[(f32, f32)], rate_sps: u32, offset_hz: f64, de_emphasis: bool, tail_s: Option<f64>) -> Vec<f32> {
    assert!(rate_sps.is_multiple_of(AUDIO_RATE), "{rate_sps} samples/s are no multiple of 48,000");
    let baseband = shift_and_filter(iq, f64::from(rate_sps), offset_hz, (rate_sps / AUDIO_RATE) as usize);
    let mut deviation = turns(&baseband);
    let rate = f64::from(AUDIO_RATE);
    if let Some(tail_s) = tail_s {
        mute(&mut deviation, &baseband, (tail_s * rate) as usize);
    }
    let mut audio = filter_real(&high_pass(&deviation, 100.0 / rate), &low_pass(5000.0 / rate, 121));
    if de_emphasis {
        // A first-order low-pass well below the tones falls with frequency, as 6 dB an octave; its gain is 1 at 1,200 Hz.
        let corner = 300.0;
        let pole = (-TAU * corner / rate).exp();
        let gain = (1200.0 / corner * (1200.0 / corner) + 1.0_f64).sqrt() * (1.0 - pole);
        let mut state = 0.0;
        audio.iter_mut().for_each(|x| {
            state = pole * state + gain * f64::from(*x);
            *x = state as f32;
        });
    }
    audio
}

/// Silence where the squelch is closed.
fn mute(audio: &mut [f32], baseband: &[(f32, f32)], tail: usize) {
    let power = |block: &[(f32, f32)]| block.iter().map(|(re, im)| re * re + im * im).sum::<f32>() / block.len() as f32;
    let powers: Vec<f32> = baseband.chunks(SQUELCH_SAMPLES).map(power).collect();
    let mut sorted = powers.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let threshold = SQUELCH_RATIO * sorted.get(sorted.len() / 10).copied().unwrap_or(0.0);
    let mut open = 0;
    for (block, power) in audio.chunks_mut(SQUELCH_SAMPLES).zip(powers) {
        open = if threshold < power { block.len() + tail } else { open };
        let muted = block.len().saturating_sub(open);
        let from = block.len() - muted;
        block[from..].fill(0.0);
        open = open.saturating_sub(block.len());
    }
}

/// The discriminator's own output, as 9600 baud needs it: without the speaker's filters.
pub fn swings(iq: &[(f32, f32)], rate_sps: u32, offset_hz: f64) -> Vec<f32> {
    assert!(rate_sps.is_multiple_of(AUDIO_RATE), "{rate_sps} samples/s are no multiple of 48,000");
    turns(&shift_and_filter(iq, f64::from(rate_sps), offset_hz, (rate_sps / AUDIO_RATE) as usize))
}

/// 1.0 = 10 kHz, of samples at [`AUDIO_RATE`].
fn turns(baseband: &[(f32, f32)]) -> Vec<f32> {
    let swing = |w: &[(f32, f32)]| {
        let (a, b) = (w[0], w[1]);
        let turn = (b.1 * a.0 - b.0 * a.1).atan2(b.0 * a.0 + b.1 * a.1);
        (f64::from(turn) / TAU * f64::from(AUDIO_RATE) / 10_000.0) as f32
    };
    baseband.windows(2).map(swing).collect()
}

/// Audio as 16-bit samples in a WAV file (one channel), 1.0 = full scale.
pub fn wav(audio: &[f32], rate_sps: u32) -> Vec<u8> {
    let bytes = audio.len() as u32 * 2;
    let mut out = Vec::with_capacity(44 + bytes as usize);
    out.extend(b"RIFF");
    out.extend((36 + bytes).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend(rate_sps.to_le_bytes());
    out.extend((rate_sps * 2).to_le_bytes());
    out.extend(b"\x02\0\x10\0data");
    out.extend(bytes.to_le_bytes());
    out.extend(audio.iter().flat_map(|x| ((x * 32_767.0).round() as i16).to_le_bytes()));
    out
}

fn shift_and_filter(iq: &[(f32, f32)], rate: f64, offset_hz: f64, decimation: usize) -> Vec<(f32, f32)> {
    let shifted: Vec<(f32, f32)> = iq
        .iter()
        .enumerate()
        .map(|(i, (re, im))| {
            let (sin, cos) = ((-TAU * (offset_hz * i as f64 / rate).fract()) as f32).sin_cos();
            (re * cos - im * sin, re * sin + im * cos)
        })
        .collect();
    // The same steepness at any rate: 2.5 ms of taps.
    let taps = low_pass(7500.0 / rate, (rate * 0.0025) as usize | 1);
    let outputs = (shifted.len().saturating_sub(taps.len())) / decimation;
    (0..outputs)
        .map(|o| {
            let window = &shifted[o * decimation..o * decimation + taps.len()];
            window.iter().zip(&taps).fold((0.0, 0.0), |sum, (s, t)| (sum.0 + s.0 * t, sum.1 + s.1 * t))
        })
        .collect()
}

/// A windowed sinc with its half-amplitude point at `cutoff` (of the rate), gain 1.
fn low_pass(cutoff: f64, count: usize) -> Vec<f32> {
    let middle = (count - 1) as f64 / 2.0;
    let tap = |i: usize| {
        let t = i as f64 - middle;
        let x = TAU * cutoff * t;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        sinc * (0.54 + 0.46 * (PI * t / (middle + 1.0)).cos())
    };
    let sum: f64 = (0..count).map(tap).sum();
    (0..count).map(|i| (tap(i) / sum) as f32).collect()
}

fn high_pass(input: &[f32], corner: f64) -> Vec<f32> {
    let pole = (-TAU * corner).exp() as f32;
    let (mut last_in, mut last_out) = (0.0, 0.0);
    input
        .iter()
        .map(|x| {
            last_out = pole * (last_out + x - last_in);
            last_in = *x;
            last_out
        })
        .collect()
}

fn filter_real(input: &[f32], taps: &[f32]) -> Vec<f32> {
    input.windows(taps.len()).map(|w| w.iter().zip(taps).map(|(x, t)| x * t).sum()).collect()
}
