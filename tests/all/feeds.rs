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

/// Every kind of frame that is exchanged: Mode A/C (0 here) and each downlink format. DF 24 is two bits: 24 to 31.
const FORMATS: [u8; 12] = [0, 4, 5, 11, 16, 17, 18, 19, 20, 21, 24, 31];

/// A frame of random content whose parity holds where it can be checked. `None`: a Mode A/C reply.
fn random_frame(rng: &mut StdRng, df: Option<u8>) -> Frame {
    let mut raw = vec![0_u8; df.map_or(2, |df| if df < 16 { 7 } else { 14 })];
    rng.fill(raw.as_mut_slice());
    // Plenty of the byte that must be escaped.
    for byte in &mut raw {
        *byte = if rng.random_ratio(1, 3) { 0x1A } else { *byte };
    }
    match df {
        None => raw = vec![raw[0] & 0x77, raw[1] & 0xF7],
        Some(df) => {
            raw[0] = df << 3 | raw[0] & 7;
            let data = raw.len() - 3;
            raw[data..].fill(0);
            let crc = parity::syndrome(&raw).to_be_bytes();
            raw[data..].copy_from_slice(&crc[1..]);
        }
    }
    Frame {
        protocol: Protocol::Adsb,
        receiver: ReceiverId(0),
        raw: Raw::new(&raw),
        tick: Tick12(if rng.random_ratio(1, 3) { 0x1A_1A1A } else { rng.random_range(1..0xFE00_0000_0000) }),
        utc: None,
        signal: Signal { rssi: rng.random_ratio(2, 3).then(|| DeciDbfs(rng.random_range(-480..=0))), ..Signal::default() },
    }
}

/// Frames of every format, DF 18 with each of its control fields (TIS-B, ADS-R…), and Mode A/C replies, mixed.
fn each_format(rng: &mut StdRng, rounds: usize) -> Vec<Frame> {
    let kinds = || FORMATS.into_iter().map(Some).chain([None]);
    (0..rounds).flat_map(|_| kinds()).map(|df| random_frame(rng, df)).filter(|f| f.raw.as_slice() != [0, 0]).collect()
}

fn parsed(framing: Framing, bytes: &[u8]) -> Vec<Heard> {
    let (mut framer, mut heard) = (Framer::with_mode_ac(framing, true), Vec::new());
    framer.push(bytes, &mut |h| heard.push(h));
    framer.finish(&mut |h| heard.push(h));
    let counters = framer.counters();
    assert_eq!((counters.refused, counters.skipped_bytes), (0, 0), "{counters:?}");
    heard
}

