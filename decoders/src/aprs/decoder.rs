//! Packets to events: what each says about its subject, in the model's terms.
//!
//! | packet | events |
//! |---|---|
//! | position, Mic-E, NMEA | position with motion and height; identity and device when they are news; weather; comment |
//! | object, item | the same, about the object; withdrawn: status text only |
//! | weather, status, capabilities, user-defined | weather, text |
//! | telemetry, also in a comment | telemetry, in the names and units that the station has told |
//! | PHG, RNG, DFS, bearings, Agrelo | coverage |
//! | message, bulletin, telemetry's parameters | text; acknowledgements and queries: nothing |
//! | third party | as the packet inside, positions as rebroadcast |
//! | Mic-E "Emergency", `!EMERGENCY!` in a text, the symbol of an emergency | status with the emergency, every time; its end once |
//! | a position that the station can't have got to in the time | quarantined: position jump; but not in an emergency |
//! | the same packet again by digipeaters, within 30 s | nothing |

use super::ax25::Ui;
use super::devices::Devices;
use super::line::Line;
use super::movement::{Movements, Point, Verdict};
use super::packet::{self, Meaning, Message, MessageKind, Packet, PacketError, Report, Symbol, Telemetry, WeatherReport};
use super::repeats::Repeats;
use crate::registry::{Counters, DecoderConfig, MessageDecoder, Refusal};
use model::{
    Coverage, Disbelief, Emergency, Event, EventKind, Frame, Identity, LatLon, Position, PositionSource, Protocol, Quarantined, ShortText,
    Status, Subject, Suspect, Text, TextKind, Tick12, UnixMicros, Weather,
};

/// Frames to events.
#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    /// What was last told of whom; one place per hash, so its size is fixed.
    identities: Box<[Option<Known>]>,
    /// Who is in an emergency.
    emergencies: Vec<ShortText<9>>,
    /// What stations' telemetry means.
    meanings: Vec<(ShortText<9>, Meaning)>,
    repeats: Repeats,
    movements: Movements,
    counters: Counters,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    name: ShortText<9>,
    symbol: Option<Symbol>,
    at: UnixMicros,
}

const IDENTITIES: usize = 4096;
/// An identity is told again after this long.
const IDENTITY_AGAIN_US: i64 = 600_000_000;
/// The oldest is forgotten when more are in an emergency at once.
const EMERGENCIES_MAX: usize = 256;
/// The first learnt is forgotten when more stations than these have told what their telemetry means.
const MEANINGS_MAX: usize = 512;

impl Decoder {
    pub fn new(config: &DecoderConfig) -> Self {
        let identities = vec![None; IDENTITIES].into_boxed_slice();
        Self {
            config: config.clone(),
            identities,
            emergencies: Vec::new(),
            meanings: Vec::new(),
            repeats: Repeats::default(),
            movements: Movements::default(),
            counters: Counters::default(),
        }
    }

    fn is_news(&mut self, name: ShortText<9>, symbol: Option<Symbol>, at: UnixMicros) -> bool {
        let hash = name.as_str().bytes().fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
        let place = &mut self.identities[(hash >> 32) as usize % IDENTITIES];
        let told = place.is_some_and(|k| k.name == name && k.symbol == symbol && (0..IDENTITY_AGAIN_US).contains(&at.micros_since(k.at)));
        if !told {
            self.counters.evicted += u64::from(place.is_some_and(|k| k.name != name));
            *place = Some(Known { name, symbol, at });
        }
        !told
    }

    /// `PARM.` and its like name the station in the addressee, which may be sent by another.
    fn learn(&mut self, message: &Message) {
        let place = self.meanings.iter().position(|(name, _)| *name == message.to).unwrap_or_else(|| {
            if self.meanings.len() == MEANINGS_MAX {
                self.meanings.remove(0);
                self.counters.evicted += 1;
            }
            self.meanings.push((message.to, Meaning::default()));
            self.meanings.len() - 1
        });
        self.meanings[place].1.take(&message.text);
    }

