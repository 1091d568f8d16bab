//! The rest of the message types: data, acknowledgement, channel management (ITU-R M.1371-5 annex 8 §3). With `message` any type can be
//! sent. Bits are counted from the start of the message; a field that isn't named is sent as "not available" or 0.

use super::message::{CommState, position_a};
use super::payload::Payload;
use crate::civil::Utc;
use crate::world::ShipState;
use model::LatLon;

/// Whom and which application binary data are for, and the data themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary<'a> {
    /// Designated area code, 0–1,023, and function identifier, 0–63.
    pub application: (u16, u8),
    /// Bits of the application, as `(width, value)`.
    pub data: &'a [(u32, u32)],
}

impl Binary<'_> {
    fn put(&self, payload: Payload) -> Payload {
        let head = payload.put(10, u32::from(self.application.0)).put(6, u32::from(self.application.1));
        self.data.iter().fold(head, |payload, &(width, value)| payload.put(width, value))
    }
}

/// Message 2: a position in a slot that was assigned.
pub fn assigned_position(ship: &ShipState, second: u8, comm: CommState) -> Payload {
    position_a(2, ship, second, comm)
}

/// Message 6: data for one station. `sequence` 0–3.
pub fn addressed_binary(from: u32, sequence: u8, to: u32, binary: &Binary<'_>) -> Payload {
    binary.put(head(6, from).put(2, u32::from(sequence)).put(30, to).put(1, 0).put(1, 0))
}

/// Messages 7 (of 6) and 13 (of 12): up to four stations' messages, by MMSI and sequence number.
pub fn acknowledge(kind: u8, from: u32, messages: &[(u32, u8)]) -> Payload {
    assert!((1..=4).contains(&messages.len()), "one to four messages are acknowledged at once");
    let head = head(kind, from).put(2, 0);
    messages.iter().fold(head, |payload, &(mmsi, sequence)| payload.put(30, mmsi).put(2, u32::from(sequence)))
}

/// Message 8: data for everybody.
pub fn broadcast_binary(from: u32, binary: &Binary<'_>) -> Payload {
    binary.put(head(8, from).put(2, 0))
}

/// Message 8 with weather and water of a place (IMO SN.1/Circ.289, DAC 1 FI 31), 360 bits: what a mast of `weather` says, the rest "not
/// available".
pub fn weather_broadcast(from: u32, at: LatLon, utc: Utc, weather: &Mast) -> Payload {
    let thousandths = |deg: f64, width: u32| (width, (deg * 60_000.0).round() as i32 as u32 & ((1 << width) - 1));
    let data = [
        thousandths(at.lon_deg(), 25),
        thousandths(at.lat_deg(), 24),
        (1, 0),
        (5, utc.day.into()),
        (5, utc.hour.into()),
        (6, utc.minute.into()),
        (7, weather.wind_kt.into()),
        (7, weather.gust_kt.into()),
        (9, weather.wind_from_deg.into()),
        (9, 360),
        // Tenths of a degree, signed.
        (11, weather.temperature_dc as i32 as u32 & 0x7FF),
        (7, 101),
        (10, 501),
        (9, u32::from(weather.pressure_hpa.saturating_sub(799))),
        (2, 3),
        (8, 127),
        (12, 4_001),
        (2, 3),
        (8, 255),
        (9, 360),
        (8, 255),
        (9, 360),
        (5, 31),
        (8, 255),
        (9, 360),
        (5, 31),
        (8, 255),
        (6, 63),
        (9, 360),
        (8, 255),
        (6, 63),
        (9, 360),
        (4, 13),
        (10, 501),
        (3, 7),
        (9, 510),
        (2, 3),
        (10, 0),
    ];
    broadcast_binary(from, &Binary { application: (1, 31), data: &data })
}

/// What a mast measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mast {
    pub wind_kt: u8,
    pub gust_kt: u8,
    pub wind_from_deg: u16,
    /// Tenths of a degree Celsius.
    pub temperature_dc: i16,
    pub pressure_hpa: u16,
}

/// Message 10: what time is it with you?
pub fn utc_inquiry(from: u32, to: u32) -> Payload {
    head(10, from).put(2, 0).put(30, to).put(2, 0)
}

/// Message 12: safety-related text to one station, at most 156 characters.
pub fn addressed_safety_text(from: u32, sequence: u8, to: u32, text: &str) -> Payload {
    let cut: String = text.chars().filter(char::is_ascii).take(156).collect();
    head(12, from).put(2, u32::from(sequence)).put(30, to).put(1, 0).put(1, 0).put_text(cut.len(), &cut)
}

/// Message 15: one station is asked for one message type, in the slot `offset` slots on.
pub fn interrogation(from: u32, to: u32, message: u8, offset: u16) -> Payload {
    head(15, from).put(2, 0).put(30, to).put(6, u32::from(message)).put(12, u32::from(offset))
}

/// Message 16: slots are assigned to one station.
pub fn assignment(from: u32, to: u32, offset: u16, increment: u16) -> Payload {
    head(16, from).put(2, 0).put(30, to).put(12, u32::from(offset)).put(10, u32::from(increment)).put(4, 0)
}

/// Message 17: corrections of a reference station, as they come (M.823 words).
pub fn dgnss(from: u32, at: LatLon, words: &[u32]) -> Payload {
    let tenth_minutes = |deg: f64| (deg * 600.0).round() as i32;
    let head = head(17, from).put(2, 0).put_signed(18, tenth_minutes(at.lon_deg())).put_signed(17, tenth_minutes(at.lat_deg())).put(5, 0);
    words.iter().fold(head, |payload, &word| payload.put(24, word))
}

