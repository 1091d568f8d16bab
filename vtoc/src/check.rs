//! `vtoc check`, `--print-config`, and the one way in which every command reads its configuration.

use crate::cli::ConfigOptions;
use crate::config::{self, Config, ConfigArgs, Settings};
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Reads the configuration that the options, the environment and the files give.
pub fn load(options: &ConfigOptions) -> Result<Config, Failure> {
    let arguments = ConfigArgs { file: options.config.clone(), set: options.set.clone() };
    Ok(config::load(&arguments, std::env::vars())?)
}

/// Where what must survive a restart lies: the flag (or systemd's `STATE_DIRECTORY`), else the setting.
pub fn state_dir(flag: Option<&Path>, settings: &Settings) -> Result<PathBuf, Failure> {
    let hint = "no state directory: say --state-dir DIR, or set state_dir in the configuration";
    flag.map(Path::to_owned).or_else(|| settings.state_dir.clone()).ok_or_else(|| Failure::config(hint))
}

/// Prints the settings when asked to. `true`: that was all.
#[expect(clippy::print_stdout, reason = "the answer to --print-config")]
pub fn printed(options: &ConfigOptions, config: &Config) -> bool {
    if options.print_config {
        print!("{}", config::print(&config.settings));
    }
    options.print_config
}

#[expect(clippy::print_stdout, reason = "the answer of `vtoc check`")]
pub fn run(options: &ConfigOptions) -> Result<(), Failure> {
    let config = load(options)?;
    if printed(options, &config) {
        return Ok(());
    }
    match config.files.as_slice() {
        [] => println!("no configuration file; the defaults are in force"),
        files => files.iter().for_each(|f| println!("{}: right", f.display())),
    }
    if let Some(callsign) = &config.settings.igate.callsign {
        let transmits = config.settings.transmit.enabled && config.settings.transmit.from_internet;
        println!("igate: {callsign} at {}{}", config.settings.igate.server, if transmits { ", both ways" } else { ", receive only" });
    }
    if config.settings.transmit.enabled {
        let callsign = config.settings.transmit.callsign.as_deref().unwrap_or_default();
        println!("transmitting as {callsign} through {}", config.settings.transmit.tnc.as_deref().unwrap_or_default());
    }
    println!("{} receiver(s): {}", config.settings.receivers.len(), names(&config));
    Ok(())
}

fn names(config: &Config) -> String {
    let names: Vec<&str> = config.settings.receivers.keys().map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
