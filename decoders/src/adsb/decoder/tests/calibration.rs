//! Is a register that is told with 97 % right 97 times in a hundred? Replies of a real flight are inferred from their own bits and altitude
//! alone; the truth is what the same aircraft broadcast by ADS-B within seconds, which the inference was not given.
//!
//! ```text
//!   5,0  speed within 12 kt and track within 6° of the broadcast velocity          2,0  the broadcast callsign
//!   6,0  a vertical rate within 400 ft/min of it, and heading within 35° of track  4,0  an altitude within 32 ft of the broadcast selection
//! ```

use super::golden::long_flight;
use super::*;
use crate::adsb::comm_b::{Context, Register, infer, registers};
use crate::adsb::message::{Reply, ident};
use crate::bits::Bits;
use model::ShortText;
use std::collections::HashMap;

/// What an aircraft broadcast last, and when.
#[derive(Clone, Copy, Default)]
struct Broadcast {
    velocity: Option<(UnixMicros, f64, f64, i32)>,
    selected: Option<(UnixMicros, i32)>,
    callsign: Option<ShortText<9>>,
}

const VELOCITY_MICROS: i64 = 2_000_000;
const SELECTED_MICROS: i64 = 5_000_000;

impl Broadcast {
    fn hear(&mut self, me: &Me, at: UnixMicros) {
        match me {
            Me::Identification(id) => self.callsign = id.callsign.or(self.callsign),
            Me::Velocity(v) => {
                if let ((Some(speed), Some(track)), Some((_, fpm))) = (v.motion.over_ground(), v.vertical_rate_fpm) {
                    self.velocity = Some((at, speed.knots(), track.degrees(), fpm));
                }
            }
            Me::Target(t) => self.selected = t.intent.panel_alt_ft.or(t.intent.fms_alt_ft).map(|ft| (at, ft)).or(self.selected),
            _ => {}
        }
    }

    /// `None`: nothing to judge by.
    fn agrees(&self, register: Register, mb: Bits<56>, at: UnixMicros) -> Option<bool> {
        let velocity = self.velocity.filter(|v| at.micros_since(v.0).abs() <= VELOCITY_MICROS);
        let off_deg = |a: f64, b: f64| ((a - b + 540.0).rem_euclid(360.0) - 180.0).abs();
        match register {
            Register::TrackAndTurn => {
                let ((_, kt, deg, _), air) = (velocity?, registers::track_and_turn(mb));
                Some((air.ground_speed?.knots() - kt).abs() <= 12.0 && off_deg(air.track?.degrees(), deg) <= 6.0)
            }
            Register::HeadingAndSpeed => {
                let ((_, _, deg, fpm), air) = (velocity?, registers::heading_and_speed(mb));
                let rates = [air.baro_rate_fpm, air.inertial_rate_fpm];
                let rate = rates.iter().flatten().any(|rate| (rate - fpm).abs() <= 400);
                Some(rate && off_deg(air.magnetic_heading?.degrees(), deg) <= 35.0)
            }
            Register::Selected => {
                let (then, feet) = self.selected?;
                let intent = registers::selected(mb);
                let said = [intent.panel_alt_ft, intent.fms_alt_ft];
                let near = said.iter().flatten().any(|ft| (ft - feet).abs() <= 32);
                (at.micros_since(then).abs() <= SELECTED_MICROS && said.iter().any(Option::is_some)).then_some(near)
            }
            Register::Identification => Some(ident::callsign(mb)? == self.callsign?),
            _ => None,
        }
    }
}

/// Lower ends of the bins, percent.
const BINS: [u8; 6] = [0, 50, 80, 95, 98, 100];

/// (right, judged) for each register and bin.
fn reliability() -> Option<HashMap<(Register, usize), (u32, u32)>> {
    let (mut sky, mut table) = (HashMap::<u32, Broadcast>::new(), HashMap::new());
    for heard in long_flight()? {
        let Ok(message) = Message::parse(&heard.bytes) else { continue };
        let broadcast = sky.entry(message.address.get()).or_default();
        match &message.body {
            Body::Squitter { me, .. } => broadcast.hear(me, heard.at),
            Body::Surveillance { comm_b: Some(mb), reply, .. } => {
                let alt_ft = if let Reply::Altitude(feet) = reply { *feet } else { None };
                let Some(inference) = infer(*mb, &Context { alt_ft, ..Context::default() }) else { continue };
                let Some(right) = broadcast.agrees(inference.register, *mb, heard.at) else { continue };
                let bin = BINS.iter().rposition(|&low| low <= inference.probability_percent).expect("the first is 0");
                let cell = table.entry((inference.register, bin)).or_insert((0, 0));
                cell.0 += u32::from(right);
                cell.1 += 1;
            }
            _ => {}
        }
    }
    Some(table)
}

/// What is told (95 % and more) is right at least that often. (What is less likely is too rare here to judge: 6 of 41,208.)
#[test]
fn probabilities_are_what_they_say() {
    let Some(table) = reliability() else { return };
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|((register, bin), _)| (register.bds(), *bin));
    for ((register, bin), (right, judged)) in &rows {
        println!("{register:?} {:>3} %: {right} of {judged} right, {:.2} %", BINS[*bin], 100.0 * f64::from(*right) / f64::from(*judged));
    }
    for ((register, bin), (right, judged)) in rows.iter().filter(|((_, bin), _)| 95 <= BINS[*bin]) {
        assert!(u32::from(BINS[*bin].min(99)) * judged <= 100 * right, "{register:?} told with {} %: {right} of {judged}", BINS[*bin]);
    }
    let told = rows.iter().filter(|((_, bin), _)| 95 <= BINS[*bin]).fold((0, 0), |sum, (_, cell)| (sum.0 + cell.0, sum.1 + cell.1));
    assert!(40_000 < told.1 && 999 * told.1 <= 1000 * told.0, "{told:?}");
}
