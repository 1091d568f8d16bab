//! Texts of an APDU: METAR, TAF, PIREP, winds (product 413), NOTAM, AIRMET, SIGMET and others (8 … 17).
//!
//! ```text
//!  413:    reports in DLAC, separated by RS or ETX:   TYPE LOCATION TIME text
//!  8 … 17: | format 4, version 4 | records 4, reserved 4 | location, 4 DLAC | reference 8 | records |
//!          text record (format 2): | length 16 | number 14 | year 7 | active 1, reserved 2 | DLAC to the length |
//! ```

use super::dlac;
use super::product::has_records;
use crate::uat::bytes::Fields;

/// Longest report; more is cut off (an event's text holds 1,024 bytes).
pub const REPORT_MAX: usize = 1_000;
const TEXT_MAX: usize = 8_192;
const REPORTS_MAX: usize = 32;
const HEADER: usize = 6;
const RECORD_HEADER: usize = 5;

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `METAR`, `TAF`, `PIREP`, `WINDS`, `NOTAM` …: its first word.
    pub kind: String,
    /// The weather station, airport or centre it is about, when it names one.
    pub location: Option<String>,
    /// All of it.
    pub text: String,
}

/// Reports of a whole payload (parts put together). Empty: it holds no text.
pub fn reports(product: u16, payload: &[u8]) -> Vec<Report> {
    match product {
        413 => split(&dlac::decode(payload, TEXT_MAX), None),
        _ if has_records(product) => records(payload),
        _ => Vec::new(),
    }
}

fn records(payload: &[u8]) -> Vec<Report> {
    let Some((head, mut rest)) = payload.split_at_checked(HEADER) else { return Vec::new() };
    if head[0] >> 4 != 2 {
        return Vec::new();
    }
    let location = dlac::decode(&head[2..5], 4);
    let mut reports = Vec::new();
    for _ in 0..head[1] >> 4 {
        let length = Fields(rest).get(1, 1, 16) as usize;
        let Some((record, tail)) = rest.split_at_checked(length) else { break };
        rest = tail;
        let Some((head, text)) = record.split_at_checked(RECORD_HEADER) else { break };
        // A cancelled report has no text.
        if head[4] & 4 != 0 {
            reports.extend(split(&dlac::decode(text, TEXT_MAX), Some(location.trim())));
        }
    }
    reports.truncate(REPORTS_MAX);
    reports
}

/// Reports of one text. Control characters that remain become spaces.
fn split(text: &str, location: Option<&str>) -> Vec<Report> {
    let reports = text.split([dlac::RECORD_SEPARATOR, dlac::ETX]).map(str::trim).filter(|report| !report.is_empty());
    reports.take(REPORTS_MAX).map(|text| report(text, location)).collect()
}

fn report(text: &str, location: Option<&str>) -> Report {
    let text: String = text.chars().take(REPORT_MAX).map(|c| if c.is_ascii_graphic() || c == '\n' { c } else { ' ' }).collect();
    let mut words = text.split_whitespace();
    let kind = words.next().unwrap_or_default().to_owned();
    let named = words.next().filter(|word| is_location(word));
    let location = location.filter(|l| is_location(l)).or(named).map(str::to_owned);
    Report { kind, location, text }
}

/// Three or four letters and digits.
fn is_location(word: &str) -> bool {
    (3..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