    /// `None`: the packet doesn't say. What has to be told, if anything.
    fn emergency(&mut self, name: ShortText<9>, said: Option<bool>) -> Option<Emergency> {
        let known = self.emergencies.iter().position(|n| *n == name);
        match (said?, known) {
            (true, None) => {
                if self.emergencies.len() == EMERGENCIES_MAX {
                    self.emergencies.remove(0);
                    self.counters.evicted += 1;
                }
                self.emergencies.push(name);
                Some(Emergency::General)
            }
            (true, Some(_)) => Some(Emergency::General),
            (false, Some(i)) => {
                self.emergencies.remove(i);
                Some(Emergency::None)
            }
            (false, None) => None,
        }
    }
}

impl MessageDecoder for Decoder {
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event)) {
        self.counters.frames += 1;
        if 0 < frame.signal.corrected_bits {
            self.counters.corrected_frames += 1;
        }
        let Some((sender, destination, info)) = header(frame.raw.as_slice()) else { return self.counters.refuse(Refusal::Length) };
        if self.repeats.is_repeat(sender.as_str().as_bytes(), &destination, info, at(frame)) {
            return self.counters.refuse(Refusal::Repeat);
        }
        let packet = match Packet::parse(destination.trim_ascii_end(), info) {
            Ok(packet) => packet,
            Err(PacketError::Empty) => return self.counters.refuse(Refusal::Length),
            Err(_) => return self.counters.refuse(Refusal::Sanity),
        };
        let devices = self.config.devices.clone();
        let devices = devices.as_deref();
        let device = devices.and_then(|list| list.by_destination(&destination)).or_else(|| packet::device(&destination));
        Telling { decoder: self, frame, sender, second_hand: false, device, devices, out }.packet(packet);
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// Sender, destination without SSID, information: of an AX.25 frame, or of a text whose header AX.25 has no room for.
fn header(raw: &[u8]) -> Option<(ShortText<9>, [u8; 6], &[u8])> {
    let mut destination = [b' '; 6];
    let mut set = |call: &[u8]| destination.iter_mut().zip(call).for_each(|(to, from)| *to = *from);
    let (sender, info) = if let Ok(ui) = Ui::parse(raw) {
        set(ui.destination.call().as_bytes());
        (ShortText::truncated(&ui.source.to_string()), ui.info)
    } else {
        let line = Line::parse(raw).ok()?;
        set(line.destination_call());
        (line.source, line.info)
    };
    Some((sender, destination, info))
}

/// One packet being told.
struct Telling<'a> {
    decoder: &'a mut Decoder,
    frame: &'a Frame,
    sender: ShortText<9>,
    second_hand: bool,
    /// What the destination says that sent it.
    device: Option<&'a str>,
    devices: Option<&'a Devices>,
    out: &'a mut dyn FnMut(Event),
}

