//! Applications against sentences whose fields others have published (libais' and aisparser's examples), and all of them on any bits.

use super::units::{Linkage, Minutes18};
use super::*;
use crate::ais::message::units::{Day, Hour, Latitude, Longitude, Minute, Month};
use crate::ais::message::{Body, Message, U};
use crate::ais::testing::messages;
use proptest::prelude::*;

/// Every field that says something: `name=value`, parts numbered.
fn said(application: &Application<'_>) -> Vec<String> {
    let (mut out, mut part) = (Vec::new(), String::new());
    application.list(&mut |name, value| match value {
        Value::Part(place) => part = format!("{place}."),
        Value::Quantity { value, .. } => {
            out.push(format!("{part}{name}={}", value.map_or("?".into(), |v| ((v * 1e5).round() / 1e5).to_string())));
        }
        Value::Number(n) => out.push(format!("{part}{name}={n}")),
        Value::Flag(b) => out.push(format!("{part}{name}={b}")),
        Value::Text(t) => out.push(format!("{part}{name}={t}")),
    });
    out.extend(application.text().map(|t| format!("text={t}")));
    out
}

fn application_of<'a>(message: &Message<'a>) -> Option<Application<'a>> {
    match message.body {
        Body::AddressedBinary(h, data) => Application::read(h.dac.0, h.function.0, data),
        Body::BroadcastBinary(h, data) => Application::read(h.dac.0, h.function.0, data),
        _ => None,
    }
}

/// `expected`: words apart by spaces, each of which is said; an underscore stands for a space within.
fn check(payload: &str, fill: u8, expected: &str) {
    let body = format!("AIVDM,1,1,,A,{payload},{fill}");
    let sum = body.bytes().fold(0, |sum, b| sum ^ b);
    let bits = messages(format!("!{body}*{sum:02X}").as_bytes()).pop().unwrap_or_else(|| panic!("{payload}"));
    let message = Message::decode(&bits).unwrap();
    let application = application_of(&message).unwrap_or_else(|| panic!("{payload}: not read"));
    let said = said(&application);
    for word in expected.split_whitespace() {
        assert!(said.contains(&word.replace('_', " ")) || said.contains(&word.to_owned()), "{word} is not in {said:?}");
    }
}

#[test]
fn published_sentences_read_as_published() {
    check("803Ovrh0EPM0WB0h2l0MwJUi=6B4G9000aip8<2Bt2Hq2Qhp", 0, "linkage=29 notice=1 month=3 day=20 hour=16 minute=6 duration=1440");
    check(
        "803Ovrh0EPM0WB0h2l0MwJUi=6B4G9000aip8<2Bt2Hq2Qhp",
        0,
        "0.shape=0 0.lon=-70.2243 0.lat=42.10587 0.precision=4 0.scale=1 0.radius=1481 1.shape=5 1.text=NOAA_RW_SGHTNG",
    );
    let dma = "803Ovrh0EPJ0Vvch00@=w52I9BK<00000VFHkP0>D>3;J005>?11PBGP4=1PPP";
    check(dma, 0, "linkage=26 notice=1 month=3 day=15 hour=21 minute=30 duration=2 0.lon=-70.40822 0.lat=40.02495 0.radius=0");
    check(dma, 0, "1.shape=4 1.scale=3 1.distance1=103 1.distance2=114 1.distance3=101 1.bearing1=89.5 1.bearing2=0 1.bearing3=270");
    check("6>l4uk@0w2Td000000U00P0", 2, "supply=14.8 current=0 mains=true light=false battery=false off_position=false");
    check("6>l4v:h0006D000000P@0T0", 2, "supply=12.9 mains=true off_position=true");
    check("6>l4ukP0w2Td000000W00P0", 2, "supply=15.6");
    check("65Ps:8=:0MjP0420<4U>1@E=B10i>04<fp0", 2, "acknowledge=true sequence=3 text=AIS_TEST_PLS_ACK.");
    check("65@<;:1inW@h0480J0", 4, "requested_dac=1 requested_function=40");
    check("601uEO0hptsR04<0@00000000000", 0, "requested_dac=1");
    check("602a4KU29NHP04<0@0", 4, "requested_dac=1");
    // Functions 0, 2, 3, 4 and 16; two bits each, the first of them.
    check("633krv00OEGl04@0Hb00020000000000000000000000000000000000000", 2, "dac=1 functions_0=2323644416 functions_16=2147483648");
    check("677IKl=HQGw004D0@02000000000", 0, "dac=1 function=0 sequence=4 available=false response=0");
    check("69NSH@AI746004D0@06B00000000", 0, "sequence=12 available=true response=1");
    check("801tME0j60E04QJp1hhL10G20DH1", 0, "country=AT 0.gauge=9 0.above=false 0.level=7.27 1.gauge=7 2.gauge=8 3.gauge=5");
    check("802ATu0j624P2@G80pEd0D5F0634", 0, "country=HR 0.gauge=4 0.above=true 0.level=1.85 1.level=3.47 2.level=1.71 3.level=1.96");
}

