//! Real frames against what pyModeS 3.6.1 reads from them, field by field.
//!
//! `decoders/golden/adsb/*.fields.txt` holds `field count hash` per recording, made from pyModeS' output: a 64-bit FNV-1a over
//! (number of the line, value) of every frame that has the field, in this decoder's units. Equal hashes mean equal in
//! every frame. `*.registers.txt` is the Comm-B register that pyModeS names, one character per reply (long_flight: every
//! eighth); `*.positions.txt` some of its positions (line, latitude, longitude). docs/adsb-messages.md has how they were
//! made, and every difference.

use super::*;
use crate::adsb::comm_b::{self, Context, Register, TOLD_PERCENT, registers};
use crate::adsb::message::operational::Operational;
use crate::adsb::message::position::{Airborne, Cpr, Surface};
use crate::adsb::message::target::TargetState;
use crate::adsb::message::velocity::{AirborneVelocity, Motion};
use crate::adsb::message::{FlightStatus, Reply};
use crate::bits::Bits;
use crate::testing::{allocations, recording};
use model::{CentiDegrees, DeciKnots};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Frames that pyModeS reads otherwise; each is asserted below.
const DIFFERENT: [&str; 5] =
    ["5d48625722d9a2", "5d48625722d9ab", "5d48625722d9aa", "905c6c491947e6b0e1e2543ee970", "8d486257001163005aea44e37c51"];

pub(super) struct Heard {
    pub at: UnixMicros,
    pub bytes: Vec<u8>,
}

/// `seconds,hex` lines, the hex after `prefix` characters of framing; some files have quotes and a byte order mark.
fn read(name: &str, column: usize, prefix: usize) -> Option<Vec<Heard>> {
    let path = recording(&format!("adsb/{name}_messages.csv"))?;
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let heard = text.trim_start_matches('\u{feff}').lines().map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let micros = (fields[0].parse::<f64>().unwrap() * 1e6).round() as i64;
        Heard { at: UnixMicros(micros), bytes: bytes(&fields[column].trim_matches('"')[prefix..]) }
    });
    Some(heard.collect())
}

pub(super) fn long_flight() -> Option<Vec<Heard>> {
    // Beast: escape, type, six bytes of clock, one of signal level.
    read("long_flight", 1, 18)
}

fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    hash
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Count and hash of each field.
#[derive(Default)]
struct Fields {
    line: u64,
    fields: BTreeMap<String, (u64, u64)>,
    /// pyModeS' register of the next Comm-B replies; a space where it was not kept.
    registers: std::collections::VecDeque<char>,
}

impl Fields {
    fn put(&mut self, name: &str, value: Option<impl TryInto<i64>>) {
        let Some(value) = value else { return };
        let value: i64 = value.try_into().ok().unwrap();
        let field = self.fields.entry(name.to_owned()).or_insert((0, FNV_START));
        field.0 += 1;
        field.1 = fnv(fnv(field.1, &self.line.to_le_bytes()), &value.to_le_bytes());
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        self.put(name, value.map(|text| fnv(FNV_START, text.as_bytes()).cast_signed()));
    }

    fn render(&self) -> String {
        self.fields.iter().fold(String::new(), |mut out, (name, (count, hash))| {
            writeln!(out, "{name} {count} {hash:016x}").unwrap();
            out
        })
    }

    fn message(&mut self, m: &Message) {
        self.put("address", Some(m.address.get()));
        match &m.body {
            Body::AirAir { on_ground, baro_alt_ft, .. } => {
                self.put(&format!("df{}.altitude_ft", m.df), *baro_alt_ft);
                self.put(&format!("df{}.on_ground", m.df), Some(*on_ground));
            }
            Body::Surveillance { status, reply, comm_b, .. } => {
                self.surveillance(m.df, *status, *reply);
                if let Some(mb) = comm_b {
                    let register = self.registers.pop_front().unwrap();
                    self.register(register, *mb);
                }
            }
            Body::Squitter { me, .. } => self.squitter(me),
            Body::AllCall { .. } | Body::Elm(_) => {}
        }
    }

    fn surveillance(&mut self, df: u8, status: FlightStatus, reply: Reply) {
        match reply {
            Reply::Altitude(feet) => self.put(&format!("df{df}.altitude_ft"), feet),
            Reply::Squawk(squawk) => self.put(&format!("df{df}.squawk"), Some(squawk)),
        }
        if df == 4 || df == 5 {
            self.put("flight_status.on_ground", status.on_ground);
        }
    }

