//! Logs: to stderr, for people or as JSON lines for the journal. `RUST_LOG` overrides the configured level.

use crate::config::LogFormat;
use crate::failure::Failure;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

pub fn start(level: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(directives) => EnvFilter::try_new(directives),
        Err(_) => EnvFilter::try_new(level),
    }
    .map_err(|e| Failure::config(format!("log.level: {e}")))?;
    // Notices of PostgreSQL such as "relation exists already" are no news.
    let filter = filter.add_directive("sqlx=warn".parse().expect("a fixed directive"));
    let colour = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).with_ansi(colour);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
