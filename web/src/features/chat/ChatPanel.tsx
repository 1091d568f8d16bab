/** The chat beside the map: the channels with what is unread, the messages of the open one, and a line to speak in. */
import "./chat.css";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Channel, ChatMessage, Thread } from "../../contract/chat.ts";
import { utcTime } from "../../shared/format.ts";
import { markup, type Piece } from "../../shared/markup.ts";
import { Found, Search, ThreadBar } from "./Finding.tsx";
import { Reactions } from "./Reactions.tsx";

interface Props {
  readonly channels: readonly Channel[];
  readonly opened: Channel | null;
  readonly thread: number | null;
  readonly messages: readonly ChatMessage[];
  readonly threads: readonly Thread[];
  /** What was searched for; null: nothing is. */
  readonly found: readonly ChatMessage[] | null;
  /** Above it stands what was read before. */
  readonly firstUnread: number | null;
  /** `operator:anna`; null: nobody. */
  readonly self: string | null;
  readonly maySpeak: boolean;
  readonly onOpen: (id: number | null) => void;
  readonly onThread: (id: number | null) => void;
  /** The answer is null when it worked, else the sentence to show. */
  readonly onSay: (text: string) => Promise<string | null>;
  /** The answer is null when it worked, else the sentence to show. */
  readonly onBegin: (title: string) => Promise<string | null>;
  readonly onSearch: (words: string) => void;
  readonly onGoTo: (message: ChatMessage) => void;
  readonly onReact: (id: number, reaction: string, present: boolean) => Promise<string | null>;
  readonly onClose: () => void;
}

export function ChatPanel(props: Props) {
  const { channels, opened, thread, found, maySpeak, onOpen, onThread, onSay, onClose } = props;
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
      <Search onSearch={props.onSearch} />
      <nav className="chat-channels" aria-label="Channels">
        {channels.map((channel) => (
          <button key={channel.id} type="button" aria-pressed={channel.id === opened?.id} onClick={() => onOpen(channel.id)}>
            <span># {channel.name}</span>
            {0 < channel.unread && <Badge count={channel.unread} />}
          </button>
        ))}
      </nav>
      {found !== null && <Found found={found} channels={channels} onGoTo={props.onGoTo} />}
      {found === null && opened === null && <p className="chat-hint">Choose a channel.</p>}
      {found === null && opened !== null && (
        <>
          <ThreadBar
            key={opened.id}
            threads={props.threads}
            thread={thread}
            maySpeak={maySpeak}
            onThread={onThread}
            onBegin={props.onBegin}
          />
          <Messages {...props} inThread={thread !== null} />
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
function Messages(props: Props & { readonly inThread: boolean }) {
  const { messages, onThread, inThread, firstUnread } = props;
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
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too
    <ol className="chat-messages" ref={list} onScroll={onScroll} aria-live="polite" aria-label="Messages" tabIndex={0}>
      {messages.map((message) => (
        <li key={message.id} data-author={message.author_kind} data-first-unread={message.id === firstUnread}>
          {message.id === firstUnread && <p className="chat-new">New</p>}
          <p className="chat-author">
            <b>{message.author_name}</b> <time dateTime={new Date(message.created_at).toISOString()}>{utcTime(message.created_at)}</time>
            {!inThread && message.thread_id !== null && <ThreadButton id={message.thread_id} onThread={onThread} />}
          </p>
          <Text text={message.text} />
          {props.maySpeak && message.asksForRun !== null && <Decide run={message.asksForRun} onSay={props.onSay} />}
          <Reactions message={message} self={props.self} mayReact={props.maySpeak} onReact={props.onReact} />
        </li>
      ))}
    </ol>
  );
}

/** A playbook that asks: the answer is a command like any other. */
function Decide({ run, onSay }: { readonly run: number; readonly onSay: Props["onSay"] }) {
  const [said, setSaid] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const say = async (command: string) => {
    setSaid(true);
    const refused = await onSay(`/${command} ${run}`);
    setRefusal(refused);
    if (refused !== null) setSaid(false);
  };
  return (
    <div className="chat-reactions">
      <button type="button" disabled={said} onClick={() => void say("confirm")}>
        Confirm run {run}
      </button>
      <button type="button" disabled={said} onClick={() => void say("refuse")}>
        Refuse
      </button>
      {refusal !== null && <span role="alert">{refusal}</span>}
    </div>
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
