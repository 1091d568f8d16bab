//! Packets as text with the header of a network: TNC2 lines, APRS-IS.
//!
//! ```text
//!   SOURCE-1>DEST,DIGI-1,DIGI-2*,qAR,IGATE:information        source, q construct and the station that brought it to the Internet
//! ```
//! Names on the Internet may be longer than AX.25 allows and have letters in the SSID: up to nine letters, digits and dashes; behind a q
//! construct also a server's address of 32 hexadecimal digits. What fits AX.25 should go on as a frame ([`Ui`]); this is for the rest.

use super::ax25::{Ax25Error, Ui};
use model::ShortText;

/// Names in one path: digipeaters, q construct, and the servers of a traced packet.
pub const PATH_MAX: usize = 32;
const NAME_MAX: usize = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub source: ShortText<9>,
    destination: &'a [u8],
    path: &'a [u8],
    pub info: &'a [u8],
}

impl<'a> Line<'a> {
    /// `text`: without the end of the line.
    pub fn parse(text: &'a [u8]) -> Result<Self, Ax25Error> {
        let colon = text.iter().position(|&b| b == b':').ok_or(Ax25Error::Text)?;
        let (header, info) = (&text[..colon], &text[colon + 1..]);
        let arrow = header.iter().position(|&b| b == b'>').ok_or(Ax25Error::Text)?;
        let source = &header[..arrow];
        let rest = &header[arrow + 1..];
        let (destination, path) = match rest.iter().position(|&b| b == b',') {
            Some(comma) => (&rest[..comma], &rest[comma + 1..]),
            None => (rest, &[][..]),
        };
        if !is_name(source) || !is_name(destination) {
            return Err(Ax25Error::Address);
        }
        let source = core::str::from_utf8(source).ok().and_then(|s| ShortText::new(s).ok()).ok_or(Ax25Error::Address)?;
        let line = Self { source, destination, path, info };
        let mut behind_q = false;
        for (count, name) in line.path().enumerate() {
            if PATH_MAX <= count {
                return Err(Ax25Error::Path);
            }
            let fits = is_name(name.strip_suffix(b"*").unwrap_or(name)) || behind_q && is_server(name);
            if !fits {
                return Err(Ax25Error::Address);
            }
            behind_q |= is_q(name);
        }
        Ok(line)
    }

    /// As it stands there.
    pub fn destination(&self) -> &'a [u8] {
        self.destination
    }

    /// `SOURCE>DESTINATION,PATH`.
    pub fn header(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(60 + self.info.len());
        out.extend(self.source.as_str().as_bytes());
        out.push(b'>');
        out.extend(self.destination);
        for name in self.path() {
            out.push(b',');
            out.extend(name);
        }
        out
    }

    /// Without SSID.
    pub fn destination_call(&self) -> &'a [u8] {
        self.destination.split(|&b| b == b'-').next().unwrap_or_default()
    }

    pub fn path(&self) -> impl Iterator<Item = &'a [u8]> {
        self.path.split(|&b| b == b',').filter(|name| !name.is_empty())
    }

    /// The q construct, and who is named behind it.
    pub fn q(&self) -> Option<(&'a [u8], Option<&'a [u8]>)> {
        let mut path = self.path();
        let q = path.find(|name| is_q(name))?;
        Some((q, path.next()))
    }

    /// The frame, where the header fits AX.25: up to the q construct, which never was on the air.
    pub fn to_frame(&self) -> Option<Vec<u8>> {
        let mut text = Vec::with_capacity(80 + self.info.len());
        text.extend(self.source.as_str().as_bytes());
        text.push(b'>');
        text.extend(self.destination);
        for name in self.path().take_while(|name| !is_q(name)) {
            text.push(b',');
            text.extend(name);
        }
        text.push(b':');
        text.extend(self.info);
        Some(Ui::from_tnc2(&text).ok()?.to_bytes())
    }
}

/// `q`, `A`, and a letter.
fn is_q(name: &[u8]) -> bool {
    matches!(name, [b'q', b'A', letter] if letter.is_ascii_alphabetic())
}

fn is_name(name: &[u8]) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

fn is_server(name: &[u8]) -> bool {
    name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_of_the_internet() {
        let line = Line::parse(b"KJ4ERJ-AL>APWW05-1,TCPIP*,qAC,FOURTH:>hi:there").unwrap();
        assert_eq!((line.source.as_str(), line.destination_call(), line.info), ("KJ4ERJ-AL", &b"APWW05"[..], &b">hi:there"[..]));
        assert_eq!(line.q(), Some((&b"qAC"[..], Some(&b"FOURTH"[..]))));
        assert_eq!(line.to_frame(), None);
        let heard = Line::parse(b"N0CALL>APRS,DIGI*,WIDE2-1,qAR,IGATE-10:>x").unwrap();
        assert_eq!(heard.to_frame(), Some(Ui::from_tnc2(b"N0CALL>APRS,DIGI*,WIDE2-1:>x").unwrap().to_bytes()));
        let server = "200106F8020204020000000000000002";
        assert!(Line::parse(format!("A>B,qAI,C,{server}:x").as_bytes()).is_ok());
        let check = |text: &str, why| assert_eq!(Line::parse(text.as_bytes()), Err(why), "{text}");
        check(&format!("A>B,{server},qAI:x"), Ax25Error::Address);
        check("K6IFR_S>A:x", Ax25Error::Address);
        check("TOOLONGNAME>A:x", Ax25Error::Address);
        check("A:x", Ax25Error::Text);
        check("# aprsc 2.1.19", Ax25Error::Text);
        check(&format!("A>B{}:x", ",C".repeat(PATH_MAX + 1)), Ax25Error::Path);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(line) = Line::parse(&bytes) {
                let _ = (line.q(), line.to_frame());
            }
        }
    }
}
