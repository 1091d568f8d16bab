//! What other programs get from a station: real bytes over loopback, read back by our own parsers and by another's.

use decoders::adsb::parity;
use ingest::framing::{Framer, Framing, Heard};
use model::{DeciDbfs, Frame, Protocol, Raw, ReceiverId, Signal, Tick12};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tests::http::{get, metric};
use tests::peers_required;
use tests::process::{Running, eventually, vtoc};
use tests::site::{TestStation, sky};
use uplink::feeds::FeedFormat;

const LONG: Duration = Duration::from_secs(120);

/// A frame of random content whose parity holds where it can be checked: DF 4, 11, 17 and 20.
fn random_frame(rng: &mut StdRng) -> Frame {
    let df = [4_u8, 11, 17, 20][rng.random_range(0..4)];
    let mut raw = vec![0_u8; if df < 16 { 7 } else { 14 }];
    rng.fill(raw.as_mut_slice());
    // Plenty of the byte that must be escaped.
    for byte in &mut raw {
        *byte = if rng.random_ratio(1, 3) { 0x1A } else { *byte };
    }
    raw[0] = df << 3 | raw[0] & 7;
    let data = raw.len() - 3;
    raw[data..].fill(0);
    let crc = parity::syndrome(&raw).to_be_bytes();
    raw[data..].copy_from_slice(&crc[1..]);
    Frame {
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        raw: Raw::new(&raw),
        tick: Tick12(if rng.random_ratio(1, 3) { 0x1A_1A1A } else { rng.random_range(1..0xFE00_0000_0000) }),
        utc: None,
        signal: Signal { rssi: rng.random_ratio(2, 3).then(|| DeciDbfs(rng.random_range(-480..=0))), ..Signal::default() },
        channel: 0,
    }
}

fn parsed(framing: Framing, bytes: &[u8]) -> Vec<Heard> {
    let (mut framer, mut heard) = (Framer::new(framing), Vec::new());
    framer.push(bytes, &mut |h| heard.push(h));
    framer.finish(&mut |h| heard.push(h));
    let counters = framer.counters();
    assert_eq!((counters.refused, counters.skipped_bytes), (0, 0), "{counters:?}");
    heard
}

