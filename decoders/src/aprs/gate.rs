//! What an igate passes from the air to APRS-IS, and how (aprs-is.net: "IGating", "IGate details", "q construct").
//!
//! ```text
//!   frame ──► SOURCE>DEST,DIGI*,WIDE2-1,qAO,IGATE:information        qAO: receive only; qAR: it also transmits
//!   }inner  ──► inner,qAO,IGATE:information                          third party: the packet inside, by the same rules
//! ```
//! | never passed | why |
//! |---|---|
//! | corrected frames | what was repaired may be wrong, and nobody behind could tell |
//! | TCPIP, TCPXX, a q construct in the path, also of the packet inside | it came from there |
//! | NOGATE, RFONLY in the path | the sender doesn't want it |
//! | `?` queries | they are for those who hear them |
//! | source N0CALL, NOCALL, MYCALL, an alias of digipeaters | nobody's call sign |
//! | the same again within 30 s | servers drop it |
//!
//! The information goes byte for byte up to the first CR or LF: nothing trimmed, NUL and all (a packet changed here would be another
//! one beside those of other igates).

use super::ax25::Ui;
use super::line::Line;
use super::repeats::Repeats;
use model::{Frame, Protocol, ShortText, UnixMicros};

/// Bytes of a line, CR and LF included, that servers take.
pub const LINE_MAX: usize = 512;
/// Lines at once, and a second in the long run: above what four channels at 1200 Bd can carry. More is a broken TNC.
const BURST: i64 = 120;
const PER_SECOND: i64 = 15;

/// Why a frame is not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGated {
    /// Not from a radio of this station: a recording, a simulation, lines from a network.
    NotRadio,
    /// Error correction changed bits.
    Corrected,
    /// No UI frame of AX.25.
    NotUi,
    /// Nothing before the first line end.
    Empty,
    /// Nobody's call sign.
    Source,
    /// NOGATE or RFONLY.
    Unwanted,
    /// It has been on the Internet.
    Internet,
    Query,
    /// A third-party header that can't be read, or one inside another.
    ThirdParty,
    TooLong,
    Repeat,
    Rate,
}

impl NotGated {
    pub const ALL: [Self; 12] = [
        Self::NotRadio,
        Self::Corrected,
        Self::NotUi,
        Self::Empty,
        Self::Source,
        Self::Unwanted,
        Self::Internet,
        Self::Query,
        Self::ThirdParty,
        Self::TooLong,
        Self::Repeat,
        Self::Rate,
    ];

    /// The name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRadio => "not_radio",
            Self::Corrected => "corrected",
            Self::NotUi => "not_ui",
            Self::Empty => "empty",
            Self::Source => "source",
            Self::Unwanted => "unwanted",
            Self::Internet => "internet",
            Self::Query => "query",
            Self::ThirdParty => "third_party",
            Self::TooLong => "too_long",
            Self::Repeat => "repeat",
            Self::Rate => "rate",
        }
    }
}

/// The rules, with what they remember.
#[derive(Debug)]
pub struct Gate {
    callsign: ShortText<9>,
    q: &'static str,
    repeats: Repeats,
    /// Lines that may go at once, in millionths, and when that was so.
    allowance: (i64, UnixMicros),
}

impl Gate {
    /// `callsign` as [`super::internet::is_callsign`] has it; `transmits`: messages for stations heard here can reach them.
    pub fn new(callsign: &str, transmits: bool) -> Self {
        let q = if transmits { "qAR" } else { "qAO" };
        Self { callsign: ShortText::truncated(callsign), q, repeats: Repeats::default(), allowance: (BURST * 1_000_000, UnixMicros(0)) }
    }

    /// The line to send, without its end. `from_radio`: a receiver of this station heard it on the air, now.
    pub fn line(&mut self, frame: &Frame, from_radio: bool, now: UnixMicros) -> Result<Vec<u8>, NotGated> {
        if !from_radio || frame.protocol != Protocol::Aprs {
            return Err(NotGated::NotRadio);
        }
        if 0 < frame.signal.corrected_bits {
            return Err(NotGated::Corrected);
        }
        let ui = Ui::parse(frame.raw.as_slice()).map_err(|_| NotGated::NotUi)?;
        let text = ui.to_tnc2();
        let mut line = read(&text)?;
        allowed(&line)?;
        if let Some(inner) = line.info.strip_prefix(b"}") {
            line = Line::parse(inner).map_err(|_| NotGated::ThirdParty)?;
            allowed(&line)?;
            if line.info.starts_with(b"}") {
                return Err(NotGated::ThirdParty);
            }
        }
        let out = self.written(&line);
        if LINE_MAX < out.len() + 2 {
            return Err(NotGated::TooLong);
        }
        if self.repeats.is_repeat(line.source.as_str().as_bytes(), line.destination(), line.info, now) {
            return Err(NotGated::Repeat);
        }
        if self.may_go(now) { Ok(out) } else { Err(NotGated::Rate) }
    }

