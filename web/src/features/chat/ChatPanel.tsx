/** The chat beside the map: the channels with what is unread, the messages of the open one, and a line to speak in. */
import "./chat.css";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Channel, ChatMessage } from "../../contract/chat.ts";
import { utcTime } from "../../shared/format.ts";
import { markup, type Piece } from "../../shared/markup.ts";

interface Props {
  readonly channels: readonly Channel[];
  readonly opened: Channel | null;
  readonly thread: number | null;
  readonly messages: readonly ChatMessage[];
  readonly maySpeak: boolean;
  readonly onOpen: (id: number | null) => void;
  readonly onThread: (id: number | null) => void;
  /** The answer is null when it worked, else the sentence to show. */
  readonly onSay: (text: string) => Promise<string | null>;
  readonly onClose: () => void;
}

export function ChatPanel(props: Props) {
  const { channels, opened, thread, messages, maySpeak, onOpen, onThread, onSay, onClose } = props;
  return (
    <section className="chat" aria-label="Chat">
      <header>
        <h2>{opened === null ? "Chat" : opened.name}</h2>
        {thread !== null && (
          <button type="button" onClick={() => onThread(null)}>
            Leave thread
          </button>
        )}
        <button type="button" aria-label="Close chat" onClick={onClose}>
          ✕
        </button>
      </header>
      <nav className="chat-channels" aria-label="Channels">
        {channels.map((channel) => (
          <button key={channel.id} type="button" aria-pressed={channel.id === opened?.id} onClick={() => onOpen(channel.id)}>
            <span># {channel.name}</span>
            {0 < channel.unread && <Badge count={channel.unread} />}
          </button>
        ))}
      </nav>
      {opened === null ? (
        <p className="chat-hint">Choose a channel.</p>
      ) : (
        <>
          <Messages messages={messages} onThread={onThread} inThread={thread !== null} />
          {maySpeak ? (
            <Speak key={`${opened.id} ${thread}`} onSay={onSay} />
          ) : (
            <p className="chat-hint">Speaking needs an operator's login.</p>
          )}
        </>
      )}
    </section>
  );
}

export function Badge({ count }: { readonly count: number }) {
  return <b className="chat-badge">{count < 1_000 ? count : "999+"}</b>;
}

/** Stays at the end while the end is in sight. */
function Messages(props: {
  readonly messages: readonly ChatMessage[];
  readonly onThread: (id: number) => void;
  readonly inThread: boolean;
}) {
  const { messages, onThread, inThread } = props;
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const last = messages.at(-1)?.id;
  useEffect(() => {
    if (last !== undefined && atEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [last]);
  const onScroll = () => {
    const box = list.current;
    if (box !== null) atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  };
  return (
    <ol className="chat-messages" ref={list} onScroll={onScroll} aria-live="polite" aria-label="Messages">
      {messages.map((message) => (
        <li key={message.id} data-author={message.author_kind}>
          <p className="chat-author">
            <b>{message.author_name}</b> <time dateTime={new Date(message.created_at).toISOString()}>{utcTime(message.created_at)}</time>
            {!inThread && message.thread_id !== null && <ThreadButton id={message.thread_id} onThread={onThread} />}
          </p>
          <Text text={message.text} />
        </li>
      ))}
    </ol>
  );
}

function ThreadButton({ id, onThread }: { readonly id: number; readonly onThread: (id: number) => void }) {
  return (
    <button type="button" onClick={() => onThread(id)}>
      thread
    </button>
  );
}

function Text({ text }: { readonly text: string }) {
  return (
    <div className="chat-text">
      {markup(text).map((line, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's lines never move
        <p key={number} data-item={line.item}>
          {line.pieces.map((piece, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: nor do its pieces
            <Inline key={place} piece={piece} />
          ))}
        </p>
      ))}
    </div>
  );
}

function Inline({ piece }: { readonly piece: Piece }) {
  if (piece.kind === "strong") return <strong>{piece.text}</strong>;
  if (piece.kind === "em") return <em>{piece.text}</em>;
  return piece.kind === "code" ? <code>{piece.text}</code> : piece.text;
}

function Speak({ onSay }: { readonly onSay: (text: string) => Promise<string | null> }) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const field = event.currentTarget.querySelector("input");
    const text = field?.value.trim() ?? "";
    if (field === null || text === "" || busy) return;
    setBusy(true);
    const said = await onSay(text);
    setBusy(false);
    setRefusal(said);
    if (said === null) field.value = "";
    field.focus();
  }

  return (
    <form className="chat-speak" onSubmit={(event) => void submit(event)}>
      {refusal !== null && <p role="alert">{refusal}</p>}
      <label>
        <span className="hidden">Message</span>
        <input name="text" autoComplete="off" maxLength={20_000} placeholder="Message, /help or @agent …" />
      </label>
      <button type="submit" disabled={busy}>
        Send
      </button>
    </form>
  );
}
