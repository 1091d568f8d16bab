import { describe, expect, it } from "vitest";
import { Account, type AccountWorld } from "./account.ts";
import { AlertLink, type AlertWorld } from "./alerts.ts";

const alert = (id: number, state = "open", severity = "critical") => ({
  id,
  rule: "Distress at sea",
  subject: `mmsi:${id}`,
  state,
  severity,
});

class World implements AlertWorld, AccountWorld {
  readonly feeds: { onMessage: (text: string) => void; onClose: () => void }[] = [];
  readonly timers: (() => void)[] = [];
  answers: Record<string, unknown> = { "api/v1/auth/session": { login: "anna", csrf_token: "c", scopes: [] } };
  sent: unknown[] = [];
  answer: unknown = {};
  clock = 1_000;
  now() {
    return this.clock;
  }
  random() {
    return 0.5;
  }
  after(_: number, run: () => void) {
    this.timers.push(run);
    return () => {};
  }
  async getJson(path: string) {
    if (!(path in this.answers)) throw new Error("404");
    return this.answers[path];
  }
  async send(...what: unknown[]) {
    this.sent = what;
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
  openAlerts(onMessage: (text: string) => void, onClose: () => void) {
    this.feeds.push({ onMessage, onClose });
    return () => {};
  }
  tell(...alerts: unknown[]) {
    this.feeds.at(-1)?.onMessage(JSON.stringify({ type: "alerts", old: false, more: false, alerts }));
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function started() {
  const world = new World();
  const link = new AlertLink(world, new Account(world));
  link.start();
  return { world, link };
}

describe("the link of alerts", () => {
  it("keeps the list that came last, and knows what waits for somebody", () => {
    const { world, link } = started();
    expect([link.list, link.live]).toEqual([null, false]);
    world.tell(alert(1), alert(2, "acknowledged"), alert(3, "open", "warning"), { id: "x" });
    expect([link.live, link.list?.alerts.length, link.waiting.map((one) => one.id)]).toEqual([true, 3, [1]]);
    world.tell({ ...alert(4, "open", "info"), kind: "ais_distress", rule: "x".repeat(900), latitude: 99 });
    expect(link.waiting.map((one) => [one.id, one.rule.length, one.latitude])).toEqual([[4, 500, null]]);
    world.feeds[0]?.onMessage("garbage");
    expect(link.list?.alerts.length).toBe(1);
  });

  it("asks while the feed is down, says that it is not live, and never shows an older answer over a newer list", async () => {
    const { world, link } = started();
    world.tell(alert(1));
    world.feeds[0]?.onClose();
    expect([link.live, link.waiting.length]).toEqual([false, 1]);
    await settled();
    expect(link.heardAt, "no answer: as old as it is").toBe(1_000);
    world.clock = 9_000;
    world.answers["api/v1/alerts?state=active&limit=200"] = [alert(1), alert(2)];
    world.timers.at(-1)?.();
    world.feeds[1]?.onClose();
    await settled();
    expect([link.live, link.waiting.length, link.heardAt]).toEqual([false, 2, 9_000]);
    world.timers.at(-1)?.();
    world.feeds[2]?.onClose();
    world.timers.at(-1)?.();
    world.tell(alert(3));
    await settled();
    expect([link.live, link.waiting.map((one) => one.id)]).toEqual([true, [3]]);
  });

  it("acknowledges and resolves, shows that at once, and says why not", async () => {
    const { world, link } = started();
    world.tell(alert(1), alert(2));
    world.answer = alert(1, "acknowledged");
    expect(await link.acknowledge(1)).toBeNull();
    expect([world.sent.slice(0, 3), link.waiting.map((one) => one.id)]).toEqual([["POST", "api/v1/alerts/1/acknowledge", {}], [2]]);
    world.answer = alert(2, "resolved");
    expect(await link.resolve(2, "over")).toBeNull();
    expect([world.sent[2], link.list?.alerts.map((one) => one.id)]).toEqual([{ note: "over" }, [1]]);
    world.answer = new Error("A viewer does not have the scope telemetry:write");
    expect(await link.acknowledge(1)).toBe("A viewer does not have the scope telemetry:write");
    world.answer = new TypeError("Failed to fetch");
    expect(await link.acknowledge(1)).toBe("No answer from the server");
  });

  it("reads, switches and tests rules", async () => {
    const { world, link } = started();
    const wire = {
      id: 3,
      name: "Fence",
      condition: { kind: "enter" },
      severity: "warning",
      suppress_minutes: 10,
      station_roles: ["ops"],
      enabled: true,
    };
    world.answers["api/v1/alert-rules"] = [wire, { id: 4 }];
    const [rule] = (await link.rules()) ?? [];
    if (rule === undefined) throw new Error("there is one");
    world.answer = { ...wire, enabled: false };
    expect(await link.enable(rule, false)).toMatchObject({ id: 3, enabled: false });
    world.answer = { alerts: [{ subject: "mmsi:1", opened_at: "2026-11-23T00:00:00Z" }], raised: 1, events: 5, cut: false };
    expect(await link.backtest(rule, 1)).toMatchObject({ raised: 1, events: 5, cut: false });
    expect(world.sent[2]).toMatchObject({ rule: { name: "Fence", condition: { kind: "enter" } }, until: "1970-01-01T00:00:01.000Z" });
    world.answer = new Error("One at a time");
    expect(await link.backtest(rule, 1)).toBe("One at a time");
  });
});
