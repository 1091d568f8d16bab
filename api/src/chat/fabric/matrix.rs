//! Matrix, client-server API v1.11, `PUT /_matrix/client/v3/rooms/{roomId}/send/m.room.message/{txnId}`: a transaction id that
//! was used is answered with the event that it made, so a message that is sent twice is there once.

use super::{Fabric, Outgoing};
use crate::store::{AuthorKind, Message};
use model::UnixMicros;
use serde_json::json;
use std::fmt;

pub(super) struct Matrix {
    pub homeserver: String,
    pub token: String,
}

impl Fabric for Matrix {
    fn request(&self, message: &Message, target: &str, _: UnixMicros) -> Outgoing {
        let base = self.homeserver.trim_end_matches('/');
        let url = format!("{base}/_matrix/client/v3/rooms/{}/send/m.room.message/vtoc-{}", escaped(target), message.id);
        // A notice: other robots leave it alone.
        let kind = if message.author_kind == AuthorKind::Person { "m.text" } else { "m.notice" };
        let body = json!({"msgtype": kind, "body": super::line(message), "vtoc.message_id": message.id, "vtoc.channel": message.channel});
        let headers = vec![("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {}", self.token))];
        Outgoing { method: "PUT", url, headers, body: body.to_string().into_bytes() }
    }
}

/// For a path: RFC 3986, section 2.3, unreserved signs as they are.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Matrix(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    #[test]
    fn a_room_and_a_message_make_one_address() {
        let out = Matrix { homeserver: "https://m.example/".into(), token: "t".into() }.request(
            &message("hi"),
            "!a b/c:m.example",
            UnixMicros(0),
        );
        assert_eq!(out.url, "https://m.example/_matrix/client/v3/rooms/%21a%20b%2Fc%3Am.example/send/m.room.message/vtoc-17");
        assert_eq!(out.headers[1], ("authorization", "Bearer t".into()));
        let body: serde_json::Value = serde_json::from_slice(&out.body).unwrap();
        assert_eq!((&body["msgtype"], &body["body"]), (&json!("m.text"), &json!("Anna: hi")));
    }
}
