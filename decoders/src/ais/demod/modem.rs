//! One candidate to one frame: place, symbols, bytes; and the frame taken out of the samples again.

use super::acquire::{self, Scratch, Sync, acquire};
use super::cancel::{Canceller, Known};
use super::complex::C32;
use super::cpm::Cpm;
use super::detect::{Burst, SYMBOLS_MAX};
use super::fm::{Attempt, Levels};
use super::front::{CHANNEL_RATE, SPS};
use super::joint::{self, Joint, Way};
use super::lines::Carrier;
use super::pulse::{PREAMBLE, Pulse, TAPS};
use super::repair::{DoubtMax, ONE_SLOT, ONE_SLOT_MAX, Repair, Repaired};
use super::stream::{Candidate, Stream};

/// Symbol 0 lies at most this many samples before and behind the window's beginning.
const BEFORE: u64 = 88;
const PLACES: usize = 156;
/// Least share of the preamble's energy that the known symbols must explain. Noise reaches 0.25, a burst at Eb/N0 4 dB has 0.5.
const MATCH_MIN: f32 = 0.30;
/// The same for the frequency.
const FREQUENCY_MATCH_MIN: f32 = 0.6;
/// Modulation indices tried where ½ fails.
const INDICES: [f32; 3] = [0.45, 0.6, 0.55];
/// Samples from a candidate to the end of what [`Modem::probe`] needs.
pub const PROBE: u64 = (PLACES + acquire::SPAN_TAIL + 3 * TAPS) as u64;
/// Samples from a candidate to the end of the longest burst it may begin.
pub const REACH: u64 = (PLACES + SYMBOLS_MAX * SPS + 2 * TAPS) as u64;

/// Searches over two bursts, each with better carriers than the one before.
const ROUNDS: usize = 5;

/// A frame and how it was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub repaired: Repaired,
    /// End of the opening flag, in sixteenths of a sample since the start.
    pub flag_end_16ths: u64,
    /// Samples from the ramp to the end of the closing flag.
    pub from: u64,
    pub to: u64,
    pub freq_hz: f32,
    /// Heard as a linear modulation, so that it can be sent again and subtracted.
    pub linear: bool,
    /// Which training sequence.
    training: usize,
    /// Level of the second bit of the training sequence.
    level1: i8,
    /// Power of the carrier, full scale = 1.
    pub power: f32,
    /// Power of noise in 25 kHz.
    pub noise: f32,
}

/// Everything needed to receive a burst; one for all channels.
#[derive(Debug)]
pub struct Modem {
    pulse: Pulse,
    scratch: Scratch,
    burst: Burst,
    repair: Repair,
    canceller: Canceller,
    joint: Joint,
    shifted: Vec<C32>,
    original: Vec<C32>,
    levels: Levels,
    cpm: Cpm,
    frequency: Vec<C32>,
    corrects: bool,
}

impl Modem {
    pub fn new(corrects: bool) -> Self {
        let pulse = Pulse::new(0.4);
        Self {
            scratch: Scratch::new(&pulse),
            pulse,
            burst: Burst::new(),
            repair: Repair::new(),
            canceller: Canceller::new(),
            joint: Joint::new(),
            shifted: Vec::with_capacity(REACH as usize + 64),
            original: Vec::with_capacity(joint::SAMPLES),
            levels: Levels::new(SYMBOLS_MAX),
            cpm: Cpm::new(SYMBOLS_MAX),
            frequency: Vec::with_capacity(REACH as usize + 64),
            corrects,
        }
    }

    /// CRCs that were the last thing to refuse a candidate, or didn't.
    #[cfg(test)]
    pub fn tried(&self) -> u64 {
        self.repair.tried
    }

    /// Is there a preamble?
    pub fn probe(&mut self, stream: &Stream, candidate: &Candidate) -> bool {
        self.place(stream, candidate).is_some()
    }

