//! The Mode S demodulator on simulated air, for the benches that time it and those that draw its curves.

use decoders::{Demodulator as _, DemodulatorConfig, Profile, adsb::demod::AdsbDemodulator};
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::adsb::scenario::{Plan, Scenario};
use sim::adsb::{Content, Score};

/// Samples in a block, as receivers give them.
const BLOCK: usize = 65_536;

/// A demodulator as one wants it for a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub rate_sps: u32,
    pub profile: Profile,
    pub mode_ac: bool,
}

impl Receiver {
    pub const FULL: Self = Self { rate_sps: 2_400_000, profile: Profile::Full, mode_ac: false };

    /// Every frame in 8-bit samples.
    pub fn frames(&self, samples: &[u8]) -> Vec<Frame> {
        let tuning = Tuning { center_hz: 1_090_000_000, rate_sps: self.rate_sps };
        let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: self.profile };
        let mut demodulator = AdsbDemodulator::new(&config).expect("the rate is supported");
        demodulator.set_mode_ac(self.mode_ac);
        let mut frames = Vec::new();
        for (i, block) in samples.chunks(2 * BLOCK).enumerate() {
            let start_tick = Tick12::from_sample((i * BLOCK) as u64, self.rate_sps);
            let block = IqBlock { samples: IqSamples::Cu8(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
            demodulator.process(&block, &mut |f| frames.push(f));
        }
        demodulator.finish(&mut |f| frames.push(f));
        frames
    }

    /// How it does on a plan: Mode S frames, Mode A/C replies.
    pub fn score(&self, plan: Plan) -> (Score, Score) {
        let bursts = plan.bursts().to_vec();
        let (samples, truth) = plan.render();
        let frames = self.frames(&samples);
        (Score::of(&truth, &frames), Score::of_replies(&bursts, &frames))
    }

    pub fn score_scenario(&self, scenario: &Scenario, content: &Content) -> (Score, Score) {
        self.score(scenario.plan(content))
    }
}
