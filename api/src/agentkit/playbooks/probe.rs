//! For tests: a playbook that does what it is told, and counts how often it began.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// How often each run began, by a name of the test's own.
static BEGUN: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

pub(crate) fn begun(name: &str) -> u32 {
    BEGUN.lock().unwrap().get_or_insert_default().get(name).copied().unwrap_or(0)
}

#[derive(Debug)]
pub(crate) struct Probe;

impl Playbook for Probe {
    fn id(&self) -> &'static str {
        "probe"
    }

    fn signature(&self) -> Value {
        json!({"type": "object"})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(async move {
            let name = context.text("name").unwrap_or("").to_owned();
            let times = {
                let mut begun = BEGUN.lock().unwrap();
                let times = begun.get_or_insert_default().entry(name.clone()).or_default();
                *times += 1;
                *times
            };
            context.log(format!("{name} for the {times}. time"));
            let first = i64::from(times) <= context.number("times", 1, (0, 100));
            match context.text("do").unwrap_or("") {
                "panic" if first => panic!("as the test wanted"),
                "trouble" if first => Err(PlaybookError::Trouble("not yet".into())),
                "refuse" => Err(PlaybookError::Refused("never".into())),
                "sleep" if first => {
                    tokio::time::sleep(Duration::from_secs(600)).await;
                    Err(PlaybookError::Refused("slept too long".into()))
                }
                _ => Ok(Outcome {
                    markdown: format!("**{name}** done\0"),
                    result: json!({"name": name, "key": context.key, "dry_run": context.dry_run, "nul": "\0"}),
                }),
            }
        })
    }
}
