//! The APRS receiver on simulated air, for the bench that draws its curves and the one question that takes hours: noise.

use crate::curve::{Axis, Chart, Mark};
use decoders::aprs::{AUDIO_9600, AudioReceiver, PROTOCOL_9600, Receiver};
use decoders::{Demodulator, DemodulatorConfig, Profile};
use model::{Frame, IqBlock, IqSamples, ReceiverId, Tick12, Tuning};
use sim::aprs::baseband::Scene;
use sim::aprs::receiver::{AUDIO_RATE, discriminate, swings, wav};
use sim::aprs::scenario::{Scenario, frames_from_text};
use sim::aprs::{AprsTruth, UiFrame};
use sim::iq::Noise;
use sim::rng::Rng;
use std::collections::HashMap;

/// Samples in a block, as receivers give them.
const BLOCK: usize = 16_384;
const CENTER_HZ: u64 = 144_800_000;

/// How a signal reaches a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Iq,
    /// Through a plain FM receiver.
    Audio,
    /// The same with de-emphasis.
    DeEmphasised,
}

/// What became of the frames that were sent.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub sent: Vec<AprsTruth>,
    /// By frame sent: heard without repair.
    pub clean: Vec<bool>,
    /// Heard, but only with repair.
    pub repaired: Vec<bool>,
    /// Nobody sent them: without repair, with it.
    pub wrong: usize,
    pub repaired_wrong: usize,
    /// CPU seconds that the receiver took, and seconds of signal.
    pub cpu_s: f64,
    pub signal_s: f64,
}

impl Heard {
    pub fn share(&self) -> f64 {
        self.share_of(|_| true)
    }

    pub fn share_of(&self, which: impl Fn(&AprsTruth) -> bool) -> f64 {
        let all: Vec<bool> = self.sent.iter().zip(&self.clean).filter(|(t, _)| which(t)).map(|(_, h)| *h).collect();
        all.iter().filter(|h| **h).count() as f64 / all.len().max(1) as f64
    }

    pub fn share_with_repair(&self) -> f64 {
        let heard = self.clean.iter().zip(&self.repaired).filter(|(a, b)| **a || **b).count();
        heard as f64 / self.sent.len().max(1) as f64
    }
}

/// Frames off the air of 2005 where the recordings are, else made ones.
pub fn frames(count: usize) -> Vec<UiFrame> {
    let folder = std::env::var_os("VTOC_RECORDINGS").map_or_else(|| "../../shared/recordings".into(), std::path::PathBuf::from);
    let text = std::fs::read(folder.join("aprs/wa8lmf_track1_1005_frames.txt")).unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    let mut all: Vec<UiFrame> = frames_from_text(&text).into_iter().filter(|f| seen.insert(f.bytes())).take(count).collect();
    let mut rng = Rng::stream(11, &[4]);
    while all.len() < count {
        let text: String = (0..10 + rng.below(50)).map(|_| char::from(b' ' + rng.below(95) as u8)).collect();
        let line = format!("N{}CA-9>APZ123,WIDE1-1,WIDE2-2:!49{:02}.50N/07201.75W>{text}", all.len(), rng.below(60));
        all.push(UiFrame::from_tnc2(line.as_bytes()).expect("the line is TNC2"));
    }
    all
}

fn receiver(path: Path, rate_sps: u32, profile: Profile) -> Box<dyn Demodulator> {
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning: Tuning { center_hz: CENTER_HZ, rate_sps }, profile };
    match path {
        Path::Iq => Box::new(Receiver::new(&config).expect("the rate is supported")),
        _ => Box::new(AudioReceiver::new(&config).expect("the rate is supported")),
    }
}

/// The audio of a scenario of 48,000 samples a second as `$WAV/{name}.wav`, for programs that take audio; nothing without `WAV`.
pub fn keep_wav(scenario: &Scenario, name: &str) {
    let Some(folder) = std::env::var_os("WAV") else { return };
    let (bytes, _) = scenario.render();
    let at = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    let pairs: Vec<(f32, f32)> = bytes.chunks_exact(8).map(|b| (at(&b[..4]), at(&b[4..]))).collect();
    let audio = discriminate(&pairs, scenario.frontend.rate_sps, 0.0, false);
    std::fs::write(std::path::Path::new(&folder).join(format!("{name}.wav")), wav(&audio, AUDIO_RATE))
        .expect("the folder of WAV can be written");
}

/// A scenario of float samples, by each of the ways, from one rendering.
pub fn listen(scenario: &Scenario, ways: &[(Path, Profile)]) -> Vec<Heard> {
    let (bytes, truth) = scenario.render();
    let iq: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let rate_sps = scenario.frontend.rate_sps;
    let signal_s = iq.len() as f64 / 2.0 / f64::from(rate_sps);
    let audio = |de_emphasis: bool| -> Vec<f32> {
        let pairs: Vec<(f32, f32)> = iq.chunks_exact(2).map(|s| (s[0], s[1])).collect();
        discriminate(&pairs, rate_sps, 0.0, de_emphasis).into_iter().flat_map(|x| [x, 0.0]).collect()
    };
    let hear = |(path, profile): &(Path, Profile)| {
        let (samples, rate_sps) = match path {
            Path::Iq => (iq.clone(), rate_sps),
            Path::Audio => (audio(false), AUDIO_RATE),
            Path::DeEmphasised => (audio(true), AUDIO_RATE),
        };
        let (frames, cpu_s) = run(&mut *receiver(*path, rate_sps, *profile), &samples, rate_sps);
        Heard { cpu_s, signal_s, ..compare(&truth, &frames) }
    };
    ways.iter().map(hear).collect()
}

