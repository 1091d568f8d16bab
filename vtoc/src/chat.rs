//! The settings of chat and playbooks. Secrets come from files and from the variables that the old system's programs have
//! (contract §4, §5); they are never logged and never part of the configuration that `--print-config` shows.

use crate::config::Settings;
use crate::failure::Failure;
use api::agentkit::{AgentConfig, Client, Playbooks};
use api::chat::{ChatConfig, WebhookKey};

/// `None`: not set, or empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

pub fn chat(settings: &Settings) -> Result<ChatConfig, Failure> {
    let (secrets, from) = match &settings.chat.webhook_secret_file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Failure::config(format!("chat.webhook_secret_file: {} can't be read: {e}", path.display())))?;
            (text, "chat.webhook_secret_file")
        }
        None => (variable("CHATKIT_WEBHOOK_SECRET").unwrap_or_default(), "CHATKIT_WEBHOOK_SECRET"),
    };
    let webhook_keys = WebhookKey::several(&secrets).map_err(|e| Failure::config(format!("{from}: {e}")))?;
    Ok(ChatConfig { webhook_keys, standard_webhooks_only: settings.chat.standard_webhooks_only })
}

pub fn agents(settings: &Settings) -> Result<AgentConfig, Failure> {
    let playbooks = match &settings.agentkit.playbooks {
        Some(path) => {
            let wrong = |why: String| Failure::config(format!("agentkit.playbooks: {}: {why}", path.display()));
            let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("can't be read: {e}")))?;
            Playbooks::with(&text).map_err(|e| wrong(e.to_string()))?
        }
        None => Playbooks::default(),
    };
    let tools = variable("CHATKIT_ALLOWED_TOOLS");
    let names = |tools: String| tools.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let client = variable("AGENTKIT_CLIENT_ID").zip(variable("AGENTKIT_CLIENT_SECRET"));
    Ok(AgentConfig {
        playbooks,
        allowed_tools: tools.map(names),
        organisation: variable("AGENTKIT_ORG_ID").unwrap_or_default(),
        client: client.map(|(id, secret)| Client::new(&id, &secret)),
    })
}
