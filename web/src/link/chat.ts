/**
 * The chat outside React: channels with what is unread, the messages of the open one, and the feed that keeps both up to date.
 *
 * ```text
 *   start ─► channels ─► feed (after the newest known) ── lost ──► wait (back-off) ─► feed (after the last one seen): nothing is missed
 *   open(channel) ─► its last messages ─► read mark          station's own page (404): there is no chat, and no panel
 * ```
 *
 * What it needs from outside comes in as `ChatWorld`. At most KEPT messages of a channel are held.
 */
import { authorOf } from "../contract/account.ts";
import {
  type Channel,
  type ChatMessage,
  parseChannels,
  parseFrame,
  parseMessage,
  parseMessages,
  parseThread,
  parseThreads,
  type Thread,
} from "../contract/chat.ts";
import { type Account, type Refusal, refusalOf } from "./account.ts";
import { backoffMs } from "./backoff.ts";
import { Listened, parseJson } from "./listened.ts";

export interface ChatWorld {
  random(): number;
  after(ms: number, run: () => void): () => void;
  /** A random number of the page's own, as text. */
  newId(): string;
  getJson(path: string): Promise<unknown>;
  openFeed(after: number | null, onMessage: (text: string) => void, onClose: () => void): () => void;
}

const KEPT = 500;
const PAGE = 100;
/** How long to wait before asking again whether there is a chat. */
const AGAIN_MS = 15_000;

export class ChatLink extends Listened {
  readonly #world: ChatWorld;
  readonly #account: Account;
  #channels: readonly Channel[] | null = null;
  #messages: readonly ChatMessage[] = [];
  #threads: readonly Thread[] = [];
  #found: readonly ChatMessage[] | null = null;
  #search = 0;
  #readUntil = 0;
  #open: number | null = null;
  #thread: number | null = null;
  #cursor: number | null = null;
  #attempt = 0;
  #cancel: () => void = () => {};
  #closeFeed: (() => void) | null = null;

  constructor(world: ChatWorld, account: Account) {
    super();
    this.#world = world;
    this.#account = account;
  }

  /** Null: there is no chat here, or not yet. */
  get channels(): readonly Channel[] | null {
    return this.#channels;
  }

  get opened(): Channel | null {
    return this.#channels?.find((channel) => channel.id === this.#open) ?? null;
  }

  /** The thread that is looked at alone. */
  get thread(): number | null {
    return this.#thread;
  }

  /** Of the open channel, or of the thread, oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#thread === null ? this.#messages : this.#messages.filter((message) => message.thread_id === this.#thread);
  }

  /** Of the open channel, the newest first. */
  get threads(): readonly Thread[] {
    return this.#threads;
  }

  /** What was searched for, newest first; null when nothing is. */
  get found(): readonly ChatMessage[] | null {
    return this.#found;
  }

  /** The first message that was not read when the channel was opened. */
  get firstUnread(): number | null {
    const own = authorOf(this.#account.who);
    return this.messages.find((message) => this.#readUntil < message.id && message.author !== own)?.id ?? null;
  }

  get unread(): number {
    return (this.#channels ?? []).reduce((sum, channel) => sum + channel.unread, 0);
  }

  start(): void {
    this.#cancel();
    this.#closeFeed?.();
    this.#closeFeed = null;
    void this.#begin();
  }

  async #begin(): Promise<void> {
    await this.#account.refresh();
    const channels = parseChannels(await this.#world.getJson("api/v1/chatkit/channels").catch(() => null));
    this.#channels = channels;
    this.changed();
    if (channels === null) {
      this.#cancel = this.#world.after(AGAIN_MS, () => void this.#begin());
      return;
    }
    const newest = channels.map((channel) => channel.last_message_id ?? 0);
    this.#cursor = Math.max(0, ...newest);
    this.#watch();
  }

  #watch(): void {
    this.#closeFeed = this.#world.openFeed(
      this.#cursor,
      (text) => this.#take(text),
      () => this.#lost(),
    );
  }

  #lost(): void {
    this.#closeFeed = null;
    // The rights may have changed: then the channels are asked for anew, from which follows whether there is a chat at all.
    const again = 3 <= this.#attempt ? () => void this.#begin() : () => this.#watch();
    this.#cancel = this.#world.after(backoffMs(this.#attempt, this.#world.random()), again);
    this.#attempt += 1;
  }

