//! The error of the receiver's crystal, from the carriers it hears, and where the demodulator listens because of it.
//!
//! Ships keep their carriers to ±500 Hz (ITU-R M.1371-5 annex 2 §2.2, table 2: ±3 ppm); a cheap dongle is off by 30 ppm, ±5 kHz, and drifts as it
//! warms. Beyond ±4.5 kHz nothing is heard, so:
//!
//! | what is known | where we listen |
//! |---|---|
//! | [`CROWD`] ships or more | the median of their carriers, to ±[`REACH_HZ`] (43 ppm) |
//! | fewer | no farther from where we are than keeps their median within [`EASE_HZ`], to ±[`ALONE_REACH_HZ`]: one liar never moves us away from the rest |
//! | nothing heard for [`SILENCE`] (a start counts as one of all but [`FIRST`]) | by turns there, [`SEEK_HZ`] above, [`SEEK_HZ`] below, [`DWELL`] each; within ±2 kHz of the middle everything is heard all the while |
//!
//! Each transmitter has one voice, its last carrier; the last [`VOICES`] of the last ten minutes are asked. Only bursts that came without repair
//! testify. The centre moves by [`PACE_HZ`] every 17 ms at most (240 Hz/s; four times that while nothing is heard): within one burst that turns the
//! phase less than a tenth of a symbol. Everything happens at fixed places of the stream, so that frames don't depend on how samples are cut.
//!
//! Times are in channel samples (38,400 a second) since the receiver was made, holes left out.

use super::front::{CHANNEL_RATE, PLANNED};
use crate::ais::message::Bits;
use model::Frame;

/// The centre is thought over every so many channel samples.
pub const EVERY: u64 = 640;
/// What was decided comes into force so many channel samples later: more than one batch of input, whatever its rate.
pub const LEAD: u64 = 4_800;

const _: () = assert!((LEAD / EVERY) < PLANNED as u64 && EVERY.is_multiple_of(super::search::HOP as u64));

const SECOND: u64 = CHANNEL_RATE as u64;
const MEMORY: u64 = 600 * SECOND;
const SILENCE: u64 = 600 * SECOND;
const FIRST: u64 = 30 * SECOND;
const DWELL: u64 = 30 * SECOND;
const VOICES: usize = 31;
const CROWD: usize = 5;
const REACH_HZ: f32 = 7_000.0;
const ALONE_REACH_HZ: f32 = 4_000.0;
const EASE_HZ: f32 = 2_000.0;
const SEEK_HZ: f32 = 2_500.0;
const PACE_HZ: f32 = 4.0;
/// Less is not worth a move.
const DEAD_HZ: f32 = 30.0;
/// Centres kept: those in force since the oldest burst that may still be heard.
const KEPT: usize = 64;

/// One transmitter's carrier, as last heard.
#[derive(Clone, Copy, Debug)]
struct Voice {
    mmsi: u32,
    at: u64,
    hz: f32,
}

/// Follows one receiver's crystal.
#[derive(Debug)]
pub struct Crystal {
    /// In the order in which they were heard.
    voices: Vec<Voice>,
    /// Centres by the time from which they are in force, the last one perhaps in the future.
    centres: Vec<(u64, f32)>,
    /// Where we listened when the silence began.
    home_hz: f32,
    last_heard: Option<u64>,
    /// Time before the last hole in the samples.
    before: u64,
    moving: bool,
}

impl Crystal {
    pub fn new() -> Self {
        let mut centres = Vec::with_capacity(KEPT);
        centres.push((0, 0.0));
        Self { voices: Vec::with_capacity(VOICES), centres, home_hz: 0.0, last_heard: None, before: 0, moving: false }
    }

    /// A burst of `mmsi` at channel sample `at` lay at `hz` of the nominal channel.
    pub fn hear(&mut self, mmsi: u32, at: u64, hz: f32) {
        let at = self.before + at;
        self.voices.retain(|v| v.mmsi != mmsi);
        if self.voices.len() == VOICES {
            self.voices.remove(0);
        }
        self.voices.push(Voice { mmsi, at, hz });
        self.last_heard = Some(self.last_heard.map_or(at, |last| last.max(at)));
        self.home_hz = self.latest();
    }