/// Message 20: a base station keeps slots for itself: `number` (1–15) from `offset`, for `minutes` (0–7), every `increment` slots.
pub fn reservation(from: u32, offset: u16, number: u8, minutes: u8, increment: u16) -> Payload {
    let head = head(20, from).put(2, 0).put(12, u32::from(offset)).put(4, u32::from(number));
    head.put(3, u32::from(minutes)).put(11, u32::from(increment)).put(2, 0)
}

/// North-eastern and south-western corner.
pub type Region = (LatLon, LatLon);

/// Message 22: in this region these channels (ITU-R M.1084) are used.
pub fn channel_management(from: u32, channels: (u16, u16), region: Region) -> Payload {
    let head = head(22, from).put(2, 0).put(12, u32::from(channels.0)).put(12, u32::from(channels.1)).put(4, 0).put(1, 0);
    corners(head, region).put(1, 0).put(1, 0).put(1, 0).put(3, 4).put(23, 0)
}

/// Message 23: in this region all stations of a kind report at an interval (code of §3.21), after `quiet_min` minutes of silence.
pub fn group_assignment(from: u32, region: Region, station_type: u8, interval: u8, quiet_min: u8) -> Payload {
    let head = corners(head(23, from).put(2, 0), region).put(4, u32::from(station_type)).put(8, 0).put(22, 0);
    head.put(2, 0).put(4, u32::from(interval)).put(4, u32::from(quiet_min)).put(6, 0)
}

/// Messages 25 (one slot) and 26 (up to five, with a communication state): data with an application identifier.
pub fn slot_binary(from: u32, to: Option<u32>, binary: &Binary<'_>, comm: Option<CommState>) -> Payload {
    let kind = if comm.is_some() { 26 } else { 25 };
    let head = head(kind, from).put(1, u32::from(to.is_some())).put(1, 1);
    let body = binary.put(to.map_or(head.clone(), |mmsi| head.put(30, mmsi).put(2, 0)));
    match comm {
        None => body,
        // 4 spare bits, then 0: SOTDMA.
        Some(comm) => comm.put(body.put(4, 0).put(1, 0)),
    }
}

/// Message 28: an aid to navigation in one slot, as receivers in the field read it.
pub fn aid_short(mmsi: u32, at: LatLon, second: u8, aid_type: u8) -> Payload {
    let ten_thousandths = |deg: f64| (deg * 600_000.0).round() as i32;
    let head = head(28, mmsi).put(6, u32::from(second)).put_signed(28, ten_thousandths(at.lon_deg()));
    let body = head.put_signed(27, ten_thousandths(at.lat_deg())).put(2, 0).put(3, 0).put(7, u32::from(aid_type)).put(17, 0);
    body.put(4, 0).put(9, 0).put(11, 0).put(1, 0).put(1, 0).put(4, 0).put(8, 0).put(1, 0).put(1, 0)
}

/// Corners in 1/10 minute, longitude first.
fn corners(payload: Payload, (ne, sw): Region) -> Payload {
    let tenth_minutes = |deg: f64| (deg * 600.0).round() as i32;
    [ne, sw]
        .iter()
        .fold(payload, |payload, at| payload.put_signed(18, tenth_minutes(at.lon_deg())).put_signed(17, tenth_minutes(at.lat_deg())))
}

fn head(kind: u8, mmsi: u32) -> Payload {
    Payload::default().put(6, u32::from(kind)).put(2, 0).put(30, mmsi)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths that the specification gives (annex 8 table 46).
    #[test]
    fn each_type_is_as_long_as_it_should_be() {
        let (base, ship) = (2_442_000, 244_660_123);
        let at = |lat, lon| LatLon::from_degrees(lat, lon).unwrap();
        let region = (at(53.0, 5.0), at(52.0, 4.0));
        let comm = CommState { slot: 77, timeout: 2 };
        let mast = Mast { wind_kt: 12, gust_kt: 20, wind_from_deg: 270, temperature_dc: -15, pressure_hpa: 1_013 };
        let binary = Binary { application: (1, 40), data: &[(13, 12), (3, 0)] };
        for (payload, kind, bits) in [
            (addressed_binary(base, 1, ship, &binary), 6, 104),
            (acknowledge(7, base, &[(ship, 1)]), 7, 72),
            (acknowledge(13, base, &[(ship, 1); 4]), 13, 168),
            (broadcast_binary(base, &binary), 8, 72),
            (utc_inquiry(base, ship), 10, 72),
            (addressed_safety_text(base, 0, ship, "GALE"), 12, 96),
            (interrogation(base, ship, 5, 0), 15, 88),
            (assignment(base, ship, 300, 45), 16, 96),
            (dgnss(base, at(52.0, 4.0), &[1, 2]), 17, 128),
            (reservation(base, 900, 5, 7, 225), 20, 72),
            (channel_management(base, (2087, 2088), region), 22, 168),
            (group_assignment(base, region, 6, 9, 0), 23, 160),
            (slot_binary(base, None, &binary, None), 25, 72),
            (slot_binary(base, Some(ship), &binary, Some(comm)), 26, 128),
            (weather_broadcast(base, at(52.0, 4.0), Utc::of_micros(0), &mast), 8, 360),
            (aid_short(992_441_234, at(52.0, 4.0), 60, 20), 28, 168),
        ] {
            assert_eq!(payload.bits(), bits, "type {kind}");
            assert_eq!(payload.as_bytes()[0] >> 2, kind);
        }
    }
}
