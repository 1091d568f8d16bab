//! AIS: sentences with tag blocks, joined, decoded, listed, written again, told as events; and bare bits.

use super::{Harness, Target};
use decoders::ais::message::asm::Application;
use decoders::ais::message::{Bits, Body, Message, SlotBinary, lengths};
use decoders::ais::nmea::{Assembler, Assembly, PENDING_MAX, parse};
use decoders::{DecoderConfig, MessageDecoder};
use model::{ReceiverId, Tick12, UnixMicros};
use std::path::PathBuf;

pub const TARGET: Target = Target { name: "ais", seeds, harness: || Box::new(Ais::new()) };

/// One sentence of each type, parts, a tag block, a datagram; with `VTOC_RECORDINGS` the real logs besides.
pub const SENTENCES: &str = "!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A
!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C
!AIVDM,2,2,1,A,88888888880,2*25
\\s:42809,c:1635731889,t:1635731965*6A\\!AIVDM,1,1,,,403t>B1vFhQr5`NonbBw?>G00<0n,0*7B
!AIVDM,1,1,,A,6>l4uk@0w2Td000000U00P0,2*5A
!AIVDM,1,1,,A,71AqOpwIFFI:vJCjWejS9I:QGsFw,0*62
!AIVDM,1,1,0,B,803Ovrh0EPM0WB0h2l0MwJUi=6B4G9000aip8<2Bt2Hq2Qhp,0*01
!AIVDM,1,1,,B,8>k1oFAKpB95?AruFRl7mre0<N00,0*6A
!AIVDM,1,1,,B,9muc;QvN2`TG6BE76wm;U7u>K>?b,0*64
!AIVDM,1,1,,B,:KeoLe9SVU;H,0*6D
!AIVDM,1,1,,B,;5NDk68>1pJtJ68HggG88R4fP0GP,0*39
!AIVDM,1,1,,B,<NnJ4`u1=C7>qV3?qoRm,0*1E
!AIVDM,1,1,,B,>IgoUswo3Q6?Ah,4*22
!AIVDM,1,1,,B,?w>DNkiVT>Qp8eMvd@,4*00
!AIVDM,1,1,,A,@TFtghNJ4G5?C7mV,0*3D
!AIVDM,1,1,,B,AwoiGRg:tOw>>9n5f9u>rOvwkraEe6ON,0*34
!AIVDM,1,1,,B,B5MiOp0006g4up6:EV403wr5oP06,0*38
!AIVDM,1,1,,B,DD2r994wluqiIJv<ah,4*63
!AIVDM,2,1,5,B,E1mg=5J1T4W0h97aRh6ba84<h2d;W:Te=eLvH50```q,0*46
!AIVDM,2,2,5,B,:D44QDlp0C1DU00,2*36
!AIVDM,1,1,,B,F030p>R2N2P6jIA`2eTjS@520000,0*1B
!AIVDM,1,1,,A,G<U;5jqWt?Moo=qw958B4dkOC;T,2*5B
!AIVDM,1,1,,B,H5MiOp1:uJ0MDhJ0<P4hhDpLE80,2*33
!AIVDM,1,1,,B,I;=w>`IRvRwqhWd,2*23
!AIVDM,1,1,,A,J?Amrcw9LwuO7b9nHgeD?SVS5U8doUvtuwAQ,0*52
!AIVDM,1,1,,A,KvQ:1o`7EBrBQ`?w,0*37";

const LOGS: [&str; 4] = ["aduvenhage_sample.txt", "dma_decode_encode.txt", "aisdb_20211101.nm4", "gpsd/sample.aivdm"];

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = SENTENCES.lines().map(|l| l.as_bytes().to_vec()).collect();
    seeds.push(b"UdPbC\0\\s:a,n:1*61\\!BSVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*53\r\n".to_vec());
    if let Some(folder) = std::env::var_os("VTOC_RECORDINGS").map(PathBuf::from) {
        for name in LOGS {
            let log = std::fs::read(folder.join("ais/nmea").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            seeds.extend(log.split(|&b| b == b'\n').filter(|l| l.contains(&b'!')).map(<[u8]>::to_vec));
        }
    }
    seeds
}

