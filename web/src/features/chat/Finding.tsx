/** Finding one's way in the chat: the search, what it found, and the threads of the open channel. */
import { type FormEvent, useState } from "react";
import type { Channel, ChatMessage, Thread } from "../../contract/chat.ts";
import { utcTime } from "../../shared/format.ts";

export function Search({ onSearch }: { readonly onSearch: (words: string) => void }) {
  const [words, setWords] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSearch(words.trim());
  };
  const clear = () => {
    setWords("");
    onSearch("");
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: the element <search> is not known to every browser yet
    <form className="chat-search" role="search" onSubmit={submit}>
      <label>
        <span className="hidden">Search messages</span>
        <input
          type="text"
          value={words}
          placeholder="Search messages"
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Search</button>
      {words !== "" && (
        <button type="button" onClick={clear}>
          Clear
        </button>
      )}
    </form>
  );
}

interface FoundProps {
  readonly found: readonly ChatMessage[];
  readonly channels: readonly Channel[];
  readonly onGoTo: (message: ChatMessage) => void;
}

export function Found({ found, channels, onGoTo }: FoundProps) {
  const channelOf = (message: ChatMessage) => channels.find((channel) => channel.id === message.channel_id)?.name ?? "";
  if (found.length === 0) return <p className="chat-hint">Nothing was found.</p>;
  return (
    <ol className="chat-messages" aria-label="Found messages">
      {found.map((message) => (
        <li key={message.id}>
          <p className="chat-author">
            <b>{message.author_name}</b> # {channelOf(message)} {new Date(message.created_at).toISOString().slice(0, 10)}{" "}
            {utcTime(message.created_at)}
            <button type="button" onClick={() => onGoTo(message)}>
              Go there
            </button>
          </p>
          <p className="chat-text">{message.text}</p>
        </li>
      ))}
    </ol>
  );
}

interface ThreadProps {
  readonly threads: readonly Thread[];
  readonly thread: number | null;
  readonly maySpeak: boolean;
  readonly onThread: (id: number | null) => void;
  readonly onBegin: (title: string) => Promise<string | null>;
}

export function ThreadBar({ threads, thread, maySpeak, onThread, onBegin }: ThreadProps) {
  const [naming, setNaming] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function begin(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const title = String(new FormData(event.currentTarget).get("title")).trim();
    if (title === "") return;
    const said = await onBegin(title);
    setRefusal(said);
    if (said === null) setNaming(false);
  }

  return (
    <div className="chat-threads">
      <select
        aria-label="Thread"
        value={thread ?? ""}
        onChange={(event) => onThread(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}
      >
        <option value="">Whole channel</option>
        {thread !== null && !threads.some((one) => one.id === thread) && <option value={thread}>Thread {thread}</option>}
        {threads.map((one) => (
          <option key={one.id} value={one.id}>
            {one.kind === "talk" ? one.title : `${one.title} (${one.kind})`}
          </option>
        ))}
      </select>
      {maySpeak && !naming && (
        <button type="button" onClick={() => setNaming(true)}>
          New thread
        </button>
      )}
      {naming && (
        <form onSubmit={(event) => void begin(event)}>
          <label>
            <span className="hidden">Title of the thread</span>
            <input name="title" placeholder="What it is about" maxLength={255} autoComplete="off" />
          </label>
          <button type="submit">Begin</button>
          <button type="button" onClick={() => setNaming(false)}>
            Cancel
          </button>
        </form>
      )}
      {refusal !== null && <p role="alert">{refusal}</p>}
    </div>
  );
}
