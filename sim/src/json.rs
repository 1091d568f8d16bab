//! JSON text, one object per line, written by hand: `sim` has no serialiser, and truth is write-only.

use core::fmt::{Display, Write};

/// Builds `{"a": 1, "b": "x"}` in order.
#[derive(Debug)]
pub struct JsonLine {
    text: String,
}

impl JsonLine {
    pub fn new() -> Self {
        Self { text: String::from("{") }
    }

    pub fn string(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        self.text.push('"');
        escape(&mut self.text, &value.to_string());
        self.text.push('"');
        self
    }

    /// A number or boolean, as its `Display` writes it.
    pub fn value(mut self, key: &str, value: impl Display) -> Self {
        self.key(key);
        write!(self.text, "{value}").expect("a String takes everything");
        self
    }

    /// A number with a fixed number of decimals; `null` when it is not finite.
    pub fn decimal(mut self, key: &str, value: f64, decimals: usize) -> Self {
        self.key(key);
        if value.is_finite() {
            write!(self.text, "{value:.decimals$}").expect("a String takes everything");
        } else {
            self.text.push_str("null");
        }
        self
    }

    /// The finished object, without a line end.
    pub fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn key(&mut self, key: &str) {
        if self.text.len() != 1 {
            self.text.push(',');
        }
        self.text.push('"');
        escape(&mut self.text, key);
        self.text.push_str("\":");
    }
}

impl Default for JsonLine {
    fn default() -> Self {
        Self::new()
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32).expect("a String takes everything"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_a_parser_reads() {
        let line = JsonLine::new().string("a", "x\"\\\n").value("b", true).decimal("c", 1.25, 1).decimal("d", f64::NAN, 1).end();
        assert_eq!(line, r#"{"a":"x\"\\\u000a","b":true,"c":1.2,"d":null}"#);
        assert_eq!(JsonLine::new().end(), "{}");
    }
}
