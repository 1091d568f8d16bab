//! AX.25 2.2 UI frames, and the text form that APRS software exchanges ("TNC2").
//!
//! ```text
//!   address: 6 characters shifted left by one, padded with spaces | C/H 1 bit, reserved 2, SSID 4, last 1
//!   text:    SOURCE-1>DEST,DIGI-1,DIGI-2*,WIDE2-1:information      * = the last that has repeated the frame
//! ```
//! §3.12 (addresses), §3.12.5 (H bit), §4.3.3.6 (UI).

use super::control::Control;
use super::line::Line;
use core::fmt;
use model::Frame;

/// Digipeaters in one frame (§3.12.5 says 2, APRS 1.0.1 ch. 3 says 8).
pub const PATH_MAX: usize = 8;
const CONTROL_UI: u8 = 0x03;
/// Poll/final bit: either value is a UI frame.
const POLL_FINAL: u8 = 0x10;
const PID_NONE: u8 = 0xF0;

/// A call sign and its SSID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    call: [u8; 6],
    pub ssid: u8,
    /// The H bit of a digipeater: it has repeated the frame.
    pub repeated: bool,
}

/// What is no UI frame, or no text of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ax25Error {
    /// Shorter than two addresses and control.
    Short,
    /// A character other than A–Z, 0–9, or a space inside a call sign (§3.12.2).
    Address,
    /// More than eight digipeaters, or no last address.
    Path,
    /// Control is not UI.
    Control(u8),
    /// PID is not "no layer 3".
    Pid(u8),
    /// The text lacks '>' or ':'.
    Text,
}

impl fmt::Display for Ax25Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short => f.write_str("shorter than two addresses and a control field"),
            Self::Address => f.write_str("a call sign has a character other than A–Z and 0–9, or an SSID above 15"),
            Self::Path => write!(f, "more than {PATH_MAX} digipeaters, or the address field doesn't end"),
            Self::Control(c) => write!(f, "control field {c:02x} is not UI"),
            Self::Pid(p) => write!(f, "protocol identifier {p:02x} is not f0"),
            Self::Text => f.write_str("the text is not SOURCE>DESTINATION:information"),
        }
    }
}

impl core::error::Error for Ax25Error {}

impl Address {
    /// `N0CALL-9`; SSID 0 may be left out. A trailing `*` sets `repeated`.
    pub fn from_text(text: &[u8]) -> Result<Self, Ax25Error> {
        let (text, repeated) = text.strip_suffix(b"*").map_or((text, false), |t| (t, true));
        let (call, ssid) = match text.iter().position(|&b| b == b'-') {
            None => (text, 0),
            Some(dash) => {
                let ssid = super::packet::number(&text[dash + 1..]).filter(|&n| n <= 15).ok_or(Ax25Error::Address)?;
                (&text[..dash], ssid as u8)
            }
        };
        if call.is_empty() || 6 < call.len() || !call.iter().copied().all(in_call) {
            return Err(Ax25Error::Address);
        }
        let mut padded = [b' '; 6];
        padded[..call.len()].copy_from_slice(call);
        Ok(Self { call: padded, ssid, repeated })
    }

    fn from_frame(b: &[u8]) -> Result<Self, Ax25Error> {
        let mut call = [0; 6];
        for (to, from) in call.iter_mut().zip(b) {
            if from & 1 == 1 {
                return Err(Ax25Error::Address);
            }
            *to = from >> 1;
        }
        let address = Self { call, ssid: b[6] >> 1 & 15, repeated: b[6] & 0x80 != 0 };
        // A space inside is none of the standard's, but the satellite AO-27 sends "AO27 T".
        let letters = address.call();
        let fits = !letters.starts_with(' ') && !letters.is_empty() && letters.bytes().all(|b| in_call(b) || b == b' ');
        if fits { Ok(address) } else { Err(Ax25Error::Address) }
    }

    fn write(&self, last: bool, top: bool, out: &mut Vec<u8>) {
        out.extend(self.call.map(|b| b << 1));
        out.push(u8::from(top) << 7 | 0x60 | self.ssid << 1 | u8::from(last));
    }

    /// Without SSID and padding.
    pub fn call(&self) -> &str {
        let end = self.call.iter().rposition(|&b| b != b' ').map_or(0, |i| i + 1);
        core::str::from_utf8(&self.call[..end]).unwrap_or("")
    }
}

const fn in_call(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.call())?;
        if self.ssid != 0 { write!(f, "-{}", self.ssid) } else { Ok(()) }
    }
}

/// A UI frame, its information still in the frame's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui<'a> {
    pub destination: Address,
    pub source: Address,
    path: [Address; PATH_MAX],
    path_len: usize,
    pub info: &'a [u8],
}

