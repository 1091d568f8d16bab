//! The AIS laboratory: sweeps over simulated bursts with a known truth, printed as tables and drawn to `docs/curves` (`UPDATE=1`).
//! `cargo bench -p benches --bench ais_lab -- curve offsets … bursts=4000 seed=7`; without names, everything, but with few bursts (smoke).
//!
//! Every point has [`BURSTS`] bursts at least, seeded, nearly each of a ship of its own, and a receiver that has heard nothing before.
//! Messages that nobody sent are counted, and a sweep fails that finds more than a few.

#![allow(clippy::print_stdout, reason = "tables")]

use benches::curve::{Axis, Chart, Mark, Scale};
use decoders::{Demodulator as _, DemodulatorConfig, Profile, ais::Receiver};
use model::{ChannelId, Frame, IqBlock, IqFormat, IqSamples, ReceiverId, Tick12, Tuning};
use sim::ais::AisTruth;
use sim::ais::gmsk::{Channel, Shape};
use sim::ais::scenario::{CENTER_HZ, Collision, Scenario, positions, statics};
use sim::iq::Frontend;
use sim::rng::Rng;

/// Bursts a point when a sweep is named.
const BURSTS: f64 = 1_000.0;
/// Slots a second on both channels.
const SLOTS_PER_S: f64 = 75.0;

/// Ships that take turns at random.
const SHIPS: u32 = 20_000;

/// How much is measured: bursts a point, and which.
#[derive(Clone, Copy)]
struct Run {
    bursts: f64,
    seed: u64,
}

impl Run {
    fn times(self, factor: f64) -> Self {
        Self { bursts: self.bursts * factor, ..self }
    }
}

/// Prints a table.
type Sweep = fn(Run);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let (settings, named): (Vec<_>, Vec<_>) = words.iter().partition(|w| w.contains('='));
    let told = |name: &str| settings.iter().find_map(|s| s.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    let sweeps: [(&str, Sweep); 10] = [
        ("curve", curve),
        ("formats", formats),
        ("offsets", offsets),
        ("collisions", collisions),
        ("modulation", modulation),
        ("long", long),
        ("load", load),
        ("front", front),
        ("neighbour", neighbour),
        ("sparks", sparks),
    ];
    let usual = if named.is_empty() { 40.0 } else { BURSTS };
    let run = Run { bursts: told("bursts").unwrap_or(usual), seed: told("seed").unwrap_or(1.0) as u64 };
    for (name, sweep) in sweeps {
        if named.is_empty() || named.iter().any(|n| *n == name) {
            println!("# {name}");
            sweep(run);
        }
    }
}

/// What became of the bursts of a scenario.
struct Heard {
    sent: Vec<AisTruth>,
    heard: Vec<bool>,
    wrong: usize,
    ghosts: usize,
}

impl Heard {
    fn share(&self) -> f64 {
        self.share_of(|_| true)
    }

    fn share_of(&self, which: impl Fn(&AisTruth) -> bool) -> f64 {
        let all: Vec<bool> = self.sent.iter().zip(&self.heard).filter(|(t, _)| which(t)).map(|(_, h)| *h).collect();
        all.iter().filter(|h| **h).count() as f64 / all.len().max(1) as f64
    }
}

/// 96 k, 32-bit float, half of all slots of both channels; as many seconds as the bursts need.
fn scene(ebn0_db: f64, run: Run) -> Scenario {
    let base = Scenario::sensitivity(ebn0_db);
    let seconds = (run.bursts / (SLOTS_PER_S * base.load)).ceil() as u64 + 2;
    let frontend = Frontend { format: IqFormat::Cf32, noise_rms: 0.02, ..Frontend::cu8(96_000, 1.0) };
    Scenario { seed: run.seed, frontend, seconds, payloads: positions(SHIPS), ..base }
}

fn receive(scenario: &Scenario) -> Heard {
    let (samples, truth) = scenario.render();
    hear(scenario, &samples, truth)
}

