//! What somebody may ask for in a message. Pure.
//!
//! ```text
//!   /help   /status   /alerts   /playbook            /playbook <id> [--dry-run] [{json} | key=value …]
//!   @agent check status            the timeline's summary
//!   @agent run recon sweep         the playbook recon_sweep
//!   @agent check imei <imei>   @agent poi list   @agent poi status "<name>"
//!   /mission [<id or name>]    the missions that are not over, or one of them
//!   /confirm <run>   /refuse <run>                              what a playbook that asks waits for
//!   @agent <anything else>         what the agent can do
//! ```

use serde_json::{Map, Value, json};

/// A run that a message asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    pub playbook: String,
    pub input: Map<String, Value>,
    pub dry_run: bool,
}

/// The longest text in which commands are looked for; nobody types a longer one.
const COMMAND_CHARS_MAX: usize = 4_000;

/// `None`: no command, just words. A command begins the message; `@agent` may follow other words.
pub(crate) fn read(text: &str) -> Option<Command> {
    let text = text.trim();
    if COMMAND_CHARS_MAX < text.len() {
        return None;
    }
    if let Some(rest) = text.strip_prefix('/') {
        return slash(rest);
    }
    let at = text.find("@agent")?;
    let before = text[..at].chars().next_back();
    let rest = &text[at + "@agent".len()..];
    let alone =
        before.is_none_or(char::is_whitespace) && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.');
    alone.then(|| mention(rest.trim_start_matches([':', ',']).trim()))
}

fn slash(rest: &str) -> Option<Command> {
    let (word, arguments) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(word, arguments)| (word, arguments.trim()));
    Some(match word.to_ascii_lowercase().as_str() {
        "help" => plain("help"),
        "status" | "diagnostics" => with("status", "station", arguments),
        "alerts" => plain("alerts"),
        "mission" | "missions" => with("missions", "mission", arguments),
        "confirm" => with("confirm", "run", arguments),
        "refuse" => with("refuse", "run", arguments),
        "playbook" | "playbooks" if arguments.is_empty() => plain("playbooks"),
        "playbook" => playbook(arguments),
        // A path, or a word after a slash: no command of ours, and said to be none.
        word if !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'_') => with("help", "unknown", rest),
        _ => return None,
    })
}

fn mention(rest: &str) -> Command {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|w| w.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match lower.as_slice() {
        [] | ["help"] => plain("help"),
        ["check", "status"] => plain("timeline_summary"),
        ["check", "imei", _] => with("check_imei", "imei", words[2]),
        ["list", "poi" | "pois"] | ["poi" | "pois", "list"] => plain("list_poi"),
        ["poi", "status", _, ..] => with("poi_status", "name", words[2..].join(" ").trim_matches(['"', '“', '”'])),
        ["run", _, ..] => {
            let dry_run = lower.contains(&"--dry-run");
            let name: Vec<&str> = lower[1..].iter().filter(|word| **word != "--dry-run").copied().collect();
            Command { dry_run, ..plain(&name.join("_").replace('-', "_")) }
        }
        _ => with("help", "unknown", rest),
    }
}

fn playbook(arguments: &str) -> Command {
    let (id, mut rest) = arguments.split_once(char::is_whitespace).map_or((arguments, ""), |(id, rest)| (id, rest.trim()));
    let dry_run = rest.starts_with("--dry-run");
    if dry_run {
        rest = rest["--dry-run".len()..].trim();
    }
    let input = match serde_json::from_str(rest) {
        Ok(Value::Object(input)) => input,
        _ => rest.split_whitespace().filter_map(|pair| pair.split_once('=')).map(|(key, value)| (key.to_owned(), literal(value))).collect(),
    };
    Command { playbook: id.to_lowercase(), input, dry_run }
}

/// `limit=5` is a number, `place=mole` a word.
fn literal(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| json!(value))
}

fn plain(playbook: &str) -> Command {
    Command { playbook: playbook.to_owned(), input: Map::new(), dry_run: false }
}

fn with(playbook: &str, key: &str, value: &str) -> Command {
    let mut command = plain(playbook);
    if !value.is_empty() {
        command.input.insert(key.to_owned(), json!(value));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, playbook: &str, input: Value) {
        let command = read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((command.playbook.as_str(), Value::Object(command.input)), (playbook, input), "{text}");
    }

    #[test]
    fn commands_are_read() {
        is("/help", "help", json!({}));
        is(" /status ", "status", json!({}));
        is("/status toc-s1", "status", json!({"station": "toc-s1"}));
        is("/alerts", "alerts", json!({}));
        is("/playbook", "playbooks", json!({}));
        is("/playbook Timeline_Summary limit=3 note=x", "timeline_summary", json!({"limit": 3, "note": "x"}));
        is("/playbook log_restock_check --dry-run {\"days\": 2}", "log_restock_check", json!({"days": 2}));
        is("@agent check status", "timeline_summary", json!({}));
        is("Morning. @agent: Check Status", "timeline_summary", json!({}));
        is("@agent run recon sweep", "recon_sweep", json!({}));
        is("@agent check imei 490154203237518", "check_imei", json!({"imei": "490154203237518"}));
        is("@agent list poi", "list_poi", json!({}));
        is("@agent poi list", "list_poi", json!({}));
        is("/mission", "missions", json!({}));
        is("/mission Harbour watch", "missions", json!({"mission": "Harbour watch"}));
        is("/confirm 12", "confirm", json!({"run": "12"}));
        is("/refuse 12", "refuse", json!({"run": "12"}));
        is("@agent poi status \"Jane Doe\"", "poi_status", json!({"name": "Jane Doe"}));
        is("@agent, what is up?", "help", json!({"unknown": "what is up?"}));
        is("/frobnicate now", "help", json!({"unknown": "frobnicate now"}));
        assert!(read("/playbook x --dry-run").unwrap().dry_run && !read("/playbook x").unwrap().dry_run);
        assert!(read("@agent run air track --dry-run").unwrap() == Command { dry_run: true, ..plain("air_track") });
    }

    #[test]
    fn words_are_no_commands() {
        for text in ["", "/", "all quiet", "mail me@agent", "@agents", "@agent.example", "/etc/hosts is wrong", "// no", "1/2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_breaks_it(text in "(/playbook |@agent |/|)[ -~é“]{0,60}") {
            if let Some(command) = read(&text) {
                proptest::prop_assert!(!command.playbook.is_empty());
            }
        }
    }
}