    fn squitter(&mut self, me: &Me) {
        match me {
            Me::Identification(id) => {
                self.text("identification.callsign", id.callsign.as_ref().map(|c| c.as_str()));
                self.text("identification.category", Some(id.category.as_str()));
            }
            Me::Surface(p) => self.surface(p),
            Me::Airborne(p) => self.airborne(p),
            Me::Velocity(v) => self.velocity(v),
            Me::Emergency(e) => {
                self.text("emergency.state", e.emergency.map(Emergency::name));
                self.put("emergency.squawk", e.squawk);
            }
            Me::Target(t) => self.target(t),
            Me::Operational(o) => self.operational(o),
            Me::Coarse(_) | Me::Advisory { .. } | Me::TestSquawk(_) | Me::Other { .. } => {}
        }
    }

    fn surface(&mut self, p: &Surface) {
        self.put("surface.speed_dkt", p.speed.map(|s| s.0));
        self.put("surface.track_cdeg", p.track.map(CentiDegrees::get));
        self.put("surface.cpr", Some(packed(p.cpr)));
    }

    fn airborne(&mut self, p: &Airborne) {
        self.put("airborne.altitude_ft", p.baro_alt_ft.or(p.geom_alt_ft));
        self.put("airborne.surveillance", Some(p.surveillance as u8));
        self.put("airborne.bit_8", Some(p.bit_8));
        self.put("airborne.cpr", p.cpr.map(packed));
    }

    fn velocity(&mut self, v: &AirborneVelocity) {
        self.put("velocity.rate_fpm", v.vertical_rate_fpm.map(|(_, fpm)| fpm));
        self.put("velocity.rate_is_barometric", v.vertical_rate_fpm.map(|(source, _)| source == VerticalSource::Barometric));
        self.put("velocity.geom_minus_baro_ft", v.geom_minus_baro_ft);
        self.put("velocity.nac_v", Some(v.nac_v));
        // pyModeS cuts the fraction of a knot.
        let Motion::Ground { east_kt, north_kt } = v.motion else { return };
        let speed = east_kt.zip(north_kt).map(|(e, n)| f64::from(e * e + n * n).sqrt() as u32);
        self.put("velocity.speed_kt", speed);
        self.put("velocity.track_cdeg", v.motion.over_ground().1.map(CentiDegrees::get));
    }

    fn target(&mut self, t: &TargetState) {
        self.put("target.panel_ft", t.intent.panel_alt_ft);
        self.put("target.fms_ft", t.intent.fms_alt_ft);
        self.put("target.altimeter_dhpa", t.intent.altimeter_dhpa);
        self.put("target.heading_cdeg", t.intent.selected_heading.map(|(_, h)| h.get()));
        self.put("target.nac_p", Some(t.nac_p));
        self.put("target.nic_baro", Some(t.nic_baro));
        self.put("target.sil", Some(t.sil));
        self.put("target.autopilot", t.intent.autopilot);
        self.put("target.vertical_navigation", t.intent.vertical_navigation);
        self.put("target.altitude_hold", t.intent.altitude_hold);
        self.put("target.approach", t.intent.approach);
        self.put("target.lateral_navigation", t.intent.lateral_navigation);
        self.put("target.tcas", t.intent.tcas_operational);
    }

    fn operational(&mut self, o: &Operational) {
        self.put("operational.version", Some(o.version));
        self.put("operational.nic_a", Some(o.nic_supplement_a));
        self.put("operational.nac_p", Some(o.nac_p));
        self.put("operational.sil", Some(o.sil));
        self.put("operational.magnetic", Some(o.magnetic));
        self.put("operational.sil_per_sample", o.sil_per_sample);
        self.put("operational.nic_baro", o.nic_baro);
    }

