//! The igate: what a TNC hears goes to APRS-IS, by the rules; a server of ours after the specification, and aprsc where it is installed.

use decoders::aprs::ax25::Ui;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tests::http::metric;
use tests::process::eventually;
use tests::site::TestStation;

const LONG: Duration = Duration::from_secs(60);

fn kiss(text: &str) -> Vec<u8> {
    let frame = Ui::from_tnc2(text.as_bytes()).unwrap().to_bytes();
    [&[0xC0, 0], &frame[..], &[0xC0]].concat()
}

/// A station with a TNC as its radio, lines from a network as another receiver, and an igate.
fn settings(tnc: &str, network: &str, server: &str) -> String {
    format!(
        "[receivers.tnc]\nprotocol = \"aprs\"\nsource = \"kiss_tcp\"\naddress = \"{tnc}\"\n\
         [receivers.net]\nprotocol = \"aprs\"\nsource = \"aprs_tcp\"\naddress = \"{network}\"\n\
         [igate]\ncallsign = \"PI1GT-10\"\nserver = \"{server}\"\n"
    )
}

fn listener() -> (TcpListener, String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    (server, address)
}

/// What is heard, the last one last; of these, what goes on.
const HEARD: [&str; 8] = [
    "PA1A-9>APRS,PI1D*,WIDE2-1:>one  ",
    "PA1A-9>APRS,WIDE2-2:>one  ",
    "PA1B>APRS,TCPIP*:>from the Internet",
    "PA1B>APRS,NOGATE:>private",
    "PA1B>APRS:?APRS?",
    "PI1X>APRS:}PA1C>APRS,TCPIP*,PI1Y*:>loop",
    "PI1X>APRS:}PA1C-7>APRS,DSTAR*:>inside",
    "PA1D>APRS::PA1E     :last{1",
];
const PASSED: [&str; 3] = [
    "PA1A-9>APRS,PI1D*,WIDE2-1,qAO,PI1GT-10:>one  ",
    "PA1C-7>APRS,DSTAR*,qAO,PI1GT-10:>inside",
    "PA1D>APRS,qAO,PI1GT-10::PA1E     :last{1",
];

#[test]
fn what_is_heard_goes_to_the_internet_by_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let [(tnc, tnc_at), (network, network_at), (server, server_at)] = [0; 3].map(|_| listener());
    let mut station = TestStation::new(dir.path(), "gate", &settings(&tnc_at, &network_at, &server_at), None);
    station.start(&[]);
    let (mut tnc, _) = tnc.accept().unwrap();
    let (mut network, _) = network.accept().unwrap();
    let (mut stream, _) = server.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut said = BufReader::new(stream.try_clone().unwrap());
    let mut line = || {
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    // The pass code of PI1GT, by the published algorithm.
    assert!(line().starts_with("user PI1GT-10 pass 18156 vers vtoc "));
    stream.write_all(b"# logresp PI1GT-10 verified, server TEST\r\n").unwrap();
    network.write_all(b"PA1N>APRS:>lines of a network are not heard on the air\n").unwrap();
    for text in HEARD {
        tnc.write_all(&kiss(text)).unwrap();
    }
    for expected in PASSED {
        assert_eq!(line(), expected);
    }
    let count = |what: &str| metric(&station.http, what);
    eventually("everything is counted", LONG, || (count("vtoc_igate_refused_total{why=\"not_radio\"}") == Some(1.0)).then_some(()));
    assert_eq!(count("vtoc_igate_sent_total"), Some(3.0));
    assert_eq!(count("vtoc_igate_connected"), Some(1.0));
    assert_eq!(count("vtoc_igate_refused_total{why=\"repeat\"}"), Some(1.0));
    assert_eq!(count("vtoc_igate_refused_total{why=\"internet\"}"), Some(2.0));
    station.stop();
}

struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// aprsc is not packaged where our tests run by themselves: put it into the path to have this one.
#[test]
fn a_real_server_takes_it() {
    if Command::new("aprsc").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("skipped: aprsc is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let [clients, full] = [0; 2].map(|_| free());
    let config = format!(
        "ServerId T2TEST\nPassCode 8385\nMyAdmin \"Nobody, N0CALL\"\nMyEmail a@example.com\nRunDir {dir}\nFileLimit 1000\n\
         Listen \"clients\" igate tcp 127.0.0.1 {clients}\nListen \"full\" fullfeed tcp 127.0.0.1 {full}\n",
        dir = dir.path().display()
    );
    let file = dir.path().join("aprsc.conf");
    // Started by root it becomes nobody.
    std::fs::create_dir(dir.path().join("logs")).unwrap();
    for path in [dir.path(), &dir.path().join("logs")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    std::fs::write(&file, config).unwrap();
    let child = Command::new("aprsc")
        .current_dir(dir.path())
        .arg("-c")
        .arg(&file)
        .args(["-u", "nobody", "-e", "debug", "-o", "stderr"])
        .stderr(Stdio::null())
        .spawn();
    let _peer = Peer(child.unwrap());
    let feed = eventually("aprsc listens", LONG, || TcpStream::connect(("127.0.0.1", full)).ok());
    feed.set_read_timeout(Some(LONG)).unwrap();
    (&feed).write_all(b"user PI1ZZ pass -1 vers test 1\r\n").unwrap();
    let (tnc, tnc_at) = listener();
    let (_network, network_at) = listener();
    let mut station = TestStation::new(dir.path(), "gate", &settings(&tnc_at, &network_at, &format!("127.0.0.1:{clients}")), None);
    station.start(&[]);
    let (mut tnc, _) = tnc.accept().unwrap();
    eventually("aprsc verifies us", LONG, || (metric(&station.http, "vtoc_igate_connected") == Some(1.0)).then_some(()));
    for text in HEARD {
        tnc.write_all(&kiss(text)).unwrap();
    }
    let mut packets = BufReader::new(feed).lines().map(Result::unwrap).filter(|line| !line.starts_with('#'));
    for expected in PASSED {
        assert_eq!(packets.next().as_deref(), Some(expected));
    }
    station.stop();
}
