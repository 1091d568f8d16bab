//! What a station passes to APRS-IS (docs/aprs.md).

use super::layers::Problem;
use super::settings::{Settings, SourceKind};
use decoders::aprs::gate::is_nobody;
use decoders::aprs::internet::{FILTER_MAX, is_callsign, is_filter};
use serde::{Deserialize, Serialize};

/// Off unless it has a call sign. Receive only: nothing goes on the air.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Igate {
    /// The licensed call sign to log in with. The pass code is computed from it.
    pub callsign: Option<String>,
    /// `host:port` of a server.
    pub server: String,
    /// Which packets the server should send here; none without.
    pub filter: Option<String>,
}

/// Where an APRS-IS server is, when none is named.
pub const APRS_IS: &str = "rotate.aprs2.net:14580";

impl Default for Igate {
    fn default() -> Self {
        Self { callsign: None, server: APRS_IS.to_owned(), filter: None }
    }
}

impl SourceKind {
    /// Does it bring what a radio hears now? Recordings, simulations and what others tell are not for APRS-IS.
    pub const fn is_radio(self) -> bool {
        matches!(self, Self::Rtlsdr | Self::RtlTcp | Self::AudioTcp | Self::KissTcp | Self::KissSerial | Self::Agw)
    }
}

pub fn validate(settings: &Settings, problems: &mut Vec<Problem>) {
    let Igate { callsign, server, filter } = &settings.igate;
    if let Some(callsign) = callsign {
        if !is_callsign(callsign) {
            problems.push(Problem::new("igate.callsign", format!("`{callsign}` is no call sign: PA1ABC or PA1ABC-10, in capitals")));
        } else if is_nobody(callsign) {
            problems.push(Problem::new("igate.callsign", format!("{callsign} is nobody's: an igate needs a licensed call sign")));
        }
        let twice =
            settings.receivers.iter().find(|(_, r)| r.enabled && r.source == SourceKind::AprsIs && r.callsign.as_ref() == Some(callsign));
        if let Some((name, _)) = twice {
            let message = format!("{callsign} logs in as receivers.{name} too: a server closes one of two; give each an SSID of its own");
            problems.push(Problem::new("igate.callsign", message));
        }
    }
    if server.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
        problems.push(Problem::new("igate.server", format!("`{server}` is not host:port")));
    }
    if filter.as_ref().is_some_and(|f| !is_filter(f)) {
        problems.push(Problem::new("igate.filter", format!("1 to {FILTER_MAX} printable characters, as r/52.4/4.9/100")));
    }
}
