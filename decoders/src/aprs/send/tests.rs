//! What is sent, and above all what is not.

use super::*;
use crate::aprs::packet::Packet;
use model::{LatLon, Protocol, Raw, ReceiverId, Signal, Tick12};
use proptest::prelude::*;

fn config() -> SendConfig {
    SendConfig {
        callsign: Address::from_text(b"PI1GT-10").unwrap(),
        path: vec![Address::from_text(b"WIDE1-1").unwrap()],
        beacon: None,
        objects: Vec::new(),
        beacon_every_s: 1_800,
        acknowledge: true,
        from_internet: true,
    }
}

fn sender() -> Sender {
    Sender::new(config(), at(0)).unwrap()
}

const fn at(seconds: i64) -> UnixMicros {
    UnixMicros(seconds * 1_000_000)
}

fn frame(text: &str) -> Frame {
    Frame {
        protocol: Protocol::Aprs,
        receiver: ReceiverId(0),
        raw: Raw::new(&Ui::from_tnc2(text.as_bytes()).unwrap().to_bytes()),
        tick: Tick12(0),
        utc: None,
        signal: Signal::default(),
    }
}

fn sent(sender: &mut Sender, seconds: i64) -> Vec<String> {
    let due = || sender.due(at(seconds)).map(|f| String::from_utf8(Ui::parse(&f).unwrap().to_tnc2()).unwrap());
    std::iter::from_fn(due).collect()
}

#[test]
fn messages_to_us_are_acknowledged() {
    let mut sender = sender();
    sender.heard(&frame("PA1A-9>APRS::PI1GT-10 :hello{12"), at(1));
    sender.heard(&frame("PA1A-9>APRS,PI1D*::PI1GT-10 :hello{12"), at(2));
    assert_eq!(sent(&mut sender, 3), ["PI1GT-10>APZVTC,WIDE1-1::PA1A-9   :ack12"]);
    // Said again: the first acknowledgement was lost.
    sender.heard(&frame("PA1A-9>APRS::PI1GT-10 :hello{12"), at(40));
    assert_eq!(sent(&mut sender, 41).len(), 1);
    for quiet in [
        "PA1A-9>APRS::PI1GT-10 :hello",
        "PA1A-9>APRS::PI1GT-10 :ack3",
        "PA1A-9>APRS::PI1GT    :hello{1",
        "PA1A-9>APRS::BLN1     :hello{1",
        "PI1GT-10>APRS::PI1GT-10 :hello{2",
    ] {
        sender.heard(&frame(quiet), at(50));
        assert!(sent(&mut sender, 51).is_empty(), "{quiet}");
    }
    let mut corrected = frame("PA1A-9>APRS::PI1GT-10 :other{13");
    corrected.signal.corrected_bits = 1;
    sender.heard(&corrected, at(60));
    assert!(sent(&mut sender, 61).is_empty());
}

#[test]
fn messages_from_the_internet_for_who_is_near() {
    let mut sender = sender();
    let mut gate = |line: &str, seconds: i64| {
        sender.heard(&frame("PA1A-9>APRS:>near"), at(100));
        sender.heard(&frame("PA1B>APRS:>near too"), at(100));
        sender.heard(&frame("PA1C>APRS,TCPIP*:>not near"), at(100));
        sender.heard(&frame("PI1X>APRS:}PA1D>APRS,TCPIP,PI1X*:>not near"), at(100));
        sender.from_internet(line.as_bytes(), at(seconds));
        sent(&mut sender, seconds)
    };
    assert_eq!(
        gate("LONG-NAME>APWW05,TCPIP*,qAC,T2::PA1A-9   :hello{1", 101),
        ["PI1GT-10>APZVTC,WIDE1-1:}LONG-NAME>APWW05,TCPIP,PI1GT-10*::PA1A-9   :hello{1"]
    );
    assert_eq!(gate("N1A>APRS,TCPIP*,qAC,T2::PA1B     :ack7", 102).len(), 1);
    for line in [
        "N1A>APRS,TCPIP*,qAC,T2::PA1A-9   :hello{1\r\nA>B:x",
        "N1A>APRS,TCPIP*,qAC,T2::PA1C     :not near",
        "N1A>APRS,TCPIP*,qAC,T2::PA1D     :not near",
        "N1A>APRS,TCPIP*,qAC,T2::PA1A     :another SSID",
        "N1A>APRS,TCPXX*,qAX,T2::PA1A-9   :unverified",
        "N1A>APRS,NOGATE,qAR,T2::PA1A-9   :private",
        "N1A>APRS,RFONLY,qAR,T2::PA1A-9   :private",
        "N1A>APRS,TCPIP*::PA1A-9   :nobody vouches",
        "PA1B>APRS,TCPIP*,qAC,T2::PA1A-9   :they hear each other",
        "PI1GT-10>APRS,TCPIP*,qAC,T2::PA1A-9   :ourselves",
        "N1A>APRS,TCPIP*,qAC,T2::BLN1     :bulletin",
        "N1A>APRS,TCPIP*,qAC,T2::PA1A-9   :PARM.a",
        "N1A>APRS,TCPIP*,qAC,T2:>status",
        "N1A>APRS,TCPIP*,qAC,T2:!5200.00N/00400.00E>",
        "# comment",
    ] {
        assert!(gate(line, 110).is_empty(), "{line}");
    }
    let long = format!("N1A>APRS,TCPIP*,qAC,T2::PA1A-9   :{}", "x".repeat(250));
    assert!(gate(&long, 111).is_empty());
    // Again within 30 s; and half an hour after it was last heard.
    assert!(gate("LONG-NAME>APWW05,TCPIP*,qAC,T2::PA1A-9   :hello{1", 120).is_empty());
    assert!(gate("N1A>APRS,TCPIP*,qAC,T2::PA1A-9   :later{3", 100 + 1_800).is_empty());
}

