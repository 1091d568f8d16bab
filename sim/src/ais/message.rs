//! AIS messages from the state of ships and shore (ITU-R M.1371-5 annex 8). Values outside a field's range are sent as
//! "not available" or saturated, as the tables say.

use super::payload::Payload;
pub use crate::civil::Utc;
use crate::world::{AtonState, ShipState};
use model::LatLon;

/// What goes into the 19 bits of communication state of messages 1, 2, 4, 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommState {
    /// The slot in use, 0–2,249.
    pub slot: u16,
    /// Frames (minutes) for which it stays reserved, 0–7.
    pub timeout: u8,
}

impl CommState {
    /// Annex 2 §3.3.7.2: synchronised to UTC; even timeouts carry the slot number, odd ones the number of stations received.
    pub(super) fn put(self, payload: Payload) -> Payload {
        let (timeout, sub) = match self.timeout.min(7) {
            0 => (0, 0),
            t @ (2 | 4 | 6) => (t, u32::from(self.slot)),
            1 => (1, 12 << 9 | 30 << 2),
            t => (t, 20),
        };
        payload.put(2, 0).put(3, u32::from(timeout)).put(14, sub)
    }
}

/// Messages 1 to 3, class A position. `kind` 1 (scheduled), 2 (assigned) or 3 (answer to interrogation); `second` of UTC.
pub fn position_a(kind: u8, ship: &ShipState, second: u8, comm: CommState) -> Payload {
    let turn = rate_of_turn(ship.turn_deg_per_min);
    let head = head(kind, ship.mmsi).put(4, u32::from(ship.nav_status)).put_signed(8, turn).put(10, speed10(ship.speed_kt)).put(1, 1);
    let body = place28(head, ship.at).put(12, tenths(ship.course_deg)).put(9, whole(ship.heading_deg)).put(6, u32::from(second));
    let body = body.put(2, 0).put(3, 0).put(1, 0);
    if kind == 3 {
        // Annex 2 §3.3.7.3.2 (ITDMA): no further slot, one slot, not kept.
        return body.put(2, 0).put(13, 0).put(3, 0).put(1, 0);
    }
    comm.put(body)
}

/// Messages 4 (base station) and 11 (answer).
pub fn base_station(kind: u8, mmsi: u32, at: LatLon, utc: Utc, comm: CommState) -> Payload {
    let head = head(kind, mmsi).put(14, u32::from(utc.year)).put(4, u32::from(utc.month)).put(5, u32::from(utc.day));
    let head = head.put(5, u32::from(utc.hour)).put(6, u32::from(utc.minute)).put(6, u32::from(utc.second)).put(1, 1);
    comm.put(place28(head, at).put(4, 7).put(1, 0).put(9, 0).put(1, 0))
}

/// Message 5, class A static and voyage data. `eta` is month, day, hour, minute.
pub fn static_a(ship: &ShipState, eta: (u8, u8, u8, u8)) -> Payload {
    let head = head(5, ship.mmsi).put(2, 2).put(30, ship.imo).put_text(7, ship.callsign.as_str()).put_text(20, ship.name.as_str());
    let body = dimensions(head.put(8, u32::from(ship.ship_type)), ship.dimensions_m).put(4, 1);
    let body = body.put(4, u32::from(eta.0)).put(5, u32::from(eta.1)).put(5, u32::from(eta.2)).put(6, u32::from(eta.3));
    body.put(8, u32::from(ship.draught_dm)).put_text(20, ship.destination.as_str()).put(1, 0).put(1, 0)
}

/// Message 9, a search and rescue aircraft (whole knots, metres).
pub fn sar_aircraft(aircraft: &ShipState, alt_m: u32, second: u8, comm: CommState) -> Payload {
    let speed = (aircraft.speed_kt.round() as u32).min(1022);
    let head = head(9, aircraft.mmsi).put(12, alt_m.min(4094)).put(10, speed).put(1, 1);
    let body = place28(head, aircraft.at).put(12, tenths(aircraft.course_deg)).put(6, u32::from(second)).put(1, 0).put(7, 0).put(1, 0);
    comm.put(body.put(3, 0).put(1, 0).put(1, 0).put(1, 0))
}

