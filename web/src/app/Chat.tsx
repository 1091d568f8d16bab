/** The chat's place on the page: a button with what is unread, and the panel. Where there is no chat (a station's own page), nothing. */
import { useState, useSyncExternalStore } from "react";
import { authorOf, type Who } from "../contract/account.ts";
import { Badge, ChatPanel } from "../features/chat/ChatPanel.tsx";
import type { ChatLink } from "../link/chat.ts";

export function Chat({ chat, who }: { readonly chat: ChatLink; readonly who: Who }) {
  const [shown, setShown] = useState(false);
  useSyncExternalStore(chat.subscribe, chat.version);
  const { channels, unread } = chat;
  if (channels === null) return null;
  const show = (wanted: boolean) => {
    setShown(wanted);
    // Unread first: that is what one came for.
    const first = channels.find((channel) => 0 < channel.unread) ?? channels[0];
    void chat.open(wanted ? (first?.id ?? null) : null);
  };
  if (!shown) {
    return (
      <button type="button" className="app-chat-button" onClick={() => show(true)}>
        Chat {0 < unread && <Badge count={unread} />}
      </button>
    );
  }
  return (
    <div className="app-chat">
      <ChatPanel
        channels={channels}
        opened={chat.opened}
        thread={chat.thread}
        messages={chat.messages}
        threads={chat.threads}
        found={chat.found}
        firstUnread={chat.firstUnread}
        self={authorOf(who)}
        maySpeak={who.maySpeak && who.csrf !== null}
        onBegin={(title) => chat.beginThread(title)}
        onSearch={(words) => void chat.search(words)}
        onGoTo={(message) => void chat.goTo(message)}
        onReact={(id, reaction, present) => chat.react(id, reaction, present)}
        onOpen={(id) => void chat.open(id)}
        onThread={(id) => void chat.openThread(id)}
        onSay={(text) => chat.say(text)}
        onClose={() => show(false)}
      />
    </div>
  );
}
