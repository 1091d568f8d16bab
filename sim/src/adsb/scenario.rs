//! Laboratory signals: given frames at given rates, levels and overlaps.
//!
//! A [`Plan`] is a list of bursts in order of time. [`Scenario`] plans random traffic, [`Pairs`] plans garbled pairs; a plan of
//! one's own is as good. [`Plan::signal`] turns a plan into samples, with truth.
//!
//! Calibration: C/N0 in dB-Hz refers to the pulse power of an ideal rectangular pulse against the noise density, as in
//! [`super::modulate`]; the SNR in the whole band is C/N0 − 10·log10(rate). Each address keeps its own mean level, carrier offset
//! and clock error throughout a plan, as a real fleet does.

use super::content::Content;
use super::fruit;
use super::modulate::{Burst, Edges, Modulator, PS_PER_S, Waveform};
use super::reception::{FrameTruth, Reception, truth_of};
use crate::air::sample_ps;
use crate::iq::{Frontend, IqStream, Painter};
use crate::rng::Rng;

/// How strong the fleet is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Levels {
    /// Every aircraft the same.
    Constant { cn0_dbhz: f64 },
    /// Aircraft spread evenly over a disc seen from above its centre: distance² uniform from `near_m`² to `far_m`², free-space
    /// loss.
    Disc { near_m: f64, far_m: f64, cn0_at_near_dbhz: f64 },
}

/// A reflection of every burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multipath {
    /// Uniform between these, nanoseconds.
    pub delay_ns: (f64, f64),
    /// Below the direct way, uniform between these, decibels.
    pub below_db: (f64, f64),
}

/// Random traffic of a stable fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub frontend: Frontend,
    pub edges: Edges,
    pub duration_ps: u64,
    /// Mean rates of Poisson processes.
    pub mode_s_per_s: f64,
    pub mode_ac_per_s: f64,
    /// Pulse pairs of DME and TACAN, 12 µs apart, as strong as aircraft.
    pub dme_per_s: f64,
    pub levels: Levels,
    /// Deviation of the level from burst to burst.
    pub fading_db: f64,
    /// Deviation of the carriers, clamped at 3 deviations.
    pub offset_hz: f64,
    /// Clock errors are uniform within ± this.
    pub clock_ppm: f64,
    pub multipath: Option<Multipath>,
}

impl Scenario {
    /// 2,000 Mode S and 500 Mode A/C a second at 10–400 km, 2.4 Msps, 8 bit, σ = 2.5 LSB, 20 s.
    pub fn a() -> Self {
        Self {
            seed: 1,
            frontend: Frontend::cu8(2_400_000, 2.5),
            edges: Edges::BandLimited { cutoff: 0.5 },
            duration_ps: 20 * PS_PER_S,
            mode_s_per_s: 2000.0,
            mode_ac_per_s: 500.0,
            dme_per_s: 0.0,
            levels: Levels::Disc { near_m: 10_000.0, far_m: 400_000.0, cn0_at_near_dbhz: 105.0 },
            fading_db: 1.5,
            offset_hz: 100_000.0,
            clock_ppm: 50.0,
            multipath: None,
        }
    }

    /// 8,000 Mode S and 4,000 Mode A/C a second, 10 s, otherwise as [`Self::a`].
    pub fn b() -> Self {
        Self { mode_s_per_s: 8000.0, mode_ac_per_s: 4000.0, duration_ps: 10 * PS_PER_S, ..Self::a() }
    }

    /// One point of a sensitivity curve: 200 frames a second at one level, no fading, nothing else.
    pub fn sensitivity(cn0_dbhz: f64) -> Self {
        let levels = Levels::Constant { cn0_dbhz };
        Self { levels, mode_s_per_s: 200.0, mode_ac_per_s: 0.0, fading_db: 0.0, duration_ps: 6 * PS_PER_S, ..Self::a() }
    }

    /// Noise alone, for false frames (with [`Self::dme_per_s`], among pulses that are none).
    pub fn noise() -> Self {
        Self { mode_s_per_s: 0.0, mode_ac_per_s: 0.0, ..Self::a() }
    }

