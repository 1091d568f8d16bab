//! `/api/v1/alert-rules`: what is watched for. Whoever may read sees the rules of their roles; commanders write them.

use super::body::{Fields, JsonObject, Problem, boolean, instant, integer, name};
use super::both;
use super::context::{Segment, id_of};
use crate::alerts::{Condition, Severity, backtest, compile};
use crate::auth::{Commander, Reader, RoleSet};
use crate::central::Shared;
use crate::dto::{self, AlertCondition, AlertRuleRead, BacktestResult, Utc};
use crate::error::ApiError;
use crate::store::{AlertRule, AlertRuleChange, NewAlertRule};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::UnixMicros;
use serde_json::Value;
use std::sync::Arc;

const NOT_FOUND: ApiError = ApiError::NotFound("Alert rule not found");
const BACKTEST_MAX_US: i64 = 31 * 24 * 3_600_000_000;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let router = both(Router::new(), "/api/v1/alert-rules", get(list).post(create));
    let router = both(router, "/api/v1/alert-rules/backtest", post(backtest));
    both(router, "/api/v1/alert-rules/{id}", get(one).patch(change).delete(remove)).with_state(shared)
}

fn shown(rule: AlertRule) -> AlertRuleRead {
    AlertRuleRead {
        id: rule.id,
        name: rule.name,
        condition: rule.condition,
        severity: rule.severity.name(),
        suppress_minutes: rule.suppress_minutes,
        station_roles: rule.roles.names(),
        enabled: rule.enabled,
        built_in: rule.built_in,
        created_at: Utc(rule.created_at),
        updated_at: Utc(rule.updated_at),
    }
}

/// Of none of one's roles: it does not exist.
fn seen(rule: AlertRule, roles: RoleSet) -> Option<AlertRule> {
    rule.roles.iter().any(|role| roles.contains(role)).then_some(rule)
}

#[utoipa::path(get, path = "/api/v1/alert-rules", tag = "alerts",
    responses((status = 200, body = [AlertRuleRead], description = "In the order of their names"), (status = 401, body = dto::Detail),
        (status = 503, body = dto::Detail)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, reader: Reader) -> Result<Json<Vec<AlertRuleRead>>, ApiError> {
    let rules = shared.store.alert_rules().await?.into_iter().filter_map(|rule| seen(rule, reader.roles));
    Ok(Json(rules.map(shown).collect()))
}

#[utoipa::path(get, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertRuleRead), (status = 401, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn one(State(shared): State<Arc<Shared>>, reader: Reader, Segment(id): Segment) -> Result<Json<AlertRuleRead>, ApiError> {
    let rule = shared.store.alert_rule(id_of("rule_id", &id)?).await?.and_then(|rule| seen(rule, reader.roles));
    Ok(Json(shown(rule.ok_or(NOT_FOUND)?)))
}

#[utoipa::path(post, path = "/api/v1/alert-rules", tag = "alerts", security(("token" = ["command"]), ("session" = [])),
    request_body = dto::AlertRuleCreate,
    responses((status = 201, body = AlertRuleRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 413, body = dto::Detail), (status = 415, body = dto::Detail),
        (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    body: JsonObject,
) -> Result<(StatusCode, Json<AlertRuleRead>), ApiError> {
    let new = read_new(&commander, Fields::of(body))?;
    let made = commander.store.create_alert_rule(&new).await?;
    shared.alerts.changed();
    Ok((StatusCode::CREATED, Json(shown(made))))
}

fn read_new(commander: &Commander, mut fields: Fields) -> Result<NewAlertRule, ApiError> {
    let own = commander.principal.rights.roles;
    let new = (
        fields.required("name", name(255)),
        fields.required("condition", condition),
        fields.not_null("severity", severity).unwrap_or(Severity::Warning),
        fields.not_null("suppress_minutes", minutes).unwrap_or(10),
        fields.not_null("station_roles", roles).unwrap_or(own),
        fields.not_null("enabled", boolean).unwrap_or(true),
    );
    fields.finish()?;
    let (Some(name), Some(condition), severity, suppress_minutes, roles, enabled) = new else { return Err(ApiError::Internal) };
    may_watch(own, roles)?;
    Ok(NewAlertRule { name, condition, severity, suppress_minutes, roles, enabled })
}

/// Nobody watches what they can't see.
fn may_watch(own: RoleSet, roles: RoleSet) -> Result<(), ApiError> {
    if roles.is_within(own) { Ok(()) } else { Err(ApiError::Forbidden("These station roles are not all yours".into())) }
}

#[utoipa::path(patch, path = "/api/v1/alert-rules/{id}", tag = "alerts", security(("token" = ["command"]), ("session" = [])),
    params(("id" = i64, Path)), request_body = dto::AlertRuleUpdate,
    responses((status = 200, body = AlertRuleRead), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 404, body = dto::Detail), (status = 409, body = dto::Detail), (status = 413, body = dto::Detail),
        (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    Segment(id): Segment,
    body: JsonObject,
) -> Result<Json<AlertRuleRead>, ApiError> {
    let before = own_rule(&commander, &id).await?;
    let mut fields = Fields::of(body);
    let change = AlertRuleChange {
        name: fields.not_null("name", name(255)),
        condition: fields.not_null("condition", condition),
        severity: fields.not_null("severity", severity),
        suppress_minutes: fields.not_null("suppress_minutes", minutes),
        roles: fields.not_null("station_roles", roles),
        enabled: fields.not_null("enabled", boolean),
    };
    fields.finish()?;
    may_watch(commander.principal.rights.roles, change.roles.unwrap_or(before.roles))?;
    let kind = |condition: &AlertCondition| std::mem::discriminant(condition);
    if before.built_in && change.condition.as_ref().is_some_and(|c| kind(c) != kind(&before.condition)) {
        return Err(ApiError::Conflict("The kind of a built-in rule stays: make another rule".into()));
    }
    let changed = commander.store.change_alert_rule(before.id, change).await?.ok_or(NOT_FOUND)?;
    shared.alerts.changed();
    Ok(Json(shown(changed)))
}

/// It exists for whoever sees one of its roles; only who has all of them may change it.
async fn own_rule(commander: &Commander, id: &str) -> Result<AlertRule, ApiError> {
    let own = commander.principal.rights.roles;
    let rule = commander.store.alert_rule(id_of("rule_id", id)?).await?.and_then(|rule| seen(rule, own)).ok_or(NOT_FOUND)?;
    may_watch(own, rule.roles)?;
    Ok(rule)
}

#[utoipa::path(delete, path = "/api/v1/alert-rules/{id}", tag = "alerts", security(("token" = ["command"]), ("session" = [])),
    params(("id" = i64, Path)), description = "Its alerts stay. A built-in rule can be disabled, not deleted.",
    responses((status = 204), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail), (status = 404, body = dto::Detail),
        (status = 409, body = dto::Detail), (status = 422, body = dto::FieldProblems), (status = 503, body = dto::Detail)))]
