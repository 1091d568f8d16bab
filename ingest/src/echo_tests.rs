//! The same said twice is said once; whatever says more goes out.

use super::*;
use model::{
    AirData, CentiDegrees, DeciKnots, EventKind, Icao24, Identity, LatLon, Position, PositionSource, Protocol, Raw, ShortText, Signal,
    SpeedKind, Status, Velocity,
};
use proptest::prelude::*;

const RADIO: u8 = 0;
const SBS: u8 = 1;
const JSON: u8 = 2;

fn event(receiver: u8, at_ms: i64, kind: EventKind) -> Event {
    Event {
        at: UnixMicros(at_ms * 1_000),
        protocol: Protocol::Adsb,
        receiver: ReceiverId(receiver),
        subject: Subject::Aircraft(Icao24::new(0x4840D6).unwrap()),
        kind,
        raw: Raw::new(&[]),
        signal: Signal::default(),
    }
}

fn position(lat: f64, alt: Option<i32>) -> EventKind {
    let at = LatLon::from_degrees(lat, 4.0).unwrap();
    EventKind::Position(Position { baro_alt_ft: alt, ..Position::bare(at, PositionSource::SelfReported) })
}

fn callsign(text: &str) -> EventKind {
    EventKind::Identity(Identity { callsign: ShortText::new(text).ok(), ..Identity::default() })
}

/// Holds the fact and judges it when its time has come.
fn judged(echoes: &mut Echoes, fact: Event, now_us: i64) -> bool {
    echoes.hold(fact, now_us);
    assert!(echoes.pop(now_us + HOLD_US - 1, false).is_none(), "held back");
    echoes.pop(now_us + HOLD_US, false).expect("its time has come").1
}

#[test]
fn what_was_heard_is_not_told_again_and_what_was_not_is() {
    let mut echoes = Echoes::default();
    echoes.heard(&event(RADIO, 10_000, position(52.0, Some(38_000))));
    // SBS writes five decimals: half a metre.
    assert!(!judged(&mut echoes, event(SBS, 10_400, position(52.000_004, Some(38_000))), 0));
    // 111 m further; another altitude; ten seconds later.
    assert!(judged(&mut echoes, event(SBS, 10_500, position(52.001, Some(38_000))), 0));
    assert!(judged(&mut echoes, event(SBS, 10_600, position(52.0, Some(39_000))), 0));
    assert!(judged(&mut echoes, event(SBS, 20_000, position(52.0, Some(38_000))), 0));
    // What a position adds from other frames makes it no other position.
    let mut more = Position::bare(LatLon::from_degrees(52.0, 4.0).unwrap(), PositionSource::SelfReported);
    (more.geom_alt_ft, more.speed) = (Some(38_500), DeciKnots::from_knots(400.0));
    assert!(!judged(&mut echoes, event(JSON, 10_000, EventKind::Position(more)), 0));
}

#[test]
fn a_fact_that_comes_before_its_frame_waits_for_it() {
    let mut echoes = Echoes::default();
    echoes.hold(event(SBS, 5_000, callsign("KLM1023")), 0);
    echoes.hold(event(SBS, 5_000, callsign("KLM9999")), 0);
    echoes.heard(&event(RADIO, 5_000, callsign("KLM1023")));
    let out: Vec<bool> = std::iter::from_fn(|| echoes.pop(HOLD_US, false)).map(|(_, more)| more).collect();
    assert_eq!(out, [false, true]);
}

