//! The frames of all receivers in one order of time, each transmission once.
//!
//! ```text
//!   receiver 0 ──► ┐  pending, by UTC        older than every receiver's progress (or held long enough)
//!   receiver 1 ──► ┼──────────────────────►  out ──► recent (to know late copies)
//!   receiver 2 ──► ┘  same bytes within the window from another receiver: the stronger stays
//! ```
//! Pure: what has progressed and what time it is are arguments. Frames without UTC keep the order in which they came.
//! Bounded by [`PENDING_MAX`] and [`RECENT_MAX`].

use model::{ChannelId, Frame, Protocol, Raw, ReceiverId, UnixMicros};
use std::collections::VecDeque;

/// Frames held back at most; when full, the oldest goes out at once.
pub const PENDING_MAX: usize = 8_192;
/// Frames remembered after they went out.
pub const RECENT_MAX: usize = 4_096;
/// A live frame is held back for other receivers at most this long, in microseconds.
pub const HOLD_US_MAX: i64 = 300_000;

/// Two receivers give the same transmission times that differ by less than this (their clocks are good to a few
/// milliseconds), and no transmitter says the same again so soon on the same channel: Mode S squitters are 400 ms or more
/// apart, AIS slots 26.7 ms, APRS packets last longer than the window.
const fn window_us(protocol: Protocol) -> i64 {
    match protocol {
        Protocol::Adsb | Protocol::Ais | Protocol::Uat => 20_000,
        Protocol::Aprs => 200_000,
    }
}

/// A frame so much older than the last one means that the machine's UTC was set back, not that the frame is late.
const SET_BACK_US: i64 = 10_000_000;

/// What a frame became when it was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    New,
    /// Another receiver has it already.
    Duplicate,
    /// A later frame went out before it; it goes out next.
    Late,
}

/// Orders and de-duplicates.
#[derive(Debug)]
pub struct Merger {
    pending: VecDeque<Pending>,
    recent: VecDeque<Recent>,
    /// Time of the last frame that went out.
    last: i64,
    /// There is only one receiver: nothing to compare.
    alone: bool,
}

#[derive(Debug)]
struct Pending {
    at: i64,
    /// When it came, by the caller's monotonic clock.
    came_us: i64,
    heard_by: Receivers,
    frame: Frame,
}

#[derive(Debug)]
struct Recent {
    at: i64,
    heard_by: Receivers,
    protocol: Protocol,
    channel: Option<ChannelId>,
    raw: Raw,
}

/// A set of receivers. A receiver hears a transmission once, so its second frame with the same bytes is another one.
#[derive(Clone, Copy, Debug, Default)]
struct Receivers([u64; 4]);

impl Receivers {
    fn with(mut self, id: ReceiverId) -> Self {
        self.0[usize::from(id.0 / 64)] |= 1 << (id.0 % 64);
        self
    }

    fn has(self, id: ReceiverId) -> bool {
        self.0[usize::from(id.0 / 64)] & 1 << (id.0 % 64) != 0
    }
}

impl Merger {
    /// For so many receivers of one protocol.
    pub fn new(receivers: usize) -> Self {
        let (pending, recent) = (VecDeque::with_capacity(PENDING_MAX), VecDeque::with_capacity(RECENT_MAX));
        Self { pending, recent, last: i64::MIN, alone: receivers < 2 }
    }

    /// Takes a frame that came at `now_us`.
    pub fn push(&mut self, frame: Frame, now_us: i64) -> Pushed {
        let mut heard_by = Receivers::default().with(frame.receiver);
        let Some(UnixMicros(at)) = frame.utc else {
            let at = self.pending.back().map_or(self.last, |p| p.at);
            self.pending.push_back(Pending { at, came_us: now_us, heard_by, frame });
            return Pushed::New;
        };
        if at < self.last.saturating_sub(SET_BACK_US) {
            self.last = at;
        }
        if let Some(i) = self.recent_copy_of(at, &frame) {
            self.recent[i].heard_by = self.recent[i].heard_by.with(frame.receiver);
            return Pushed::Duplicate;
        }
        let mut pushed = if at < self.last { Pushed::Late } else { Pushed::New };
        let mut came_us = now_us;
        if let Some(i) = self.copy_of(at, &frame) {
            pushed = Pushed::Duplicate;
            let copy = &mut self.pending[i];
            copy.heard_by = copy.heard_by.with(frame.receiver);
            if frame.signal.rssi <= copy.frame.signal.rssi {
                return pushed;
            }
            (came_us, heard_by) = (copy.came_us, copy.heard_by);
            self.pending.remove(i);
        }
        // Receivers are nearly in step: the place is near the back.
        let place = self.pending.iter().rposition(|p| p.at <= at).map_or(0, |i| i + 1);
        self.pending.insert(place, Pending { at, came_us, heard_by, frame });
        pushed
    }

