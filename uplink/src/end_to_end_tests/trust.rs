//! Who may deliver, and what a stranger or a broken program can do: nothing, and it is told in one sentence.

use super::{PATIENCE, World, append, name, stream, until};
use crate::intake::KeyFingerprint;
use crate::link;
use crate::tls::{self, ALPN_DELIVERY, Authority, CENTRAL_NAME, ClockFloor, Identity, STATION_DAYS};
use crate::wire::{BootInfo, Control, Encoder, EpochSpan, Frame, Hello, Refusal};
use model::{Epoch, UnixMicros};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rcgen::KeyPair;
use rustls_pki_types::PrivateKeyDer;
use std::net::SocketAddr;
use std::sync::Arc;

/// An identity for `station` that `authority` signed for so many days, believing `believed`.
fn identity(authority: &Authority, station: &str, days: i64, believed: &Authority) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = authority.station_certificate(&key, name(station), days).unwrap().der().clone();
    Identity { chain: vec![certificate, believed.certificate().clone()], key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
}

impl World {
    pub fn authority(&self) -> Authority {
        Authority::open(&self.path("central")).unwrap()
    }

    fn other_authority(&self) -> Authority {
        Authority::open_or_create(&self.path("other"), "other-org").unwrap()
    }
}

const YEAR_SECS: i64 = 365 * 86_400;

fn real_secs() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

/// The sentence and whether a person is needed, for a station that shows `identity`, with this clock.
async fn refusal(world: &World, identity: &Identity, clock: ClockFloor) -> (String, bool) {
    let (central, spool) = (world.central(), world.spool());
    let mut truth = Vec::new();
    append(&spool, &stream(1, 10), &mut truth);
    let mut station = world.station_with(central.address, &spool, identity, |_| {}, clock);
    let sentence = station.error().await;
    let status = station.status.borrow().clone();
    assert!(!status.connected);
    assert_eq!(world.intake.row_count(), 0);
    assert_eq!(spool.stats().waiting_events, 10);
    (sentence, status.needs_a_person)
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let world = World::new();
    let foreign = identity(&world.other_authority(), "alpha", STATION_DAYS, &world.authority());
    let (sentence, person) = refusal(&world, &foreign, ClockFloor::default()).await;
    assert_eq!(sentence, "the central refuses this station's certificate: it was signed by an authority that is not known there");
    assert!(person);
}

#[tokio::test]
async fn a_central_of_another_authority_is_refused() {
    let world = World::new();
    let mistaken = identity(&world.authority(), "alpha", STATION_DAYS, &world.other_authority());
    let (sentence, person) = refusal(&world, &mistaken, ClockFloor::default()).await;
    assert!(sentence.starts_with("the central's certificate is refused: "), "{sentence}");
    assert!(person);
}

#[tokio::test]
async fn a_central_of_another_name_is_refused() {
    let world = World::new();
    let (central, spool) = (world.central(), world.spool());
    let other = |c: &mut crate::client::ClientConfig| c.server_name = "elsewhere.example".into();
    let mut station = world.station_with(central.address, &spool, &world.alpha(), other, ClockFloor::default());
    let sentence = station.error().await;
    assert!(
        sentence.starts_with("the central's certificate is refused: certificate not valid for name \"elsewhere.example\""),
        "{sentence}"
    );
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let world = World::new();
    let old = identity(&world.authority(), "alpha", -1, &world.authority());
    let (sentence, person) = refusal(&world, &old, ClockFloor::default()).await;
    assert_eq!(sentence, "the central refuses this station's certificate: it has expired, or is not valid yet");
    assert!(person);
}

/// The central's certificate is no station's, and a station's is no central's: the purposes are in them.
#[tokio::test]
async fn certificates_serve_their_own_purpose_only() {
    let world = World::new();
    let central_as_station = world.identity.clone();
    let made = crate::client::Client::new(crate::client::ClientConfig::new("127.0.0.1:1"), &central_as_station, world.spool());
    assert!(made.is_err());

    let config = crate::server::ServerConfig::new(([127, 0, 0, 1], 0).into());
    let server = crate::server::Server::bind(config, &world.alpha(), Arc::clone(&world.intake)).unwrap();
    let (address, spool) = (server.local_addr().unwrap(), world.spool());
    let running = tokio::spawn(server.run(std::future::pending()));
    let mut station = world.station(address, &spool);
    let sentence = station.error().await;
    assert!(sentence.starts_with("the central's certificate is refused: "), "{sentence}");
    running.abort();
}

