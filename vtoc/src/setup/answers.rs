//! Where the inputs come from: a file, the environment, and whoever sits at the terminal.

use crate::config::inputs::{self, Inputs};
use crate::failure::Failure;
use serde_json::Value;
use std::io::{BufRead, Read, Write};
use std::path::Path;

/// A longer file is no list of inputs.
const BYTES_MAX: u64 = 1 << 20;

/// The text of the inputs: the file (`-` is standard input), else `VTOC_CONFIG_JSON`, else nothing.
pub fn text(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<String, Failure> {
    let Some(path) = file else { return Ok(environment("VTOC_CONFIG_JSON").unwrap_or_else(|| "{}".to_owned())) };
    let failed = |e: std::io::Error| Failure::no_input(format!("{}: {e}", path.display()));
    let reader: Box<dyn Read> =
        if path == Path::new("-") { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(path).map_err(failed)?) };
    let mut text = String::new();
    reader.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if BYTES_MAX < text.len() as u64 {
        return Err(Failure::data(format!("{}: longer than {BYTES_MAX} bytes", path.display())));
    }
    Ok(text)
}

/// Parses, with every `${NAME}` replaced. All variables that are missing are named at once.
pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Inputs, Failure> {
    // Once as it is, so that a mistake is told with its place in the file.
    inputs::parse(text).map_err(|e| Failure::data(format!("the inputs: {e}")))?;
    let mut json: Value = serde_json::from_str(text).map_err(|e| Failure::data(format!("the inputs: {e}")))?;
    let mut missing = Vec::new();
    interpolate(&mut json, &environment, &mut missing);
    if !missing.is_empty() {
        missing.sort();
        missing.dedup();
        return Err(Failure::config(format!("the inputs name environment variables that are not set: {}", missing.join(", "))));
    }
    inputs::parse(&json.to_string()).map_err(|e| Failure::data(format!("the inputs: {e}")))
}

fn interpolate(json: &mut Value, environment: &impl Fn(&str) -> Option<String>, missing: &mut Vec<String>) {
    match json {
        Value::String(text) => *text = replaced(text, environment, missing),
        Value::Array(items) => items.iter_mut().for_each(|item| interpolate(item, environment, missing)),
        Value::Object(members) => members.values_mut().for_each(|member| interpolate(member, environment, missing)),
        _ => {}
    }
}

/// What a variable holds is not looked at again.
fn replaced(text: &str, environment: &impl Fn(&str) -> Option<String>, missing: &mut Vec<String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, name, after)) = rest.split_once("${").and_then(|(b, r)| r.split_once('}').map(|(n, a)| (b, n, a))) {
        out += before;
        match environment(name) {
            Some(value) => out += &value,
            None => missing.push(name.to_owned()),
        }
        rest = after;
    }
    out + rest
}

/// Asks for what is missing; `PROMPT[key]:` on standard error, an answer a line on standard input, so that a program can answer.
#[derive(Debug)]
pub struct Asker<R, W> {
    input: R,
    output: W,
    /// Nobody is there: what is missing is an error.
    headless: bool,
}

impl<R: BufRead, W: Write> Asker<R, W> {
    pub fn new(input: R, output: W, headless: bool) -> Self {
        Self { input, output, headless }
    }

    /// `None`: nobody is there, or they left it empty and there is no default.
    pub fn ask(&mut self, key: &str, question: &str, default: Option<&str>) -> Result<Option<String>, Failure> {
        if self.headless {
            return Ok(default.map(str::to_owned));
        }
        let failed = |e: std::io::Error| Failure::no_input(format!("the answer to {key}: {e}"));
        let shown = default.map(|d| format!(" [{d}]")).unwrap_or_default();
        write!(self.output, "PROMPT[{key}]: {question}{shown}: ").and_then(|()| self.output.flush()).map_err(failed)?;
        let mut line = String::new();
        if (&mut self.input).take(BYTES_MAX).read_line(&mut line).map_err(failed)? == 0 {
            return Err(Failure::no_input(format!("no answer to {key}: give it in the inputs, or say --headless")));
        }
        let answer = line.trim();
        Ok(if answer.is_empty() { default.map(str::to_owned) } else { Some(answer.to_owned()) })
    }

    /// Asks unless it is known.
    pub fn fill(&mut self, slot: &mut Option<String>, key: &str, question: &str, default: Option<&str>) -> Result<(), Failure> {
        if slot.as_deref().is_none_or(str::is_empty) {
            *slot = self.ask(key, question, default)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "SECRET").then(|| "s${OTHER}".to_owned())
    }

    #[test]
    fn variables_are_put_in_once_and_missing_ones_named_all_at_once() {
        let inputs = parse(r#"{"chatkit": {"webhookSecret": "a${SECRET}b", "orgId": "$x${"}}"#, environment).unwrap();
        assert_eq!(inputs.chatkit.webhook_secret.as_deref(), Some("as${OTHER}b"));
        assert_eq!(inputs.chatkit.org_id.as_deref(), Some("$x${"));
        let error = parse(r#"{"chatkit": {"orgId": "${B}", "apiKey": "${A}"}}"#, environment).unwrap_err();
        assert!(format!("{error:?}").contains("not set: A, B"), "{error:?}");
        assert_eq!(parse("{\"x\": 1}", environment).unwrap_err().code(), 65);
    }

    #[test]
    fn a_program_can_answer() {
        let mut output = Vec::new();
        let mut asker = Asker::new(&b"toc-s1\n\n"[..], &mut output, false);
        let mut slot = None;
        asker.fill(&mut slot, "station.callsign", "the call sign", None).unwrap();
        assert_eq!(slot.as_deref(), Some("toc-s1"));
        asker.fill(&mut slot, "station.callsign", "known already", None).unwrap();
        assert_eq!(asker.ask("station.role", "the role", Some("ops")).unwrap().as_deref(), Some("ops"));
        assert_eq!(asker.ask("more", "no more", None).unwrap_err().code(), 66);
        assert!(
            String::from_utf8(output)
                .unwrap()
                .starts_with("PROMPT[station.callsign]: the call sign: PROMPT[station.role]: the role [ops]: ")
        );
        assert_eq!(Asker::new(&b""[..], Vec::new(), true).ask("x", "", None).unwrap(), None);
    }
}
