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
import { type Channel, type ChatMessage, parseChannels, parseFrame, parseMessages, parseSpeaker, type Speaker } from "../contract/chat.ts";
import { backoffMs } from "./backoff.ts";

export interface ChatWorld {
  random(): number;
  after(ms: number, run: () => void): () => void;
  /** A random number of the page's own, as text. */
  newId(): string;
  getJson(path: string): Promise<unknown>;
  /** Resolves to the answer, rejects with an Error whose message is the server's sentence. */
  send(method: "POST" | "PUT", path: string, body: unknown, csrf: string | null): Promise<unknown>;
  openFeed(after: number | null, onMessage: (text: string) => void, onClose: () => void): () => void;
}

const NOBODY: Speaker = { author: null, csrf: null, maySpeak: false };
const KEPT = 500;
const PAGE = 100;
/** How long to wait before asking again whether there is a chat. */
const AGAIN_MS = 15_000;

export class ChatLink {
  readonly #world: ChatWorld;
  readonly #listeners = new Set<() => void>();
  #version = 0;
  #channels: readonly Channel[] | null = null;
  #messages: readonly ChatMessage[] = [];
  #open: number | null = null;
  #thread: number | null = null;
  #speaker = NOBODY;
  #cursor: number | null = null;
  #attempt = 0;
  #cancel: () => void = () => {};
  #closeFeed: (() => void) | null = null;

  constructor(world: ChatWorld) {
    this.#world = world;
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

  get speaker(): Speaker {
    return this.#speaker;
  }

  get unread(): number {
    return (this.#channels ?? []).reduce((sum, channel) => sum + channel.unread, 0);
  }

  /** Changes with everything that is shown. */
  readonly version = (): number => this.#version;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    this.#cancel();
    this.#closeFeed?.();
    this.#closeFeed = null;
    void this.#begin();
  }

  async #begin(): Promise<void> {
    const speaker = await this.#world.getJson("api/v1/auth/session").catch(() => null);
    const channels = parseChannels(await this.#world.getJson("api/v1/chatkit/channels").catch(() => null));
    this.#speaker = parseSpeaker(speaker);
    this.#channels = channels;
    this.#changed();
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
      const own = message.author === this.#speaker.author;
      this.#change(message.channel_id, (channel) => ({ unread: own ? channel.unread : channel.unread + 1, last_message_id: message.id }));
    } else {
      // A channel that is new.
      this.start();
    }
    this.#changed();
  }

  /** Shows a channel; null shows none. */
  async open(id: number | null): Promise<void> {
    this.#open = id;
    this.#thread = null;
    this.#messages = [];
    this.#changed();
    if (id === null) return;
    const found = parseMessages(await this.#world.getJson(`api/v1/chatkit/messages?channel=${id}&limit=${PAGE}`).catch(() => null));
    if (this.#open !== id || found === null) return;
    this.#keep(found);
    this.#changed();
    const last = found.at(-1);
    if (last !== undefined) await this.#markRead(last.id);
  }

  /** Looks at one thread of the open channel; null looks at all of it. */
  async openThread(id: number | null): Promise<void> {
    this.#thread = id;
    this.#changed();
    if (id === null) return;
    const found = parseMessages(await this.#world.getJson(`api/v1/chatkit/messages?thread=${id}&limit=${PAGE}`).catch(() => null));
    if (this.#thread !== id || found === null) return;
    this.#keep(found);
    this.#changed();
  }

  /** Says something in the open channel or thread. The answer is null, or the sentence that says why not. */
  async say(text: string): Promise<string | null> {
    const body = { channel: this.#open, thread_id: this.#thread, text, client_id: this.#world.newId() };
    try {
      await this.#world.send("POST", "api/v1/chatkit/messages", body, this.#speaker.csrf);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : "No answer from the server";
    }
  }

  async #markRead(messageId: number): Promise<void> {
    const id = this.#open;
    if (id === null) return;
    this.#change(id, () => ({ unread: 0 }));
    this.#changed();
    if (this.#speaker.csrf === null) return;
    await this.#world.send("PUT", `api/v1/chatkit/channels/${id}/read`, { message_id: messageId }, this.#speaker.csrf).catch(() => null);
  }

  #keep(more: readonly ChatMessage[]): void {
    const all = new Map([...this.#messages, ...more].map((message) => [message.id, message]));
    this.#messages = [...all.values()].sort((a, b) => a.id - b.id).slice(-KEPT);
  }

  #change(id: number, what: (channel: Channel) => Partial<Channel>): void {
    this.#channels = this.#channels?.map((channel) => (channel.id === id ? { ...channel, ...what(channel) } : channel)) ?? null;
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