fn hear(scenario: &Scenario, samples: &[u8], truth: Vec<AisTruth>) -> Heard {
    let tuning = Tuning { center_hz: CENTER_HZ, rate_sps: scenario.frontend.rate_sps };
    let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
    let mut receiver = Receiver::new(&config).expect("the rate is supported");
    let mut frames = Vec::new();
    let mut start = 0;
    for piece in samples.chunks(1 << 20) {
        let words: Vec<i16> = match scenario.frontend.format {
            IqFormat::Cs16 => piece.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect(),
            _ => Vec::new(),
        };
        let floats: Vec<f32> = match scenario.frontend.format {
            IqFormat::Cf32 => piece.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            _ => Vec::new(),
        };
        let samples = match scenario.frontend.format {
            IqFormat::Cu8 => IqSamples::Cu8(piece),
            IqFormat::Cs16 => IqSamples::Cs16(&words),
            IqFormat::Cf32 => IqSamples::Cf32(&floats),
        };
        let start_tick = Tick12::from_sample(start, tuning.rate_sps);
        start += samples.len() as u64;
        receiver.process(&IqBlock { samples, tuning, start_tick, start_utc: None, dropped_samples: 0 }, &mut |f| frames.push(f));
    }
    receiver.finish(&mut |f| frames.push(f));
    judge(truth, &frames)
}

/// A burst is heard by its bytes, on its channel, within 2 ms of its time.
fn judge(sent: Vec<AisTruth>, frames: &[Frame]) -> Heard {
    let mut by_time: Vec<(f64, usize)> = sent.iter().map(AisTruth::tick12).zip(0..).collect();
    by_time.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut heard, mut wrong, mut ghosts) = (vec![false; sent.len()], 0, 0);
    for frame in frames {
        let tick = frame.tick.0 as f64;
        let from = by_time.partition_point(|(t, _)| *t < tick - 24_000.0);
        let near = by_time[from..].iter().take_while(|(t, _)| *t < tick + 24_000.0).map(|(_, i)| *i);
        let same: Vec<usize> = near.filter(|&i| sent[i].payload.as_bytes() == frame.raw.as_slice()).collect();
        match same.iter().find(|&&i| Some(ChannelId(u8::from(sent[i].burst.channel == Channel::B))) == frame.signal.channel && !heard[i]) {
            Some(&i) => heard[i] = true,
            None if same.is_empty() => {
                println!("  nobody sent {frame:?}");
                wrong += 1;
            }
            None => ghosts += 1,
        }
    }
    Heard { sent, heard, wrong, ghosts }
}

fn line(what: &str, heard: &Heard) -> f64 {
    let (share, n) = (heard.share(), heard.sent.len());
    println!("{what}: heard {share:.4} of {n}, wrong {}, ghosts {}", heard.wrong, heard.ghosts);
    // Where most bursts are lost, a repair may hit a wrong frame that has the right CRC.
    assert!(heard.wrong * 500 <= n, "{what}: {} messages that nobody sent", heard.wrong);
    share
}

fn axis(label: &str, unit: &str, from: f64, to: f64) -> Axis {
    Axis { label: label.into(), unit: unit.into(), scale: Scale::Linear, from, to }
}

/// (a), (b): packet error rate of one-slot messages against Eb/N0.
fn curve(run: Run) {
    let mut ours = Vec::new();
    for db in [4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0, 10.0, 21.2] {
        ours.push((db, 1.0 - line(&format!("{db} dB"), &receive(&scene(db, run)))));
    }
    // Measured on another generator's signals of the same kind (about 600 bursts a point): shown for the shape.
    let v2 = [(4.0, 0.968), (5.0, 0.796), (6.0, 0.463), (7.0, 0.161), (8.0, 0.044), (9.0, 0.011), (10.0, 0.010)];
    let bound = [(5.0, 0.693), (6.0, 0.410), (7.0, 0.152), (8.0, 0.045)];
    let log = Axis { scale: Scale::Log, ..axis("packet error rate", "", 1e-3, 1.0) };
    Chart::new("AIS: one-slot messages, ±500 Hz, both channels half full", axis("Eb/N0", "dB", 4.0, 10.0), log)
        .with("vTOC", Mark::Line, ours)
        .with("AIS-catcher V2", Mark::Dots, v2)
        .with("ideal detector, no repair", Mark::Dashed, bound)
        .keep("ais-sensitivity")
        .expect("docs/curves can be written");
}

