//! The operator's own list of devices, in the shape of the public registry's `tocalls.yaml`: read once, before what is built in.
//!
//! ```text
//!   mice:                      behind a Mic-E comment
//!    - suffix: "_4"
//!      vendor: Yaesu
//!      model: FTM-500D
//!   tocalls:                   the destination: `?` any character, `n` a digit, `*` the rest
//!    - tocall: APDW??
//!      vendor: WB2OSZ
//!      model: DireWolf
//! ```
//!
//! Of YAML what that file needs: sections, entries that begin with `-`, a key and a value a line, quoted or not; other keys, other sections
//! and what is nested deeper are passed over. A line that is none of it is refused with its number.

use core::fmt;

/// Entries of a list.
const ENTRIES_MAX: usize = 20_000;
/// Characters of a device's name.
const NAME_MAX: usize = 60;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Pattern and name; the pattern with more fixed characters first.
    tocalls: Vec<(Box<str>, Box<str>)>,
    /// Suffix and name.
    mic_e: Vec<(Box<str>, Box<str>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicesError {
    /// From 1; 0: the list as a whole.
    pub line: usize,
    pub why: &'static str,
}

impl fmt::Display for DevicesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(self.why) } else { write!(f, "line {}: {}", self.line, self.why) }
    }
}

impl core::error::Error for DevicesError {}

#[derive(Debug, Default)]
struct Entry {
    key: Option<Box<str>>,
    vendor: Option<Box<str>>,
    model: Option<Box<str>>,
}

impl Entry {
    fn name(&self) -> Option<Box<str>> {
        let words: Vec<&str> = [&self.vendor, &self.model].into_iter().flatten().map(|word| &**word).collect();
        let name: String = words.join(" ").chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        (!name.is_empty()).then(|| name.into())
    }
}

impl Devices {
    pub fn parse(text: &str) -> Result<Self, DevicesError> {
        let mut devices = Self::default();
        let mut section = "";
        // How far the entry's own keys are from the margin: what is farther belongs to one of them.
        let (mut entry, mut depth) = (Entry::default(), 0);
        for (number, line) in (1..).zip(text.lines()) {
            let refuse = |why| Err(DevicesError { line: number, why });
            let body = line.trim();
            if body.is_empty() || body.starts_with('#') || body == "---" {
                continue;
            }
            let margin = line.len() - line.trim_start().len();
            if margin == 0 && !body.starts_with('-') {
                devices.take(section, core::mem::take(&mut entry));
                let Some(name) = body.strip_suffix(':') else {
                    // A value at the margin, which no section of ours is.
                    if body.contains(':') {
                        section = "";
                        continue;
                    }
                    return refuse("neither a section nor an entry");
                };
                (section, depth) = (name.trim(), 0);
                continue;
            }
            let begins = body.starts_with('-') && (depth == 0 || margin < depth);
            let pair = if begins { body[1..].trim_start() } else { body };
            if begins {
                devices.take(section, core::mem::take(&mut entry));
                depth = margin + body.len() - pair.len();
            } else if margin != depth {
                continue;
            }
            if !matches!(section, "mice" | "tocalls") {
                continue;
            }
            let Some((key, value)) = pair.split_once(':') else { return refuse("no `key: value`") };
            let Some(value) = unquoted(value.trim()) else { return refuse("a quotation mark is missing") };
            match key.trim() {
                "suffix" | "tocall" => entry.key = Some(value.into()),
                "vendor" => entry.vendor = Some(value.into()),
                "model" => entry.model = Some(value.into()),
                _ => {}
            }
        }
        devices.take(section, entry);
        if devices.tocalls.len() + devices.mic_e.len() == 0 {
            return Err(DevicesError { line: 0, why: "no device in it: it needs `tocalls:` or `mice:` with entries" });
        }
        devices.tocalls.sort_by_key(|(pattern, _)| core::cmp::Reverse(fixed(pattern)));
        Ok(devices)
    }

    fn take(&mut self, section: &str, entry: Entry) {
        if let (Some(name), Some(key)) = (entry.name(), entry.key)
            && self.tocalls.len() + self.mic_e.len() < ENTRIES_MAX
        {
            match section {
                "mice" => self.mic_e.push((key, name)),
                "tocalls" => self.tocalls.push((key, name)),
                _ => {}
            }
        }
    }

