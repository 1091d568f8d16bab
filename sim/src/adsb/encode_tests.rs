//! Published frames (textbook examples that every decoder is tried on) must come out of the encoders bit for bit.

use super::*;
use crate::adsb::{ModeS, Register};
use crate::world::{World, WorldConfig};
use model::{LatLon, ShortText};

fn somebody() -> AircraftState {
    let mut world = World::new(WorldConfig::default());
    AircraftState { emergency: false, on_ground: false, ..world.aircraft_at(1, 0) }
}

fn me(frame: &str) -> u64 {
    let bytes = ModeS::from_hex(frame).unwrap();
    bytes.as_slice()[4..11].iter().fold(0, |word, b| word << 8 | u64::from(*b))
}

#[test]
fn identification_is_klm1023() {
    let state = AircraftState { callsign: ShortText::new("KLM1023").unwrap(), category: (b'A', 0), ..somebody() };
    assert_eq!(identification(&state), me("8d4840d6202cc371c32ce0576098"));
    let state = AircraftState { address: 0x4840d6, ..state };
    assert_eq!(squitter(&state, identification(&state)).hex(), "8d4840d6202cc371c32ce0576098");
    let state = AircraftState { category: (b'C', 2), ..state };
    assert_eq!(identification(&state) >> 48, 2 << 3 | 2);
}

#[test]
fn airborne_position_is_at_38_000_ft() {
    let at = LatLon::from_degrees(52.257_202_148_4, 3.919_372_558_6).unwrap();
    let state = AircraftState { at, alt_ft: 38_000, ..somebody() };
    assert_eq!(airborne_position(&state, CprFormat::Even), me("8d40621d58c382d690c8ac2863a7"));
}

#[test]
fn surface_position_is_taxiing_at_17_kt() {
    let at = LatLon::from_degrees(52.320_561, 4.735_735).unwrap();
    let state = AircraftState { at, on_ground: true, ground_speed_kt: 17.0, track_deg: 92.8125, ..somebody() };
    assert_eq!(surface_position(&state, CprFormat::Odd), me("8c4841753a9a153237aef0f275be"));
}

#[test]
fn velocity_is_159_kt_over_182_88_degrees() {
    let state =
        AircraftState { ground_speed_kt: 159.2, track_deg: 182.88, vertical_rate_fpm: -832.0, geom_minus_baro_ft: 550, ..somebody() };
    // Our NACv is 2 and our vertical rate barometric; the example's are 0 and geometric.
    let ours = 0b0_0111_u64 << 43 | 1 << 20 | 1 << 46;
    assert_eq!(ground_velocity(&state) & !ours, me("8d485020994409940838175b284f") & !ours);
}

#[test]
fn replies_carry_altitude_and_identity() {
    assert_eq!(altitude13(36_000), 0x1718); // 20001718029fcd
    // 2a00516d492b80 has the unused X bit set.
    assert_eq!(identity13(356) | 0x40, 0x116d);
    assert_eq!((altitude12(-1025), altitude12(50_200), altitude12(-1000)), (0, 0, 0x10));
    let state = AircraftState { squawk: 356, alt_ft: 36_000, ..somebody() };
    for frame in [altitude_reply(&state), identity_reply(&state), acas_short(&state), acas_long(&state)] {
        assert_eq!(frame.address(), state.address, "{frame}");
    }
    assert_eq!(elm_segment(0x4840d6, 3, [0xAB; 10]).address(), 0x4840d6);
}

#[test]
fn registers_match_published_replies() {
    let state = AircraftState { callsign: ShortText::new("KLM1017").unwrap(), selected_alt_ft: 3008, qnh_hpa: 1020.0, ..somebody() };
    assert_eq!(Register::Identification.encode(&state), me("a000083e202cc371c31de0aa1ccf"));
    // The example also has a flight management altitude, which we leave out.
    let fms = 0x1FFF_u64 << 30;
    assert_eq!(Register::VerticalIntention.encode(&state) & !fms, me("a000029c85e42f313000007047d3") & !fms);
    let state = AircraftState {
        roll_deg: 2.109,
        track_deg: 114.258,
        ground_speed_kt: 438.0,
        turn_rate_deg_s: 0.125,
        true_airspeed_kt: 424.0,
        ..state
    };
    assert_eq!(Register::TrackAndTurn.encode(&state), me("a000139381951536e024d4ccf6b5"));
    let state = AircraftState { heading_deg: 42.715, indicated_airspeed_kt: 252.0, mach: 0.42, vertical_rate_fpm: -1920.0, ..state };
    assert_eq!(Register::HeadingAndSpeed.encode(&state), me("a00004128f39f91a7e27c46adc21"));
}

#[test]
fn movement_covers_its_bands() {
    for (kt, code) in [
        (0.0, 1),
        (0.125, 2),
        (1.0, 9),
        (2.0, 13),
        (14.9, 38),
        (15.0, 39),
        (17.0, 41),
        (70.0, 94),
        (100.0, 109),
        (174.0, 123),
        (175.0, 124),
    ] {
        assert_eq!(movement(kt), code, "{kt}");
    }
}

#[test]
fn every_state_of_the_world_can_be_encoded() {
    let mut world = World::new(WorldConfig { aircraft: 150, ..WorldConfig::default() });
    for slot in 0..world.aircraft_count() {
        for minute in 0..60 {
            let s = world.aircraft_at(slot, minute * 60_000_000);
            for format in [CprFormat::Even, CprFormat::Odd] {
                airborne_position(&s, format);
                surface_position(&s, format);
            }
            let wild =
                AircraftState { ground_speed_kt: 1e5, vertical_rate_fpm: -1e6, true_airspeed_kt: 1e5, alt_ft: 99_999, roll_deg: 90.0, ..s };
            for state in [s, wild] {
                let messages = [ground_velocity(&state), air_velocity(&state), emergency_status(&state), target_state(&state)];
                assert!(messages.iter().chain(&[operational_status(&state)]).all(|m| m >> 56 == 0));
                assert!(Register::ALL.iter().all(|r| r.encode(&state) >> 56 == 0));
                assert_eq!(squitter_df18(Df18Source::TisB, s.address, ground_velocity(&state)).residue(), 0);
            }
        }
    }
}