    fn written(&self, line: &Line<'_>) -> Vec<u8> {
        let mut out = line.header();
        for part in [",", self.q, ",", self.callsign.as_str(), ":"] {
            out.extend(part.as_bytes());
        }
        out.extend(line.info);
        out
    }

    fn may_go(&mut self, now: UnixMicros) -> bool {
        let (left, at) = self.allowance;
        let earned = now.0.saturating_sub(at.0).clamp(0, BURST * 1_000_000) * PER_SECOND;
        let left = (left + earned).min(BURST * 1_000_000);
        let goes = 1_000_000 <= left;
        self.allowance = (if goes { left - 1_000_000 } else { left }, now);
        goes
    }
}

/// The packet, cut at the first line end.
fn read(text: &[u8]) -> Result<Line<'_>, NotGated> {
    let end = text.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(text.len());
    Line::parse(&text[..end]).map_err(|_| NotGated::NotUi)
}

/// Whatever says that it isn't for the Internet, or comes from there.
fn allowed(line: &Line<'_>) -> Result<(), NotGated> {
    for name in line.path() {
        let call = name.split(|b| matches!(b, b'-' | b'*')).next().unwrap_or_default();
        match call {
            b"TCPIP" | b"TCPXX" => return Err(NotGated::Internet),
            b"NOGATE" | b"RFONLY" => return Err(NotGated::Unwanted),
            _ if name.len() == 3 && name.starts_with(b"q") => return Err(NotGated::Internet),
            _ => {}
        }
    }
    match line.info.first() {
        None => return Err(NotGated::Empty),
        Some(b'?') => return Err(NotGated::Query),
        Some(_) => {}
    }
    if is_nobody(line.source.as_str()) { Err(NotGated::Source) } else { Ok(()) }
}