pub(crate) async fn remove(State(shared): State<Arc<Shared>>, commander: Commander, Segment(id): Segment) -> Result<StatusCode, ApiError> {
    let rule = own_rule(&commander, &id).await?;
    if rule.built_in {
        return Err(ApiError::Conflict("A built-in rule is not deleted: disable it".into()));
    }
    let deleted = commander.store.delete_alert_rule(rule.id).await?;
    shared.alerts.changed();
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(NOT_FOUND) }
}

#[utoipa::path(post, path = "/api/v1/alert-rules/backtest", tag = "alerts", security(("token" = ["command"]), ("session" = [])),
    request_body = dto::BacktestAsk, description = "What the rule would have raised, by the stored events. Nothing is stored.",
    responses((status = 200, body = BacktestResult), (status = 401, body = dto::Detail), (status = 403, body = dto::Detail),
        (status = 413, body = dto::Detail), (status = 415, body = dto::Detail), (status = 422, body = dto::FieldProblems),
        (status = 429, body = dto::Detail, description = "Another back-test is running"), (status = 503, body = dto::Detail)))]
pub(crate) async fn backtest(
    State(shared): State<Arc<Shared>>,
    commander: Commander,
    body: JsonObject,
) -> Result<Json<BacktestResult>, ApiError> {
    let mut fields = Fields::of(body);
    let rule =
        fields.required("rule", |value| value.as_object().cloned().ok_or_else(|| ("dict_type", "Input should be an alert rule".into())));
    let (since, until) = (fields.required("since", instant), fields.required("until", instant));
    fields.finish()?;
    let (Some(rule), Some(since), Some(until)) = (rule, since, until) else { return Err(ApiError::Internal) };
    check_span(since, until)?;
    let new = read_new(&commander, Fields::of(JsonObject(rule)))?;
    let now = shared.now();
    let stored = AlertRule {
        id: 0,
        name: new.name,
        condition: new.condition,
        severity: new.severity,
        suppress_minutes: new.suppress_minutes,
        roles: new.roles,
        enabled: true,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let Ok(_running) = shared.alerts.backtests.try_acquire() else { return Err(ApiError::TooMany { seconds: 20 }) };
    let pois = shared.store.poi_identifiers().await?;
    let rule = compile(&stored, &pois).ok_or(ApiError::Internal)?;
    Ok(Json(backtest::run(&shared, rule, since, until).await?))
}

fn check_span(since: UnixMicros, until: UnixMicros) -> Result<(), ApiError> {
    if (0..=BACKTEST_MAX_US).contains(&until.micros_since(since)) {
        return Ok(());
    }
    Err(ApiError::field("body", "until", "out_of_range", "Input should be after since, at most 31 days", Utc(until).to_string()))
}

/// Read as a whole, then checked as the engine will read it.
fn condition(value: &Value) -> Result<AlertCondition, Problem> {
    let condition: AlertCondition = serde_json::from_value(value.clone()).map_err(|error| ("condition", error.to_string()))?;
    Condition::read(&condition).map_err(|problem| ("condition", problem))?;
    Ok(condition)
}

fn severity(value: &Value) -> Result<Severity, Problem> {
    let severity = value.as_str().and_then(Severity::from_name);
    severity.ok_or_else(|| ("enum", "Input should be info, warning or critical".into()))
}

fn minutes(value: &Value) -> Result<i32, Problem> {
    let minutes = integer(value)?;
    i32::try_from(minutes)
        .ok()
        .filter(|m| (0..=10_080).contains(m))
        .ok_or_else(|| ("out_of_range", "Input should be 0 to 10080 minutes".into()))
}

fn roles(value: &Value) -> Result<RoleSet, Problem> {
    let names: Option<Vec<&str>> = value.as_array().and_then(|names| names.iter().map(Value::as_str).collect());
    let roles = names.and_then(|names| RoleSet::from_names(&names)).filter(|roles| !roles.is_empty());
    roles.ok_or_else(|| ("enum", "Input should be a list of ops, intel, logistics".into()))
}