    /// Values of the register that pyModeS names.
    fn register(&mut self, register: char, mb: Bits<56>) {
        match register {
            '4' => {
                let i = registers::selected(mb);
                self.put("selected.panel_ft", i.panel_alt_ft);
                self.put("selected.fms_ft", i.fms_alt_ft);
                self.put("selected.altimeter_dhpa", i.altimeter_dhpa);
                self.put("selected.vertical_navigation", i.vertical_navigation);
                self.put("selected.altitude_hold", i.altitude_hold);
                self.put("selected.approach", i.approach);
            }
            '5' => {
                let a = registers::track_and_turn(mb);
                self.put("turn.roll_cdeg", a.roll_cdeg);
                self.put("turn.track_cdeg", a.track.map(CentiDegrees::get));
                self.put("turn.speed_kt", a.ground_speed.map(knots));
                self.put("turn.rate_cdeg_s", a.track_rate_cdeg_s);
                self.put("turn.airspeed_kt", a.true_airspeed.map(knots));
            }
            '6' => {
                let a = registers::heading_and_speed(mb);
                self.put("heading.heading_cdeg", a.magnetic_heading.map(CentiDegrees::get));
                self.put("heading.airspeed_kt", a.indicated_airspeed.map(knots));
                self.put("heading.mach_milli", a.mach_milli);
                self.put("heading.baro_fpm", a.baro_rate_fpm);
                self.put("heading.inertial_fpm", a.inertial_rate_fpm);
            }
            '2' => self.text("register.callsign", crate::adsb::message::ident::callsign(mb).as_ref().map(|c| c.as_str())),
            _ => {}
        }
    }
}

fn packed(cpr: Cpr) -> u64 {
    u64::from(cpr.odd) << 34 | u64::from(cpr.lat) << 17 | u64::from(cpr.lon)
}

fn knots(speed: DeciKnots) -> u16 {
    speed.0 / 10
}

/// The register as a character; `?` below the limit. The reply's own altitude is all the context.
fn letter(mb: Bits<56>, reply: Reply) -> char {
    let alt_ft = if let Reply::Altitude(feet) = reply { feet } else { None };
    match comm_b::infer(mb, &Context { alt_ft, ..Context::default() }) {
        None => '-',
        Some(i) if i.probability_percent < TOLD_PERCENT => '?',
        Some(i) => match i.register {
            Register::DataLink => 'C',
            Register::Served => '7',
            Register::Identification => '2',
            Register::Registration => 'r',
            Register::Advisory => '3',
            Register::Selected => '4',
            Register::RoutineReport => 'm',
            Register::HazardReport => 'h',
            Register::TrackAndTurn => '5',
            Register::HeadingAndSpeed => '6',
        },
    }
}

/// pyModeS' register per reply; where only every n-th was kept, spaces between.
fn registers_of(golden: &str, every: usize) -> impl Iterator<Item = char> {
    golden.lines().flat_map(str::chars).flat_map(move |c| std::iter::once(c).chain(std::iter::repeat_n(' ', every - 1)))
}

fn check_fields(heard: &[Heard], registers: impl Iterator<Item = char>, golden: &str) {
    let different: Vec<Vec<u8>> = DIFFERENT.iter().map(|hex| bytes(hex)).collect();
    let mut fields = Fields { registers: registers.collect(), ..Fields::default() };
    for (line, frame) in heard.iter().enumerate() {
        if !different.contains(&frame.bytes) {
            fields.line = line as u64;
            fields.message(&Message::parse(&frame.bytes).unwrap());
        }
    }
    let ours = fields.render();
    let differing: Vec<_> = ours.lines().zip(golden.lines()).filter(|(ours, theirs)| ours != theirs).collect();
    assert!(differing.is_empty(), "(ours, pyModeS) {differing:#?}");
    assert_eq!(ours.lines().count(), golden.lines().count());
}

#[test]
fn fields_equal_the_oracles_in_three_recordings() {
    if let Some(heard) = long_flight() {
        let registers = registers_of(include_str!("../../../../golden/adsb/long_flight.registers.txt"), 8);
        check_fields(&heard, registers, include_str!("../../../../golden/adsb/long_flight.fields.txt"));
    }
    if let Some(heard) = read("pymodes_adsb", 1, 0) {
        check_fields(&heard, std::iter::empty(), include_str!("../../../../golden/adsb/pymodes_adsb.fields.txt"));
    }
    if let Some(heard) = read("pymodes_commb_df20", 2, 0) {
        let registers = registers_of(include_str!("../../../../golden/adsb/pymodes_commb_df20.registers.txt"), 1);
        check_fields(&heard, registers, include_str!("../../../../golden/adsb/pymodes_commb_df20.fields.txt"));
    }
}

