//! The station's feeds for other programs: bound at the start, announced, counted.

use crate::config::Settings;
use crate::failure::Failure;
use crate::metrics::{labels, metric};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::net::TcpListener;
use uplink::feeds::{Envelope, FeedCounters, FeedFormat, Publisher, send_to, serve};

/// The feeds that are switched on, bound.
#[derive(Debug)]
pub struct Feeds {
    bound: Vec<(FeedFormat, SocketAddr, TcpListener)>,
    datagrams: Vec<(&'static str, SocketAddr, Publisher)>,
}

/// A feed that takes clients.
#[derive(Debug)]
pub struct Running {
    name: String,
    address: SocketAddr,
    counters: Arc<FeedCounters>,
}

impl Feeds {
    pub async fn bind(settings: &Settings) -> Result<Self, Failure> {
        let mut bound = Vec::new();
        for format in FeedFormat::ALL {
            let address = match format {
                FeedFormat::Beast => settings.feeds.beast,
                FeedFormat::Avr => settings.feeds.avr,
                FeedFormat::Sbs => settings.feeds.sbs,
                FeedFormat::Nmea => settings.feeds.nmea,
            };
            let Some(address) = address else { continue };
            let name = format.name();
            let listener =
                TcpListener::bind(address).await.map_err(|e| Failure::unavailable(format!("feeds.{name} {address}: can't listen: {e}")))?;
            let address = listener.local_addr().map_err(Failure::failed)?;
            bound.push((format, address, listener));
        }
        let mut datagrams = Vec::new();
        let bare = settings.feeds.nmea_udp.iter().map(|target| ("nmea_udp", target, Envelope::Bare));
        let ships = settings.feeds.nmea_450.iter().map(|target| ("nmea_450", target, Envelope::Iec450));
        for (name, &target, envelope) in bare.chain(ships) {
            let sent = send_to(target, FeedFormat::Nmea, envelope).await;
            let publisher = sent.map_err(|e| Failure::unavailable(format!("feeds.{name} {target}: can't send: {e}")))?;
            datagrams.push((name, target, publisher));
        }
        Ok(Self { bound, datagrams })
    }

    /// Takes clients from now on.
    pub fn start(self) -> (Vec<Publisher>, Vec<Running>) {
        let start = |(format, address, listener): (FeedFormat, SocketAddr, TcpListener)| {
            let publisher = serve(listener, format);
            let running = Running { name: format.name().to_owned(), address, counters: publisher.counters() };
            (publisher, running)
        };
        let sent = self.datagrams.into_iter().map(|(name, address, publisher)| {
            let running = Running { name: format!("{name} {address}"), address, counters: publisher.counters() };
            (publisher, running)
        });
        self.bound.into_iter().map(start).chain(sent).unzip()
    }
}

/// Where each listens, for whoever reads stdout: `feed beast 127.0.0.1:30005`.
#[expect(clippy::print_stdout, reason = "whoever started us reads where to connect")]
pub fn announce(feeds: &[Running]) {
    for feed in feeds {
        println!("feed {} {}", feed.name, feed.address);
    }
}

pub fn render(feeds: &[Running], out: &mut String) {
    type Column = (&'static str, &'static str, &'static str, fn(&FeedCounters) -> u64);
    const COLUMNS: [Column; 5] = [
        ("vtoc_feed_clients", "gauge", "Programs connected to the feed.", |c| c.clients.load(Relaxed) as u64),
        ("vtoc_feed_clients_refused_total", "counter", "Connections refused because too many were open.", |c| c.refused.load(Relaxed)),
        ("vtoc_feed_clients_dropped_total", "counter", "Clients dropped because they could not keep up.", |c| c.dropped.load(Relaxed)),
        ("vtoc_feed_messages_total", "counter", "Frames or lines written while someone listened.", |c| c.messages.load(Relaxed)),
        ("vtoc_feed_sent_bytes_total", "counter", "Bytes sent, to all clients together.", |c| c.sent_bytes.load(Relaxed)),
    ];
    if feeds.is_empty() {
        return;
    }
    for (name, kind, help, read) in COLUMNS {
        metric(out, name, kind, help, feeds.iter().map(|f| (labels([("feed", &f.name)]), read(&f.counters) as f64)));
    }
}
