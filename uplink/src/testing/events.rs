//! Any event that the model can express (for property tests), and streams that look like a sky (for figures).

use model::{
    CentiDegrees, ChannelId, DeciDbfs, DeciKnots, Emergency, Event, EventKind, HeadingReference, Icao24, Identity, LatLon, Mmsi, Position,
    PositionSource, Protocol, Raw, ReceiverId, ShortText, Signal, Slot, SpeedKind, Status, Subject, Text, TextKind, UnixMicros, Velocity,
    VerticalSource, Weather,
};
use proptest::option;
use proptest::prelude::*;

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    let time = prop_oneof![8 => 1_700_000_000_000_000..1_900_000_000_000_000_i64, 1 => any::<i64>()];
    let bytes = |most| proptest::collection::vec(any::<u8>(), 0..=most);
    let raw = prop_oneof![8 => bytes(40), 1 => bytes(Raw::MAX)];
    (time, protocol(), any::<u8>(), subject(), kind(), raw, signal()).prop_map(|(at, protocol, receiver, subject, kind, raw, signal)| {
        Event { at: UnixMicros(at), protocol, receiver: ReceiverId(receiver), subject, kind, raw: Raw::new(&raw), signal }
    })
}

/// A list of any events, in which subjects recur.
pub fn events(count: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<Event>> {
    (proptest::collection::vec(event(), count), any::<u8>()).prop_map(|(mut events, fold)| {
        for i in (1..events.len()).filter(|i| i % 3 != 0) {
            events[i].subject = events[(i + fold as usize) % i].subject;
        }
        events
    })
}

fn protocol() -> impl Strategy<Value = Protocol> {
    proptest::sample::select(&Protocol::ALL[..])
}

pub(super) fn text<const N: usize>() -> impl Strategy<Value = ShortText<N>> {
    ".{0,40}".prop_map(|t| ShortText::truncated(&t))
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (0..=0xff_ffff_u32).prop_map(|a| Subject::Aircraft(Icao24::new(a).expect("in range"))),
        (0..=0xff_ffff_u32).prop_map(|a| Subject::NonIcao(Icao24::new(a).expect("in range"))),
        (0..=999_999_999_u32).prop_map(|m| Subject::Vessel(Mmsi::new(m).expect("in range"))),
        text().prop_map(Subject::Callsign),
    ]
}

fn signal() -> impl Strategy<Value = Signal> {
    let place = (option::of(any::<u8>()), option::of(0..Slot::COUNT));
    (option::of(any::<i16>()), option::of(any::<i16>()), option::of(any::<i32>()), any::<u8>(), place).prop_map(
        |(rssi, noise, freq_offset_hz, corrected_bits, (channel, slot))| Signal {
            rssi: rssi.map(DeciDbfs),
            noise: noise.map(DeciDbfs),
            freq_offset_hz,
            corrected_bits,
            channel: channel.map(ChannelId),
            slot: slot.and_then(Slot::new),
        },
    )
}

fn kind() -> BoxedStrategy<EventKind> {
    prop_oneof![
        4 => position().prop_map(EventKind::Position).boxed(),
        3 => velocity().prop_map(EventKind::Velocity).boxed(),
        2 => identity().prop_map(EventKind::Identity).boxed(),
        2 => status().prop_map(EventKind::Status).boxed(),
        1 => weather().prop_map(EventKind::Weather).boxed(),
        2 => super::aircraft::kind(),
        1 => super::amateur::kind(),
        1 => (proptest::sample::select(&TEXT_KINDS[..]), option::of(subject()), ".{0,255}", option::of(text()))
            .prop_map(|(kind, to, body, number)| EventKind::Text(Text { kind, to, body: body.into(), number }))
            .boxed(),
    ]
    .boxed()
}

const TEXT_KINDS: [TextKind; 5] = [TextKind::Message, TextKind::Bulletin, TextKind::Status, TextKind::Telemetry, TextKind::Comment];

fn place() -> impl Strategy<Value = LatLon> {
    (-900_000_000..=900_000_000, -1_800_000_000..1_800_000_000).prop_map(|(lat, lon)| LatLon::from_e7(lat, lon).expect("in range"))
}

pub(super) fn degrees() -> impl Strategy<Value = CentiDegrees> {
    (0..36_000_u16).prop_map(|d| CentiDegrees::new(d).expect("in range"))
}

