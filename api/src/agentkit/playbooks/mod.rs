//! The playbooks in this program, and the answers to commands of the chat. Which are offered, and how, says `agentkit.yml`.

mod alerts;
mod help;
#[cfg(test)]
pub(crate) mod probe;
mod status;
mod timeline_summary;

use super::Playbook;
use std::sync::Arc;

/// What a definition's entry point may name.
pub(crate) fn built_in() -> Vec<Arc<dyn Playbook>> {
    vec![
        Arc::new(timeline_summary::TimelineSummary),
        #[cfg(test)]
        Arc::new(probe::Probe),
    ]
}

/// Answers to `/help`, `/playbook`, `/status`, `/alerts`: run as playbooks are, so that an answer is given once.
pub(super) fn answers() -> Vec<Arc<dyn Playbook>> {
    vec![Arc::new(help::Help), Arc::new(help::List), Arc::new(status::Status), Arc::new(alerts::Alerts)]
}

/// Text from outside in Markdown: no line of its own, no link, no image.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            c if c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            c => out.push(c),
        }
    }
    out
}

/// `14:03:22Z`, with the date before it when it is another day than `now`.
pub(crate) fn clock(at: model::UnixMicros, now: model::UnixMicros) -> String {
    let (at, now) = (crate::dto::Utc(model::UnixMicros(at.0 - at.0.rem_euclid(1_000_000))).to_string(), crate::dto::Utc(now).to_string());
    if at.get(..10) == now.get(..10) { at.get(11..).unwrap_or(&at).to_owned() } else { at.replace('T', " ") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(super::plain("a\n# b [x](y) ![z](w)"), "a \\# b \\[x\\](y) \\!\\[z\\](w)");
    }
}
