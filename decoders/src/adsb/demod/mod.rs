//! The Mode S demodulator: samples in, frames whose parity holds out.
//!
//! ```text
//!  samples ─► window ─► detect ─► burst ─► repair ─► judge ─► outbox ─► frames
//!             13 ms     preamble  carrier  parity,   believed? time order,
//!               ▲       + energy  phase    doubtful      │     once each
//!               │                 timing   bits          ▼
//!               └───────────── cancel: subtract what was decoded, look again
//! ```
//!
//! Constraints: nothing is allocated after construction; work goes by whole windows at fixed sample counts, so frames don't
//! depend on how samples were cut into blocks; a frame comes out about a quarter of a second after it was on the air.
//!
//! The bound: an ideal coherent receiver with one bit repaired reads half of all squitters at 69.75 dB·Hz in unlimited
//! bandwidth, 1.1 dB higher in 2.4 MHz; an ideal non-coherent one at 71.5 and 72.6. Bit errors at 70 dB·Hz: ideal 2.5 %, here 2.8 %.
//!
//! What was tried, in order, and what it gave. "70" is DF 17 read at 70 dB·Hz (cold start, 5 s), A and B are DF 17/18 of the
//! scenarios, "p6" the weaker of pairs 6 dB apart, all in percent on signals of more1090's modulator at 2.4 Msps; CPU is seconds for
//! 60 s of A. Peers on the same signals: readsb A 62, B 25, p6 4, 70: 0; stream1090 A 72, B 34, p6 8, 70: 1.
//!
//! | idea | 70 | A | B | p6 | CPU | kept |
//! |---|---|---|---|---|---|---|
//! | coherent burst, neighbour-aware bit filters, repair of ≤ 3–4 of 16 doubtful bits, cancelling | 46.8 | 90.4 | 60.8 | 92.7 | 2.8 | yes |
//! | noise from the quietest twentieth of blocks, not the quarter; offset removed | 46.7 | 90.4 | 60.8 | 92.5 | 3.0 | yes: "snipped" and offset recordings |
//! | phase followed in parts of 14 µs; preamble judged by its own phase | 46.8 | 91.8 | 62.5 | 98.5 | 3.5 | yes: real files 26 → 35 of 37 frames |
//! | weakest preamble pulse may be 2 % of the sum, not 4 % | 50.2 | 92.9 | 64.6 | – | 4.4 | yes |
//! | preamble contrast 2.3 or 2.8 instead of 1.8 | 48.1, 44.8 | 92.2, 91.4 | 62.7, 60.6 | – | 3.5, 3.1 | no |
//! | preamble sum 8 or 7 times the noise instead of 10 | +0.2, +0.5 | +0.1 | – | – | +2, +5 | no |
//! | starts without the preamble's own pattern turned away before bits are read | 50.2 | 92.9 | 64.6 | – | 3.2 | yes |
//! | gains per part when cancelling; time from all edges | 50.3 | 92.7 | 64.1 | 98.9 | 2.8 | yes: ticks 68 → 24.6 ns rms |
//! | one pulse of the preamble may be lost | 52.3 | 93.3 | 65.4 | – | 3.1 | yes: modes1 157 → 174 frames |
//! | sets of doubtful bits in order of likelihood, 1,000 (known address 3,000) | 54.6 | 93.5 | 65.8 | – | 3.5 | yes |
//! | 4,000 and 20,000 patterns | 56.8 | 93.7 | 66.4 | – | 5.1 | no |
//! | interrogator codes must be clear | – | 93.6 | 65.8 | – | 3.5 | yes: wrong all-calls in A 104 → 9 |
//! | sharper nominal pulse, filters of 16 taps | 55.2 | – | – | – | – | yes: 2.0 Msps at 72 dB·Hz 48 → 56 |
//! | blind reading of left-over energy | 63.5 | 94.3 | 68.0 | 97.5 | 3.8 | yes: modes1 squitters 140 → 171 |
//! | a second reading without phase | 63.7 | 94.4 | 68.1 | – | 3.9 | yes: 2 real frames that jump in phase |
//! | clarity asked of repaired frames lowered | 70 | 94.7 | 69.6 | – | 4.0 | yes: wrong frames a minute unchanged (1–2 of 12,000) |
//! | loops in eight lanes for sums, blocks, thresholds | = | = | = | = | 3.5 | yes: noise 0.6 → 0.25 |
//! | 2.0 Msps: all bits at once (`sequence`) instead of a filter per bit | = | = | = | = | = | yes: 2.0 Msps at 72 dB·Hz 65 → 84, at 76 93 → 98; modes1 172 → 175 squitters |
//! | the same at 2.4 Msps | −1.2 | – | – | – | +10 % | no |
//! | interrogator codes by the odds of their bits (4, 5 and 6 tried) | = | = | = | = | = | yes, 6: all-calls of A 82.6 → 86, wrong codes 10 → 15 |
//! | blind reading 24 µs to each side instead of 8 | – | +0.2 | +1.0 | – | +0.1 | yes |
//! | unconfirmed replies begin and end where their bits do | – | +0.1 | +0.1 | – | = | yes: a false one took a real squitter along |
//! | starts with a preamble match of 0.15 instead of 0.2 | – | +0.01 | +0.02 | – | = | no |
//! | the offset from quiet places, one block of eight | −0.3 | = | = | – | +0.05 | yes: back to back on the tuned frequency 0 → 81–100 |
//! | energy threshold by rate | = | = | = | = | = | yes: 10 Msps at 70 dB·Hz 31 → 88, 8 Msps 84 → 89, 6 Msps 84 → 84 |
//! | Mode A/C found and cancelled before Mode S | – | −0.6 | −0.1 | – | +0.6 | no: without any Mode A/C, B is 74.6; what is strong enough to find hardly hurts, and Mode S is mistaken for it |