#[test]
fn what_is_written_is_what_receivers_read() {
    let mut rng = StdRng::seed_from_u64(30_005);
    let frames = each_format(&mut rng, 400);
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

/// What comes in by Beast or AVR goes out by both as it came: every format, whether we decode it or not.
#[test]
fn every_format_goes_through_a_station_unchanged() {
    let mut frames = each_format(&mut StdRng::seed_from_u64(18), 8);
    for (n, frame) in frames.iter_mut().enumerate() {
        frame.tick = Tick12(0x1A_0000_0000 + 0x1A00 * n as u64);
    }
    for input in [FeedFormat::Beast, FeedFormat::Avr] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let source = format!(
            "[receivers.far]\nprotocol = \"adsb\"\nsource = \"{}\"\naddress = \"{}\"\nmode_ac = true\n",
            input.name(),
            server.local_addr().unwrap()
        );
        let mut station = TestStation::new(dir.path(), "alpha", &format!("{source}{FEEDS}"), None);
        station.start(&[]);
        let [mut beast, mut avr] = ["beast", "avr"].map(|feed| connect(&mut station, feed));
        eventually("both listen", LONG, || {
            let said = get(&station.http, "/metrics")?;
            let listens = |feed: &str| said.body.contains(&format!("vtoc_feed_clients{{feed=\"{feed}\"}} 1"));
            (listens("beast") && listens("avr")).then_some(())
        });
        let mut bytes = Vec::new();
        frames.iter().for_each(|f| assert!(input.frame(f, &mut bytes)));
        let (mut peer, _) = server.accept().unwrap();
        peer.write_all(&bytes).unwrap();

        let mut by_avr = Vec::new();
        frames.iter().for_each(|f| assert!(FeedFormat::Avr.frame(f, &mut by_avr)));
        assert_eq!(read_until(&mut avr, |all| by_avr.len() <= all.len()), by_avr, "AVR out, {} in", input.name());
        let got = read_until(&mut beast, |all| frames.len() <= parsed_so_far(Framing::Beast, all).len());
        let got = parsed_so_far(Framing::Beast, &got);
        assert!(got.iter().map(|h| &h.raw).eq(frames.iter().map(|f| &f.raw)), "Beast out, {} in", input.name());
        // AVR tells neither time nor level.
        if input == FeedFormat::Beast {
            assert!(got.iter().map(|h| h.tick.unwrap()).eq(frames.iter().map(|f| f.tick)));
            let told = |rssi: Option<DeciDbfs>| rssi.map(|r| r.dbfs());
            for (theirs, ours) in frames.iter().map(|f| told(f.signal.rssi)).zip(got.iter().map(|h| told(h.signal.rssi))) {
                assert_eq!(theirs.is_some(), ours.is_some());
            }
        }
        assert_eq!(metric(&station.http, "vtoc_receiver_feed_refused_total"), Some(0.0));
        station.stop();
    }
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

/// Frames of a feed that goes on, Mode A/C replies too.
fn parsed_so_far(framing: Framing, bytes: &[u8]) -> Vec<Heard> {
    let (mut framer, mut heard) = (Framer::with_mode_ac(framing, true), Vec::new());
    framer.push(bytes, &mut |h| heard.push(h));
    heard
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

/// DF 18 in SBS: the address as it is, and marked where ICAO did not assign it; ELM (DF 24) and Mode A/C make no line.
#[test]
fn tis_b_and_ads_r_are_sbs_lines_of_their_own_address() {
    let with_parity = |first: u8| {
        let mut raw = [first, 0x48, 0x40, 0xd6, 0x20, 0x2c, 0xc3, 0x71, 0xc3, 0x2c, 0xe0, 0, 0, 0];
        let crc = parity::syndrome(&raw).to_be_bytes();
        raw[11..].copy_from_slice(&crc[1..]);
        raw
    };
    let lines = |raw: &[u8]| {
        let mut decoder = (decoders::adsb::PROTOCOL.decoder)(&Default::default());
        let mut out = Vec::new();
        for second in 0..2 {
            let mut frame = random_frame(&mut StdRng::seed_from_u64(0), None);
            (frame.raw, frame.utc) = (Raw::new(raw), Some(model::UnixMicros::from_secs(second)));
            decoder.decode(&frame, &mut |event| {
                FeedFormat::Sbs.event(&event, event.at, &mut out);
            });
        }
        String::from_utf8(out).unwrap()
    };
    // DF 17; DF 18 with CF 0 and 1 (no transponder), 2 and 5 (TIS-B), 6 (ADS-R).
    for (first, address) in [(0x8D, "4840D6"), (0x90, "4840D6"), (0x91, "~4840D6"), (0x92, "4840D6"), (0x95, "~4840D6"), (0x96, "4840D6")] {
        let lines = lines(&with_parity(first));
        assert!(lines.starts_with(&format!("MSG,1,1,1,{address},1,")) && lines.contains(",KLM1023,"), "{first:02x}: {lines}");
    }
    assert_eq!(lines(&with_parity(0xC0)), "");
    assert_eq!(lines(&[0x77, 0]), "");
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

/// Another's program takes our Beast feed and our AVR feed, decodes them itself, and says the same as we do.
#[test]
fn dump1090_reads_our_beast_and_avr_feeds() {
    if Command::new("dump1090-mutability").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(!peers_required(), "dump1090-mutability is not installed (package dump1090-mutability)");
        eprintln!("skipped: dump1090-mutability is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut station = TestStation::new(dir.path(), "alpha", &format!("{}{FEEDS}", sky(20)), None);
    station.start(&[]);
    for feed in ["beast", "avr"] {
        let ours = connect(&mut station, feed);
        compare_with_dump1090(&station, feed, ours);
    }
    station.stop();
}

fn compare_with_dump1090(station: &TestStation, format: &str, mut ours: TcpStream) {
    let [input, output] = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let ports = [input.port().to_string(), output.port().to_string()];
    let mut command = Command::new("dump1090-mutability");
    let (beast, avr) = if format == "beast" { (ports[0].as_str(), "0") } else { ("0", ports[0].as_str()) };
    command.args(["--net-only", "--quiet", "--net-bind-address", "127.0.0.1", "--net-ri-port", avr, "--net-ro-port", "0"]);
    command.args(["--net-bo-port", "0", "--net-bi-port", beast, "--net-sbs-port", &ports[1]]);
    let mut peer = Running::start(&mut command);
    let mut feed = eventually("dump1090 listens", LONG, || {
        assert!(peer.ended().is_none(), "dump1090 ended: {}", peer.said());
        TcpStream::connect(input).ok()
    });
    let theirs = TcpStream::connect(output).unwrap();
    theirs.set_read_timeout(Some(LONG)).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok(n @ 1..) = ours.read(&mut buffer) {
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
    assert!(20 <= agreed, "{format}: {agreed} of {} places were compared", places.len());
}