impl<'a> Ui<'a> {
    /// From a frame without flags and FCS.
    pub fn parse(frame: &'a [u8]) -> Result<Self, Ax25Error> {
        let (mut ui, rest) = Self::headed(frame)?;
        let (control, rest) = rest.split_first().ok_or(Ax25Error::Short)?;
        if control & !POLL_FINAL != CONTROL_UI {
            return Err(Ax25Error::Control(*control));
        }
        let (pid, info) = rest.split_first().ok_or(Ax25Error::Short)?;
        if *pid != PID_NONE {
            return Err(Ax25Error::Pid(*pid));
        }
        ui.info = info;
        Ok(ui)
    }

    /// The addresses, as of a frame without information; and what follows.
    fn headed(frame: &'a [u8]) -> Result<(Self, &'a [u8]), Ax25Error> {
        let (addresses, rest) = addresses(frame)?;
        let [destination, source] = [Address::from_frame(addresses)?, Address::from_frame(&addresses[7..])?];
        let mut ui = Self::direct(destination, source, &[]);
        for digipeater in addresses[14..].chunks_exact(7) {
            ui.add(Address::from_frame(digipeater)?)?;
        }
        Ok((ui, rest))
    }

    /// From `SOURCE>DESTINATION,PATH:information`. Every digipeater up to the last `*` has repeated the frame.
    pub fn from_tnc2(text: &'a [u8]) -> Result<Self, Ax25Error> {
        let colon = text.iter().position(|&b| b == b':').ok_or(Ax25Error::Text)?;
        let (header, info) = (&text[..colon], &text[colon + 1..]);
        let arrow = header.iter().position(|&b| b == b'>').ok_or(Ax25Error::Text)?;
        let source = Address::from_text(&header[..arrow])?;
        let mut names = header[arrow + 1..].split(|&b| b == b',');
        let destination = Address::from_text(names.next().ok_or(Ax25Error::Text)?)?;
        let mut ui = Self::direct(destination, source, info);
        for name in names {
            ui.add(Address::from_text(name)?)?;
        }
        let used = ui.path().iter().rposition(|a| a.repeated).map_or(0, |i| i + 1);
        ui.path[..used].iter_mut().for_each(|a| a.repeated = true);
        Ok(ui)
    }

    /// The top bit of destination and source says command or response (§6.1.2), not repeated.
    fn direct(destination: Address, source: Address, info: &'a [u8]) -> Self {
        let [destination, source] = [destination, source].map(|a| Address { repeated: false, ..a });
        Self { destination, source, path: [source; PATH_MAX], path_len: 0, info }
    }

    fn add(&mut self, digipeater: Address) -> Result<(), Ax25Error> {
        *self.path.get_mut(self.path_len).ok_or(Ax25Error::Path)? = digipeater;
        self.path_len += 1;
        Ok(())
    }

    pub fn path(&self) -> &[Address] {
        &self.path[..self.path_len]
    }

    /// The frame without flags and FCS; a command as version 2 has it (C bit of the destination set).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 7 * self.path_len + self.info.len());
        self.destination.write(false, true, &mut out);
        self.source.write(self.path_len == 0, false, &mut out);
        for (i, digipeater) in self.path().iter().enumerate() {
            digipeater.write(i + 1 == self.path_len, digipeater.repeated, &mut out);
        }
        out.extend([CONTROL_UI, PID_NONE]);
        out.extend(self.info);
        out
    }

    /// The header as text: `SOURCE>DESTINATION,PATH`.
    fn header(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}>{}", self.source, self.destination)?;
        let used = self.path().iter().rposition(|a| a.repeated);
        for (i, digipeater) in self.path().iter().enumerate() {
            write!(out, ",{digipeater}{}", if Some(i) == used { "*" } else { "" })?;
        }
        Ok(())
    }

    /// The text as bytes, the information as it is: what [`Ui::from_tnc2`] reads.
    pub fn to_tnc2(&self) -> Vec<u8> {
        let mut header = String::new();
        self.header(&mut header).expect("a String takes everything");
        let mut out = header.into_bytes();
        out.push(b':');
        out.extend(self.info);
        out
    }
}

/// True for a frame that begins with two to ten addresses, whatever follows.
pub fn has_addresses(frame: &[u8]) -> bool {
    let letters = |a: &[u8]| a[0] != b' ' << 1 && a[..6].iter().all(|b| b & 1 == 0 && (in_call(b >> 1) || b >> 1 == b' '));
    addresses(frame).is_ok_and(|(all, rest)| !rest.is_empty() && all.chunks_exact(7).all(letters))
}

/// The address field, and what follows.
fn addresses(frame: &[u8]) -> Result<(&[u8], &[u8]), Ax25Error> {
    let last = frame.iter().position(|b| b & 1 == 1).ok_or(Ax25Error::Short)?;
    let len = last + 1;
    if !len.is_multiple_of(7) {
        return Err(Ax25Error::Address);
    }
    match len / 7 {
        0 | 1 => Err(Ax25Error::Short),
        n if 2 + PATH_MAX < n => Err(Ax25Error::Path),
        _ => Ok(frame.split_at(len)),
    }
}

