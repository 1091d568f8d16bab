//! The old service's wire: what our own webhook takes, `{"channel", "text", "user", "thread"?, "message_id", "author_kind"}`, signed in both forms.

use super::{Fabric, Outgoing};
use crate::chat::signature::{WebhookKey, signed_headers};
use crate::store::Message;
use model::UnixMicros;
use serde_json::json;
use std::fmt;

pub(super) struct ChatKit {
    url: String,
    /// `None`: the secret is none; nothing is signed, and the other side refuses.
    key: Option<WebhookKey>,
}

impl ChatKit {
    pub fn new(url: String, secret: &str) -> Self {
        Self { url, key: WebhookKey::new(secret).ok() }
    }
}

impl Fabric for ChatKit {
    fn request(&self, message: &Message, target: &str, now: UnixMicros) -> Outgoing {
        let channel = if target.is_empty() { &message.channel } else { target };
        let mut body = json!({
            "channel": channel, "text": message.text, "user": message.author_name, "message_id": format!("vtoc-{}", message.id),
            "author_kind": message.author_kind.name(),
        });
        if let Some(thread) = message.thread_id {
            body["thread"] = json!(thread.to_string());
        }
        let body = body.to_string().into_bytes();
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if let Some(key) = &self.key {
            headers.extend(signed_headers(key, &format!("vtoc-{}", message.id), now, &body));
        }
        Outgoing { method: "POST", url: self.url.clone(), headers, body }
    }
}

impl fmt::Debug for ChatKit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatKit(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;
    use axum::http::HeaderName;

    #[test]
    fn what_we_send_is_what_we_take() {
        let (now, secret) = (UnixMicros::from_secs(1_700_000_000), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let out = ChatKit::new("https://chat.example".into(), secret).request(&message("hi"), "", now);
        let headers = out.headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let keys = [WebhookKey::new(secret).unwrap()];
        assert!(crate::chat::verify(&keys, true, &headers, &out.body, now).is_ok());
        let mut plain = headers.clone();
        ["webhook-id", "webhook-timestamp", "webhook-signature"].iter().for_each(|name| drop(plain.remove(*name)));
        assert!(crate::chat::verify(&keys, false, &plain, &out.body, now).is_ok());
        let body: serde_json::Value = serde_json::from_slice(&out.body).unwrap();
        assert_eq!((&body["channel"], &body["thread"], &body["message_id"]), (&json!("kp4-a"), &json!("5"), &json!("vtoc-17")));
    }
}
