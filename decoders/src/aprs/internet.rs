//! APRS-IS: what a client says to a server (one line when it has connected).
//!
//! ```text
//!   user N0CALL-10 pass 13023 vers vtoc 0.1.0 filter r/52.4/4.9/100
//!   # logresp N0CALL-10 verified, server T2…                          the answer, and a comment every 20 s
//! ```
//! We ask for packets and send none. The pass code is no secret: it is a hash of the call sign.

/// The code that servers expect of a call sign (its SSID doesn't count).
pub fn pass_code(callsign: &str) -> u16 {
    let call = callsign.split('-').next().unwrap_or_default();
    let hash = call
        .bytes()
        .map(|b| b.to_ascii_uppercase())
        .enumerate()
        .fold(0x73E2_u16, |hash, (i, b)| hash ^ if i % 2 == 0 { u16::from(b) << 8 } else { u16::from(b) });
    hash & 0x7FFF
}

/// Longest filter that is sent.
pub const FILTER_MAX: usize = 400;

/// Is it a call sign that a server would take: 3–9 of A–Z, 0–9, with an SSID of one or two after a dash or without?
pub fn is_callsign(text: &str) -> bool {
    let (call, ssid) = text.split_once('-').unwrap_or((text, "0"));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (3..=6).contains(&call.len()) && plain(call) && (1..=2).contains(&ssid.len()) && plain(ssid)
}

/// One line, so that nothing in a filter can become a second one.
pub fn is_filter(text: &str) -> bool {
    (1..=FILTER_MAX).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// The line to send. `callsign` and `filter` are as [`is_callsign`] and [`is_filter`] have them.
pub fn login(callsign: &str, version: &str, filter: Option<&str>) -> Vec<u8> {
    let filter = filter.map(|f| format!(" filter {f}")).unwrap_or_default();
    format!("user {callsign} pass {} vers vtoc {version}{filter}\r\n", pass_code(callsign)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_the_line() {
        // Published with the algorithm.
        assert_eq!((pass_code("N0CALL"), pass_code("n0call-9")), (13_023, 13_023));
        let line = login("N0CALL-10", "1", Some("r/52/5/100"));
        assert_eq!(line, b"user N0CALL-10 pass 13023 vers vtoc 1 filter r/52/5/100\r\n");
        assert!(is_callsign("N0CALL") && is_callsign("N0CALL-AB") && is_filter("t/m"));
        for bad in ["", "ab1cd", "N0", "N0CALLX", "N0CALL-", "N0CALL-123", "N0 CALL", "N0CALL\r\n"] {
            assert!(!is_callsign(bad), "{bad}");
        }
        assert!(!is_filter("r/1\r\nA>B:x") && !is_filter(""));
    }
}
