//! A new station on the network: token in, certificate out, events delivered.

use super::{World, append, name, stream};
use crate::client::ClientError;
use crate::enroll::{EnrolError, Enrolment, enroll};
use crate::server::{Server, ServerConfig};
use crate::testing::MemoryRegistrar;
use crate::tls::{self, ALPN_DELIVERY, Authority, Identity, TOKEN_LIFE, Token};
use crate::wire::Refusal;
use quinn::ConnectionError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

struct Open {
    address: SocketAddr,
    registrar: Arc<MemoryRegistrar>,
    _task: JoinHandle<()>,
}

impl World {
    fn open(&self) -> Open {
        let registrar = Arc::new(MemoryRegistrar::default());
        let enrolment = Enrolment::new(self.authority(), Arc::clone(&registrar));
        let config = ServerConfig::new(([127, 0, 0, 1], 0).into());
        let server = Server::with_enrolment(config, &self.identity, Arc::clone(&self.intake), enrolment).unwrap();
        let address = server.local_addr().unwrap();
        Open { address, registrar, _task: tokio::spawn(server.run(std::future::pending())) }
    }

    fn token(&self) -> Token {
        Token::new(name("bravo"), &self.authority())
    }
}

fn refusal(result: Result<model::StationId, EnrolError>) -> Refusal {
    match result {
        Err(EnrolError::Link(ClientError::Refused(refusal, _))) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_makes_a_station_once() {
    let world = World::new();
    let central = world.open();
    let (token, address) = (world.token(), central.address.to_string());
    central.registrar.add(&token, Instant::now() + TOKEN_LIFE);
    let carried = Token::parse(&token.text()).unwrap();
    let dir = world.path("bravo");
    assert_eq!(enroll(&address, &carried, &dir).await.unwrap(), name("bravo"));

    let identity = Identity::load(&dir, "station").unwrap();
    let peer = tls::peer_of(&identity.chain[0]).unwrap();
    assert_eq!(central.registrar.keys(), [(name("bravo"), peer.key)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for secret in [dir.join("station.key"), world.path("central").join("ca.key"), world.path("central").join("central.key")] {
            assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600, "{}", secret.display());
        }
    }
    let spool = world.spool();
    append(&spool, &stream(1, 50), &mut Vec::new());
    let _station = world.station_with(central.address, &spool, &identity, |_| {}, tls::ClockFloor::default());
    world.delivered(50).await;
    assert!(world.intake.rows().iter().all(|r| r.station == name("bravo")));

    // The answer was lost: the same key may ask again. Another may not.
    assert!(enroll(&address, &carried, &dir).await.is_ok());
    assert_eq!(refusal(enroll(&address, &carried, &world.path("thief")).await), Refusal::NotAllowed);
}

#[tokio::test]
async fn other_tokens_make_none() {
    let world = World::new();
    let central = world.open();
    let address = central.address.to_string();
    // Never issued; too old; for another station.
    assert_eq!(refusal(enroll(&address, &world.token(), &world.path("a")).await), Refusal::NotAllowed);
    let old = world.token();
    central.registrar.add(&old, Instant::now());
    assert_eq!(refusal(enroll(&address, &old, &world.path("b")).await), Refusal::NotAllowed);
    let good = world.token();
    central.registrar.add(&good, Instant::now() + TOKEN_LIFE);
    let other = Token::parse(&good.text().replace(".bravo.", ".alpha.")).unwrap();
    assert_eq!(refusal(enroll(&address, &other, &world.path("c")).await), Refusal::NotAllowed);
    assert!(!world.path("c").join("station.crt").exists());
}

/// A station that is led to another central gives its secret to nobody.
#[tokio::test]
async fn a_central_of_another_authority_learns_nothing() {
    let world = World::new();
    let central = world.open();
    let other = Authority::open_or_create(&world.path("other"), "other-org").unwrap();
    let token = Token::new(name("bravo"), &other);
    central.registrar.add(&token, Instant::now() + TOKEN_LIFE);
    let error = enroll(&central.address.to_string(), &token, &world.path("bravo")).await.unwrap_err();
    assert!(matches!(error, EnrolError::Link(ClientError::CentralCertificate(_))), "{error}");
    assert_eq!(central.registrar.keys(), []);
}

/// Where newcomers are let in without a certificate, delivery still needs one.
#[tokio::test]
async fn a_newcomer_can_not_deliver() {
    let world = World::new();
    let central = world.open();
    let connection = super::trust::connect(&world, central.address, ALPN_DELIVERY, false).await.unwrap();
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => assert_eq!(&close.reason[..], b"the certificate names no station"),
        e => panic!("{e}"),
    }
}