fn position() -> impl Strategy<Value = Position> {
    use PositionSource::{GroundSurveillance, Rebroadcast, SelfReported};
    let source = proptest::sample::select(&[SelfReported, Rebroadcast, GroundSurveillance][..]);
    let alts = (option::of(any::<i32>()), option::of(any::<i32>()), option::of(any::<bool>()), option::of(any::<u32>()));
    let motion = (option::of(any::<u16>()), option::of(degrees()), option::of(degrees()));
    (place(), source, alts, motion).prop_map(|(at, source, (baro, geom, on_ground, accuracy_m), (speed, track, heading))| Position {
        baro_alt_ft: baro,
        geom_alt_ft: geom,
        on_ground,
        accuracy_m,
        speed: speed.map(DeciKnots),
        track,
        heading,
        ..Position::bare(at, source)
    })
}

fn velocity() -> impl Strategy<Value = Velocity> {
    use HeadingReference::{MagneticHeading, TrueHeading, TrueTrack};
    use SpeedKind::{Ground, IndicatedAir, TrueAir};
    let speed = option::of((proptest::sample::select(&[Ground, IndicatedAir, TrueAir][..]), any::<u16>().prop_map(DeciKnots)));
    let direction = option::of((proptest::sample::select(&[TrueTrack, TrueHeading, MagneticHeading][..]), degrees()));
    let source = proptest::sample::select(&[VerticalSource::Geometric, VerticalSource::Barometric][..]);
    (speed, direction, option::of((source, any::<i32>())), option::of(any::<i32>())).prop_map(
        |(speed, direction, vertical_rate_fpm, geom_minus_baro_ft)| Velocity { speed, direction, vertical_rate_fpm, geom_minus_baro_ft },
    )
}

