//! OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636): what is asked of a provider, and whether its answer is to be
//! believed. No I/O here but in [`Oidc::metadata`] and what it leads to; the routes are in `routes::oidc`.
//!
//! ```text
//!   begin ─► state, nonce, verifier kept here; a cookie binds them to the browser ─► provider's login
//!   provider ─► code, state ─► token endpoint (code, verifier, our secret) ─► ID token ─► signature, iss, aud, exp, nonce ─► claims
//!   claims ─► login, and by what groups say: grade and station roles; no group that is named here: nobody
//! ```
//!
//! Constraints: RS256 and ES256 alone, by keys of the provider's own set; an answer is good once, in the browser that asked, for
//! [`PENDING_US`]; nothing of a token is logged.

use super::{Grade, RoleSet, digest, hex};
use crate::http::{HttpClient, HttpError};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::UnixMicros;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// Logins that wait for the provider; the oldest makes room.
const PENDING_MAX: usize = 1_000;
/// So long somebody may take at the provider.
const PENDING_US: i64 = 600 * 1_000_000;
/// The provider's clock may differ by so much, seconds.
const CLOCK_S: i64 = 60;
const TIMEOUT: Duration = Duration::from_secs(10);
const KEYS_MAX: usize = 50;

/// What a group of the provider's may do here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub grade: Grade,
    pub roles: RoleSet,
}

