//! The Mode S laboratory's curves: how much is read against level, rate, offset, gain and traffic.
//!
//! `UPDATE=1 cargo bench -p benches --bench adsb_curves` measures them all (some minutes) and rewrites `docs/curves/adsb-*.svg`;
//! without `UPDATE=1` it only says the figures. In smoke mode each is measured briefly. Every curve is checked before it is drawn.
//! The peers' points are those of docs/adsb-receiver.md and the design notes: the same scenario, their own runs.

use benches::adsb_lab::Receiver;
use benches::curve::{Axis, Chart, Mark};
use decoders::Profile;
use decoders::adsb::demod::RATES_SPS;
use sim::adsb::Content;
use sim::adsb::modulate::PS_PER_S;
use sim::adsb::scenario::{Pairs, Placed, Plan, Scenario};
use sim::iq::Frontend;

type Points = Vec<(f64, f64)>;
type Measure = fn(&Lab) -> Chart;

/// How long and what is measured.
struct Lab {
    content: Content,
    squitters: Content,
    /// In smoke mode this part of the time.
    part: f64,
    step: usize,
}

#[expect(clippy::print_stdout, reason = "a bench says its figures")]
fn main() -> std::io::Result<()> {
    let smoke = std::env::args().any(|a| a == "--test");
    let content = Content::terminal_area();
    let squitters = content.only(17);
    let lab = Lab { content, squitters, part: if smoke { 0.15 } else { 1.0 }, step: if smoke { 4 } else { 1 } };
    let charts: [(&str, Measure); 8] = [
        ("adsb-sensitivity", sensitivity),
        ("adsb-rates", rates),
        ("adsb-pairs", pairs),
        ("adsb-offset", offset),
        ("adsb-clipping", clipping),
        ("adsb-gain", gain),
        ("adsb-traffic", traffic),
        ("adsb-mode-ac", mode_ac),
    ];
    for (name, measure) in charts {
        let chart = measure(&lab);
        println!("{name}: {}", chart.title);
        for curve in chart.curves.iter().filter(|c| c.mark == Mark::Line) {
            let points: Vec<String> = curve.points.iter().map(|(x, y)| format!("{x}: {y:.1}")).collect();
            println!("  {}: {}", curve.name, points.join(", "));
        }
        if !smoke {
            chart.keep(name)?;
        }
    }
    Ok(())
}

impl Lab {
    fn time(&self, seconds: f64) -> u64 {
        (seconds * self.part * PS_PER_S as f64) as u64
    }

    fn sweep(&self, values: &[f64], measure: impl Fn(f64) -> f64) -> Points {
        values.iter().step_by(self.step).map(|x| (*x, measure(*x))).collect()
    }

    /// Percent of DF 17 at one level.
    fn squitters_at(&self, receiver: Receiver, cn0_dbhz: f64) -> f64 {
        let frontend = Frontend::cu8(receiver.rate_sps, 2.5);
        let scenario = Scenario { frontend, duration_ps: self.time(4.0), ..Scenario::sensitivity(cn0_dbhz) };
        let score = receiver.score_scenario(&scenario, &self.squitters).0;
        assert!(score.wrong <= 2 && score.twice == 0, "{cn0_dbhz}: {score:?}");
        score.percent().1
    }

    /// Percent of clear squitters after `change` was made to each burst.
    fn changed(&self, frontend: Frontend, cn0_dbhz: f64, change: impl Fn(&mut Placed)) -> f64 {
        let scenario = Scenario { frontend, duration_ps: self.time(2.0), ..Scenario::sensitivity(cn0_dbhz) };
        let mut bursts = scenario.plan(&self.squitters).bursts().to_vec();
        bursts.iter_mut().for_each(change);
        let plan = Plan::new(1, frontend, scenario.edges, scenario.duration_ps, bursts);
        Receiver::FULL.score(plan).0.percent().1
    }
}

fn cn0_axis(from: f64, to: f64) -> Axis {
    Axis::linear("C/N0", "dB·Hz", from, to)
}

fn percent_axis(of: &str) -> Axis {
    Axis::linear(of, "%", 0.0, 100.0)
}

/// All of 112 bits right, or all but one: an ideal coherent receiver in unlimited bandwidth, whose bits have C · 0.5 µs.
fn ideal_one_bit(cn0_dbhz: f64) -> f64 {
    let x = (0.5e-6 * 10_f64.powf(cn0_dbhz / 10.0)).sqrt();
    // Tail of the normal distribution by its continued fraction, good to 1e-4 of itself for x above 1.
    let fraction = (1..=40).rev().fold(x, |below, k| x + f64::from(k) / below);
    let wrong = (-0.5 * x * x).exp() / (core::f64::consts::TAU.sqrt() * fraction);
    100.0 * ((1.0 - wrong).powi(112) + 112.0 * wrong * (1.0 - wrong).powi(111))
}

