/**
 * A server for developing and testing the console: serves `dist/` and the contract of docs/live-picture.md from a scenario, with the headers that the
 * real server sends. It can cut its link and change its scenario while running. Test equipment, never shipped.
 */
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { FixtureAlerts } from "./alerts.mjs";
import { FixtureChat } from "./chat.mjs";
import { consoleAt, detailOf, seriesOf, tracksAt, trailOf } from "./scenario.mjs";

const DIST = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "dist");
const DELTA_MS = 500;
/** Each of a crowd is heard every so many ticks: nobody hears ten thousand twice a second. */
const CROWD_TICKS = 8;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};
const CSP = "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'";

export class Fixture {
  #server = http.createServer((request, response) => void this.#answer(request, response));
  #sockets = new WebSocketServer({ noServer: true });
  #scenario;
  #count;
  #begin = Date.now();
  #seq = 1;
  #cut = false;
  #streams = true;
  #timer = setInterval(() => this.#delta(), DELTA_MS);
  #told = new Set();
  #opened = 0;
  /** `login:password` that the server wants; null when it wants none. */
  #wanted = null;
  #login;
  #pages;
  chat = new FixtureChat();
  alerts = new FixtureAlerts();
  /** All that was asked: path and headers. */
  seen = [];

  /** @param {{ scenario?: string, count?: number, login?: string | null, pages?: Record<string, string> }} options */
  constructor({ scenario = "sky", count = 10_000, login = null, pages = {} } = {}) {
    this.#scenario = scenario;
    this.#count = count;
    this.#login = login;
    this.#pages = pages;
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @param {number} [port] 0 takes a free one @returns {Promise<string>} the address of the page */
  listen(port = 0) {
    return new Promise((resolve) => {
      this.#server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${this.#server.address().port}/`));
    });
  }

  get begin() {
    return this.#begin;
  }

  change(scenario) {
    this.#scenario = scenario;
    this.#begin = Date.now();
  }

  /** Cuts the link: open streams break, new ones and requests for data are dropped without an answer. The page itself is still served. */
  cut() {
    this.#cut = true;
    this.alerts.cut();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** From now on nobody is answered who has not logged in. */
  lock(login, password) {
    this.#wanted = `${login}:${password}`;
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  mend() {
    this.#cut = false;
  }

  /** Refuses only streams, so that the page has to poll. */
  refuseStreams() {
    this.#streams = false;
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Leaves one number out, as if a message had been lost. */
  skipSeq() {
    this.#seq += 1;
  }

  /** Sends something that is not in the contract. */
  sendGarbage(text) {
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  /** How many streams were opened since the beginning. */
  get opened() {
    return this.#opened;
  }

  close() {
    clearInterval(this.#timer);
    this.chat.close();
    this.alerts.cut();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #tracks(withTrails, part) {
    const now = Date.now();
    const tracks = tracksAt(this.#scenario, this.#begin, now, { count: this.#count, ...part });
    return withTrails ? tracks.map((track) => ({ ...track, trail: trailOf(track, now) })) : tracks;
  }

  #upgrade(request, socket, head) {
    this.seen.push(request.url);
    if (!this.#cut && this.#admitted(request) && (this.chat.upgrade(request, socket, head) || this.alerts.upgrade(request, socket, head)))
      return;
    if (this.#cut || !this.#streams || request.url !== "/api/v1/live" || !this.#admitted(request)) {
      socket.destroy();
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (stream) => {
      this.#opened += 1;
      const tracks = this.#tracks(true);
      this.#told = new Set(tracks.map((track) => track.subject));
      stream.send(JSON.stringify({ type: "snapshot", seq: this.#seq, at: new Date().toISOString(), tracks }));
    });
  }

  #delta() {
    if (this.#sockets.clients.size === 0) return;
    const tick = this.#seq % CROWD_TICKS;
    const updated = this.#tracks(false, { every: CROWD_TICKS, from: tick });
    const removed = this.#scenario === "crowd" ? [] : this.#gone(updated);
    if (updated.length === 0 && removed.length === 0) return;
    this.#seq += 1;
    const text = JSON.stringify({ type: "delta", seq: this.#seq, at: new Date().toISOString(), updated, removed });
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  #gone(updated) {
    const now = new Set(updated.map((track) => track.subject));
    const gone = [...this.#told].filter((subject) => !now.has(subject));
    this.#told = now;
    return gone;
  }

  #admitted(request) {
    return this.#wanted === null || (request.headers.cookie ?? "").includes("vtoc_session=");
  }

  async #logIn(request, response) {
    let text = "";
    for await (const part of request) text += part;
    const { login, password } = JSON.parse(text);
    if (`${login}:${password}` !== this.#wanted) {
      json(response, { detail: "Login or password is wrong" }, 401);
      return;
    }
    response.setHeader("set-cookie", "vtoc_session=1; Path=/; HttpOnly; SameSite=Strict");
    json(response, { kind: "operator", login });
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, "http://localhost");
    this.seen.push(`${request.url} ${JSON.stringify(request.headers)}`);
    const page = this.#pages[pathname];
    const away = this.#cut || !this.#admitted(request);
    const chat = away ? null : ((await this.chat.answer(request, this.#login)) ?? (await this.alerts.answer(request)));
    if (pathname.startsWith("/api/") && this.#cut) {
      request.socket.destroy();
    } else if (pathname === "/api/v1/auth/logout") {
      this.#login = null;
      response.writeHead(204, { "set-cookie": "vtoc_session=; Max-Age=0" }).end();
    } else if (pathname === "/api/v1/auth/login") {
      void this.#logIn(request, response);
    } else if (pathname.startsWith("/api/") && !this.#admitted(request)) {
      json(response, { detail: "Log in" }, 401);
    } else if (page !== undefined) {
      response.writeHead(200, { "content-type": TYPES[".html"] }).end(page);
    } else if (chat?.status === 204) {
      response.writeHead(204).end();
    } else if (chat !== null) {
      json(response, chat.body, chat.status);
    } else if (pathname === "/api/v1/console") {
      json(response, consoleAt(this.#scenario, Date.now()));
    } else if (pathname === "/api/v1/tracks") {
      json(response, { generated_at: new Date().toISOString(), seq: this.#seq, tracks: this.#tracks(true) });
    } else if (pathname === "/api/v1/telemetry/series") {
      const asked = new URL(request.url, "http://fixture").searchParams;
      json(response, seriesOf(asked.get("subject"), asked.get("kind"), Date.now()));
    } else if (pathname.startsWith("/api/v1/tracks/")) {
      const subject = decodeURIComponent(pathname.slice("/api/v1/tracks/".length));
      const track = this.#tracks(false).find((one) => one.subject === subject);
      if (track === undefined) response.writeHead(404).end();
      else json(response, detailOf(track, Date.now()));
    } else {
      file(response, pathname === "/" ? "/index.html" : pathname);
    }
  }
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function file(response, pathname) {
  const name = path.join(DIST, path.normalize(pathname));
  if (!name.startsWith(DIST) || !fs.existsSync(name) || !fs.statSync(name).isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[path.extname(name)] ?? "application/octet-stream", "content-security-policy": CSP });
  fs.createReadStream(name).pipe(response);
}