/// The settings of one provider.
#[derive(Clone)]
pub struct OidcConfig {
    /// Shown on the button.
    pub name: String,
    /// As the provider writes it: `https://id.example.org/realms/ops`.
    pub issuer: String,
    pub client_id: String,
    /// `None`: a public client, by PKCE alone.
    pub client_secret: Option<String>,
    /// Ours, as the provider knows it: `https://ops.example.org/api/v1/auth/oidc/callback`.
    pub redirect_url: String,
    pub scopes: String,
    pub login_claim: String,
    /// A text or a list of texts.
    pub groups_claim: String,
    pub grants: HashMap<String, Grant>,
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig").field("issuer", &self.issuer).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadOidc {
    #[error("auth.oidc.{0} must begin with https:// (or be on loopback)")]
    Insecure(&'static str),
    #[error("auth.oidc.{0} is missing")]
    Missing(&'static str),
    #[error("auth.oidc.grants is empty: nobody could log in")]
    NoGrants,
}

/// Why somebody is not logged in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OidcError {
    #[error("the identity provider: {0}")]
    Http(#[from] HttpError),
    #[error("the identity provider answered {0}")]
    Status(u16),
    #[error("the identity provider's answer lacks {0}")]
    Lacks(&'static str),
    #[error("the login took too long, was begun in another browser, or was used before: begin again")]
    Unknown,
    #[error("the identity provider's token is not to be believed: {0}")]
    Token(&'static str),
    #[error("none of your groups may do anything here; ask an administrator")]
    NoGrant,
}

/// Who the provider says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Of the provider, for good: issuer and subject.
    pub subject: String,
    /// Lower case.
    pub login: String,
    pub name: String,
    pub grant: Grant,
}

#[derive(Clone, Debug)]
struct Pending {
    begun_at: UnixMicros,
    nonce: String,
    verifier: String,
}

/// Where a browser is sent, and the cookie that it brings back.
pub(crate) struct Begun {
    pub location: String,
    pub cookie: String,
}

#[derive(Debug)]
pub(crate) struct Oidc {
    pub config: OidcConfig,
    http: HttpClient,
    /// By state.
    pending: Mutex<HashMap<String, Pending>>,
}

struct Metadata {
    authorization: String,
    token: String,
    keys: String,
}

impl OidcConfig {
    pub fn check(&self) -> Result<(), BadOidc> {
        let required = [("issuer", &self.issuer), ("client_id", &self.client_id), ("redirect_url", &self.redirect_url)];
        if let Some((name, _)) = required.into_iter().find(|(_, text)| text.is_empty()) {
            return Err(BadOidc::Missing(name));
        }
        if let Some((name, _)) = [("issuer", &self.issuer), ("redirect_url", &self.redirect_url)].into_iter().find(|(_, u)| !is_safe(u)) {
            return Err(BadOidc::Insecure(name));
        }
        if self.grants.is_empty() { Err(BadOidc::NoGrants) } else { Ok(()) }
    }
}

/// TLS, or this machine.
fn is_safe(url: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://127.0.0.1/", "http://localhost:", "http://localhost/", "http://[::1]:"];
    url.starts_with("https://") || local.iter().any(|start| url.starts_with(start))
}

impl Oidc {
    pub fn new(config: OidcConfig) -> Self {
        Self { config, http: HttpClient::new(TIMEOUT), pending: Mutex::default() }
    }

    pub async fn begin(&self, now: UnixMicros) -> Result<Begun, OidcError> {
        let metadata = self.metadata().await?;
        let random = || hex(&rand::random::<[u8; 32]>());
        let (cookie, nonce, verifier) = (random(), random(), random());
        let state = state_of(&cookie);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let c = &self.config;
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &c.client_id),
            ("redirect_uri", &c.redirect_url),
            ("scope", &c.scopes),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, one| now.micros_since(one.begun_at) < PENDING_US);
        if PENDING_MAX <= pending.len()
            && let Some(oldest) = pending.iter().min_by_key(|(_, one)| one.begun_at).map(|(state, _)| state.clone())
        {
            pending.remove(&oldest);
        }
        pending.insert(state, Pending { begun_at: now, nonce, verifier });
        let joint = if metadata.authorization.contains('?') { '&' } else { '?' };
        Ok(Begun { location: format!("{}{joint}{query}", metadata.authorization), cookie })
    }

    /// After the provider sent the browser back.
    pub async fn finish(&self, cookie: &str, state: &str, code: &str, now: UnixMicros) -> Result<Identity, OidcError> {
        let taken = self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let fresh = taken.filter(|one| state == state_of(cookie) && now.micros_since(one.begun_at) < PENDING_US);
        let pending = fresh.ok_or(OidcError::Unknown)?;
        let metadata = self.metadata().await?;
        let token = self.token(&metadata, code, &pending.verifier).await?;
        let keys = self.get(&metadata.keys).await?;
        let claims = self.believed(&token, &keys, &pending.nonce, now)?;
        self.identity(&claims)
    }

    async fn metadata(&self) -> Result<Metadata, OidcError> {
        let issuer = self.config.issuer.trim_end_matches('/');
        let said = self.get(&format!("{issuer}/.well-known/openid-configuration")).await?;
        // Discovery §4.3: exactly the issuer that was asked.
        if said["issuer"].as_str() != Some(self.config.issuer.as_str()) {
            return Err(OidcError::Lacks("our issuer"));
        }
        let url = |name: &'static str| said[name].as_str().filter(|url| is_safe(url)).map(str::to_owned).ok_or(OidcError::Lacks(name));
        Ok(Metadata { authorization: url("authorization_endpoint")?, token: url("token_endpoint")?, keys: url("jwks_uri")? })
    }

    async fn get(&self, url: &str) -> Result<Value, OidcError> {
        let answer = self.http.send("GET", url, &[("accept", "application/json".to_owned())], Vec::new()).await?;
        if answer.is_success() { Ok(answer.json()) } else { Err(OidcError::Status(answer.status)) }
    }

    async fn token(&self, metadata: &Metadata, code: &str, verifier: &str) -> Result<String, OidcError> {
        let c = &self.config;
        let mut body = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", c.redirect_url.as_str()),
            ("code_verifier", verifier),
            ("client_id", &c.client_id),
        ];
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned()), ("accept", "application/json".to_owned())];
        if let Some(secret) = &c.client_secret {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let pair = format!("{}:{}", escaped(&c.client_id), escaped(secret));
            headers.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
            body.pop();
        }
        let answer = self.http.send("POST", &metadata.token, &headers, form(&body).into_bytes()).await?;
        if !answer.is_success() {
            return Err(OidcError::Status(answer.status));
        }
        answer.json()["id_token"].as_str().map(str::to_owned).ok_or(OidcError::Lacks("id_token"))
    }

    /// The claims of an ID token, if it is for us, now, and signed by the provider (Core §3.1.3.7).
    fn believed(&self, token: &str, keys: &Value, nonce: &str, now: UnixMicros) -> Result<Value, OidcError> {
        let parts: Vec<&str> = token.split('.').collect();
        let [head, payload, signature] = parts[..] else { return Err(OidcError::Token("it has no three parts")) };
        let read = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).ok();
        let head = read(head).ok_or(OidcError::Token("its header is none"))?;
        let signature = decoded(signature).ok_or(OidcError::Token("its signature is none"))?;
        let signed = &token.as_bytes()[..parts[0].len() + 1 + payload.len()];
        let algorithm = head["alg"].as_str().unwrap_or("");
        let all = keys["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let usable = all.iter().take(KEYS_MAX).filter(|key| head["kid"].is_null() || key["kid"] == head["kid"]);
        if !usable.filter(|key| key["use"].is_null() || key["use"] == "sig").any(|key| verifies(algorithm, key, signed, &signature)) {
            return Err(OidcError::Token("no key of the provider signed it with RS256 or ES256"));
        }
        let claims = read(payload).ok_or(OidcError::Token("it says nothing"))?;
        let (us, seconds) = (self.config.client_id.as_str(), now.0 / 1_000_000);
        let time = |name: &str| claims[name].as_f64().map(|at| at as i64);
        let for_us = match &claims["aud"] {
            Value::String(one) => one == us,
            Value::Array(all) => all.iter().any(|one| one == us) && (all.len() == 1 || claims["azp"] == us),
            _ => false,
        };
        for (holds, why) in [
            (claims["iss"] == self.config.issuer.as_str(), "another issuer"),
            (for_us, "it is for somebody else"),
            (time("exp").is_some_and(|at| seconds < at + CLOCK_S), "it has expired"),
            (time("iat").is_some_and(|at| at - CLOCK_S <= seconds), "it comes from the future"),
            (time("nbf").is_none_or(|at| at - CLOCK_S <= seconds), "it is not valid yet"),
            (claims["nonce"] == nonce, "it answers another login"),
        ] {
            if !holds {
                return Err(OidcError::Token(why));
            }
        }
        Ok(claims)
    }

    fn identity(&self, claims: &Value) -> Result<Identity, OidcError> {
        let text = |name: &str| claims[name].as_str().map(str::trim).filter(|text| !text.is_empty());
        let subject = text("sub").ok_or(OidcError::Lacks("sub"))?;
        let login = text(&self.config.login_claim).ok_or(OidcError::Lacks("the claim that holds the login"))?.to_lowercase();
        let groups: Vec<&str> = match &claims[&self.config.groups_claim] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let granted: Vec<&Grant> = groups.iter().filter_map(|group| self.config.grants.get(*group)).collect();
        let grade = granted.iter().map(|grant| grant.grade).max().ok_or(OidcError::NoGrant)?;
        let roles = granted.iter().flat_map(|grant| grant.roles.iter()).collect();
        let name = text("name").unwrap_or(&login).chars().take(255).collect();
        Ok(Identity { subject: format!("{} {subject}", self.config.issuer), login, name, grant: Grant { grade, roles } })
    }
}

/// What the browser that has the cookie brings back.
fn state_of(cookie: &str) -> String {
    hex(&digest(&format!("oidc:{cookie}")))
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// JWK (RFC 7517), JWA (RFC 7518 §3.3, §3.4).
fn verifies(algorithm: &str, key: &Value, signed: &[u8], signature: &[u8]) -> bool {
    let part = |name: &str| key[name].as_str().and_then(decoded);
    let by = |value: &str| key["alg"].is_null() || key["alg"] == value;
    match (algorithm, key["kty"].as_str()) {
        ("RS256", Some("RSA")) if by("RS256") => part("n").zip(part("e")).is_some_and(|(n, e)| {
            let n: &[u8] = &n[n.iter().take_while(|byte| **byte == 0).count()..];
            RsaPublicKeyComponents { n, e: &e[..] }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
        }),
        ("ES256", Some("EC")) if by("ES256") && key["crv"] == "P-256" => part("x").zip(part("y")).is_some_and(|(x, y)| {
            let point = [&[4][..], &x, &y].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
        }),
        _ => false,
    }
}

/// `application/x-www-form-urlencoded`, of which a query is one.
fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
#[path = "oidc_tests.rs"]
mod tests;
