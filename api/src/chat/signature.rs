//! Signatures of webhooks. Pure: time comes in.
//!
//! ```text
//!   plain      X-ChatKit-Signature: hex(HMAC-SHA256(key, body))            lower-case hex, nothing before it
//!   standard   webhook-id: …   webhook-timestamp: <Unix seconds>           Standard Webhooks 1.0.0, "Signature scheme"
//!              webhook-signature: v1,base64(HMAC-SHA256(key, id.timestamp.body)) v1,…      one of them has to be right
//! ```
//! A key `whsec_<base64>` signs the standard form with the bytes that are encoded; any other, and the plain form, with the
//! text itself. Comparisons take the same time wherever they differ, and every key is tried.
//!
//! Whoever takes a request notes its [`Verified`] digest for twice the window: the same one is refused then. The plain form
//! has no time in it: its body is refused again for ten minutes only (contract §3.1 knows no better).

use crate::auth::{Digest256, hex};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use model::UnixMicros;
use sha2::{Digest, Sha256};
use std::fmt;
use thiserror::Error;

/// A request may be so much older or newer than our clock.
const WINDOW_S: i64 = 300;
/// Signatures of one request that are looked at.
const SIGNATURES_MAX: usize = 16;
const ID_MAX: usize = 200;

/// A secret that others sign with.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey {
    text: Vec<u8>,
    standard: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    #[error("a webhook secret is empty")]
    Empty,
    #[error("after `whsec_` a webhook secret is base64")]
    NotBase64,
}

impl WebhookKey {
    pub fn new(secret: &str) -> Result<Self, BadKey> {
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(BadKey::Empty);
        }
        let text = secret.as_bytes().to_vec();
        let standard = match secret.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).ok().filter(|key| !key.is_empty()).ok_or(BadKey::NotBase64)?,
            None => text.clone(),
        };
        Ok(Self { text, standard })
    }

    /// Several, separated by commas or white space: the new one and those that still count.
    pub fn several(secrets: &str) -> Result<Vec<Self>, BadKey> {
        secrets.split([',', ' ', '\t', '\r', '\n']).filter(|s| !s.is_empty()).map(Self::new).collect()
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKey(…)")
    }
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    #[error("No webhook secret is configured: set CHATKIT_WEBHOOK_SECRET")]
    NotConfigured,
    #[error("Invalid signature: there is none")]
    Unsigned,
    #[error("Invalid signature: webhook-id, webhook-timestamp and webhook-signature belong together")]
    Incomplete,
    #[error("Invalid signature: this central takes Standard Webhooks only")]
    NotStandard,
    #[error("Invalid signature")]
    Wrong,
    #[error("Invalid signature: webhook-timestamp is more than five minutes from our clock")]
    Stale,
}

/// A request that somebody signed who has a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The same request again has the same.
    pub digest: Digest256,
    /// `webhook-id`
    pub id: Option<String>,
}

pub(crate) fn verify(
    keys: &[WebhookKey],
    standard_only: bool,
    headers: &HeaderMap,
    body: &[u8],
    now: UnixMicros,
) -> Result<Verified, Refused> {
    if keys.is_empty() {
        return Err(Refused::NotConfigured);
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"), text("x-chatkit-signature")) {
        (None, None, None, None) => Err(Refused::Unsigned),
        (None, None, None, Some(_)) if standard_only => Err(Refused::NotStandard),
        (None, None, None, Some(signature)) => plain(keys, signature, body),
        (Some(id), Some(timestamp), Some(signatures), _) if !id.is_empty() && id.len() <= ID_MAX => {
            standard(keys, (id, timestamp, signatures), body, now)
        }
        _ => Err(Refused::Incomplete),
    }
}

fn plain(keys: &[WebhookKey], signature: &str, body: &[u8]) -> Result<Verified, Refused> {
    let given = from_hex(signature).ok_or(Refused::Wrong)?;
    let right = keys.iter().fold(false, |right, key| right | is_right(&key.text, &[body], &given));
    let digest = Sha256::new_with_prefix(b"plain\0").chain_update(body).finalize().into();
    if right { Ok(Verified { digest, id: None }) } else { Err(Refused::Wrong) }
}

fn standard(
    keys: &[WebhookKey],
    (id, timestamp, signatures): (&str, &str, &str),
    body: &[u8],
    now: UnixMicros,
) -> Result<Verified, Refused> {
    let given: Vec<Vec<u8>> = signatures
        .split_ascii_whitespace()
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .take(SIGNATURES_MAX)
        .collect();
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let mut right = false;
    for key in keys {
        for signature in &given {
            right |= is_right(&key.standard, &signed, signature);
        }
    }
    if !right {
        return Err(Refused::Wrong);
    }
    let seconds: i64 = timestamp.parse().map_err(|_| Refused::Stale)?;
    if u64::try_from(WINDOW_S).unwrap_or(0) < seconds.abs_diff(now.0.div_euclid(1_000_000)) {
        return Err(Refused::Stale);
    }
    let digest = Sha256::new_with_prefix(b"standard\0").chain_update(id).finalize().into();
    Ok(Verified { digest, id: Some(id.to_owned()) })
}

fn is_right(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
    mac(key, parts).verify_slice(signature).is_ok()
}

