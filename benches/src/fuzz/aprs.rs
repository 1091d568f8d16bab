//! APRS: lines with headers, AX.25 frames, the information field of every type, told as events.

use super::{Harness, Target};
use decoders::aprs::ax25::{Ui, frame_text};
use decoders::aprs::gate::{Gate, LINE_MAX};
use decoders::aprs::line::Line;
use decoders::aprs::packet::Packet;
use decoders::{DecoderConfig, MessageDecoder};
use model::{EventKind, Frame, Protocol, Raw, ReceiverId, Signal, Text, Tick12, UnixMicros};
use std::path::PathBuf;

pub const TARGET: Target = Target { name: "aprs", seeds, harness: || Box::new(Aprs::new()) };

/// Packets of each type; with `VTOC_RECORDINGS` the real ones besides.
pub const PACKETS: &str = "N0CALL-9>APDW17,DIGI*,WIDE2-1,qAR,IGATE:!4903.50N/07201.75W>088/036/A=001234hello !W32! |!!!!!!!!!!!!!!|
N0CALL>APRS:=4903.50N/07201.75W#PHG51324/go
N0CALL>APRS:@092345z4903.5 N/07201.7 W>088/036/270/729
N0CALL>APRS:=/5L!!<*e7>7P[ comment !w66!
N0CALL>APRS:=/5L!!<*e7OS]S
N0CALL>S32U6T,TCPIP*:`(_fn\"Oj/]\"4T}hello=
N0CALL>SX15S6:'I',l \x1c>/ comment |!wEU!![S|
N0CALL>5U2V08:`c51!f?>/'1020 two values
N0CALL>APRS:;LEADER   *092345z4903.50N/07201.75W>088/036
N0CALL>APRS:)AID #2!4903.50N/07201.75WA
N0CALL>GPSMV:$GPRMC,145526,A,3349.0378,N,08406.2617,W,23.726,27.9,121207,4.9,W*7A
N0CALL>APRS:$GPGGA,040332,3405.438,N,11801.836,W,1,06,1.1,114.2,M,-31.5,M,,*75
N0CALL>APRS:$ULTW0053002D028D02FA2813000D87BD000103E8015703430010000C
N0CALL>APRS:!!00000066013D000028710166--------0158053201200210
N0CALL>APRS:_10090556c220s004g005t077r001p002P003h50b09900s010L500wRSW
N0CALL>APRS:@092345z4903.50N/07201.75W_220/004g005t-07r001p002P003h00b09900wRSW
N0CALL>APRS:>092345zstatus !EMERGENCY!
N0CALL>APRS:<IGATE,MSG_CNT=43,LOC_CNT=14
N0CALL>APRS:?APRS?
N0CALL>APRS::WU2Z     :Testing{03}AB
N0CALL>APRS::KB2ICI-14:ack003
N0CALL>APRS::N0CALL   :PARM.Battery,Temp,,,Flow,Door,Light
N0CALL>APRS::N0CALL   :EQNS.0,.1,1,.01,-2,3,0,1,0
N0CALL>APRS::N0CALL   :UNIT.V,C,,,l/s,open,on
N0CALL>APRS::N0CALL   :BITS.10111111,Hut
N0CALL>APRS:T#324,000,038,255,.12,50.12,01000001 comment
N0CALL>APRS:}LONGNAME1>APRS,TCPIP,N0CALL*:>on the way
N0CALL>APRS:#50B7500820082
N0CALL>APRS:*7007600000000
N0CALL>APRS:%270/8
N0CALL>APRS:[IO91SX]35 miles NNW of London
N0CALL>APRS:{Qq own format";

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = PACKETS.lines().map(|l| l.as_bytes().to_vec()).collect();
    if let Some(folder) = std::env::var_os("VTOC_RECORDINGS").map(PathBuf::from) {
        let name = "aprs/wa8lmf_track1_1005_frames.txt";
        let frames = std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        seeds.extend(frames.split(|&b| b == b'\n').filter(|l| l.contains(&b'>')).map(<[u8]>::to_vec));
    }
    seeds
}

struct Aprs {
    decoder: Box<dyn MessageDecoder>,
    gate: Gate,
    tick: u64,
    deep: u64,
}

impl Aprs {
    fn new() -> Self {
        Self {
            decoder: (decoders::aprs::PROTOCOL.decoder)(&DecoderConfig::default()),
            gate: Gate::new("PI1GT-10", false),
            tick: 0,
            deep: 0,
        }
    }

    fn told(&mut self, raw: &[u8]) {
        self.tick += 1;
        let frame = Frame {
            protocol: Protocol::Aprs,
            receiver: ReceiverId(0),
            raw: Raw::new(raw),
            tick: Tick12(self.tick),
            utc: Some(UnixMicros(self.tick as i64)),
            signal: Signal::default(),
        };
        if let Ok(line) = self.gate.line(&frame, true, UnixMicros(self.tick as i64 * 100_000)) {
            assert!(line.len() + 2 <= LINE_MAX && !line.iter().any(|b| matches!(b, b'\r' | b'\n')));
            assert!(Line::parse(&line).is_ok_and(|l| l.q().is_some()));
        }
        assert!(!frame_text(&frame).contains(char::is_control));
        self.decoder.decode(&frame, &mut |event| match &event.kind {
            EventKind::Text(text) => assert!(!text.body.is_empty() && text.body.len() <= Text::MAX_BYTES),
            EventKind::Position(p) => {
                assert!(p.at.lat_deg().abs() <= 90.0 && p.at.lon_deg().abs() <= 180.0);
                assert!(p.accuracy_m.is_some_and(|m| (10..200_000).contains(&m)), "{p:?}");
            }
            _ => {}
        });
    }
}

impl Harness for Aprs {
    fn feed(&mut self, case: &[u8]) {
        if let Ok(line) = Line::parse(case) {
            let packet = Packet::parse(line.destination_call(), line.info);
            self.deep += u64::from(packet.is_ok());
            match line.to_frame() {
                // The text is the frame's, so both say the same.
                Some(frame) => {
                    let ui = Ui::parse(&frame).expect("a frame that we wrote");
                    assert_eq!(Packet::parse(ui.destination.call().as_bytes(), ui.info), packet);
                    self.told(&frame);
                }
                None => self.told(case),
            }
        } else {
            self.told(case);
        }
    }

    fn deep(&self) -> u64 {
        self.deep
    }
}
