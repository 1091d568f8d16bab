//! The demodulator of samples: two channels (or whichever lie within the samples' band) side by side.
//!
//! Everything happens in steps of [`HOP`] channel samples, in the same order however the samples were cut: both channels look at their
//! next window, then candidates whose longest possible burst has passed are tried, oldest first. A frame is handed out once nothing
//! earlier can come any more ([`HOLD`]); so frames come in order of time, about 0.3 s after they were on the air.

use super::clock::Clock;
use super::complex::C32;
use super::crystal::{self, Crystal};
use super::front::{BATCH, CHANNEL_RATE, Front};
use super::lines::Carrier;
use super::modem::{Heard, Modem, PROBE, REACH};
use super::search::{HOP, Search};
use super::stream::{Candidate, Stream};
use super::trust::Trust;
use crate::ais::channels::Channel;
use crate::ais::slots::Slots;
use crate::registry::{Counters, Demodulator, DemodulatorConfig, Profile, Refusal, UnsupportedRate};
use model::{DeciDbfs, Frame, IqBlock, IqSamples, Protocol, Raw, ReceiverId, Signal};

/// Rates between the first and the last are taken, these and any other.
pub static RATES: &[u32] = &[
    96_000, 192_000, 240_000, 250_000, 288_000, 300_000, 384_000, 768_000, 1_000_000, 1_024_000, 1_536_000, 1_600_000, 1_920_000,
    2_048_000, 2_304_000, 2_400_000, 2_560_000, 3_200_000,
];

/// Candidates waiting, on all channels together; the oldest are tried first, new ones beyond this are not taken.
const WAITING_MAX: usize = 64;
/// Frames held until nothing earlier can come.
const HELD_MAX: usize = 64;
/// Channel samples that a frame is held.
const HOLD: u64 = REACH + 256;
/// Candidates that failed are kept for another try when a burst over them has been taken away.
const FAILED_MAX: usize = 16;
const TRIES_MAX: u8 = 3;
/// A burst that begins further behind a failed candidate than this was not what made it fail.
const ONE_SLOT_SAMPLES: u64 = 1_024;
/// A try by every means that fails costs some 2 ms of work. Each channel has one in so many of its samples (a slot), and may save up a
/// few: interference that looks like bursts must not take the processor.
const EFFORT: u64 = 1_024;
const EFFORT_SAVED: u64 = 8 * EFFORT;
/// The same bytes within this many channel samples (2 ms) may be one transmission heard twice.
const GHOST_SAMPLES: u64 = 77;
/// On another channel they are if this much weaker: an image (24.8 dB where I and Q differ by 1 dB) or what leaks over. Else the station
/// said it on both.
const GHOST_DB: f32 = 15.0;

/// Samples to frames.
#[derive(Debug)]
pub struct Receiver {
    receiver: ReceiverId,
    rate_sps: u32,
    channels: Vec<Channel>,
    front: Front,
    streams: Vec<Stream>,
    fresh: Vec<Vec<C32>>,
    search: Search,
    modem: Modem,
    waiting: Vec<(usize, Candidate)>,
    failed: Vec<(usize, Candidate)>,
    /// With the time in sixteenths of a channel sample.
    held: Vec<(u64, Frame)>,
    clock: Clock,
    cancels: bool,
    /// Channel samples up to which each channel's allowance for hard tries is used up.
    effort: Vec<u64>,
    trust: Trust,
    slots: Slots,
    crystal: Crystal,
    center_hz: u64,
    counters: Counters,
}

impl Receiver {
    /// On every channel that the tuning covers.
    pub fn new(config: &DemodulatorConfig) -> Result<Self, UnsupportedRate> {
        let covered: Vec<_> = Channel::ALL.into_iter().filter(|c| c.is_covered_by(config.tuning)).collect();
        Self::on(config, &covered)
    }

