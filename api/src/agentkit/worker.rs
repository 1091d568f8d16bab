//! The worker: claims runs and runs them, [`AT_ONCE`] at a time; and queues what schedules ask for.
//!
//! A claim holds for [`LEASE`] and is lengthened every [`BEAT`]; a worker that dies lets it run out, and whoever claims next
//! runs it again. A worker that was only slow finds its lease gone and changes nothing. A panic of a playbook, its time-out
//! and passing trouble put the run back with a growing wait, as often as its definition says.

use super::{Context, Outcome, PlaybookError};
use crate::auth::RoleSet;
use crate::central::Shared;
use crate::chat::say::TEXT_CHARS_MAX;
use crate::store::{Claim, Kept, NewMessage, NewRun, Run, RunEnd, RunState, StoreError, agent};
use model::UnixMicros;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until, timeout};

/// Runs at the same time.
const AT_ONCE: usize = 2;
const LEASE: Duration = Duration::from_secs(15);
const BEAT: Duration = Duration::from_secs(5);
/// How often the queue is looked at although nobody woke us.
const LOOK: Duration = Duration::from_secs(5);
/// The first wait before trying again; then four times as long each time, up to the last.
const WAIT: Duration = Duration::from_secs(2);
const WAIT_MAX: Duration = Duration::from_secs(300);
/// How often schedules are looked at.
const SCHEDULES: Duration = Duration::from_secs(10);
/// A run that asks waits for so long: an hour.
const UNDECIDED_US: i64 = 3_600_000_000;
/// How often an end is told to a database that does not answer. Longer than that, the lease runs out anyhow.
const END_TRIES: u32 = 10;
/// Bytes of a result as JSON, and of one that is attached to the reply.
const RESULT_BYTES_MAX: usize = 1 << 20;
const ATTACHED_BYTES_MAX: usize = 1 << 16;

/// Runs what is queued, for ever. What it is doing when it is dropped is taken up again by the next.
pub(crate) async fn work(shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    loop {
        while AT_ONCE <= running.len() {
            running.join_next().await;
        }
        match shared.store.claim_run(shared.now(), LEASE).await {
            Ok(Some(claim)) => {
                let shared = Arc::clone(&shared);
                running.spawn(async move { perform(&shared, claim).await });
            }
            Ok(None) => idle(&shared).await,
            Err(error) => {
                tracing::warn!(%error, "the queue of runs can't be read; trying again");
                sleep(LOOK).await;
            }
        }
    }
}

/// Until somebody queues something, a retry is due, or it is time to look.
async fn idle(shared: &Shared) {
    let next = shared.store.next_run_at().await.ok().flatten();
    let until = next.map_or(LOOK, |at| Duration::from_micros(u64::try_from(at.micros_since(shared.now())).unwrap_or(0)));
    let _ = timeout(until.clamp(Duration::from_millis(100), LOOK), shared.agents.wake.notified()).await;
}

/// How a run went.
enum Went {
    Well(Outcome),
    Badly(PlaybookError),
    Cancelled,
    /// Another worker has it.
    Lost,
}

async fn perform(shared: &Arc<Shared>, claim: Claim) {
    let run = &claim.run;
    let (went, log) = if run.attempts_max < run.attempts {
        let why = format!("{} workers took it, and none came back", run.attempts - 1);
        (Went::Badly(PlaybookError::Refused(why)), Vec::new())
    } else {
        attempt(shared, &claim).await
    };
    match went {
        Went::Well(outcome) => end(shared, &claim, ended_well(outcome), &log).await,
        Went::Cancelled => {
            let end_ = RunEnd { state: RunState::Cancelled, markdown: None, result: None, error: Some("cancelled".into()) };
            end(shared, &claim, end_, &log).await;
        }
        Went::Badly(PlaybookError::Trouble(why)) if run.attempts < run.attempts_max => {
            let wait = wait_after(run.attempts);
            tracing::info!(run = run.id, playbook = run.playbook, why, "a run is tried again in {wait:?}");
            if let Err(error) = claim.again(&shared.store, &clean(&why), wait, &log, shared.now()).await {
                // Its lease runs out: then it is tried again.
                tracing::warn!(%error, run = run.id, "a run could not be put back");
            }
        }
        Went::Badly(error) => {
            let end_ = RunEnd { state: RunState::Failed, markdown: None, result: None, error: Some(clean(&error.to_string())) };
            end(shared, &claim, end_, &log).await;
        }
        Went::Lost => tracing::warn!(run = run.id, "another worker took a run over: what came of it here is forgotten"),
    }
}

