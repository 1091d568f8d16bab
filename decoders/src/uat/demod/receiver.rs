//! The demodulator: samples to frames.
//!
//! Everything happens in batches of [`BATCH`] samples and hops of the search, in the same order however the samples were cut:
//! the search takes its next hop, then candidates whose longest burst has passed are tried, oldest first. A frame is handed out once
//! nothing earlier can come any more.

use super::front::{Front, HALF_BAND_HZ, Planes};
use super::modem::{Gates, Heard, Modem};
use super::points::MARGIN;
use super::search::{Found, HOP, NEEDED, Search};
use super::waveform::{BIT_RATE, SPS, SYNC_BITS, UPLINK_BITS, Word};
use crate::dsp::clock::Clock;
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use model::{DeciDbfs, Frame, IqBlock, IqSamples, Protocol, Raw, ReceiverId, Signal};

/// Rates between the first and the last are taken, these and any other.
pub static RATES: &[u32] =
    &[2_000_000, 2_048_000, 2_083_333, 2_083_334, 2_400_000, 2_560_000, 2_800_000, 3_200_000, 4_166_667, 6_000_000, 8_000_000, 10_000_000];
/// What signals are around.
pub const CENTER_HZ: u64 = 978_000_000;

/// Input samples taken at a time.
pub const BATCH: usize = 4096;
/// Samples of the stream from a burst's start to the end of the longest.
const REACH: usize = SPS * (SYNC_BITS + UPLINK_BITS) + 64;
/// Samples of the stream kept: what a burst may have before it, and twice the longest.
const KEPT: usize = 2 * REACH + 4 * HOP;
/// Samples that a frame is held: what may lie under it begins earlier by a burst's length at most, at each of the tries.
const HOLD: u64 = 4096;
/// From hop to hop: 3 dB in 0.4 s of uninterrupted signal.
const FLOOR_RISE: f32 = 1.000_2;
/// Candidates waiting; beyond this new ones are not taken.
const WAITING_MAX: usize = 128;
/// Frames held until nothing earlier can come.
const HELD_MAX: usize = 256;
/// Candidates that failed are kept for another try when a burst over them has been taken away.
const FAILED_MAX: usize = 16;
const TRIES_MAX: u8 = 3;
/// Two candidates this near (samples) are the same burst.
const SAME: u64 = 8;

/// A place to try, counted since the start.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    at: u64,
    found: Found,
    tries: u8,
}

/// Samples to frames.
#[derive(Debug)]
pub struct Receiver {
    receiver: ReceiverId,
    rate_sps: u32,
    front: Front,
    search: Search,
    modem: Modem,
    stream: Planes,
    /// Number of the stream's first kept sample.
    base: u64,
    /// Places before this have been searched.
    searched: u64,
    /// Mean power of the noise: the least of late.
    floor: f32,
    waiting: Vec<Candidate>,
    failed: Vec<Candidate>,
    held: Vec<(f64, Frame)>,
    clock: Clock,
    cancels: bool,
    counters: Counters,
}

