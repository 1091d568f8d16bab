/** The chat of the fixture server (docs/chat.md): two channels, a message every time somebody speaks, an agent who answers commands. */
import { WebSocketServer } from "ws";

const CHANNELS = [
  { id: 1, slug: "general", name: "General", station: null, station_role: null },
  { id: 2, slug: "kp4-s1", name: "KP4-S1", station: "toc-s1", station_role: "ops" },
];

export class FixtureChat {
  #feeds = new WebSocketServer({ noServer: true });
  #messages = [];
  #read = new Map();
  #clients = new Set();

  constructor() {
    this.say(2, "Station **up**", { kind: "station", name: "toc-s1" });
    this.say(2, "Anna, look at `icao:406a3d` please", { kind: "person", name: "Bob" });
  }

  /** Somebody says something. */
  say(channel_id, text, { kind = "person", name = "Bob", thread_id = null, reply_to = null, client_id = null } = {}) {
    const id = this.#messages.length + 1;
    const { slug: channel } = CHANNELS.find((one) => one.id === channel_id);
    const author = kind === "person" ? `operator:${name.toLowerCase()}` : `${kind}:${name}`;
    const message = { id, channel_id, channel, thread_id, reply_to, author_kind: kind, author, author_name: name, client_id, text };
    this.#messages.push({ ...message, attachment: null, created_at: new Date().toISOString(), reactions: null });
    for (const client of this.#clients) client.send(JSON.stringify({ type: "message", message: this.#messages.at(-1) }));
    return this.#messages.at(-1);
  }

  get messages() {
    return this.#messages;
  }

  /** Breaks all feeds. */
  cut() {
    for (const client of this.#feeds.clients) client.terminate();
  }

  /** @returns {boolean} whether the request was for the feed */
  upgrade(request, socket, head) {
    const url = new URL(request.url, "http://localhost");
    if (url.pathname !== "/api/v1/chatkit/feed") return false;
    const after = Number(url.searchParams.get("after") ?? this.#messages.length);
    this.#feeds.handleUpgrade(request, socket, head, (client) => {
      this.#clients.add(client);
      client.on("close", () => this.#clients.delete(client));
      client.send(JSON.stringify({ type: "hello", cursor: after }));
      for (const message of this.#messages.slice(after)) client.send(JSON.stringify({ type: "message", message }));
    });
    return true;
  }

  /** @returns {Promise<{ status: number, body: unknown } | null>} null: not ours */
  async answer(request, login) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/api/v1/auth/session") {
      const scopes = login === null ? ["read"] : ["read", "telemetry:write"];
      return { status: 200, body: { login, csrf_token: login === null ? null : "csrf", scopes } };
    }
    if (!pathname.startsWith("/api/v1/chatkit/")) return null;
    if (pathname.endsWith("/channels")) return { status: 200, body: CHANNELS.map((channel) => this.#news(channel)) };
    if (request.method === "GET") return { status: 200, body: this.#list(searchParams) };
    if (request.headers["x-csrf-token"] !== "csrf")
      return { status: 403, body: { detail: "A write with a session needs its X-CSRF-Token" } };
    let text = "";
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    if (pathname.endsWith("/read")) {
      this.#read.set(Number(pathname.split("/").at(-2)), body.message_id);
      return { status: 204, body: null };
    }
    return this.#post(body);
  }

  #news(channel) {
    const own = this.#messages.filter((message) => message.channel_id === channel.id);
    const read = this.#read.get(channel.id) ?? 0;
    return {
      ...channel,
      last_message_id: own.at(-1)?.id ?? null,
      last_read_id: read,
      unread: own.filter((message) => read < message.id).length,
    };
  }

  #list(searchParams) {
    const named = searchParams.get("channel");
    const channel = CHANNELS.find((one) => named === null || [String(one.id), one.slug, one.station].includes(named));
    const thread = searchParams.get("thread");
    const found = this.#messages.filter((m) => (thread === null ? m.channel_id === channel?.id : m.thread_id === Number(thread)));
    return found.toReversed();
  }

  #post(body) {
    const channel = CHANNELS.find((one) => [one.id, one.slug, String(one.id)].includes(body.channel));
    if (body.text.startsWith("/refuse")) return { status: 429, body: { detail: "Too many requests; try again in 6 s" } };
    const said = this.say(channel.id, body.text, { name: "Anna", thread_id: body.thread_id ?? null, client_id: body.client_id });
    if (body.text.startsWith("/help")) {
      const text = "What I understand:\n- `/status` — stations\n- `/help` — **this** and <img src=x onerror=alert(1)>";
      this.say(channel.id, text, { kind: "agent", name: "help", thread_id: 7, reply_to: said.id });
    }
    return { status: 201, body: { ...said, run_id: null } };
  }

  close() {
    this.cut();
  }
}
