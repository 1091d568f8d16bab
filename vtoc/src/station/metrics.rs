//! A station's own metrics: receivers, decoders, spool, link, feeds.

use super::{Parts, feeds, igate, transmit};
use crate::metrics::{counter, gauge, labels, metric};
use decoders::Refusal;
use ingest::{ProfileCounters, ReceiverReport, StationHandle};
use std::sync::PoisonError;

type Column = (&'static str, &'static str, fn(&ReceiverReport) -> u64);

const RECEIVER: [Column; 12] = [
    ("vtoc_receiver_samples_total", "Complex samples taken from the source.", |r| r.counters.samples),
    ("vtoc_receiver_frames_total", "Frames whose check passed.", |r| r.counters.frames),
    ("vtoc_receiver_corrected_frames_total", "Frames that needed error correction.", |r| r.demodulator.corrected_frames),
    ("vtoc_receiver_dropped_samples_pool_total", "Samples dropped because the demodulator was too slow.", |r| {
        r.counters.dropped_pool_empty
    }),
    ("vtoc_receiver_dropped_samples_source_total", "Samples that the source itself lost.", |r| r.counters.dropped_by_source),
    ("vtoc_receiver_restarts_total", "Times the source was opened again.", |r| r.counters.restarts),
    ("vtoc_receiver_stalls_total", "Reads in which nothing came in time.", |r| r.counters.stalls),
    ("vtoc_receiver_panics_total", "Panics in the source, its framing or its demodulator.", |r| r.counters.panics),
    ("vtoc_receiver_feed_refused_total", "Messages of a feed refused: broken, or their parity is wrong.", |r| r.counters.feed_refused),
    ("vtoc_receiver_source_errors_total", "Failed openings and failed reads of the source.", |r| r.counters.source_errors),
    ("vtoc_receiver_facts_total", "Facts told by a feed of what was decoded elsewhere.", |r| r.counters.facts),
    ("vtoc_receiver_facts_unchanged_total", "Facts of such a feed that had been told and have not changed.", |r| {
        r.counters.facts_unchanged
    }),
];

pub fn render(parts: &Parts, out: &mut String) {
    if let Some(ingest) = parts.ingest.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        receivers(ingest, out);
        decoders(ingest, out);
    }
    spool(parts, out);
    link(parts, out);
    feeds::render(&parts.feeds, out);
    igate::render(parts.igate.as_ref(), out);
    transmit::render(parts.transmit.as_ref(), out);
}

fn receivers(ingest: &StationHandle, out: &mut String) {
    let reports = ingest.receivers();
    let named = |r: &ReceiverReport| labels([("receiver", &r.name), ("protocol", &r.protocol)]);
    for (name, help, read) in RECEIVER {
        metric(out, name, "counter", help, reports.iter().map(|r| (named(r), read(r) as f64)));
    }
    let state = |r: &ReceiverReport| labels([("receiver", &r.name), ("state", &r.state.name())]);
    metric(out, "vtoc_receiver_state", "gauge", "1 for the state that a receiver is in.", reports.iter().map(|r| (state(r), 1.0)));
    let refused = reports
        .iter()
        .flat_map(|r| Refusal::ALL.map(|why| (labels([("receiver", &r.name), ("why", &why.name())]), r.demodulator.refused(why) as f64)));
    metric(out, "vtoc_receiver_refused_total", "counter", "What looked like a frame and was refused.", refused);
    let ppm = reports.iter().filter_map(|r| Some((labels([("receiver", &r.name)]), r.crystal_error_ppb? as f64 / 1e3)));
    let help = "Parts per million by which the crystal seems to be fast, beyond `ppm`; from the carriers heard (AIS).";
    metric(out, "vtoc_receiver_crystal_error_ppm", "gauge", help, ppm);
    profiles(&reports, out);
}

/// Which profile a receiver's demodulator is in, what each has cost and given, and what the fast one gives up.
fn profiles(reports: &[ReceiverReport], out: &mut String) {
    type Pair = fn(&ProfileCounters) -> (f64, f64);
    const BOTH: [(&str, &str, &str, Pair); 3] = [
        ("vtoc_receiver_profile", "gauge", "1 for the profile that is in force.", |p| (1.0 - p.is_fast as f64, p.is_fast as f64)),
        ("vtoc_receiver_profile_seconds_total", "counter", "Signal demodulated in each profile.", |p| {
            (p.full_us as f64 / 1e6, p.fast_us as f64 / 1e6)
        }),
        ("vtoc_receiver_profile_frames_total", "counter", "Frames found in each profile.", |p| {
            (p.full_frames as f64, p.fast_frames as f64)
        }),
    ];
    // Receivers of samples only: a feed was demodulated elsewhere.
    let of_samples = || reports.iter().filter(|r| 0 < r.counters.samples);
    for (name, kind, help, read) in BOTH {
        let values = of_samples().flat_map(|r| {
            let (full, fast) = read(&r.profile);
            let named = |profile: &str| labels([("receiver", &r.name), ("profile", &profile)]);
            [(named("full"), full), (named("fast"), fast)]
        });
        metric(out, name, kind, help, values);
    }
    let named = |r: &ReceiverReport| labels([("receiver", &r.name)]);
    let each = |read: fn(&ProfileCounters) -> f64| of_samples().map(move |r| (named(r), read(&r.profile)));
    let help = "Changes from one profile to the other.";
    metric(out, "vtoc_receiver_profile_switches_total", "counter", help, each(|p| p.switches as f64));
    let help = "Working time of the demodulator over signal time, last second.";
    metric(out, "vtoc_receiver_load_ratio", "gauge", help, each(|p| p.load_permille as f64 / 1e3));
    let help = "Frames that the full profile would have found beyond those of the fast one (estimate).";
    metric(out, "vtoc_receiver_given_up_frames_total", "counter", help, each(|p| p.given_up_frames as f64));
    let compared = of_samples().filter(|r| 0 < r.profile.fast_yield_permille);
    let help = "The part of the full profile's frames that the fast one finds, as seen at the changes.";
    metric(out, "vtoc_receiver_fast_yield_ratio", "gauge", help, compared.map(|r| (named(r), r.profile.fast_yield_permille as f64 / 1e3)));
}

