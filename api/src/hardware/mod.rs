//! Hardware of the machine that the central runs on (contract §1.2, `hardware/*`): its serial ports, and files of a mounted
//! handheld. How a port is opened is the binary's ([`Devices`]); what may be asked is decided in `routes::hardware`.
//!
//! Constraint: nothing of a request ever becomes a command line, and no file outside the import root is read or written.

mod import;
mod tar;

pub(crate) use import::{ImportError, import};

use std::time::Duration;

/// A serial port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialPort {
    /// `/dev/ttyUSB0`
    pub device: String,
    /// What its maker calls it.
    pub description: Option<String>,
    /// `USB VID:PID=067b:2303 SER=…`
    pub hwid: Option<String>,
}

/// The machine's devices. Calls may block: they are made on a thread for that.
pub trait Devices: Send + Sync {
    fn serial_ports(&self) -> Vec<SerialPort>;

    /// Opens a port and returns what it says until `wait` is over or there is enough to judge. `Err` is a sentence.
    fn listen(&self, port: &str, baud: u32, wait: Duration) -> Result<Vec<u8>, String>;
}

/// Sentences that are repeated to the caller.
const SENTENCES_MAX: usize = 10;

/// The NMEA 0183 sentences in it whose checksum is right.
pub(crate) fn sentences(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|b| *b == b'\n').filter_map(|line| std::str::from_utf8(line.trim_ascii()).ok());
    lines.filter(|line| is_sentence(line)).take(SENTENCES_MAX).map(str::to_owned).collect()
}

/// `$…*hh`: hh is the exclusive or of what stands between (NMEA 0183 §5.3).
fn is_sentence(line: &str) -> bool {
    let Some((said, sum)) = line.strip_prefix('$').and_then(|rest| rest.split_once('*')) else { return false };
    let printable = (5..=80).contains(&said.len()) && said.bytes().all(|b| (b' '..=b'~').contains(&b));
    printable && sum.len() == 2 && u8::from_str_radix(sum, 16).is_ok_and(|sum| said.bytes().fold(0, |x, b| x ^ b) == sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sentences_with_a_right_checksum_count() {
        let said = b"garbage\xff\r\n$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n\
            $GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*48\r\n$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\n$GP";
        let found = sentences(said);
        assert_eq!(found.iter().map(|s| &s[1..6]).collect::<Vec<_>>(), ["GPGGA", "GPRMC"]);
        assert_eq!(sentences(&b"$GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*68\n".repeat(20)).len(), 10);
    }
}
