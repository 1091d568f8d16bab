//! Mode A/C replies: pulses on a grid of 1.45 µs between two framing pulses 20.3 µs apart (Annex 10 Vol. IV §3.1.1.6).
//!
//! ```text
//!   F1 C1 A1 C2 A2 C4 A4 X  B1 D1 B2 D2 B4 D4 F2 ·  · SPI
//!   █  ▒  ▒  ▒  ▒  ▒  ▒  ·  ▒  ▒  ▒  ▒  ▒  ▒  █  ·  ·  ▒       █ sent, ▒ sent or not, · never sent
//!    ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^  ^                   quiet, or another reply lies over it
//! ```
//!
//! A reply has no parity, so what bounds false ones is the level: with both framing pulses 13 dB over the noise, noise makes one in
//! thousands of years, and an empty place passes for a pulse once in 3,000. A place that is neither empty nor as strong as the
//! frame refuses the whole reply. What was read is taken out of the samples, so that a reply under it is found by the next pass.

use super::AdsbDemodulator;
use super::detect::Detector;
use super::outbox::Waiting;
use super::repair::Word;
use super::shape::Pulse;
use crate::adsb::mode_ac::ModeAc;
use crate::registry::Refusal;
use model::{DeciDbfs, Signal};

const GRID_US: f64 = 1.45;
/// F1 to F2, and to the special position identification, in steps of the grid.
const F2: usize = 14;
const SPI: usize = 17;
const X: usize = 7;
/// A pulse's width: as long as the pulses of Mode S but for a tenth.
const WIDTH_US: f64 = 0.45;
/// Mean of the framing pulses' powers over the noise's.
const LEVEL_MIN: f32 = 20.0;
/// The weaker framing pulse has at least this part of the stronger one's power.
const FRAMES_ALIKE: f32 = 0.5;
/// Below this part of the frame's power a place is empty, from [`SENT_MIN`] to [`SENT_MAX`] a pulse of this reply.
const EMPTY_MAX: f32 = 0.2;
const SENT_MIN: f32 = 0.4;
const SENT_MAX: f32 = 2.5;
/// How far from 20.3 µs the framing pulses may be apart (Annex 10 allows 0.1 µs, the rest is the estimate's).
const APART_US: f64 = 0.15;
/// The gaps between pulses that may be loud: at first nearly none, then as many as a reply that lies over this one fills.
const PASSES: [usize; 2] = [2, 6];

/// A reply that was found.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    pub code: ModeAc,
    /// Leading edge of F1, samples from the window's start.
    pub start: f64,
    /// Power of the pulses, full scale 1.
    pub power: f32,
}

/// What a closer look at a pair of framing pulses gave.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    Reply(Reply),
    /// Not a reply.
    Nothing,
    /// A reply by its frame, but a place between is in doubt.
    Unclear,
}

impl Reply {
    /// Leading edge of F2, which is the time of a reply in Beast.
    pub fn time(&self, samples_per_us: f64) -> f64 {
        self.start + F2 as f64 * GRID_US * samples_per_us
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        let pulses = self.code.pulses();
        let inner = (0..13).filter(move |i| pulses >> (12 - i) & 1 == 1).map(|i| i + 1);
        [0, F2].into_iter().chain(inner).chain(self.code.spi().then_some(SPI))
    }
}

/// Finds replies in a detector's powers and takes them out of samples.
#[derive(Debug)]
pub struct ReplyFinder {
    samples_per_us: f64,
    pulse: Pulse,
    /// Power behind the detector's filter of a pulse of amplitude 1.
    gain: f32,
}

impl ReplyFinder {
    pub fn new(samples_per_us: f64) -> Self {
        let pulse = Pulse::of_width(samples_per_us, WIDTH_US);
        let gain = (0..32).map(|n| pulse.at(f64::from(n) - 16.0).powi(2)).sum::<f64>() as f32;
        Self { samples_per_us, pulse, gain }
    }

