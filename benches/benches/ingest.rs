//! What the data plane costs: handing blocks over, framing feeds, and threads against the offline path.
//!
//! Each bench checks its answer before it is timed.

use decoders::aprs::ax25::Ui;
use decoders::{Profile, adsb};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hw::{Chunk, SampleSource, SourceError, SourceInfo};
use ingest::framing::{Framer, Framing};
use ingest::offline::{self, OfflineOptions};
use ingest::ring::{BLOCK_BYTES, Next, ring};
use ingest::{Input, ReceiverSpec, Sink, Station, StationOptions};
use model::{Event, IqFormat, ReceiverId, Tuning};
use std::time::Duration;

fn main() {
    divan::main();
}

const BLOCKS: usize = 2_000;

/// A block of 128 KiB from one thread to another and back to the pool. Compare with `copy_a_block`.
#[divan::bench]
fn hand_a_block_over(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BLOCKS)).bench_local(|| {
        let (mut writer, reader) = ring(32, BLOCK_BYTES);
        let consumer = std::thread::spawn(move || {
            let mut seen = 0;
            loop {
                match reader.next(Duration::from_secs(1)) {
                    Next::Block(block) => {
                        seen += 1;
                        reader.give_back(block);
                    }
                    Next::Empty => {}
                    Next::Closed => return seen,
                }
            }
        });
        for _ in 0..BLOCKS {
            while !writer.push() {
                writer.wait(Duration::from_secs(1));
            }
        }
        drop(writer);
        assert_eq!(consumer.join().expect("the consumer doesn't panic"), BLOCKS);
    });
}

#[divan::bench]
fn copy_a_block(bencher: Bencher<'_, '_>) {
    let (from, mut to) = (vec![7_u8; BLOCK_BYTES], vec![0_u8; BLOCK_BYTES]);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| black_box(&mut to).copy_from_slice(black_box(&from)));
}

const FRAMES: usize = 1_000;
const FRAME: [u8; 14] = [0x8d, 0x48, 0x40, 0xd6, 0x20, 0x2c, 0xc3, 0x71, 0xc3, 0x2c, 0xe0, 0x57, 0x60, 0x98];

fn packet() -> Vec<u8> {
    Ui::from_tnc2(b"N0CALL-9>APDW17,DIGI*,WIDE2-1:!4903.50N/07201.75W>088/036").expect("a packet").to_bytes()
}

#[divan::bench(args = Framing::ALL)]
fn frame_a_feed(bencher: Bencher<'_, '_>, framing: Framing) {
    let mut feed = Vec::new();
    for n in 0..FRAMES {
        match framing {
            Framing::Beast => {
                feed.extend([0x1a, b'3', 0, 0, 0, 1, (n >> 8) as u8 | 0x40, 0x41, 0x80]);
                feed.extend(FRAME);
            }
            Framing::Lines => feed.extend(b"*8d4840d6202cc371c32ce0576098;\n"),
            Framing::Nmea => feed.extend(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n"),
            Framing::Kiss => {
                feed.extend([0xC0, 0]);
                feed.extend(packet());
                feed.push(0xC0);
            }
            Framing::Agw => {
                let mut header = [0; 37];
                header[4] = b'K';
                header[28] = 1 + packet().len() as u8;
                feed.extend(header);
                feed.extend(packet());
            }
            Framing::Tnc2 => feed.extend(b"N0CALL-9>APDW17,DIGI*,WIDE2-1,qAR,IGATE:!4903.50N/07201.75W>088/036\r\n"),
        }
    }
    let count = |feed: &[u8]| {
        let (mut framer, mut frames) = (Framer::new(framing), 0);
        framer.push(feed, &mut |_| frames += 1);
        frames
    };
    assert_eq!(count(&feed), FRAMES);
    bencher.counter(ItemsCount::new(FRAMES)).counter(BytesCount::new(feed.len())).bench_local(|| count(black_box(&feed)));
}

/// One second of 2.4 Msps noise, and how it is received.
const NOISE_SAMPLES: usize = 2_400_000;

struct Noise {
    samples: std::sync::Arc<Vec<u8>>,
    at: usize,
}

impl SampleSource for Noise {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "noise", name: String::new(), live: false }
    }
    fn tuning(&self) -> Tuning {
        adsb::PROTOCOL.default_tuning
    }
    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }
    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let bytes = buf.len().min(self.samples.len() - self.at);
        buf[..bytes].copy_from_slice(&self.samples[self.at..self.at + bytes]);
        self.at += bytes;
        Ok(Chunk { bytes, ..Chunk::default() })
    }
}

fn noise() -> std::sync::Arc<Vec<u8>> {
    let mut n = 1_u32;
    let byte = || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        124 + (n >> 29) as u8
    };
    std::sync::Arc::new(std::iter::repeat_with(byte).take(2 * NOISE_SAMPLES).collect())
}

struct Nowhere;

impl Sink for Nowhere {
    fn event(&mut self, _event: Event) {}
}

#[divan::bench(sample_count = 5)]
fn a_second_of_noise_offline(bencher: Bencher<'_, '_>) {
    let samples = noise();
    bencher.counter(ItemsCount::new(NOISE_SAMPLES)).bench_local(|| {
        let mut source = Noise { samples: samples.clone(), at: 0 };
        let outcome = offline::decode(&mut source, &adsb::PROTOCOL, &OfflineOptions::default(), &mut Nowhere);
        assert_eq!(outcome.summary.samples, NOISE_SAMPLES as u64);
    });
}

#[divan::bench(sample_count = 5)]
fn a_second_of_noise_in_a_station(bencher: Bencher<'_, '_>) {
    let samples = noise();
    bencher.counter(ItemsCount::new(NOISE_SAMPLES)).bench_local(|| {
        let samples = samples.clone();
        let spec = ReceiverSpec {
            id: ReceiverId(0),
            name: "noise".into(),
            protocol: &adsb::PROTOCOL,
            profile: ingest::ProfileChoice::Always(Profile::Full),
            input: Input::Samples(Box::new(move || Ok(Box::new(Noise { samples: samples.clone(), at: 0 }) as Box<dyn SampleSource>))),
            mode_ac: false,
            start_utc: None,
        };
        let station = Station::start(vec![spec], &StationOptions::default(), Nowhere).expect("one receiver is a station");
        assert_eq!(station.wait().receivers[0].counters.samples, NOISE_SAMPLES as u64);
    });
}