impl Telling<'_> {
    fn packet(&mut self, packet: Packet) {
        let sender = self.sender;
        match packet {
            Packet::Position(mut report) => {
                self.name_mic_e(&mut report);
                self.report(sender, false, &report);
            }
            Packet::Object { name, live: true, report } => self.report(name, true, &report),
            Packet::Object { name, live: false, .. } => self.text(name, TextKind::Status, None, &format!("withdrawn by {sender}")),
            Packet::Weather(weather) => self.weather(sender, &weather, None),
            Packet::Status { text, .. } => self.status(&text),
            Packet::Capabilities(words) => self.text(sender, TextKind::Status, None, &capabilities(&words)),
            Packet::Telemetry(telemetry) => self.telemetry(sender, &telemetry),
            Packet::Bearing(bearing) => self.emit(sender, EventKind::Coverage(Coverage { bearing: Some(bearing), ..Coverage::default() })),
            Packet::UserDefined { user, kind, body } => {
                let named = format!("{{{}{} {body}", char::from(user), char::from(kind));
                self.text(sender, TextKind::Telemetry, None, &named);
            }
            Packet::Message(message) => self.message(&message),
            Packet::Query(_) => {}
            Packet::ThirdParty { source, packet } => {
                self.sender = source;
                self.second_hand = true;
                self.packet(*packet);
            }
        }
    }

    /// What the operator's list has for the bytes around a Mic-E comment, and takes off it.
    fn name_mic_e(&mut self, report: &mut Report) {
        let (Some(devices), Some(built_in)) = (self.devices, report.device) else { return };
        let named = match built_in.marks.1 {
            "" => devices.at_end_of(&mut report.comment),
            suffix => devices.by_mic_e(suffix),
        };
        self.device = named.or(self.device);
        if named.is_some() {
            report.device = None;
        }
    }

    fn emit(&mut self, name: ShortText<9>, kind: EventKind) {
        self.decoder.counters.events += 1;
        (self.out)(Event {
            at: at(self.frame),
            protocol: Protocol::Aprs,
            receiver: self.frame.receiver,
            subject: Subject::Callsign(name),
            kind,
            raw: self.frame.raw.clone(),
            signal: self.frame.signal,
        });
    }

    /// An emergency is told even where the position is refused.
    fn report(&mut self, name: ShortText<9>, is_object: bool, report: &Report) {
        let cries = cries(&report.comment) || report.symbol.is_some_and(is_emergency);
        let said = report.mic_e.map(|m| m.is_emergency() || cries).or(cries.then_some(true));
        self.emergency(name, said);
        let Some(place) = report.place.lat_lon().filter(|p| !self.too_far(*p)) else {
            return self.decoder.counters.refuse(Refusal::Sanity);
        };
        let point = Point { at: at(self.frame), place, accuracy_m: report.place.accuracy_m(), speed: report.speed };
        if let Verdict::Doubted(count) = self.decoder.movements.judge(name, point, said == Some(true)) {
            self.decoder.counters.refuse(Refusal::Sanity);
            let quarantined = Quarantined { why: Disbelief::PositionJump, suspect: Suspect::Position(place), count };
            self.emit(name, EventKind::Quarantined(quarantined));
            return self.said(name, is_object, report, None);
        }
        let source = if is_object || self.second_hand { PositionSource::Rebroadcast } else { PositionSource::SelfReported };
        self.emit(
            name,
            EventKind::Position(Position {
                geom_alt_ft: report.altitude_ft,
                accuracy_m: Some(report.place.accuracy_m()),
                speed: report.speed,
                track: report.track,
                ..Position::bare(place, source)
            }),
        );
        self.said(name, is_object, report, Some(place));
    }

    /// All but the place.
    fn said(&mut self, name: ShortText<9>, is_object: bool, report: &Report, place: Option<LatLon>) {
        self.identity(name, is_object, report);
        if let Some(weather) = &report.weather {
            self.weather(name, weather, place);
        }
        if let Some(telemetry) = &report.telemetry {
            self.telemetry(name, telemetry);
        }
        if let Some(coverage) = packet::coverage(report) {
            self.emit(name, EventKind::Coverage(coverage));
        }
        self.text(name, TextKind::Comment, None, &report.comment);
    }

    fn too_far(&self, place: LatLon) -> bool {
        let DecoderConfig { site: Some(site), range_m_max: Some(range_m), .. } = self.decoder.config else { return false };
        f64::from(range_m) < site.distance_m(place)
    }

    fn emergency(&mut self, name: ShortText<9>, said: Option<bool>) {
        if let Some(emergency) = self.decoder.emergency(name, said) {
            self.emit(name, EventKind::Status(Status { emergency: Some(emergency), ..Status::default() }));
        }
    }

    fn identity(&mut self, name: ShortText<9>, is_object: bool, report: &Report) {
        let symbol = report.symbol;
        if !self.decoder.is_news(name, symbol, at(self.frame)) {
            return;
        }
        let category = symbol.map(|s| s.map(char::from)).map(|[table, code]| ShortText::truncated(&format!("{table}{code}")));
        let (callsign, name_of) = if is_object { (None, Some(ShortText::truncated(name.as_str()))) } else { (Some(name), None) };
        self.emit(name, EventKind::Identity(Identity { callsign, name: name_of, category, ..Identity::default() }));
        // Whose device it is that tells of an object, or through a gateway, is not said.
        let device = report.device.map(|d| d.name).or(self.device).filter(|_| !is_object && !self.second_hand);
        if let Some(device) = device {
            self.text(name, TextKind::Telemetry, None, &format!("device: {device}"));
        }
    }

    fn weather(&mut self, name: ShortText<9>, weather: &WeatherReport, place: Option<LatLon>) {
        self.emit(name, EventKind::Weather(Weather { at: place, ..weather.surface }));
        self.text(name, TextKind::Comment, None, &weather.comment);
    }

    /// In the station's own names and units, as far as it has told them.
    fn telemetry(&mut self, name: ShortText<9>, telemetry: &Telemetry) {
        let meanings = &self.decoder.meanings;
        let unknown = Meaning::default();
        let meaning = meanings.iter().find(|(n, _)| *n == name).map_or(&unknown, |(_, meaning)| meaning);
        let told = meaning.read(telemetry);
        if told.bits.is_some() || !told.readings.is_empty() {
            self.emit(name, EventKind::Telemetry(told));
        }
        self.text(name, TextKind::Comment, None, &telemetry.comment);
    }

    fn status(&mut self, body: &str) {
        self.emergency(self.sender, cries(body).then_some(true));
        self.text(self.sender, TextKind::Status, None, body);
    }

    fn message(&mut self, message: &Message) {
        let kind = match message.kind {
            MessageKind::Message => TextKind::Message,
            MessageKind::Bulletin => TextKind::Bulletin,
            MessageKind::TelemetryParameters => {
                self.decoder.learn(message);
                TextKind::Telemetry
            }
            MessageKind::Acknowledgement | MessageKind::Rejection => return,
        };
        self.emergency(self.sender, cries(&message.text).then_some(true));
        self.numbered(self.sender, kind, Some(Subject::Callsign(message.to)), &message.text, message.id);
    }

    fn text(&mut self, name: ShortText<9>, kind: TextKind, to: Option<Subject>, body: &str) {
        self.numbered(name, kind, to, body, None);
    }

    fn numbered(&mut self, name: ShortText<9>, kind: TextKind, to: Option<Subject>, body: &str, number: Option<ShortText<5>>) {
        let mut end = body.len().min(Text::MAX_BYTES);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        if end != 0 {
            self.emit(name, EventKind::Text(Text { kind, to, body: body[..end].into(), number }));
        }
    }
}

fn capabilities(words: &[(String, Option<String>)]) -> String {
    let word = |(word, worth): &(String, Option<String>)| worth.as_ref().map_or_else(|| word.clone(), |worth| format!("{word}={worth}"));
    words.iter().map(word).collect::<Vec<_>>().join(",")
}

/// The word that the 1.2 addendum has for it.
fn cries(text: &str) -> bool {
    text.contains("!EMERGENCY!") || text.contains("!emergency!")
}

/// `\!`: "emergency" (symbols of the 1.1 addendum).
fn is_emergency(symbol: Symbol) -> bool {
    symbol == *b"\\!"
}

/// When the frame was on the air; a source that doesn't know UTC counts from its own start.
fn at(frame: &Frame) -> UnixMicros {
    frame.utc.unwrap_or_else(|| UnixMicros(frame.tick.micros_since(Tick12(0))))
}

#[cfg(test)]
mod tests;