    /// A frame that came without repair testifies; its offset is against the nominal channel.
    pub fn hear_frame(&mut self, frame: &Frame, at: u64) {
        if let (0, Some(hz), Some(bits)) =
            (frame.signal.corrected_bits, frame.signal.freq_offset_hz, Bits::from_bytes(frame.raw.as_slice()))
        {
            self.hear(bits.uint(8, 30) as u32, at, hz as f32);
        }
    }

    /// Where we listened at channel sample `at`, hertz from nominal.
    pub fn centre_at(&self, at: u64) -> f32 {
        let at = self.before + at;
        self.centres.iter().rev().find(|c| c.0 <= at).or(self.centres.first()).map_or(0.0, |c| c.1)
    }

    /// Thinks it over at channel sample `now`: a new centre, in force from `now` + [`LEAD`] on.
    pub fn decide(&mut self, now: u64) -> Option<f32> {
        let now = self.before + now;
        self.voices.retain(|v| now <= v.at + MEMORY);
        let here = self.latest();
        let silent = self.is_silent(now);
        let goal = if silent { self.sought(now) } else { self.followed(here) };
        let error = goal - here;
        // Once under way, all the way.
        self.moving = if self.moving { PACE_HZ < error.abs() } else { DEAD_HZ < error.abs() };
        if !self.moving {
            return None;
        }
        let pace = if silent { 4.0 * PACE_HZ } else { PACE_HZ };
        let next = here + error.clamp(-pace, pace);
        if self.centres.len() == KEPT {
            self.centres.remove(0);
        }
        self.centres.push((now + LEAD, next));
        Some(next)
    }

    /// The samples have a hole (or an end) at channel sample `now`; counting begins anew. What was decided is in force.
    pub fn interrupted(&mut self, now: u64) -> f32 {
        self.before += now;
        let here = self.latest();
        self.centres.clear();
        self.centres.push((0, here));
        here
    }

    /// How far carriers lie from where they should, hertz: the median. `None`: nobody was heard lately.
    pub fn error_hz(&self) -> Option<f32> {
        let mut hz: [f32; VOICES] = [0.0; VOICES];
        let n = self.voices.len();
        self.voices.iter().zip(&mut hz).for_each(|(v, hz)| *hz = v.hz);
        hz[..n].sort_unstable_by(f32::total_cmp);
        match n {
            0 => None,
            n if n % 2 == 1 => Some(hz[n / 2]),
            n => Some((hz[n / 2 - 1] + hz[n / 2]) / 2.0),
        }
    }

    fn latest(&self) -> f32 {
        self.centres.last().map_or(0.0, |c| c.1)
    }

    fn is_silent(&self, now: u64) -> bool {
        match self.last_heard {
            Some(last) => last + SILENCE < now,
            None => FIRST < now,
        }
    }

    fn sought(&self, now: u64) -> f32 {
        let since = now - self.last_heard.map_or(FIRST, |last| last + SILENCE);
        let turn = [SEEK_HZ, -SEEK_HZ, 0.0][(since / DWELL % 3) as usize];
        (self.home_hz + turn).clamp(-REACH_HZ, REACH_HZ)
    }

