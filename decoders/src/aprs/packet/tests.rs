//! Examples of the specification, and its edges.

use super::*;
use proptest::prelude::*;

fn parse(info: &str) -> Packet {
    Packet::parse(b"APRS", info.as_bytes()).unwrap_or_else(|e| panic!("{info}: {e}"))
}

fn report(info: &str) -> Report {
    match parse(info) {
        Packet::Position(report) | Packet::Object { report, .. } => report,
        other => panic!("{info}: {other:?}"),
    }
}

fn close(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within
}

#[test]
fn places_of_every_form() {
    let check = |info: &str, lat: f64, lon: f64, accuracy_m: u32| {
        let place = report(info).place;
        assert!(close(place.lat_deg, lat, 6e-7) && close(place.lon_deg, lon, 6e-7), "{info}: {place:?}");
        assert_eq!(place.accuracy_m(), accuracy_m, "{info}");
    };
    check("!4903.50N/07201.75W-", 49.058_333, -72.029_167, 22);
    check("/092345z4903.50N/07201.75W>Test", 49.058_333, -72.029_167, 22);
    check("=/5L!!<*e7>7P[", 49.5, -72.750_004, 11);
    // Hidden digits: the middle of what is left.
    check("!4903.5 N/07201.7 W-", 49.059_167, -72.029_167, 121);
    check("!4903.  N/07201.  W-", 49.058_333, -72.025, 1_118);
    check("!490 .  N/0720 .  W-", 49.083_333, -72.083_333, 11_080);
    check("!49  .  N/072  .  W-", 49.5, -72.5, 66_259);
    check("!4903.50S/07201.75E-!W32!", -49.058_383, 72.029_2, 12);
    check("garbage then !4903.50N/07201.75W-", 49.058_333, -72.029_167, 22);
    check(";LEADER   *092345z4903.50N/07201.75W>", 49.058_333, -72.029_167, 22);
    check(")AID #2!4903.50N/07201.75WA", 49.058_333, -72.029_167, 22);
}

#[test]
fn extensions_and_comments() {
    let r = report("!4903.50N/07201.75W>088/036/A=001234hello !W32!");
    assert_eq!(
        (r.track.map(|t| t.get()), r.speed.map(|s| s.0), r.altitude_ft, r.comment.as_str()),
        (Some(8800), Some(360), Some(1234), "hello")
    );
    assert_eq!(report("!4903.50N/07201.75W#PHG5132go").comment, "go");
    assert_eq!(report("!4903.50N/07201.75W-/A=-00012").altitude_ft, Some(-12));
    // The specification's compressed examples (ch. 9).
    let r = report("=/5L!!<*e7>7P[");
    assert_eq!((r.track.map(|t| t.get()), r.speed.map(|s| s.0)), (Some(8800), Some(362)));
    assert_eq!(report("=/5L!!<*e7OS]S").altitude_ft, Some(10_005));
    assert_eq!(report("=/5L!!<*e7> sTrest").speed, None);
}

#[test]
fn weather_in_its_units() {
    let w = report("!4903.50N/07201.75W_220/004g005t-07r001p002P003h00b09900wRSW").weather.unwrap().surface;
    assert_eq!((w.wind_from.map(|d| d.get()), w.wind_speed.map(|s| s.0), w.wind_gust.map(|s| s.0)), (Some(22_000), Some(35), Some(43)));
    assert_eq!((w.temperature_dc, w.humidity_percent, w.pressure_dhpa), (Some(-217), Some(100), Some(9900)));
    assert_eq!((w.rain_1h_um, w.rain_24h_um), (Some(254), Some(508)));
}