/// A scene at 9600 baud from IQ and from audio: frames heard of those sent, frames that nobody sent, and how many times faster than real time.
pub fn listen_9600(scene: &Scene) -> [(usize, usize, f64); 2] {
    let iq = scene.render();
    let pairs: Vec<(f32, f32)> = iq.chunks_exact(2).map(|s| (s[0], s[1])).collect();
    let audio: Vec<f32> = swings(&pairs, scene.rate_sps, 0.0).into_iter().flat_map(|x| [x, 0.0]).collect();
    // IL2P's header has one C bit for two.
    let plain = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        [6, 13].into_iter().for_each(|i| bytes[i] &= 0x7F);
        bytes
    };
    let sent: Vec<Vec<u8>> = scene.frames.iter().map(|f| plain(&f.bytes())).collect();
    [(&PROTOCOL_9600, scene.rate_sps, iq), (&AUDIO_9600, AUDIO_RATE, audio)].map(|(entry, rate_sps, samples)| {
        let tuning = Tuning { center_hz: CENTER_HZ, rate_sps };
        let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
        let mut demodulator = (entry.demodulator)(&config).expect("the rate is supported");
        let (frames, cpu_s) = run(&mut *demodulator, &samples, rate_sps);
        let frames: Vec<Vec<u8>> = frames.iter().map(|f| plain(f.raw.as_slice())).collect();
        let heard = sent.iter().filter(|s| frames.contains(s)).count();
        let wrong = frames.iter().filter(|f| !sent.contains(f)).count();
        (heard, wrong, samples.len() as f64 / 2.0 / f64::from(rate_sps) / cpu_s.max(1e-2))
    })
}

fn run(demodulator: &mut dyn Demodulator, samples: &[f32], rate_sps: u32) -> (Vec<Frame>, f64) {
    let tuning = Tuning { center_hz: CENTER_HZ, rate_sps };
    let (mut frames, before) = (Vec::new(), cpu_s());
    for (i, block) in samples.chunks(2 * BLOCK).enumerate() {
        let start_tick = Tick12::from_sample((i * BLOCK) as u64, rate_sps);
        let block = IqBlock { samples: IqSamples::Cf32(block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |f| frames.push(f));
    }
    demodulator.finish(&mut |f| frames.push(f));
    (frames, cpu_s() - before)
}

/// Each frame that was sent is heard once.
fn compare(truth: &[AprsTruth], frames: &[Frame]) -> Heard {
    let mut left: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    truth.iter().enumerate().for_each(|(i, t)| left.entry(t.frame.bytes()).or_default().push(i));
    let mut heard = Heard { sent: truth.to_vec(), clean: vec![false; truth.len()], repaired: vec![false; truth.len()], ..Heard::default() };
    for frame in frames {
        // Of several with the same bytes, the one nearest in time.
        let at_s = frame.tick.0 as f64 / 12e6;
        let off_s = |i: &usize| (truth[*i].burst.start_ps as f64 / 1e12 - at_s).abs();
        let same = left.get_mut(frame.raw.as_slice());
        let sent = same.and_then(|all| {
            let nearest = (0..all.len()).min_by(|a, b| off_s(&all[*a]).total_cmp(&off_s(&all[*b])))?;
            Some(all.swap_remove(nearest))
        });
        match (sent, frame.signal.corrected_bits) {
            (Some(i), 0) => heard.clean[i] = true,
            (Some(i), _) => heard.repaired[i] = true,
            (None, 0) => heard.wrong += 1,
            (None, _) => heard.repaired_wrong += 1,
        }
    }
    heard
}

/// User time of this process, seconds; 0 where the system does not tell.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields.get(11).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / 100.0
}

/// What is heard in noise alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// From a converter, 48,000 samples a second.
    Iq,
    /// White, 19,200 samples a second: the lowest rate that goes through every part.
    White,
    /// What a discriminator makes of noise.
    Discriminated,
}

/// Frames in so many seconds of noise: without repair, with it.
pub fn false_frames(kind: Nothing, seconds: u64, seed: u64) -> [Vec<Frame>; 2] {
    let (path, rate_sps) = if kind == Nothing::Iq { (Path::Iq, 48_000) } else { (Path::Audio, 19_200) };
    let mut demodulator = receiver(path, rate_sps, Profile::Full);
    let mut noise = Noise::new(Rng::stream(seed, &[0xFA15E]));
    let (mut block, mut last, mut found) = (vec![0.0; 2 * rate_sps as usize], (0.0_f32, 0.0_f32), [Vec::new(), Vec::new()]);
    for second in 0..seconds {
        noise.fill(0.2, [0.0; 2], &mut block);
        if kind == Nothing::Discriminated {
            for s in block.chunks_exact_mut(2) {
                let (a, b) = core::mem::replace(&mut last, (s[0], s[1]));
                (s[0], s[1]) = ((s[1] * a - s[0] * b).atan2(s[0] * a + s[1] * b), 0.0);
            }
        }
        let start_tick = Tick12::from_sample(second * u64::from(rate_sps), rate_sps);
        let tuning = Tuning { center_hz: CENTER_HZ, rate_sps };
        let block = IqBlock { samples: IqSamples::Cf32(&block), tuning, start_tick, start_utc: None, dropped_samples: 0 };
        demodulator.process(&block, &mut |f| found[usize::from(0 < f.signal.corrected_bits)].push(f));
    }
    found
}

/// A chart of shares heard.
pub fn chart(title: &str, x: Axis, curves: Vec<(&str, Vec<(f64, f64)>)>) -> Chart {
    let chart = Chart::new(title, x, Axis::linear("frames heard", "", 0.0, 1.05));
    curves.into_iter().fold(chart, |chart, (name, points)| chart.with(name, Mark::Line, points))
}