fn wait_after(attempts: i32) -> Duration {
    let times = 4_u32.saturating_pow(u32::try_from(attempts - 1).unwrap_or(0));
    WAIT.saturating_mul(times).min(WAIT_MAX)
}

/// Runs it once, keeping the lease.
async fn attempt(shared: &Arc<Shared>, claim: &Claim) -> (Went, Vec<(UnixMicros, String)>) {
    let run = &claim.run;
    let Some(definition) = shared.agents.playbook(&run.playbook) else {
        let why = format!("there is no playbook {} on this central", run.playbook);
        return (Went::Badly(PlaybookError::Refused(why)), Vec::new());
    };
    let context = match Context::of(run, definition.options.clone(), shared).await {
        Ok(context) => Arc::new(context),
        Err(error) => return (Went::Badly(error.into()), Vec::new()),
    };
    // A task of its own: its panic is its own, and dropping the set ends it.
    let mut task = JoinSet::new();
    let (code, own) = (Arc::clone(&definition.code), Arc::clone(&context));
    task.spawn(async move { code.run(&own).await });
    let deadline = tokio::time::Instant::now() + run.timeout;
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let went = loop {
        tokio::select! {
            done = task.join_next() => break match done {
                Some(Ok(Ok(outcome))) => Went::Well(outcome),
                Some(Ok(Err(error))) => Went::Badly(error),
                Some(Err(_)) | None => Went::Badly(PlaybookError::Trouble("the playbook broke (a panic, see the log)".into())),
            },
            () = sleep_until(deadline) => {
                break Went::Badly(PlaybookError::Trouble(format!("it took longer than {} s", run.timeout.as_secs())));
            }
            _ = beats.tick() => match claim.keep(&shared.store, shared.now(), LEASE).await {
                Ok(Kept::Cancelled) => break Went::Cancelled,
                Ok(Kept::Lost) => break Went::Lost,
                Ok(Kept::Yes) => {}
                Err(error) => tracing::debug!(%error, run = run.id, "a lease could not be lengthened"),
            },
        }
    };
    drop(task);
    (went, context.take_log())
}

fn ended_well(outcome: Outcome) -> RunEnd {
    let mut value = outcome.result;
    without_nul(&mut value);
    let result = value.to_string();
    if RESULT_BYTES_MAX < result.len() {
        let error = Some(format!("its result is larger than {RESULT_BYTES_MAX} bytes"));
        return RunEnd { state: RunState::Failed, markdown: None, result: None, error };
    }
    RunEnd { state: RunState::Succeeded, markdown: Some(clean(&outcome.markdown)), result: Some(result), error: None }
}

async fn end(shared: &Shared, claim: &Claim, end: RunEnd, log: &[(UnixMicros, String)]) {
    let reply = reply(&claim.run, &end);
    for _ in 0..END_TRIES {
        match claim.end(&shared.store, &end, reply.as_ref(), log, shared.now()).await {
            Ok(true) => {
                shared.chat.feed.wake();
                return;
            }
            Ok(false) => {
                tracing::warn!(run = claim.run.id, "another worker took a run over: what came of it here is forgotten");
                return;
            }
            Err(StoreError::Unavailable(_)) => sleep(Duration::from_secs(1)).await,
            Err(error) => {
                tracing::error!(%error, run = claim.run.id, "the end of a run can't be stored");
                return;
            }
        }
    }
}