#[test]
fn messages_and_their_numbers() {
    let check = |info: &str, kind, to: &str, text: &str, id: Option<&str>| {
        let Packet::Message(m) = parse(info) else { panic!("{info}") };
        assert_eq!((m.kind, m.to.as_str(), m.text.as_str(), m.id.as_ref().map(|i| i.as_str())), (kind, to, text, id), "{info}");
    };
    check(":WU2Z     :Testing", MessageKind::Message, "WU2Z", "Testing", None);
    check(":WU2Z     :Testing{003", MessageKind::Message, "WU2Z", "Testing", Some("003"));
    check(":WU2Z     :Testing{03}AB", MessageKind::Message, "WU2Z", "Testing", Some("03"));
    check(":KB2ICI-14:ack003", MessageKind::Acknowledgement, "KB2ICI-14", "", Some("003"));
    check(":KB2ICI-14:rej003", MessageKind::Rejection, "KB2ICI-14", "", Some("003"));
    check(":BLN3     :Snow expected", MessageKind::Bulletin, "BLN3", "Snow expected", None);
    check(":N0QBF-11 :PARM.Battery", MessageKind::TelemetryParameters, "N0QBF-11", "PARM.Battery", None);
}

#[test]
fn refusals_name_the_rule() {
    let check = |info: &str, why| assert_eq!(Packet::parse(b"APRS", info.as_bytes()), Err(why), "{info}");
    check("", PacketError::Empty);
    check("hello", PacketError::DataType(b'h'));
    check("!0000.000/00000.000>", PacketError::Position);
    check("!4960.50N/07201.75W-", PacketError::Position);
    check("!4903.50N|07201.75W-", PacketError::SymbolTable(b'|'));
    check("`(_fn\"Oj/", PacketError::MicE);
    check("$GPRMC,1,V,,,,,,,,,", PacketError::NoFix);
    check("$GPRMC,1,A,3348.1,N,11807.4,W,1,2,3*00", PacketError::NmeaChecksum);
    check(";LEADER   x092345z4903.50N/07201.75W>", PacketError::Object);
    check(":WU2Z:short", PacketError::Message);
    check("}no header", PacketError::ThirdParty);
    check("}A>B:}C>D:>x", PacketError::ThirdParty);
    check("$ULTWxyz1", PacketError::Weather);
}

/// The data type identifiers of ch. 5 (page 17 of the protocol reference), all 128 of them: each is read or refused with its rule.
#[test]
fn every_data_type_is_read_or_refused_with_its_rule() {
    let place = "4903.50N/07201.75W-";
    let rows: [(u8, String, &str); 24] = [
        (0x1C, "(_fn\"Oj/".into(), "Position"),
        (0x1D, "(_fn\"Oj/".into(), "Position"),
        (b'!', place.into(), "Position"),
        (b'#', "50B7500820082".into(), "Weather"),
        (b'$', "GPRMC,063909,A,3349.4302,N,11700.3721,W,43.022,89.3,291099,13.6,E*52".into(), "Position"),
        (b'%', "270/8".into(), "Bearing"),
        (b'\'', "(_fn\"Oj/".into(), "Position"),
        (b')', format!("AID #2!{place}"), "Object"),
        (b'*', "7007600000000".into(), "Weather"),
        (b'/', format!("092345z{place}"), "Position"),
        (b':', "WU2Z     :Testing".into(), "Message"),
        (b';', format!("LEADER   *092345z{place}"), "Object"),
        (b'<', "IGATE,MSG_CNT=43".into(), "Capabilities"),
        (b'=', place.into(), "Position"),
        (b'>', "092345zNet Control".into(), "Status"),
        (b'?', "APRS?".into(), "Query"),
        (b'@', format!("092345z{place}"), "Position"),
        (b'T', "#005,199,000,255,073,123,01101001".into(), "Telemetry"),
        (b'[', "IO91SX]35 miles NNW of London".into(), "Position"),
        (b'_', "10090556c220s004g005t077".into(), "Weather"),
        (b'`', "(_fn\"Oj/".into(), "Position"),
        (b'{', "Q1qwerty".into(), "UserDefined"),
        (b'}', "A1B>APRS:>x".into(), "ThirdParty"),
        // Behind a header of a network node, too (ch. 5).
        (b'x', format!("1J !{place}"), "Position"),
    ];
    for (kind, rest, name) in &rows {
        let info = [&[*kind], rest.as_bytes()].concat();
        let read = format!("{:?}", Packet::parse(b"S32U6T", &info));
        assert!(read.starts_with(&format!("Ok({name}")), "{}: {read}", info.escape_ascii());
    }
    for kind in 0..128_u8 {
        let refused = Packet::parse(b"APRS", &[kind]);
        let why = match kind {
            b'!' | b'/' | b'=' | b'@' => PacketError::Position,
            b'`' | b'\'' | 0x1C | 0x1D => PacketError::MicE,
            b'#' | b'*' | b'_' => PacketError::Weather,
            b'$' => PacketError::Nmea,
            b'%' => PacketError::Bearing,
            b')' | b';' => PacketError::Object,
            b',' => PacketError::TestData,
            b'&' | b'+' | b'.' => PacketError::Reserved(kind),
            b':' => PacketError::Message,
            b'?' => PacketError::Query,
            b'[' => PacketError::Locator,
            b'{' => PacketError::UserDefined,
            b'}' => PacketError::ThirdParty,
            // Nothing said is a status and capabilities, too.
            b'>' | b'<' => {
                assert!(refused.is_ok());
                continue;
            }
            _ => PacketError::DataType(kind),
        };
        assert_eq!(refused, Err(why), "{}", [kind].escape_ascii());
    }
}