#[test]
fn sensors_of_the_us_read_as_published() {
    let wind = "8>k1oFAKpB95?AruFRl7mre0<N00";
    check(wind, 0, "0.kind=2 0.day=4 0.hour=17 0.minute=19 0.site=104 0.wind_speed=? 0.wind_gust=? 0.wind_from=? 0.sensor=1");
    check(wind, 0, "0.forecast_speed=? 0.forecast_from=? 0.forecast_day=? 0.forecast_hour=? 0.forecast_minute=? 0.duration=0");
    let three = "85362R1Kp@HpL07cebNpkUqR`O`0USQh17CvENUfI6@0002n>703wA937cmJ<N0000";
    check(
        three,
        4,
        "0.kind=0 0.day=12 0.hour=14 0.minute=7 0.site=0 0.version=3 0.lon=-70.90647 0.lat=22.54096 0.precision=5 0.altitude=25.3",
    );
    check(
        three,
        4,
        "1.kind=9 1.air_temperature=28.5 1.temperature_sensor=1 1.precipitation=3 1.visibility=? 1.dew_point=? 1.pressure=1019",
    );
    check(three, 4, "1.pressure_tendency=3 1.pressure_sensor=1 1.salinity=5 2.kind=11 2.wind_speed=15 2.wind_gust=? 2.wind_from=73");
    check(three, 4, "2.averaging=3 2.sensor=0 2.forecast_speed=? 2.forecast_hour=? 2.duration=0");
}

/// The documentation's examples for the Seaway (DAC 316), in hex behind DAC and FI.
#[test]
fn seaway_examples_read_as_published() {
    let station = "0.month=5 0.day=29 0.hour=0 0.minute=34 0.station=TEST1 0.lon=27.08333 0.lat=5.08333";
    let wind = "0.wind_speed=3.2 0.wind_gust=4 0.wind_from=293";
    let air = "0.pressure=1000 0.air_temperature=-0.2 0.dew_point=-1.2 0.visibility=0.9 0.water_temperature=6";
    let hex = |text: &str, bits: usize| {
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
        let mut data = Bits::from_bytes(&bytes).unwrap();
        data.resize(bits);
        data
    };
    for (function, bits, data, expected) in [
        (1, 200, "015e8225054d4c6080319750094ed010051259c43fefd0243c", format!("number=1 {station} {wind} {air}")),
        (1, 152, "025e8225054d4c6080319750094ed010051250", format!("number=2 {station} {wind}")),
        (1, 152, "035e8225054d4c6080319750094ed000204000", format!("number=3 {station} 0.level_type=0 0.level=0.32 0.datum=1")),
        (1, 152, "065e8225054d4c6080319750094ed100000000", format!("number=6 {station} 0.flow=8192")),
        (
            2,
            248,
            "015e8225054d4c6080319750094ed00034930b6604d405282082082bd04400",
            "number=1 lock=TEST1 0.vessel=MILKY_STAR 0.upbound=true 0.month=5 0.day=29 0.hour=0 0.minute=34".to_owned(),
        ),
        (
            2,
            349,
            "025eb1e34930b6604d40528208208133137ccc315eb404cc4df330c97ad7933137ccc335eb809989be6618800000",
            "number=2 vessel=MILKY_STAR last_location=SLS_L01 last_hour=13 last_minute=0 first_lock=SLS_L02 second_lock=SLS_L03".to_owned(),
        ),
        (32, 32, "01040000", "number=1 major=4 minor=0".to_owned()),
    ] {
        let data = hex(data, bits);
        let application = Application::read(316, function, data.tail(0)).unwrap();
        let said = said(&application);
        for word in expected.split(' ') {
            assert!(said.contains(&word.replace("MILKY_", "MILKY ")), "{word} is not in {said:?}");
        }
    }
}

