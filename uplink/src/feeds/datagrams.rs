//! A feed as UDP datagrams: to one address, to everybody on the LAN (broadcast), to a group (multicast).
//!
//! Whole lines, as many as fit a datagram. Nobody acknowledges anything: what can't be sent is counted and forgotten.
//!
//! A ship's network (IEC 61162-450 §7.2) has a head before the lines and a TAG block (NMEA 0183 4.10 §7) before each:
//!
//! ```text
//!   UdPbC\0\\g:1-2-7,s:AI0001,n:17*..\\!AIVDM,2,1,7,B,…*1A\r\n\\g:2-2-7,s:AI0001,n:18*..\\!AIVDM,2,2,7,B,…*44\r\n
//! ```

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
/// What a datagram of sentences begins with.
const HEAD_450: &[u8] = b"UdPbC\0";
/// Who speaks: a talker and a number. We are the AIS of the place.
const SOURCE_450: &str = "AI0001";

/// What is around the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    Bare,
    /// IEC 61162-450: for sentences alone.
    Iec450,
}

/// Sends to `target` until the publisher is dropped. Needs a tokio runtime.
pub async fn send_to(target: SocketAddr, format: FeedFormat, envelope: Envelope) -> Result<Publisher> {
    let any: SocketAddr = if target.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await?;
    if target.is_ipv4() {
        socket.set_broadcast(true)?;
    }
    let (publisher, queue) = open(format);
    let counters = publisher.counters();
    tokio::spawn(async move {
        counters.clients.store(1, Relaxed);
        send(&socket, target, envelope, queue, |sent, lost| {
            counters.sent_bytes.fetch_add(sent, Relaxed);
            counters.dropped.fetch_add(lost, Relaxed);
        })
        .await;
        counters.clients.store(0, Relaxed);
    });
    Ok(publisher)
}

async fn send(socket: &UdpSocket, target: SocketAddr, envelope: Envelope, mut queue: Receiver<Chunk>, count: impl Fn(u64, u64)) {
    let mut line_count = 0;
    loop {
        match queue.recv().await {
            Ok(chunk) => {
                let chunk = match envelope {
                    Envelope::Bare => chunk.to_vec(),
                    Envelope::Iec450 => tagged(&chunk, &mut line_count),
                };
                for datagram in datagrams(&chunk) {
                    let datagram = if envelope == Envelope::Iec450 { [HEAD_450, datagram].concat() } else { datagram.to_vec() };
                    match socket.send_to(&datagram, target).await {
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

/// A TAG block before each sentence: its place among those of its message, whose it is, and its number (1 to 999, then from 1).
fn tagged(chunk: &[u8], line_count: &mut u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(chunk.len() * 2);
    // An empty line is a heartbeat, which datagrams don't need.
    for line in chunk.split_inclusive(|&b| b == b'\n').filter(|line| line.starts_with(b"!")) {
        *line_count = *line_count % 999 + 1;
        let mut fields = line.split(|&b| b == b',').skip(1).map(|field| std::str::from_utf8(field).unwrap_or(""));
        let group = match (fields.next(), fields.next(), fields.next()) {
            (Some(parts), Some(part), Some(id)) if parts != "1" => format!("g:{part}-{parts}-{id},"),
            _ => String::new(),
        };
        let block = format!("{group}s:{SOURCE_450},n:{line_count}");
        let sum = block.bytes().fold(0, |sum, b| sum ^ b);
        out.extend_from_slice(format!("\\{block}*{sum:02X}\\").as_bytes());
        out.extend_from_slice(line);
    }
    out
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

    #[test]
    fn every_sentence_has_its_tag_block() {
        let mut line_count = 998;
        let lines = b"!AIVDM,2,1,7,B,55?*1A\r\n!AIVDM,2,2,7,B,22,2*44\r\n\r\n!AIVDM,1,1,,A,14,0*29\r\n";
        let text = String::from_utf8(tagged(lines, &mut line_count)).unwrap();
        let said: Vec<&str> = text.lines().collect();
        assert_eq!(said.len(), 3);
        assert!(said[0].starts_with("\\g:1-2-7,s:AI0001,n:999*") && said[1].starts_with("\\g:2-2-7,s:AI0001,n:1*"), "{text}");
        assert_eq!(said[2], "\\s:AI0001,n:2*0A\\!AIVDM,1,1,,A,14,0*29");
    }

    #[tokio::test]
    async fn frames_arrive_as_sentences() {
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut publisher = send_to(receiver.local_addr().unwrap(), FeedFormat::Nmea, Envelope::Bare).await.unwrap();
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
