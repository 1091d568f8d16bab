//! Slack's and Mattermost's incoming webhooks: `POST {url}` `{"text", "username", "channel"?}`.
//!
//! Slack reads `&`, `<` and `>` as its own signs (`<!channel>` calls everybody), so they are escaped; an `@` calls people in
//! Mattermost, so it is followed by a space of no width.

use super::{Fabric, Outgoing};
use crate::store::Message;
use model::UnixMicros;
use serde_json::json;
use std::fmt;

pub(super) struct Slack {
    pub url: String,
}

impl Fabric for Slack {
    fn request(&self, message: &Message, target: &str, _: UnixMicros) -> Outgoing {
        let text = super::line(message).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@\u{200b}");
        let mut body = json!({"text": format!("[{}] {text}", message.channel), "username": "vTOC"});
        if !target.is_empty() {
            body["channel"] = json!(target);
        }
        let headers = vec![("content-type", "application/json".to_owned())];
        Outgoing { method: "POST", url: self.url.clone(), headers, body: body.to_string().into_bytes() }
    }
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slack(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    #[test]
    fn a_message_calls_nobody_there() {
        let out = Slack { url: "https://hooks.example/T/B/x".into() }.request(&message("<!channel> @all R&D"), "#ops", UnixMicros(0));
        let body: serde_json::Value = serde_json::from_slice(&out.body).unwrap();
        assert_eq!(body, json!({"text": "[kp4-a] Anna: &lt;!channel&gt; @\u{200b}all R&amp;D", "username": "vTOC", "channel": "#ops"}));
        let out = Slack { url: String::new() }.request(&message("x"), "", UnixMicros(0));
        assert!(!String::from_utf8(out.body).unwrap().contains("channel"));
    }
}