    /// Where the burst begins: the sample that `shifted` begins with, and the place in it.
    fn place(&mut self, stream: &Stream, candidate: &Candidate) -> Option<(u64, Sync)> {
        let from = (candidate.at.saturating_sub(BEFORE + TAPS as u64)).max(stream.first());
        self.shift(stream, from, PLACES + acquire::SPAN_TAIL + 2 * TAPS, candidate.freq_hz);
        let places = self.shifted.len().saturating_sub(acquire::SPAN_TAIL + TAPS).min(PLACES);
        if places == 0 {
            return None;
        }
        let sync = acquire(&self.pulse, &mut self.scratch, &self.shifted, TAPS, places);
        (MATCH_MIN <= sync.match_).then_some((from, sync))
    }

    /// `Ok(None)`: not the beginning of a burst. `hard`: by every means. A frame that is not `believed` is handed out only if no other way
    /// finds one that is.
    pub fn receive(
        &mut self,
        stream: &Stream,
        candidate: &Candidate,
        hard: bool,
        believed: &dyn Fn(&Heard) -> bool,
    ) -> Result<Option<Heard>, Refused> {
        let Some((from, sync)) = self.place(stream, candidate) else { return Ok(None) };
        let found = self.symbols(stream, from, candidate.freq_hz, &sync, PREAMBLE + ONE_SLOT_MAX);
        let found = match found {
            None if self.goes_on() => self.symbols(stream, from, candidate.freq_hz, &sync, SYMBOLS_MAX),
            other => other,
        };
        let linear = found.map(|repaired| self.heard(repaired, from, candidate.freq_hz, &sync));
        if linear.as_ref().is_some_and(believed) {
            return Ok(linear);
        }
        let other = |modem: &Self, found: Option<(Repaired, Sync)>| {
            found.map(|(repaired, sync)| Heard { linear: false, ..modem.heard(repaired, from, candidate.freq_hz, &sync) })
        };
        let found = self.by_frequency(&sync).map(|repaired| (repaired, sync));
        let by_frequency = other(self, found);
        if by_frequency.as_ref().is_some_and(believed) {
            return Ok(by_frequency);
        }
        let found = if hard { self.by_index(&sync) } else { None };
        let by_index = other(self, found).filter(believed);
        by_index.or(linear).or(by_frequency).map(Some).ok_or(Refused)
    }

    /// Keeps the samples around a candidate as they are now.
    pub fn remember(&mut self, stream: &Stream, candidate: &Candidate) {
        let (from, to) = span(stream, candidate);
        self.original.clear();
        self.original.extend_from_slice(stream.slice(from, to));
    }

    /// The samples as they were when [`Modem::remember`] was called.
    pub fn restore(&mut self, stream: &mut Stream, candidate: &Candidate) {
        let (from, to) = span(stream, candidate);
        let samples = stream.slice_mut(from, to);
        let n = samples.len().min(self.original.len());
        samples[..n].copy_from_slice(&self.original[..n]);
    }

    /// Is there another carrier in what is left?
    pub fn hears_more(&mut self, stream: &Stream, candidate: &Candidate) -> Option<Carrier> {
        let (from, to) = span(stream, candidate);
        self.joint.hears(stream.slice(from, to))
    }

    /// Two bursts over each other: whichever of them can be heard. `left`: a carrier that the stronger one, being decoded, left.
    pub fn receive_two(&mut self, stream: &Stream, candidate: &Candidate, left: Option<Carrier>, out: &mut dyn FnMut(Heard)) {
        let (from, to) = span(stream, candidate);
        let x = stream.slice(from, to);
        let mut done = [false; 2];
        let ways = match left {
            Some(carrier) => [Way::Left(carrier), Way::Without, Way::Both],
            None => [Way::Without, Way::Both, Way::NextWithout],
        };
        for way in ways {
            if done[1] || (done[0] && left.is_none()) || !self.joint.begin(&self.pulse, x, way) {
                return;
            }
            for round in 0..ROUNDS {
                self.joint.round(&self.pulse);
                for (user, done) in done.iter_mut().enumerate() {
                    if 0 < round
                        && !*done
                        && let Some(heard) = self.one_of_two(user, from)
                    {
                        *done = true;
                        out(heard);
                    }
                }
            }
        }
    }

