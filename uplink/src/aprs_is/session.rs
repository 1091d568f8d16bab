//! What a server says, decided without I/O: lines cut from bytes, and the answer to the login.

use super::LINE_MAX;

/// What a line was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// The login counts: what we say is passed on.
    Verified,
    /// The login doesn't: what we say would be thrown away.
    Unverified,
    /// Anything else behind `#`.
    Comment,
    Packet(&'a [u8]),
}

/// `# logresp N0CALL-10 verified, server T2…`
pub fn said<'a>(line: &'a [u8], callsign: &str) -> Said<'a> {
    let Some(comment) = line.strip_prefix(b"#") else { return Said::Packet(line) };
    let mut words = comment.split(|b| matches!(b, b' ' | b',')).filter(|w| !w.is_empty());
    if words.next() != Some(b"logresp") || words.next().is_none_or(|who| !who.eq_ignore_ascii_case(callsign.as_bytes())) {
        return Said::Comment;
    }
    match words.next() {
        Some(b"verified") => Said::Verified,
        Some(b"unverified") => Said::Unverified,
        _ => Said::Comment,
    }
}

/// Bytes to lines, without their ends.
#[derive(Debug, Default)]
pub struct Cutter {
    line: Vec<u8>,
    /// Inside a line that is too long: nothing of it is told.
    overlong: bool,
}

impl Cutter {
    pub fn push(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        for &byte in bytes {
            if byte == b'\n' {
                let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
                if !self.overlong && !line.is_empty() {
                    tell(line);
                }
                self.line.clear();
                self.overlong = false;
            } else if self.line.len() < LINE_MAX {
                self.line.push(byte);
            } else {
                self.overlong = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_of_servers() {
        let check = |line: &str, expected| assert_eq!(said(line.as_bytes(), "PI1GT-10"), expected, "{line}");
        check("# logresp PI1GT-10 verified, server T2TEST", Said::Verified);
        check("# logresp pi1gt-10 verified", Said::Verified);
        check("# logresp PI1GT-10 unverified, server T2TEST", Said::Unverified);
        check("# logresp PI1GT-1 verified, server T2TEST", Said::Comment);
        check("# aprsc 2.1.21 verified", Said::Comment);
        check("#", Said::Comment);
        check("A>B:# logresp PI1GT-10 verified", Said::Packet(b"A>B:# logresp PI1GT-10 verified"));
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_they_come(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..3_000), at in 0..3_000_usize) {
            let cut = |parts: &[&[u8]]| {
                let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
                parts.iter().for_each(|part| cutter.push(part, &mut |line| lines.push(line.to_vec())));
                lines
            };
            let (a, b) = bytes.split_at(at.min(bytes.len()));
            let lines = cut(&[&bytes]);
            prop_assert_eq!(&cut(&[a, b]), &lines);
            prop_assert!(lines.iter().all(|l| (1..=LINE_MAX).contains(&l.len()) && !l.contains(&b'\n')));
        }
    }
}