/// Message 14, safety-related text to all, at most 161 characters.
pub fn safety_text(mmsi: u32, text: &str) -> Payload {
    let cut: String = text.chars().filter(char::is_ascii).take(161).collect();
    head(14, mmsi).put(2, 0).put_text(cut.len(), &cut)
}

/// Message 18, class B position (carrier-sense units).
pub fn position_b(ship: &ShipState, second: u8) -> Payload {
    let head = head(18, ship.mmsi).put(8, 0).put(10, speed10(ship.speed_kt)).put(1, 1);
    let body = place28(head, ship.at).put(12, tenths(ship.course_deg)).put(9, whole(ship.heading_deg)).put(6, u32::from(second));
    // Carrier sense: the communication state is the fixed pattern of annex 8 §3.16.
    body.put(2, 0).put(1, 1).put(1, 0).put(1, 1).put(1, 1).put(1, 0).put(1, 0).put(1, 0).put(1, 1).put(19, 0x6_0006)
}

/// Message 19, class B position with name and size (two slots).
pub fn extended_b(ship: &ShipState, second: u8) -> Payload {
    let head = head(19, ship.mmsi).put(8, 0).put(10, speed10(ship.speed_kt)).put(1, 1);
    let body = place28(head, ship.at).put(12, tenths(ship.course_deg)).put(9, whole(ship.heading_deg)).put(6, u32::from(second));
    let body = body.put(4, 0).put_text(20, ship.name.as_str()).put(8, u32::from(ship.ship_type));
    dimensions(body, ship.dimensions_m).put(4, 1).put(1, 0).put(1, 1).put(1, 0).put(4, 0)
}

/// Message 21, aid to navigation (without a name extension).
pub fn aid_to_navigation(aton: &AtonState, second: u8, off_position: bool) -> Payload {
    let head = head(21, aton.mmsi).put(5, u32::from(aton.kind)).put_text(20, aton.name.as_str()).put(1, 1);
    let body = dimensions(place28(head, aton.at), [1, 1, 1, 1]).put(4, 1).put(6, u32::from(second));
    body.put(1, u32::from(off_position)).put(8, 0).put(1, 0).put(1, 0).put(1, 0).put(1, 0)
}

/// Message 24 part A: the name.
pub fn static_b_name(ship: &ShipState) -> Payload {
    head(24, ship.mmsi).put(2, 0).put_text(20, ship.name.as_str())
}

/// Message 24 part B: type, vendor, callsign, size.
pub fn static_b_rest(ship: &ShipState) -> Payload {
    let head = head(24, ship.mmsi).put(2, 1).put(8, u32::from(ship.ship_type)).put_text(3, "SIM").put(4, 1).put(20, 1);
    dimensions(head.put_text(7, ship.callsign.as_str()), ship.dimensions_m).put(4, 1).put(2, 0)
}

/// Message 27, long range (96 bits).
pub fn long_range(ship: &ShipState) -> Payload {
    let head = head(27, ship.mmsi).put(1, 1).put(1, 0).put(4, u32::from(ship.nav_status));
    let (lat, lon) = (ship.at.lat_deg() * 600.0, ship.at.lon_deg() * 600.0);
    let body = head.put_signed(18, lon.round() as i32).put_signed(17, lat.round() as i32);
    body.put(6, (ship.speed_kt.round() as u32).min(62)).put(9, ship.course_deg.round() as u32 % 360).put(1, 0).put(1, 0)
}

fn head(kind: u8, mmsi: u32) -> Payload {
    Payload::default().put(6, u32::from(kind)).put(2, 0).put(30, mmsi)
}

