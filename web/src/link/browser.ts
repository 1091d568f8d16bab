/** The browser's side of `LinkWorld`. All addresses are relative to the page, so that the console also works behind a path prefix. */
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
  openStream(handlers: StreamHandlers) {
    const url = new URL("api/v1/live", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    const aborted = new AbortController();
    const { signal } = aborted;
    socket.addEventListener("message", (event) => handlers.onMessage(String(event.data)), { signal });
    socket.addEventListener("close", () => handlers.onClose(), { signal });
    return () => {
      aborted.abort();
      socket.close();
    };
  },
  async getJson(path) {
    const response = await fetch(new URL(path, document.baseURI), { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), cache: "no-store" });
    if (response.status === 401) throw new LoginNeeded(path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  },
};

export const browserChat: ChatWorld = {
  random: browserWorld.random,
  after: browserWorld.after,
  getJson: browserWorld.getJson,
  newId: () => [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16).padStart(8, "0")).join(""),
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
  openFeed(after, onMessage, onClose) {
    const url = new URL("api/v1/chatkit/feed", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (after !== null) url.searchParams.set("after", String(after));
    const socket = new WebSocket(url);
    const aborted = new AbortController();
    const { signal } = aborted;
    socket.addEventListener("message", (event) => onMessage(String(event.data)), { signal });
    socket.addEventListener("close", () => onClose(), { signal });
    return () => {
      aborted.abort();
      socket.close();
    };
  },
};

/** The server's own words for why not. */
function sentence(answer: unknown, status: number): string {
  const detail = typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : null;
  return typeof detail === "string" ? detail : `The server refused (${status})`;
}

/** Begins a session; the browser keeps its cookie, which no script sees. The answer is null, or the sentence that says why not. */
export async function logIn(login: string, password: string): Promise<string | null> {
  try {
    const response = await fetch(new URL("api/v1/auth/login", document.baseURI), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login, password }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (response.ok) return null;
    return sentence(await response.json(), response.status);
  } catch {
    return "No answer from the server";
  }
}
