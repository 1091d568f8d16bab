//! Values on the command line that more than one command takes.

use crate::failure::Failure;
use crate::receivers::protocol_entry;
use decoders::ProtocolEntry;
use model::{LatLon, Protocol};

/// `--protocol NAME`.
pub fn protocol(name: &str) -> Result<&'static ProtocolEntry, Failure> {
    let names = || decoders::PROTOCOLS.iter().map(|p| p.protocol.name()).collect::<Vec<_>>().join(", ");
    let protocol = Protocol::from_name(name).ok_or_else(|| Failure::config(format!("--protocol {name}: there is {}", names())))?;
    protocol_entry(protocol)
}

/// `latitude,longitude` in degrees.
pub fn place(text: &str) -> Result<LatLon, Failure> {
    text.split_once(',')
        .and_then(|(lat, lon)| LatLon::from_degrees(lat.trim().parse().ok()?, lon.trim().parse().ok()?))
        .ok_or_else(|| Failure::config(format!("`{text}` is no place: give latitude,longitude in degrees, e.g. 52.3,4.8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        assert_eq!(place("52.3, -4.8").unwrap().lon_deg(), -4.8);
        for bad in ["", "52.3", "52.3;4.8", "91,0", "x,y", "1,2,3"] {
            assert_eq!(place(bad).unwrap_err().code(), 78, "{bad}");
        }
    }
}