    fn followed(&self, here: f32) -> f32 {
        let Some(median) = self.error_hz() else { return here };
        if CROWD <= self.voices.len() {
            return median.clamp(-REACH_HZ, REACH_HZ);
        }
        // Who is alone may be a liar, but a centre found with many is kept.
        let goal = here.clamp(median - EASE_HZ, median + EASE_HZ);
        if goal.abs() <= here.abs() { goal } else { goal.clamp(-ALONE_REACH_HZ.max(here.abs()), ALONE_REACH_HZ.max(here.abs())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ais::demod::lab::Rng;

    /// Ships at their own offsets behind a dongle, each once in ten seconds; a burst is heard within ±4.5 kHz of the centre. Returns the share
    /// of bursts heard and the centre at the end.
    fn sail(crystal: &mut Crystal, ships: &[f32], seconds: std::ops::Range<u64>, dongle_hz: impl Fn(f64) -> f32) -> (f64, f32) {
        let (mut sent, mut heard) = (0, 0);
        for step in seconds.start * SECOND / EVERY..seconds.end * SECOND / EVERY {
            let now = step * EVERY;
            for (i, ship) in ships.iter().enumerate() {
                let due = (i as u64 * 7_919 * EVERY) % (10 * SECOND) / EVERY;
                if step % (10 * SECOND / EVERY) == due {
                    sent += 1;
                    let hz = ship + dongle_hz(now as f64 / SECOND as f64);
                    if (hz - crystal.centre_at(now)).abs() <= 4_500.0 {
                        heard += 1;
                        crystal.hear(i as u32, now, hz);
                    }
                }
            }
            crystal.decide(now);
        }
        (f64::from(heard) / f64::from(sent.max(1)), crystal.latest())
    }

    fn ships(n: usize) -> Vec<f32> {
        let mut rng = Rng(5);
        (0..n).map(|_| (rng.uniform() * 1_000.0 - 500.0) as f32).collect()
    }

    #[test]
    fn a_good_dongle_is_left_alone_by_few_ships() {
        let mut crystal = Crystal::new();
        assert_eq!(sail(&mut crystal, &[400.0, 300.0, -480.0], 0..100, |_| 0.0), (1.0, 0.0));
    }

    #[test]
    fn thirty_parts_per_million_are_found_and_drift_is_followed() {
        for sign in [1.0, -1.0] {
            // 30 ppm at the start, 20 after ten minutes.
            let dongle = |t: f64| sign * (4_860.0 - 1_620.0 * (t / 600.0).min(1.0)) as f32;
            for n in [1, 3, 20] {
                let mut crystal = Crystal::new();
                sail(&mut crystal, &ships(n), 0..100, dongle);
                let (heard, _) = sail(&mut crystal, &ships(n), 100..700, dongle);
                assert_eq!(heard, 1.0, "{n} ships, {sign}");
                let off = crystal.latest() - dongle(700.0);
                assert!(off.abs() < if n < CROWD { EASE_HZ + 600.0 } else { 300.0 }, "{n} ships: {off} Hz");
            }
        }
    }

    /// Nobody is heard for hours; then a single beacon, whose dongle has not changed.
    #[test]
    fn silence_never_moves_us_out_of_reach() {
        let mut crystal = Crystal::new();
        sail(&mut crystal, &ships(20), 0..60, |_| 3_000.0);
        for now in (60 * SECOND..7_200 * SECOND).step_by(EVERY as usize) {
            crystal.decide(now);
            assert!((crystal.centre_at(now) - 3_000.0).abs() <= SEEK_HZ + 500.0);
        }
    }

    #[test]
    fn liars_pull_nobody_away() {
        // Alone, with a carrier at the edge that moves on as we follow: the ships of a good dongle stay within reach.
        for sign in [1.0, -1.0] {
            let mut crystal = Crystal::new();
            for now in (0..600 * SECOND).step_by(EVERY as usize) {
                if now % (2 * SECOND) == 0 {
                    for mmsi in 0..CROWD as u32 - 1 {
                        crystal.hear(mmsi, now, crystal.centre_at(now) + sign * 4_400.0);
                    }
                }
                crystal.decide(now);
            }
            assert!(crystal.latest().abs() <= ALONE_REACH_HZ, "{}", crystal.latest());
        }
        // Among twenty ships, nine with any carrier.
        let mut crystal = Crystal::new();
        let mut all = ships(20);
        all.extend((0..9).map(|i| 3_000.0 + 100.0 * i as f32));
        let (heard, centre) = sail(&mut crystal, &all, 0..600, |_| 0.0);
        assert!(heard == 1.0 && centre.abs() < 600.0, "{heard} {centre}");
    }

    #[test]
    fn a_hole_in_the_samples_changes_nothing() {
        let mut crystal = Crystal::new();
        sail(&mut crystal, &ships(20), 0..100, |_| 4_860.0);
        let before = crystal.latest();
        assert_eq!(crystal.interrupted(100 * SECOND), before);
        assert_eq!((crystal.centre_at(0), crystal.error_hz().is_some()), (before, true));
    }
}
