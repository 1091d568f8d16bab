//! Telemetry: figures, and what they mean (ch. 13; base 91 in comments: 1.2 addendum; hexadecimal in Mic-E: ch. 10).
//!
//! ```text
//!   T#324,000,038,255,.12,50.12,01000001 comment      sequence, up to five values, eight bits, the first one is B1
//!   |ss1122334455bb|                                  base 91: sequence, one to five values, bits; B1 is the lowest
//!   PARM.A1,…,A5,B1,…,B8   UNIT.…   EQNS.a,b,c,…  (a·v² + b·v + c)   BITS.11110000,title   as messages to oneself
//! ```

use super::{PacketError, base91, number, text};
use model::{Reading, ShortText};

pub const ANALOG: usize = 5;
pub const DIGITAL: usize = 8;
/// Longest name or unit that is kept.
const NAME_MAX: usize = 20;

/// One set of figures, as they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Telemetry {
    /// `None`: `MIC`, or no number.
    pub sequence: Option<u32>,
    pub analog: [Option<f64>; ANALOG],
    /// Lowest bit: B1.
    pub digital: Option<u8>,
    pub comment: String,
}

impl Telemetry {
    /// `b`: behind `T#`.
    pub fn parse(b: &[u8]) -> Result<Self, PacketError> {
        let b = b.trim_ascii_end();
        let (sequence, mut rest) = match b.strip_prefix(b"MIC") {
            Some(rest) => (None, rest.strip_prefix(b",").unwrap_or(rest)),
            None => {
                let (sequence, rest) = cut(b);
                (Some(number(sequence).ok_or(PacketError::Telemetry)?), rest.ok_or(PacketError::Telemetry)?)
            }
        };
        let mut telemetry = Self { sequence, ..Self::default() };
        for value in &mut telemetry.analog {
            let (field, after) = cut(rest);
            // Letters instead of a value: the rest is no telemetry, and what came before holds.
            if !field.is_empty() && !field.iter().any(u8::is_ascii_digit) && field != b"-" {
                return Ok(telemetry);
            }
            if !field.is_empty() {
                *value = Some(decimal(field).ok_or(PacketError::Telemetry)?);
            }
            match after {
                Some(after) => rest = after,
                None => return Ok(telemetry),
            }
        }
        let digits = rest.iter().take(DIGITAL).take_while(|b| matches!(b, b'0' | b'1')).count();
        if digits != 0 {
            telemetry.digital = Some(bits(&rest[..digits]));
        }
        telemetry.comment = text(&rest[digits..]);
        Ok(telemetry)
    }

    /// `b`: between the bars, 4–14 characters of base 91.
    fn packed(b: &[u8]) -> Option<Self> {
        let mut pairs = b.chunks_exact(2).map(base91);
        let mut telemetry = Self { sequence: Some(pairs.next()??), ..Self::default() };
        for (value, pair) in telemetry.analog.iter_mut().zip(&mut pairs) {
            *value = Some(f64::from(pair?));
        }
        telemetry.digital = pairs.next().flatten().map(|bits| (bits & 0xFF) as u8);
        Some(telemetry)
    }
}

/// `|ss11…|` in a comment: where, and what it says.
pub fn in_comment(b: &[u8]) -> Option<((usize, usize), Telemetry)> {
    let bars = || b.iter().enumerate().filter(|(_, b)| **b == b'|').map(|(at, _)| at);
    bars().find_map(|from| {
        let len = b[from + 1..].iter().position(|&b| b == b'|')?;
        let body = &b[from + 1..from + 1 + len];
        let is = (4..=14).contains(&len) && len.is_multiple_of(2);
        is.then(|| Telemetry::packed(body)).flatten().map(|telemetry| ((from, from + len + 2), telemetry))
    })
}

