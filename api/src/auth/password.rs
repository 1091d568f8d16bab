//! Passwords: Argon2id with 19 MiB, 2 passes, 1 lane (OWASP's first choice of 2023), in PHC form. The one file that
//! names the crate.
//!
//! Constraints: at most [`AT_ONCE`] are computed at a time, off the async threads, and at most [`WAITING_MAX`] wait:
//! guessing costs the guesser, not the watch. An unknown login costs as much as a known one.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Passwords computed at a time: 19 MiB each.
const AT_ONCE: usize = 2;
/// Log-ins that wait for their turn; more are told to come back.
const WAITING_MAX: usize = 16;
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longer ones are refused: hashing them would be work for nothing.
pub const PASSWORD_CHARS_MAX: usize = 200;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password on its way from a person to its hash. `Debug` hides it.
#[derive(Clone)]
pub struct Password(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("A password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
    Length,
    #[error("Too many passwords are being checked; try again in a moment")]
    Busy,
}

impl Password {
    /// To be set: it must not be too short.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        let chars = text.chars().count();
        if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) { Ok(Self(text.to_owned())) } else { Err(PasswordError::Length) }
    }

    /// To be checked: whatever it is.
    pub(crate) fn claimed(text: &str) -> Self {
        Self(text.chars().take(PASSWORD_CHARS_MAX + 1).collect())
    }

    /// Its hash, with a salt of its own.
    pub fn hash(&self) -> String {
        let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).expect("16 bytes make a salt");
        argon2().hash_password(self.0.as_bytes(), &salt).expect("our own parameters are within bounds").to_string()
    }

    fn matches(&self, hash: &str) -> bool {
        PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(self.0.as_bytes(), &hash).is_ok())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash that nobody's password has: checked when there is no such login.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| Password(crate::auth::Secret::random().reveal().to_owned()).hash())
}

/// Where passwords are computed.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(WAITING_MAX)) }
    }
}

impl Passwords {
    /// `hash`: the login's, `None` when there is none.
    pub async fn check(&self, password: Password, hash: Option<String>) -> Result<bool, PasswordError> {
        self.compute(move || {
            let known = hash.is_some();
            password.matches(hash.as_deref().unwrap_or_else(|| nobodys())) && known
        })
        .await
    }

    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        self.compute(move || password.hash()).await
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let _place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| PasswordError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_hash_only() {
        let password = Password::new("correct horse battery").unwrap();
        let passwords = Passwords::default();
        let hash = passwords.hash(password.clone()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, password.hash(), "each has its own salt");
        assert_eq!(passwords.check(password.clone(), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.check(Password::claimed("correct horse batterz"), Some(hash)).await, Ok(false));
        assert_eq!(passwords.check(password.clone(), None).await, Ok(false));
        assert_eq!(passwords.check(password.clone(), Some("garbage".into())).await, Ok(false));
        assert!(!format!("{password:?}").contains("horse"));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(Password::new("elevenchars").unwrap_err(), PasswordError::Length);
        assert_eq!(Password::new(&"x".repeat(201)).unwrap_err(), PasswordError::Length);
        assert!(Password::new("zwölf zeichen").is_ok());
    }
}
