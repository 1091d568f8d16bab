//! Laboratory signals: slots filled with messages at given levels, offsets and timing, and collisions.
//!
//! Calibration: Eb/N0 as in [`super::gmsk`]: energy of one bit (amplitude² / 9,600) over noise density.

use super::gmsk::{AisBurst, BIT_RATE, Channel, EBN0_TO_CN0_DB, Levels, Modulator, Shape};
use super::message::{CommState, position_a, position_b, static_a, static_b_name};
use super::payload::Payload;
use super::truth::AisTruth;
use super::{RAMP_PS, slot_ps};
use crate::air::{PS_PER_S, Planned};
use crate::iq::Frontend;
use crate::rng::Rng;
use crate::world::{World, WorldConfig};
use std::sync::Arc;

/// Between the two channels.
pub const CENTER_HZ: u64 = 162_000_000;

/// Slots filled at random.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub frontend: Frontend,
    pub center_hz: u64,
    pub seconds: u64,
    /// Share of each channel's slots in which a burst starts.
    pub load: f64,
    /// Uniform between these.
    pub ebn0_db: (f64, f64),
    /// Carrier offsets are `offset_hz.0` ± `offset_hz.1`, uniform, drawn for each burst.
    pub offset_hz: (f64, f64),
    pub drift_hz_per_s: f64,
    /// Deviation of the start from the slot's, in bits.
    pub jitter_bits: f64,
    /// Clock errors are uniform within ± this.
    pub clock_ppm: f64,
    pub shape: Shape,
    /// Share of bursts whose training sequence begins with 1.
    pub begins_with_one: f64,
    /// What is said, taken in turn at random. More than one slot long is fine: the next slots then stay free.
    pub payloads: Vec<Payload>,
    /// A second, weaker burst in the same slot.
    pub collision: Option<Collision>,
    /// Every slot of the channel between A and B, 25 kHz from either, is used; this much over the wanted ones, decibels.
    pub neighbour_db: Option<f64>,
}

/// A weaker burst over each burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collision {
    /// Strong over weak, decibels.
    pub c_over_i_db: f64,
    /// The weak one's start after the strong one's, uniform between these, in bits.
    pub offset_bits: (f64, f64),
}

impl Scenario {
    /// One point of a sensitivity curve: single-slot messages, half the slots, ±500 Hz, cu8 at 1.536 Msps with σ = 12 LSB.
    pub fn sensitivity(ebn0_db: f64) -> Self {
        Self {
            seed: 1,
            frontend: Frontend::cu8(1_536_000, 12.0),
            center_hz: CENTER_HZ,
            seconds: 16,
            load: 0.5,
            ebn0_db: (ebn0_db, ebn0_db),
            offset_hz: (0.0, 500.0),
            drift_hz_per_s: 0.0,
            jitter_bits: 0.0,
            clock_ppm: 0.0,
            shape: Shape::default(),
            begins_with_one: 0.5,
            payloads: positions(200),
            collision: None,
            neighbour_db: None,
        }
    }

    /// Noise alone, for false messages.
    pub fn noise() -> Self {
        Self { load: 0.0, ..Self::sensitivity(0.0) }
    }

    pub fn samples(&self) -> u64 {
        self.seconds * u64::from(self.frontend.rate_sps)
    }

