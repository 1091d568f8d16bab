//! A list of aircraft that the operator gives: comma or semicolon separated, plain or gzip.
//!
//! ```text
//!   4840d6;PH-BXN;B738;00;BOEING 737-800;…                    tar1090-db, Mictronics: address; registration; type; …  no header
//!   'icao24','timestamp','registration','typecode',…          OpenSky and others: a header names the columns
//!   '4840d6','…','PH-BXN','B738',…                            quotes (' or ") round a field, doubled inside
//! ```
//!
//! Constraints: at most [`ROWS_MAX`] rows and [`LINE_BYTES_MAX`] bytes a line, whatever the file says: 16 bytes a row and the text of its
//! registration, 14 MB for 640,000 aircraft. A line without a valid address is passed over and counted. Of two rows with one
//! address the later counts. Read once, at the start.

use std::io::{BufRead, BufReader, Read};

pub const ROWS_MAX: usize = 1_000_000;
pub const LINE_BYTES_MAX: usize = 16 << 10;
/// A file, once unpacked.
pub const BYTES_MAX: u64 = 512 << 20;
const REGISTRATION_BYTES_MAX: usize = 12;
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error(
        "has no line with an address, a registration and a type: this reads `address;registration;type;…` or a CSV whose first line names icao24, registration and typecode"
    )]
    Empty,
    #[error("has more than {ROWS_MAX} rows")]
    TooMany,
    #[error("is more than {BYTES_MAX} bytes unpacked")]
    TooLarge,
}

#[derive(Clone, Copy)]
struct Row {
    address: u32,
    /// Where the registration begins in `text`.
    at: u32,
    len: u8,
    /// Padded with zeros.
    type_code: [u8; 4],
}

/// Rows in the order of their addresses.
#[derive(Default)]
pub struct Database {
    rows: Vec<Row>,
    text: String,
    passed_over: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    pub registration: Option<&'a str>,
    pub type_code: Option<&'a str>,
}

impl Database {
    /// Plain or gzip: the first bytes say which.
    pub fn read(source: impl Read) -> Result<Self, DatabaseError> {
        let mut source = BufReader::new(source);
        let packed = source.fill_buf()?.starts_with(&GZIP);
        if packed { Self::read_plain(flate2::bufread::MultiGzDecoder::new(source)) } else { Self::read_plain(source) }
    }

    fn read_plain(source: impl Read) -> Result<Self, DatabaseError> {
        let mut source = BufReader::new(source.take(BYTES_MAX + 1));
        let (mut out, mut columns, mut line, mut read) = (Self::default(), Columns::BARE, Vec::new(), 0);
        while read_line(&mut source, &mut line, &mut read)? {
            if BYTES_MAX < read {
                return Err(DatabaseError::TooLarge);
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_start_matches('\u{feff}').trim_end();
            match Columns::of_header(text) {
                Some(named) if out.rows.is_empty() => columns = named,
                _ => out.add(text, columns)?,
            }
        }
        out.finish()
    }

    fn add(&mut self, line: &str, columns: Columns) -> Result<(), DatabaseError> {
        let fields = Fields::new(line);
        let (mut address, mut registration, mut type_code) = (None, String::new(), [0; 4]);
        for (i, field) in fields.enumerate() {
            if i == columns.address {
                address = (field.len() == 6).then(|| u32::from_str_radix(&field, 16).ok()).flatten();
            } else if i == columns.registration && field.len() <= REGISTRATION_BYTES_MAX && field.bytes().all(|b| b.is_ascii_graphic()) {
                registration = field;
            } else if i == columns.type_code && field.len() <= 4 && field.bytes().all(|b| b.is_ascii_alphanumeric()) {
                type_code[..field.len()].copy_from_slice(field.as_bytes());
            }
        }
        let Some(address) = address.filter(|_| !registration.is_empty() || type_code != [0; 4]) else {
            self.passed_over += 1;
            return Ok(());
        };
        if self.rows.len() == ROWS_MAX {
            return Err(DatabaseError::TooMany);
        }
        let at = u32::try_from(self.text.len()).expect("ROWS_MAX registrations are 12 MB");
        self.rows.push(Row { address, at, len: registration.len() as u8, type_code });
        self.text.push_str(&registration);
        Ok(())
    }

    fn finish(mut self) -> Result<Self, DatabaseError> {
        if self.rows.is_empty() {
            return Err(DatabaseError::Empty);
        }
        // Stable: of equal addresses the last read is the last.
        self.rows.sort_by_key(|row| row.address);
        self.rows.shrink_to_fit();
        self.text.shrink_to_fit();
        Ok(self)
    }

    pub fn find(&self, address: u32) -> Option<Listed<'_>> {
        let next = self.rows.partition_point(|row| row.address <= address);
        let row = self.rows[..next].last().filter(|row| row.address == address)?;
        let registration = &self.text[row.at as usize..][..usize::from(row.len)];
        let type_code = core::str::from_utf8(&row.type_code).expect("ASCII was read").trim_end_matches('\0');
        let some = |text: &'_ str| !text.is_empty();
        Some(Listed { registration: Some(registration).filter(|t| some(t)), type_code: Some(type_code).filter(|t| some(t)) })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines without a valid address, or with nothing beside it.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Memory that the rows and their text hold.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>() + self.text.capacity()
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("rows", &self.rows.len()).field("passed_over", &self.passed_over).finish_non_exhaustive()
    }
}

/// The next line without its end; what goes beyond the limit is dropped. False at the end of the file.
fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>, read: &mut u64) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let buffer = source.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|&b| b == b'\n');
        let taken = end.map_or(buffer.len(), |i| i + 1);
        let room = LINE_BYTES_MAX - line.len();
        line.extend_from_slice(&buffer[..end.unwrap_or(taken).min(room)]);
        source.consume(taken);
        *read += taken as u64;
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Which fields hold what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    address: usize,
    registration: usize,
    type_code: usize,
}

