//! What a receiver gave against what was sent.

use super::fruit;
use super::modulate::Waveform;
use super::reception::FrameTruth;
use super::scenario::Placed;
use model::Frame;
use std::collections::{HashMap, HashSet};

/// The same bytes within this of the true time are the frame that was sent: 1 µs.
const TICKS: f64 = 12.0;
/// From F1 to F2 of a Mode A/C reply.
const F2_TICKS: f64 = 20.3 * 12.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub sent: usize,
    pub heard: usize,
    /// DF 17 and 18 among them.
    pub squitters_sent: usize,
    pub squitters_heard: usize,
    /// Given out, though nobody sent it then.
    pub wrong: usize,
    /// Given out more than once.
    pub twice: usize,
}

impl Score {
    /// Mode S frames, by their bytes and the time at the end of bit 56.
    pub fn of(truth: &[FrameTruth], frames: &[Frame]) -> Self {
        let is_squitter = |i: usize| matches!(truth[i].frame.df(), 17 | 18);
        let sent = truth.iter().map(|t| (t.frame.as_slice().to_vec(), t.tick12()));
        Self::compare(sent.collect(), frames.iter().filter(|f| f.raw.as_slice().len() != 2), is_squitter)
    }

    /// Mode A/C replies, by their two bytes and the time of F2.
    pub fn of_replies(bursts: &[Placed], frames: &[Frame]) -> Self {
        let sent = bursts.iter().filter(|p| !p.echo).filter_map(|p| match p.burst.waveform {
            Waveform::ModeAc { pulses, spi } => Some((fruit::two_bytes(pulses, spi).to_vec(), p.burst.start_ps as f64 * 12e-6 + F2_TICKS)),
            Waveform::ModeS(_) | Waveform::Dme { .. } => None,
        });
        Self::compare(sent.collect(), frames.iter().filter(|f| f.raw.as_slice().len() == 2), |_| false)
    }

    /// Percent of all, and of DF 17 and 18.
    pub fn percent(&self) -> (f64, f64) {
        let part = |heard: usize, sent: usize| 100.0 * heard as f64 / sent.max(1) as f64;
        (part(self.heard, self.sent), part(self.squitters_heard, self.squitters_sent))
    }

    fn compare<'a>(sent: Vec<(Vec<u8>, f64)>, given: impl Iterator<Item = &'a Frame>, is_squitter: impl Fn(usize) -> bool) -> Self {
        let squitters_sent = (0..sent.len()).filter(|i| is_squitter(*i)).count();
        let mut score = Self { sent: sent.len(), squitters_sent, ..Self::default() };
        let mut by_bytes: HashMap<&[u8], Vec<usize>> = HashMap::new();
        sent.iter().enumerate().for_each(|(i, (bytes, _))| by_bytes.entry(bytes).or_default().push(i));
        let mut heard = HashSet::new();
        for f in given {
            let same = by_bytes.get(f.raw.as_slice()).map_or(&[][..], Vec::as_slice);
            match same.iter().find(|i| (sent[**i].1 - f.tick.0 as f64).abs() < TICKS) {
                None => score.wrong += 1,
                Some(i) if heard.insert(*i) => {
                    score.heard += 1;
                    score.squitters_heard += usize::from(is_squitter(*i));
                }
                Some(_) => score.twice += 1,
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::super::{Content, ModeS};
    use super::*;
    use model::{Protocol, Raw, ReceiverId, Signal, Tick12};

    #[test]
    fn counts_what_is_right_wrong_late_and_twice() {
        let content = Content::from_frames(vec![ModeS::from_hex("8d4840d6202cc371c32ce0576098").unwrap()]);
        let scenario = Scenario { duration_ps: 50_000_000_000, mode_ac_per_s: 200.0, ..Scenario::sensitivity(90.0) };
        let plan = scenario.plan(&content);
        let bursts = plan.bursts().to_vec();
        let (_, truth) = plan.render();
        assert!(3 <= truth.len());
        let frame = |raw: &[u8], tick: f64| Frame {
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            raw: Raw::new(raw),
            tick: Tick12(tick as u64),
            utc: None,
            signal: Signal::default(),
        };
        let mut frames: Vec<Frame> = truth.iter().map(|t| frame(t.frame.as_slice(), t.tick12())).collect();
        frames.push(frames[0].clone());
        frames.push(frame(truth[0].frame.as_slice(), truth[0].tick12() + 100.0));
        let n = truth.len();
        let expected = Score { sent: n, heard: n, squitters_sent: n, squitters_heard: n, wrong: 1, twice: 1 };
        assert_eq!(Score::of(&truth, &frames), expected);
        let replies = Score::of_replies(&bursts, &[frame(&[0x70, 0], 5.0)]);
        assert!(3 <= replies.sent && (replies.heard, replies.wrong) == (0, 1));
    }
}