    /// The frame whose F1 is nearest behind sample `from`, at most `to`: where to search on, and what it is.
    pub fn next(&self, detector: &Detector, from: usize, to: usize, loud_max: usize) -> Option<(usize, Look)> {
        let f2 = F2 as f64 * GRID_US * self.samples_per_us;
        let apart = APART_US * self.samples_per_us;
        let mut at = from;
        while let Some((next, first)) = detector.next_pulse(at, to, 0.7 * LEVEL_MIN) {
            at = next;
            let Some(second) = detector.pulse_near(first.0 + f2, apart) else { continue };
            let (power, weaker) = (0.5 * (first.1 + second.1), first.1.min(second.1));
            if power < LEVEL_MIN * detector.noise() || weaker < FRAMES_ALIKE * first.1.max(second.1) {
                continue;
            }
            let start = 0.5 * (first.0 + second.0 - f2);
            return Some((at, self.look(detector, start, power, loud_max)));
        }
        None
    }

    fn look(&self, detector: &Detector, start: f64, power: f32, loud_max: usize) -> Look {
        let grid = GRID_US * self.samples_per_us;
        let part = |places: f64| detector.power_at(start + places * grid) / power;
        let loud = (0..F2).filter(|i| EMPTY_MAX < part(*i as f64 + 0.5)).count();
        if loud_max < loud || EMPTY_MAX < part(X as f64) {
            return Look::Nothing;
        }
        let mut pulses = 0_u16;
        for place in 1..F2 {
            let part = part(place as f64);
            if EMPTY_MAX < part && !(SENT_MIN..SENT_MAX).contains(&part) {
                return Look::Unclear;
            }
            pulses = pulses << 1 | u16::from(SENT_MIN <= part);
        }
        let spi = (SENT_MIN..SENT_MAX).contains(&part(SPI as f64)) && part(SPI as f64 - 0.5) < EMPTY_MAX;
        Look::Reply(Reply { code: ModeAc::from_pulses(pulses, spi), start, power: power / self.gain })
    }

    /// Takes the reply's pulses out of the planes: each by its own gain, for many transmitters' carriers drift from pulse to
    /// pulse. Gives the samples that changed.
    pub fn subtract(&self, re: &mut [f32], im: &mut [f32], reply: &Reply) -> core::ops::Range<usize> {
        const AROUND: usize = 4;
        let grid = GRID_US * self.samples_per_us;
        let len = 2 * AROUND + (WIDTH_US * self.samples_per_us).ceil() as usize;
        for place in reply.places() {
            let edge = reply.start + place as f64 * grid;
            let first = (edge as usize).saturating_sub(AROUND);
            if re.len() < first + len {
                continue;
            }
            let shape = |n: usize| self.pulse.at((first + n) as f64 - edge) as f32;
            let (mut a, mut b, mut energy) = (0.0, 0.0, f32::MIN_POSITIVE);
            for n in 0..len {
                let s = shape(n);
                (a, b, energy) = (a + s * re[first + n], b + s * im[first + n], energy + s * s);
            }
            for n in 0..len {
                let s = shape(n) / energy;
                re[first + n] -= a * s;
                im[first + n] -= b * s;
            }
        }
        let first = (reply.start as usize).saturating_sub(AROUND);
        first..(first + (26.0 * self.samples_per_us) as usize + len).min(re.len())
    }
}

impl AdsbDemodulator {
    /// Mode A/C replies, in what is left when Mode S has been taken out.
    pub(super) fn search_replies(&mut self, from: usize, to: usize) {
        for (pass, loud_max) in PASSES.into_iter().enumerate() {
            let mut at = from;
            while let Some((next, look)) = self.replies.as_ref().and_then(|r| r.next(&self.detector, at, to, loud_max)) {
                at = next;
                match look {
                    Look::Reply(reply) => self.take_reply(&reply),
                    Look::Unclear if pass + 1 == PASSES.len() => self.counters.refuse(Refusal::Integrity),
                    Look::Unclear | Look::Nothing => {}
                }
            }
        }
    }

    fn take_reply(&mut self, reply: &Reply) {
        let Some(finder) = &self.replies else { return };
        let (re, im) = self.window.planes_mut();
        let changed = finder.subtract(re, im, reply);
        let (re, im) = self.window.planes();
        self.detector.refresh(re, im, changed);
        let at = self.window.first_sample() as f64 + reply.time(self.samples_per_us);
        let word = Word::of_reply(reply.code);
        if self.outbox.is_full() || self.outbox.holds(at, &word) {
            return;
        }
        let signal = Signal { rssi: DeciDbfs::from_power(reply.power), noise: DeciDbfs::from_power(self.noise), ..Signal::default() };
        self.outbox.put(Waiting { at, word, signal });
    }
}
