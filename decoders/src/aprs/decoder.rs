//! Packets to events: what each says about its subject, in the model's terms.
//!
//! | packet | events |
//! |---|---|
//! | position, Mic-E, NMEA | position with motion and height; identity when it is news; weather; comment |
//! | object, item | the same, about the object; withdrawn: status text only |
//! | weather, status, capabilities, telemetry | weather, text |
//! | message, bulletin, telemetry's parameters | text; acknowledgements and queries: nothing |
//! | third party | as the packet inside, positions as rebroadcast |
//! | Mic-E "Emergency", `!EMERGENCY!` in a text | status with the emergency, every time; its end once |

use super::ax25::Ui;
use super::packet::{Message, MessageKind, Packet, PacketError, Report, Symbol};
use crate::registry::{Counters, DecoderConfig, MessageDecoder, Refusal};
use model::{
    Emergency, Event, EventKind, Frame, Identity, LatLon, Position, PositionSource, Protocol, ShortText, Status, Subject, Text, TextKind,
    Tick12, UnixMicros, Weather,
};

/// Frames to events.
#[derive(Debug)]
pub struct Decoder {
    config: DecoderConfig,
    /// What was last told of whom; one place per hash, so its size is fixed.
    identities: Box<[Option<Known>]>,
    /// Who is in an emergency.
    emergencies: Vec<ShortText<9>>,
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

impl Decoder {
    pub fn new(config: &DecoderConfig) -> Self {
        let identities = vec![None; IDENTITIES].into_boxed_slice();
        Self { config: config.clone(), identities, emergencies: Vec::new(), counters: Counters::default() }
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
        let Ok(ui) = Ui::parse(frame.raw.as_slice()) else { return self.counters.refuse(Refusal::Length) };
        let packet = match Packet::parse(ui.destination.call().as_bytes(), ui.info) {
            Ok(packet) => packet,
            Err(PacketError::Empty) => return self.counters.refuse(Refusal::Length),
            Err(_) => return self.counters.refuse(Refusal::Sanity),
        };
        let sender = ShortText::truncated(&ui.source.to_string());
        Telling { decoder: self, frame, sender, second_hand: false, out }.packet(packet);
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// One packet being told.
struct Telling<'a> {
    decoder: &'a mut Decoder,
    frame: &'a Frame,
    sender: ShortText<9>,
    second_hand: bool,
    out: &'a mut dyn FnMut(Event),
}

impl Telling<'_> {
    fn packet(&mut self, packet: Packet) {
        let sender = self.sender;
        match packet {
            Packet::Position(report) => self.report(sender, false, &report),
            Packet::Object { name, live: true, report } => self.report(name, true, &report),
            Packet::Object { name, live: false, .. } => self.text(name, TextKind::Status, None, &format!("withdrawn by {sender}")),
            Packet::Weather(weather) => self.weather(sender, weather, None),
            Packet::Status(body) => self.status(&body),
            Packet::Capabilities(body) => self.text(sender, TextKind::Status, None, &body),
            Packet::Telemetry(body) => self.text(sender, TextKind::Telemetry, None, &body),
            Packet::Message(message) => self.message(&message),
            Packet::Query(_) => {}
            Packet::ThirdParty { source, packet } => {
                self.sender = source;
                self.second_hand = true;
                self.packet(*packet);
            }
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
        let said = report.emergency.map(|e| e || cries(&report.comment)).or(cries(&report.comment).then_some(true));
        self.emergency(name, said);
        let Some(place) = report.place.lat_lon().filter(|p| !self.too_far(*p)) else {
            return self.decoder.counters.refuse(Refusal::Sanity);
        };
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
        self.identity(name, is_object, report.symbol);
        if let Some(weather) = report.weather {
            self.weather(name, weather, Some(place));
        }
        self.text(name, TextKind::Comment, None, &report.comment);
    }

    fn too_far(&self, place: LatLon) -> bool {
        let DecoderConfig { site: Some(site), range_m_max: Some(range_m) } = self.decoder.config else { return false };
        f64::from(range_m) < site.distance_m(place)
    }

    fn emergency(&mut self, name: ShortText<9>, said: Option<bool>) {
        if let Some(emergency) = self.decoder.emergency(name, said) {
            self.emit(name, EventKind::Status(Status { emergency: Some(emergency), ..Status::default() }));
        }
    }

    fn identity(&mut self, name: ShortText<9>, is_object: bool, symbol: Option<Symbol>) {
        if !self.decoder.is_news(name, symbol, at(self.frame)) {
            return;
        }
        let category = symbol.map(|s| s.map(char::from)).map(|[table, code]| ShortText::truncated(&format!("{table}{code}")));
        let (callsign, name_of) = if is_object { (None, Some(ShortText::truncated(name.as_str()))) } else { (Some(name), None) };
        self.emit(name, EventKind::Identity(Identity { callsign, name: name_of, category, ..Identity::default() }));
    }

    fn weather(&mut self, name: ShortText<9>, weather: Weather, place: Option<LatLon>) {
        self.emit(name, EventKind::Weather(Weather { at: place, ..weather }));
    }

    fn status(&mut self, body: &str) {
        self.emergency(self.sender, cries(body).then_some(true));
        self.text(self.sender, TextKind::Status, None, body);
    }

    fn message(&mut self, message: &Message) {
        let kind = match message.kind {
            MessageKind::Message => TextKind::Message,
            MessageKind::Bulletin => TextKind::Bulletin,
            MessageKind::TelemetryParameters => TextKind::Telemetry,
            MessageKind::Acknowledgement | MessageKind::Rejection => return,
        };
        self.emergency(self.sender, cries(&message.text).then_some(true));
        self.text(self.sender, kind, Some(Subject::Callsign(message.to)), &message.text);
    }

    fn text(&mut self, name: ShortText<9>, kind: TextKind, to: Option<Subject>, body: &str) {
        let mut end = body.len().min(Text::MAX_BYTES);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        if end != 0 {
            self.emit(name, EventKind::Text(Text { kind, to, body: body[..end].into() }));
        }
    }
}

/// The word that the 1.2 addendum has for it.
fn cries(text: &str) -> bool {
    text.contains("!EMERGENCY!") || text.contains("!emergency!")
}

/// When the frame was on the air; a source that doesn't know UTC counts from its own start.
fn at(frame: &Frame) -> UnixMicros {
    frame.utc.unwrap_or_else(|| UnixMicros(frame.tick.micros_since(Tick12(0))))
}

#[cfg(test)]
mod tests;