/// Every rate and format gives the same share.
fn formats(run: Run) {
    let rates = [96_000, 240_000, 1_536_000, 288_000, 768_000, 1_600_000, 2_048_000, 2_304_000, 2_400_000];
    // The smoke test takes the first few.
    for rate in rates.into_iter().take(if run.bursts < BURSTS { 3 } else { rates.len() }) {
        for (format, rms) in [(IqFormat::Cu8, 0.09), (IqFormat::Cs16, 0.02), (IqFormat::Cf32, 0.02)] {
            let frontend = Frontend { format, noise_rms: rms, ..Frontend::cu8(rate, 1.0) };
            // Half as many at the fast ones: the signal takes its time to make.
            let scenario = Scenario { frontend, ..scene(7.0, if rate < 500_000 { run } else { run.times(0.2) }) };
            line(&format!("{rate} {format:?} at 7 dB"), &receive(&scenario));
        }
    }
}

/// (c): carrier offset, drift within a burst, bit clock.
fn offsets(run: Run) {
    let mut ours = Vec::new();
    for hz in [-6_000.0, -5_000.0, -4_000.0, -3_000.0, -2_000.0, 0.0, 2_000.0, 3_000.0, 4_000.0, 4_500.0, 5_000.0, 6_000.0] {
        let scenario = Scenario { offset_hz: (hz, 50.0), ..scene(15.0, run) };
        ours.push((hz, line(&format!("{hz} Hz at 15 dB"), &receive(&scenario))));
    }
    for hz_per_s in [2_000.0, 4_000.0, 8_000.0] {
        let scenario = Scenario { drift_hz_per_s: hz_per_s, ..scene(12.0, run) };
        line(&format!("{:.0} Hz drift in a slot at 12 dB", hz_per_s * 0.0267), &receive(&scenario));
    }
    line("±50 ppm bit clock at 12 dB", &receive(&Scenario { clock_ppm: 50.0, ..scene(12.0, run) }));
    let catcher = [(0.0, 1.0), (2_000.0, 1.0), (3_000.0, 0.93)];
    Chart::new("AIS: carrier offset at 15 dB", axis("offset", "Hz", -6_000.0, 6_000.0), axis("messages heard", "", 0.0, 1.05))
        .with("vTOC", Mark::Line, ours)
        .with("AIS-catcher V2", Mark::Dots, catcher)
        .keep("ais-offset")
        .expect("docs/curves can be written");
}

/// (d): two bursts, the strong one at 30 dB. In the same slot (weak one 0…2 bits later), and 0…256 bits later.
fn collisions(run: Run) {
    let levels = [0.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 15.0, 20.0];
    let mut curves: Vec<Vec<(f64, f64)>> = vec![Vec::new(); 4];
    for (i, offset_bits) in [(0.0, 2.0), (0.0, 256.0)].into_iter().enumerate() {
        for c_over_i_db in levels {
            let collision = Some(Collision { c_over_i_db, offset_bits });
            // Few slots, so that a third burst is rare.
            let base = scene(30.0, run);
            let scenario = Scenario { collision, load: 0.15, seconds: base.seconds * 10 / 3, ..base };
            let heard = receive(&scenario);
            // The weak one comes first in each pair.
            let nth = |odd: usize| {
                let all: Vec<bool> = heard.heard.iter().enumerate().filter(|(n, _)| n % 2 == odd).map(|(_, h)| *h).collect();
                all.iter().filter(|h| **h).count() as f64 / all.len().max(1) as f64
            };
            let by_level = |strong: bool| heard.share_of(|t| (t.ebn0_db == 30.0) == strong);
            let (strong, weak) = if c_over_i_db == 0.0 { (nth(1), nth(0)) } else { (by_level(true), by_level(false)) };
            println!(
                "C/I {c_over_i_db} dB, {offset_bits:?} bits: strong {strong:.3} weak {weak:.3} of {}, wrong {}",
                heard.sent.len() / 2,
                heard.wrong
            );
            curves[2 * i].push((c_over_i_db, strong));
            curves[2 * i + 1].push((c_over_i_db, weak));
        }
    }
    let names = ["strong, same slot", "weak, same slot", "strong, 0–256 bits apart", "weak, 0–256 bits apart"];
    let chart = Chart::new(
        "AIS: two bursts over each other, strong one at 30 dB",
        axis("C/I", "dB", 0.0, 20.0),
        axis("messages heard", "", 0.0, 1.05),
    );
    let chart = names.into_iter().zip(curves).fold(chart, |chart, (name, points)| chart.with(name, Mark::Line, points));
    let (esa, v2) = ([(3.0, 0.48), (5.0, 1.0), (7.0, 1.0)], [(3.0, 0.43), (5.0, 0.98), (7.0, 1.0)]);
    chart
        .with("ESA, strong", Mark::Dots, esa)
        .with("AIS-catcher V2, strong", Mark::Dots, v2)
        .keep("ais-collision")
        .expect("docs/curves can be written");
}