/// DAC and FI of every application that we read.
const KNOWN: &[(u32, &[u32])] = &[
    (0, &[0]),
    (1, &[0, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 40]),
    (200, &[10, 21, 22, 23, 24, 25, 40, 55]),
    (210, &[0]),
    (235, &[10, 20]),
    (248, &[0]),
    (250, &[10]),
    (265, &[1]),
    (316, &[1, 2, 32]),
    (353, &[0]),
    (366, &[1, 2, 10, 32]),
    (367, &[33]),
];

/// Every length at which an application is read, with what it then is.
fn readable(dac: u32, function: u32, mut bits: Bits) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for len in (0..=Bits::MAX - 88).rev() {
        bits.resize(len);
        found.extend(Application::read(dac, function, bits.tail(0)).map(|a| (len, a.name())));
    }
    found
}

#[test]
fn each_has_a_shortest_and_a_longest_length() {
    let mut names = std::collections::BTreeSet::new();
    for &(dac, functions) in KNOWN {
        for &function in functions {
            for number in [1, 2, 3, 6] {
                let mut bits = Bits::new();
                bits.put(2, 6, number);
                bits.resize(Bits::MAX - 88);
                let lengths = readable(dac, function, bits);
                names.extend(lengths.iter().map(|(_, name)| *name));
                let seaway = [316, 366].contains(&dac);
                assert!(seaway || !lengths.is_empty(), "{dac}/{function} is never read");
                assert!(lengths.iter().all(|(len, _)| (10..=984).contains(len)), "{dac}/{function}: {lengths:?}");
            }
        }
    }
    assert_eq!(names.len(), 39, "{names:?}");
    assert!(readable(1, 1, Bits::from_bytes(&[0xFF; 120]).unwrap()).is_empty());
}

#[test]
fn what_is_not_available_is_none_in_every_field() {
    // Berth: all zeros mean not available but for hour 24, minute 60 and the position.
    let mut bits = Bits::new();
    bits.resize(272);
    let Some(Application::Berthing(b, _)) = Application::read(1, 20, bits.tail(0)) else { panic!("a berth") };
    assert_eq!(
        (b.linkage.value(), b.berth_length.value(), b.berth_depth.value(), b.month.known(), b.day.known()),
        (None, None, None, None, None)
    );
    let data = super::voyage::Waypoint { lon: Longitude::new(108_600_000), lat: Latitude::new(54_600_000) };
    assert_eq!((data.lon.value(), data.lat.value()), (None, None));
}

#[test]
fn what_is_put_together_is_read_again() {
    let head = RouteHead {
        linkage: Linkage::new(7),
        sender: U(1),
        route_type: U(2),
        month: Month::new(11),
        day: Day::new(23),
        hour: Hour::new(24),
        minute: Minute::new(60),
        duration: Minutes18::new(90),
        waypoints: U(2),
    };
    let points = [(5, 52), (4, 51)].map(|(lon, lat)| Waypoint { lon: Longitude::new(lon * 600_000), lat: Latitude::new(lat * 600_000) });
    let rest = repeated(&points);
    let route = Application::Route(head, rest.tail(0));
    let bits = route.encode();
    let again = Application::read(1, 27, bits.tail(0)).unwrap();
    assert_eq!(again, route);
    let said = said(&again);
    for word in ["linkage=7", "hour=?", "minute=?", "duration=90", "0.lon=5", "1.lat=51"] {
        assert!(said.contains(&word.to_owned()), "{word} is not in {said:?}");
    }
}

proptest! {
    /// Any bits, at any length: refused, or read, listed and written as they were.
    #[test]
    fn any_data_are_refused_or_written_as_read(bytes in prop::collection::vec(any::<u8>(), 0..122), cut in 0usize..8, number in 0u64..8) {
        let mut bits = Bits::from_bytes(&bytes).unwrap();
        if 8 <= bits.len() {
            bits.put(2, 6, number);
        }
        bits.resize(bits.len().saturating_sub(cut));
        for &(dac, functions) in KNOWN {
            for &function in functions {
                if let Some(application) = Application::read(dac, function, bits.tail(0)) {
                    prop_assert_eq!(application.encode(), bits.clone(), "{}", application.name());
                    application.list(&mut |_, _| {});
                    let _ = application.text();
                }
            }
        }
    }
}
