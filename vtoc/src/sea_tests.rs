//! A whole simulated sea, from samples to the live picture: what each message tells of itself, and that distress stands out.

use api::live::{Limits, Picture};
use decoders::ais::Channels;
use decoders::{DecoderConfig, DemodulatorConfig, Profile};
use model::{Event, EventKind, Frame, IqBlock, IqSamples, Priority, ReceiverId, StationId, Tick12, Tuning, UnixMicros};
use sim::ais::{AisTruth, SeaConfig, SeaSignal};
use sim::iq::Frontend;
use sim::world::WorldConfig;

const START: UnixMicros = UnixMicros(1_795_392_000_000_000);
const TUNING: Tuning = Tuning { center_hz: 162_000_000, rate_sps: 96_000 };
const SECONDS: u64 = 70;
/// The station's clock is late by this: half a slot and more.
const CLOCK_ERROR_US: i64 = 17_000;
const RECEIVER: ReceiverId = ReceiverId(4);

/// What was on the air, and what was heard of it.
fn listen() -> (Vec<AisTruth>, Vec<Frame>) {
    let world = WorldConfig { sarts: 4, ..WorldConfig::default() };
    let site = world.center;
    let frontend = Frontend::cu8(TUNING.rate_sps, 4.0);
    let config = SeaConfig { start_us: START.0, frontend, keep_truth: true, hidden_share: 0.0, ..SeaConfig::rtl_sdr(world, site) };
    let samples = SECONDS * u64::from(TUNING.rate_sps);
    let mut signal = SeaSignal::new(config, Some(samples));
    let mut bytes = vec![0; 2 * samples as usize];
    assert_eq!(signal.fill(&mut bytes), bytes.len());
    signal.finish();
    let truth = std::iter::from_fn(|| signal.next_truth()).collect();
    let config = DemodulatorConfig { receiver: RECEIVER, tuning: TUNING, profile: Profile::Full };
    let mut demodulator = (Channels::Ab.entry().demodulator)(&config).unwrap();
    let start_utc = Some(START.plus_micros(CLOCK_ERROR_US));
    let block = IqBlock { samples: IqSamples::Cu8(&bytes), tuning: TUNING, start_tick: Tick12(0), start_utc, dropped_samples: 0 };
    let mut frames = Vec::new();
    demodulator.process(&block, &mut |f| frames.push(f));
    demodulator.finish(&mut |f| frames.push(f));
    (truth, frames)
}

fn events(frames: &[Frame]) -> Vec<Event> {
    let mut decoder = (Channels::Ab.entry().decoder)(&DecoderConfig::default());
    let mut events = Vec::new();
    frames.iter().for_each(|frame| decoder.decode(frame, &mut |event| events.push(event)));
    events
}

/// The message that a frame is of: the same bytes at the same time.
fn truth_of<'a>(all: &'a [AisTruth], raw: &[u8], at: UnixMicros) -> Option<&'a AisTruth> {
    all.iter().find(|t| {
        let air_us = START.0 + CLOCK_ERROR_US + (t.tick12() / 12.0) as i64;
        t.payload.as_bytes() == raw && (at.0 - air_us).abs() < 1_000
    })
}

/// Power, signal-to-noise ratio, frequency offset, slot, channel, receiver: of every event, against what was sent.
#[test]
fn each_event_tells_how_its_message_was_heard() {
    let (truth, frames) = listen();
    let events = events(&frames);
    let clear = truth.iter().filter(|t| !t.overlapped && 12.0 < t.ebn0_db).count();
    assert!(0.99 * clear as f64 <= frames.len() as f64 && 200 < clear, "{} of {clear} clear ones, {} in all", frames.len(), truth.len());
    let (mut numbered, mut unnumbered) = (0, 0);
    for event in &events {
        let Some(sent) = truth_of(&truth, event.raw.as_slice(), event.at) else { panic!("never sent: {event:?}") };
        let signal = &event.signal;
        assert_eq!(event.receiver, RECEIVER);
        assert_eq!(signal.channel.and_then(model::ChannelId::ais_letter), Some(sent.burst.channel.letter()));
        let offset_hz = f64::from(signal.freq_offset_hz.unwrap());
        let (rssi, noise) = (signal.rssi.unwrap().dbfs(), signal.noise.unwrap().dbfs());
        // A ship close by is beyond the receiver's full scale.
        if !sent.overlapped && sent.burst.amplitude < 0.5 {
            assert!((offset_hz - sent.burst.offset_hz).abs() < 60.0, "{offset_hz} {}", sent.burst.offset_hz);
            assert!((rssi - 20.0 * sent.burst.amplitude.log10()).abs() < 2.0, "{rssi} {}", sent.burst.amplitude);
            // Noise is that of the channel's 21 kHz: 3.4 dB more than of 9,600 bit/s. (Strong bursts bring some of their own: ramps, eight bits.)
            assert!((f64::from(rssi - noise) - (sent.ebn0_db - 3.4)).abs() < 4.0 || 24.0 < sent.ebn0_db, "{rssi} {noise} {}", sent.ebn0_db);
        }
        let slot = (sent.burst.start_ps / 1_000_000) * 2_250 / 60_000_000 % 2_250;
        match signal.slot {
            Some(told) => {
                assert_eq!(u64::from(told.get()), slot);
                numbered += 1;
            }
            None => unnumbered += 1,
        }
    }
    println!("{} events of {} messages; {unnumbered} before the slots were known", events.len(), frames.len());
    assert!(unnumbered * 2 < numbered, "{unnumbered} {numbered}");
}

/// A SART, a man overboard and an EPIRB are emergencies of high priority, a SART under test is a test; nobody else is anything.
#[test]
fn distress_comes_from_the_antenna_into_the_picture() {
    let (_, frames) = listen();
    let events = events(&frames);
    let mut picture = Picture::new(Limits::STATION);
    let station = StationId::new("alpha").unwrap();
    for event in &events {
        let is_alarm = matches!(&event.kind, EventKind::Status(s) if s.emergency.is_some());
        assert_eq!(event.priority() == Priority::High, is_alarm);
        picture.apply(station, event, event.at);
    }
    let tracks = picture.snapshot(None);
    let kind_of = |emergency: &str| -> Vec<&str> {
        let these = tracks.iter().filter(|t| t.emergency == Some(emergency));
        these.filter_map(|t| t.vessel.as_ref().map(|v| v.kind)).collect()
    };
    assert_eq!(
        (kind_of("sart"), kind_of("mob"), kind_of("epirb"), kind_of("test")),
        (vec!["sart"], vec!["mob"], vec!["epirb"], vec!["sart"])
    );
    assert_eq!(tracks.iter().filter(|t| t.emergency.is_some()).count(), 4);
    assert!(tracks.iter().filter(|t| t.emergency.is_some()).all(|t| t.lat.is_some()));
    assert!(tracks.iter().any(|t| t.vessel.as_ref().is_some_and(|v| v.kind == "sar_aircraft")));
}
