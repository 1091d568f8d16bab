//! Configuration: read in layers, checked as a whole, reported with file, line and column.
//!
//! Precedence, weakest first:
//!
//! ```text
//!   built-in defaults < vtoc.toml < conf.d/*.toml beside it, in order of name < VTOC__SECTION__KEY < --set section.key=value < flags
//! ```
//!
//! Tables merge key by key; a list or a plain value replaces the whole value before it. Receivers are named tables
//! (`[receivers.roof]`), so that a file in `conf.d` can add one or change one key of one.

mod ais;
mod central;
mod feeds;
mod igate;
pub mod inputs;
mod layers;
mod settings;
mod source;
mod transmit;
mod validate;

#[cfg(feature = "central")]
pub use central::{Fabric, FabricName, ReadPolicy};
pub use igate::{APRS_IS, Igate};
pub use layers::{ConfigError, Layers};
pub use settings::{AudioName, Congestion, Gain, LogFormat, Pace, ProfileName, Receiver, RecordingFormat, Settings, SourceKind};
pub use source::ModemName;
pub use transmit::Transmit;
pub use validate::validate;

use std::path::{Path, PathBuf};

/// Where `vtoc` looks when no `--config` is given.
pub const DEFAULT_PATH: &str = "/etc/vtoc/vtoc.toml";

/// Everything `vtoc` needs to know from outside, checked.
#[derive(Debug)]
pub struct Config {
    pub settings: Settings,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
}

/// What the command line says about configuration.
#[derive(Debug, Default)]
pub struct ConfigArgs {
    pub file: Option<PathBuf>,
    /// `section.key=value` pairs, in order.
    pub set: Vec<String>,
}

/// Reads, merges and checks. All problems found are reported at once.
pub fn load(args: &ConfigArgs, environment: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let mut layers = Layers::default();
    match &args.file {
        Some(path) => layers.add_file_and_directory(path)?,
        None if Path::new(DEFAULT_PATH).exists() => layers.add_file_and_directory(Path::new(DEFAULT_PATH))?,
        None => {}
    }
    layers.add_environment(environment)?;
    for pair in &args.set {
        layers.add_pair(pair)?;
    }
    let settings: Settings = layers.settings()?;
    let problems = validate(&settings);
    if !problems.is_empty() {
        return Err(layers.locate(problems));
    }
    Ok(Config { settings, files: layers.files() })
}

