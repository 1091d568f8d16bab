//! What a station sends, into a real Dire Wolf over KISS; and through a serial line.

use decoders::aprs::ax25::Ui;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tests::http::metric;
use tests::peers_required;
use tests::process::eventually;
use tests::site::TestStation;

const LONG: Duration = Duration::from_secs(60);

struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn installed(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("-h").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        assert!(!peers_required(), "{program} is not installed (package {package})");
        eprintln!("skipped: {program} is not installed");
    }
    found
}

fn tnc(source: &str) -> String {
    format!("[receivers.tnc]\nprotocol = \"aprs\"\nsource = {source}\n")
}

const TRANSMIT: &str = "[transmit]\nenabled = true\ncallsign = \"PI1GT-10\"\ntnc = \"tnc\"\npath = \"WIDE1-1\"\nacknowledge = true\n";

fn kiss(text: &str) -> Vec<u8> {
    let frame = Ui::from_tnc2(text.as_bytes()).unwrap().to_bytes();
    [&[0xC0, 0], &frame[..], &[0xC0]].concat()
}

/// The next frame that a station gave its TNC, as text. Nothing here needs escapes.
fn next(stream: &mut impl Read) -> String {
    let (mut frame, mut byte) = (Vec::new(), [0]);
    loop {
        stream.read_exact(&mut byte).unwrap();
        match byte[0] {
            0xC0 if frame.is_empty() => {}
            0xC0 => break,
            b => frame.push(b),
        }
    }
    assert_eq!(frame[0], 0, "data for port 0");
    String::from_utf8(Ui::parse(&frame[1..]).unwrap().to_tnc2()).unwrap()
}

#[test]
fn messages_are_acknowledged_and_those_from_the_internet_reach_who_is_near() {
    let dir = tempfile::tempdir().unwrap();
    let [(tnc_server, tnc_at), (is_server, is_at)] = [0; 2].map(|_| {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        (server, address)
    });
    let igate = format!("from_internet = true\n[igate]\ncallsign = \"PI1GT-10\"\nserver = \"{is_at}\"\n");
    let receivers = [tnc(&format!("\"kiss_tcp\"\naddress = \"{tnc_at}\"")), TRANSMIT.to_owned(), igate].concat();
    let mut station = TestStation::new(dir.path(), "sender", &receivers, None);
    station.start(&[]);
    let (mut tnc, _) = tnc_server.accept().unwrap();
    tnc.set_read_timeout(Some(LONG)).unwrap();
    let (mut server, _) = is_server.accept().unwrap();
    let mut said = BufReader::new(server.try_clone().unwrap()).lines();
    said.next().unwrap().unwrap();
    server.write_all(b"# logresp PI1GT-10 verified, server TEST\r\n").unwrap();
    tnc.write_all(&kiss("PA1A-9>APRS::PI1GT-10 :hello{12")).unwrap();
    assert_eq!(next(&mut tnc), "PI1GT-10>APZVTC,WIDE1-1::PA1A-9   :ack12");
    assert_eq!(said.next().unwrap().unwrap(), "PA1A-9>APRS,qAR,PI1GT-10::PI1GT-10 :hello{12", "it transmits: qAR");
    server.write_all(b"N1A>APRS,TCPIP*,qAC,T2::PA1Z     :not near\r\nN1A>APRS,TCPIP*,qAC,T2::PA1A-9   :hi there{3\r\n").unwrap();
    assert_eq!(next(&mut tnc), "PI1GT-10>APZVTC,WIDE1-1:}N1A>APRS,TCPIP,PI1GT-10*::PA1A-9   :hi there{3");
    eventually("it is counted", LONG, || (metric(&station.http, "vtoc_transmit_frames_total") == Some(2.0)).then_some(()));
    station.stop();
}

/// Dire Wolf as the TNC, with no radio: what it is given it reports as sent.
fn direwolf(dir: &Path, kiss: u16) -> (Peer, ChildStdin, BufReader<ChildStdout>) {
    let config = dir.join("direwolf.conf");
    let said = format!(
        "ADEVICE stdin null\nARATE 44100\nACHANNELS 1\nCHANNEL 0\nMYCALL N0CALL\nMODEM 1200\nTXDELAY 1\nKISSPORT {kiss}\nAGWPORT 0\n"
    );
    std::fs::write(&config, said).unwrap();
    let mut command = Command::new("direwolf");
    command.arg("-c").arg(&config).args(["-r", "44100", "-t", "0", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    (Peer(child), stdin, BufReader::new(stdout))
}

#[test]
fn dire_wolf_sends_our_beacon() {
    if !installed("direwolf", "direwolf") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (_peer, _microphone, mut report) = direwolf(dir.path(), port);
    eventually("Dire Wolf listens", LONG, || TcpStream::connect(("127.0.0.1", port)).ok());
    let beacon = "beacon_minutes = 30\ncomment = \"vTOC test\"\n";
    let receivers = [tnc(&format!("\"kiss_tcp\"\naddress = \"127.0.0.1:{port}\"")), TRANSMIT.to_owned(), beacon.to_owned()].concat();
    let mut station = TestStation::new(dir.path(), "sender", &receivers, None);
    station.start(&[]);
    let mut line = Vec::new();
    loop {
        line.clear();
        assert_ne!(report.read_until(b'\n', &mut line).unwrap(), 0, "Dire Wolf ended");
        // L for low priority: sent. Test stations stand at 52.308 N 4.764 E.
        if String::from_utf8_lossy(&line).contains("L] PI1GT-10>APZVTC,WIDE1-1:=5218.48N/00445.84E-vTOC test") {
            break;
        }
    }
    station.stop();
}

/// Two ends of a serial line.
#[test]
fn a_tnc_at_a_serial_port_hears_and_sends() {
    if !installed("socat", "socat") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let end = |name: &str| format!("pty,link={},raw,echo=0", dir.path().join(name).display());
    let _line = Peer(Command::new("socat").args([end("a"), end("b")]).stderr(Stdio::null()).spawn().unwrap());
    eventually("the line is there", LONG, || dir.path().join("b").exists().then_some(()));
    let receivers =
        [tnc(&format!("\"kiss_serial\"\npath = \"{}\"\nbaud = 9600", dir.path().join("a").display())), TRANSMIT.to_owned()].concat();
    let mut station = TestStation::new(dir.path(), "sender", &receivers, None);
    station.start(&[]);
    let mut tnc = std::fs::File::options().read(true).write(true).open(dir.path().join("b")).unwrap();
    eventually("the station has the port open", LONG, || {
        tnc.write_all(&kiss("PA1A-9>APRS:>here")).unwrap();
        metric(&station.http, "vtoc_receiver_frames_total").filter(|n| 0.0 < *n)
    });
    tnc.write_all(&kiss("PA1A-9>APRS::PI1GT-10 :by wire{7")).unwrap();
    assert_eq!(next(&mut tnc), "PI1GT-10>APZVTC,WIDE1-1::PA1A-9   :ack7");
    station.stop();
}
