//! One FM channel: from the receiver's samples to frames.

use super::slicer::{BAUD, Slicer};
use super::tones::{Line, Tones, band_pass, low_pass};
use crate::dsp::{dot, rotate};
use core::f32::consts::TAU;

/// Outputs of the channel filter for one chunk of input.
pub const CHUNK_OUT: usize = 60;
/// Half the width that is kept, −6 dB. Narrower than the spectrum (±5.2 kHz and the carrier's offset): what it cuts off costs less
/// than the noise it keeps out (mod.rs has the figures).
const HALF_BAND_HZ: f64 = 5_000.0;
const TRANSITION_HZ: f64 = 4_000.0;
/// Beyond this a swing is noise, not modulation.
const SWING_HZ_MAX: f32 = 3_800.0;
/// Around the middle of both tones, 1,700 Hz.
const AUDIO_HALF_BAND_HZ: f64 = 650.0;
const AUDIO_TRANSITION_HZ: f64 = 600.0;
/// Of the carrier's offset and of the power, seconds.
const OFFSET_MEMORY_S: f64 = 0.03;
/// Linear slicers: what the space tone is multiplied with (pre-emphasis without de-emphasis raises it by 5 dB, the reverse lowers it).
const LINEAR_DB: [f64; 7] = [-6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0];
const LIMITED_DB: [f64; 3] = [-2.0, 0.0, 2.0];
/// Copies of one frame from several slicers come within this many bits.
const COPY_BITS: f64 = 24.0;
const RECENT: usize = 8;

/// What a complete frame is told with.
#[derive(Debug)]
pub struct Told<'a> {
    pub bytes: &'a [u8],
    /// Input sample at which its opening flag ended.
    pub sample: u64,
    pub power: f32,
    pub offset_hz: f32,
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
    last: (f32, f32),
    offset_hz: f32,
    power: f32,
    memory: f32,
    audio: Line,
    audio_taps: Box<[f32]>,
    linear: Tones,
    limited: Tones,
    slicers: Vec<Slicer>,
    recent: [(u64, u64); RECENT],
    recent_at: usize,
    outputs: u64,
}

impl Channel {
    /// `by`: how many input samples make one output.
    pub fn new(input_sps: u32, by: usize, offset_hz: f64) -> Self {
        let rate_sps = f64::from(input_sps) / by as f64;
        let taps = low_pass(f64::from(input_sps), HALF_BAND_HZ, TRANSITION_HZ);
        let audio_taps = band_pass(rate_sps, AUDIO_HALF_BAND_HZ, AUDIO_TRANSITION_HZ);
        let buffer = || vec![0.0; taps.len() - 1 + by * CHUNK_OUT].into_boxed_slice();
        Self {
            shift: offset_hz / f64::from(input_sps),
            by,
            rate_sps,
            re: buffer(),
            im: buffer(),
            last: (0.0, 0.0),
            offset_hz: 0.0,
            power: 0.0,
            memory: (1.0 / (OFFSET_MEMORY_S * rate_sps)) as f32,
            audio: Line::new(audio_taps.len()),
            audio_taps,
            linear: Tones::new(rate_sps),
            limited: Tones::new(rate_sps),
            slicers: LINEAR_DB.iter().chain(&LIMITED_DB).map(|db| Slicer::new(*db, rate_sps)).collect(),
            recent: [(0, 0); RECENT],
            recent_at: 0,
            outputs: 0,
            taps,
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
        let (a, b) = core::mem::replace(&mut self.last, (i, q));
        let hz = (q * a - i * b).atan2(i * a + q * b) * self.rate_sps as f32 / TAU;
        self.power += (i * i + q * q - self.power) * self.memory;
        self.offset_hz += (hz - self.offset_hz) * self.memory;
        let swing = (hz - self.offset_hz).clamp(-SWING_HZ_MAX, SWING_HZ_MAX);
        let audio = dot(self.audio.push(swing), &self.audio_taps);
        let (mark, space) = self.linear.push(audio);
        let (hard_mark, hard_space) = self.limited.push(1.0_f32.copysign(audio));
        for s in 0..self.slicers.len() {
            let (mark, space) = if s < LINEAR_DB.len() { (mark, space) } else { (hard_mark, hard_space) };
            if self.slicers[s].push(mark, space, self.outputs) {
                self.tell(s, out);
            }
        }
        self.outputs += 1;
    }

    fn tell(&mut self, s: usize, out: &mut dyn FnMut(Told<'_>)) {
        let bytes = self.slicers[s].frame();
        let key = bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        let copies = (COPY_BITS / BAUD * self.rate_sps) as u64;
        if self.recent.iter().any(|(k, at)| *k == key && self.outputs - at <= copies) {
            return;
        }
        self.recent[self.recent_at] = (key, self.outputs);
        self.recent_at = (self.recent_at + 1) % RECENT;
        let filters = self.linear.delay() + (self.audio_taps.len() - 1) as f64 / 2.0 + 0.5;
        // A bit is read at its middle.
        let at = self.slicers[s].frame_at() as f64 - filters + self.rate_sps / BAUD / 2.0;
        let sample = at * self.by as f64 - (self.taps.len() - 1) as f64 / 2.0;
        out(Told { bytes, sample: sample.max(0.0) as u64, power: self.power, offset_hz: self.offset_hz });
    }

    /// Frames of the limiter's middle slicer whose FCS was wrong.
    pub fn failed(&self) -> u64 {
        self.slicers[LINEAR_DB.len() + 1].failed
    }

    /// Outputs until what went in has come out.
    pub fn delay(&self) -> usize {
        self.audio_taps.len() + 2 * self.linear.delay() as usize + self.taps.len() / self.by + 2
    }
}
