//! AX.25 UI frames (AX.25 2.2 §3) from and to the text form of monitors, TNC2: `SRC-9>DEST,DIGI*,WIDE2-1:information`.
//!
//! ```text
//!   destination 7 │ source 7 │ digipeaters 0–8 × 7 │ 03 │ F0 │ information 0–256   (flags and FCS are HDLC's)
//!   an address: six characters shifted left, then C/H 1, 11, SSID 4, and 1 in the last one
//! ```

/// A station's name with its SSID, and for a digipeater whether it has repeated the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// One to six capital letters and digits.
    call: String,
    ssid: u8,
    repeated: bool,
}

impl Address {
    /// `N0CALL`, `N0CALL-9`, `WIDE2-1*`. `None` when it can't be sent.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, repeated) = text.strip_suffix('*').map_or((text, false), |name| (name, true));
        let (call, ssid) = name.split_once('-').unwrap_or((name, "0"));
        let ssid = ssid.parse().ok().filter(|ssid| *ssid < 16)?;
        let fits = (1..=6).contains(&call.len()) && call.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        fits.then(|| Self { call: call.to_owned(), ssid, repeated })
    }

    fn put(&self, out: &mut Vec<u8>, top_bit: bool, last: bool) {
        let padded = self.call.bytes().chain(core::iter::repeat(b' ')).take(6);
        out.extend(padded.map(|c| c << 1));
        out.push(u8::from(top_bit) << 7 | 0x60 | self.ssid << 1 | u8::from(last));
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.call)?;
        if self.ssid != 0 {
            write!(f, "-{}", self.ssid)?;
        }
        f.write_str(if self.repeated { "*" } else { "" })
    }
}

/// An unnumbered information frame without layer 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiFrame {
    pub destination: Address,
    pub source: Address,
    pub path: Vec<Address>,
    pub info: Vec<u8>,
}

impl UiFrame {
    /// Longest path and information field that AX.25 allows.
    pub const PATH_MAX: usize = 8;
    pub const INFO_MAX: usize = 256;

    /// `None` when an address can't be sent or something is too long.
    pub fn new(source: &str, destination: &str, path: &[&str], info: &[u8]) -> Option<Self> {
        let path: Option<Vec<Address>> = path.iter().map(|digi| Address::parse(digi)).collect();
        let path = path.filter(|path| path.len() <= Self::PATH_MAX)?;
        let fits = info.len() <= Self::INFO_MAX;
        let (destination, source) = (Address::parse(destination)?, Address::parse(source)?);
        fits.then(|| Self { destination, source, path, info: info.to_vec() })
    }

    /// From TNC2 text. As monitors write it, a `*` marks the last digipeater that repeated the frame; those before it did too.
    pub fn from_tnc2(line: &[u8]) -> Option<Self> {
        let colon = line.iter().position(|b| *b == b':')?;
        let head = core::str::from_utf8(&line[..colon]).ok()?;
        let (source, rest) = head.split_once('>')?;
        let mut names = rest.split(',');
        let destination = names.next()?;
        let path: Vec<&str> = names.collect();
        let mut frame = Self::new(source, destination, &path, &line[colon + 1..])?;
        if let Some(last) = frame.path.iter().rposition(|digi| digi.repeated) {
            frame.path[..last].iter_mut().for_each(|digi| digi.repeated = true);
        }
        Some(frame)
    }

    pub fn to_tnc2(&self) -> Vec<u8> {
        let last = self.path.iter().rposition(|digi| digi.repeated);
        let mut head = format!("{}>{}", self.source, self.destination);
        for (i, digi) in self.path.iter().enumerate() {
            head.push(',');
            head.push_str(&Address { repeated: Some(i) == last, ..digi.clone() }.to_string());
        }
        [head.as_bytes(), b":", &self.info].concat()
    }

    /// The same frame as the digipeater `call` repeats it: the first unused address becomes its own, marked.
    pub fn repeated_by(&self, call: &str) -> Option<Self> {
        let mut frame = self.clone();
        let next = frame.path.iter_mut().find(|digi| !digi.repeated)?;
        *next = Address { repeated: true, ..Address::parse(call)? };
        Some(frame)
    }

    /// The bytes between flags, without the check sequence. A command frame (C bits 1, 0).
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 7 * self.path.len() + self.info.len());
        self.destination.put(&mut out, true, false);
        self.source.put(&mut out, false, self.path.is_empty());
        for (i, digi) in self.path.iter().enumerate() {
            digi.put(&mut out, digi.repeated, i + 1 == self.path.len());
        }
        out.extend([0x03, 0xF0]);
        out.extend(&self.info);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_frame_are_inverse() {
        for line in ["N0CALL>APZSIM:>hello", "PA3ABC-9>APRS,PI1HVS*,WIDE2-1:!5218.00N/00446.00E>", "A>B,C*,D*,E:x"] {
            let frame = UiFrame::from_tnc2(line.as_bytes()).unwrap();
            let back = String::from_utf8(frame.to_tnc2()).unwrap();
            assert_eq!(back.replace("C*,D*", "C,D*"), line.replace("C*,D*", "C,D*"));
        }
        let frame = UiFrame::from_tnc2(b"A>B,C,D*,E:x").unwrap();
        assert_eq!(frame.path.iter().map(|d| d.repeated).collect::<Vec<_>>(), [true, true, false]);
        for bad in ["nocall>B:x", "A>B", "A-16>B:x", "TOOLONG>B:x", "A>B,C,C,C,C,C,C,C,C,C:x"] {
            assert_eq!(UiFrame::from_tnc2(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_and_what_comes_out_can_be_sent(line in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "[A-Z0-9]{1,7}(-[0-9]{1,2})?>[A-Z0-9]{1,6}(,[A-Z0-9]{1,6}-?[0-9]{0,2}\\*?){0,9}:.{0,40}".prop_map(String::into_bytes),
        ]) {
            if let Some(frame) = UiFrame::from_tnc2(&line) {
                let bytes = frame.bytes();
                prop_assert!(bytes.len() == 16 + 7 * frame.path.len() + frame.info.len());
                prop_assert_eq!(UiFrame::from_tnc2(&frame.to_tnc2()), Some(frame));
            }
        }
    }

    #[test]
    fn bytes_are_laid_out_as_the_standard_shows() {
        // AX.25 2.2 §3.12: NJ7P to N7LEM, here as a UI command with one digipeater, N7OO-1, that has repeated it.
        let frame = UiFrame::new("N7LEM", "NJ7P", &["N7OO-1*"], b"A").unwrap();
        let want = [
            0x9C, 0x94, 0x6E, 0xA0, 0x40, 0x40, 0xE0, 0x9C, 0x6E, 0x98, 0x8A, 0x9A, 0x40, 0x60, 0x9C, 0x6E, 0x9E, 0x9E, 0x40, 0x40, 0xE3,
            0x03, 0xF0, b'A',
        ];
        assert_eq!(frame.bytes(), want);
    }

    #[test]
    fn a_digipeater_takes_the_next_place() {
        let frame = UiFrame::new("A", "B", &["WIDE1-1", "WIDE2-1"], b"x").unwrap().repeated_by("PI1HVS").unwrap();
        assert_eq!(frame.to_tnc2(), b"A>B,PI1HVS*,WIDE2-1:x");
    }
}
