//! ChatKit: the organisation's chat. Channels, threads and messages lie in the control database (`store::channels`,
//! `store::messages`); routes and the WebSocket feed are in `routes::chat*`.
//!
//! ```text
//!   console, programs ──POST /chatkit/messages──┐                     ┌─► feed (WebSocket, from a cursor on)
//!   a chat service ──signed webhook──► signature┴─► say ──COMMIT──────┤
//!                                                    └ a command is    └─► queue of runs ─► reply in the same thread
//!                                                      queued with it
//! ```
//!
//! Constraints: a message and the run it asks for are stored together or not at all; what is sent again (same author, same
//! `client_id`) is not stored again; a webhook without a valid signature, or without a secret of ours, is refused.

pub(crate) mod alarms;
pub(crate) mod command;
pub(crate) mod fabric;
pub(crate) mod feed;
pub(crate) mod say;
mod signature;

pub use fabric::{FabricConfig, FabricKind};
pub(crate) use feed::{Feed, Place};
#[cfg(test)]
pub(crate) use signature::sign;
pub use signature::{BadKey, WebhookKey};
pub(crate) use signature::{Refused, verify};

use crate::auth::{Limiter, Rate};

/// Commands of one person: ten at once, then ten in a minute.
const COMMANDS: Rate = Rate { burst: 10.0, per_second: 10.0 / 60.0 };

/// The settings of the chat.
#[derive(Clone, Debug, Default)]
pub struct ChatConfig {
    /// What webhooks are signed with: any of them will do, so that one can be changed for another. None: no webhooks.
    pub webhook_keys: Vec<WebhookKey>,
    /// Takes Standard Webhooks only: a plain signature of the body alone says nothing about when it was made.
    pub standard_webhooks_only: bool,
    /// Other chat systems that get what is said.
    pub fabrics: Vec<FabricConfig>,
}

/// What the routes of the chat share.
#[derive(Debug)]
pub(crate) struct Chat {
    pub feed: Feed,
    pub commands: Limiter<String>,
}

impl Default for Chat {
    fn default() -> Self {
        Self { feed: Feed::default(), commands: Limiter::new(COMMANDS) }
    }
}