/// What a sender adds to a request: both forms.
pub(super) fn signed_headers(key: &WebhookKey, id: &str, now: UnixMicros, body: &[u8]) -> [(&'static str, String); 4] {
    let stamp = now.0.div_euclid(1_000_000).to_string();
    let standard = mac(&key.standard, &[id.as_bytes(), b".", stamp.as_bytes(), b".", body]).finalize().into_bytes();
    [
        ("x-chatkit-signature", hex(&mac(&key.text, &[body]).finalize().into_bytes())),
        ("webhook-id", id.to_owned()),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(standard))),
        ("webhook-timestamp", stamp),
    ]
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// 64 digits in lower case.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if text.len() != 64 {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// For tests, here and of the routes: what a sender would send.
#[cfg(test)]
pub(crate) fn sign(key: &str, id_and_timestamp: Option<(&str, i64)>, body: &[u8]) -> String {
    let key = WebhookKey::new(key).unwrap();
    let (id, at) = id_and_timestamp.unwrap_or(("", 0));
    let [plain, _, standard, _] = signed_headers(&key, id, UnixMicros::from_secs(at.clamp(-1_000_000_000_000, 1_000_000_000_000)), body);
    if id_and_timestamp.is_some() { standard.1 } else { plain.1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    const NOW: UnixMicros = UnixMicros::from_secs(1_674_087_231);

    fn check(keys: &[&str], pairs: &[(&'static str, &str)], body: &[u8]) -> Result<Verified, Refused> {
        let keys: Vec<WebhookKey> = keys.iter().map(|k| WebhookKey::new(k).unwrap()).collect();
        let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        verify(&keys, false, &headers, body, NOW)
    }

    /// HMAC-SHA256 of RFC 4231, test case 2, and a standard signature that another program made (Python: `hmac`, `base64`).
    #[test]
    fn known_signatures_are_right() {
        let plain = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(check(&["Jefe"], &[("x-chatkit-signature", plain)], b"what do ya want for nothing?").is_ok());
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        let key = [WebhookKey::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let then = UnixMicros::from_secs(1_614_265_330);
        assert!(verify(&key, true, &headers, b"{\"test\": 2432232314}", then).is_ok());
        assert_eq!(verify(&key, true, &headers, b"{\"test\": 2432232314}", then.plus_micros(301_000_000)), Err(Refused::Stale));
    }

    #[test]
    fn only_the_right_form_of_a_plain_signature_counts() {
        let body = b"{\"text\":\"ping\"}";
        let right = sign("secret", None, body);
        assert!(check(&["secret"], &[("x-chatkit-signature", &right)], body).is_ok());
        assert!(check(&["new", "secret"], &[("x-chatkit-signature", &right)], body).is_ok(), "an older key still counts");
        for wrong in
            [format!("sha256={right}"), right.to_uppercase(), right[..63].into(), format!("{right}0"), String::new(), "x".repeat(64)]
        {
            assert_eq!(check(&["secret"], &[("x-chatkit-signature", &wrong)], body), Err(Refused::Wrong), "{wrong}");
        }
        assert_eq!(check(&["secret"], &[("x-chatkit-signature", &right)], b"{}"), Err(Refused::Wrong));
        assert_eq!(check(&["other"], &[("x-chatkit-signature", &right)], body), Err(Refused::Wrong));
        assert_eq!(check(&["secret"], &[], body), Err(Refused::Unsigned));
        assert_eq!(check(&[], &[("x-chatkit-signature", &right)], body), Err(Refused::NotConfigured));
    }

    #[test]
    fn a_standard_signature_counts_for_five_minutes() {
        let (body, now) = (b"{}", NOW.0 / 1_000_000);
        let at = |seconds: i64| {
            let signature = format!("v1a,bm90IG91cnM= {} v1,bm90IHJpZ2h0", sign("secret", Some(("m1", seconds)), body));
            check(
                &["secret"],
                &[("webhook-id", "m1"), ("webhook-timestamp", &seconds.to_string()), ("webhook-signature", &signature)],
                body,
            )
        };
        assert!(at(now).is_ok() && at(now - 300).is_ok() && at(now + 300).is_ok());
        assert_eq!((at(now - 301), at(now + 301), at(-1)), (Err(Refused::Stale), Err(Refused::Stale), Err(Refused::Stale)));
        let signature = sign("secret", Some(("m1", now)), body);
        let (stamp, later) = (now.to_string(), (now + 1).to_string());
        let with = |id: &str, stamp: &str| {
            check(&["secret"], &[("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", &signature)], body)
        };
        assert_eq!((with("m2", &stamp), with("m1", &later)), (Err(Refused::Wrong), Err(Refused::Wrong)));
        assert_eq!(with("", &stamp), Err(Refused::Incomplete));
        let plain = sign("secret", None, body);
        // Half of the standard form is not made good by a plain signature.
        assert_eq!(check(&["secret"], &[("webhook-id", "m1"), ("x-chatkit-signature", &plain)], body), Err(Refused::Incomplete));
    }

    #[test]
    fn keys_are_read_and_hidden() {
        assert_eq!(WebhookKey::several("one, two\nthree").unwrap().len(), 3);
        assert_eq!((WebhookKey::new(" "), WebhookKey::new("whsec_?")), (Err(BadKey::Empty), Err(BadKey::NotBase64)));
        assert!(!format!("{:?}", WebhookKey::new("hunter2").unwrap()).contains("hunter2"));
    }
}