fn identity() -> impl Strategy<Value = Identity> {
    let texts = (option::of(text()), option::of(text()), option::of(text()), option::of(text()));
    (texts, option::of(any::<u32>()), option::of(any::<[u16; 4]>()), option::of(any::<u8>())).prop_map(
        |((callsign, name, category, destination), imo, dimensions_m, draught_dm)| Identity {
            callsign,
            name,
            category,
            imo,
            destination,
            dimensions_m,
            draught_dm,
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    use Emergency::*;
    let emergencies = &[
        None,
        General,
        Medical,
        MinimumFuel,
        NoCommunications,
        UnlawfulInterference,
        Downed,
        SearchAndRescueTransmitter,
        ManOverboard,
        EmergencyBeacon,
        Test,
    ];
    let flags = (option::of(any::<bool>()), option::of(any::<bool>()));
    let small = (option::of(any::<u8>()), option::of(any::<u8>()));
    let emergency = option::of(proptest::sample::select(&emergencies[..]));
    (option::of(any::<u16>()), emergency, option::of(any::<i32>()), flags, small).prop_map(
        |(squawk, emergency, baro_alt_ft, (on_ground, ident), (nav_status, adsb_version))| Status {
            squawk,
            emergency,
            baro_alt_ft,
            on_ground,
            ident,
            nav_status,
            adsb_version,
        },
    )
}

fn weather() -> impl Strategy<Value = Weather> {
    let wind = (option::of(degrees()), option::of(any::<u16>()), option::of(any::<u16>()));
    let air = (option::of(any::<i16>()), option::of(any::<u8>()), option::of(any::<u16>()));
    let more = (option::of(any::<u32>()), option::of(any::<u32>()), option::of(any::<u16>()));
    (option::of(place()), wind, air, (option::of(any::<u32>()), option::of(any::<u32>())), more).prop_map(
        |(at, (wind_from, wind_speed, wind_gust), (temperature_dc, humidity_percent, pressure_dhpa), (rain_1h_um, rain_24h_um), more)| {
            Weather {
                at,
                wind_from,
                wind_speed: wind_speed.map(DeciKnots),
                wind_gust: wind_gust.map(DeciKnots),
                temperature_dc,
                humidity_percent,
                pressure_dhpa,
                rain_1h_um,
                rain_24h_um,
                rain_midnight_um: more.0,
                snow_24h_um: more.1,
                luminosity_w_m2: more.2,
            }
        },
    )
}

/// `count` ADS-B events from a busy sky: 120 aircraft, 417 events a second, with raw frames whose fields are those of the
/// event. Deterministic: the same `seed` gives the same events. For figures, never as evidence that a decoder is right.
pub fn stream(seed: u64, count: usize) -> Vec<Event> {
    let mut sky = Sky::new(seed);
    (0..count).map(|_| sky.next()).collect()
}

struct Sky {
    random: u64,
    at: i64,
    aircraft: Vec<Aircraft>,
}

#[derive(Clone, Copy)]
struct Aircraft {
    icao: u32,
    lat_e7: i64,
    lon_e7: i64,
    alt_ft: i64,
    speed: u16,
    track: u16,
    rssi: i16,
    turn: u32,
    last_at: i64,
}

impl Sky {
    fn new(seed: u64) -> Self {
        let mut sky = Self { random: seed | 1, at: 1_795_000_000_000_000, aircraft: Vec::new() };
        for _ in 0..120 {
            let aircraft = Aircraft {
                icao: sky.below(1 << 24) as u32,
                lat_e7: 480_000_000 + sky.below(60_000_000) as i64,
                lon_e7: 60_000_000 + sky.below(90_000_000) as i64,
                alt_ft: 1000 + 25 * sky.below(1560) as i64,
                speed: 1500 + sky.below(3500) as u16,
                track: sky.below(36_000) as u16,
                rssi: -50 - sky.below(250) as i16,
                turn: 0,
                last_at: sky.at,
            };
            sky.aircraft.push(aircraft);
        }
        sky
    }

    /// xorshift64*: enough for a picture, and the same on every machine.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn next(&mut self) -> Event {
        self.at += self.below(4796) as i64;
        let which = self.below(self.aircraft.len() as u64) as usize;
        let mut a = self.aircraft[which];
        let seconds = (self.at - a.last_at) as f64 / 1e6;
        let e7 = f64::from(a.speed) * 0.0514444 * seconds / 0.0111195;
        let track = f64::from(a.track) / 100.0;
        a.lat_e7 += (e7 * track.to_radians().cos()) as i64;
        a.lon_e7 += (e7 * track.to_radians().sin() / 0.64) as i64;
        a.last_at = self.at;
        a.turn += 1;
        let (kind, message) = self.kind(&mut a);
        let rssi = a.rssi + self.below(20) as i16 - 10;
        self.aircraft[which] = a;
        Event {
            at: UnixMicros(self.at),
            protocol: Protocol::Adsb,
            receiver: ReceiverId(0),
            subject: Subject::Aircraft(Icao24::new(a.icao).expect("below 2^24")),
            kind,
            raw: extended_squitter(a.icao, message),
            signal: Signal { rssi: Some(DeciDbfs(rssi)), noise: Some(DeciDbfs(-380)), ..Signal::default() },
        }
    }

    /// The event, and 56 bits that carry the same fields in the places where a real message has them.
    fn kind(&mut self, a: &mut Aircraft) -> (EventKind, u64) {
        match a.turn % 9 {
            0 => {
                let callsign = ShortText::truncated(&format!("VTC{}", a.icao % 10_000));
                let identity = Identity { callsign: Some(callsign), category: ShortText::new("A3").ok(), ..Identity::default() };
                (EventKind::Identity(identity), 4 << 51 | ((u64::from(a.icao) * 0x00f3_1d25) & 0xffff_ffff_ffff))
            }
            n if n % 2 == 1 => {
                let at = LatLon::from_e7(a.lat_e7 as i32, a.lon_e7 as i32).expect("Europe");
                let position = Position {
                    baro_alt_ft: Some(a.alt_ft as i32),
                    on_ground: Some(false),
                    accuracy_m: Some(93),
                    ..Position::bare(at, PositionSource::SelfReported)
                };
                let odd = u64::from(n % 4 == 1);
                let zone = 60_000_000 - odd as i64 * 1_000_000;
                let cpr = |e7: i64| ((e7.rem_euclid(zone) as u64) << 17) / zone as u64;
                let alt = ((a.alt_ft as u64 + 1000) / 25) & 0xfff;
                (EventKind::Position(position), 11 << 51 | alt << 36 | odd << 34 | cpr(a.lat_e7) << 17 | cpr(a.lon_e7))
            }
            _ => {
                a.speed = (i64::from(a.speed) + self.below(21) as i64 - 10).clamp(1000, 6000) as u16;
                a.track = (a.track + self.below(40) as u16) % 36_000;
                let rate = 64 * (self.below(5) as i32 - 2);
                let velocity = Velocity {
                    speed: Some((SpeedKind::Ground, DeciKnots(a.speed))),
                    direction: CentiDegrees::new(a.track).map(|t| (HeadingReference::TrueTrack, t)),
                    vertical_rate_fpm: Some((VerticalSource::Barometric, rate)),
                    geom_minus_baro_ft: Some(250),
                };
                let (east, north) = (u64::from(a.speed / 14), u64::from(a.speed / 17));
                (EventKind::Velocity(velocity), 19 << 51 | 1 << 48 | east << 32 | north << 21 | ((rate / 64 + 2) as u64) << 10 | 11)
            }
        }
    }
}

fn extended_squitter(icao: u32, message: u64) -> Raw {
    let mut frame = [0; 14];
    frame[0] = 0x8d;
    frame[1..4].copy_from_slice(&icao.to_be_bytes()[1..]);
    frame[4..11].copy_from_slice(&message.to_be_bytes()[1..]);
    let parity = crate::wire::mode_s_parity(&frame[..11]);
    frame[11..].copy_from_slice(&parity.to_be_bytes()[1..]);
    Raw::new(&frame)
}
