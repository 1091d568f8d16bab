//! False AIS messages in noise: `cargo bench -p benches --bench ais_noise -- hours=24 seed=3 [white] [coloured] [carriers] [audio]`;
//! without hours, 20 s of each (smoke).
//!
//! Both channels, 96 k, 32-bit float: the lowest rate has the same path behind the front, and the front's output is the same noise.
//! Audio: 48 k of one channel.
//! Nobody has been heard before, so doubtful frames are held back; those (refused as `sanity`) are told too. What is allowed is one
//! message a day.

#![allow(clippy::print_stdout, reason = "tables")]

use decoders::ais::{Discriminator, Receiver};
use decoders::{Demodulator, DemodulatorConfig, Profile, Refusal};
use model::{IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::iq::Noise;
use sim::rng::Rng;

const RATE_SPS: u32 = 96_000;
const RMS: f32 = 0.05;

/// What lies in the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// White and Gaussian.
    White,
    /// The same through a resonance of 3 kHz or so in the middle of each channel, over a white floor 20 dB down.
    Coloured,
    /// White, and in each channel a carrier that stands still, wanders, or is keyed, for a while each.
    Carriers,
    /// White, as an FM receiver's audio.
    Audio,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let told = |name: &str| words.iter().find_map(|s| s.strip_prefix(name)?.strip_prefix('=')?.parse::<f64>().ok());
    let (hours, seed) = (told("hours").unwrap_or(20.0 / 3_600.0), told("seed").unwrap_or(1.0) as u64);
    let kinds = [("white", Kind::White), ("coloured", Kind::Coloured), ("carriers", Kind::Carriers), ("audio", Kind::Audio)];
    let all = words.iter().all(|w| w.contains('='));
    for (name, kind) in kinds {
        if all || words.iter().any(|w| w == name) {
            let heard = listen(kind, hours, seed);
            println!("{name}: {heard} messages in {hours:.2} h, seed {seed}");
            assert!(heard as f64 <= (hours / 24.0).ceil(), "{name}: more than one a day");
        }
    }
}

fn listen(kind: Kind, hours: f64, seed: u64) -> usize {
    let (center_hz, rate_sps) = if kind == Kind::Audio { (161_975_000, RATE_SPS / 2) } else { (162_000_000, RATE_SPS) };
    let tuning = Tuning { center_hz, rate_sps };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    let mut receiver: Box<dyn Demodulator> = match kind {
        Kind::Audio => Box::new(Discriminator::new(&config).expect("the rate is supported")),
        _ => Box::new(Receiver::new(&config).expect("the rate is supported")),
    };
    let mut source = Source::new(kind, seed);
    let mut second = vec![0.0; 2 * rate_sps as usize];
    let mut heard = 0;
    let seconds = (hours * 3_600.0).ceil() as u64;
    for n in 0..seconds {
        source.fill(&mut second);
        let start_tick = Tick12::from_sample(n * u64::from(rate_sps), rate_sps);
        let block = IqBlock { samples: IqSamples::Cf32(&second), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        receiver.process(&block, &mut |frame| {
            println!("  nobody sent {frame:?}");
            heard += 1;
        });
        if n % 3_600 == 3_599 || n + 1 == seconds {
            let counters = receiver.counters();
            let refused = [Refusal::Integrity, Refusal::Sanity].map(|r| counters.refused(r));
            println!(
                "  {kind:?} {} s: {heard} messages; refused after a preamble {}, held back as doubtful {}",
                n + 1,
                refused[0],
                refused[1]
            );
        }
    }
    heard
}

/// Noise of one kind.
struct Source {
    kind: Kind,
    noise: Noise,
    rng: Rng,
    /// Of each channel: the resonance's state; or a carrier's phase, frequency and amplitude.
    states: [[f32; 2]; 2],
    carriers: [Carrier; 2],
}

#[derive(Clone, Copy, Default)]
struct Carrier {
    phase: f64,
    hz: f64,
    hz_per_s: f64,
    amplitude: f32,
    /// Keyed so many times a second; 0: not.
    keyed_hz: f64,
}

impl Source {
    fn new(kind: Kind, seed: u64) -> Self {
        let rng = Rng::stream(seed, &[0xFA15E]);
        Self { kind, noise: Noise::new(Rng::stream(seed, &[0x4015E])), rng, states: [[0.0; 2]; 2], carriers: [Carrier::default(); 2] }
    }

    /// A second.
    fn fill(&mut self, iq: &mut [f32]) {
        self.noise.fill(RMS, [0.0; 2], iq);
        match self.kind {
            Kind::White | Kind::Audio => {}
            Kind::Coloured => self.colour(iq),
            Kind::Carriers => self.add_carriers(iq),
        }
    }

    /// One pole at each channel's centre.
    fn colour(&mut self, iq: &mut [f32]) {
        const POLE: f32 = 0.9;
        let turn = core::f32::consts::TAU * 25_000.0 / RATE_SPS as f32;
        for s in iq.chunks_exact_mut(2) {
            let (i, q) = (s[0], s[1]);
            (s[0], s[1]) = (0.1 * i, 0.1 * q);
            for (state, turn) in self.states.iter_mut().zip([-turn, turn]) {
                let (sin, cos) = turn.sin_cos();
                let [re, im] = *state;
                *state = [POLE * (re * cos - im * sin) + (1.0 - POLE) * i, POLE * (re * sin + im * cos) + (1.0 - POLE) * q];
                s[0] += state[0];
                s[1] += state[1];
            }
        }
    }

    /// Other carriers every second.
    fn add_carriers(&mut self, iq: &mut [f32]) {
        for (channel_hz, carrier) in [-25_000.0, 25_000.0].into_iter().zip(&mut self.carriers) {
            let rng = &mut self.rng;
            *carrier = Carrier {
                phase: carrier.phase,
                hz: channel_hz + rng.range(-6_000.0, 6_000.0),
                hz_per_s: if rng.chance(0.3) { rng.range(-20_000.0, 20_000.0) } else { 0.0 },
                amplitude: RMS * 10f64.powf(rng.range(-20.0, 30.0) / 20.0) as f32,
                keyed_hz: if rng.chance(0.5) { rng.range(5.0, 5_000.0) } else { 0.0 },
            };
            for (n, s) in iq.chunks_exact_mut(2).enumerate() {
                let t = n as f64 / f64::from(RATE_SPS);
                carrier.phase = (carrier.phase + (carrier.hz + carrier.hz_per_s * t) / f64::from(RATE_SPS)).fract();
                let on = carrier.keyed_hz == 0.0 || (carrier.keyed_hz * t).fract() < 0.5;
                let (sin, cos) = (carrier.phase as f32 * core::f32::consts::TAU).sin_cos();
                let level = if on { carrier.amplitude } else { 0.0 };
                s[0] += level * cos;
                s[1] += level * sin;
            }
        }
    }
}
