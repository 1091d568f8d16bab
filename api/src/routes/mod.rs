//! The routes, one file per resource, and what surrounds all of them: limits, panics, metrics, error bodies, headers.

#[cfg(feature = "central")]
mod agent_actions;
#[cfg(feature = "central")]
mod agentkit_wire;
#[cfg(feature = "central")]
mod alert_rules;
#[cfg(feature = "central")]
mod alerts;
#[cfg(feature = "central")]
mod batch;
#[cfg(feature = "central")]
mod body;
#[cfg(feature = "central")]
pub(crate) mod caches;
#[cfg(feature = "central")]
mod chat;
#[cfg(feature = "central")]
mod chatkit;
#[cfg(feature = "central")]
mod context;
pub(crate) mod data;
#[cfg(feature = "central")]
mod desk;
#[cfg(feature = "central")]
mod elsewhere;
pub(crate) mod etag;
#[cfg(feature = "central")]
mod events;
#[cfg(feature = "central")]
mod feeds;
mod formats;
#[cfg(feature = "central")]
mod hardware;
#[cfg(feature = "central")]
mod health;
#[cfg(feature = "central")]
mod idempotent;
#[cfg(feature = "central")]
mod intake;
pub mod live;
#[cfg(feature = "central")]
mod merges;
#[cfg(feature = "central")]
mod messages;
#[cfg(feature = "central")]
mod oidc;
#[cfg(feature = "central")]
mod one_or_many;
#[cfg(feature = "central")]
pub mod openapi;
mod params;
#[cfg(feature = "central")]
mod people;
mod problem;
#[cfg(feature = "central")]
mod records;
#[cfg(feature = "central")]
mod runs;
#[cfg(feature = "central")]
mod series;
#[cfg(feature = "central")]
mod session;
#[cfg(feature = "central")]
mod sources;
#[cfg(feature = "central")]
mod stations;
#[cfg(feature = "central")]
mod timeline;
#[cfg(feature = "central")]
mod watch;

use crate::console::ConsoleFiles;
use crate::error::{ApiError, detail};
use crate::metrics::{Metrics, count_requests};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tower_http::catch_panic::CatchPanicLayer;

/// Bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 1 << 20;

pub(crate) use params::Params;

/// Adds a route in both forms, with and without a slash at the end.
pub(crate) fn both<S: Clone + Send + Sync + 'static>(router: Router<S>, path: &str, methods: MethodRouter<S>) -> Router<S> {
    let bare = path.trim_end_matches('/');
    router.route(bare, methods.clone()).route(&format!("{bare}/"), methods)
}

/// All routes of the central, behind the gate.
#[cfg(feature = "central")]
pub(crate) fn central(shared: Arc<crate::central::Shared>) -> Router {
    let hub = shared.pictures.whole();
    let routes = live::router(Arc::clone(&hub))
        .merge(data::router(hub))
        .merge(sources::router(Arc::clone(&shared)))
        .merge(events::router(Arc::clone(&shared)))
        .merge(series::router(Arc::clone(&shared)))
        .merge(stations::router(Arc::clone(&shared)))
        .merge(alerts::router(Arc::clone(&shared)))
        .merge(alert_rules::router(Arc::clone(&shared)))
        .merge(intake::router(Arc::clone(&shared)))
        .merge(hardware::router(Arc::clone(&shared)))
        .merge(feeds::router(Arc::clone(&shared)))
        .merge(elsewhere::router(Arc::clone(&shared)))
        .merge(desk::router(Arc::clone(&shared)))
        .merge(timeline::router(Arc::clone(&shared)))
        .merge(records::router(Arc::clone(&shared)))
        .merge(watch::router(Arc::clone(&shared)))
        .merge(session::router(Arc::clone(&shared)))
        .merge(oidc::router(Arc::clone(&shared)))
        .merge(people::router(Arc::clone(&shared)))
        .merge(chat::router(Arc::clone(&shared)))
        .merge(messages::router(Arc::clone(&shared)))
        .merge(chatkit::router(Arc::clone(&shared)))
        .merge(runs::router(Arc::clone(&shared)))
        .merge(merges::router(Arc::clone(&shared)))
        .merge(agent_actions::router(Arc::clone(&shared)))
        .merge(agentkit_wire::router(Arc::clone(&shared)))
        .merge(health::router(Arc::clone(&shared)))
        .merge(openapi::router());
    let routes = routes.route_layer(from_fn_with_state(Arc::clone(&shared), idempotent::idempotent));
    routes.route_layer(from_fn_with_state(shared, crate::auth::gate))
}

/// What every router ends with.
pub(crate) fn finish(routes: Router, files: ConsoleFiles, metrics: Arc<Metrics>) -> Router {
    let panics = Arc::clone(&metrics);
    let on_panic = move |cause: Box<dyn Any + Send + 'static>| {
        panics.panics.fetch_add(1, Relaxed);
        tracing::error!(cause = panic_text(&cause), "a request handler panicked");
        ApiError::Internal.into_response()
    };
    routes
        .method_not_allowed_fallback(|| async { detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed") })
        .fallback_service(files.router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(from_fn(problem::problem_details))
        .layer(from_fn_with_state(metrics, count_requests))
        .layer(map_response(common_headers))
}

async fn common_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn panic_text<'a>(cause: &'a (dyn Any + Send + 'static)) -> &'a str {
    let text = cause.downcast_ref::<&str>().copied();
    text.or_else(|| cause.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