    /// The burst of a carrier in what another left.
    pub fn receive_left(&mut self, stream: &Stream, candidate: &Candidate, carrier: &Carrier) -> Option<Heard> {
        let (from, to) = span(stream, candidate);
        self.joint.alone(&self.pulse, stream.slice(from, to), carrier);
        for round in 0..ROUNDS {
            self.joint.alone_round(&self.pulse);
            if 0 < round
                && let Some(heard) = self.one_of_two(0, from)
            {
                return Some(heard);
            }
        }
        None
    }

    fn doubt(&self, max: DoubtMax) -> DoubtMax {
        if self.corrects { max } else { max.unchanged() }
    }

    fn one_of_two(&mut self, user: usize, from: u64) -> Option<Heard> {
        let framing = self.joint.framing(user)?;
        let doubt_max = self.doubt(DoubtMax::MANY);
        let repaired = self.repair.search(self.joint.symbols(user, &framing), doubt_max)?;
        let told = self.joint.told(&self.pulse, user, &framing, repaired.symbols);
        let symbol0 = from + told.position as u64;
        let flag_end = f64::from(told.position) + ((PREAMBLE - 1) * SPS) as f64;
        Some(Heard {
            flag_end_16ths: from * 16 + (flag_end * 16.0).round() as u64,
            from: symbol0.saturating_sub(((super::cancel::RAMP_BITS + 1) * SPS) as u64),
            to: symbol0 + (repaired.symbols * SPS) as u64,
            freq_hz: told.freq_hz,
            linear: true,
            training: framing.training,
            level1: told.level1,
            power: told.power,
            noise: told.noise,
            repaired,
        })
    }

    /// Takes samples from `from` on and moves the frequency to 0.
    fn shift(&mut self, stream: &Stream, from: u64, samples: usize, freq_hz: f32) {
        let step = -core::f32::consts::TAU * freq_hz / CHANNEL_RATE as f32;
        let turn = C32::unit(step);
        let mut unit = C32::new(1.0, 0.0);
        self.shifted.clear();
        for (n, &x) in stream.slice(from, from + samples as u64).iter().enumerate() {
            if n % 128 == 0 {
                unit = C32::unit(step * n as f32);
            }
            self.shifted.push(x * unit);
            unit = unit * turn;
        }
    }

    fn symbols(&mut self, stream: &Stream, from: u64, freq_hz: f32, sync: &Sync, symbols: usize) -> Option<Repaired> {
        self.shift(stream, from, sync.position as usize + symbols * SPS + TAPS, freq_hz);
        self.burst.take(&self.pulse, &self.shifted, sync.position, symbols);
        if self.burst.z.len() < PREAMBLE + 8 {
            return None;
        }
        self.burst.track(&self.pulse, sync);
        let end = self.repair.end(self.burst.symbols()).unwrap_or(PREAMBLE + ONE_SLOT);
        let end = end.min(self.burst.z.len());
        self.burst.refine(&self.pulse, end);
        self.repair.search(self.burst.symbols(), self.doubt(DoubtMax::ONE))
    }

    /// Another way for transmitters whose modulation index is far from ½: the frequency from sample to sample, and levels from that. It
    /// needs some 4 dB more, but doesn't care how far the phase turns.
    fn by_frequency(&mut self, sync: &Sync) -> Option<Repaired> {
        const SPREAD: usize = 8;
        let begin = (sync.position as usize).checked_sub(SPREAD + 2 * SPS)?;
        let smooth = |w: &[C32]| w[1].scale(2.0) + w[0] + w[2];
        self.frequency.clear();
        for w in self.shifted[begin..].windows(4) {
            let turn = smooth(&w[1..]) * smooth(&w[..3]).conj();
            self.frequency.push(C32::new(turn.angle(), 0.0));
        }
        let near = super::pulse::PREAMBLE * SPS + 2 * SPREAD;
        let start = self.levels.find(self.frequency.get(..near)?).filter(|s| FREQUENCY_MATCH_MIN <= s.match_)?;
        let symbols = if self.goes_on() { SYMBOLS_MAX } else { PREAMBLE + ONE_SLOT_MAX };
        self.levels.detect(&self.frequency, &start, symbols, Attempt { shift: 0, follow: 0.02 });
        self.repair.search(self.levels.symbols(), self.doubt(DoubtMax::ONE))
    }