fn decoders(ingest: &StationHandle, out: &mut String) {
    let protocols = ingest.protocols();
    let events = protocols.iter().map(|(p, c)| (labels([("protocol", p)]), c.events as f64));
    metric(out, "vtoc_decoder_events_total", "counter", "Events decoded.", events);
    let refused = protocols
        .iter()
        .flat_map(|(p, c)| Refusal::ALL.map(|why| (labels([("protocol", p), ("why", &why.name())]), c.refused(why) as f64)));
    metric(out, "vtoc_decoder_refused_total", "counter", "Frames or parts of frames that were not believed.", refused);
    counter(out, "vtoc_merge_duplicates_total", "Frames that another receiver had heard too.", ingest.merge().duplicates);
    counter(
        out,
        "vtoc_merge_facts_known_total",
        "Facts dropped because another receiver had heard or told the same.",
        ingest.merge().facts_known,
    );
}

fn spool(parts: &Parts, out: &mut String) {
    let stats = parts.spool.stats();
    counter(out, "vtoc_spool_appended_events_total", "Events accepted by the spool.", stats.appended_events);
    counter(out, "vtoc_spool_acked_events_total", "Events that the central has for good.", stats.acked_events);
    gauge(out, "vtoc_spool_waiting_events", "Events accepted and not yet acknowledged.", stats.waiting_events as f64);
    gauge(out, "vtoc_spool_used_bytes", "Size of the spool.", stats.used_bytes as f64);
    gauge(out, "vtoc_spool_max_bytes", "Limit of the spool's size.", stats.max_bytes as f64);
    counter(out, "vtoc_spool_full_refusals_total", "Appends refused because the spool was full.", stats.full_refusals);
    gauge(out, "vtoc_spool_urgent_waiting_events", "Urgent events the central does not know of.", stats.urgent_waiting as f64);
    counter(out, "vtoc_spool_urgent_told_events_total", "Urgent events the central was told of ahead of their turn.", stats.urgent_told);
    counter(out, "vtoc_spool_urgent_passed_events_total", "Urgent events that were delivered in their turn before.", stats.urgent_passed);
    counter(out, "vtoc_spool_urgent_dropped_events_total", "Urgent events that wait for their turn: too many.", stats.urgent_dropped);
    counter(out, "vtoc_spool_quarantined_segments_total", "Segments set aside because they were damaged.", stats.quarantined_segments);
    if let Some(writer) = parts.writer.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        let counts = writer.counts();
        counter(out, "vtoc_spool_queue_refused_events_total", "Events lost because the disk was too slow.", counts.queue_refused);
        counter(out, "vtoc_spool_full_refused_events_total", "Events lost because the spool was full.", counts.full_refused);
        counter(out, "vtoc_spool_retries_total", "Transactions that failed and were tried again.", counts.retries);
    }
}

fn link(parts: &Parts, out: &mut String) {
    let Some(status) = &parts.uplink else { return };
    let status = status.borrow();
    gauge(out, "vtoc_uplink_connected", "1 while connected to the central.", f64::from(u8::from(status.connected)));
    counter(out, "vtoc_uplink_sessions_total", "Sessions begun.", status.sessions);
    counter(out, "vtoc_uplink_failed_attempts_total", "Attempts to connect that failed.", status.failed_attempts);
    counter(out, "vtoc_uplink_sent_bytes_total", "Bytes of segments sent.", status.bytes_sent);
    counter(out, "vtoc_uplink_declared_losses_total", "Losses declared to the central.", status.declared_losses);
    gauge(out, "vtoc_uplink_urgent_lane", "1 while the central takes urgent events first.", f64::from(u8::from(status.urgent_lane)));
    counter(out, "vtoc_uplink_urgent_sent_total", "Urgent events sent ahead of their turn.", status.urgent_sent);
    counter(out, "vtoc_uplink_urgent_resent_total", "Urgent events sent ahead again in a later session.", status.urgent_resent);
    counter(out, "vtoc_uplink_urgent_acks_total", "Urgent events the central has noted.", status.urgent_acks);
    gauge(out, "vtoc_uplink_rtt_seconds", "Round-trip time.", status.rtt_micros as f64 / 1e6);
}