/// (f): the modulator's bandwidth and index.
fn modulation(run: Run) {
    for bt in [0.3, 0.4, 0.5] {
        let mut ours = Vec::new();
        for h in [0.45, 0.47, 0.50, 0.53, 0.55, 0.57, 0.60] {
            let scenario = Scenario { shape: Shape { bt, h, ..Shape::default() }, ..scene(12.0, run) };
            ours.push((h, line(&format!("BT {bt} h {h} at 12 dB"), &receive(&scenario))));
        }
        if bt == 0.4 {
            let sdrangel = [(0.45, 0.99), (0.47, 1.0), (0.5, 1.0), (0.53, 1.0), (0.55, 1.0), (0.6, 0.95)];
            let v2 = [(0.45, 0.94), (0.47, 0.99), (0.5, 0.99), (0.53, 1.0), (0.55, 1.0), (0.6, 0.74)];
            Chart::new("AIS: modulation index at 12 dB, BT 0.4", axis("index h", "", 0.44, 0.61), axis("messages heard", "", 0.5, 1.05))
                .with("vTOC", Mark::Line, ours)
                .with("SDRangel", Mark::Dots, sdrangel)
                .with("AIS-catcher V2", Mark::Dots, v2)
                .keep("ais-modulation")
                .expect("docs/curves can be written");
        }
    }
}

/// (g): messages of two slots.
fn long(run: Run) {
    for db in [5.0, 6.0, 7.0, 8.0, 10.0, 20.0] {
        let heard = receive(&Scenario { payloads: statics(SHIPS), ..scene(db, run.times(2.0)) });
        line(&format!("{db} dB, types 5 and 24"), &heard);
        println!("  type 5: {:.4}", heard.share_of(|t| t.payload.kind() == 5));
    }
}

/// (h), unsynchronised slots: no floor at any load.
fn load(run: Run) {
    for (share, spread_hz) in [(0.5, 500.0), (1.0, 500.0), (1.0, 50.0)] {
        let scenario = Scenario { load: share, offset_hz: (0.0, spread_hz), ..scene(20.0, run) };
        line(&format!("20 dB, ±{spread_hz} Hz, load {share}"), &receive(&scenario));
    }
    for db in [8.0, 12.0, 20.0] {
        let scenario = Scenario { load: 0.25, jitter_bits: 40.0, seconds: 2 * scene(db, run).seconds, ..scene(db, run) };
        let heard = receive(&scenario);
        line(&format!("{db} dB, unsynchronised (σ 40 bits), load 0.25"), &heard);
        println!("  without those overlapped: {:.4}", heard.share_of(|t| !t.overlapped));
    }
    // 60 dB of difference need the whole range of float samples.
    let frontend = Frontend { format: IqFormat::Cf32, noise_rms: 2e-5, ..Frontend::cu8(96_000, 1.0) };
    line("near and far, 10 to 70 dB, load 1", &receive(&Scenario { load: 1.0, ebn0_db: (10.0, 70.0), frontend, ..scene(10.0, run) }));
}

