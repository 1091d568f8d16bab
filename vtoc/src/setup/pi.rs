//! The settings of a field station on a small board: one receiver per band that was asked for, SQLite, its own console.

use super::stations;
use crate::config::inputs::Inputs;
use std::fmt::Write as _;

/// TOML, as `vtoc check` accepts it.
pub fn settings(inputs: &Inputs) -> String {
    let mut text = String::from("# Made by `vtoc setup pi`; run it again to change it, or add files in conf.d.\n");
    let me = stations::mine(inputs).ok().flatten();
    if let Some(me) = &me {
        let _ = write!(text, "[station]\nid = {}\nname = {}\n\n", quoted(&me.slug), quoted(&me.callsign));
    }
    if let Some(central) = inputs.station.central.as_deref().filter(|c| !c.is_empty()) {
        let _ = write!(text, "[uplink]\ncentral = {}\n\n", quoted(central));
    }
    // What an 8 GB card can give, and a day of a busy sky needs.
    text += "[spool]\nmax_mb = 512\n\n";
    if inputs.services.adsb.unwrap_or(true) {
        text += "[receivers.adsb]\nsource = \"rtlsdr\"\nprotocol = \"adsb\"\n";
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