    /// Draws the bursts.
    pub fn plan(&self) -> Planned<AisBurst, Modulator, AisTruth> {
        let mut bursts = Vec::new();
        for channel in [Channel::A, Channel::B] {
            let mut rng = Rng::stream(self.seed, &[0xA15, u64::from(channel.letter() as u32)]);
            let mut free_from_ps = 0;
            // The last burst ends within the signal.
            let slots = self.seconds * 2250 / 60 - 6;
            for slot in 1..slots {
                if !rng.chance(self.load) || slot_ps(slot) < free_from_ps {
                    continue;
                }
                let payload = rng.pick(&self.payloads).clone();
                let jitter_ps = (self.jitter_bits * rng.normal() / BIT_RATE * PS_PER_S as f64) as i64;
                let start_ps = (slot_ps(slot) + RAMP_PS).saturating_add_signed(jitter_ps);
                let ebn0_db = rng.range(self.ebn0_db.0, self.ebn0_db.1);
                let first = self.burst(&mut rng, payload, channel, start_ps, ebn0_db);
                free_from_ps = crate::air::Transmission::end_ps(&first.burst);
                if let Some(collision) = self.collision {
                    let later = rng.range(collision.offset_bits.0, collision.offset_bits.1) / BIT_RATE * PS_PER_S as f64;
                    let payload = rng.pick(&self.payloads).clone();
                    let start_ps = start_ps.saturating_add_signed(later as i64);
                    let weak = self.burst(&mut rng, payload, channel, start_ps, ebn0_db - collision.c_over_i_db);
                    bursts.push((weak.burst.clone(), Some(weak)));
                }
                bursts.push((first.burst.clone(), Some(first)));
            }
        }
        if let Some(over_db) = self.neighbour_db {
            self.neighbour(over_db, &mut bursts);
        }
        Planned::new(bursts, Modulator::new(self.frontend.rate_sps, self.center_hz), self.frontend.rate_sps)
    }

    /// Bursts one behind the other that nobody is meant to hear.
    fn neighbour(&self, over_db: f64, bursts: &mut Vec<(AisBurst, Option<AisTruth>)>) {
        let mut rng = Rng::stream(self.seed, &[0xA15, 0x25]);
        for slot in 0..self.seconds * 2250 / 60 {
            let payload = rng.pick(&self.payloads).clone();
            let truth = self.burst(&mut rng, payload, Channel::A, slot_ps(slot), self.ebn0_db.1 + over_db);
            bursts.push((AisBurst { offset_hz: truth.burst.offset_hz + 25_000.0, ..truth.burst }, None));
        }
    }

    /// All samples and all truth.
    pub fn render(&self) -> (Vec<u8>, Vec<AisTruth>) {
        self.plan().render(self.frontend, self.seed, self.samples())
    }

    fn burst(&self, rng: &mut Rng, payload: Payload, channel: Channel, start_ps: u64, ebn0_db: f64) -> AisTruth {
        let begins_with_one = rng.chance(self.begins_with_one);
        let levels = if begins_with_one { Levels::beginning_with_one(&payload) } else { Levels::of(&payload) };
        let burst = AisBurst {
            levels: Arc::new(levels),
            start_ps,
            channel,
            amplitude: self.frontend.amplitude_for_cn0(ebn0_db + EBN0_TO_CN0_DB),
            offset_hz: self.offset_hz.0 + self.offset_hz.1 * rng.range(-1.0, 1.0),
            drift_hz_per_s: self.drift_hz_per_s,
            phase: rng.range(0.0, core::f64::consts::TAU),
            stretch_ppm: rng.range(-self.clock_ppm, self.clock_ppm),
            shape: self.shape,
        };
        AisTruth::new(burst, payload, ebn0_db)
    }
}

/// Position reports (types 1 and 18) of `count` ships.
pub fn positions(count: u32) -> Vec<Payload> {
    ships(count, |ship, i| {
        let comm = CommState { slot: (i * 37 % 2250) as u16, timeout: (i % 8) as u8 };
        if ship.class_b { position_b(ship, (i % 60) as u8) } else { position_a(1, ship, (i % 60) as u8, comm) }
    })
}

/// Two-slot static reports (type 5) and class B names (type 24) of `count` ships.
pub fn statics(count: u32) -> Vec<Payload> {
    ships(count, |ship, _| if ship.class_b { static_b_name(ship) } else { static_a(ship, (11, 23, 12, 30)) })
}

fn ships(count: u32, say: impl Fn(&crate::world::ShipState, usize) -> Payload) -> Vec<Payload> {
    let world = World::new(WorldConfig { ships: count, ..WorldConfig::default() });
    (0..world.sea().ship_count()).map(|i| say(&world.sea().ship_at(i, i as i64 * 77_000_000), i)).collect()
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