#[test]
fn nothing_is_sent_that_was_not_switched_on() {
    let mut sender = Sender::new(SendConfig { acknowledge: false, from_internet: false, ..config() }, at(0)).unwrap();
    sender.heard(&frame("PA1A-9>APRS::PI1GT-10 :hello{12"), at(1));
    sender.from_internet(b"N1A>APRS,TCPIP*,qAC,T2::PA1A-9   :hello{1", at(2));
    assert!(sent(&mut sender, 3).is_empty() && sender.counters() == SendCounters::default());
}

#[test]
fn beacons_come_in_their_time() {
    let place = LatLon::from_degrees(52.05, -4.5).unwrap();
    let beacon = Beacon { place, symbol: *b"/-", comment: "vTOC".into(), messaging: true };
    let mut sender = Sender::new(SendConfig { beacon: Some(beacon), ..config() }, at(0)).unwrap();
    assert_eq!(sent(&mut sender, 0), ["PI1GT-10>APZVTC,WIDE1-1:=5203.00N/00430.00W-vTOC"]);
    assert!(sent(&mut sender, 1_799).is_empty());
    assert_eq!(sent(&mut sender, 1_800).len(), 1);
    // After a sleep of a day: one, not 48.
    assert_eq!(sent(&mut sender, 90_000).len(), 1);
    assert_eq!(sender.counters().beacons, 3);
}

#[test]
fn the_channel_is_not_flooded_and_old_frames_are_not_sent() {
    let mut sender = sender();
    let mut count = 0;
    for n in 0..600 {
        sender.heard(&frame(&format!("PA1A-9>APRS::PI1GT-10 :hello{{{n}")), at(n / 5));
        count += sent(&mut sender, n / 5).len() as i64;
    }
    // Two minutes.
    assert!((BURST + PER_MINUTE..=BURST + 2 * PER_MINUTE).contains(&count), "{count}");
    assert!(0 < sender.counters().refused(NotSent::QueueFull));
    assert!(sent(&mut sender, 1_000).is_empty());
    assert!(QUEUE_FRAMES as u64 <= sender.counters().refused(NotSent::Old));
}

#[test]
fn objects_go_with_each_beacon_and_not_faster_than_the_channel_bears() {
    let beacon = Beacon { place: LatLon::from_degrees(52.0, 4.0).unwrap(), symbol: *b"/-", comment: "post".into(), messaging: true };
    let object = |n: usize, live| Object { name: ShortText::truncated(&format!("SITE{n}")), live, beacon: beacon.clone() };
    let objects = (1..=6).map(|n| object(n, n != 2)).collect();
    let mut sender = Sender::new(SendConfig { beacon: Some(beacon.clone()), objects, ..config() }, at(0)).unwrap();
    let first = sent(&mut sender, 0);
    assert_eq!(first[0], "PI1GT-10>APZVTC,WIDE1-1:=5200.00N/00400.00E-post");
    assert_eq!(first[1], "PI1GT-10>APZVTC,WIDE1-1:;SITE1    *000000h5200.00N/00400.00E-post");
    assert_eq!(first[2], "PI1GT-10>APZVTC,WIDE1-1:;SITE2    _000000h5200.00N/00400.00E-post");
    assert_eq!(first.len(), 4, "the rest a little later");
    assert_eq!((1..=30).flat_map(|second| sent(&mut sender, second)).count(), 3);
    assert_eq!((31..1_800).flat_map(|second| sent(&mut sender, second)).count(), 0);
    assert_eq!((1_800..1_900).flat_map(|second| sent(&mut sender, second)).count(), 7);
    assert_eq!(sender.counters().beacons, 14);
}

proptest! {
    /// Whatever a server says: what goes out is ours, a third-party packet, with the Internet in its inner path, and short enough.
    #[test]
    fn nothing_odd_reaches_the_air(line in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "[A-Z0-9-]{1,9}>[A-Z]{1,6}(,[A-Za-z0-9*-]{1,9}){0,3},qA[CRO],T2::PA1A-9   :.{0,80}".prop_map(String::into_bytes),
    ]) {
        let mut sender = sender();
        sender.heard(&frame("PA1A-9>APRS:>near"), at(1));
        sender.from_internet(&line, at(2));
        while let Some(frame) = sender.due(at(3)) {
            let ui = Ui::parse(&frame).unwrap();
            prop_assert_eq!(ui.source.to_string(), "PI1GT-10");
            let third_party = ui.info.len() <= INFO_MAX && ui.info.starts_with(&[0x7D]);
            prop_assert!(third_party);
            prop_assert!(String::from_utf8_lossy(ui.info).contains(",TCPIP,PI1GT-10*:"));
            let read = matches!(Packet::parse(b"APZVTC", ui.info), Ok(Packet::ThirdParty { .. }));
            prop_assert!(read);
        }
    }
}
