//! Frames to events: which frames are believed, and about whom.
//!
//! - DF 11, 17, 18 and 19 name their sender under parity. Such an address is *confirmed* by two frames within
//!   [`CONFIRM_MICROS`], of which one needed no repair, or by three; until then nothing is told and the latest frame is held,
//!   then told with its own time. A clean broadcast emergency or ACAS advisory does not wait when its reserved bits are
//!   clear: of frames that are noise with a good parity less than one in 100,000 looks like that, and a genuine one that is
//!   the only frame heard of an aircraft in distress is not hidden. An all-call reply to a radar (7 of its 24 parity bits are the radar's code) is
//!   evidence for a known address only.
//! - DF 0, 4, 5, 16, 20, 21 and 24 carry address xor parity, so that any noise names *somebody*: they are believed when
//!   that somebody was named by a frame of the first kind within [`COVERED_MICROS`], and refused ([`Refusal::Sanity`]) else.
//! - A position that no aircraft can have reached is refused ([`Refusal::Sanity`]); the rest of its frame is told.
//!
//! Why this is written from the specification and not on the crate `adsb_deku` 0.8.0 (measured, November 2026): it does
//! not check the parity (a frame with a wrong CRC decodes), gives altitudes of 0 ft and below as unknown, leaves metric and
//! 13-bit Gillham altitudes open, has neither local nor surface CPR nor a time limit on pairs, no registers 4,0 5,0 6,0
//! and no version 1 target state; it reads 0.17–0.33 million frames per second where this one is held to 3 million; and it
//! does not build in a fresh project (its `deku` 0.19.0 is yanked, 0.19.1 breaks it). It would be an oracle at best, and
//! pyModeS and rs1090 are better ones: docs/adsb-messages.md has every difference.

use super::elm::Elms;
use super::fix::{RANGE_M_MAX, Site};
use super::message::{Body, Me, Message, Sender};
use super::tell::Teller;
use super::track::{Key, Track, Tracks};
use crate::registry::{Counters, DecoderConfig, MessageDecoder, Refusal};
use model::{Emergency, Event, EventKind, Frame, Protocol, Text, TextKind, UnixMicros};

/// Frames that name an address within this time confirm it.
pub const CONFIRM_MICROS: i64 = 60_000_000;
/// So long after a confirmed address was last named, replies that carry it xor parity are believed.
pub const COVERED_MICROS: i64 = 120_000_000;

/// A Mode A/C reply names nobody, so it is no fact about anybody: it is passed on to feeds and tells nothing here.
const MODE_AC_BYTES: usize = 2;
/// Evidence that a frame gives for an address, and what confirms it: a repair may have made another aircraft's address.
const CLEAN: u8 = 2;
const REPAIRED: u8 = 1;
const CONFIRMED: u8 = 3;
/// A message of segments follows its announcement within this time: a radar turns once in 4 to 12 s.
const ANNOUNCED_MICROS: i64 = 30_000_000;

#[derive(Debug)]
pub struct AdsbDecoder {
    tracks: Tracks,
    site: Option<Site>,
    elms: Elms,
    counters: Counters,
}

/// What becomes of a frame before its content counts.
enum Admission<'a> {
    Refused(Refusal),
    /// The first of its address: kept until another confirms it.
    Held,
    /// Believed; `Some`: and with it the frame held before.
    Believed(&'a mut Track, Option<Frame>),
}

impl AdsbDecoder {
    pub fn new(config: &DecoderConfig) -> Self {
        let range_m = config.range_m_max.unwrap_or(RANGE_M_MAX);
        Self {
            tracks: Tracks::new(),
            site: config.site.map(|at| Site { at, range_m }),
            elms: Elms::default(),
            counters: Counters::default(),
        }
    }

    /// Aircraft heard lately, confirmed or not.
    pub const fn tracks(&self) -> usize {
        self.tracks.len()
    }
}

