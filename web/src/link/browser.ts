/** The browser's side of `LinkWorld`. All addresses are relative to the page, so that the console also works behind a path prefix. */
import type { LinkWorld, StreamHandlers } from "./link.ts";

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
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  },
};