/// What is said in the chat. `None`: the run came from nowhere in it.
pub(crate) fn reply(run: &Run, end: &RunEnd) -> Option<NewMessage> {
    let channel_id = run.reply.channel_id?;
    let text = match (&end.markdown, &end.error, end.state) {
        (Some(markdown), ..) => markdown.clone(),
        (None, _, RunState::Cancelled) => format!("**{}** was cancelled.", run.playbook),
        (None, error, _) => format!("**{}** failed: {}", run.playbook, error.as_deref().unwrap_or("no reason was given")),
    };
    let result: Value = end.result.as_deref().filter(|r| r.len() <= ATTACHED_BYTES_MAX).map_or(Value::Null, json_of);
    let attachment = json!({
        "run_id": run.id, "action_id": run.action_id, "playbook": run.playbook, "state": end.state.name(), "dry_run": run.dry_run, "result": result,
    });
    Some(NewMessage {
        channel_id,
        thread_id: run.reply.thread_id,
        reply_to: run.reply.message_id,
        author: agent(&run.playbook),
        client_id: Some(format!("run:{}", run.id)),
        text: text.chars().take(TEXT_CHARS_MAX).collect(),
        attachment: Some(attachment.to_string()),
    })
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// PostgreSQL keeps no U+0000.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean(text),
        Value::Array(items) => items.iter_mut().for_each(without_nul),
        Value::Object(fields) => {
            let keys: Vec<String> = fields.keys().filter(|key| key.contains('\0')).cloned().collect();
            for key in keys {
                let held = fields.remove(&key).unwrap_or_default();
                fields.insert(clean(&key), held);
            }
            fields.values_mut().for_each(without_nul);
        }
        _ => {}
    }
}

/// Queues what schedules ask for, for ever. A moment has a key, so it is queued once, whoever restarts when.
pub(crate) async fn keep_schedules(shared: Arc<Shared>) {
    let mut ticks = interval(SCHEDULES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match shared.store.cancel_undecided(shared.now().plus_micros(-UNDECIDED_US), shared.now()).await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "cancelled: nobody confirmed them in time"),
            Err(error) => tracing::warn!(%error, "runs that nobody confirmed could not be cancelled; trying again"),
        }
        if let Err(error) = queue_scheduled(&shared).await {
            tracing::warn!(%error, "what is scheduled could not be queued; trying again");
        }
    }
}

pub(crate) async fn queue_scheduled(shared: &Shared) -> Result<(), StoreError> {
    let now = shared.now();
    let due: Vec<_> = shared.agents.listed().filter_map(|d| Some((d, d.schedule.as_ref()?.last(now)?))).collect();
    if due.is_empty() {
        return Ok(());
    }
    let stations = shared.store.stations().await?;
    for (definition, at) in due {
        let meant = |slug: &str| definition.stations.is_empty() || definition.stations.iter().any(|s| s == slug);
        for station in stations.iter().filter(|s| definition.roles.contains(s.role) && meant(s.slug.as_str())) {
            let Ok(run) = shared.agents.new_run(&definition.id, json!({}), RoleSet::from_iter([station.role]), Some(station)) else {
                continue;
            };
            let key = format!("schedule:{}:{}:{}", definition.id, station.slug, at.0 / 1_000_000);
            if shared.store.run_of_key(&key).await?.is_some() {
                continue;
            }
            let channel = shared.store.channel_of_station(station.id).await?;
            let run = NewRun {
                key: Some(key),
                requested_by: "schedule".into(),
                channel_id: channel.as_ref().map(|c| c.id),
                channel_slug: channel.map(|c| c.slug),
                ..run
            };
            if shared.store.queue_run(&run, now).await?.1 {
                shared.agents.wake();
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let seconds: Vec<u64> = (1..=7).map(|n| wait_after(n).as_secs()).collect();
        assert_eq!(seconds, [2, 8, 32, 128, 300, 300, 300]);
        assert_eq!(wait_after(i32::MAX), WAIT_MAX);
    }

    #[test]
    fn what_postgres_cannot_keep_is_replaced() {
        let mut value = json!({"a\0": ["x\0y", {"b": "\0"}], "c": 1});
        without_nul(&mut value);
        assert_eq!(value, json!({"c": 1, "a\u{fffd}": ["x\u{fffd}y", {"b": "\u{fffd}"}]}));
    }
}