    /// Draws the traffic: frames of `content` at random, in a fleet where each address has its own transmitter.
    pub fn plan(&self, content: &Content) -> Plan {
        let mut bursts = Vec::new();
        let mut rng = Rng::stream(self.seed, &[0xADB, 1]);
        let mut fleet_rng = Rng::stream(self.seed, &[0xADB, 2]);
        self.poisson(self.mode_s_per_s, &mut rng, |start_ps, rng| {
            let frame = *rng.pick(&content.frames);
            let transmitter = self.transmitter(u64::from(frame.address()));
            self.place(Waveform::ModeS(frame), start_ps, &transmitter, rng, &mut bursts);
        });
        self.poisson(self.mode_ac_per_s, &mut fleet_rng, |start_ps, rng| {
            let transponder = rng.below(500);
            let mut own = Rng::stream(self.seed, &[0xADB, 3, transponder]);
            let (squawk, alt_ft) = (own.below(0o10000) as u16, 100 * own.below(410) as i32);
            let code_a = fruit::mode_a_octal(squawk, own.chance(0.02));
            let reply = if rng.chance(0.5) { code_a } else { fruit::mode_c(alt_ft).unwrap_or(code_a) };
            self.place(reply, start_ps, &self.transmitter(1 << 32 | transponder), rng, &mut bursts);
        });
        self.poisson(self.dme_per_s, &mut Rng::stream(self.seed, &[0xADB, 6]), |start_ps, rng| {
            let beacon = self.transmitter(2 << 32 | rng.below(10));
            self.place(Waveform::Dme { spacing_us: 12 }, start_ps, &beacon, rng, &mut bursts);
        });
        Plan::new(self.seed, self.frontend, self.edges, self.duration_ps, bursts)
    }

    fn poisson(&self, per_s: f64, rng: &mut Rng, mut at: impl FnMut(u64, &mut Rng)) {
        if per_s <= 0.0 {
            return;
        }
        // Nothing is cut off at the end.
        let last_ps = self.duration_ps.saturating_sub(150_000_000);
        let mut t_ps = rng.exponential(1e12 / per_s) as u64;
        while t_ps < last_ps {
            at(t_ps, rng);
            t_ps += rng.exponential(1e12 / per_s) as u64 + 1;
        }
    }

    fn transmitter(&self, id: u64) -> Transmitter {
        let mut own = Rng::stream(self.seed, &[0xADB, 4, id]);
        let cn0_dbhz = match self.levels {
            Levels::Constant { cn0_dbhz } => cn0_dbhz,
            Levels::Disc { near_m, far_m, cn0_at_near_dbhz } => {
                let distance_m = own.range(near_m.powi(2), far_m.powi(2)).sqrt();
                cn0_at_near_dbhz - 20.0 * (distance_m / near_m).log10()
            }
        };
        let offset_hz = (own.normal().clamp(-3.0, 3.0) * self.offset_hz) as f32;
        Transmitter { cn0_dbhz, offset_hz, stretch_ppm: own.range(-self.clock_ppm, self.clock_ppm) as f32 }
    }

    fn place(&self, waveform: Waveform, start_ps: u64, from: &Transmitter, rng: &mut Rng, bursts: &mut Vec<Placed>) {
        let cn0_dbhz = from.cn0_dbhz + self.fading_db * rng.normal();
        let burst = Burst {
            waveform,
            start_ps,
            amplitude: self.frontend.amplitude_for_cn0(cn0_dbhz),
            offset_hz: from.offset_hz,
            phase: rng.range(0.0, core::f64::consts::TAU) as f32,
            stretch_ppm: from.stretch_ppm,
        };
        bursts.push(Placed { burst, cn0_dbhz, echo: false });
        if let Some(path) = self.multipath {
            let below_db = rng.range(path.below_db.0, path.below_db.1);
            let burst = Burst {
                start_ps: start_ps + (rng.range(path.delay_ns.0, path.delay_ns.1) * 1000.0) as u64,
                amplitude: burst.amplitude * 10_f32.powf(-below_db as f32 / 20.0),
                phase: rng.range(0.0, core::f64::consts::TAU) as f32,
                ..burst
            };
            bursts.push(Placed { burst, cn0_dbhz: cn0_dbhz - below_db, echo: true });
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Transmitter {
    cn0_dbhz: f64,
    offset_hz: f32,
    stretch_ppm: f32,
}

/// Garbled pairs: a strong frame and a weaker one that starts a given time away. Pairs stand well apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    pub seed: u64,
    pub frontend: Frontend,
    pub edges: Edges,
    pub count: usize,
    pub strong_cn0_dbhz: f64,
    pub weaker_by_db: f64,
    /// The weak one's start after the strong one's, uniform between these, microseconds.
    pub offset_us: (f64, f64),
    pub offset_hz: f64,
    pub clock_ppm: f64,
}

impl Pairs {
    /// 88 dB-Hz and so many decibels less, ±120 µs, 2.4 Msps, 8 bit.
    pub fn weaker_by(weaker_by_db: f64) -> Self {
        Self {
            seed: 1,
            frontend: Frontend::cu8(2_400_000, 2.5),
            edges: Edges::BandLimited { cutoff: 0.5 },
            count: 1000,
            strong_cn0_dbhz: 88.0,
            weaker_by_db,
            offset_us: (-120.0, 120.0),
            offset_hz: 100_000.0,
            clock_ppm: 50.0,
        }
    }

    /// In [`Pairs::is_strong`]'s sense, each pair has one strong and one weak frame of different addresses.
    pub fn plan(&self, content: &Content) -> Plan {
        const SPACING_PS: u64 = 1_000_000_000;
        let mut rng = Rng::stream(self.seed, &[0xADB, 5]);
        let mut bursts = Vec::with_capacity(self.count * 2);
        for i in 0..self.count as u64 {
            let strong = *rng.pick(&content.frames);
            let weak = (0..100).map(|_| *rng.pick(&content.frames)).find(|f| f.address() != strong.address()).unwrap_or(strong);
            let strong_ps = i * SPACING_PS + 500_000_000 + rng.below(1_000_000);
            let weak_ps = strong_ps.saturating_add_signed((rng.range(self.offset_us.0, self.offset_us.1) * 1e6) as i64);
            for (frame, start_ps, below_db) in [(strong, strong_ps, 0.0), (weak, weak_ps, self.weaker_by_db)] {
                let cn0_dbhz = self.strong_cn0_dbhz - below_db;
                let burst = Burst {
                    waveform: Waveform::ModeS(frame),
                    start_ps,
                    amplitude: self.frontend.amplitude_for_cn0(cn0_dbhz),
                    offset_hz: (rng.normal().clamp(-3.0, 3.0) * self.offset_hz) as f32,
                    phase: rng.range(0.0, core::f64::consts::TAU) as f32,
                    stretch_ppm: rng.range(-self.clock_ppm, self.clock_ppm) as f32,
                };
                bursts.push(Placed { burst, cn0_dbhz, echo: false });
            }
        }
        Plan::new(self.seed, self.frontend, self.edges, (self.count as u64 + 1) * SPACING_PS, bursts)
    }

    /// Whether a frame of the truth is its pair's stronger one (with equal levels, both are).
    pub fn is_strong(&self, truth: &FrameTruth) -> bool {
        self.strong_cn0_dbhz - 1e-6 <= truth.cn0_dbhz
    }
}

/// A burst and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub burst: Burst,
    pub cn0_dbhz: f64,
    /// A reflection of another burst: no frame of its own.
    pub echo: bool,
}

/// Bursts in order of time, ready to be made into samples.
#[derive(Clone, Debug)]
pub struct Plan {
    seed: u64,
    frontend: Frontend,
    edges: Edges,
    duration_ps: u64,
    bursts: Vec<Placed>,
}

impl Plan {
    /// Puts `bursts` in order of time. `seed` is the noise's.
    pub fn new(seed: u64, frontend: Frontend, edges: Edges, duration_ps: u64, mut bursts: Vec<Placed>) -> Self {
        bursts.sort_by_key(|p| p.burst.start_ps);
        Self { seed, frontend, edges, duration_ps, bursts }
    }

