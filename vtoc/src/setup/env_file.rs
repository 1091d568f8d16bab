//! A file of `NAME=value` lines that holds secrets: read, changed, written whole, for its owner only (mode 0600).
//!
//! What a person added stays: comments, other names, their order. A value with anything but plain characters is quoted as
//! systemd's `EnvironmentFile`, docker compose and a shell all read it: within single quotes, where nothing has a meaning.

#[cfg(test)]
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use thiserror::Error;

/// A longer one was not written by us.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Error)]
pub enum EnvFileError {
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
    #[error("{file}: larger than {BYTES_MAX} bytes: not a file of settings")]
    TooLarge { file: String },
    #[error("{name}: a line break or a single quote can't be written to a file of environment variables")]
    Value { name: String },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvFile {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Value {
        name: String,
        value: String,
    },
    /// A comment, a blank, or what we don't understand: kept as it is.
    Other(String),
}

impl EnvFile {
    /// A file that is not there is empty.
    pub fn read(path: &Path) -> Result<Self, EnvFileError> {
        let file = path.display().to_string();
        match std::fs::metadata(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Ok(m) if BYTES_MAX < m.len() => return Err(EnvFileError::TooLarge { file }),
            _ => {}
        }
        let text = std::fs::read_to_string(path).map_err(|source| EnvFileError::Io { file, source })?;
        Ok(Self::parse(&text))
    }

    pub fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let plain = line.trim().strip_prefix("export ").unwrap_or(line.trim());
            match plain.split_once('=') {
                Some((name, value)) if is_name(name.trim()) => Line::Value { name: name.trim().to_owned(), value: unquoted(value.trim()) },
                _ => Line::Other(line.to_owned()),
            }
        };
        Self { lines: text.lines().map(line).collect() }
    }

    /// The last one counts, as for those who read such files.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| match line {
            Line::Value { name: other, value } if other == name => Some(value.as_str()),
            _ => None,
        })
    }

    #[cfg(test)]
    pub fn values(&self) -> BTreeMap<String, String> {
        let value = |line: &'_ Line| match line {
            Line::Value { name, value } => Some((name.clone(), value.clone())),
            Line::Other(_) => None,
        };
        self.lines.iter().filter_map(value).collect()
    }

    /// `true`: it was not so before.
    pub fn set(&mut self, name: &str, new: &str) -> Result<bool, EnvFileError> {
        if new.contains(['\n', '\r', '\0', '\'']) {
            return Err(EnvFileError::Value { name: name.to_owned() });
        }
        let mut known = self.lines.iter_mut().rev().filter_map(|line| match line {
            Line::Value { name: other, value } if other == name => Some(value),
            _ => None,
        });
        match known.next() {
            Some(value) if value == new => return Ok(false),
            Some(value) => *value = new.to_owned(),
            None => self.lines.push(Line::Value { name: name.to_owned(), value: new.to_owned() }),
        }
        Ok(true)
    }

    pub fn text(&self) -> String {
        let line = |line: &Line| match line {
            Line::Value { name, value } => format!("{name}={}\n", quoted(value)),
            Line::Other(text) => format!("{text}\n"),
        };
        self.lines.iter().map(line).collect()
    }

    /// Whole or not at all, and never readable by others, not even for a moment.
    pub fn write(&self, path: &Path) -> Result<(), EnvFileError> {
        let failed = |source| EnvFileError::Io { file: path.display().to_string(), source };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
        let write = || {
            let _ = std::fs::remove_file(&beside);
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(self.text().as_bytes())?;
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            file.sync_all()?;
            std::fs::rename(&beside, path)
        };
        write().map_err(|e| {
            let _ = std::fs::remove_file(&beside);
            failed(e)
        })
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn unquoted(value: &str) -> String {
    let within = |quote: char| value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote));
    within('\'').or_else(|| within('"')).unwrap_or(value).to_owned()
}

fn quoted(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@,+%=".contains(&b);
    if value.bytes().all(plain) { value.to_owned() } else { format!("'{value}'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_a_person_wrote_stays_and_what_we_set_changes_in_place() {
        let text = "# mine\nA=1\n\nexport B='two words'\nnot a line\nC=\"x\"\n";
        let mut file = EnvFile::parse(text);
        assert_eq!((file.get("B"), file.get("C"), file.get("D")), (Some("two words"), Some("x"), None));
        assert!(file.set("A", "$new value").unwrap() && !file.set("C", "x").unwrap() && file.set("D", "").unwrap());
        assert_eq!(file.text(), "# mine\nA='$new value'\n\nB='two words'\nnot a line\nC=x\nD=\n");
        assert_eq!(EnvFile::parse(&file.text()), file);
        assert!(file.set("A", "a\nB=2").is_err() && file.set("A", "it's").is_err());
    }

    /// A shell reads what we wrote, whatever is in it.
    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env.local");
        for value in ["", "plain", "a b", "$HOME `id` \"x\" \\ # ; |", "postgres://u:p%20@h/x?a=b&c=d", "ü"] {
            let mut file = EnvFile::default();
            file.set("VALUE", value).unwrap();
            file.write(&path).unwrap();
            let shell = Command::new("sh").arg("-c").arg(". \"$1\"; printf %s \"$VALUE\"").arg("sh").arg(&path).output().unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), value);
            assert_eq!(EnvFile::read(&path).unwrap().get("VALUE"), Some(value));
        }
    }

    #[test]
    fn it_is_its_owners_alone_even_where_it_was_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env.local");
        std::fs::write(&path, "A=1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        EnvFile::read(&path).unwrap().write(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(EnvFile::default().write(&dir.path().join("no/such/.env")).is_err());
    }
}