/// The keeper is asked again at intervals: a revoked key loses its session at once, and gets no other.
#[tokio::test]
async fn a_revoked_key_loses_its_live_session() {
    let world = World::new();
    let (central, spool, mut truth) = (world.central(), world.spool(), Vec::new());
    append(&spool, &stream(1, 10), &mut truth);
    let mut station = world.station(central.address, &spool);
    world.delivered(10).await;
    let key: KeyFingerprint = tls::peer_of(&world.alpha().chain[0]).unwrap().key;
    world.intake.revoke(key);
    assert_eq!(station.error().await, "the central ended the session: station alpha may not deliver: its key was revoked");
    assert!(station.status.borrow().needs_a_person);
    append(&spool, &stream(2, 10), &mut truth);
    let attempts = station.status.borrow().failed_attempts;
    station.status.wait_for(|s| attempts + 3 < s.failed_attempts).await.unwrap();
    assert_eq!(world.intake.row_count(), 10);
    assert_eq!(central.handle.sessions(), []);
}

/// A certificate that ends while its session lives ends the session too.
#[tokio::test]
async fn a_certificate_that_expires_ends_its_session() {
    static CENTRAL_SECS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    CENTRAL_SECS.store(real_secs(), relaxed);
    let world = World::new();
    let central =
        world.central_at(([127, 0, 0, 1], 0).into(), ClockFloor::with_system(|| CENTRAL_SECS.load(std::sync::atomic::Ordering::Relaxed)));
    let spool = world.spool();
    let mut station = world.station(central.address, &spool);
    tokio::time::timeout(PATIENCE, station.status.wait_for(|s| s.connected)).await.unwrap().unwrap();
    CENTRAL_SECS.fetch_add((STATION_DAYS + 1) * 86_400, relaxed);
    let sentence = station.error().await;
    assert_eq!(sentence, "the central ended the session: the certificate of station alpha has expired");
    // And no new one, by resumption or otherwise.
    tokio::time::timeout(PATIENCE, station.status.wait_for(|s| s.last_error.as_ref().is_some_and(|e| e.contains("refuses"))))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(world.intake.row_count(), 0);
}

/// A board without a clock (1970), one that lags ten years, and one that is most of a year ahead connect.
#[tokio::test]
async fn stations_with_wrong_clocks_connect() {
    let world = World::new();
    let (central, spool) = (world.central(), world.spool());
    let clocks: [fn() -> i64; 3] = [|| 0, || real_secs() - 10 * YEAR_SECS, || real_secs() + 364 * 86_400];
    for clock in clocks {
        let mut station = world.station_with(central.address, &spool, &world.alpha(), |_| {}, ClockFloor::with_system(clock));
        tokio::time::timeout(PATIENCE, station.status.wait_for(|s| s.connected)).await.unwrap().unwrap();
        station.stop().await;
    }
}

#[test]
fn the_clock_floor_only_rises() {
    let clock = ClockFloor::with_system(|| 0);
    let floor = clock.floor();
    clock.learn(UnixMicros(5));
    assert_eq!(clock.floor(), floor);
    clock.learn(floor.plus_micros(7_000_000));
    assert_eq!(clock.now_secs(), floor.0 / 1_000_000 + 7);
}

