//! What `vtoc setup --apply` asks and sets: which databases and login roles are there, and the passwords of the latter.
//!
//! A password goes to the server as the verifier that it would store anyway (SCRAM-SHA-256, RFC 5802 and 7677), so that none can
//! stand in the server's log.

use super::provision::{self, CONTROL, ROLE};
use super::{Databases, Role, StoreError};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

/// What PostgreSQL takes by itself.
const ITERATIONS: u32 = 4096;

/// One of the four databases, as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseState {
    /// `control`, `ops`, `intel` or `logistics`.
    pub part: &'static str,
    pub name: String,
    /// `None`: there is no such database.
    pub version: Option<i64>,
    /// What this program needs.
    pub newest: i64,
    /// Its own login role is there.
    pub login: bool,
}

impl Databases {
    fn parts(&self) -> [(&'static str, &PgConnectOptions, i64); 4] {
        let newest = |migrations: provision::Migrations| migrations.last().map_or(0, |(version, ..)| *version);
        let role = |role: Role| (role.name(), self.role(role), newest(ROLE));
        [("control", self.control(), newest(CONTROL)), role(Role::Ops), role(Role::Intel), role(Role::Logistics)]
    }
}

/// Changes nothing.
pub async fn inspect(databases: &Databases) -> Result<Vec<DatabaseState>, StoreError> {
    let mut states = Vec::new();
    for (part, options, newest) in databases.parts() {
        let name = options.get_database().unwrap_or_default().to_owned();
        let mut server = PgConnection::connect_with(&options.clone().database(provision::MAINTENANCE)).await?;
        let sql =
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1), EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin)";
        let (exists, login): (bool, bool) = sqlx::query_as(sql).bind(&name).fetch_one(&mut server).await?;
        provision::close(server).await;
        let version = if exists { Some(version(options).await?) } else { None };
        states.push(DatabaseState { part, name, version, newest, login });
    }
    Ok(states)
}

/// 0: no migration has run.
async fn version(options: &PgConnectOptions) -> Result<i64, StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    let version = provision::version(&mut connection).await;
    provision::close(connection).await;
    version
}

/// Sets the password of the database's own login role. `part` as in [`DatabaseState`].
pub async fn set_password(databases: &Databases, part: &str, password: &str) -> Result<(), StoreError> {
    let parts = databases.parts();
    let (_, options, _) =
        parts.iter().find(|(name, ..)| *name == part).ok_or_else(|| StoreError::Refused(format!("no database {part}")))?;
    let Some(name) = options.get_database().filter(|name| provision::is_plain(name)) else {
        return Err(StoreError::Refused("the login role's name is not plain".into()));
    };
    let mut connection = PgConnection::connect_with(options).await?;
    // The name was checked; the verifier is base64 and digits.
    let sql = format!("ALTER ROLE {name} PASSWORD '{}'", verifier(password, &rand::random()));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    provision::close(connection).await;
    Ok(())
}

/// Does this URL let somebody in?
pub async fn can_connect(url: &str) -> bool {
    let Ok(options) = super::connect_options(url) else { return false };
    match PgConnection::connect_with(&options).await {
        Ok(connection) => {
            provision::close(connection).await;
            true
        }
        Err(_) => false,
    }
}

fn verifier(password: &str, salt: &[u8; 16]) -> String {
    let salted = salted(password.as_bytes(), salt);
    let stored = Sha256::digest(mac(&salted, b"Client Key"));
    let server = mac(&salted, b"Server Key");
    format!("SCRAM-SHA-256${ITERATIONS}:{}${}:{}", STANDARD.encode(salt), STANDARD.encode(stored), STANDARD.encode(server))
}

/// `Hi` of RFC 5802 §2.2.
fn salted(password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut block = mac(password, &[salt, &1_u32.to_be_bytes()].concat());
    let mut sum = block;
    for _ in 1..ITERATIONS {
        block = mac(password, &block);
        sum.iter_mut().zip(block).for_each(|(sum, b)| *sum ^= b);
    }
    sum
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677 §3: its proof and signature follow from what the verifier holds.
    #[test]
    fn the_verifier_is_that_of_rfc_7677() {
        let salt: [u8; 16] = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                       c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let text = verifier("pencil", &salt);
        let (stored, server) = text.rsplit_once('$').unwrap().1.split_once(':').unwrap();
        let signature = mac(&STANDARD.decode(server).unwrap(), message.as_bytes());
        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let client_signature = mac(&STANDARD.decode(stored).unwrap(), message.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(client_signature).map(|(p, s)| p ^ s).collect();
        assert_eq!(STANDARD.encode(Sha256::digest(client_key)), stored);
    }
}