/// A name that no licence was given for: placeholders, and what digipeaters answer to.
pub fn is_nobody(callsign: &str) -> bool {
    let call = callsign.split('-').next().unwrap_or_default();
    let alias = |name: &str| call.strip_prefix(name).is_some_and(|rest| rest.len() <= 1 && rest.bytes().all(|b| b.is_ascii_digit()));
    let placeholder = matches!(call, "N0CALL" | "NOCALL" | "MYCALL" | "TCPIP" | "TCPXX" | "NOGATE" | "RFONLY" | "IGATE");
    placeholder || ["WIDE", "TRACE", "RELAY", "TEMP", "ECHO", "GATE"].iter().any(|name| alias(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Raw, ReceiverId, Signal, Tick12};
    use proptest::prelude::*;

    fn frame(text: &[u8]) -> Frame {
        Frame {
            protocol: Protocol::Aprs,
            receiver: ReceiverId(0),
            raw: Raw::new(&Ui::from_tnc2(text).unwrap().to_bytes()),
            tick: Tick12(0),
            utc: None,
            signal: Signal::default(),
        }
    }

    fn gated(text: &[u8]) -> Result<Vec<u8>, NotGated> {
        Gate::new("PI1GT-10", false).line(&frame(text), true, UnixMicros(1))
    }

    #[test]
    fn packets_go_as_they_were_heard() {
        let check = |heard: &[u8], sent: &[u8]| {
            let line = gated(heard).unwrap();
            assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(sent));
        };
        check(b"PA1A-9>APRS,PI1D*,WIDE2-1:>hello  ", b"PA1A-9>APRS,PI1D*,WIDE2-1,qAO,PI1GT-10:>hello  ");
        check(b"PA1A>S32U6T:`(_f\x1c\x00\xff\x7f}\r\nmore", b"PA1A>S32U6T,qAO,PI1GT-10:`(_f\x1c\x00\xff\x7f}");
        check(b"PI1X>APRS:}KL7AA-11>APRS,DSTAR*:>inner", b"KL7AA-11>APRS,DSTAR*,qAO,PI1GT-10:>inner");
        check(b"PI1X>APRS:}LONGCALL1>APRS:>inner", b"LONGCALL1>APRS,qAO,PI1GT-10:>inner");
        let line = Gate::new("PI1GT-10", true).line(&frame(b"PA1A>APRS:>x"), true, UnixMicros(1));
        assert_eq!(line, Ok(b"PA1A>APRS,qAR,PI1GT-10:>x".to_vec()));
    }

    #[test]
    fn what_must_not_go() {
        let check = |heard: &str, why| assert_eq!(gated(heard.as_bytes()), Err(why), "{heard}");
        for path in ["TCPIP", "TCPIP*", "PI1D*,TCPXX", "TCPXX*", "TCPIP-1"] {
            check(&format!("PA1A>APRS,{path}:>x"), NotGated::Internet);
            check(&format!("PI1X>APRS:}}PA1A>APRS,{path}:>x"), NotGated::Internet);
        }
        for path in ["NOGATE", "RFONLY", "PI1D*,RFONLY", "NOGATE-1"] {
            check(&format!("PA1A>APRS,{path}:>x"), NotGated::Unwanted);
            check(&format!("PI1X>APRS:}}PA1A>APRS,{path}:>x"), NotGated::Unwanted);
        }
        check("PI1X>APRS:}PA1A>APRS,PI1D*,qAR,PI1Z:>x", NotGated::Internet);
        check("PI1X,NOGATE>APRS:}PA1A>APRS:>x".replace(",NOGATE>APRS", ">APRS,NOGATE").as_str(), NotGated::Unwanted);
        check("PA1A>APRS:?APRS?", NotGated::Query);
        check("PI1X>APRS:}PA1A>APRS:?APRS?", NotGated::Query);
        check("PA1A>APRS:", NotGated::Empty);
        check("PA1A>APRS:\rmore", NotGated::Empty);
        check("PI1X>APRS:}PA1A>APRS:}PA1B>APRS:>x", NotGated::ThirdParty);
        check("PI1X>APRS:}no header", NotGated::ThirdParty);
        for source in ["N0CALL-9", "NOCALL", "MYCALL", "WIDE1-1", "RELAY"] {
            check(&format!("{source}>APRS:>x"), NotGated::Source);
            check(&format!("PI1X>APRS:}}{source}>APRS:>x"), NotGated::Source);
        }
        check(&format!("PA1A>APRS:>{}", "x".repeat(500)), NotGated::TooLong);
    }

    #[test]
    fn corrected_frames_and_what_was_not_heard_stay_here() {
        let mut gate = Gate::new("PI1GT-10", false);
        let mut corrected = frame(b"PA1A>APRS:>x");
        corrected.signal.corrected_bits = 1;
        assert_eq!(gate.line(&corrected, true, UnixMicros(1)), Err(NotGated::Corrected));
        assert_eq!(gate.line(&frame(b"PA1A>APRS:>x"), false, UnixMicros(1)), Err(NotGated::NotRadio));
        let mut text = frame(b"PA1A>APRS:>x");
        text.raw = Raw::new(b"KJ4ERJ-AL>APWW05-1,TCPIP*,qAC,FOURTH:>hi");
        assert_eq!(gate.line(&text, true, UnixMicros(1)), Err(NotGated::NotUi));
        // None of them counts as heard.
        assert!(gate.line(&frame(b"PA1A>APRS:>x"), true, UnixMicros(1)).is_ok());
    }

    #[test]
    fn copies_by_digipeaters_go_once_in_thirty_seconds() {
        let mut gate = Gate::new("PI1GT-10", false);
        let mut at = |text: &[u8], seconds: i64| gate.line(&frame(text), true, UnixMicros(seconds * 1_000_000)).map(|_| ());
        assert_eq!(at(b"PA1A>APRS,WIDE2-2:>x", 0), Ok(()));
        assert_eq!(at(b"PA1A>APRS,PI1D*,WIDE2-1:>x", 1), Err(NotGated::Repeat));
        assert_eq!(at(b"PI1X>APRS:}PA1A>APRS,DSTAR*:>x", 2), Err(NotGated::Repeat));
        assert_eq!(at(b"PA1A>APRS,WIDE2-2:>x", 30), Ok(()));
    }

    #[test]
    fn a_flood_is_cut_and_over_when_it_ends() {
        let mut gate = Gate::new("PI1GT-10", false);
        let mut passed = 0;
        for n in 0..1_000 {
            // 1,000 in 10 s.
            let line = gate.line(&frame(format!("PA1A>APRS:>{n}").as_bytes()), true, UnixMicros(n * 10_000));
            passed += i64::from(line.is_ok());
        }
        assert_eq!(passed, BURST + 10 * PER_SECOND - 1);
        assert!(gate.line(&frame(b"PA1A>APRS:>later"), true, UnixMicros(11_000_000)).is_ok());
    }

    proptest! {
        /// Whatever is heard: one line, of a packet that may go, and the server's client is the last name in it.
        #[test]
        fn one_line_of_what_was_heard(info in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = [b"PA1A>APRS,PI1D*:", &info[..]].concat();
            if let Ok(line) = gated(&text) {
                prop_assert!(line.len() <= LINE_MAX - 2);
                prop_assert!(!line.iter().any(|b| matches!(b, b'\r' | b'\n')));
                let read = Line::parse(&line).unwrap();
                prop_assert_eq!(read.q(), Some((&b"qAO"[..], Some(&b"PI1GT-10"[..]))));
                prop_assert!(info.windows(read.info.len()).any(|w| w == read.info));
            }
        }
    }
}