/// The settings in force, as TOML that `vtoc` reads back. Secrets are not in the configuration, so none is shown.
pub fn print(settings: &Settings) -> String {
    toml::to_string_pretty(settings).expect("settings are plain tables and values")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_with(files: &[(&str, &str)], env: &[(&str, &str)], set: &[&str]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("conf.d")).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let args = ConfigArgs { file: Some(dir.path().join("vtoc.toml")), set: set.iter().map(ToString::to_string).collect() };
        let env = env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<Vec<_>>();
        load(&args, env.into_iter()).map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    #[test]
    fn each_layer_beats_the_one_before() {
        let base = ("vtoc.toml", "[station]\nid = 'one'\n[console]\nlisten = '127.0.0.1:1'\n[spool]\nmax_mb = 64\n");
        let over = ("conf.d/10-site.toml", "[station]\nid = 'two'\n[console]\nlisten = '127.0.0.1:2'\n");
        let config = load_with(&[base, over], &[("VTOC__STATION__ID", "three"), ("HOME", "/")], &["station.id=four"]).unwrap();
        assert_eq!(config.settings.station.id, "four");
        assert_eq!(config.settings.console.listen.to_string(), "127.0.0.1:2");
        assert_eq!(config.settings.spool.max_mb, 64);
        assert_eq!(config.files.len(), 2);
    }

    #[test]
    fn receivers_merge_by_name() {
        let base = ("vtoc.toml", "[receivers.roof]\nprotocol = 'adsb'\nsource = 'rtlsdr'\nserial = '1090'\n");
        let over = (
            "conf.d/gain.toml",
            "[receivers.roof]\ngain = 38.6\n[receivers.lan]\nprotocol='adsb'\nsource='beast'\naddress='127.0.0.1:30005'\n",
        );
        let config = load_with(&[base, over], &[], &[]).unwrap();
        let roof = &config.settings.receivers["roof"];
        assert_eq!(roof.serial.as_deref(), Some("1090"));
        assert_eq!(roof.gain, Gain::Db(38.6));
        assert_eq!(config.settings.receivers.len(), 2);
    }

    #[test]
    fn problems_have_file_line_and_column() {
        let check = |text: &str, expected: &str| {
            let found = load_with(&[("vtoc.toml", text)], &[], &[]).unwrap_err();
            assert!(found.contains(expected), "{text:?}\n gave: {found}\n not:  {expected}");
        };
        check("[station]\nid = \n", "vtoc.toml:2:6:");
        check("[station]\nid = 7\n", "vtoc.toml:2:6: station.id: invalid type: integer `7`, expected a string");
        check("[station]\nnmae = 'x'\n", "vtoc.toml:2:1: station.nmae: unknown field `nmae`");
        check("[station]\nid = 'Alpha One'\n", "vtoc.toml:2:6: station.id:");
        check(
            "[receivers.roof]\nsource = 'rtlsdr'\nprotocol = 'adbs'\n",
            "vtoc.toml:3:12: receivers.roof.protocol: unknown variant `adbs`",
        );
        check("[receivers.roof]\nsource = 'beast'\nprotocol = 'adsb'\n", "vtoc.toml:1:12: receivers.roof: a beast source needs `address`");
        let receiver = |source: &str, more: &str| format!("[receivers.deck]\nsource = '{source}'\nprotocol = 'ais'\n{more}");
        check(&receiver("nmea_udp", ""), "vtoc.toml:1:12: receivers.deck: an nmea_udp source needs `address` (host:port)");
        check(&receiver("nmea_serial", ""), "vtoc.toml:1:12: receivers.deck: an nmea_serial source needs `path`");
        check(&receiver("nmea_serial", "path = '/dev/ttyUSB0'\nbaud = 7\n"), "vtoc.toml:5:8: receivers.deck.baud: 7 is not within");
        check("[receivers.deck]\nsource = 'gpsd'\nprotocol = 'adsb'\n", "vtoc.toml:1:12: receivers.deck: a gpsd source speaks AIS");
        assert!(load_with(&[("vtoc.toml", &receiver("gpsd", ""))], &[], &[]).is_ok());
        check(
            "[receivers.roof]\nsource = 'sbs'\nprotocol = 'adsb'\n",
            "vtoc.toml:1:12: receivers.roof: an sbs source needs `address` (host:port)",
        );
        check(
            "[receivers.lan]\nsource = 'aircraft_json'\nprotocol = 'adsb'\n",
            "vtoc.toml:1:12: receivers.lan: an aircraft_json source needs `url` (http://…) or `path`, one of them",
        );
        check(
            "[receivers.lan]\nsource = 'aircraft_json'\nprotocol = 'ais'\nurl = 'https://x/aircraft.json'\n",
            "vtoc.toml:4:7: receivers.lan.url: `https://x/aircraft.json` does not begin with http://",
        );
        check(
            "[receivers.lan]\nsource = 'aircraft_json'\nprotocol = 'ais'\npath = 'aircraft.json'\n",
            "vtoc.toml:3:12: receivers.lan.protocol: this source tells of aircraft: protocol = \"adsb\"",
        );
        check("[station]\nlatitude = 95.0\nlongitude = 4\n", "vtoc.toml:2:12: station.latitude:");
        check("[feeds]\nbeast = '30005'\n", "vtoc.toml:2:9: feeds.beast: invalid socket address syntax");
        check("[feeds]\nbeats = '127.0.0.1:30005'\n", "vtoc.toml:2:1: feeds.beats: unknown field `beats`");
        check(
            "[feeds]\nbeast = '127.0.0.1:30005'\nsbs = '0.0.0.0:30005'\n",
            "vtoc.toml:3:7: feeds.sbs: 0.0.0.0:30005 is taken by feeds.beast",
        );
        check("[auth]\nread = 'maybe'\n", "vtoc.toml:2:8: auth.read: unknown variant `maybe`");
        check("[auth]\ncors_origins = ['example.com']\n", "vtoc.toml:2:16: auth.cors_origins: `example.com` is not scheme://host");
        check("[auth]\nsession_hours = 0\n", "vtoc.toml:2:17: auth.session_hours: 0 is not within 1 to 720 hours");
        check("[feeds]\navr = '127.0.0.1:8080'\n", "vtoc.toml:2:7: feeds.avr: 127.0.0.1:8080 is taken by console.listen");
    }

    #[test]
    fn an_igate_needs_a_call_sign_of_somebody() {
        let check = |text: &str, expected: &str| {
            let found = load_with(&[("vtoc.toml", text)], &[], &[]).unwrap_err();
            assert!(found.contains(expected), "{text:?}\n gave: {found}\n not:  {expected}");
        };
        check("[igate]\ncallsign = 'N0CALL-10'\n", "vtoc.toml:2:12: igate.callsign: N0CALL-10 is nobody's");
        check("[igate]\ncallsign = 'pa1abc'\n", "vtoc.toml:2:12: igate.callsign: `pa1abc` is no call sign");
        check("[igate]\nserver = 'rotate'\n", "vtoc.toml:2:10: igate.server: `rotate` is not host:port");
        check("[igate]\nfilter = ''\n", "vtoc.toml:2:10: igate.filter:");
        let both = "[igate]\ncallsign = 'PA1ABC-10'\n[receivers.net]\nprotocol = 'aprs'\nsource = 'aprs_is'\ncallsign = 'PA1ABC-10'\n";
        check(both, "vtoc.toml:2:12: igate.callsign: PA1ABC-10 logs in as receivers.net too");
        let settings = load_with(&[("vtoc.toml", "")], &[], &[]).unwrap().settings;
        assert!(settings.igate.callsign.is_none() && settings.igate.server == APRS_IS);
        assert!(load_with(&[("vtoc.toml", "[igate]\ncallsign = 'PA1ABC-10'\n")], &[], &[]).is_ok());
    }

    #[test]
    fn transmitting_needs_a_switch_a_licence_and_a_tnc() {
        let tnc = "[receivers.tnc]\nprotocol = 'aprs'\nsource = 'kiss_tcp'\naddress = '127.0.0.1:8001'\n";
        let found = |more: &str| match load_with(&[("vtoc.toml", &format!("{tnc}[transmit]\n{more}"))], &[], &[]) {
            Ok(config) => format!("enabled: {}", config.settings.transmit.enabled),
            Err(found) => found,
        };
        let check = |more: &str, expected: &str| assert!(found(more).contains(expected), "{more:?}\n gave: {}", found(more));
        // What is not switched on is not looked at.
        check("callsign = 'N0CALL'\n", "enabled: false");
        check("enabled = true\ntnc = 'tnc'\n", "transmitting needs `callsign`");
        check("enabled = true\ntnc = 'tnc'\ncallsign = 'N0CALL-1'\n", "N0CALL-1 is nobody's");
        let on = "enabled = true\ncallsign = 'PA1ABC-10'\n";
        check(on, "transmit.tnc: name an enabled kiss_tcp or kiss_serial receiver");
        check(&format!("{on}tnc = 'roof'\n"), "transmit.tnc:");
        let on = format!("{on}tnc = 'tnc'\n");
        check(&on, "enabled: true");
        check(&format!("{on}beacon_minutes = 5\n"), "5 is too often");
        check(&format!("{on}beacon_minutes = 30\n"), "a beacon tells station.latitude");
        check(&format!("{on}path = 'WIDE1-1,WIDE2-2,WIDE3-3'\n"), "transmit.path:");
        check(&format!("{on}symbol = '/'\ncomment = 'caf\u{e9}'\n"), "transmit.comment:");
        check(&format!("{on}from_internet = true\n"), "give igate.callsign");
        let object = |name: &str, more: &str| format!("{on}[transmit.objects.'{name}']\nlatitude = 52.0\nlongitude = 4.0\n{more}");
        check(&object("SHELTER", "symbol = '\\\\z'\n"), "objects are told with each beacon");
        check(&object("TOO LONG A NAME", "symbol = '\\\\z'\n"), "1 to 9 printable");
        check(&object("SHELTER", "symbol = 'z'\n"), "transmit.objects.SHELTER.symbol");
        check(&object("SHELTER", ""), "symbol");
    }

    #[test]
    fn feeds_are_off_and_may_share_the_free_port() {
        assert!(load_with(&[("vtoc.toml", "")], &[], &[]).unwrap().settings.feeds.beast.is_none());
        let free = "[feeds]\nbeast = '127.0.0.1:0'\navr = '127.0.0.1:0'\nsbs = '[::1]:0'\n";
        assert_eq!(load_with(&[("vtoc.toml", free)], &[], &[]).unwrap().settings.feeds.sbs.unwrap().to_string(), "[::1]:0");
    }

    #[test]
    fn all_semantic_problems_are_told_at_once() {
        let text = "[station]\nid = 'A'\nlatitude = 95.0\nlongitude = 4\n[spool]\nmax_mb = 0\n";
        let found = load_with(&[("vtoc.toml", text)], &[], &[]).unwrap_err();
        assert_eq!(found.lines().count(), 3, "{found}");
    }

    #[test]
    fn a_problem_from_the_environment_names_the_variable() {
        let found = load_with(&[("vtoc.toml", "")], &[("VTOC__SPOOL__MAX_MB", "many")], &[]).unwrap_err();
        assert!(found.starts_with("VTOC__SPOOL__MAX_MB: spool.max_mb:"), "{found}");
    }

    #[test]
    fn printed_settings_read_back_the_same() {
        let text = "[station]\nid='a'\n[receivers.r]\nprotocol='adsb'\nsource='file'\npath='x_2400k.cu8'\npace='flat_out'\n";
        let first = print(&load_with(&[("vtoc.toml", text)], &[], &[]).unwrap().settings);
        let second = print(&load_with(&[("vtoc.toml", &first)], &[], &[]).unwrap().settings);
        assert_eq!(first, second);
    }

    #[test]
    fn a_missing_file_is_one_clear_sentence() {
        let args = ConfigArgs { file: Some("/nonexistent/vtoc.toml".into()), set: vec![] };
        let found = load(&args, std::iter::empty()).unwrap_err().to_string();
        assert!(found.starts_with("/nonexistent/vtoc.toml: can't be read:"), "{found}");
    }
}