impl Columns {
    /// A file without a header.
    const BARE: Self = Self { address: 0, registration: 1, type_code: 2 };

    fn of_header(line: &str) -> Option<Self> {
        let names: Vec<String> = Fields::new(line).map(|name| name.to_ascii_lowercase()).collect();
        let place = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        Some(Self {
            address: place(&["icao24", "icao", "hex", "modes", "mode_s"])?,
            registration: place(&["registration", "reg", "r"])?,
            type_code: place(&["typecode", "icaotype", "icaoaircrafttype", "type", "t"])?,
        })
    }
}

/// The fields of a line, without their quotes.
struct Fields<'a> {
    rest: Option<&'a str>,
    separator: char,
}

impl<'a> Fields<'a> {
    fn new(line: &'a str) -> Self {
        Self { rest: Some(line), separator: if line.contains(';') { ';' } else { ',' } }
    }
}

impl Iterator for Fields<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rest = self.rest?;
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else {
            let (field, after) = rest.split_once(self.separator).map_or((rest, None), |(field, after)| (field, Some(after)));
            self.rest = after;
            return Some(field.trim().to_owned());
        };
        let (mut field, mut chars) = (String::new(), rest[1..].char_indices().peekable());
        let mut end = rest.len() - 1;
        while let Some((i, c)) = chars.next() {
            if c != quote {
                field.push(c);
            } else if chars.next_if(|&(_, next)| next == quote).is_some() {
                field.push(quote);
            } else {
                end = i + 1;
                break;
            }
        }
        self.rest = rest[1 + end..].split_once(self.separator).map(|(_, after)| after);
        Some(field.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn check(file: &str, address: u32, registration: Option<&str>, type_code: Option<&str>) {
        let database = Database::read(file.as_bytes()).unwrap();
        assert_eq!(database.find(address), Some(Listed { registration, type_code }), "{file}");
    }

    #[test]
    fn files_with_and_without_a_header() {
        check("4840D6;PH-BXN;B738;00;BOEING 737-800;;;\n", 0x48_40d6, Some("PH-BXN"), Some("B738"));
        check("4840d6;;B738;00\r\n", 0x48_40d6, None, Some("B738"));
        check(
            "\u{feff}'icao24','timestamp','registration','typecode'\n'4840d6','2026','PH-BXN','B738'\n",
            0x48_40d6,
            Some("PH-BXN"),
            Some("B738"),
        );
        check(
            "icao24,registration,manufacturer,typecode\n4840d6,\"PH-BXN\",\"a, b \"\"c\"\"\",B738",
            0x48_40d6,
            Some("PH-BXN"),
            Some("B738"),
        );
        check("4840d6;PH-OLD;B737\n4840d6;PH-NEW;B738\n", 0x48_40d6, Some("PH-NEW"), Some("B738"));
    }

    #[test]
    fn packed_files_are_unpacked() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"4840d6;PH-BXN;B738;00\n").unwrap();
        let database = Database::read(&packed.finish().unwrap()[..]).unwrap();
        assert_eq!(database.find(0x48_40d6).unwrap().registration, Some("PH-BXN"));
        assert!(matches!(Database::read(&[0x1f, 0x8b, 8, 0, 1][..]), Err(DatabaseError::Read(_))));
    }

    #[test]
    fn what_is_no_aircraft_is_passed_over_and_counted() {
        let database = Database::read(&b"airport;XX;YY\n4840d6;PH-BXN;B738\n4840d7;;\n4840d6x;A;B\n"[..]).unwrap();
        assert_eq!((database.len(), database.passed_over()), (1, 3));
        assert_eq!(database.find(0x48_40d7), None);
        assert!(matches!(Database::read(&b"nothing of use\n"[..]), Err(DatabaseError::Empty)));
        assert!(matches!(Database::read(&b""[..]), Err(DatabaseError::Empty)));
    }

    #[test]
    fn limits_hold() {
        let long = format!("4840d6;PH-BXN;B738;{}\n4840d7;PH-BXO;B738\n", "x".repeat(10 * LINE_BYTES_MAX));
        let database = Database::read(long.as_bytes()).unwrap();
        assert_eq!(database.len(), 2);
        let many = (0..=ROWS_MAX).map(|i| format!("{i:06x};R;T\n"));
        struct Lines<I: Iterator<Item = String>>(I, Vec<u8>);
        impl<I: Iterator<Item = String>> Read for Lines<I> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                while self.1.len() < out.len().min(4096) {
                    let Some(line) = self.0.next() else { break };
                    self.1.extend(line.into_bytes());
                }
                let n = self.1.len().min(out.len());
                out[..n].copy_from_slice(&self.1[..n]);
                self.1.drain(..n);
                Ok(n)
            }
        }
        assert!(matches!(Database::read(Lines(many, Vec::new())), Err(DatabaseError::TooMany)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_database_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            if let Ok(database) = Database::read(&bytes[..]) {
                prop_assert!(!database.is_empty());
            }
        }

        #[test]
        fn any_lines_are_safe(text in "([0-9a-f]{6}[;,'\"A-Z0-9é]{0,30}\n){0,20}") {
            if let Ok(database) = Database::read(text.as_bytes()) {
                for line in text.lines() {
                    if let Some(listed) = u32::from_str_radix(&line[..6], 16).ok().and_then(|a| database.find(a)) {
                        prop_assert!(listed.registration.is_some() || listed.type_code.is_some());
                    }
                }
            }
        }
    }
}