    /// The next frame that may go: older than `progress` (the time up to which every receiver has been heard, less the
    /// window in which a copy may still come), held for [`HOLD_US_MAX`] when `live`, or one too many.
    pub fn pop(&mut self, progress: UnixMicros, now_us: i64, live: bool) -> Option<Frame> {
        let first = self.pending.front()?;
        let heard = first.frame.utc.is_none() || first.at.saturating_add(window_us(first.frame.protocol)) <= progress.0;
        let held = live && HOLD_US_MAX <= now_us - first.came_us;
        if heard || held || PENDING_MAX <= self.pending.len() { self.take() } else { None }
    }

    /// The next frame, without waiting for anything.
    pub fn take(&mut self) -> Option<Frame> {
        let Pending { at, heard_by, frame, .. } = self.pending.pop_front()?;
        self.last = self.last.max(at);
        if !self.alone && frame.utc.is_some() {
            if self.recent.len() == RECENT_MAX {
                self.recent.pop_front();
            }
            let Frame { protocol, ref raw, ref signal, .. } = frame;
            self.recent.push_back(Recent { at, heard_by, protocol, channel: signal.channel, raw: raw.clone() });
        }
        Some(frame)
    }

    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The pending copy of this transmission by other receivers that is nearest in time.
    fn copy_of(&self, at: i64, frame: &Frame) -> Option<usize> {
        if self.alone {
            return None;
        }
        let window = window_us(frame.protocol);
        let near = self.pending.iter().enumerate().rev().take_while(|(_, p)| at - window < p.at);
        near.filter(|(_, p)| (p.at - at).abs() < window && p.frame.utc.is_some() && !p.heard_by.has(frame.receiver))
            .filter(|(_, p)| is_copy(frame, p.frame.protocol, p.frame.signal.channel, &p.frame.raw))
            .min_by_key(|(_, p)| (p.at - at).abs())
            .map(|(i, _)| i)
    }

    /// The same among those that are out already.
    fn recent_copy_of(&self, at: i64, frame: &Frame) -> Option<usize> {
        let window = window_us(frame.protocol);
        // Frames went out in order of time but for late ones: looking a little further back finds those too.
        let near = self.recent.iter().enumerate().rev().take_while(|(_, r)| at - 2 * window < r.at);
        near.filter(|(_, r)| (r.at - at).abs() < window && !r.heard_by.has(frame.receiver))
            .filter(|(_, r)| is_copy(frame, r.protocol, r.channel, &r.raw))
            .min_by_key(|(_, r)| (r.at - at).abs())
            .map(|(i, _)| i)
    }
}

