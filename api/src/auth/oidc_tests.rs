//! What is believed of a token: the real flow is `tests/all/oidc.rs`, against a provider that others wrote.

use super::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

const NOW: UnixMicros = UnixMicros(1_800_000_000_000_000);

fn oidc() -> Oidc {
    let grant = |grade, roles: &[&str]| Grant { grade, roles: RoleSet::from_names(roles).unwrap() };
    Oidc::new(OidcConfig {
        name: "House".into(),
        issuer: "https://id.example".into(),
        client_id: "vtoc".into(),
        client_secret: None,
        redirect_url: "https://ops.example/api/v1/auth/oidc/callback".into(),
        scopes: "openid".into(),
        login_claim: "preferred_username".into(),
        groups_claim: "groups".into(),
        grants: [("watch".to_owned(), grant(Grade::Viewer, &["intel"])), ("ops".to_owned(), grant(Grade::Commander, &["ops"]))].into(),
    })
}

struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    fn keys(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "x": x, "y": y}]})
    }

    fn token(&self, head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims(change: &Value) -> Value {
    let seconds = NOW.0 / 1_000_000;
    let mut claims = json!({"iss": "https://id.example", "aud": "vtoc", "exp": seconds + 300, "iat": seconds - 1, "nonce": "n", "sub": "7",
        "preferred_username": " Anna ", "groups": ["watch", "ops", "other"]});
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    claims
}

#[test]
fn only_the_providers_fresh_token_for_this_login_is_believed() {
    let (oidc, signer) = (oidc(), Signer::new());
    let head = json!({"alg": "ES256", "kid": "1"});
    let check =
        |head: &Value, change: Value, keys: &Value| oidc.believed(&signer.token(head, &claims(&change)), keys, "n", NOW).map(|_| ());
    let keys = signer.keys();
    let seconds = NOW.0 / 1_000_000;
    for (change, expected) in [
        (json!({}), Ok(())),
        (json!({"aud": ["vtoc"]}), Ok(())),
        (json!({"aud": ["vtoc", "x"], "azp": "vtoc"}), Ok(())),
        (json!({"exp": seconds - 59}), Ok(())),
        (json!({"iss": "https://evil.example"}), Err("another issuer")),
        (json!({"aud": "other"}), Err("it is for somebody else")),
        (json!({"aud": ["vtoc", "x"]}), Err("it is for somebody else")),
        (json!({"aud": null}), Err("it is for somebody else")),
        (json!({"exp": seconds - 60}), Err("it has expired")),
        (json!({"exp": null}), Err("it has expired")),
        (json!({"iat": seconds + 61}), Err("it comes from the future")),
        (json!({"nbf": seconds + 61}), Err("it is not valid yet")),
        (json!({"nonce": "other"}), Err("it answers another login")),
        (json!({"nonce": null}), Err("it answers another login")),
    ] {
        assert_eq!(check(&head, change.clone(), &keys), expected.map_err(OidcError::Token), "{change}");
    }
    let unsigned = OidcError::Token("no key of the provider signed it with RS256 or ES256");
    for head in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "1"}),
        json!({"alg": "ES256", "kid": "2"}),
        json!({"alg": "RS256", "kid": "1"}),
    ] {
        assert_eq!(check(&head, json!({}), &keys), Err(unsigned.clone()), "{head}");
    }
    assert_eq!(check(&head, json!({}), &Signer::new().keys()), Err(unsigned.clone()), "another's key");
    let token = signer.token(&head, &claims(&json!({})));
    let (front, _) = token.rsplit_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(claims(&json!({"sub": "8"})).to_string());
    let forged = format!("{}.{other}.{}", token.split('.').next().unwrap(), token.rsplit('.').next().unwrap());
    for bad in [forged.as_str(), front, "", "a.b.c", &format!("{front}.")] {
        assert!(oidc.believed(bad, &keys, "n", NOW).is_err(), "{bad}");
    }
}

/// The example of RFC 7515, appendix A.2.
#[test]
fn an_rs256_signature_of_the_rfc_is_right() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = json!({"kty": "RSA", "n": n, "e": "AQAB"});
    let signature = decoded(signature).unwrap();
    assert!(verifies("RS256", &key, signed.as_bytes(), &signature));
    assert!(!verifies("RS256", &key, &signed.as_bytes()[1..], &signature));
    assert!(!verifies("ES256", &key, signed.as_bytes(), &signature));
}

#[test]
fn groups_give_the_highest_grade_and_all_their_roles() {
    let oidc = oidc();
    let who = oidc.identity(&claims(&json!({}))).unwrap();
    assert_eq!((who.subject.as_str(), who.login.as_str(), who.name.as_str()), ("https://id.example 7", "anna", "anna"));
    assert_eq!((who.grant.grade, who.grant.roles.names()), (Grade::Commander, vec!["ops", "intel"]));
    assert_eq!(oidc.identity(&claims(&json!({"groups": "watch"}))).unwrap().grant.grade, Grade::Viewer);
    for groups in [json!([]), json!(null), json!(["other"]), json!({"ops": true})] {
        assert_eq!(oidc.identity(&claims(&json!({"groups": groups}))), Err(OidcError::NoGrant));
    }
    assert_eq!(oidc.identity(&claims(&json!({"preferred_username": " "}))), Err(OidcError::Lacks("the claim that holds the login")));
}

#[tokio::test]
async fn an_answer_is_good_once_in_the_browser_that_asked_and_not_for_long() {
    let oidc = oidc();
    let begin = |cookie: &str| {
        let pending = Pending { begun_at: NOW, nonce: "n".into(), verifier: "v".into() };
        oidc.pending.lock().unwrap().insert(state_of(cookie), pending);
    };
    let finish =
        async |cookie: &str, state: &str, seconds: i64| oidc.finish(cookie, state, "code", NOW.plus_micros(seconds * 1_000_000)).await;
    begin("a");
    assert_eq!(finish("b", &state_of("a"), 1).await, Err(OidcError::Unknown), "another browser");
    assert_eq!(finish("a", &state_of("a"), 1).await, Err(OidcError::Unknown), "which used it up");
    begin("a");
    assert_eq!(finish("a", &state_of("a"), 600).await, Err(OidcError::Unknown), "too late");
    assert_eq!(finish("", "", 1).await, Err(OidcError::Unknown));
}

#[test]
fn settings_that_would_be_unsafe_are_refused() {
    let with = |change: fn(&mut OidcConfig)| {
        let mut config = oidc().config;
        change(&mut config);
        config.check()
    };
    assert_eq!(with(|_| ()), Ok(()));
    assert_eq!(with(|c| c.issuer = "http://id.example".into()), Err(BadOidc::Insecure("issuer")));
    assert_eq!(with(|c| c.issuer = "http://127.0.0.1.evil.example".into()), Err(BadOidc::Insecure("issuer")));
    assert_eq!(with(|c| c.issuer = "http://127.0.0.1:9000".into()), Ok(()));
    assert_eq!(with(|c| c.client_id = String::new()), Err(BadOidc::Missing("client_id")));
    assert_eq!(with(|c| c.grants.clear()), Err(BadOidc::NoGrants));
    assert!(!format!("{:?}", OidcConfig { client_secret: Some("s3cret".into()), ..oidc().config }).contains("s3cret"));
    assert_eq!(form(&[("a", "b c"), ("d", "é&=")]), "a=b%20c&d=%C3%A9%26%3D");
}
