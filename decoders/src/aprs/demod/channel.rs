//! One FM channel: from the receiver's samples to frames.

use super::bank::FmBank;
use super::beliefs::AIR;
use super::carrier::Carrier;
use super::outbox::{Heard, Outbox, WAIT_S};
use super::tone::{AUDIO_SPS, ToneBank};
use crate::dsp::{Resampler, dot, low_pass, rotate};
use crate::registry::Profile;
use core::f32::consts::TAU;

/// Outputs of the channel filter for one chunk of input.
pub const CHUNK_OUT: usize = 60;
/// What is kept of each side: the spectrum (5.2 kHz) and the carrier's error.
const PASS_HZ: f64 = 6_500.0;
const STOP_HZ: f64 = 9_500.0;
/// For the discriminator: narrower than the spectrum; what it cuts off costs less than the noise that it keeps out.
const NARROW_HZ: f64 = 5_000.0;
const NARROW_TRANSITION_HZ: f64 = 4_000.0;
/// Beyond this a swing is noise, not modulation.
const SWING_HZ_MAX: f32 = 3_800.0;
/// Bits that the sequences hold back, with the filters; repaired frames wait.
const HELD_S: f64 = 0.16 + WAIT_S;

/// What a complete frame is told with.
#[derive(Debug)]
pub struct Told<'a> {
    pub bytes: &'a [u8],
    /// Input sample at which its opening flag ended.
    pub sample: u64,
    pub power: f32,
    pub offset_hz: f32,
    pub corrected_bits: u8,
}

#[derive(Debug)]
pub struct Channel {
    /// Cycles a sample from the tuning to the channel.
    shift: f64,
    by: usize,
    rate_sps: f64,
    taps: Box<[f32]>,
    re: Box<[f32]>,
    im: Box<[f32]>,
    carrier: Carrier,
    banks: Vec<FmBank<true>>,
    discriminator: Discriminator,
    outbox: Outbox,
    /// Blocks of samples that have come from the carrier.
    blocks: u64,
}

impl Channel {
    /// `by`: how many input samples make one output.
    pub fn new(input_sps: u32, by: usize, offset_hz: f64, profile: Profile) -> Self {
        let rate_sps = f64::from(input_sps) / by as f64;
        let edge = |hz: f64| hz / f64::from(input_sps);
        let taps = low_pass(edge(PASS_HZ), edge(STOP_HZ), 1, 1);
        let buffer = || vec![0.0; taps.len() - 1 + by * CHUNK_OUT].into_boxed_slice();
        let banks = if profile == Profile::Full { AIR } else { &[] };
        Self {
            shift: offset_hz / f64::from(input_sps),
            by,
            rate_sps,
            re: buffer(),
            im: buffer(),
            taps: taps.into(),
            carrier: Carrier::new(),
            banks: banks.iter().map(|belief| FmBank::new(rate_sps, belief)).collect(),
            discriminator: Discriminator::new(rate_sps),
            outbox: Outbox::default(),
            blocks: 0,
        }
    }

    /// Takes one whole chunk; `first`: how many samples came before it.
    pub fn chunk(&mut self, re: &[f32], im: &[f32], first: u64, out: &mut dyn FnMut(Told<'_>)) {
        let carried = self.taps.len() - 1;
        let phase = (first as f64 * self.shift).fract() * core::f64::consts::TAU;
        let step = self.shift * core::f64::consts::TAU;
        rotate(re, im, phase as f32, step as f32, &mut self.re[carried..], &mut self.im[carried..]);
        for k in 0..CHUNK_OUT {
            let window = k * self.by..k * self.by + self.taps.len();
            let (i, q) = (dot(&self.re[window.clone()], &self.taps), dot(&self.im[window], &self.taps));
            self.baseband(i, q, out);
        }
        let end = self.re.len();
        self.re.copy_within(end - carried.., 0);
        self.im.copy_within(end - carried.., 0);
    }

    fn baseband(&mut self, i: f32, q: f32, out: &mut dyn FnMut(Told<'_>)) {
        let Self { carrier, banks, discriminator, outbox, rate_sps, by, taps, blocks, .. } = self;
        let Some(block) = carrier.push(i, q) else { return };
        let delay = carrier.delay() as f64;
        let mut send = |heard: Heard<'_>| {
            let seconds = heard.seconds;
            let (power, turn) = carrier.around(seconds * *rate_sps);
            let sample = (seconds * *rate_sps - delay) * *by as f64 - (taps.len() - 1) as f64 / 2.0;
            let offset_hz = turn * *rate_sps as f32 / TAU;
            out(Told { bytes: heard.bytes, sample: sample.max(0.0) as u64, power, offset_hz, corrected_bits: heard.corrected_bits() });
        };
        let mut tell = |heard: Heard<'_>| {
            if outbox.is_news(&heard) {
                send(heard);
            }
        };
        for (i, q) in block.re.into_iter().zip(block.im) {
            banks.iter_mut().for_each(|bank| bank.push(i, q, &mut tell));
            discriminator.push(i, q, &mut tell);
        }
        *blocks += 1;
        outbox.set_time(*blocks as f64 * block.re.len() as f64 / *rate_sps, &mut send);
    }

    /// Frames of one of the sequences whose FCS was wrong.
    pub fn failed(&self) -> u64 {
        self.banks.first().map_or(self.discriminator.tones.failed(), FmBank::failed)
    }

    /// Outputs until what went in has come out.
    pub fn delay(&self) -> usize {
        self.taps.len() / self.by + self.carrier.delay() + (HELD_S * self.rate_sps) as usize
    }
}

/// The classical way, for what the beliefs do not cover: the audio of an FM receiver.
#[derive(Debug)]
struct Discriminator {
    narrow: Resampler<2>,
    delay_s: f64,
    last: (f32, f32),
    tones: ToneBank,
}

impl Discriminator {
    fn new(rate_sps: f64) -> Self {
        let narrow = Resampler::new(rate_sps, AUDIO_SPS, NARROW_HZ, NARROW_TRANSITION_HZ);
        let delay_s = narrow.delay() / rate_sps;
        Self { narrow, delay_s, last: (0.0, 0.0), tones: ToneBank::new() }
    }

    #[inline]
    fn push(&mut self, i: f32, q: f32, out: &mut dyn FnMut(Heard<'_>)) {
        let Self { narrow, delay_s, last, tones } = self;
        narrow.push([i, q], &mut |[i, q]| {
            let (a, b) = core::mem::replace(last, (i, q));
            let hz = (q * a - i * b).atan2(i * a + q * b) * AUDIO_SPS as f32 / TAU;
            tones.push(hz.clamp(-SWING_HZ_MAX, SWING_HZ_MAX), &mut |heard| out(heard.before(*delay_s)));
        });
    }
}
