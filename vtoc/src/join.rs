//! `vtoc join`: a station gets its certificate with a token. Its key is made here and never leaves.

use crate::check;
use crate::cli::JoinArgs;
use crate::failure::Failure;
use crate::service;
use std::path::Path;
use uplink::enroll::{EnrolError, enroll};
use uplink::tls::Token;

#[expect(clippy::print_stdout, reason = "what was done")]
pub fn run(arguments: &JoinArgs) -> Result<(), Failure> {
    let config = check::load(&arguments.options)?;
    let token = Token::parse(&token_text(&arguments.token)?).map_err(Failure::config)?;
    let central = arguments.central.clone().or(config.settings.uplink.central.clone());
    let central = central.ok_or_else(|| Failure::config("where is the central? say --central HOST:PORT, or set uplink.central"))?;
    let state = check::state_dir(arguments.state_dir.as_deref(), &config.settings)?;
    let dir = config.settings.uplink.tls_dir.clone().unwrap_or_else(|| state.join("tls"));
    make_private(&dir)?;
    let station = service::runtime(1)?.block_on(enroll(&central, &token, &dir)).map_err(|e| match e {
        EnrolError::Tls(_) => Failure::cannot_write(format!("{}: {e}", dir.display())),
        EnrolError::Link(_) | EnrolError::WrongCertificate => Failure::unavailable(e),
    })?;
    println!("this station is {station}; its key and certificates are in {}. Set station.id = \"{station}\".", dir.display());
    Ok(())
}

/// A token on the command line can be seen by other users of the machine for a moment; `-` avoids that.
fn token_text(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|e| Failure::no_input(format!("standard input: {e}")))?;
    Ok(line)
}

/// A folder that only its owner can read.
pub fn make_private(dir: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let failed = |e: std::io::Error| Failure::cannot_write(format!("{}: can't be made: {e}", dir.display()));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)
}
