//! `/help`: what may be said; `/playbook`: what may be run.

use super::super::{Context, Outcome, Playbook, Running};
use super::plain;
use serde_json::{Value, json};

const COMMANDS: [(&str, &str); 13] = [
    ("/status", "stations, tracks and who was heard"),
    ("/alerts", "emergencies and distress that are heard now, stations that are silent"),
    ("/playbook", "the playbooks that can be run"),
    ("/playbook <id> [--dry-run] [key=value …]", "runs one; a dry run changes nothing"),
    ("/mission [<number or name>]", "the missions that are not over, or one"),
    ("/confirm <run>, /refuse <run>", "lets a playbook that asks begin, or not"),
    ("/help", "this"),
    ("@agent check status", "the station's newest events"),
    ("@agent run <playbook>", "runs one"),
    ("@agent check imei <imei>", "what the watch-list says of it, and where it was last"),
    ("@agent poi list", "the points of interest"),
    ("@agent poi status <name>", "what one is known by, and where each was last"),
    ("@agent <words>", "as /help"),
];

#[derive(Debug)]
pub(crate) struct Help;

impl Playbook for Help {
    fn id(&self) -> &'static str {
        "help"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"unknown": {"type": "string"}}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let mut markdown =
                context.text("unknown").map_or_else(String::new, |u| format!("I don't know what to do with “{}”.\n\n", plain(u)));
            markdown.push_str("What I understand:\n");
            for (command, what) in COMMANDS {
                markdown.push_str(&format!("- `{command}` — {what}\n"));
            }
            let commands: Vec<Value> = COMMANDS.iter().map(|(command, what)| json!({"command": command, "description": what})).collect();
            Ok(Outcome { markdown, result: json!({"commands": commands, "unknown": context.text("unknown")}) })
        })
    }
}

#[derive(Debug)]
pub(crate) struct List;

impl Playbook for List {
    fn id(&self) -> &'static str {
        "playbooks"
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {}})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let all = context.playbooks();
            let mut markdown = String::from("Playbooks (`/playbook <id>`):\n");
            for (id, description) in &all {
                markdown.push_str(&format!("- `{id}` — {}\n", plain(description)));
            }
            let all: Vec<Value> = all.iter().map(|(id, description)| json!({"id": id, "description": description})).collect();
            Ok(Outcome { markdown, result: json!({"playbooks": all}) })
        })
    }
}
