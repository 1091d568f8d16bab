//! The one-off token that a person carries from the central to a new station.
//!
//! ```text
//!   vtoc-join-1.STATION.SECRET.AUTHORITY      SECRET: 256 random bits, AUTHORITY: SHA-256 of the authority's certificate; both hex
//! ```
//!
//! The hash lets the station know the central before it trusts anything else; the secret lets the central know the
//! station. The keeper stores only the secret's hash, for one station, for [`TOKEN_LIFE`], for one use.

use super::Authority;
use model::StationId;
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// How long the keeper honours a token.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

const KIND: &str = "vtoc-join-1";

/// What a token is kept as.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash(pub [u8; 32]);

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

#[derive(Clone)]
pub struct Token {
    pub station: StationId,
    pub authority: [u8; 32],
    secret: [u8; 32],
}

/// The secret stays out of logs.
impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token").field("station", &self.station).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not an enrolment token: it begins with {KIND} and has four parts; copy all of it")]
pub struct NotAToken;

impl Token {
    pub fn new(station: StationId, authority: &Authority) -> Self {
        let mut secret = [0; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut secret).expect("the system has random numbers: TLS would not work without them either");
        Self { station, authority: authority.certificate_hash(), secret }
    }

    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let mut parts = text.trim().split('.');
        let mut part = || parts.next().ok_or(NotAToken);
        let (kind, station, secret, authority) = (part()?, part()?, part()?, part()?);
        let station = StationId::new(station).ok_or(NotAToken)?;
        if kind != KIND || parts.next().is_some() {
            return Err(NotAToken);
        }
        Ok(Self { station, authority: unhex(authority)?, secret: unhex(secret)? })
    }

    /// For the person; the only way out for the secret, besides [`Token::secret`].
    pub fn text(&self) -> String {
        format!("{KIND}.{}.{}.{}", self.station, hex(&self.secret), hex(&self.authority))
    }

    pub(crate) const fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What the keeper stores.
    pub fn hash(&self) -> TokenHash {
        hash(&self.secret)
    }
}

pub fn hash(secret: &[u8; 32]) -> TokenHash {
    TokenHash(Sha256::digest(secret).into())
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Result<[u8; 32], NotAToken> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(NotAToken);
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| NotAToken)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> Token {
        Token { station: StationId::new("alpha-2").unwrap(), authority: [0xab; 32], secret: [0x01; 32] }
    }

    #[test]
    fn a_token_survives_a_person() {
        let text = token().text();
        let back = Token::parse(&format!("  {text}\n")).unwrap();
        assert_eq!((back.station, back.authority, back.hash()), (token().station, [0xab; 32], token().hash()));
        assert!(!format!("{:?}", token()).contains("0101"));
        for cut in 0..text.len() {
            assert_eq!(Token::parse(&text[..cut]).err(), Some(NotAToken));
        }
        assert!(Token::parse(&format!("{text}.x")).is_err());
        assert!(Token::parse(&text.replace("join-1", "join-2")).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_not(text in ".{0,200}") {
            let _ = Token::parse(&text);
            let _ = Token::parse(&format!("{KIND}.a.{text}.{text}"));
        }
    }
}