/// A connection with a good certificate and a program that may say anything.
pub async fn connect(world: &World, central: SocketAddr, alpn: &[u8], show: bool) -> Result<Connection, ConnectionError> {
    let identity = world.alpha();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(identity.authority().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    let builder = builder.with_root_certificates(roots);
    let mut tls = match show {
        true => builder.with_client_auth_cert(identity.chain[..1].to_vec(), identity.key.clone_key()).unwrap(),
        false => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![alpn.to_vec()];
    let endpoint = link::client_endpoint(link::bind(([127, 0, 0, 1], 0).into()).unwrap()).unwrap();
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    endpoint.connect_with(config, central, CENTRAL_NAME).unwrap().await
}

fn hello(station: &str) -> Vec<u8> {
    let spans = vec![EpochSpan { epoch: Epoch(1), first_seq: 1, last_seq: 0 }];
    Control::Hello(Hello { station: name(station), spans, boot: BootInfo::default() }).encode()
}

fn segment(first_seq: u64) -> Vec<u8> {
    let segment = Encoder::default().encode(Epoch(1), first_seq, &stream(1, 5)).unwrap().segment;
    [&Frame::segment_head(&segment)[..], &segment].concat()
}

/// Says `bytes` and returns the refusal, `None` when the connection ends without one.
async fn say(world: &World, central: SocketAddr, bytes: &[u8]) -> Option<(Refusal, String)> {
    let connection = connect(world, central, ALPN_DELIVERY, true).await.unwrap();
    let (mut send, mut recv) = connection.open_bi().await.unwrap();
    let _ = send.write_all(bytes).await;
    let _ = send.finish();
    let mut buffer = Vec::new();
    while let Ok(Ok(true)) = tokio::time::timeout(PATIENCE, link::read_frame(&mut recv, &mut buffer)).await {
        if let Ok(Frame::Control(Control::Refuse(refusal, words))) = Frame::decode(&buffer) {
            return Some((refusal, words));
        }
    }
    None
}

#[tokio::test]
async fn the_name_comes_from_the_certificate() {
    let world = World::new();
    let central = world.central();
    let (refusal, words) = say(&world, central.address, &hello("bravo")).await.unwrap();
    assert_eq!((refusal, words.as_str()), (Refusal::WrongName, "the certificate is that of station alpha, not of bravo"));
}

#[tokio::test]
async fn without_a_certificate_or_with_another_protocol_there_is_no_session() {
    let world = World::new();
    let central = world.central();
    let alert = |e: ConnectionError| match e {
        ConnectionError::ConnectionClosed(close) => u64::from(close.error_code) & 0xff,
        e => panic!("{e}"),
    };
    assert_eq!(alert(connect(&world, central.address, b"h3", true).await.unwrap_err()), 120);
    // The client's part of the handshake is over before the central has looked for the certificate.
    let error = match connect(&world, central.address, ALPN_DELIVERY, false).await {
        Ok(connection) => connection.closed().await,
        Err(e) => e,
    };
    assert_eq!(alert(error), 116);
    assert_eq!(world.intake.row_count(), 0);
}

#[tokio::test]
async fn nonsense_is_refused_and_the_central_lives_on() {
    let world = World::new();
    let central = world.central();
    let good = [hello("alpha"), segment(1)].concat();
    let protocol = |r: Option<(Refusal, String)>| r.is_some_and(|(r, _)| r == Refusal::Protocol);
    // A frame longer than any, a segment before the greeting, an empty frame, a second greeting, a hole.
    assert!(protocol(say(&world, central.address, &[0xff; 64]).await));
    assert!(protocol(say(&world, central.address, &segment(1)).await));
    assert!(protocol(say(&world, central.address, &[0; 4]).await));
    assert!(protocol(say(&world, central.address, &[hello("alpha"), hello("alpha")].concat()).await));
    let hole = say(&world, central.address, &[hello("alpha"), segment(2)].concat()).await;
    assert_eq!(hole.map(|(r, _)| r), Some(Refusal::Gap));
    assert_eq!(world.intake.row_count(), 0);

    let mut random = SmallRng::seed_from_u64(5);
    for _ in 0..60 {
        let mut bytes = good.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
        }
        bytes.truncate(random.random_range(1..=bytes.len()));
        say(&world, central.address, &bytes).await;
    }
    // What a mutated stream could store is a whole, checked segment or nothing.
    assert!([0, 5].contains(&world.intake.row_count()), "{}", world.intake.row_count());
    assert_eq!(say(&world, central.address, &good).await, None);
    until(|| world.intake.row_count() == 5, || "the good one".into()).await;
}

/// Neither end keeps anything by which a later connection could skip the certificate check.
#[tokio::test]
async fn nothing_is_resumed() {
    let world = World::new();
    let central = world.central();
    let identity = world.alpha();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(identity.authority().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(identity.chain[..1].to_vec(), identity.key.clone_key())
        .unwrap();
    tls.alpn_protocols = vec![ALPN_DELIVERY.to_vec()];
    tls.enable_early_data = true;
    // A client that would resume if it were given a ticket, twice over the same store.
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = link::client_endpoint(link::bind(([127, 0, 0, 1], 0).into()).unwrap()).unwrap();
    for _ in 0..2 {
        let connecting = endpoint.connect_with(config.clone(), central.address, CENTRAL_NAME).unwrap();
        let connecting = connecting.into_0rtt().err().expect("no ticket, no early data");
        let connection = connecting.await.unwrap();
        let (mut send, mut recv) = connection.open_bi().await.unwrap();
        send.write_all(&hello("alpha")).await.unwrap();
        let mut buffer = Vec::new();
        assert!(link::read_frame(&mut recv, &mut buffer).await.unwrap());
        connection.close(link::CLOSE_DONE, b"");
    }
    assert_eq!(central.handle.counts().sessions, 2);
}