#[test]
fn what_is_written_is_what_receivers_read() {
    let mut rng = StdRng::seed_from_u64(30_005);
    let frames: Vec<Frame> = (0..5_000).map(|_| random_frame(&mut rng)).collect();
    let written = |format: FeedFormat| {
        let mut out = format.heartbeat().to_vec();
        for frame in &frames {
            assert!(format.frame(frame, &mut out));
        }
        out
    };
    let beast = parsed(Framing::Beast, &written(FeedFormat::Beast));
    assert_eq!(beast.len(), frames.len());
    for (frame, heard) in frames.iter().zip(&beast) {
        assert_eq!((&heard.raw, heard.tick), (&frame.raw, Some(frame.tick)));
        match (frame.signal.rssi, heard.signal.rssi) {
            (None, None) => {}
            // One step of the byte is 20·log10(1 + 1/level): 6 dB at level 1, 0.03 dB at 255.
            (Some(said), Some(read)) => {
                let amplitude = |r: DeciDbfs| 255.0 * 10_f32.powf(r.dbfs() / 20.0);
                let off = (amplitude(said) - amplitude(read)).abs();
                assert!(off <= 0.5 + 0.02 * amplitude(said), "{said:?} came back as {read:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    let avr = parsed(Framing::Lines, &written(FeedFormat::Avr));
    assert!(avr.iter().map(|h| &h.raw).eq(frames.iter().map(|f| &f.raw)));
}

const FEEDS: &str = "[feeds]\nbeast = \"127.0.0.1:0\"\navr = \"127.0.0.1:0\"\nsbs = \"127.0.0.1:0\"\n";

fn connect(station: &mut TestStation, feed: &str) -> TcpStream {
    let line = station.running.as_mut().unwrap().wait_for(&format!("feed {feed} "), LONG);
    let stream = TcpStream::connect(line.rsplit(' ').next().unwrap()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Reads until `enough`, or until it took too long.
fn read_until(stream: &mut TcpStream, mut enough: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let (deadline, mut all, mut buffer) = (Instant::now() + LONG, Vec::new(), [0; 4_096]);
    while !enough(&all) {
        assert!(Instant::now() < deadline, "only {} bytes in {LONG:?}", all.len());
        let n = stream.read(&mut buffer).unwrap();
        assert_ne!(n, 0, "the feed ended after {} bytes", all.len());
        all.extend(&buffer[..n]);
    }
    all
}

fn frames_in(framing: Framing, bytes: &[u8]) -> Vec<Heard> {
    let (mut framer, mut heard) = (Framer::new(framing), Vec::new());
    // Without the end of the feed: what is cut short is not refused.
    framer.push(bytes, &mut |h| heard.push(h));
    assert_eq!((framer.counters().refused, framer.counters().skipped_bytes), (0, 0));
    heard
}

/// Parity of every frame: 0 or an interrogator's code where it stands alone, else an address that is in the sky.
fn check_parity(frames: &[Heard]) {
    let address = |raw: &[u8]| u32::from_be_bytes([0, raw[1], raw[2], raw[3]]);
    let raws = || frames.iter().map(|h| h.raw.as_slice());
    let sky: HashSet<u32> = raws().filter(|raw| matches!(raw[0] >> 3, 11 | 17 | 18)).map(address).collect();
    assert!(2 < sky.len());
    for raw in raws() {
        let overlay = parity::syndrome(raw);
        match raw[0] >> 3 {
            17 | 18 => assert_eq!(overlay, 0, "{raw:02x?}"),
            11 => assert!(overlay <= parity::INTERROGATOR_MAX, "{raw:02x?}"),
            _ => assert!(sky.contains(&overlay), "{raw:02x?}: {overlay:06x} is not in the sky"),
        }
    }
}

#[test]
fn a_stations_feeds_reach_clients_whole_and_agree() {
    let dir = tempfile::tempdir().unwrap();
    let mut station = TestStation::new(dir.path(), "alpha", &format!("{}{FEEDS}", sky(20)), None);
    station.start(&[]);
    let [mut beast, mut avr, mut sbs] = ["beast", "avr", "sbs"].map(|feed| connect(&mut station, feed));

    let bytes = read_until(&mut beast, |all| 400 < frames_in(Framing::Beast, all).len());
    let heard = frames_in(Framing::Beast, &bytes);
    check_parity(&heard);
    assert!(heard.iter().all(|h| h.signal.rssi.is_some() && h.tick.is_some()));
    let ticks: Vec<u64> = heard.iter().map(|h| h.tick.unwrap().0).collect();
    assert!(ticks.windows(2).all(|w| w[0] < w[1]), "one receiver's clock goes forward");

    let bytes = read_until(&mut avr, |all| 400 < frames_in(Framing::Lines, all).len());
    let lines = frames_in(Framing::Lines, &bytes);
    check_parity(&lines);
    let beasts: HashSet<&[u8]> = heard.iter().map(|h| h.raw.as_slice()).collect();
    assert!(100 < lines.iter().filter(|h| beasts.contains(h.raw.as_slice())).count(), "both tell of the same sky");

    // A position by SBS and by aircraft.json is the same aircraft at about the same place.
    let mut lines = BufReader::new(&mut sbs).lines();
    let (hex, lat, lon) = loop {
        let line = lines.next().expect("the feed goes on").unwrap();
        let columns: Vec<&str> = line.split(',').collect();
        assert!(columns.len() == 22 && columns[0] == "MSG", "{line}");
        if columns[1] == "3" {
            break (columns[4].to_lowercase(), columns[14].parse::<f64>().unwrap(), columns[15].parse::<f64>().unwrap());
        }
    };
    let aircraft = eventually("the aircraft is in aircraft.json", LONG, || {
        let list = get(&station.http, "/data/aircraft.json")?.json();
        list["aircraft"].as_array()?.iter().find(|a| a["hex"] == hex.as_str() && a["lat"].is_f64()).cloned()
    });
    let off = (aircraft["lat"].as_f64().unwrap() - lat).hypot(aircraft["lon"].as_f64().unwrap() - lon);
    assert!(off < 0.5, "{off} degrees apart: {aircraft}");
    assert_eq!(aircraft["type"], "adsb_icao");
    assert_eq!(get(&station.http, "/data/receiver.json").unwrap().json()["lat"], 52.308);

    assert_eq!(metric(&station.http, "vtoc_feed_clients"), Some(1.0));
    assert!(400.0 < metric(&station.http, "vtoc_feed_messages_total").unwrap());
    drop(lines);
    station.stop();
    // The feeds end with the station, and with a whole message.
    let mut rest = Vec::new();
    beast.read_to_end(&mut rest).unwrap();
}

#[test]
fn a_feeds_port_in_use_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let set = format!("feeds.sbs={address}");
    let output = vtoc().args(["station", "--demo", "--listen", "127.0.0.1:0", "--set", &set]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("feeds.sbs") && said.contains(&address) && said.contains("can't listen"), "{said}");
}

/// Another's program takes our Beast feed, decodes it itself, and says the same as we do.
#[test]
fn dump1090_reads_our_beast_feed() {
    if Command::new("dump1090-mutability").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(!peers_required(), "dump1090-mutability is not installed (package dump1090-mutability)");
        eprintln!("skipped: dump1090-mutability is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut station = TestStation::new(dir.path(), "alpha", &format!("{}{FEEDS}", sky(20)), None);
    station.start(&[]);
    let mut beast = connect(&mut station, "beast");
    let [input, output] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let ports = [input.port().to_string(), output.port().to_string()];
    let mut command = Command::new("dump1090-mutability");
    command.args(["--net-only", "--quiet", "--net-bind-address", "127.0.0.1", "--net-ri-port", "0", "--net-ro-port", "0"]);
    command.args(["--net-bo-port", "0", "--net-bi-port", &ports[0], "--net-sbs-port", &ports[1]]);
    let mut peer = Running::start(&mut command);
    let mut feed = eventually("dump1090 listens", LONG, || {
        assert!(peer.ended().is_none(), "dump1090 ended: {}", peer.said());
        TcpStream::connect(input).ok()
    });
    let theirs = TcpStream::connect(output).unwrap();
    theirs.set_read_timeout(Some(LONG)).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok(n @ 1..) = beast.read(&mut buffer) {
            if feed.write_all(&buffer[..n]).is_err() {
                return;
            }
        }
    });
    let (mut types, mut places) = (HashSet::new(), Vec::new());
    for line in BufReader::new(theirs).lines().map(Result::unwrap) {
        let columns: Vec<String> = line.split(',').map(str::to_owned).collect();
        if columns.len() == 22 {
            types.insert(columns[1].clone());
            if columns[1] == "3" && !columns[14].is_empty() {
                places.push((columns[4].to_lowercase(), columns[14].parse::<f64>().unwrap(), columns[15].parse::<f64>().unwrap()));
            }
        }
        if 30 <= places.len() && ["1", "3", "4"].iter().all(|t| types.contains(*t)) {
            break;
        }
    }
    let ours = get(&station.http, "/data/aircraft.json").unwrap().json();
    let mut agreed = 0;
    for (hex, lat, lon) in &places {
        let Some(aircraft) = ours["aircraft"].as_array().unwrap().iter().find(|a| a["hex"] == hex.as_str()) else {
            panic!("{hex} is not in our sky: {ours}")
        };
        let (Some(our_lat), Some(our_lon)) = (aircraft["lat"].as_f64(), aircraft["lon"].as_f64()) else { continue };
        assert!((our_lat - lat).hypot(our_lon - lon) < 0.5, "{hex} at {lat} {lon}: {aircraft}");
        agreed += 1;
    }
    assert!(20 <= agreed, "{agreed} of {} places were compared", places.len());
    station.stop();
}
