//! Layers of TOML, merged, each value remembering where it was written.

use super::settings::Settings;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What is wrong with one setting, by its dotted path (`receivers.roof.gain`; empty for the whole).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

impl Problem {
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// One or more problems, each a line `where: setting: what`.
#[derive(Debug)]
pub struct ConfigError {
    lines: Vec<String>,
}

impl ConfigError {
    fn one(line: String) -> Self {
        Self { lines: vec![line] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// The layers in order, weakest first.
#[derive(Debug, Default)]
pub struct Layers {
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// File path, variable name or `--set`.
    origin: String,
    /// Source text of a file, to find lines in.
    text: Option<String>,
    table: toml::Table,
}

impl Layers {
    /// `vtoc.toml`, then `conf.d/*.toml` beside it in order of name.
    pub fn add_file_and_directory(&mut self, path: &Path) -> Result<(), ConfigError> {
        self.add_file(path)?;
        let directory = path.with_file_name("conf.d");
        let Ok(entries) = std::fs::read_dir(&directory) else { return Ok(()) };
        let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
        files.sort();
        files.iter().try_for_each(|file| self.add_file(file))
    }

    fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::one(format!("{origin}: can't be read: {e}")))?;
        let table = text.parse::<toml::Table>().map_err(|e| {
            let (line, column) = e.span().map_or((1, 1), |span| line_and_column(&text, span.start));
            ConfigError::one(format!("{origin}:{line}:{column}: {}", e.message().replace('\n', ", ")))
        })?;
        self.layers.push(Layer { origin, text: Some(text), table });
        Ok(())
    }

    /// `VTOC__SPOOL__MAX_MB=64` is `spool.max_mb = 64`. Other variables are not ours.
    pub fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), ConfigError> {
        let mut ours: Vec<(String, String)> = variables.filter(|(name, _)| name.starts_with("VTOC__")).collect();
        ours.sort();
        for (name, value) in ours {
            let path = name["VTOC__".len()..].to_lowercase().replace("__", ".");
            self.add_value(name, &path, &value)?;
        }
        Ok(())
    }

    /// `section.key=value` from the command line.
    pub fn add_pair(&mut self, pair: &str) -> Result<(), ConfigError> {
        let Some((path, value)) = pair.split_once('=') else {
            return Err(ConfigError::one(format!("--set {pair}: expected section.key=value")));
        };
        self.add_value(format!("--set {path}"), path.trim(), value.trim())
    }

    fn add_value(&mut self, origin: String, path: &str, text: &str) -> Result<(), ConfigError> {
        if path.split('.').any(str::is_empty) {
            return Err(ConfigError::one(format!("{origin}: not the name of a setting")));
        }
        // What reads as a TOML value is one; everything else is a string, so that nobody must quote a path.
        let parsed = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
        let mut value = parsed.unwrap_or_else(|| toml::Value::String(text.to_owned()));
        for key in path.rsplit('.') {
            value = toml::Value::Table(toml::Table::from_iter([(key.to_owned(), value)]));
        }
        let toml::Value::Table(table) = value else { return Err(ConfigError::one(format!("{origin}: not the name of a setting"))) };
        self.layers.push(Layer { origin, text: None, table });
        Ok(())
    }

    pub fn files(&self) -> Vec<PathBuf> {
        self.layers.iter().filter(|l| l.text.is_some()).map(|l| PathBuf::from(&l.origin)).collect()
    }

    /// All layers as one set of settings.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let mut merged = toml::Table::new();
        for layer in &self.layers {
            merge(&mut merged, &layer.table);
        }
        serde_path_to_error::deserialize(toml::Value::Table(merged)).map_err(|e| {
            let mut path = e.path().to_string();
            let message = e.into_inner().message().trim().replace('\n', " ");
            if let Some(field) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
                if path == "." {
                    path = field.to_owned();
                } else if path != field && !path.ends_with(&format!(".{field}")) {
                    path = format!("{path}.{field}");
                }
            }
            self.locate(vec![Problem { path, message }])
        })
    }

    /// Each problem with the place where its setting was last written.
    pub fn locate(&self, problems: Vec<Problem>) -> ConfigError {
        let lines = problems
            .into_iter()
            .map(|p| {
                let place = self.layers.iter().rev().find_map(|layer| layer.place_of(&p)).unwrap_or_else(|| "settings".to_owned());
                format!("{place}: {}: {}", p.path, p.message)
            })
            .collect();
        ConfigError { lines }
    }
}

impl Layer {
    /// `file:line:column` of the setting in this layer, or the layer's name when it is not a file.
    fn place_of(&self, problem: &Problem) -> Option<String> {
        let Some(text) = &self.text else {
            return lookup(&self.table, &problem.path).then(|| self.origin.clone());
        };
        let document = DeTable::parse(text).ok()?;
        let offset = offset_of(document.get_ref(), &problem.path, problem.message.starts_with("unknown field"))?;
        let (line, column) = line_and_column(text, offset);
        Some(format!("{}:{line}:{column}", self.origin))
    }
}

fn lookup(table: &toml::Table, path: &str) -> bool {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    match table.get(head) {
        Some(_) if rest.is_empty() => true,
        Some(toml::Value::Table(inner)) => lookup(inner, rest),
        _ => false,
    }
}

/// Byte offset of a setting's value; of its key when the value is a table or the key itself is what is wrong.
fn offset_of(table: &DeTable<'_>, path: &str, at_key: bool) -> Option<usize> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == head)?;
    match value.get_ref() {
        DeValue::Table(inner) if !rest.is_empty() => offset_of(inner, rest, at_key),
        DeValue::Table(_) => Some(key.span().start),
        _ => Some(if at_key { key.span().start } else { value.span().start }),
    }
}

fn merge(into: &mut toml::Table, from: &toml::Table) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(toml::Value::Table(mine)), toml::Value::Table(theirs)) => merge(mine, theirs),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line, column)
}
