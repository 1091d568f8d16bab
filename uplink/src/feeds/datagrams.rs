//! A feed as UDP datagrams: to one address, to everybody on the LAN (broadcast), to a group (multicast).
//!
//! Whole lines, as many as fit a datagram. Nobody acknowledges anything: what can't be sent is counted and forgotten.

use super::FeedFormat;
use super::server::{Chunk, Publisher, open};
use std::io::Result;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use tokio::net::UdpSocket;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Fits an Ethernet frame with IPv6 and UDP headers.
const DATAGRAM_BYTES_MAX: usize = 1_400;

/// Sends to `target` until the publisher is dropped. Needs a tokio runtime.
pub async fn send_to(target: SocketAddr, format: FeedFormat) -> Result<Publisher> {
    let any: SocketAddr = if target.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await?;
    if target.is_ipv4() {
        socket.set_broadcast(true)?;
    }
    let (publisher, queue) = open(format);
    let counters = publisher.counters();
    tokio::spawn(async move {
        counters.clients.store(1, Relaxed);
        send(&socket, target, queue, |sent, lost| {
            counters.sent_bytes.fetch_add(sent, Relaxed);
            counters.dropped.fetch_add(lost, Relaxed);
        })
        .await;
        counters.clients.store(0, Relaxed);
    });
    Ok(publisher)
}

async fn send(socket: &UdpSocket, target: SocketAddr, mut queue: Receiver<Chunk>, count: impl Fn(u64, u64)) {
    loop {
        match queue.recv().await {
            Ok(chunk) => {
                for datagram in datagrams(&chunk) {
                    match socket.send_to(datagram, target).await {
                        Ok(n) => count(n as u64, 0),
                        Err(_) => count(0, 1),
                    }
                }
            }
            Err(RecvError::Lagged(missed)) => count(0, missed),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Cuts behind the last line that fits.
fn datagrams(mut chunk: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let fits = &chunk[..chunk.len().min(DATAGRAM_BYTES_MAX)];
        let end =
            if fits.len() == chunk.len() { fits.len() } else { fits.iter().rposition(|&b| b == b'\n').map_or(fits.len(), |at| at + 1) };
        let (datagram, rest) = chunk.split_at(end);
        chunk = rest;
        (!datagram.is_empty()).then_some(datagram)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Frame, Protocol, Raw, ReceiverId, Signal, Tick12};

    #[test]
    fn datagrams_hold_whole_lines() {
        let chunk: Vec<u8> = (0..200).flat_map(|n| format!("line {n}\r\n").into_bytes()).collect();
        let cut: Vec<&[u8]> = datagrams(&chunk).collect();
        assert_eq!(cut.concat(), chunk);
        assert!(1 < cut.len() && cut.iter().all(|d| d.len() <= DATAGRAM_BYTES_MAX && d.ends_with(b"\n")));
        assert_eq!(datagrams(&[b'x'; 3_000]).map(<[u8]>::len).collect::<Vec<_>>(), [1_400, 1_400, 200]);
        assert_eq!(datagrams(b"").count(), 0);
    }

    #[tokio::test]
    async fn frames_arrive_as_sentences() {
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut publisher = send_to(receiver.local_addr().unwrap(), FeedFormat::Nmea).await.unwrap();
        let frame = Frame {
            protocol: Protocol::Ais,
            receiver: ReceiverId(0),
            raw: Raw::new(&[0x14; 21]),
            tick: Tick12(1),
            utc: None,
            signal: Signal { channel: Some(model::ChannelId(0)), ..Signal::default() },
        };
        publisher.frame(&frame);
        publisher.flush();
        let mut datagram = [0; 2_000];
        let n = receiver.recv(&mut datagram).await.unwrap();
        assert!(datagram[..n].starts_with(b"!AIVDM,1,1,,A,") && datagram[..n].ends_with(b"\r\n"));
    }
}
