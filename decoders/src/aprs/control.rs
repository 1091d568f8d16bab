//! What the control field of a connected-mode frame says, for people (AX.25 2.2 §4.2, §4.3, modulo 8).
//!
//! ```text
//!   I  N(R) 3 │ P │ N(S) 3 │ 0        S  N(R) 3 │ P/F │ kind 2 │ 01        U  kind │ P/F │ kind │ 11
//! ```

use core::fmt;

const POLL_FINAL: u8 = 0x10;

/// The control byte; shown as `I S2 R3 P`, `RR R3`, `SABM P`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control(pub u8);

impl Control {
    /// Does a PID follow? In I and UI frames.
    pub const fn has_pid(self) -> bool {
        self.0 & 1 == 0 || self.0 & !POLL_FINAL == 0x03
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(control) = *self;
        let received = control >> 5;
        match control & 3 {
            1 => write!(f, "{} R{received}", ["RR", "RNR", "REJ", "SREJ"][usize::from(control >> 2 & 3)])?,
            3 => match control & !POLL_FINAL {
                0x03 => f.write_str("UI")?,
                0x2F => f.write_str("SABM")?,
                0x6F => f.write_str("SABME")?,
                0x43 => f.write_str("DISC")?,
                0x0F => f.write_str("DM")?,
                0x63 => f.write_str("UA")?,
                0x87 => f.write_str("FRMR")?,
                0xAF => f.write_str("XID")?,
                0xE3 => f.write_str("TEST")?,
                other => write!(f, "U {other:02x}")?,
            },
            _ => write!(f, "I S{} R{received}", control >> 1 & 7)?,
        }
        if control & POLL_FINAL == 0 { Ok(()) } else { f.write_str(" P") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind() {
        let check = |control, text: &str| assert_eq!(Control(control).to_string(), text);
        check(0x64, "I S2 R3");
        check(0x74, "I S2 R3 P");
        check(0x61, "RR R3");
        check(0x15, "RNR R0 P");
        check(0x2F, "SABM");
        check(0x3F, "SABM P");
        check(0x53, "DISC P");
        check(0x73, "UA P");
        check(0x13, "UI P");
        check(0xFF, "U ef P");
        assert!(Control(0x64).has_pid() && Control(0x13).has_pid() && !Control(0x61).has_pid() && !Control(0x73).has_pid());
    }
}
