/** The alerts of the fixture server (docs/alerts.md): what is raised, acknowledged and resolved, the rules, and the feed. */
import { WebSocketServer } from "ws";

const RULE = { severity: "critical", suppress_minutes: 10, station_roles: ["ops"], enabled: true, built_in: true };

export class FixtureAlerts {
  #feeds = new WebSocketServer({ noServer: true });
  #alerts = [];
  #rules = [
    { id: 1, name: "Distress at sea", condition: { kind: "ais_distress" }, ...RULE },
    { id: 2, name: "Station silent", condition: { kind: "station_silent", minutes: 5 }, ...RULE, severity: "warning" },
  ];

  raise(subject, { kind = "ais_distress", severity = "critical", cause = "mob", rule = "Distress at sea", place = [52.1, 4.1] } = {}) {
    const at = new Date(Date.now() - 65_000).toISOString();
    const [latitude, longitude] = place ?? [null, null];
    const alert = { id: this.#alerts.length + 1, rule_id: 1, rule, kind, role: "ops", subject, cause, station: "alpha", severity };
    const rest = { opened_at: at, last_at: at, raised_at: at, count: 3, latitude, longitude, details: {}, state: "open", note: null };
    this.#alerts.push({ ...alert, ...rest, acknowledged_by: null, acknowledged_at: null, resolved_by: null, resolved_at: null });
    this.#tell();
    return alert.id;
  }

  get(id) {
    return this.#alerts.find((alert) => alert.id === id);
  }

  #frame() {
    return JSON.stringify({ type: "alerts", at: new Date().toISOString(), old: false, more: false, alerts: this.#active() });
  }

  #active() {
    return this.#alerts.filter((alert) => alert.state !== "resolved").toReversed();
  }

  #tell() {
    for (const client of this.#feeds.clients) client.send(this.#frame());
  }

  cut() {
    for (const client of this.#feeds.clients) client.terminate();
  }

  /** @returns {boolean} whether the request was for the feed */
  upgrade(request, socket, head) {
    if (request.url !== "/api/v1/alerts/feed") return false;
    this.#feeds.handleUpgrade(request, socket, head, (client) => client.send(this.#frame()));
    return true;
  }

  /** @returns {Promise<{ status: number, body: unknown } | null>} null: not ours */
  async answer(request) {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (request.method === "GET" && pathname === "/api/v1/alerts") {
      const state = searchParams.get("state");
      return { status: 200, body: state === "resolved" ? this.#alerts.filter((alert) => alert.state === state) : this.#active() };
    }
    if (request.method === "GET" && pathname === "/api/v1/alert-rules") return { status: 200, body: this.#rules };
    if (request.method === "GET" || !/^\/api\/v1\/alert(s|-rules)\//.test(pathname)) return null;
    if (request.headers["x-csrf-token"] !== "csrf")
      return { status: 403, body: { detail: "A write with a session needs its X-CSRF-Token" } };
    let text = "";
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    if (pathname === "/api/v1/alert-rules/backtest") {
      const alerts = [{ subject: "mmsi:972000001", opened_at: "2026-11-23T01:02:03Z" }];
      return { status: 200, body: { alerts, raised: 1, events: 1_234, cut: false, judged_until: body.until } };
    }
    const [, what, id, act] = /^\/api\/v1\/(alerts|alert-rules)\/(\d+)(?:\/(\w+))?$/.exec(pathname) ?? [];
    if (what === "alert-rules") {
      const rule = Object.assign(this.#rules[Number(id) - 1], body);
      return { status: 200, body: rule };
    }
    const alert = this.get(Number(id));
    if (alert === undefined) return { status: 404, body: { detail: "Alert not found" } };
    const at = new Date().toISOString();
    const done = act === "resolve" ? "resolved" : "acknowledged";
    Object.assign(alert, { state: done, [`${done}_by`]: "operator:anna", [`${done}_at`]: at, note: body.note ?? alert.note });
    this.#tell();
    return { status: 200, body: alert };
  }
}