/// What this decoder makes of the frames that pyModeS reads otherwise.
#[test]
fn each_difference_is_meant() {
    for hex in &DIFFERENT[..3] {
        assert_eq!(Message::parse(&bytes(hex)), Err(Refusal::Integrity), "no interrogator has this code");
    }
    let Body::Squitter { me: Me::Identification(id), .. } = Message::parse(&bytes(DIFFERENT[3])).unwrap().body else { panic!() };
    assert_eq!(id.callsign, None, "Q#Z08#IT has characters that are not defined");
    let Body::Squitter { me: Me::Airborne(p), .. } = Message::parse(&bytes(DIFFERENT[4])).unwrap().body else { panic!() };
    assert_eq!((p.cpr, p.baro_alt_ft), (None, Some(2350)), "type code 0 has an altitude");
}

/// How often (theirs, ours) name these registers.
fn confusion(heard: &[Heard], golden: &str, every: usize) -> BTreeMap<(char, char), u32> {
    let ours = heard.iter().filter_map(|frame| match Message::parse(&frame.bytes).ok()?.body {
        Body::Surveillance { comm_b: Some(mb), reply, .. } => Some(letter(mb, reply)),
        _ => None,
    });
    let theirs: Vec<char> = golden.lines().flat_map(str::chars).collect();
    let ours: Vec<char> = ours.step_by(every).collect();
    assert_eq!(theirs.len(), ours.len());
    let mut pairs = BTreeMap::new();
    for pair in theirs.into_iter().zip(ours) {
        *pairs.entry(pair).or_insert(0) += 1;
    }
    pairs
}

fn disputed(pairs: &BTreeMap<(char, char), u32>) -> Vec<((char, char), u32)> {
    pairs.iter().filter(|((theirs, ours), _)| theirs != ours).map(|(&pair, &count)| (pair, count)).collect()
}

#[test]
fn registers_are_those_of_the_oracle_but_for_known_disputes() {
    if let Some(heard) = read("pymodes_commb_df20", 2, 0) {
        let pairs = confusion(&heard, include_str!("../../../../golden/adsb/pymodes_commb_df20.registers.txt"), 1);
        assert_eq!(disputed(&pairs), [(('5', '6'), 47), (('7', '4'), 11), (('7', '?'), 2)]);
    }
    if let Some(heard) = long_flight() {
        let pairs = confusion(&heard, include_str!("../../../../golden/adsb/long_flight.registers.txt"), 8);
        assert_eq!(disputed(&pairs), [(('5', '6'), 80), (('5', '?'), 30)]);
    }
}

/// Every position that pyModeS has (one in forty is kept; landing: one in twenty, with the airport as its reference) is
/// ours, and as many as must be are told.
#[test]
fn positions_equal_the_oracles() {
    let Some(heard) = long_flight() else { return };
    let mut places = BTreeMap::new();
    let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
    for (line, h) in heard.iter().enumerate() {
        let mut heard_frame = frame(&h.bytes, h.at);
        heard_frame.tick = Tick12(line as u64);
        decoder.decode(&heard_frame, &mut |event| {
            if let EventKind::Position(p) = event.kind {
                places.insert(line, p.at);
            }
        });
    }
    for row in include_str!("../../../../golden/adsb/long_flight.positions.txt").lines() {
        let [line, lat, lon]: [&str; 3] = row.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let (lat, lon): (f64, f64) = (lat.parse().unwrap(), lon.parse().unwrap());
        let place = places[&line.parse::<usize>().unwrap()];
        assert!((place.lat_deg() - lat).abs() < 2e-6 && (place.lon_deg() - lon).abs() < 2e-6, "{row} {place:?}");
    }
    assert!(11_400 <= places.len(), "{}", places.len());
    // The receiver flew from Toulouse to Amsterdam: nothing it heard is elsewhere.
    for place in places.values() {
        assert!((43.0..=53.0).contains(&place.lat_deg()) && (0.0..=6.0).contains(&place.lon_deg()), "{place:?}");
    }
}

/// Two hours of real traffic, after the decoder was made: not one allocation.
#[test]
fn a_long_flight_is_decoded_without_allocating() {
    let Some(heard) = long_flight() else { return };
    let frames: Vec<Frame> = heard.iter().map(|h| frame(&h.bytes, h.at)).collect();
    let mut decoder = AdsbDecoder::new(&DecoderConfig::default());
    let mut events = 0;
    let before = allocations();
    for frame in &frames {
        decoder.decode(frame, &mut |_| events += 1);
    }
    assert_eq!(allocations() - before, 0);
    assert!(25_000 < events, "{events}");
}