/// Longitude then latitude in 1/10,000 minute.
fn place28(payload: Payload, at: LatLon) -> Payload {
    let minutes = |deg: f64| (deg * 600_000.0).round() as i32;
    payload.put_signed(28, minutes(at.lon_deg())).put_signed(27, minutes(at.lat_deg()))
}

/// Tenths of a knot; 1,022 means 102.2 kt or more.
fn speed10(kt: f64) -> u32 {
    ((kt * 10.0).round().max(0.0) as u32).min(1022)
}

fn tenths(deg: f64) -> u32 {
    (deg * 10.0).round() as u32 % 3600
}

fn whole(deg: f64) -> u32 {
    deg.round() as u32 % 360
}

/// 4.733·√(degrees per minute) with its sign (annex 8 table 47).
fn rate_of_turn(deg_per_min: f64) -> i32 {
    ((4.733 * deg_per_min.abs().sqrt()).round().min(126.0) as i32) * if deg_per_min < 0.0 { -1 } else { 1 }
}

/// Bow 9, stern 9, port 6, starboard 6 bits.
fn dimensions(payload: Payload, m: [u16; 4]) -> Payload {
    let at_most = |value: u16, top: u32| u32::from(value).min(top);
    payload.put(9, at_most(m[0], 511)).put(9, at_most(m[1], 511)).put(6, at_most(m[2], 63)).put(6, at_most(m[3], 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{World, WorldConfig};

    #[test]
    fn messages_are_as_long_as_the_specification_says() {
        let world = World::new(WorldConfig::default());
        let ship = world.sea().ship_at(0, 0);
        let comm = CommState { slot: 2249, timeout: 2 };
        let utc = Utc { year: 2026, month: 11, day: 23, hour: 1, minute: 2, second: 3 };
        for (payload, kind, bits) in [
            (position_a(1, &ship, 5, comm), 1, 168),
            (position_a(3, &ship, 5, comm), 3, 168),
            (base_station(4, 2_442_000, ship.at, utc, comm), 4, 168),
            (base_station(11, 2_442_000, ship.at, utc, comm), 11, 168),
            (static_a(&ship, (11, 23, 12, 30)), 5, 424),
            (sar_aircraft(&ship, 300, 5, comm), 9, 168),
            (safety_text(ship.mmsi, "SART TEST"), 14, 40 + 54),
            (position_b(&ship, 5), 18, 168),
            (extended_b(&ship, 5), 19, 312),
            (aid_to_navigation(&world.sea().atons()[0], 5, false), 21, 272),
            (static_b_name(&ship), 24, 160),
            (static_b_rest(&ship), 24, 168),
            (long_range(&ship), 27, 96),
        ] {
            assert_eq!((payload.kind(), payload.bits()), (kind, bits));
        }
    }

    #[test]
    fn a_real_ships_report_comes_out() {
        // 15RTgt0PAso;90TKcjM8h6g208CQ: MMSI 371798000, status 0, turn −127, 12.3 kt, 123.3954 W 48.3816 N, 224.0°, heading 215, second 33.
        let state = World::new(WorldConfig::default()).sea().ship_at(0, 0);
        let ship = ShipState {
            mmsi: 371_798_000,
            nav_status: 0,
            speed_kt: 12.3,
            at: LatLon::from_degrees(48.381_633_3, -123.395_383_3).unwrap(),
            course_deg: 224.0,
            heading_deg: 215.0,
            ..state
        };
        let ours = position_a(1, &ship, 33, CommState { slot: 0, timeout: 0 });
        let real = Payload::from_armour("15RTgt0PAso;90TKcjM8h6g208CQ", 0).unwrap();
        // All but the rate of turn (bits 42–49), the manoeuvre bits and the communication state.
        let same = (0..143).filter(|i| !(42..50).contains(i)).all(|i| ours.bit(i) == real.bit(i));
        assert!(same, "{:?}", ours.armoured());
    }
}