/// Mic-E: `'` and two hexadecimal values (channels 1 and 3), or U+2018 and five. What is left of the comment.
pub fn in_mic_e(b: &[u8]) -> Option<(Telemetry, &[u8])> {
    let (digits, channels): (&[u8], &[usize]) = match b.strip_prefix(b"'") {
        Some(rest) => (rest, &[0, 2]),
        None => (b.strip_prefix("\u{2018}".as_bytes())?, &[0, 1, 2, 3, 4]),
    };
    let (figures, rest) = digits.split_at_checked(2 * channels.len())?;
    let mut telemetry = Telemetry::default();
    for (pair, channel) in figures.chunks_exact(2).zip(channels) {
        let digit = |b: u8| char::from(b).to_digit(16);
        telemetry.analog[*channel] = Some(f64::from(digit(pair[0])? * 16 + digit(pair[1])?));
    }
    Some((telemetry, rest))
}

/// Up to the comma, and behind it if there is one.
fn cut(b: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut parts = b.splitn(2, |&b| b == b',');
    (parts.next().unwrap_or_default(), parts.next())
}

/// A number without exponent: `-1`, `.12`, `50.12`; a dot must be followed by digits.
fn decimal(b: &[u8]) -> Option<f64> {
    let digits = b.strip_prefix(b"-").unwrap_or(b);
    let mut parts = digits.splitn(2, |&b| b == b'.');
    let whole = parts.next()?;
    let plain = |d: &[u8]| d.iter().all(u8::is_ascii_digit);
    let fits = match parts.next() {
        Some(fraction) => plain(whole) && plain(fraction) && !fraction.is_empty(),
        None => plain(whole) && !whole.is_empty(),
    };
    if fits && b.len() <= 24 { core::str::from_utf8(b).ok()?.parse().ok() } else { None }
}

/// `0` and `1`, B1 first.
fn bits(b: &[u8]) -> u8 {
    b.iter().enumerate().fold(0, |bits, (i, b)| bits | u8::from(*b == b'1') << i)
}

/// What a station's telemetry means: told by messages that it sends to itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning {
    names: [String; ANALOG + DIGITAL],
    units: [String; ANALOG + DIGITAL],
    equations: [Option<[f64; 3]>; ANALOG],
    /// Which value of each bit says "yes". Lowest: B1.
    sense: Option<u8>,
    title: String,
}

impl Meaning {
    /// Takes the text of a `PARM.`, `UNIT.`, `EQNS.` or `BITS.` message. `false`: it is none.
    pub fn take(&mut self, said: &str) -> bool {
        let Some((word, list)) = said.split_at_checked(5) else { return false };
        match word {
            "PARM." => self.names = names(list),
            "UNIT." => self.units = names(list),
            "EQNS." => {
                let mut numbers = list.split(',').map(|n| n.trim().parse::<f64>().ok().filter(|n| n.is_finite()));
                self.equations = core::array::from_fn(|_| Some([numbers.next()??, numbers.next()??, numbers.next()??]));
            }
            "BITS." => {
                let (sense, title) = list.split_once(',').unwrap_or((list, ""));
                self.sense = Some(bits(&sense.as_bytes()[..sense.len().min(DIGITAL)]));
                self.title = shortened(title);
            }
            _ => return false,
        }
        true
    }

    /// In the station's units: a·v² + b·v + c. Without an equation the value as it was sent.
    pub fn value(&self, channel: usize, sent: f64) -> f64 {
        self.equations[channel].map_or(sent, |[a, b, c]| a * sent * sent + b * sent + c)
    }

    /// The figures in the station's names and units, as far as they are known; bits that nobody named are in `bits` alone.
    pub fn read(&self, telemetry: &Telemetry) -> model::Telemetry {
        let analog = telemetry.analog.iter().enumerate().filter_map(|(channel, sent)| self.figure(channel, (*sent)?));
        let digital = telemetry.digital.into_iter().flat_map(|sent| (0..DIGITAL).filter_map(move |bit| self.flag(bit, sent)));
        model::Telemetry {
            sequence: telemetry.sequence,
            title: ShortText::truncated(&self.title),
            bits: telemetry.digital,
            readings: analog.chain(digital).collect(),
        }
    }