mod burst;
mod cancel;
mod clock;
mod detect;
mod effort;
mod judge;
mod linear;
mod outbox;
mod phase;
mod repair;
mod replies;
mod sequence;
mod shape;
mod window;

#[cfg(test)]
mod tests;

use super::address::AddressBook;
use crate::dsp::append_planar;
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use burst::{BLIND_US, Burst, BurstReceiver, LONG_BITS, PREAMBLE_US, SHORT_BITS};
use cancel::Canceller;
use clock::SampleClock;
use detect::Detector;
use effort::{BLIND, WITHOUT_PHASE};
use model::{DeciDbfs, Frame, IqBlock, Protocol, Raw, ReceiverId, Signal};
use outbox::{HOLD_US, Outbox, Waiting};
use repair::{Limits, Trust, Word};
use replies::ReplyFinder;
use shape::Pulse;
use window::Window;

/// Sample rates that are received.
pub const RATES_SPS: &[u32] = &[2_000_000, 2_400_000, 2_560_000, 6_000_000, 8_000_000, 10_000_000];

/// A burst found and cancelled sends the search back by this, µs: what it hid may begin this much earlier.
const LOOK_BACK_US: f64 = 124.0;

/// Bursts that wait for their address at most.
const LATER_MAX: usize = 256;

/// One receiver's demodulator.
#[derive(Debug)]
pub struct AdsbDemodulator {
    receiver: ReceiverId,
    samples_per_us: f64,
    window: Window,
    detector: Detector,
    bursts: BurstReceiver,
    canceller: Canceller,
    book: AddressBook,
    limits: Limits,
    attempts_max: usize,
    blind_limits: Option<Limits>,
    /// Mode A/C, when asked for.
    replies: Option<ReplyFinder>,
    /// Starts and soft bits of bursts that wait for their address.
    later: Vec<(f64, Burst)>,
    outbox: Outbox,
    clock: SampleClock,
    noise: f32,
    counters: Counters,
}