#[test]
fn locators_and_what_is_none() {
    // The reference's own (ch. 5, 16): the middle of the subsquare.
    let r = report("[IO91SX]35 miles NNW of London");
    assert!(close(r.place.lat_deg, 51.979_167, 1e-6) && close(r.place.lon_deg, -0.458_333, 1e-6), "{:?}", r.place);
    assert_eq!((r.comment.as_str(), r.symbol), ("35 miles NNW of London", None));
    let square = report("[jo62]").place;
    assert!(close(square.lat_deg, 52.5, 1e-9) && close(square.lon_deg, 13.0, 1e-9), "{square:?}");
    // Half the diagonal of what the digits leave open: 55 km by 34 km of the square.
    assert!(r.place.accuracy_m() <= 6_000 && (60_000..140_000).contains(&square.accuracy_m()), "{}", square.accuracy_m());
    for bad in ["[IO91SX", "[IO91S]", "[ZZ91]", "[IO9x]", "[IO91YY]", "[]", "[\u{e9}O91]"] {
        assert_eq!(Packet::parse(b"APRS", bad.as_bytes()), Err(PacketError::Locator), "{bad}");
    }
}

#[test]
fn the_specifications_mic_e() {
    let Ok(Packet::Position(r)) = Packet::parse(b"S32U6T", b"`(_fn\"Oj/\"4T}") else { panic!("refused") };
    assert!(close(r.place.lat_deg, 33.427_333, 1e-6) && close(r.place.lon_deg, -12.129, 1e-6), "{r:?}");
    assert_eq!((r.speed.map(|s| s.0), r.track.map(|t| t.get()), r.symbol), (Some(200), Some(25_100), Some(*b"/j")));
    // 61 m (ch. 10).
    assert_eq!((r.altitude_ft, r.mic_e.map(|m| m.is_emergency())), (Some(200), Some(false)));
}

proptest! {
    #[test]
    fn places_stay_on_earth(info in "[!=][0-9 ]{4}[.][0-9 ]{2}[NS]/[0-9 ]{5}[.][0-9 ]{2}[EW]-.{0,40}") {
        if let Ok(Packet::Position(r)) = Packet::parse(b"APRS", info.as_bytes()) {
            prop_assert!(r.place.lat_deg.abs() <= 90.0 && r.place.lon_deg.abs() <= 180.01);
            prop_assert!(10 <= r.place.accuracy_m());
        }
    }
}