/// TNC2 text of a frame for people and logs: what is not printable ASCII as `<0x1c>`. Frames of connected mode with their control field:
/// `A>B:<I S2 R3 P>text`. Neither a frame nor text: its hex.
pub fn frame_text(frame: &Frame) -> String {
    use fmt::Write;
    let mut out = String::new();
    let raw = frame.raw.as_slice();
    let shown = match Ui::parse(raw) {
        Ok(ui) => {
            ui.header(&mut out).expect("a String takes everything");
            out.push(':');
            ui.info
        }
        // A header that AX.25 has no room for is text already.
        Err(_) if Line::parse(raw).is_ok() => raw,
        Err(_) => match connected(raw, &mut out) {
            Some(said) => said,
            None => return frame.raw.hex(),
        },
    };
    for &b in shown {
        if (b' '..=b'~').contains(&b) {
            out.push(b.into());
        } else {
            write!(out, "<0x{b:02x}>").expect("a String takes everything");
        }
    }
    out
}

/// Header and control field into `out`; what the frame says.
fn connected<'a>(frame: &'a [u8], out: &mut String) -> Option<&'a [u8]> {
    use fmt::Write;
    let (ui, rest) = Ui::headed(frame).ok()?;
    let (control, rest) = rest.split_first()?;
    let control = Control(*control);
    ui.header(out).expect("a String takes everything");
    write!(out, ":<{control}>").expect("a String takes everything");
    if control.has_pid() { rest.get(1..) } else { Some(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_of_connected_mode_are_shown() {
        let shown = |control: &[u8]| {
            let mut bytes = Ui::from_tnc2(b"N0CALL-1>N0CALL-2:").unwrap().to_bytes();
            bytes.splice(14.., control.iter().copied());
            let mut out = String::new();
            connected(&bytes, &mut out).map(|said| format!("{out}{}", String::from_utf8_lossy(said)))
        };
        assert_eq!(shown(&[0x3F]).as_deref(), Some("N0CALL-1>N0CALL-2:<SABM P>"));
        assert_eq!(shown(b"\x64\xF0hello").as_deref(), Some("N0CALL-1>N0CALL-2:<I S2 R3>hello"));
        assert_eq!((shown(&[]), shown(&[0x64])), (None, None));
    }

    #[test]
    fn a_call_sign_with_a_space_inside_is_heard() {
        let bytes = |call: &[u8; 6]| {
            let mut bytes = Ui::from_tnc2(b"A>B:>x").unwrap().to_bytes();
            bytes[7..13].copy_from_slice(&call.map(|b| b << 1));
            bytes
        };
        assert_eq!(Ui::parse(&bytes(b"AO27 T")).unwrap().source.to_string(), "AO27 T");
        assert_eq!(Ui::parse(&bytes(b" AO27T")), Err(Ax25Error::Address));
        assert_eq!(Ui::parse(&bytes(b"      ")), Err(Ax25Error::Address));
    }

    #[test]
    fn text_and_frame_are_the_same_packet() {
        for text in ["N0CALL>APRS:>hello", "N0CALL-15>APZ123-1,WIDE1-1,WIDE2-2:!x", "A1B>S4QUYZ,W6SCE-10*,WIDE2-1:'.Kel", "A>B,C*,D*,E:"] {
            let ui = Ui::from_tnc2(text.as_bytes()).unwrap();
            let bytes = ui.to_bytes();
            let again = Ui::parse(&bytes).unwrap();
            assert_eq!(again, ui);
            assert_eq!(String::from_utf8(again.to_tnc2()).unwrap(), text.replace("C*,D*", "C,D*"));
        }
    }

    #[test]
    fn refusals_are_typed() {
        let check = |text: &str, why| assert_eq!(Ui::from_tnc2(text.as_bytes()).map(|_| ()), Err(why), "{text}");
        check("N0CALL>APRS", Ax25Error::Text);
        check("N0CALL:APRS", Ax25Error::Text);
        check("n0call>APRS:", Ax25Error::Address);
        check("N0CALL-16>APRS:", Ax25Error::Address);
        check("TOOLONG>APRS:", Ax25Error::Address);
        check("A>B,C,D,E,F,G,H,I,J,K:", Ax25Error::Path);
        let mut bytes = Ui::from_tnc2(b"A>B:x").unwrap().to_bytes();
        bytes[14] = 0x3F;
        assert_eq!(Ui::parse(&bytes), Err(Ax25Error::Control(0x3F)));
        bytes[14] = 0x13;
        bytes[15] = 0xCC;
        assert_eq!(Ui::parse(&bytes), Err(Ax25Error::Pid(0xCC)));
        assert_eq!(Ui::parse(&bytes[..10]), Err(Ax25Error::Short));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(ui) = Ui::parse(&bytes) {
                let again = ui.to_bytes();
                prop_assert_eq!(Ui::parse(&again), Ok(ui.clone()));
            }
            if let Ok(ui) = Ui::from_tnc2(&bytes) {
                let again = ui.to_tnc2();
                prop_assert_eq!(Ui::from_tnc2(&again), Ok(ui.clone()));
            }
        }
    }
}
