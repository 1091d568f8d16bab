/** The chat over the wire (docs/chat.md), checked. What is no channel or message is left out. */
import { fields, isRecord, type Kind } from "./fields.ts";

export interface Channel {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly station: string | null;
  readonly unread: number;
  readonly last_message_id: number | null;
  /** Up to where one has read. */
  readonly last_read_id: number | null;
}

export interface Thread {
  readonly id: number;
  /** `talk`, `mission` or `alert`. */
  readonly kind: string;
  readonly title: string;
}

export interface ChatMessage {
  readonly id: number;
  readonly channel_id: number;
  readonly thread_id: number | null;
  readonly reply_to: number | null;
  readonly author_kind: string;
  readonly author: string;
  readonly author_name: string;
  /** Markdown. */
  readonly text: string;
  /** Who reacted how: `👍` → `operator:anna`, … */
  readonly reactions: ReadonlyMap<string, readonly string[]>;
  /** The run that asks, with this message, whether it may begin. */
  readonly asksForRun: number | null;
  /** Unix milliseconds. */
  readonly created_at: number;
}

export type Frame = { readonly type: "hello"; readonly cursor: number } | { readonly type: "message"; readonly message: ChatMessage };

/** Longest text that is shown; the server takes no longer one. */
const MAX_TEXT = 20_000;

const CHANNEL: Record<string, Kind> = {
  id: "number",
  slug: "text",
  name: "text",
  station: "text?",
  unread: "number",
  last_message_id: "number?",
  last_read_id: "number?",
};

const THREAD: Record<string, Kind> = { id: "number", kind: "text" };

const MESSAGE: Record<string, Kind> = {
  id: "number",
  channel_id: "number",
  thread_id: "number?",
  reply_to: "number?",
  author_kind: "text",
  author: "text",
  author_name: "text",
  created_at: "time",
};

/** The answer of `GET /api/v1/chatkit/channels`, or null when it is none. */
export function parseChannels(value: unknown): readonly Channel[] | null {
  return Array.isArray(value) ? value.map((item) => fields(CHANNEL, item) as Channel | null).filter((item) => item !== null) : null;
}

/** The answer of `GET /api/v1/chatkit/messages`, oldest first, or null when it is none. */
export function parseMessages(value: unknown): readonly ChatMessage[] | null {
  if (!Array.isArray(value)) return null;
  return value
    .map(parseMessage)
    .filter((item) => item !== null)
    .sort((a, b) => a.id - b.id);
}

export function parseMessage(value: unknown): ChatMessage | null {
  const head = fields(MESSAGE, value);
  if (head === null || !isRecord(value) || typeof value["text"] !== "string") return null;
  return {
    ...head,
    text: value["text"].slice(0, MAX_TEXT),
    reactions: parseReactions(value["reactions"]),
    asksForRun: askedRun(value["attachment"]),
  } as ChatMessage;
}

function askedRun(attachment: unknown): number | null {
  const run = isRecord(attachment) ? attachment["confirm_run_id"] : null;
  return Number.isInteger(run) ? (run as number) : null;
}

function parseReactions(value: unknown): ReadonlyMap<string, readonly string[]> {
  const all = isRecord(value) ? Object.entries(value) : [];
  return new Map(
    all.filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((who) => typeof who === "string")),
  );
}

/** A thread, or null when it is none. */
export function parseThread(value: unknown): Thread | null {
  const head = fields(THREAD, value);
  if (head === null || !isRecord(value) || typeof value["title"] !== "string") return null;
  return { ...head, title: value["title"] } as Thread;
}

/** The answer of `GET /api/v1/chatkit/channels/{id}/threads`; what is none is none. */
export function parseThreads(value: unknown): readonly Thread[] {
  return Array.isArray(value) ? value.map(parseThread).filter((thread) => thread !== null) : [];
}

/** A message of `/api/v1/chatkit/feed`, or null when it is none. */
export function parseFrame(value: unknown): Frame | null {
  if (!isRecord(value)) return null;
  if (value["type"] === "hello" && Number.isFinite(value["cursor"])) return { type: "hello", cursor: value["cursor"] as number };
  const message = value["type"] === "message" ? parseMessage(value["message"]) : null;
  return message === null ? null : { type: "message", message };
}