    /// By the destination, without SSID and padding.
    pub fn by_destination(&self, destination: &[u8]) -> Option<&str> {
        let destination = destination.trim_ascii_end();
        self.tocalls.iter().find(|(pattern, _)| fits(pattern.as_bytes(), destination)).map(|(_, name)| &**name)
    }

    /// By the bytes behind a Mic-E comment.
    pub fn by_mic_e(&self, suffix: &str) -> Option<&str> {
        self.mic_e.iter().find(|(known, _)| **known == *suffix).map(|(_, name)| &**name)
    }

    /// Takes the bytes that name a device off a Mic-E comment that no built-in device claims.
    pub fn at_end_of<'a>(&'a self, comment: &mut String) -> Option<&'a str> {
        let (suffix, name) = self.mic_e.iter().find(|(suffix, _)| suffix.len() == 2 && comment.ends_with(&**suffix))?;
        comment.truncate(comment.len() - suffix.len());
        comment.truncate(comment.trim_end().len());
        Some(name)
    }

    pub fn len(&self) -> usize {
        self.tocalls.len() + self.mic_e.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Characters that stand for themselves.
fn fixed(pattern: &str) -> usize {
    pattern.bytes().filter(|b| !matches!(b, b'?' | b'n' | b'*')).count()
}

fn fits(pattern: &[u8], destination: &[u8]) -> bool {
    match (pattern.split_first(), destination.split_first()) {
        (Some((b'*', _)), _) | (None, None) => true,
        (Some((p, pattern)), Some((d, destination))) => {
            let same = match p {
                b'?' => true,
                b'n' => d.is_ascii_digit(),
                _ => p == d,
            };
            same && fits(pattern, destination)
        }
        _ => false,
    }
}

/// A value as YAML writes it on one line. `None`: a quotation mark is not closed.
fn unquoted(value: &str) -> Option<String> {
    for mark in ['"', '\''] {
        let Some(inner) = value.strip_prefix(mark) else { continue };
        let end = inner.char_indices().find(|(at, c)| *c == mark && !(mark == '"' && inner[..*at].ends_with('\\')))?.0;
        return Some(if mark == '"' { inner[..end].replace("\\\"", "\"").replace("\\\\", "\\") } else { inner[..end].to_owned() });
    }
    // A comment begins behind a blank.
    Some(value.split(" #").next().unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = r#"---
# our own
classes:
 - class: wx
   shown: Weather station
mice:
 - suffix: "_\""
   vendor: Yaesu
   model: 'FTM-350'   # ours
 - suffix: "(9"
   model: Handheld
micelegacy:
 - prefix: ">"
   vendor: Kenwood
tocalls:
 - tocall: AP4R??
   vendor: Open Source
   model: APRS4R
   features:
     - messaging
     - other: thing
   class: software
 - tocall: APnnnD
   vendor: Painter
 - tocall: APZ*
   model: experiment
 - tocall: APZOUR
   vendor: Us
   model: Tracker
"#;

    #[test]
    fn names_by_pattern_and_suffix() {
        let list = Devices::parse(LIST).unwrap();
        assert_eq!(list.len(), 6);
        for (destination, name) in [
            ("AP4R12", Some("Open Source APRS4R")),
            ("AP4R1", None),
            ("AP123D", Some("Painter")),
            ("AP12XD", None),
            ("APZOUR", Some("Us Tracker")),
            ("APZ", Some("experiment")),
            ("APZ1  ", Some("experiment")),
            ("APRS", None),
        ] {
            assert_eq!(list.by_destination(destination.as_bytes()), name, "{destination}");
        }
        assert_eq!((list.by_mic_e("_\""), list.by_mic_e("_4")), (Some("Yaesu FTM-350"), None));
        let mut comment = "on the road (9".to_owned();
        assert_eq!((list.at_end_of(&mut comment), comment.as_str()), (Some("Handheld"), "on the road"));
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for (text, line) in [("", 0), ("tocalls:\n", 0), ("hello\n", 1), ("tocalls:\n - tocall: \"AP\n", 2), ("tocalls:\n - tocall\n", 2)] {
            assert_eq!(Devices::parse(text).map_err(|e| e.line), Err(line), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(lines in prop::collection::vec("[ -]{0,4}(tocall|suffix|model|mice|tocalls|x)?:?[ \"'#a-zA-Z0-9?*]{0,12}", 0..12)) {
            if let Ok(list) = Devices::parse(&lines.join("\n")) {
                prop_assert!(!list.is_empty());
                let _ = list.by_destination(b"APZ123");
            }
        }
    }
}
