//! The settings of chat and playbooks. Secrets come from files and from the variables that the old system's programs have
//! (contract §4, §5); they are never logged and never part of the configuration that `--print-config` shows.

use crate::config::{Fabric, FabricName, Settings};
use crate::failure::Failure;
use api::agentkit::{AgentConfig, Client, Outside, Playbooks};
use api::chat::{ChatConfig, FabricConfig, FabricKind, RadioConfig, WebhookKey};
use std::time::Duration;

/// Seconds, as the old system had it.
const AGENTKIT_TIMEOUT_S: u64 = 30;

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
    let fabrics = settings.chat.fabrics.iter().map(|(name, f)| fabric(name, f)).collect::<Result<_, _>>()?;
    let radio = &settings.chat.radio;
    let radio = RadioConfig { messages: radio.messages, bulletins: radio.bulletins, callsigns: radio.callsigns.clone() };
    Ok(ChatConfig { webhook_keys, standard_webhooks_only: settings.chat.standard_webhooks_only, fabrics, radio })
}

fn fabric(name: &str, fabric: &Fabric) -> Result<FabricConfig, Failure> {
    let wrong = |why: String| Failure::config(format!("chat.fabrics.{name}: {why}"));
    let path = &fabric.secret_file;
    let secret = std::fs::read_to_string(path).map_err(|e| wrong(format!("{} can't be read: {e}", path.display())))?;
    let secret = secret.trim().to_owned();
    let url = || fabric.url.clone().ok_or_else(|| wrong("it needs `url`".into()));
    let kind = match fabric.kind {
        FabricName::Slack => FabricKind::Slack { url: secret },
        FabricName::Chatkit => FabricKind::ChatKit { url: url()?, secret },
        FabricName::Matrix => FabricKind::Matrix { homeserver: url()?, token: secret },
    };
    Ok(FabricConfig { name: name.to_owned(), kind, channels: fabric.channels.clone() })
}

/// An outside runner, when its address, its key and the organisation are all given.
fn outside() -> Result<Option<Outside>, Failure> {
    let names = ["AGENTKIT_API_BASE_URL", "AGENTKIT_ORG_ID", "AGENTKIT_API_KEY"].map(variable);
    let [Some(base), Some(organisation), Some(key)] = names else { return Ok(None) };
    let seconds = match variable("AGENTKIT_TIMEOUT_SECONDS") {
        Some(text) => text.trim().parse::<f64>().ok().filter(|s| (1.0..=600.0).contains(s)).map(|s| s as u64),
        None => Some(AGENTKIT_TIMEOUT_S),
    };
    let seconds = seconds.ok_or_else(|| Failure::config("AGENTKIT_TIMEOUT_SECONDS is not within 1 to 600"))?;
    Outside::new(&base, &organisation, &key, Duration::from_secs(seconds)).map(Some).map_err(|e| Failure::config(e.to_string()))
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
        outside: outside()?,
    })
}