    /// On these channels, all of which the tuning must cover.
    pub fn on(config: &DemodulatorConfig, channels: &[Channel]) -> Result<Self, UnsupportedRate> {
        let rate_sps = config.tuning.rate_sps;
        let is_taken = (RATES[0]..=RATES[RATES.len() - 1]).contains(&rate_sps);
        if !is_taken || channels.is_empty() || !channels.iter().all(|c| c.is_covered_by(config.tuning)) {
            return Err(UnsupportedRate { protocol: Protocol::Ais, rate_sps, supported: RATES });
        }
        let offset = |c: &Channel| c.center_hz() as f64 - config.tuning.center_hz as f64;
        let channels: Vec<_> = channels.iter().map(|c| (*c, offset(c))).collect();
        Ok(Self::with_channels(config, &channels))
    }

    /// Channels and where they are, hertz from the middle.
    fn with_channels(config: &DemodulatorConfig, channels: &[(Channel, f64)]) -> Self {
        let rate_sps = config.tuning.rate_sps;
        let offsets: Vec<f64> = channels.iter().map(|c| c.1).collect();
        let channels: Vec<Channel> = channels.iter().map(|c| c.0).collect();
        let full = config.profile == Profile::Full;
        Self {
            receiver: config.receiver,
            rate_sps,
            front: Front::new(rate_sps, &offsets),
            streams: channels.iter().map(|_| Stream::new()).collect(),
            effort: vec![0; channels.len()],
            fresh: channels.iter().map(|_| Vec::with_capacity(BATCH + 8)).collect(),
            channels,
            search: Search::new(),
            modem: Modem::new(full),
            waiting: Vec::with_capacity(WAITING_MAX),
            failed: Vec::with_capacity(FAILED_MAX),
            held: Vec::with_capacity(HELD_MAX),
            clock: Clock::default(),
            cancels: full,
            trust: Trust::new(),
            slots: Slots::new(),
            crystal: Crystal::new(),
            center_hz: config.tuning.center_hz,
            counters: Counters::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn tried(&self) -> u64 {
        self.modem.tried()
    }

    /// At most [`BATCH`] samples.
    fn batch(&mut self, samples: IqSamples<'_>, out: &mut dyn FnMut(Frame)) {
        self.fresh.iter_mut().for_each(Vec::clear);
        self.front.process(samples, &mut self.fresh);
        self.clock.advance(samples.len());
        for (stream, fresh) in self.streams.iter_mut().zip(&self.fresh) {
            stream.push(fresh);
        }
        self.step(out);
    }

    /// As many steps as there are samples for.
    fn step(&mut self, out: &mut dyn FnMut(Frame)) {
        while self.streams.iter().all(|s| s.looked() + super::search::WINDOW as u64 <= s.end()) {
            for c in 0..self.streams.len() {
                if let Some(found) = self.streams[c].look(&self.search)
                    && self.waiting.len() < WAITING_MAX
                {
                    self.waiting.push((c, found));
                }
            }
            let now = self.streams[0].looked();
            if now.is_multiple_of(crystal::EVERY)
                && let Some(hz) = self.crystal.decide(now)
            {
                self.front.steer(now + crystal::LEAD, hz.into());
            }
            self.try_due(now);
            self.hand_out(now.saturating_sub(HOLD + REACH) * 16, out);
        }
    }

    /// Tries the candidates whose burst has passed at `now`.
    fn try_due(&mut self, now: u64) {
        let due = |c: &Candidate| c.at + if c.probed { REACH } else { PROBE };
        while let Some(i) = (0..self.waiting.len()).filter(|&i| due(&self.waiting[i].1) <= now).min_by_key(|&i| self.waiting[i].1.at) {
            let (channel, mut candidate) = self.waiting.remove(i);
            if candidate.probed {
                self.attempt(channel, candidate);
            } else if self.modem.probe(&self.streams[channel], &candidate) {
                candidate.probed = true;
                self.waiting.push((channel, candidate));
            } else {
                self.counters.refuse(Refusal::Preamble);
            }
        }
    }

    fn attempt(&mut self, channel: usize, candidate: Candidate) {
        let hard = self.cancels && self.effort[channel] <= candidate.at + EFFORT_SAVED;
        let believed = |heard: &Heard| believes(&self.trust, heard);
        match self.modem.receive(&self.streams[channel], &candidate, hard, &believed) {
            Ok(None) => self.counters.refuse(Refusal::Preamble),
            Ok(Some(heard)) => {
                // What nobody believes may be two bursts heard as one.
                if hard && !believes(&self.trust, &heard) && self.try_two(channel, &candidate) {
                    return;
                }
                if self.cancels && heard.linear {
                    self.take_away(channel, &candidate, &heard);
                    self.hear_under(channel, &heard, candidate.tries + 1);
                }
                self.keep(channel, &heard);
            }
            Err(_) => {
                if hard && self.try_two(channel, &candidate) {
                    return;
                }
                self.counters.refuse(Refusal::Integrity);
                if self.failed.len() == FAILED_MAX {
                    self.failed.remove(0);
                }
                self.failed.push((channel, candidate));
            }
        }
    }

    /// Two bursts, where one alone wasn't heard; when that fails too it counts as effort.
    fn try_two(&mut self, channel: usize, candidate: &Candidate) -> bool {
        let found = self.attempt_two(channel, candidate, None).iter().any(Option::is_some);
        if !found {
            self.effort[channel] = self.effort[channel].max(candidate.at) + EFFORT;
        }
        found
    }

    /// Subtracts a burst. Where another carrier is left that was on at the same time, its burst is heard too: from what is left, or, as the
    /// subtraction takes some of it away where both are alike, together with the first from what was there before.
    fn take_away(&mut self, channel: usize, candidate: &Candidate, heard: &Heard) {
        let Self { modem, streams, .. } = self;
        let stream = &mut streams[channel];
        modem.remember(stream, candidate);
        modem.cancel(stream, heard);
        let Some(left) = modem.hears_more(stream, candidate) else { return };
        if let Some(other) = modem.receive_left(stream, candidate, &left) {
            modem.cancel(stream, &other);
            return self.keep(channel, &other);
        }
        modem.restore(stream, candidate);
        let both = self.attempt_two(channel, candidate, Some(left));
        if !both.iter().flatten().any(|b| b.repaired.bytes == heard.repaired.bytes) {
            self.modem.cancel(&mut self.streams[channel], heard);
        }
    }

    /// Perhaps two bursts lie over each other; those heard are kept and subtracted.
    fn attempt_two(&mut self, channel: usize, candidate: &Candidate, left: Option<Carrier>) -> [Option<Heard>; 2] {
        let mut both: [Option<Heard>; 2] = [None, None];
        let mut found = 0;
        self.modem.receive_two(&self.streams[channel], candidate, left, &mut |heard| {
            both[found] = Some(heard);
            found += 1;
        });
        for heard in both.iter().flatten() {
            self.modem.cancel(&mut self.streams[channel], heard);
            self.hear_under(channel, heard, candidate.tries + 1);
            self.keep(channel, heard);
        }
        both
    }

    /// After a burst has been taken away: what it covered may hold another.
    fn hear_under(&mut self, channel: usize, heard: &Heard, tries: u8) {
        // What was found there before was found with the burst in place.
        self.waiting.retain(|(c, w)| *c != channel || w.at + 64 < heard.from || heard.to < w.at + 64);
        let waiting = &mut self.waiting;
        let mut again = |candidate: Candidate| {
            if waiting.len() < WAITING_MAX {
                waiting.push((channel, candidate));
            }
        };
        self.failed.retain(|(c, f)| {
            let under = *c == channel && f.at < heard.to && heard.from < f.at + ONE_SLOT_SAMPLES && f.tries < TRIES_MAX;
            if under && (f.at + 64 < heard.from || heard.to < f.at + 64) {
                again(f.again());
            }
            !under
        });
        if tries < TRIES_MAX {
            self.streams[channel].look_again(&self.search, heard.from, heard.to, tries, &mut again);
        }
    }

    fn keep(&mut self, channel: usize, heard: &Heard) {
        let at = heard.flag_end_16ths;
        let believed = believes(&self.trust, heard);
        self.trust.note(&heard.repaired, at / 16);
        if !believed {
            return self.counters.refuse(Refusal::Sanity);
        }
        let bytes = &heard.repaired.bytes[..heard.repaired.len];
        let frame = self.frame(channel, heard, bytes);
        let same = |(t, f): &(u64, Frame)| t.abs_diff(at) < GHOST_SAMPLES * 16 && f.raw.as_slice() == bytes;
        if self.held.iter().any(|h| same(h) && echoes(&frame, &h.1)) {
            return;
        }
        self.held.retain(|h| !(same(h) && echoes(&h.1, &frame)));
        if self.held.len() < HELD_MAX {
            self.held.push((at, frame));
        }
    }

    fn frame(&self, channel: usize, heard: &Heard, bytes: &[u8]) -> Frame {
        let seconds = heard.flag_end_16ths as f64 / 16.0 / f64::from(CHANNEL_RATE) - self.front.delay_s();
        Frame {
            protocol: Protocol::Ais,
            receiver: self.receiver,
            raw: Raw::new(bytes),
            tick: self.clock.tick(seconds),
            utc: self.clock.utc(seconds),
            signal: Signal {
                rssi: DeciDbfs::from_power(heard.power),
                noise: DeciDbfs::from_power(heard.noise),
                freq_offset_hz: Some((heard.freq_hz + self.crystal.centre_at(heard.flag_end_16ths / 16)).round() as i32),
                corrected_bits: heard.repaired.corrected_bits,
                channel: Some(self.channels[channel].id()),
                slot: None,
            },
        }
    }

    /// Frames that nothing can precede any more, in order of time.
    fn hand_out(&mut self, before: u64, out: &mut dyn FnMut(Frame)) {
        while let Some(i) = (0..self.held.len()).filter(|&i| self.held[i].0 <= before).min_by_key(|&i| self.held[i].0) {
            let (at, mut frame) = self.held.remove(i);
            frame.signal.slot = self.slots.place(&frame);
            self.crystal.hear_frame(&frame, at / 16);
            self.counters.frames += 1;
            self.counters.corrected_frames += u64::from(0 < frame.signal.corrected_bits);
            out(frame);
        }
    }

    /// What is held back comes out; then as new.
    fn flush(&mut self, out: &mut dyn FnMut(Frame)) {
        const SILENCE: [u8; 2 * 1024] = [127; 2 * 1024];
        let needed = (2 * REACH + HOLD) as usize * self.rate_sps as usize / CHANNEL_RATE as usize;
        for _ in 0..needed.div_ceil(1024) {
            self.batch(IqSamples::Cu8(&SILENCE), out);
        }
        self.hand_out(u64::MAX, out);
        self.crystal.interrupted(self.streams[0].looked());
        self.front.reset();
        self.streams.iter_mut().for_each(Stream::reset);
        self.waiting.clear();
        self.failed.clear();
        self.effort.fill(0);
        self.trust.restart();
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
            self.batch(cut(block.samples, from, n), out);
            from += n;
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Frame)) {
        self.flush(out);
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn crystal_error_ppm(&self) -> Option<f32> {
        // A crystal that is fast tunes higher, and carriers come out lower.
        self.crystal.error_hz().map(|hz| -hz / self.center_hz.max(1) as f32 * 1e6)
    }

    /// Frames are held until nothing earlier can come ([`HOLD`]).
    fn latency_us(&self) -> u32 {
        let held = HOLD + REACH + 2 * super::search::WINDOW as u64;
        (held * 1_000_000 / u64::from(CHANNEL_RATE)) as u32 + (self.front.delay_s() * 1e6) as u32
    }
}

fn believes(trust: &Trust, heard: &Heard) -> bool {
    trust.believes(&heard.repaired, heard.flag_end_16ths / 16)
}

/// Of two frames with the same bytes at the same time: is the one only what another path made of the other?
fn echoes(weak: &Frame, strong: &Frame) -> bool {
    let dbfs = |f: &Frame| f.signal.rssi.map_or(f32::NEG_INFINITY, DeciDbfs::dbfs);
    let by_db = if weak.signal.channel == strong.signal.channel { 0.0 } else { GHOST_DB };
    dbfs(weak) + by_db <= dbfs(strong)
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

/// Steps and the search's windows agree.
const _: () = assert!(HOP == 16);
