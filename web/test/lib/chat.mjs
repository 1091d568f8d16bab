/** The chat of the fixture server (docs/chat.md): two channels, a message every time somebody speaks, an agent who answers commands. */
import { WebSocketServer } from "ws";

const CHANNELS = [
  { id: 1, slug: "general", name: "General", station: null, station_role: null },
  { id: 2, slug: "kp4-s1", name: "KP4-S1", station: "toc-s1", station_role: "ops" },
];

export class FixtureChat {
  #feeds = new WebSocketServer({ noServer: true });
  #messages = [];
  #threads = [{ id: 7, kind: "mission", title: "Lifeboat out" }];
  #read = new Map();
  #clients = new Set();

  constructor() {
    this.say(2, "Station **up**", { kind: "station", name: "toc-s1" });
    this.say(2, "Anna, look at `icao:406a3d` please", { kind: "person", name: "Bob" });
  }

  /** Somebody says something. */
  say(channel_id, text, { kind = "person", name = "Bob", thread_id = null, reply_to = null, client_id = null, attachment = null } = {}) {
    const id = this.#messages.length + 1;
    const { slug: channel } = CHANNELS.find((one) => one.id === channel_id);
    const author = kind === "person" ? `operator:${name.toLowerCase()}` : `${kind}:${name}`;
    const message = { id, channel_id, channel, thread_id, reply_to, author_kind: kind, author, author_name: name, client_id, text };
    this.#messages.push({ ...message, attachment, created_at: new Date().toISOString(), reactions: null });
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
      const scopes = login === null ? ["read"] : ["read", "telemetry:write", "command"];
      const who = login === null ? {} : { name: "Anna", grade: "commander", csrf_token: "csrf" };
      return { status: 200, body: { reading: login === null ? "open" : "required", login, ...who, scopes, station_roles: ["ops"] } };
    }
    if (!pathname.startsWith("/api/v1/chatkit/")) return null;
    if (pathname.endsWith("/channels")) return { status: 200, body: CHANNELS.map((channel) => this.#news(channel)) };
    if (pathname.endsWith("/threads") && request.method === "GET") return { status: 200, body: this.#threads };
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
    if (pathname.endsWith("/threads")) {
      this.#threads.unshift({ id: 20 + this.#threads.length, kind: "talk", title: body.title });
      return { status: 201, body: this.#threads[0] };
    }
    if (pathname.endsWith("/reactions")) {
      const message = this.#messages[Number(pathname.split("/").at(-2)) - 1];
      const authors = (message.reactions?.[body.reaction] ?? []).filter((who) => who !== "operator:anna");
      const now = body.present ? [...authors, "operator:anna"] : authors;
      message.reactions = now.length === 0 ? null : { [body.reaction]: now };
      return { status: 200, body: message };
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
    const words = searchParams.get("q");
    if (words !== null) return this.#messages.filter((m) => m.text.includes(words)).toReversed();
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
