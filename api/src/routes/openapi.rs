//! The API's description: made from the routes, checked in as `api/openapi.json`, served as `GET /openapi.json`.

use super::{agent_actions, agentkit_wire, alert_rules, alerts, chat, chatkit, merges, messages, runs};
use super::{
    both, desk, elsewhere, events, hardware, health, intake, live, oidc, people, series, session, sources, stations, timeline, watch,
};
use crate::dto;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(OpenApi)]
#[openapi(
    info(title = "vTOC API", version = "1.0.0", description = "Every path also answers with (or without) a slash at its end."),
    paths(
        health::healthz, health::readyz, health::metrics_text, health::console, live::tracks, live::track_detail, live::live_stream,
        stations::list, stations::one, stations::create, stations::change, stations::remove,
        desk::dashboard, desk::tasks, desk::add_task, desk::actions, desk::assignments, desk::assign, desk::change_assignment,
        desk::remove_assignment, timeline::timeline, timeline::mission_timeline,
        sources::list, sources::create, sources::one, sources::change, sources::remove,
        events::list, intake::create, intake::ingest, events::one, events::change, events::remove, series::series,
        alerts::list, alerts::feed, alerts::one, alerts::acknowledge, alerts::resolve, alert_rules::list, alert_rules::create, alert_rules::one,
        alert_rules::change, alert_rules::remove, alert_rules::backtest,
        session::login, oidc::login, oidc::callback, session::logout, session::session, session::password,
        people::operators, people::add_operator, people::change_operator, people::tokens, people::add_token, people::revoke_token,
        people::audit,
        chat::channels, chat::add_channel, chat::threads, chat::add_thread, chat::event_thread, chat::mark_read,
        messages::list, messages::post, messages::one, messages::react, messages::feed,
        chatkit::webhook, chatkit::commands,
        runs::playbooks, runs::start, runs::list, runs::one, runs::logs, runs::cancel, runs::confirm, merges::list, merges::undo,
        agent_actions::tools, agent_actions::audits, agent_actions::execute, agent_actions::webhook,
        agentkit_wire::tools, agentkit_wire::execute, agentkit_wire::one, agentkit_wire::token,
        elsewhere::api_health, elsewhere::rf_info, elsewhere::rf_devices, elsewhere::rf_test, elsewhere::start_agent, elsewhere::stop_agent,
        hardware::serial, hardware::test_gps, hardware::register_base_station, hardware::enable_adsb, hardware::status, hardware::h4m_import,
        watch::identifiers, watch::add_identifier, watch::remove_identifier, watch::check,
    ),
    components(schemas(dto::Snapshot, dto::Delta, dto::ChatFrame, dto::AlertsFrame<'_>, dto::AlertDetails)),
    modifiers(&Token)
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("vtoc_… with the scope that is named"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKeyValue::with_description("vtoc_session", "Writes need X-CSRF-Token besides (GET /api/v1/auth/session)");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// `openapi.json` as it is checked in and served.
pub fn document() -> String {
    let mut whole = serde_json::to_value(Description::openapi()).expect("the description is plain JSON");
    crate::records::describe(&mut whole);
    let mut text = serde_json::to_string_pretty(&whole).expect("the description is plain JSON");
    text.push('\n');
    text
}

pub(crate) fn router() -> Router {
    let text: axum::body::Bytes = document().into();
    let serve = move || async move { ([(header::CONTENT_TYPE, "application/json")], text).into_response() };
    // For people, at `/docs/`: everything it needs comes from here.
    let page = SwaggerUi::new("/docs").config(Config::from("/openapi.json"));
    let redoc = get(|| async { Redirect::temporary("/docs/") });
    both(both(Router::new(), "/openapi.json", get(serve)), "/redoc", redoc).merge(page)
}

#[cfg(test)]
mod tests {
    /// `UPDATE=1 cargo test -p api openapi` rewrites the file.
    #[test]
    fn the_checked_in_description_is_what_the_routes_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let made = super::document();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let held = std::fs::read_to_string(path).unwrap_or_default();
        let differing = made.lines().zip(held.lines()).enumerate().find(|(_, (a, b))| a != b);
        assert!(made == held, "api/openapi.json is not up to date (UPDATE=1 rewrites it); first difference: {differing:?}");
    }
}