    pub fn bursts(&self) -> &[Placed] {
        &self.bursts
    }

    pub fn samples(&self) -> u64 {
        (u128::from(self.duration_ps) * u128::from(self.frontend.rate_sps) / u128::from(PS_PER_S)) as u64
    }

    pub fn signal(self) -> PlanSignal {
        let samples = self.samples();
        let reception = Reception::new(Modulator::new(self.frontend.rate_sps, self.edges), self.frontend.rate_sps, true);
        let (frontend, seed) = (self.frontend, self.seed);
        PlanSignal { stream: IqStream::new(Planned { plan: self, next: 0, reception }, frontend, seed, Some(samples)) }
    }

    /// All samples and all truth at once.
    pub fn render(self) -> (Vec<u8>, Vec<FrameTruth>) {
        let signal = self.signal();
        let (bytes, mut planned) = {
            let PlanSignal { stream } = signal;
            stream.collect_bytes()
        };
        planned.reception.finish();
        (bytes, core::iter::from_fn(|| planned.reception.next_truth()).collect())
    }
}

/// A plan as a stream of bytes; the same however it is cut.
#[derive(Debug)]
pub struct PlanSignal {
    stream: IqStream<Planned>,
}

impl PlanSignal {
    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        self.stream.fill(out)
    }

    /// The next frame that was on the air, up to the samples made so far.
    pub fn next_truth(&mut self) -> Option<FrameTruth> {
        self.stream.painter_mut().reception.next_truth()
    }

    /// After the end: the last frames' truth comes out too.
    pub fn finish(&mut self) {
        self.stream.painter_mut().reception.finish();
    }
}

#[derive(Debug)]
struct Planned {
    plan: Plan,
    next: usize,
    reception: Reception,
}

impl Painter for Planned {
    fn paint(&mut self, first_sample: u64, iq: &mut [f32]) {
        let end = sample_ps(self.plan.frontend.rate_sps, first_sample + iq.len() as u64 / 2);
        while let Some(placed) = self.plan.bursts.get(self.next).filter(|p| p.burst.start_ps < end) {
            if placed.echo {
                self.reception.receive_echo(placed.burst);
            } else {
                self.reception.receive(placed.burst, truth_of(&placed.burst, placed.cn0_dbhz));
            }
            self.next += 1;
        }
        self.reception.paint(first_sample, iq);
    }
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
