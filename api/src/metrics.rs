//! Prometheus text (exposition format 0.0.4), written by hand: counters are atomics, labels come from closed sets only
//! (route templates, methods, status codes, reasons), so nothing from outside can grow them.

use crate::live::Hub;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// More metrics from whoever embeds us (the uplink server, the pipeline): appends Prometheus text.
pub type MoreMetrics = Arc<dyn Fn(&mut String) + Send + Sync>;

#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<RequestKey, Requests>>,
    pub panics: AtomicU64,
    pub intake: IntakeMetrics,
    #[cfg(feature = "central")]
    pub alerts: AlertMetrics,
    #[cfg(feature = "central")]
    pub radio: RadioMetrics,
    pub restored: AtomicU64,
}

/// (route template, method, status)
type RequestKey = (String, &'static str, u16);

#[derive(Debug, Default, Clone, Copy)]
struct Requests {
    count: u64,
    micros: u64,
}

/// What became of what stations delivered.
#[derive(Debug, Default)]
pub struct IntakeMetrics {
    pub batches: AtomicU64,
    pub events: AtomicU64,
    /// Events that were stored already.
    pub repeats: AtomicU64,
    pub gaps: AtomicU64,
    /// Events that stations declared lost.
    pub lost: AtomicU64,
    /// Another session moved the watermark meanwhile: tried again.
    pub races: AtomicU64,
    pub refused: AtomicU64,
    pub unavailable: AtomicU64,
    pub store_micros: AtomicU64,
    /// Events that came ahead of what their station still held before them.
    pub urgent: AtomicU64,
    pub urgent_repeats: AtomicU64,
    /// Came ahead, but the ordered delivery was faster.
    pub urgent_late: AtomicU64,
    pub alarms: AtomicU64,
}

/// What the rules raised, and how the keeper of alerts fares.
#[cfg(feature = "central")]
#[derive(Debug, Default)]
pub struct AlertMetrics {
    pub raised: AtomicU64,
    pub reopened: AtomicU64,
    pub resolved: AtomicU64,
    /// Events that found no room in the queue: read back from the database.
    pub missed: AtomicU64,
    pub catch_ups_cut: AtomicU64,
    pub failures: AtomicU64,
    open: AtomicU64,
    entries: AtomicU64,
    cut: AtomicU64,
    pending: AtomicU64,
}

/// What became of messages and bulletins from the air.
#[cfg(feature = "central")]
#[derive(Debug, Default)]
pub struct RadioMetrics {
    pub told: AtomicU64,
    /// Told before.
    pub again: AtomicU64,
    pub too_many: AtomicU64,
}

impl Metrics {
    fn request(&self, route: &str, method: &Method, status: StatusCode, micros: u64) {
        let key = (route.to_owned(), method_name(method), status.as_u16());
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = requests.entry(key).or_default();
        entry.count += 1;
        entry.micros += micros;
    }

    /// All of it as text.
    pub fn render(&self, hub: &Hub, more: Option<&MoreMetrics>) -> String {
        let mut out = String::with_capacity(4_096);
        self.render_requests(&mut out);
        counter(&mut out, "vtoc_http_panics_total", "Requests that ended in a panic.", self.panics.load(Relaxed));
        render_live(&mut out, hub);
        if cfg!(feature = "central") {
            self.intake.render(&mut out);
            #[cfg(feature = "central")]
            self.alerts.render(&mut out);
            #[cfg(feature = "central")]
            self.radio.render(&mut out);
            counter(&mut out, "vtoc_live_restored_events_total", "Events read back at start.", self.restored.load(Relaxed));
        }
        if let Some(more) = more {
            more(&mut out);
        }
        out
    }

    fn render_requests(&self, out: &mut String) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        head(out, "vtoc_http_requests_total", "counter", "Requests answered.");
        for ((route, method, status), r) in &requests {
            line(out, &format!("vtoc_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}"), r.count as f64);
        }
        head(out, "vtoc_http_request_seconds_total", "counter", "Time spent answering, until the response began.");
        for ((route, method, status), r) in &requests {
            let name = format!("vtoc_http_request_seconds_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}");
            line(out, &name, r.micros as f64 / 1e6);
        }
    }
}

impl IntakeMetrics {
    fn render(&self, out: &mut String) {
        let get = |c: &AtomicU64| c.load(Relaxed);
        counter(out, "vtoc_intake_batches_total", "Batches stored.", get(&self.batches));
        counter(out, "vtoc_intake_events_total", "Events stored.", get(&self.events));
        counter(out, "vtoc_intake_repeats_total", "Events that were stored already.", get(&self.repeats));
        counter(out, "vtoc_intake_gaps_total", "Batches refused because events before them are missing.", get(&self.gaps));
        counter(out, "vtoc_intake_lost_events_total", "Events that stations declared lost.", get(&self.lost));
        counter(out, "vtoc_intake_races_total", "Batches tried again because another session was faster.", get(&self.races));
        counter(out, "vtoc_intake_refused_total", "Greetings and batches refused.", get(&self.refused));
        counter(out, "vtoc_intake_unavailable_total", "Greetings and batches the database could not take.", get(&self.unavailable));
        counter(out, "vtoc_intake_urgent_total", "Urgent events that overtook what was before them.", get(&self.urgent));
        counter(out, "vtoc_intake_urgent_repeats_total", "Urgent events that were told before.", get(&self.urgent_repeats));
        counter(out, "vtoc_intake_urgent_late_total", "Urgent events that were already stored in order.", get(&self.urgent_late));
        counter(out, "vtoc_intake_alarms_total", "Distress and emergencies, each told once.", get(&self.alarms));
        head(out, "vtoc_intake_store_seconds_total", "counter", "Time spent storing batches.");
        line(out, "vtoc_intake_store_seconds_total", get(&self.store_micros) as f64 / 1e6);
    }
}

