//! How a command fails: one clear sentence and an exit code that scripts can tell apart (sysexits.h).

use std::fmt::Display;
use std::process::ExitCode;

/// Why a command ended early. The sentence says what, where and what to do.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// It went wrong (1).
    pub fn failed(why: impl Display) -> Self {
        Self::with(1, why)
    }

    /// The input can't be understood (65).
    pub fn data(why: impl Display) -> Self {
        Self::with(65, why)
    }

    /// The input is not there (66).
    pub fn no_input(why: impl Display) -> Self {
        Self::with(66, why)
    }

    /// Something that is needed is not available: a port, a database, the central (69).
    pub fn unavailable(why: impl Display) -> Self {
        Self::with(69, why)
    }

    /// Output can't be written (73).
    pub fn cannot_write(why: impl Display) -> Self {
        Self::with(73, why)
    }

    /// The configuration is wrong (78).
    pub fn config(why: impl Display) -> Self {
        Self::with(78, why)
    }

    fn with(code: u8, why: impl Display) -> Self {
        Self { code, sentence: why.to_string() }
    }

    #[expect(clippy::print_stderr, reason = "the one place where a failure is told")]
    pub fn report(&self) -> ExitCode {
        for line in self.sentence.lines() {
            eprintln!("vtoc: {line}");
        }
        ExitCode::from(self.code)
    }

    #[cfg(test)]
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::config(error)
    }
}

impl From<hw::SourceError> for Failure {
    fn from(error: hw::SourceError) -> Self {
        match error {
            hw::SourceError::NotFound { .. } => Self::no_input(error),
            hw::SourceError::Unusable { .. } | hw::SourceError::Truncated { .. } => Self::data(error),
            hw::SourceError::Busy { .. } | hw::SourceError::Stalled { .. } | hw::SourceError::Lost { .. } => Self::unavailable(error),
        }
    }
}
