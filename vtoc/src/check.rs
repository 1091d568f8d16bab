//! `vtoc check`, `--print-config`, and the one way in which every command reads its configuration.

use crate::cli::ConfigOptions;
use crate::config::{self, Config, ConfigArgs};
use crate::failure::Failure;

/// Reads the configuration that the options, the environment and the files give.
pub fn load(options: &ConfigOptions) -> Result<Config, Failure> {
    let arguments = ConfigArgs { file: options.config.clone(), set: options.set.clone() };
    Ok(config::load(&arguments, std::env::vars())?)
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
    println!("{} receiver(s): {}", config.settings.receivers.len(), names(&config));
    Ok(())
}

fn names(config: &Config) -> String {
    let names: Vec<&str> = config.settings.receivers.keys().map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