impl MessageDecoder for AdsbDecoder {
    fn decode(&mut self, frame: &Frame, out: &mut dyn FnMut(Event)) {
        self.counters.frames += 1;
        if frame.raw.as_slice().len() == MODE_AC_BYTES {
            return;
        }
        let message = match Message::parse(frame.raw.as_slice()) {
            Ok(message) => message,
            Err(why) => return self.counters.refuse(why),
        };
        let at = time_of(frame);
        self.tracks.expire(at);
        let key = key_of(&message);
        match admit(&mut self.tracks, key, &message, frame, at) {
            Admission::Refused(why) => self.counters.refuse(why),
            Admission::Held => {}
            Admission::Believed(track, held) => {
                let mut narrator = Narrator { site: self.site, key, elms: &mut self.elms, counters: &mut self.counters, out };
                if let Some(held) = held
                    && let Ok(first) = Message::parse(held.raw.as_slice())
                {
                    narrator.narrate(track, &first, &held);
                }
                narrator.narrate(track, &message, frame);
            }
        }
        self.counters.evicted = self.tracks.evicted();
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// Puts time, subject and frame to the facts of a message, and counts.
struct Narrator<'a> {
    site: Option<Site>,
    key: Key,
    elms: &'a mut Elms,
    counters: &'a mut Counters,
    out: &'a mut dyn FnMut(Event),
}

impl Narrator<'_> {
    fn narrate(&mut self, track: &mut Track, message: &Message, frame: &Frame) {
        let at = time_of(frame);
        let (subject, mut events) = (self.key.subject(), 0);
        let out = &mut *self.out;
        let mut tell = |kind| {
            events += 1;
            out(Event {
                at,
                protocol: Protocol::Adsb,
                receiver: frame.receiver,
                subject,
                kind,
                raw: frame.raw.clone(),
                signal: frame.signal,
            });
        };
        let repaired = 0 < frame.signal.corrected_bits;
        let mut teller = Teller { track, at, site: self.site, repaired, out: &mut tell, refused: None };
        teller.tell(message);
        let refused = teller.refused;
        let message_of_segments = match &message.body {
            Body::Elm(segment) if !segment.acknowledges => {
                self.elms.add(self.key, segment, track.known.elm_segments.within(at, ANNOUNCED_MICROS), at)
            }
            _ => self.elms.due(self.key, at),
        };
        if let Some(body) = message_of_segments {
            tell(EventKind::Text(Text { kind: TextKind::Telemetry, to: None, body, number: None }));
        }
        self.counters.events += events;
        if let Some(why) = refused {
            self.counters.refuse(why);
        }
    }
}

fn admit<'a>(tracks: &'a mut Tracks, key: Key, message: &Message, frame: &Frame, at: UnixMicros) -> Admission<'a> {
    if !message.names_its_sender() {
        let trusted = |t: &Track| t.confirmed && at.micros_since(t.named_at).abs() <= COVERED_MICROS;
        if !tracks.get(key).is_some_and(trusted) {
            return Admission::Refused(Refusal::Sanity);
        }
        return Admission::Believed(tracks.hear_or_add(key, at), None);
    }
    if is_reply_to_radar(message) {
        return match tracks.hear(key, at) {
            Some(track) => confirm(track, message, frame, at),
            None => Admission::Refused(Refusal::Sanity),
        };
    }
    confirm(tracks.hear_or_add(key, at), message, frame, at)
}

fn confirm<'a>(track: &'a mut Track, message: &Message, frame: &Frame, at: UnixMicros) -> Admission<'a> {
    let again = track.held.is_some() && at.micros_since(track.named_at).abs() <= CONFIRM_MICROS;
    track.named_at = at;
    if track.confirmed {
        return Admission::Believed(track, None);
    }
    let clean = frame.signal.corrected_bits == 0;
    track.evidence = if again { track.evidence } else { 0 } + if clean { CLEAN } else { REPAIRED };
    if CONFIRMED <= track.evidence || (clean && is_emergency(message)) {
        track.confirmed = true;
        let held = track.held.take();
        return Admission::Believed(track, held);
    }
    track.held = Some(frame.clone());
    Admission::Held
}

const fn is_reply_to_radar(message: &Message) -> bool {
    matches!(message.body, Body::AllCall { interrogator: 1.., .. })
}

/// A broadcast that must not wait for a second frame.
fn is_emergency(message: &Message) -> bool {
    match &message.body {
        Body::Squitter { me: Me::Emergency(status), .. } => status.reserved_clear && status.emergency.is_some_and(|e| e != Emergency::None),
        Body::Squitter { me: Me::Advisory { advisory, well_formed }, .. } => *well_formed && advisory.is_some(),
        _ => false,
    }
}

fn key_of(message: &Message) -> Key {
    let icao = match message.body {
        Body::Squitter {
            sender: Sender::NonTransponder { icao } | Sender::TisB { icao } | Sender::TisBCoarse { icao } | Sender::AdsR { icao },
            ..
        } => icao,
        _ => true,
    };
    Key::new(message.address, icao)
}

/// UTC where the receiver knows it, else the receiver's own clock from its start.
fn time_of(frame: &Frame) -> UnixMicros {
    frame.utc.unwrap_or(UnixMicros((frame.tick.0 / 12) as i64))
}

#[cfg(test)]
mod tests;