struct Ais {
    assembler: Assembler,
    decoder: Box<dyn MessageDecoder>,
    now: UnixMicros,
    deep: u64,
    line: Vec<u8>,
}

impl Ais {
    fn new() -> Self {
        let entry = decoders::PROTOCOLS.iter().find(|p| p.protocol == model::Protocol::Ais).expect("AIS is in the list");
        let decoder = (entry.decoder)(&DecoderConfig::default());
        Self { assembler: Assembler::new(), decoder, now: UnixMicros(0), deep: 0, line: Vec::new() }
    }

    fn message(&mut self, bits: &Bits) {
        let Ok(message) = Message::decode(bits) else { return };
        self.deep += 1;
        // Padding beyond the longest message of the type isn't kept.
        let kept = bits.len().min(lengths::bits_max(message.kind));
        assert_eq!(message.encode().slice(0, kept), bits.slice(0, kept), "{message:?}");
        message.list(&mut |_, _| {});
        if let Some(tail) = message.body.tail() {
            assert!(tail.text().len() <= Bits::MAX / 6);
        }
        let (dac, function, data) = match message.body {
            Body::AddressedBinary(h, data) => (h.dac.0, h.function.0, data),
            Body::BroadcastBinary(h, data) => (h.dac.0, h.function.0, data),
            Body::SlotBinary(h, data) => {
                let Some(binary) = SlotBinary::read(message.kind, &h, data) else { return };
                let (dac, function) = binary.application.unwrap_or_default();
                (dac.into(), function.into(), binary.data)
            }
            _ => return,
        };
        if let Some(application) = Application::read(dac, function, data) {
            assert_eq!(application.encode(), data.to_bits(), "{application:?}");
            application.list(&mut |_, _| {});
        }
    }
}

impl Harness for Ais {
    fn feed(&mut self, case: &[u8]) {
        self.now = self.now.plus_micros(1_000);
        self.line.clear();
        self.line.extend_from_slice(case);
        // Three of four get right checksums, so that more than the check of them is tried.
        if self.now.0 % 4_000 != 0 {
            mend(&mut self.line);
        }
        let line = std::mem::take(&mut self.line);
        if let Ok(sentence) = parse(&line)
            && let Ok(Assembly::Complete(received)) = self.assembler.push(&sentence, self.now)
        {
            assert!(received.bits.len() <= Bits::MAX);
            self.message(&received.bits);
            let frame = received.frame(ReceiverId(0), Tick12(0), self.now);
            self.decoder.decode(&frame, &mut |event| assert_eq!(event.raw, frame.raw));
        }
        assert!(self.assembler.pending() <= PENDING_MAX);
        self.line = line;
        let mut bits = Bits::new();
        for byte in case.iter().take(Bits::MAX / 8) {
            bits.push(8, u64::from(*byte));
        }
        if 8 <= bits.len() {
            bits.put(0, 6, self.now.0 as u64 / 1_000 % 29);
            self.message(&bits);
        }
    }

    fn deep(&self) -> u64 {
        self.deep
    }
}

/// Puts right checksums into every part of the line that has the form `\…*hh` or `!…*hh`.
fn mend(line: &mut [u8]) {
    let mut start = None;
    for at in 0..line.len() {
        match line[at] {
            b'\\' | b'!' => start = Some(at + 1),
            b'*' if at + 2 < line.len() => {
                if let Some(start) = start.take() {
                    let sum = line[start..at].iter().fold(0, |sum, b| sum ^ b);
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    line[at + 1] = HEX[usize::from(sum >> 4)];
                    line[at + 2] = HEX[usize::from(sum & 15)];
                }
            }
            _ => {}
        }
    }
}