impl AdsbDemodulator {
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        if !RATES_SPS.contains(&rate_sps) {
            return Err(UnsupportedRate { protocol: Protocol::Adsb, rate_sps, supported: RATES_SPS });
        }
        let samples_per_us = f64::from(rate_sps) / 1e6;
        let pulse = Pulse::new(samples_per_us);
        let bursts = BurstReceiver::new(&pulse);
        let window = Window::new(samples_per_us, bursts.reach().1);
        let (thresholds, limits, attempts_max) = effort::efforts(config.profile);
        Ok(Self {
            receiver: config.receiver,
            samples_per_us,
            detector: Detector::new(&pulse, thresholds, window.capacity()),
            canceller: Canceller::new(&pulse),
            window,
            bursts,
            book: AddressBook::default(),
            limits,
            attempts_max,
            blind_limits: (config.profile == Profile::Full).then_some(BLIND),
            replies: None,
            later: Vec::with_capacity(LATER_MAX),
            outbox: Outbox::new(samples_per_us),
            clock: SampleClock::new(rate_sps),
            noise: 0.0,
            counters: Counters::default(),
        })
    }

    /// Searches what the window holds, then moves it on.
    fn search_window(&mut self, out: &mut dyn FnMut(Frame)) {
        self.window.remove_offset();
        let (re, im) = self.window.planes();
        self.detector.load(re, im);
        self.estimate_noise();
        self.detector.set_noise(self.noise);
        let (from, to) = self.window.search_range();
        let look_back = (LOOK_BACK_US * self.samples_per_us) as usize;
        let mut at = from;
        let mut attempts = 0;
        while let Some((next, start)) = self.detector.next(at, to) {
            at = next;
            attempts += 1;
            if self.attempts_max < attempts {
                self.counters.refuse(Refusal::Preamble);
                break;
            }
            if let Some(began) = self.attempt(start) {
                at = began.saturating_sub(look_back).max(from);
            }
            if self.outbox.is_full() {
                let oldest = self.outbox.oldest().unwrap_or(0.0);
                self.release(oldest + 0.5, out);
            }
        }
        self.search_blind(from, to);
        self.search_replies(from, to);
        let done = self.window.first_sample() + self.window.search_range().1 as i64;
        self.window.advance();
        self.release(done as f64 - HOLD_US * self.samples_per_us, out);
    }

    /// The power in the quietest twentieth of short blocks, which pulses leave alone even in a busy sky.
    fn estimate_noise(&mut self) {
        // A twentieth of the means of 8 exponential powers lie below 0.498 of their mean.
        const TWENTIETH: f32 = 0.498;
        let now = self.window.quietest(self.detector.blocks()) / TWENTIETH;
        self.noise = if self.noise == 0.0 { now } else { self.noise + 0.25 * (now - self.noise) }.max(1e-9);
    }

    /// Tries to read the burst at `start`. `Some`: where the samples have changed.
    fn attempt(&mut self, start: f64) -> Option<usize> {
        let (re, im) = self.window.planes();
        let bits = if self.detector.is_long(start) { LONG_BITS } else { SHORT_BITS };
        let mut burst = self.bursts.demodulate(re, im, start, bits);
        if bits == SHORT_BITS && burst.as_ref().is_some_and(|b| 0.5 * b.amplitude < b.soft[0]) {
            burst = self.bursts.demodulate(re, im, start, LONG_BITS);
        }
        let Some(burst) = burst else {
            self.counters.refuse(Refusal::Preamble);
            return None;
        };
        let tick = self.clock.tick(self.window.first_sample() as f64 + burst.start).0;
        if let Some(word) = repair::decide(&burst, &self.book, tick, &self.limits)
            && judge::believable(&burst, &word)
        {
            return self.take(&burst, &word);
        }
        if judge::worth_another_look(&burst, self.noise) {
            let burst = self.bursts.without_phase(&burst);
            if let Some(word) = repair::decide(&burst, &self.book, tick, &WITHOUT_PHASE)
                && judge::believable(&burst, &word)
            {
                return self.take(&burst, &word);
            }
        }
        self.keep_for_later(&burst);
        self.counters.refuse(Refusal::Integrity);
        None
    }

    /// A clear burst that can't be read may be readable once its address is believed.
    fn keep_for_later(&mut self, burst: &Burst) {
        if self.later.len() < LATER_MAX && judge::worth_keeping(burst) {
            self.later.push((self.window.first_sample() as f64 + burst.start, burst.clone()));
        }
    }

    /// Bursts from before `before` get their second chance.
    fn try_again(&mut self, before: f64) {
        let mut i = 0;
        while i < self.later.len() {
            if before <= self.later[i].0 {
                i += 1;
                continue;
            }
            let (start, burst) = self.later.swap_remove(i);
            let at = start + (PREAMBLE_US + 56.0) * self.samples_per_us;
            let tick = self.clock.tick(at).0;
            if let Some(word) = repair::decide(&burst, &self.book, tick, &self.limits)
                && matches!(word.trust, Trust::KnownAddress | Trust::Overlay)
                && judge::believable(&burst, &word)
                && !self.outbox.is_full()
                && !self.outbox.holds(at, &word)
            {
                let signal = self.signal(burst.amplitude, burst.step, &word);
                self.outbox.put(Waiting { at, word, signal });
            }
        }
    }

    fn signal(&self, amplitude: f32, step: f32, word: &Word) -> Signal {
        let hertz = f64::from(step) * self.samples_per_us * 1e6 / core::f64::consts::TAU;
        Signal {
            rssi: DeciDbfs::from_power(amplitude * amplitude),
            noise: DeciDbfs::from_power(self.noise),
            freq_offset_hz: Some(hertz.round() as i32),
            corrected_bits: word.flips,
            ..Signal::default()
        }
    }

    /// What has a burst's energy and was not read: a long frame whose preamble is lost, perhaps.
    fn search_blind(&mut self, from: usize, to: usize) {
        let Some(limits) = self.blind_limits else { return };
        let first = from.max(((BLIND_US + 8) as f64 * self.samples_per_us) as usize + 32);
        let mut at = first;
        while let Some((next, data)) = self.detector.next_unexplained(at, to) {
            at = next;
            let (re, im) = self.window.planes();
            let tick = self.clock.tick(self.window.first_sample() as f64 + data).0;
            let book = &self.book;
            let found = self.bursts.read_blind(re, im, data, |burst| {
                let word = judge::worth_a_look(burst).then(|| repair::decide(burst, book, tick, &limits))??;
                judge::believable_blind(&word).then(|| (burst.clone(), word))
            });
            if let Some((burst, word)) = found
                && !self.outbox.is_full()
            {
                self.take(&burst, &word);
            }
        }
    }

    /// Cancels the burst and puts the frame aside to go out.
    fn take(&mut self, burst: &Burst, word: &Word) -> Option<usize> {
        let (re, im) = self.window.planes_mut();
        let taken = self.canceller.subtract(re, im, burst.start, burst.step, word);
        let (re, im) = self.window.planes();
        self.detector.refresh(re, im, taken.from..taken.to);
        let began = burst.start + f64::from(taken.delay);
        let at = self.window.first_sample() as f64 + began + (PREAMBLE_US + 56.0) * self.samples_per_us;
        if self.outbox.holds(at, word) {
            return None;
        }
        judge::remember(&mut self.book, word, self.clock.tick(at).0);
        let signal = self.signal(taken.amplitude, burst.step, word);
        self.outbox.put(Waiting { at, word: *word, signal });
        Some(burst.start as usize)
    }

    fn release(&mut self, before: f64, out: &mut dyn FnMut(Frame)) {
        self.try_again(before - (PREAMBLE_US + 56.0) * self.samples_per_us);
        let Self { outbox, book, clock, counters, receiver, .. } = self;
        let tick = clock.tick(before.max(0.0)).0;
        let unconfirmed = outbox.release(before, book, tick, |w| {
            counters.frames += 1;
            counters.corrected_frames += u64::from(0 < w.word.flips);
            out(Frame {
                protocol: Protocol::Adsb,
                receiver: *receiver,
                raw: Raw::new(&w.word.bytes[..w.word.bits / 8]),
                tick: clock.tick(w.at),
                utc: clock.utc(w.at),
                signal: w.signal,
            });
        });
        for _ in 0..unconfirmed {
            counters.refuse(Refusal::Sanity);
        }
    }

    /// Everything still held: the rest of the window, then all that waits.
    fn flush(&mut self, out: &mut dyn FnMut(Frame)) {
        while self.window.pad_to_end() {
            self.search_window(out);
        }
        self.release(self.window.end_sample() as f64 + self.samples_per_us, out);
        self.later.clear();
        self.window.restart();
        self.noise = 0.0;
    }
}

