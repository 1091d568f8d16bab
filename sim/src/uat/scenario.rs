//! Laboratory signals: random frames at given levels, offsets, clocks and shapes, and collisions.
//!
//! Calibration: Eb/N0 as in [`super::modulate`].

use super::frame::{FrameKind, UatFrame};
use super::modulate::{EBN0_TO_CN0_DB, Levels, Modulator, Shape, UatBurst};
use super::truth::UatTruth;
use crate::air::{PS_PER_S, Planned};
use crate::iq::Frontend;
use crate::rng::Rng;
use core::f64::consts::TAU;
use std::sync::Arc;

/// Frames one after another, each in a window of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub frontend: Frontend,
    pub frames: usize,
    pub kind: FrameKind,
    /// Uniform between these.
    pub ebn0_db: (f64, f64),
    /// Carrier offsets are uniform within ± this, drawn for each burst.
    pub offset_hz: f64,
    /// Clock errors are uniform within ± this.
    pub clock_ppm: f64,
    pub shape: Shape,
    /// A second burst over each.
    pub collision: Option<Collision>,
}

/// A weaker burst over each burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collision {
    /// Strong over weak, decibels.
    pub c_over_i_db: f64,
    /// The weak one starts so long after the strong one, uniform, microseconds.
    pub offset_us: (f64, f64),
}

impl Scenario {
    /// One point of a sensitivity curve: ±20 kHz, ±20 ppm, cu8 at 2.083334 Msps with σ = 10 LSB.
    pub fn sensitivity(kind: FrameKind, ebn0_db: f64, frames: usize) -> Self {
        Self {
            seed: 1,
            frontend: Frontend::cu8(2_083_334, 10.0),
            frames,
            kind,
            ebn0_db: (ebn0_db, ebn0_db),
            offset_hz: 20_000.0,
            clock_ppm: 20.0,
            shape: Shape::default(),
            collision: None,
        }
    }

    /// From burst to burst.
    const fn spacing_us(&self) -> u64 {
        match self.kind {
            FrameKind::Uplink => 5_500,
            _ => 1_000,
        }
    }

    pub fn samples(&self) -> u64 {
        (self.frames as u64 + 12) * self.spacing_us() * u64::from(self.frontend.rate_sps) / 1_000_000
    }

    /// Draws the bursts.
    pub fn plan(&self) -> Planned<UatBurst, Modulator, UatTruth> {
        let mut rng = Rng::stream(self.seed, &[0x0A7, self.kind.bits() as u64]);
        let mut bursts = Vec::new();
        for i in 0..self.frames as u64 {
            let start_us = (i + 1) as f64 * self.spacing_us() as f64 + rng.range(0.0, 100.0);
            let ebn0_db = rng.range(self.ebn0_db.0, self.ebn0_db.1);
            bursts.push(self.burst(&mut rng, start_us, ebn0_db));
            if let Some(collision) = self.collision {
                let start_us = start_us + rng.range(collision.offset_us.0, collision.offset_us.1);
                bursts.push(self.burst(&mut rng, start_us, ebn0_db - collision.c_over_i_db));
            }
        }
        let bursts = bursts.into_iter().map(|truth| (truth.burst.clone(), Some(truth))).collect();
        Planned::new(bursts, Modulator::new(self.frontend.rate_sps), self.frontend.rate_sps)
    }

    /// Bytes and truth.
    pub fn render(&self) -> (Vec<u8>, Vec<UatTruth>) {
        self.plan().render(self.frontend, self.seed, self.samples())
    }

    fn burst(&self, rng: &mut Rng, start_us: f64, ebn0_db: f64) -> UatTruth {
        let frame = random_frame(rng, self.kind);
        let burst = UatBurst {
            levels: Arc::new(Levels::of(&frame)),
            start_ps: (start_us * (PS_PER_S / 1_000_000) as f64) as u64,
            amplitude: self.frontend.amplitude_for_cn0(ebn0_db + EBN0_TO_CN0_DB),
            offset_hz: self.offset_hz * rng.range(-1.0, 1.0),
            phase: rng.range(0.0, TAU),
            stretch_ppm: self.clock_ppm * rng.range(-1.0, 1.0),
            shape: self.shape,
        };
        UatTruth::new(burst, frame, ebn0_db)
    }
}

/// Random content with a header that fits the length.
pub fn random_frame(rng: &mut Rng, kind: FrameKind) -> UatFrame {
    let mut payload: Vec<u8> = (0..kind.payload_bytes()).map(|_| rng.below(256) as u8).collect();
    let qualifier = rng.below(7) as u8;
    match kind {
        FrameKind::Basic => payload[0] = qualifier,
        FrameKind::Long => payload[0] = (1 + rng.below(3) as u8) << 3 | qualifier,
        FrameKind::Uplink => {}
    }
    UatFrame::new(&payload).expect("made to fit")
}
