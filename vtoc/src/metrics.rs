//! Prometheus text: names end in their unit, labels hold names from the configuration only (never a subject).

use std::fmt::{Display, Write};

/// Appends one metric with any number of labelled values.
pub fn metric(out: &mut String, name: &str, kind: &str, help: &str, values: impl IntoIterator<Item = (String, f64)>) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in values {
        let _ = writeln!(out, "{name}{labels} {value}");
    }
}

pub fn counter(out: &mut String, name: &str, help: &str, value: u64) {
    metric(out, name, "counter", help, [(String::new(), value as f64)]);
}

pub fn gauge(out: &mut String, name: &str, help: &str, value: f64) {
    metric(out, name, "gauge", help, [(String::new(), value)]);
}

/// `{a="x",b="y"}`; values come from the configuration, whose alphabet needs no escape.
pub fn labels<const N: usize>(pairs: [(&str, &dyn Display); N]) -> String {
    let inner: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{{{}}}", inner.join(","))
}
