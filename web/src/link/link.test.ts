import { beforeEach, describe, expect, it } from "vitest";
import { ServerClock } from "../picture/clock.ts";
import { Picture } from "../picture/picture.ts";
import { backoffMs } from "./backoff.ts";
import { Link, type LinkWorld, LoginNeeded, PROBE_MS, type StreamHandlers } from "./link.ts";
import { type LinkFacts, linkState } from "./state.ts";

const AT = "2026-11-23T00:00:00Z";
const CONSOLE = { role: "central", name: "c", version: "1", center: null, stations: [] };

/** A world whose time moves only when told, with a server that can be up or down. */
class FakeWorld implements LinkWorld {
  time = 1_000_000;
  up = true;
  locked = false;
  streams: { handlers: StreamHandlers; closed: boolean }[] = [];
  seq = 5;
  #timers: { at: number; run: () => void }[] = [];

  now = () => this.time;
  random = () => 1;

  after = (ms: number, run: () => void) => {
    const timer = { at: this.time + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  openStream = (handlers: StreamHandlers) => {
    const stream = { handlers, closed: false };
    this.streams.push(stream);
    return () => {
      stream.closed = true;
    };
  };

  getJson = async (path: string) => {
    if (!this.up) throw new Error("no answer");
    if (this.locked) throw new LoginNeeded(path);
    return path === "api/v1/console" ? CONSOLE : { generated_at: AT, seq: this.seq, tracks: [] };
  };

  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settle();
  }

  get stream() {
    const last = this.streams.at(-1);
    if (last === undefined) throw new Error("no stream was opened");
    return last;
  }

  send(message: unknown): void {
    this.stream.handlers.onMessage(typeof message === "string" ? message : JSON.stringify(message));
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("the link", () => {
  let world: FakeWorld;
  let picture: Picture;
  let link: Link;

  beforeEach(() => {
    world = new FakeWorld();
    picture = new Picture();
    link = new Link(world, picture, new ServerClock());
    link.start();
    world.send({ type: "snapshot", seq: 5, at: AT, tracks: [] });
  });

  const state = () => linkState(link.facts, world.time);

  it("says that it is locked, and asks again at once when somebody has logged in", async () => {
    await settle();
    expect(link.locked).toBe(false);
    world.locked = true;
    world.stream.handlers.onClose();
    await world.pass(PROBE_MS);
    expect(link.locked).toBe(true);
    world.locked = false;
    const opened = world.streams.length;
    link.unlock();
    await settle();
    expect(link.locked).toBe(false);
    expect(link.console).toEqual(CONSOLE);
    expect(world.streams.length).toBeGreaterThanOrEqual(opened);
    expect(world.stream.closed).toBe(false);
  });

  it("is live after the first snapshot", async () => {
    await settle();
    expect(state()).toBe("live");
    expect(link.console?.role).toBe("central");
  });

  it.each([
    ["a gap in the numbers", { type: "delta", seq: 7, at: AT, updated: [], removed: [] }],
    ["a message that is none", { type: "nonsense" }],
    ["something that is not JSON", "{{{"],
  ])("asks for a new snapshot after %s", async (_, message) => {
    world.send(message);
    expect(world.stream.closed).toBe(true);
    await world.pass(500);
    expect(world.streams).toHaveLength(2);
    world.send({ type: "snapshot", seq: 9, at: AT, tracks: [] });
    expect(picture.seq).toBe(9);
    expect(state()).toBe("live");
  });

  it("polls while the stream is refused, and says so", async () => {
    world.stream.handlers.onClose();
    world.seq = 8;
    await world.pass(PROBE_MS + 10);
    expect(state()).toBe("polling");
    expect(picture.seq).toBe(8);
  });

  it("tries again with growing pauses, for ever", async () => {
    world.up = false;
    world.stream.handlers.onClose();
    for (let i = 0; i < 12; i++) {
      await world.pass(15_000);
      world.stream.handlers.onClose();
    }
    expect(world.streams.length).toBeGreaterThan(11);
    expect(world.streams.length).toBeLessThan(20);
    expect(state()).toBe("offline");
  });

  it("notices a server that is gone without having closed the stream", async () => {
    world.up = false;
    await world.pass(20_000);
    expect(world.streams[0]?.closed).toBe(true);
    expect(state()).toBe("offline");
  });

  it("leaves a quiet stream alone while the server has nothing newer", async () => {
    await world.pass(60_000);
    expect(world.streams).toHaveLength(1);
    expect(state()).toBe("live");
  });

  it("drops a stream that is stuck while the server went on", async () => {
    world.seq = 50;
    await world.pass(24_000);
    expect(world.streams[0]?.closed).toBe(true);
    expect(picture.seq).toBe(50);
  });

  it("opens nothing more after it was stopped", async () => {
    link.stop();
    await world.pass(60_000);
    expect(world.streams).toHaveLength(1);
  });
});

describe("the words for the link", () => {
  const facts = (changes: Partial<LinkFacts>): LinkFacts => ({ streaming: false, heardAt: null, startedAt: 0, ...changes });
  it.each<[LinkFacts, number, string]>([
    [facts({}), 3_000, "connecting"],
    [facts({}), 11_000, "offline"],
    [facts({ streaming: true, heardAt: 20_000 }), 21_000, "live"],
    [facts({ streaming: true, heardAt: 20_000 }), 40_000, "offline"],
    [facts({ heardAt: 20_000 }), 22_000, "polling"],
    [facts({ heardAt: 20_000 }), 29_000, "reconnecting"],
    [facts({ heardAt: 20_000 }), 31_000, "offline"],
  ])("%o at %d: %s", (known, now, word) => {
    expect(linkState(known, now)).toBe(word);
  });
});

it("waits longer each time, within bounds, and not all consoles equally long", () => {
  expect(backoffMs(0, 1)).toBe(500);
  expect(backoffMs(3, 1)).toBe(4_000);
  expect(backoffMs(1_000, 1)).toBe(15_000);
  expect(backoffMs(3, 0)).toBe(3_000);
});
