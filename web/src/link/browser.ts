/** The browser's side of `LinkWorld`. All addresses are relative to the page, so that the console also works behind a path prefix. */
import { type AccountWorld, type Refusal, refusalOf } from "./account.ts";
import type { AlertWorld } from "./alerts.ts";
import type { ChatWorld } from "./chat.ts";
import { type LinkWorld, LoginNeeded, type StreamHandlers } from "./link.ts";

const REQUEST_TIMEOUT_MS = 8_000;

export const browserWorld: LinkWorld = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  openStream: (handlers: StreamHandlers) => openSocket("api/v1/live", handlers.onMessage, handlers.onClose),
  async getJson(path) {
    const response = await fetch(new URL(path, document.baseURI), { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), cache: "no-store" });
    if (response.status === 401) throw new LoginNeeded(path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  },
};

export const browserAccount: AccountWorld = {
  getJson: browserWorld.getJson,
  async send(method, path, body, csrf) {
    const response = await fetch(new URL(path, document.baseURI), {
      method,
      headers: { "content-type": "application/json", ...(csrf === null ? {} : { "x-csrf-token": csrf }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const answer: unknown = response.status === 204 ? null : await response.json();
    if (!response.ok) throw new Error(sentence(answer, response.status));
    return answer;
  },
};

export const browserChat: ChatWorld = {
  random: browserWorld.random,
  after: browserWorld.after,
  getJson: browserWorld.getJson,
  newId: () => [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16).padStart(8, "0")).join(""),
  openFeed: (after, onMessage, onClose) => openSocket(`api/v1/chatkit/feed${after === null ? "" : `?after=${after}`}`, onMessage, onClose),
};

export const browserAlerts: AlertWorld = {
  now: browserWorld.now,
  random: browserWorld.random,
  after: browserWorld.after,
  getJson: browserWorld.getJson,
  openAlerts: (onMessage, onClose) => openSocket("api/v1/alerts/feed", onMessage, onClose),
};

/** Opens a WebSocket beside the page; the answer closes it (after which nothing is called). */
function openSocket(path: string, onMessage: (text: string) => void, onClose: () => void): () => void {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  const aborted = new AbortController();
  const { signal } = aborted;
  socket.addEventListener("message", (event) => onMessage(String(event.data)), { signal });
  socket.addEventListener("close", () => onClose(), { signal });
  return () => {
    aborted.abort();
    socket.close();
  };
}

/** The server's own words for why not. */
function sentence(answer: unknown, status: number): string {
  const detail = typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : null;
  return typeof detail === "string" ? detail : `The server refused (${status})`;
}

/** Begins a session; the browser keeps its cookie, which no script sees. */
export function logIn(login: string, password: string): Promise<Refusal> {
  return refusalOf(browserAccount.send("POST", "api/v1/auth/login", { login, password }, null));
}