  #take(text: string): void {
    const frame = parseFrame(parseJson(text));
    if (frame === null) return;
    this.#attempt = 0;
    if (frame.type === "hello") return;
    const { message } = frame;
    this.#cursor = Math.max(this.#cursor ?? 0, message.id);
    if (message.channel_id === this.#open) {
      this.#keep([message]);
      void this.#markRead(message.id);
    } else if (this.#channels?.some((channel) => channel.id === message.channel_id)) {
      const own = message.author === authorOf(this.#account.who);
      this.#change(message.channel_id, (channel) => ({ unread: own ? channel.unread : channel.unread + 1, last_message_id: message.id }));
    } else {
      // A channel that is new.
      this.start();
    }
    this.changed();
  }

  /** Shows a channel; null shows none. */
  async open(id: number | null): Promise<void> {
    this.#open = id;
    this.#thread = null;
    this.#messages = [];
    this.#threads = [];
    this.#found = null;
    this.#readUntil = this.opened?.last_read_id ?? 0;
    this.changed();
    if (id === null) return;
    void this.#readThreads(id);
    const found = parseMessages(await this.#world.getJson(`api/v1/chatkit/messages?channel=${id}&limit=${PAGE}`).catch(() => null));
    if (this.#open !== id || found === null) return;
    this.#keep(found);
    this.changed();
    const last = found.at(-1);
    if (last !== undefined) await this.#markRead(last.id);
  }

  /** Looks at one thread of the open channel; null looks at all of it. */
  async openThread(id: number | null): Promise<void> {
    this.#thread = id;
    this.changed();
    if (id === null) return;
    const found = parseMessages(await this.#world.getJson(`api/v1/chatkit/messages?thread=${id}&limit=${PAGE}`).catch(() => null));
    if (this.#thread !== id || found === null) return;
    this.#keep(found);
    this.changed();
  }

  /** Says something in the open channel or thread. The answer is null, or the sentence that says why not. */
  async say(text: string): Promise<Refusal> {
    const body = { channel: this.#open, thread_id: this.#thread, text, client_id: this.#world.newId() };
    return refusalOf(this.#account.send("POST", "api/v1/chatkit/messages", body));
  }

  async #readThreads(id: number): Promise<void> {
    const threads = parseThreads(await this.#world.getJson(`api/v1/chatkit/channels/${id}/threads`).catch(() => null));
    if (this.#open !== id) return;
    this.#threads = threads;
    this.changed();
  }

  /** Begins a thread in the open channel, and looks at it. */
  beginThread(title: string): Promise<Refusal> {
    const id = this.#open;
    const begun = this.#account.send("POST", `api/v1/chatkit/channels/${id}/threads`, { kind: "talk", title }).then(async (answer) => {
      const thread = parseThread(answer);
      if (thread === null || this.#open !== id) return;
      this.#threads = [thread, ...this.#threads];
      await this.openThread(thread.id);
    });
    return refusalOf(begun);
  }

  /** Looks for words in all channels; none end the search. */
  async search(words: string): Promise<void> {
    this.#search += 1;
    const search = this.#search;
    const answer = words === "" ? null : this.#world.getJson(`api/v1/chatkit/messages?q=${encodeURIComponent(words)}&limit=${PAGE}`);
    const found = parseMessages(await answer?.catch(() => []));
    if (search !== this.#search) return;
    this.#found = found?.toReversed() ?? null;
    this.changed();
  }

  /** Goes to where a message that was found stands. */
  async goTo(message: ChatMessage): Promise<void> {
    await this.open(message.channel_id);
    if (message.thread_id !== null) await this.openThread(message.thread_id);
  }

  /** Sets or takes away one's own reaction. */
  react(id: number, reaction: string, present: boolean): Promise<Refusal> {
    const done = this.#account.send("PUT", `api/v1/chatkit/messages/${id}/reactions`, { reaction, present }).then((answer) => {
      const message = parseMessage(answer);
      if (message === null || message.channel_id !== this.#open) return;
      this.#keep([message]);
      this.changed();
    });
    return refusalOf(done);
  }

  async #markRead(messageId: number): Promise<void> {
    const id = this.#open;
    if (id === null) return;
    this.#change(id, () => ({ unread: 0, last_read_id: messageId }));
    this.changed();
    if (this.#account.who.csrf === null) return;
    await refusalOf(this.#account.send("PUT", `api/v1/chatkit/channels/${id}/read`, { message_id: messageId }));
  }

  #keep(more: readonly ChatMessage[]): void {
    const all = new Map([...this.#messages, ...more].map((message) => [message.id, message]));
    this.#messages = [...all.values()].sort((a, b) => a.id - b.id).slice(-KEPT);
  }

  #change(id: number, what: (channel: Channel) => Partial<Channel>): void {
    this.#channels = this.#channels?.map((channel) => (channel.id === id ? { ...channel, ...what(channel) } : channel)) ?? null;
  }
}