fn sensitivity(lab: &Lab) -> Chart {
    let levels: Vec<f64> = (66..=78).map(f64::from).collect();
    let fast = Receiver { profile: Profile::Fast, ..Receiver::FULL };
    let full = lab.sweep(&levels, |cn0| lab.squitters_at(Receiver::FULL, cn0));
    let fast = lab.sweep(&levels, |cn0| lab.squitters_at(fast, cn0));
    let at = |points: &Points, cn0: f64| points.iter().find(|p| p.0 == cn0).map_or(0.0, |p| p.1);
    assert!(15.0 <= at(&full, 70.0) && 93.0 <= at(&full, 74.0) && at(&full, 66.0) <= 10.0, "{full:?}");
    assert!(50.0 <= at(&fast, 74.0), "{fast:?}");
    let fine: Vec<f64> = (0..=48).map(|i| 66.0 + 0.25 * f64::from(i)).collect();
    Chart::new("DF 17 read, 2.4 Msps, 8 bit", cn0_axis(66.0, 78.0), percent_axis("read"))
        .with("vTOC full", Mark::Line, full)
        .with("vTOC fast", Mark::Line, fast)
        .with("ideal, one bit repaired", Mark::Dashed, fine.iter().map(|x| (*x, ideal_one_bit(*x))))
        .with("readsb", Mark::Dots, [(68.0, 0.0), (70.0, 0.1), (72.0, 4.4), (74.0, 61.1), (76.0, 93.6), (78.0, 96.5)])
        .with("stream1090 -u 12 -q", Mark::Dots, [(68.0, 0.0), (70.0, 0.3), (72.0, 53.1), (74.0, 89.1), (76.0, 93.9), (78.0, 94.7)])
        .with("more1090, one bit", Mark::Dots, [(68.0, 0.2), (70.0, 12.0), (72.0, 69.7), (74.0, 95.6), (76.0, 97.3), (78.0, 97.7)])
}

fn rates(lab: &Lab) -> Chart {
    let levels: Vec<f64> = (67..=76).map(f64::from).collect();
    let mut chart = Chart::new("DF 17 read, by sample rate", cn0_axis(67.0, 76.0), percent_axis("read"));
    for &rate_sps in RATES_SPS {
        let receiver = Receiver { rate_sps, ..Receiver::FULL };
        let points = lab.sweep(&levels, |cn0| lab.squitters_at(receiver, cn0));
        assert!(points.iter().all(|p| p.0 < 75.0 || 90.0 <= p.1), "{rate_sps}: {points:?}");
        chart = chart.with(&format!("{} Msps", f64::from(rate_sps) / 1e6), Mark::Line, points);
    }
    chart
}

fn pairs(lab: &Lab) -> Chart {
    let apart = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0];
    let measure = |strong: bool| {
        lab.sweep(&apart, |db| {
            let pairs = Pairs { count: (800.0 * lab.part) as usize, ..Pairs::weaker_by(db) };
            let (samples, truth) = pairs.plan(&lab.squitters).render();
            let wanted: Vec<_> = truth.into_iter().filter(|t| db == 0.0 || pairs.is_strong(t) == strong).collect();
            sim::adsb::Score::of(&wanted, &Receiver::FULL.frames(&samples)).percent().0
        })
    };
    let (strong, weak) = (measure(true), measure(false));
    assert!(weak.iter().all(|p| p.0 < 3.0 || 80.0 <= p.1), "{weak:?}");
    Chart::new("Overlapping squitters, the stronger at 88 dB·Hz", Axis::linear("weaker by", "dB", 0.0, 15.0), percent_axis("read"))
        .with("vTOC, the stronger", Mark::Line, strong)
        .with("vTOC, the weaker", Mark::Line, weak)
        .with("readsb, the weaker", Mark::Dots, [(3.0, 13.9), (6.0, 19.6), (10.0, 20.7), (15.0, 17.5)])
        .with("stream1090, the weaker", Mark::Dots, [(3.0, 24.6), (6.0, 23.7), (10.0, 24.0), (15.0, 20.9)])
        .with("more1090, the weaker", Mark::Dots, [(3.0, 34.7), (6.0, 27.3), (10.0, 22.0), (15.0, 17.1)])
}

fn offset(lab: &Lab) -> Chart {
    let offsets: Vec<f64> = (-12..=12).map(|i| 100.0 * f64::from(i)).collect();
    let measure =
        |cn0: f64| lab.sweep(&offsets, |khz| lab.changed(Frontend::cu8(2_400_000, 2.5), cn0, |p| p.burst.offset_hz = 1e3 * khz as f32));
    let (clear, weak) = (measure(84.0), measure(72.0));
    assert!(clear.iter().all(|p| 500.0 < p.0.abs() || 95.0 <= p.1), "{clear:?}");
    Chart::new("DF 17 read, by carrier offset, 2.4 Msps", Axis::linear("offset", "kHz", -1200.0, 1200.0), percent_axis("read"))
        .with("84 dB·Hz", Mark::Line, clear)
        .with("72 dB·Hz", Mark::Line, weak)
}