#[test]
fn fields_are_compared_however_they_are_put_together() {
    let mut echoes = Echoes::default();
    let velocity = |speed, track| {
        EventKind::Velocity(Velocity {
            speed: DeciKnots::from_knots(speed).map(|s| (SpeedKind::Ground, s)),
            direction: CentiDegrees::from_degrees(track).map(|t| (model::HeadingReference::TrueTrack, t)),
            vertical_rate_fpm: None,
            geom_minus_baro_ft: None,
        })
    };
    echoes.heard(&event(RADIO, 0, position(52.0, Some(38_000))));
    echoes.heard(&event(RADIO, 0, velocity(451.3, 359.8)));
    echoes.heard(&event(RADIO, 0, EventKind::Status(Status { squawk: Some(1000), ..Status::default() })));
    // Altitude from the position, squawk from the status.
    let both = Status { squawk: Some(1000), baro_alt_ft: Some(38_000), ..Status::default() };
    assert!(!judged(&mut echoes, event(SBS, 500, EventKind::Status(both)), 0));
    assert!(!judged(&mut echoes, event(SBS, 500, velocity(451.0, 0.0)), 0));
    assert!(judged(&mut echoes, event(SBS, 500, velocity(470.0, 0.0)), 0));
    // The squawk lasts, the altitude does not.
    assert!(!judged(&mut echoes, event(SBS, 30_000, EventKind::Status(Status { baro_alt_ft: None, ..both })), 0));
    assert!(judged(&mut echoes, event(SBS, 30_000, EventKind::Status(both)), 0));
    assert!(judged(&mut echoes, event(SBS, 500, EventKind::AirData(AirData::default())), 0), "not a kind that is compared");
}

#[test]
fn two_feeds_of_facts_are_compared_and_one_with_itself_is_not() {
    let mut echoes = Echoes::default();
    assert!(judged(&mut echoes, event(SBS, 0, callsign("KLM1023")), 0));
    assert!(!judged(&mut echoes, event(JSON, 100, callsign("KLM1023")), 0));
    // Whether a feed repeats itself is for `News` to say.
    assert!(judged(&mut echoes, event(SBS, 100, callsign("KLM1023")), 0));
}

#[test]
fn memory_is_bounded_and_nothing_held_is_lost() {
    let mut echoes = Echoes::default();
    for n in 0..3 * SUBJECTS_MAX as u32 {
        let mut e = event(RADIO, i64::from(n), callsign("A"));
        e.subject = Subject::Aircraft(Icao24::new(n).unwrap());
        (0..3).for_each(|_| echoes.heard(&e));
        assert!(echoes.said.len() <= SUBJECTS_MAX);
    }
    for n in 0..1_000 {
        echoes.heard(&event(RADIO, n, position(52.0, Some(n as i32))));
        assert!(echoes.said.values().all(|s| s.len() <= SAYINGS_MAX));
    }
    let (mut out, total) = (0, 3 * PENDING_MAX);
    for n in 0..total {
        echoes.hold(event(SBS, n as i64 * 10_000, position(52.0, None)), 0);
        out += usize::from(echoes.pop(0, false).is_some());
        assert!(echoes.pending() <= PENDING_MAX);
    }
    out += std::iter::from_fn(|| echoes.pop(0, true)).count();
    assert_eq!(out, total);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is heard is told by a feed too, with rounding and delay, before or after: none of it comes twice, and all of what
    /// was not heard comes.
    #[test]
    fn each_report_comes_once(reports in prop::collection::vec((any::<bool>(), -400_i64..400), 1..60)) {
        let (mut echoes, mut unheard, mut told) = (Echoes::default(), 0, 0);
        for (n, (heard, late_ms)) in reports.iter().enumerate() {
            // Two reports a second of an aircraft that flies 120 m in between.
            let (at_ms, lat) = (n as i64 * 500, 52.0 + n as f64 * 120.0 / 111_195.0);
            let fact = event(SBS, at_ms + late_ms, position(lat + 0.000_004, Some(38_000)));
            let report = event(RADIO, at_ms, position(lat, Some(38_000)));
            echoes.hold(fact, at_ms * 1_000);
            if *heard {
                echoes.heard(&report);
            } else {
                unheard += 1;
            }
            told += std::iter::from_fn(|| echoes.pop(at_ms * 1_000, false)).filter(|(_, more)| *more).count();
        }
        told += std::iter::from_fn(|| echoes.pop(0, true)).filter(|(_, more)| *more).count();
        prop_assert_eq!(told, unheard);
    }
}