    /// `None`: larger than any measurement, which a broken equation makes.
    fn figure(&self, channel: usize, sent: f64) -> Option<Reading> {
        let value_micro = Reading::micro(self.value(channel, sent))?;
        // A name or unit without an equation: the values are sent as they are (a = 0, b = 1, c = 0).
        let told = !self.names[channel].is_empty() || !self.units[channel].is_empty();
        Some(self.reading(channel, value_micro, self.equations[channel].is_some() || told))
    }

    fn flag(&self, bit: usize, sent: u8) -> Option<Reading> {
        let sense = self.sense.unwrap_or(0xFF);
        let is_so = (sent >> bit) & 1 == (sense >> bit) & 1;
        let named = !self.names[ANALOG + bit].is_empty();
        named.then(|| self.reading(ANALOG + bit, if is_so { 1_000_000 } else { 0 }, self.sense.is_some()))
    }

    fn reading(&self, channel: usize, value_micro: i64, calibrated: bool) -> Reading {
        let (name, unit) = (ShortText::truncated(&self.names[channel]), ShortText::truncated(&self.units[channel]));
        Reading { channel: channel as u8, name, unit, value_micro, calibrated }
    }
}

fn names(list: &str) -> [String; ANALOG + DIGITAL] {
    let mut all = list.split(',');
    core::array::from_fn(|_| shortened(all.next().unwrap_or_default()))
}

fn shortened(name: &str) -> String {
    name.trim().chars().take(NAME_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(telemetry: &model::Telemetry) -> Vec<(u8, &str, &str, f64, bool)> {
        let readings = telemetry.readings.iter();
        readings.map(|r| (r.channel, r.name.as_str(), r.unit.as_str(), r.value(), r.calibrated)).collect()
    }

    #[test]
    fn figures_in_the_stations_own_units() {
        let mut meaning = Meaning::default();
        let telemetry = Telemetry::parse(b"324,100,038,255,,50.5,01100000 hi").unwrap();
        let raw = meaning.read(&telemetry);
        assert_eq!(brief(&raw), [(0, "", "", 100.0, false), (1, "", "", 38.0, false), (2, "", "", 255.0, false), (4, "", "", 50.5, false)]);
        assert_eq!((raw.sequence, raw.bits, telemetry.comment.as_str()), (Some(324), Some(0b110), "hi"));
        for said in ["PARM.Battery,Temp,,,Flow,Door,Light,Siren", "UNIT.V,deg C,,,l/s,open,,", "EQNS.0,.1,1,.01,-2,3", "BITS.10111111,Hut"]
        {
            assert!(meaning.take(said));
        }
        assert!(!meaning.take("hello") && !meaning.take("é"));
        let told = meaning.read(&telemetry);
        let expected = [
            (0, "Battery", "V", 11.0, true),
            (1, "Temp", "deg C", -58.56, true),
            (2, "", "", 255.0, false),
            (4, "Flow", "l/s", 50.5, true),
            (5, "Door", "open", 0.0, true),
            (6, "Light", "", 0.0, true),
            (7, "Siren", "", 1.0, true),
        ];
        assert_eq!((brief(&told).as_slice(), told.title.as_str()), (&expected[..], "Hut"));
    }

    #[test]
    fn what_an_equation_makes_too_large_is_left_out() {
        let mut meaning = Meaning::default();
        meaning.take("EQNS.1e300,1e300,0,0,1,0");
        let told = meaning.read(&Telemetry::parse(b"1,255,7").unwrap());
        assert_eq!(brief(&told), [(1, "", "", 7.0, true)]);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [&b"1,1,-,3"[..], b"1,1,-1.,3", b"x,1", b"1", b"1,1e5"] {
            assert_eq!(Telemetry::parse(bad), Err(PacketError::Telemetry), "{}", bad.escape_ascii());
        }
        assert_eq!(Telemetry::parse(b"MIC199,1").unwrap().analog[0], Some(199.0));
    }
}