/// The same bytes, and nothing says that they were sent elsewhere: a feed or audio may not know its channel.
fn is_copy(frame: &Frame, protocol: Protocol, channel: Option<ChannelId>, raw: &Raw) -> bool {
    frame.protocol == protocol && ChannelId::may_be_same(frame.signal.channel, channel) && frame.raw == *raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::frame;
    use model::DeciDbfs;

    const ALL: UnixMicros = UnixMicros(i64::MAX);

    fn heard(receiver: u8, at: i64, raw: u8, rssi: i16) -> Frame {
        let mut f = frame(receiver, Some(at), &[raw; 14]);
        f.signal.rssi = Some(DeciDbfs(rssi));
        f
    }

    fn drain(merger: &mut Merger, progress: i64) -> Vec<(i64, u8, u8)> {
        std::iter::from_fn(|| merger.pop(UnixMicros(progress), 0, true))
            .map(|f| (f.utc.unwrap().0, f.receiver.0, f.raw.as_slice()[0]))
            .collect()
    }

    #[test]
    fn waits_for_the_slower_receiver_then_goes_out_in_order() {
        let mut merger = Merger::new(2);
        for (receiver, at) in [(0, 1_000), (0, 3_000), (0, 50_000), (1, 2_000), (1, 4_000)] {
            assert_eq!(merger.push(heard(receiver, at, at as u8, -100), 0), Pushed::New);
        }
        assert_eq!(drain(&mut merger, 20_999), []);
        let at = |v: Vec<(i64, u8, u8)>| v.iter().map(|f| f.0).collect::<Vec<_>>();
        assert_eq!(at(drain(&mut merger, 24_000)), [1_000, 2_000, 3_000, 4_000]);
        assert_eq!(merger.pop(UnixMicros(0), HOLD_US_MAX - 1, true), None);
        assert_eq!(merger.pop(UnixMicros(0), HOLD_US_MAX, false), None);
        assert!(merger.pop(UnixMicros(0), HOLD_US_MAX, true).is_some());
    }

    #[test]
    fn a_transmission_heard_twice_goes_out_once_and_the_stronger_stays() {
        let mut merger = Merger::new(2);
        assert_eq!(merger.push(heard(0, 1_000, 7, -200), 0), Pushed::New);
        assert_eq!(merger.push(heard(1, 1_400, 7, -150), 0), Pushed::Duplicate);
        assert_eq!(merger.push(heard(2, 900, 7, -300), 0), Pushed::Duplicate);
        assert_eq!(drain(&mut merger, i64::MAX), [(1_400, 1, 7)]);
        // A copy that comes late, when the frame is already out.
        assert_eq!(merger.push(heard(3, 1_000, 7, -10), 0), Pushed::Duplicate);
        assert_eq!(merger.pending(), 0);
    }

    #[test]
    fn quick_repeats_are_matched_one_to_one() {
        // Three transmissions of the same bytes 5 ms apart, of different strength, heard by two receivers 2 ms apart.
        let mut merger = Merger::new(2);
        for (receiver, late) in [(0, 0), (1, 2_000)] {
            for (at, rssi) in [(1_000, -10), (6_000, -5), (11_000, -7)] {
                merger.push(heard(receiver, at + late, 7, rssi), 0);
            }
        }
        assert_eq!(drain(&mut merger, i64::MAX), [(1_000, 0, 7), (6_000, 0, 7), (11_000, 0, 7)]);
    }

    #[test]
    fn the_same_receiver_other_bytes_another_channel_and_another_time_are_no_copies() {
        let mut merger = Merger::new(2);
        let on_a = |mut f: Frame| {
            f.signal.channel = Some(ChannelId(0));
            f
        };
        merger.push(on_a(heard(0, 1_000, 7, -200)), 0);
        let mut other_channel = heard(1, 1_000, 7, -200);
        other_channel.signal.channel = Some(ChannelId(1));
        for f in [on_a(heard(0, 1_500, 7, -1)), heard(1, 1_000, 8, -1), heard(1, 21_500, 7, -1), other_channel] {
            assert_eq!(merger.push(f, 0), Pushed::New);
        }
        assert_eq!(drain(&mut merger, i64::MAX).len(), 5);
        // Neither says on which channel, or only one does: the same transmission.
        let mut on_b = heard(0, 91_000, 7, -200);
        on_b.signal.channel = Some(ChannelId(1));
        assert_eq!(merger.push(on_b, 0), Pushed::New);
        assert_eq!(merger.push(heard(1, 91_000, 7, -1), 0), Pushed::Duplicate);
    }

    #[test]
    fn late_frames_are_told_and_not_lost() {
        let mut merger = Merger::new(2);
        merger.push(heard(0, 90_000, 1, 0), 0);
        assert_eq!(drain(&mut merger, i64::MAX).len(), 1);
        assert_eq!(merger.push(heard(1, 10_000, 2, 0), 0), Pushed::Late);
        assert_eq!(drain(&mut merger, i64::MAX), [(10_000, 1, 2)]);
    }

    #[test]
    fn frames_without_utc_keep_their_order_and_do_not_wait() {
        let mut merger = Merger::new(2);
        for n in 0..3 {
            merger.push(frame(0, None, &[n; 7]), 0);
        }
        let got: Vec<u8> = std::iter::from_fn(|| merger.pop(UnixMicros(i64::MIN), 0, true)).map(|f| f.raw.as_slice()[0]).collect();
        assert_eq!(got, [0, 1, 2]);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_frame_late() {
        let mut merger = Merger::new(2);
        merger.push(heard(0, 3_600_000_000, 1, 0), 0);
        assert_eq!(drain(&mut merger, i64::MAX).len(), 1);
        assert_eq!(merger.push(heard(0, 1_000, 2, 0), 0), Pushed::New);
        assert_eq!(merger.push(heard(0, 2_000, 3, 0), 0), Pushed::New);
        assert_eq!(drain(&mut merger, i64::MAX).len(), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let mut merger = Merger::new(2);
        let mut out = 0;
        for n in 0..(3 * PENDING_MAX as i64) {
            merger.push(frame(0, Some(n * 1_000), &n.to_le_bytes()), 0);
            out += usize::from(merger.pop(UnixMicros(i64::MIN), 0, false).is_some());
        }
        assert_eq!(out + merger.pending(), 3 * PENDING_MAX);
        assert!(merger.pending() < PENDING_MAX && merger.recent.len() <= RECENT_MAX);
        while merger.pop(ALL, 0, false).is_some() {}
    }
}
