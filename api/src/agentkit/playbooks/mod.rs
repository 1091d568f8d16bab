//! The playbooks in this program, and the answers to commands of the chat. Which are offered, and how, says `agentkit.yml`.

mod air_merge;
mod alerts;
mod help;
mod intel_rfi_summary;
mod intel_sigint_rollup;
mod log_mission_loadout;
mod log_restock_check;
mod op_airtrack_merge;
mod op_order_frag;
#[cfg(test)]
pub(crate) mod probe;
mod status;
mod timeline_summary;

use super::{Context, Playbook, PlaybookError};
use std::sync::Arc;

/// What a definition's entry point may name.
pub(crate) fn built_in() -> Vec<Arc<dyn Playbook>> {
    vec![
        Arc::new(timeline_summary::TimelineSummary),
        Arc::new(op_order_frag::OrderFrag),
        Arc::new(op_airtrack_merge::AirtrackMerge),
        Arc::new(intel_sigint_rollup::SigintRollup),
        Arc::new(intel_rfi_summary::RfiSummary),
        Arc::new(log_restock_check::RestockCheck),
        Arc::new(log_mission_loadout::MissionLoadout),
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
    let (at, now) = (crate::dto::Utc::seconds(at).to_string(), crate::dto::Utc(now).to_string());
    if at.get(..10) == now.get(..10) { at.get(11..).unwrap_or(&at).to_owned() } else { at.replace('T', " ") }
}

/// `12`, `6.5`: a quantity for people.
fn figure(value: f64) -> String {
    if (value - value.round()).abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// What follows a list that ends at `most`.
fn unless_more(count: usize, most: usize) -> String {
    if most < count { format!("- … and {} more\n", count - most) } else { String::new() }
}

/// An id in the input, as a number or digits.
fn id_of(context: &Context, name: &str) -> Result<Option<i64>, PlaybookError> {
    let Some(value) = context.value(name) else { return Ok(None) };
    let id = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|id| 0 < *id);
    id.map(Some).ok_or_else(|| PlaybookError::Refused(format!("{name}: an id is a whole number")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(super::plain("a\n# b [x](y) ![z](w)"), "a \\# b \\[x\\](y) \\!\\[z\\](w)");
    }
}
