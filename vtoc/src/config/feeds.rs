//! The settings of a station's feeds for other programs (docs/feeds.md).

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What a station offers to other programs on the LAN (docs/feeds.md). Each is off unless it has an address; whoever can
/// reach the address can read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feeds {
    /// Mode-S Beast binary. Other programs look for it on port 30005.
    pub beast: Option<SocketAddr>,
    /// Frames as lines of hex. Port 30002.
    pub avr: Option<SocketAddr>,
    /// SBS (BaseStation) lines of what was decoded. Port 30003.
    pub sbs: Option<SocketAddr>,
    /// AIS sentences over TCP, for chart plotters and gpsd. Port 10110.
    pub nmea: Option<SocketAddr>,
    /// AIS sentences as UDP datagrams to these addresses (a broadcast or multicast one, too).
    pub nmea_udp: Vec<SocketAddr>,
    /// The same in datagrams of a ship's network (IEC 61162-450, TAG blocks); its group for targets is 239.192.0.2:60002.
    pub nmea_450: Vec<SocketAddr>,
}