impl Demodulator for AdsbDemodulator {
    fn process(&mut self, block: &IqBlock<'_>, out: &mut dyn FnMut(Frame)) {
        let lost = 0 < block.dropped_samples;
        if lost {
            self.flush(out);
        }
        self.clock.see(block, self.window.end_sample(), lost);
        let total = block.samples.len();
        let mut taken = 0;
        while taken < total {
            let (re, im) = self.window.free();
            let count = re.len().min(total - taken);
            append_planar(&block.samples, taken..taken + count, &mut re[..count], &mut im[..count]);
            taken += count;
            if self.window.filled(count) {
                self.search_window(out);
            }
        }
        self.counters.samples += total as u64;
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.flush(out);
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn set_mode_ac(&mut self, on: bool) {
        self.replies = on.then(|| ReplyFinder::new(self.samples_per_us));
    }

    fn has_profiles(&self) -> bool {
        true
    }

    fn set_profile(&mut self, profile: Profile) {
        let (thresholds, limits, attempts_max) = effort::efforts(profile);
        self.detector.set_thresholds(thresholds);
        (self.limits, self.attempts_max) = (limits, attempts_max);
        self.blind_limits = (profile == Profile::Full).then_some(BLIND);
    }

    fn latency_us(&self) -> u32 {
        // The outbox, and a window that is searched when it is full.
        HOLD_US as u32 + 10_000
    }
}