fn clipping(lab: &Lab) -> Chart {
    let over: Vec<f64> = (-2..=8).map(|i| 3.0 * f64::from(i)).collect();
    let measure = |dc: [f32; 2]| {
        lab.sweep(&over, |db| {
            let frontend = Frontend { dc, ..Frontend::cu8(2_400_000, 2.5) };
            lab.changed(frontend, 80.0, |p| p.burst.amplitude = 10_f32.powf(db as f32 / 20.0))
        })
    };
    let (centred, off) = (measure([0.0; 2]), measure([0.1, -0.08]));
    assert!(centred.iter().chain(&off).all(|p| 12.0 < p.0 || 90.0 <= p.1), "{centred:?} {off:?}");
    Chart::new("DF 17 read, pulses over full scale", Axis::linear("over full scale", "dB", -6.0, 24.0), percent_axis("read"))
        .with("zero point right", Mark::Line, centred)
        .with("off by 13 and −10 steps", Mark::Line, off)
}

fn gain(lab: &Lab) -> Chart {
    let noise = [0.1, 0.2, 0.3, 0.5, 0.8, 1.3, 2.5, 6.0, 12.0, 25.0, 50.0, 100.0];
    let mut chart =
        Chart::new("DF 17 read, by the receiver's gain", Axis::log("noise on I and Q", "steps of 8 bit", 0.1, 100.0), percent_axis("read"));
    for cn0 in [74.0, 80.0, 95.0] {
        let points = lab.sweep(&noise, |lsb| lab.changed(Frontend::cu8(2_400_000, lsb as f32), cn0, |_| ()));
        assert!(points.iter().all(|p| !(1.3..=12.0).contains(&p.0) || 85.0 <= p.1), "{cn0}: {points:?}");
        chart = chart.with(&format!("{cn0} dB·Hz"), Mark::Line, points);
    }
    chart
}

fn traffic(lab: &Lab) -> Chart {
    let per_s = [500.0, 1_000.0, 2_000.0, 4_000.0, 6_000.0, 8_000.0, 12_000.0];
    let run = |profile: Profile, rate: f64| {
        let scenario = Scenario {
            mode_s_per_s: rate,
            mode_ac_per_s: rate / 2.0,
            duration_ps: lab.time((4_000.0 / rate).clamp(0.5, 4.0)),
            ..Scenario::a()
        };
        let score = Receiver { profile, ..Receiver::FULL }.score_scenario(&scenario, &lab.content).0;
        assert!(200 * score.wrong <= score.heard.max(200), "{rate}: {score:?}");
        score
    };
    let full = lab.sweep(&per_s, |rate| run(Profile::Full, rate).percent().0);
    let fast = lab.sweep(&per_s, |rate| run(Profile::Fast, rate).percent().0);
    let wrong = lab.sweep(&per_s, |rate| {
        let score = run(Profile::Full, rate);
        1000.0 * score.wrong as f64 / score.heard as f64
    });
    assert!(full.iter().all(|p| 4_000.0 < p.0 || 70.0 <= p.1), "{full:?}");
    Chart::new(
        "All formats, aircraft at 10–400 km, half as many Mode A/C replies",
        Axis::log("Mode S replies", "1/s", 500.0, 12_000.0),
        percent_axis("read"),
    )
    .with("vTOC full", Mark::Line, full)
    .with("vTOC fast", Mark::Line, fast)
    .with("full: wrong per 1,000", Mark::Line, wrong)
    .with("readsb", Mark::Dots, [(2_000.0, 58.0), (8_000.0, 31.9)])
    .with("stream1090 -u 12 -q", Mark::Dots, [(2_000.0, 63.9), (8_000.0, 35.7)])
}

fn mode_ac(lab: &Lab) -> Chart {
    let receiver = Receiver { mode_ac: true, ..Receiver::FULL };
    let levels: Vec<f64> = (37..=45).map(|i| 2.0 * f64::from(i)).collect();
    let run = |cn0: f64, per_s: f64| {
        let scenario =
            Scenario { mode_s_per_s: 0.0, mode_ac_per_s: per_s, duration_ps: lab.time(1_000.0 / per_s), ..Scenario::sensitivity(cn0) };
        receiver.score_scenario(&scenario, &lab.content).1
    };
    let alone = lab.sweep(&levels, |cn0| run(cn0, 200.0).percent().0);
    let many = lab.sweep(&levels, |cn0| run(cn0, 4_000.0).percent().0);
    let wrong = lab.sweep(&levels, |cn0| {
        let score = run(cn0, 4_000.0);
        100.0 * score.wrong as f64 / score.sent as f64
    });
    assert!(alone.iter().all(|p| p.0 < 82.0 || 93.0 <= p.1) && wrong.iter().all(|p| p.1 < 5.0), "{alone:?} {wrong:?}");
    Chart::new("Mode A/C replies read, 2.4 Msps", cn0_axis(74.0, 90.0), percent_axis("of those sent"))
        .with("200 a second", Mark::Line, alone)
        .with("4,000 a second, all as strong", Mark::Line, many)
        .with("4,000 a second: wrong", Mark::Line, wrong)
}
