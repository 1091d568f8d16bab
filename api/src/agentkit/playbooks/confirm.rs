//! `/confirm <run>`, `/refuse <run>`: an operator's word on a run that asks before it begins.

use super::super::{Context, Outcome, Playbook, PlaybookError, Running};
use super::id_of;
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Decide {
    pub id: &'static str,
    pub confirmed: bool,
}

impl Playbook for Decide {
    fn id(&self) -> &'static str {
        self.id
    }

    fn signature(&self) -> Value {
        json!({"type": "object", "properties": {"run": {"type": "integer"}}, "required": ["run"]})
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        Box::pin(decide(context, self.id, self.confirmed))
    }
}

async fn decide(context: &Context, command: &str, confirmed: bool) -> Result<Outcome, PlaybookError> {
    let refused = |why: String| Err(PlaybookError::Refused(why));
    // A token may ask; saying yes is a person's.
    if !context.requested_by.starts_with("operator:") {
        return refused("Only an operator can confirm or refuse".into());
    }
    let Some(id) = id_of(context, "run")? else { return refused(format!("Which run? /{command} <run>")) };
    // One of other roles is nobody's.
    let seen = context.store.run(id).await?.filter(|run| run.roles.is_within(context.roles));
    let Some(run) = seen else { return refused(format!("There is no run {id}")) };
    let decided = context.store.decide_run(id, confirmed, &context.requested_by, context.now).await?;
    // This attempt may be the second, after a crash: then the first has decided.
    let own = run.decided_by.as_ref() == Some(&context.requested_by) && (run.error.is_none() == confirmed);
    if decided.is_none() && !own {
        return refused(format!("Run {id} does not wait for a confirmation"));
    }
    context.wake_workers();
    let what = if confirmed { "begins" } else { "does not run" };
    let result = json!({"run_id": id, "playbook": run.playbook, "confirmed": confirmed, "by": context.requested_by});
    Ok(Outcome { markdown: format!("Run {id} ({}) {what}.", super::plain(&run.playbook)), result })
}