impl Receiver {
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        Self::with_gates(config, Gates::USUAL)
    }

    pub(super) fn with_gates(config: &DemodulatorConfig, gates: Gates) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        let offset_hz = CENTER_HZ as f64 - config.tuning.center_hz as f64;
        let inside = offset_hz.abs() + HALF_BAND_HZ <= f64::from(rate_sps) / 2.0;
        if !(RATES[0]..=RATES[RATES.len() - 1]).contains(&rate_sps) || !inside {
            return Err(UnsupportedRate { protocol: Protocol::Uat, rate_sps, supported: RATES });
        }
        let full = config.profile == Profile::Full;
        Ok(Self {
            receiver: config.receiver,
            rate_sps,
            front: Front::new(rate_sps, offset_hz),
            search: Search::new(gates.score),
            modem: Modem::new(gates),
            stream: Planes::with_capacity(KEPT + 4 * BATCH),
            base: 0,
            searched: 0,
            floor: f32::MAX,
            waiting: Vec::with_capacity(WAITING_MAX),
            failed: Vec::with_capacity(FAILED_MAX),
            held: Vec::with_capacity(HELD_MAX),
            clock: Clock::default(),
            cancels: full,
            counters: Counters::default(),
        })
    }

    /// At most [`BATCH`] samples.
    fn take(&mut self, samples: IqSamples<'_>, out: &mut dyn FnMut(Frame)) {
        self.front.process(samples, &mut self.stream);
        self.clock.advance(samples.len());
        while self.searched + (NEEDED + REACH) as u64 <= self.base + self.stream.re.len() as u64 {
            self.hop(out);
        }
        let keep_from = self.searched.saturating_sub((REACH + 2 * HOP) as u64);
        if self.base + (KEPT / 2) as u64 <= keep_from {
            self.stream.advance((keep_from - self.base) as usize);
            self.base = keep_from;
        }
    }

    /// Searches the next places and tries what is there. The longest burst that begins there lies in the stream.
    fn hop(&mut self, out: &mut dyn FnMut(Frame)) {
        let from = (self.searched - self.base) as usize;
        let (waiting, searched) = (&mut self.waiting, self.searched);
        let power = self.search.look(&self.stream, from, &mut |found| {
            if waiting.len() < WAITING_MAX {
                waiting.push(Candidate { at: searched + found.at as u64, found, tries: 0 });
            }
        });
        self.floor = power.min(self.floor * FLOOR_RISE);
        self.searched += HOP as u64;
        self.try_all();
        let now = self.searched.saturating_sub(HOLD) as f64;
        self.hand_out(now, out);
    }

    /// Tries what waits, oldest first.
    fn try_all(&mut self) {
        while let Some(i) = (0..self.waiting.len()).min_by_key(|&i| (self.waiting[i].at, self.waiting[i].found.word == Word::Ground)) {
            let candidate = self.waiting.remove(i);
            if candidate.at < self.base + MARGIN as u64 {
                continue;
            }
            let found = Found { at: (candidate.at - self.base) as usize, ..candidate.found };
            match self.modem.receive(&self.stream, &found, self.floor) {
                Ok(heard) => self.heard(candidate, &heard),
                Err(why) => {
                    self.counters.refuse(why);
                    if why == Refusal::Integrity {
                        self.remember(candidate);
                    }
                }
            }
        }
    }

    fn remember(&mut self, candidate: Candidate) {
        if self.failed.len() == FAILED_MAX {
            self.failed.remove(0);
        }
        self.failed.push(candidate);
    }

    fn heard(&mut self, candidate: Candidate, heard: &Heard) {
        let start = self.base as f64 + heard.start;
        let end = start + heard.samples;
        let fresh = self.keep(start, heard);
        if !self.cancels || !fresh {
            return;
        }
        self.modem.cancel(&mut self.stream, heard);
        // What was found under it before was found with the burst in place.
        self.failed.retain(|f| f.at as f64 + (SYNC_BITS * SPS) as f64 <= start || start <= f.at as f64);
        let under = |f: &Candidate| (f.at as f64) < end && start < f.at as f64 + (2 * super::waveform::LONG_BITS) as f64;
        for i in (0..self.failed.len()).rev() {
            if under(&self.failed[i]) && self.failed[i].tries < TRIES_MAX && self.waiting.len() < WAITING_MAX {
                let again = self.failed.remove(i);
                self.waiting.push(Candidate { tries: again.tries + 1, ..again });
            }
        }
        if candidate.tries < TRIES_MAX {
            self.search_again(start, end, candidate.tries + 1);
        }
    }

    /// Searches what a burst covered, as far as the search has been.
    fn search_again(&mut self, start: f64, end: f64, tries: u8) {
        let from = (start as u64).saturating_sub((SYNC_BITS * SPS) as u64).max(self.base);
        let to = (end as u64).min(self.searched);
        let mut at = from - from % HOP as u64;
        while at < to {
            if at < self.base || self.base + self.stream.re.len() as u64 <= at + NEEDED as u64 {
                at += HOP as u64;
                continue;
            }
            let (waiting, failed) = (&mut self.waiting, &self.failed);
            self.search.look(&self.stream, (at - self.base) as usize, &mut |found| {
                let place = at + found.at as u64;
                let known = |c: &Candidate| c.at.abs_diff(place) < SAME && c.found.word == found.word;
                let itself = (place as f64 - start).abs() < SAME as f64;
                if !itself && waiting.len() < WAITING_MAX && !waiting.iter().any(known) && !failed.iter().any(known) {
                    waiting.push(Candidate { at: place, found, tries });
                }
            });
            at += HOP as u64;
        }
    }

    /// False: it was there already.
    fn keep(&mut self, start: f64, heard: &Heard) -> bool {
        let bytes = heard.payload();
        let same = |(at, f): &(f64, Frame)| (at - start).abs() < 64.0 && f.raw.as_slice() == bytes;
        if self.held.iter().any(same) {
            return false;
        }
        if self.held.len() < HELD_MAX {
            let seconds = (start + (SYNC_BITS * SPS) as f64) / (SPS as f64 * BIT_RATE) - self.front.delay_s();
            let frame = Frame {
                protocol: Protocol::Uat,
                receiver: self.receiver,
                raw: Raw::new(bytes),
                tick: self.clock.tick(seconds),
                utc: self.clock.utc(seconds),
                signal: Signal {
                    rssi: DeciDbfs::from_power(heard.power),
                    noise: DeciDbfs::from_power(heard.noise),
                    freq_offset_hz: Some(heard.offset_hz.round() as i32),
                    corrected_bits: heard.corrected_bits,
                    ..Signal::default()
                },
            };
            self.held.push((start, frame));
        }
        true
    }

    /// Frames that nothing can precede any more, in order of time.
    fn hand_out(&mut self, before: f64, out: &mut dyn FnMut(Frame)) {
        while let Some(i) =
            (0..self.held.len()).filter(|&i| self.held[i].0 <= before).min_by(|&a, &b| self.held[a].0.total_cmp(&self.held[b].0))
        {
            let (_, frame) = self.held.remove(i);
            self.counters.frames += 1;
            self.counters.corrected_frames += u64::from(0 < frame.signal.corrected_bits);
            out(frame);
        }
    }

    /// What is held back comes out; then as new.
    fn flush(&mut self, out: &mut dyn FnMut(Frame)) {
        let silence = [0.0_f32; 2 * 1024];
        let needed = (2 * REACH + 8 * HOP) * self.rate_sps as usize / (SPS * BIT_RATE as usize);
        for _ in 0..needed.div_ceil(1024) {
            self.take(IqSamples::Cf32(&silence), out);
        }
        self.hand_out(f64::INFINITY, out);
        self.front.reset();
        self.stream.clear();
        (self.base, self.searched, self.floor) = (0, 0, f32::MAX);
        self.waiting.clear();
        self.failed.clear();
        self.clock = Clock::default();
    }
}

impl Demodulator for Receiver {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        if block.dropped_samples != 0 {
            self.flush(out);
        }
        self.clock.set(block);
        self.counters.samples += block.samples.len() as u64;
        let mut from = 0;
        while from < block.samples.len() {
            let n = BATCH.min(block.samples.len() - from);
            self.take(cut(block.samples, from, n), out);
            from += n;
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.flush(out);
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// `n` samples from number `from` on.
fn cut(samples: IqSamples<'_>, from: usize, n: usize) -> IqSamples<'_> {
    let range = 2 * from..2 * (from + n);
    match samples {
        IqSamples::Cu8(s) => IqSamples::Cu8(&s[range]),
        IqSamples::Cs16(s) => IqSamples::Cs16(&s[range]),
        IqSamples::Cf32(s) => IqSamples::Cf32(&s[range]),
    }
}