/// (j): an imperfect front end, 8 bit, strong bursts: nothing on the wrong channel.
fn front(run: Run) {
    let plain = Frontend::cu8(288_000, 3.0);
    let fronts = [
        ("DC spike", Frontend { dc: [0.05, -0.03], ..plain }),
        ("image, 0.5 dB", Frontend { iq_gain_error_db: 0.5, ..plain }),
        ("image, 1 dB", Frontend { iq_gain_error_db: 1.0, ..plain }),
    ];
    for (what, frontend) in fronts {
        let heard = receive(&Scenario { frontend, ..scene(25.0, run) });
        line(what, &heard);
        assert!(heard.ghosts == 0, "{what}: heard on the wrong channel");
    }
    // Far beyond full scale.
    line("clipped", &receive(&Scenario { frontend: Frontend::cu8(288_000, 40.0), ..scene(20.0, run) }));
}

/// (e): every slot of the channel 25 kHz from both used, wanted bursts at 15 dB.
fn neighbour(run: Run) {
    let mut ours = Vec::new();
    for over_db in [0.0, 10.0, 20.0, 30.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0] {
        // Full scale lies above the neighbour.
        let frontend = Frontend { noise_rms: 2e-5, ..scene(15.0, run).frontend };
        let scenario = Scenario { neighbour_db: Some(over_db), frontend, ..scene(15.0, run) };
        ours.push((over_db, line(&format!("neighbour {over_db} dB over, float"), &receive(&scenario))));
    }
    let catcher = [10.0, 20.0, 30.0, 40.0, 50.0].map(|db| (db, 1.0));
    Chart::new(
        "AIS: neighbour 25 kHz away in every slot, wanted at 15 dB",
        axis("neighbour over wanted", "dB", 0.0, 70.0),
        axis("messages heard", "", 0.0, 1.05),
    )
    .with("vTOC", Mark::Line, ours)
    .with("AIS-catcher V2 (at 25 dB)", Mark::Dots, catcher)
    .keep("ais-neighbour")
    .expect("docs/curves can be written");
}

/// (j): sparks of one sample, at random, wanted bursts at 15 dB.
fn sparks(run: Run) {
    let mut curves = Vec::new();
    for over_db in [20.0, 30.0, 40.0] {
        let mut ours = Vec::new();
        for per_s in [10.0, 30.0, 75.0, 150.0, 300.0, 600.0] {
            let scenario = scene(15.0, run);
            let (mut samples, truth) = scenario.render();
            let size = truth.first().map_or(0.0, |t| t.burst.amplitude) * 10f32.powf(over_db / 20.0);
            let mut rng = Rng::stream(run.seed, &[0x5BA2]);
            for _ in 0..(per_s * scenario.seconds as f64) as usize {
                let at = rng.next_u64() as usize % (samples.len() / 8) * 8;
                let (sin, cos) = (rng.range(0.0, core::f64::consts::TAU) as f32).sin_cos();
                for (axis, value) in [cos * size, sin * size].into_iter().enumerate() {
                    let at = at + 4 * axis;
                    let was = f32::from_le_bytes([samples[at], samples[at + 1], samples[at + 2], samples[at + 3]]);
                    samples[at..at + 4].copy_from_slice(&(was + value).to_le_bytes());
                }
            }
            ours.push((per_s, line(&format!("{per_s} sparks/s, {over_db} dB over the carrier"), &hear(&scenario, &samples, truth))));
        }
        curves.push((over_db, ours));
    }
    let rate = Axis { scale: Scale::Log, ..axis("sparks", "1/s", 10.0, 1_000.0) };
    let chart = Chart::new("AIS: sparks of one sample at 96 k, wanted at 15 dB", rate, axis("messages heard", "", 0.0, 1.05));
    let with = |chart: Chart, (db, points)| chart.with(&format!("{db} dB over the carrier"), Mark::Line, points);
    curves.into_iter().fold(chart, with).keep("ais-sparks").expect("docs/curves can be written");
}
