/**
 * The link to the server: the live stream with reconnection, and plain requests that stand in while it is down and that notice when it is dead
 * without having said so.
 *
 * ```text
 *   open ──► snapshot ──► delta, delta, …  ── gap in seq, garbage, close ──► wait (back-off) ──► open
 *                         every PROBE_MS: GET console ── no answer for SILENT_MS ──► drop the stream
 *                                         stream silent for STUCK_MS and /tracks is ahead ──► drop the stream
 *                         while there is no stream, every PROBE_MS: GET tracks
 * ```
 *
 * A server that answers 401 has locked the console: the page asks for a login, then calls `unlock`.
 *
 * What it needs from outside comes in as `LinkWorld`, so that tests run it without a network or a clock.
 */
import { type ConsoleInfo, parseConsole, parseLive, parseTracks } from "../contract/messages.ts";
import type { ServerClock } from "../picture/clock.ts";
import type { Picture } from "../picture/picture.ts";
import { backoffMs } from "./backoff.ts";
import { parseJson } from "./listened.ts";
import { type LinkFacts, SILENT_MS } from "./state.ts";

export interface StreamHandlers {
  onMessage(text: string): void;
  onClose(): void;
}

export interface LinkWorld {
  now(): number;
  random(): number;
  /** Calls `run` after `ms`; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Opens `api/v1/live`; the answer closes it (after which no handler is called). */
  openStream(handlers: StreamHandlers): () => void;
  /** The parsed body of a GET; rejects on anything but success. */
  getJson(path: string): Promise<unknown>;
}

/** The server answers, but only to those who log in (401). */
export class LoginNeeded extends Error {}

export const PROBE_MS = 4_000;
const STUCK_MS = 15_000;
/** A stream that opens but sends no snapshot within this is given up. */
const SNAPSHOT_WAIT_MS = 10_000;

export class Link {
  readonly #world: LinkWorld;
  readonly #picture: Picture;
  readonly #clock: ServerClock;
  readonly #startedAt: number;
  #console: ConsoleInfo | null = null;
  #heardAt: number | null = null;
  #streamHeardAt = 0;
  #streaming = false;
  #attempt = 0;
  #garbage = 0;
  #closeStream: (() => void) | null = null;
  #cancelRetry: () => void = () => {};
  #cancelProbe: () => void = () => {};
  #stopped = false;
  #locked = false;

  constructor(world: LinkWorld, picture: Picture, clock: ServerClock) {
    this.#world = world;
    this.#picture = picture;
    this.#clock = clock;
    this.#startedAt = world.now();
  }

  get facts(): LinkFacts {
    return { streaming: this.#streaming, heardAt: this.#heardAt, startedAt: this.#startedAt };
  }

  get console(): ConsoleInfo | null {
    return this.#console;
  }

  /** The server is there, but wants to know who we are. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Somebody has logged in: asks again at once. */
  unlock(): void {
    this.#locked = false;
    this.#attempt = 0;
    this.#cancelProbe();
    void this.#probe();
    if (this.#closeStream !== null) return;
    this.#cancelRetry();
    this.#open();
  }

  /** Messages that were not what the contract says. */
  get garbage(): number {
    return this.#garbage;
  }

  start(): void {
    this.#open();
    void this.#probe();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry();
    this.#cancelProbe();
    this.#closeStream?.();
  }

  #open(): void {
    this.#streamHeardAt = this.#world.now();
    const close = this.#world.openStream({ onMessage: (text) => this.#take(text), onClose: () => this.#lost() });
    this.#closeStream = close;
  }

  #take(text: string): void {
    const message = parseLive(parseJson(text));
    if (message === null) {
      this.#garbage += 1;
      this.#lost();
      return;
    }
    this.#heard(message.at);
    this.#streamHeardAt = this.#world.now();
    const now = this.#clock.now(this.#world.now());
    if (message.type === "snapshot") {
      this.#picture.applySnapshot(message, now);
      this.#streaming = true;
      this.#attempt = 0;
    } else if (!this.#picture.applyDelta(message, now)) {
      this.#lost();
    }
  }

  /** Closes the stream, if it is not closed yet, and tries again later. */
  #lost(): void {
    if (this.#closeStream === null || this.#stopped) return;
    this.#closeStream();
    this.#closeStream = null;
    this.#streaming = false;
    this.#cancelRetry = this.#world.after(backoffMs(this.#attempt, this.#world.random()), () => this.#open());
    this.#attempt += 1;
  }

  #heard(serverAt: number | null): void {
    const received = this.#world.now();
    this.#heardAt = received;
    if (serverAt !== null) this.#clock.observe(serverAt, received);
  }

  async #probe(): Promise<void> {
    await Promise.all([this.#probeConsole(), this.#probeTracks()]);
    if (this.#stopped) return;
    const now = this.#world.now();
    const silent = now - (this.#heardAt ?? this.#startedAt);
    const mute = !this.#streaming && SNAPSHOT_WAIT_MS < now - this.#streamHeardAt;
    if (SILENT_MS < silent || mute) this.#lost();
    this.#cancelProbe = this.#world.after(PROBE_MS, () => void this.#probe());
  }

  async #probeConsole(): Promise<void> {
    try {
      const info = parseConsole(await this.#world.getJson("api/v1/console"));
      if (info === null) {
        this.#garbage += 1;
        return;
      }
      this.#console = info;
      this.#locked = false;
      this.#heard(null);
    } catch (error) {
      if (error instanceof LoginNeeded) this.#locked = true;
      // No answer: `heardAt` grows old, which is what the header shows.
    }
  }

  /** Asks for the whole picture when there is no stream, or when the stream has been quiet for so long that it may be dead. */
  async #probeTracks(): Promise<void> {
    const quiet = STUCK_MS < this.#world.now() - this.#streamHeardAt;
    if (this.#streaming && !quiet) return;
    try {
      const snapshot = parseTracks(await this.#world.getJson("api/v1/tracks"));
      if (snapshot === null) {
        this.#garbage += 1;
        return;
      }
      this.#heard(snapshot.at);
      if (this.#streaming && snapshot.seq <= (this.#picture.seq ?? 0)) {
        this.#streamHeardAt = this.#world.now();
        return;
      }
      // While the request was under way the stream may have come back with something newer.
      if (this.#streaming) this.#lost();
      this.#picture.applySnapshot(snapshot, this.#clock.now(this.#world.now()));
    } catch {
      // As above.
    }
  }
}