    /// For the same transmitters, with the phase: some 4 dB better where the index is one of those tried.
    fn by_index(&mut self, sync: &Sync) -> Option<(Repaired, Sync)> {
        let symbols = if self.goes_on() { SYMBOLS_MAX } else { PREAMBLE + ONE_SLOT_MAX };
        let doubt_max = self.doubt(DoubtMax::MANY);
        INDICES.into_iter().find_map(|h| {
            let found = self.cpm.detect(&self.pulse, &self.shifted, sync, h, symbols)?;
            Some((self.repair.search(self.cpm.symbols(), doubt_max)?, found))
        })
    }

    /// May the burst be longer than one slot?
    fn goes_on(&self) -> bool {
        let kind = (0..6).fold(0, |kind, i| {
            let k = PREAMBLE + 7 - i;
            let bit = self.burst.r.get(k).zip(self.burst.r.get(k - 2)).is_some_and(|(a, b)| 0.0 < a * b);
            kind << 1 | u8::from(bit)
        });
        168 < crate::ais::message::lengths::bits_max(kind)
    }

    fn heard(&self, repaired: Repaired, from: u64, freq_hz: f32, sync: &Sync) -> Heard {
        let drift_hz = self.burst.drift * 9600.0 / core::f32::consts::TAU;
        let carrier = self.burst.amplitude / self.pulse.gain;
        let flag_end = f64::from(sync.position) + ((PREAMBLE - 1) * SPS) as f64;
        let symbol0 = from + sync.position as u64;
        Heard {
            flag_end_16ths: from * 16 + (flag_end * 16.0).round() as u64,
            from: symbol0.saturating_sub(((super::cancel::RAMP_BITS + 1) * SPS) as u64),
            to: symbol0 + (repaired.symbols * SPS) as u64,
            freq_hz: freq_hz + drift_hz,
            linear: true,
            training: sync.training,
            level1: self.burst.r.first().zip(self.burst.r.get(1)).map_or(1, |(r0, r1)| if 0.0 < r0 * r1 { 1 } else { -1 }),
            power: carrier * carrier,
            noise: 2.0 * self.burst.variance * self.burst.amplitude * self.burst.amplitude * 25_000.0 / CHANNEL_RATE as f32,
            repaired,
        }
    }

    /// Subtracts the burst that was last heard.
    pub fn cancel(&mut self, stream: &mut Stream, heard: &Heard) {
        let from = heard.from.max(stream.first());
        let symbol0_16ths = heard.flag_end_16ths - ((PREAMBLE - 1) * SPS * 16) as u64;
        let position = (symbol0_16ths as i64 - from as i64 * 16) as f32 / 16.0;
        let known = Known {
            bytes: &heard.repaired.bytes[..heard.repaired.len],
            position,
            step: core::f32::consts::TAU * heard.freq_hz / CHANNEL_RATE as f32,
            level1: heard.level1,
            training: heard.training,
        };
        let x = stream.slice_mut(from, heard.to + 64);
        self.canceller.cancel(&self.pulse, x, &known);
    }
}

/// Samples in which two bursts are looked for.
fn span(stream: &Stream, candidate: &Candidate) -> (u64, u64) {
    let from = candidate.at.saturating_sub(joint::BEFORE).max(stream.first());
    (from, from + joint::SAMPLES as u64)
}

/// A burst whose check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;