#[cfg(feature = "central")]
impl AlertMetrics {
    pub(crate) fn note(&self, engine: &crate::alerts::Engine, pending: usize) {
        self.open.store(engine.open() as u64, Relaxed);
        self.entries.store(engine.entries() as u64, Relaxed);
        self.cut.store(engine.cut(), Relaxed);
        self.pending.store(pending as u64, Relaxed);
    }

    fn render(&self, out: &mut String) {
        let get = |c: &AtomicU64| c.load(Relaxed);
        counter(out, "vtoc_alerts_raised_total", "Alerts raised.", get(&self.raised));
        counter(out, "vtoc_alerts_reopened_total", "Alerts that were over and are not: no new one was raised.", get(&self.reopened));
        counter(out, "vtoc_alerts_resolved_total", "Alerts that were over by themselves.", get(&self.resolved));
        counter(out, "vtoc_alerts_missed_events_total", "Events that were read back because the queue was full.", get(&self.missed));
        counter(out, "vtoc_alerts_catch_ups_cut_total", "Starts with more events to judge than are read back.", get(&self.catch_ups_cut));
        counter(out, "vtoc_alerts_failures_total", "Attempts to store what the rules say that failed.", get(&self.failures));
        counter(out, "vtoc_alerts_cut_total", "Subjects forgotten because there were too many.", get(&self.cut));
        gauge(out, "vtoc_alerts_open", "Alerts that are neither over nor closed.", get(&self.open) as f64);
        gauge(out, "vtoc_alerts_entries", "Subjects known by rules.", get(&self.entries) as f64);
        gauge(out, "vtoc_alerts_pending", "Changes that wait for the database.", get(&self.pending) as f64);
    }
}

#[cfg(feature = "central")]
impl RadioMetrics {
    fn render(&self, out: &mut String) {
        let get = |c: &AtomicU64| c.load(Relaxed);
        counter(out, "vtoc_chat_radio_told_total", "Messages and bulletins from the air told in the chat.", get(&self.told));
        counter(out, "vtoc_chat_radio_again_total", "Messages and bulletins that were told before.", get(&self.again));
        counter(out, "vtoc_chat_radio_too_many_total", "Messages and bulletins not told: too many at once.", get(&self.too_many));
    }
}

fn render_live(out: &mut String, hub: &Hub) {
    let (tracks, clients, evicted, ahead) = hub.gauges();
    let c = hub.counters();
    gauge(out, "vtoc_live_tracks", "Tracks in the live picture.", tracks as f64);
    gauge(out, "vtoc_live_clients", "Open live connections.", clients as f64);
    counter(out, "vtoc_live_evicted_tracks_total", "Tracks pushed out because the picture was full.", evicted);
    counter(out, "vtoc_live_events_applied_total", "Events taken into the picture.", c.applied.load(Relaxed));
    counter(out, "vtoc_live_events_too_old_total", "Events too old for the picture.", c.too_old.load(Relaxed));
    counter(out, "vtoc_live_events_ahead_total", "Events stamped ahead of our clock.", ahead);
    counter(out, "vtoc_live_deltas_total", "Deltas made.", c.deltas.load(Relaxed));
    counter(out, "vtoc_live_snapshots_total", "Snapshots made.", c.snapshots.load(Relaxed));
    counter(out, "vtoc_live_missed_total", "Deltas that a slow client did not get.", c.missed.load(Relaxed));
    counter(out, "vtoc_live_encounters_cut_total", "Vessels with too many neighbours to look at all.", c.encounters_cut.load(Relaxed));
    counter(out, "vtoc_live_clients_refused_total", "Live connections refused.", c.clients_refused.load(Relaxed));
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a String takes everything");
}

fn line(out: &mut String, name: &str, value: f64) {
    writeln!(out, "{name} {value}").expect("a String takes everything");
}

/// Appends one counter without labels.
pub fn counter(out: &mut String, name: &str, help: &str, value: u64) {
    head(out, name, "counter", help);
    line(out, name, value as f64);
}

/// Appends one gauge without labels.
pub fn gauge(out: &mut String, name: &str, help: &str, value: f64) {
    head(out, name, "gauge", help);
    line(out, name, value);
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Middleware: counts every request by its route's template.
pub(crate) async fn count_requests(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "other".to_owned(), |p| p.as_str().to_owned());
    let method = request.method().clone();
    let response = next.run(request).await;
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    metrics.request(&route, &method, response.status(), micros);
    response
}

/// `GET /metrics`
pub(crate) fn respond(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))], text).into_response()
}
