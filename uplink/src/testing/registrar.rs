//! Tokens and keys in memory: the semantics of `enroll::Registrar` in their plainest form.

use crate::enroll::{RedeemError, Registrar};
use crate::intake::KeyFingerprint;
use crate::tls::{Token, TokenHash};
use model::StationId;
use std::sync::Mutex;
use std::time::Instant;

#[derive(Debug, Default)]
pub struct MemoryRegistrar(Mutex<Vec<Known>>);

#[derive(Debug)]
struct Known {
    token: TokenHash,
    station: StationId,
    until: Instant,
    used_by: Option<KeyFingerprint>,
}

impl MemoryRegistrar {
    pub fn add(&self, token: &Token, until: Instant) {
        let known = Known { token: token.hash(), station: token.station, until, used_by: None };
        self.0.lock().expect("no test panics while it holds the lock").push(known);
    }

    pub fn keys(&self) -> Vec<(StationId, KeyFingerprint)> {
        let all = self.0.lock().expect("no test panics while it holds the lock");
        all.iter().filter_map(|k| k.used_by.map(|key| (k.station, key))).collect()
    }
}

impl Registrar for MemoryRegistrar {
    async fn redeem(&self, token: TokenHash, station: StationId, key: KeyFingerprint) -> Result<(), RedeemError> {
        let mut all = self.0.lock().expect("no test panics while it holds the lock");
        let usable =
            |k: &&mut Known| k.token == token && k.station == station && Instant::now() < k.until && k.used_by.is_none_or(|by| by == key);
        let known = all.iter_mut().find(usable).ok_or(RedeemError::Refused)?;
        known.used_by = Some(key);
        Ok(())
    }
}
