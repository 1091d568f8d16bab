//! AIS sentences into a station by every way there is, and out of it again; gpsd between two stations.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::http::get;
use tests::nmea::sentence;
use tests::peers_required;
use tests::process::{Running, eventually};
use tests::site::TestStation;

const LONG: Duration = Duration::from_secs(120);

/// A type 1 of `mmsi` at 52° N, 4° E, status `status`, as a sentence.
fn report(mmsi: u32, status: u8) -> String {
    let parts: [(u32, u64); 15] = [
        (6, 1),
        (2, 0),
        (30, mmsi.into()),
        (4, status.into()),
        (8, 0),
        (10, 100),
        (1, 1),
        (28, 4 * 600_000),
        (27, 52 * 600_000),
        (12, 900),
        (9, 90),
        (6, 30),
        (2, 0),
        (4, 0),
        (19, 0),
    ];
    sentence(&parts)
}

fn vessels(http: &str) -> Vec<Value> {
    let tracks = get(http, "/api/v1/tracks?protocol=ais").map(|answer| answer.json());
    tracks.and_then(|t| t["tracks"].as_array().cloned()).unwrap_or_default()
}

fn vessel(http: &str, mmsi: u32) -> Option<Value> {
    let subject = format!("mmsi:{mmsi:09}");
    vessels(http).into_iter().find(|track| track["subject"] == subject.as_str())
}

fn free_udp() -> String {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn free_tcp() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn sentences_come_in_by_every_way_and_go_out_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log.nmea");
    std::fs::write(&log, format!("{}\r\n", report(244_000_001, 0))).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let (udp, listen, ship_net) = (free_udp(), free_tcp(), free_udp());
    let out = UdpSocket::bind("127.0.0.1:0").unwrap();
    out.set_read_timeout(Some(LONG)).unwrap();
    let receivers = format!(
        "[receivers.log]\nprotocol = \"ais\"\nsource = \"nmea_file\"\npath = \"{}\"\n\
         [receivers.tcp]\nprotocol = \"ais\"\nsource = \"nmea_tcp\"\naddress = \"{}\"\n\
         [receivers.listen]\nprotocol = \"ais\"\nsource = \"nmea_listen\"\naddress = \"{listen}\"\n\
         [receivers.udp]\nprotocol = \"ais\"\nsource = \"nmea_udp\"\naddress = \"{udp}\"\n\
         [feeds]\nnmea = \"127.0.0.1:0\"\nnmea_udp = [\"{}\"]\nnmea_450 = [\"{ship_net}\"]\n",
        log.display(),
        server.local_addr().unwrap(),
        out.local_addr().unwrap(),
    );
    let bridge = format!("[receivers.net]\nprotocol = \"ais\"\nsource = \"nmea_udp\"\naddress = \"{ship_net}\"\n");
    let mut bridge = TestStation::new(dir.path(), "bridge", &bridge, None);
    bridge.start(&[]);
    let mut station = TestStation::new(dir.path(), "alpha", &receivers, None);
    station.start(&[]);
    let said = station.running.as_mut().unwrap().wait_for("feed nmea 127", LONG);
    let feed = TcpStream::connect(said.rsplit(' ').next().unwrap()).unwrap();
    feed.set_read_timeout(Some(LONG)).unwrap();
    let (mut tcp, _) = server.accept().unwrap();
    let mut gateway = TcpStream::connect(&listen).unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    eventually("all ways lead in", LONG, || {
        tcp.write_all(format!("$GPGLL,x*00\r\n{}\r\n", report(244_000_002, 0)).as_bytes()).unwrap();
        gateway.write_all(format!("{}\r\n", report(244_000_003, 0)).as_bytes()).unwrap();
        sender.send_to(format!("UdPbC\0{}\r\n{}", report(244_000_004, 0), report(972_000_005, 14)).as_bytes(), &udp).unwrap();
        let all = [244_000_001, 244_000_002, 244_000_003, 244_000_004, 972_000_005];
        all.iter().all(|&mmsi| vessel(&station.http, mmsi).is_some()).then_some(())
    });
    let mob = vessel(&station.http, 972_000_005).unwrap();
    assert_eq!((&mob["emergency"], &mob["vessel"]["kind"]), (&"mob".into(), &"mob".into()), "{mob}");
    let ship = vessel(&station.http, 244_000_002).unwrap();
    assert_eq!((&ship["lat"], &ship["speed_kt"], &ship["vessel"]["class"]), (&52.0.into(), &10.0.into(), &"A".into()), "{ship}");
    // Out again, as it came in.
    let mut lines = BufReader::new(feed).lines();
    eventually("the feed tells of the ship", LONG, || lines.next()?.ok().filter(|line| *line == report(244_000_002, 0)));
    let mut datagram = [0; 2_000];
    let n = out.recv(&mut datagram).unwrap();
    assert!(datagram[..n].starts_with(b"!AIVDM,1,1,,A,") && datagram[..n].ends_with(b"\r\n"));
    // And with a TAG block each, over a ship's network.
    eventually("the bridge sees them all", LONG, || {
        (244_000_002..=244_000_004).all(|mmsi| vessel(&bridge.http, mmsi).is_some()).then_some(())
    });
    bridge.stop();
    station.stop();
}

/// `VTOC_GPSD`, else the one in the PATH.
fn gpsd() -> Option<PathBuf> {
    let path = std::env::var_os("VTOC_GPSD").map_or("gpsd".into(), PathBuf::from);
    Command::new(&path).arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok().then_some(path)
}

/// A station's feed is gpsd's device, and gpsd is another station's source.
#[test]
fn gpsd_reads_our_feed_and_we_read_gpsd() {
    let Some(gpsd) = gpsd() else {
        assert!(!peers_required(), "gpsd is not installed (package gpsd)");
        eprintln!("skipped: gpsd is not installed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (udp, port) = (free_udp(), free_tcp().rsplit(':').next().unwrap().to_owned());
    let receivers =
        format!("[receivers.udp]\nprotocol = \"ais\"\nsource = \"nmea_udp\"\naddress = \"{udp}\"\n[feeds]\nnmea = \"127.0.0.1:0\"\n");
    let mut first = TestStation::new(dir.path(), "first", &receivers, None);
    first.start(&[]);
    let said = first.running.as_mut().unwrap().wait_for("feed nmea", LONG);
    let device = format!("tcp://{}", said.rsplit(' ').next().unwrap());
    let mut daemon = Running::start(Command::new(gpsd).args(["-N", "-n", "-S", &port, &device]));
    let receivers = format!("[receivers.gps]\nprotocol = \"ais\"\nsource = \"gpsd\"\naddress = \"127.0.0.1:{port}\"\n");
    let mut second = TestStation::new(dir.path(), "second", &receivers, None);
    second.start(&[]);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut mmsi = 244_100_000;
    let through = eventually("a ship comes through gpsd", LONG, || {
        mmsi += 1;
        sender.send_to(format!("{}\r\n", report(mmsi, 0)).as_bytes(), &udp).unwrap();
        vessels(&second.http).into_iter().next()
    });
    assert_eq!((&through["lat"], &through["lon"], &through["speed_kt"]), (&52.0.into(), &4.0.into(), &10.0.into()), "{}", daemon.said());
    daemon.kill_9();
    first.stop();
    second.stop();
}
