/**
 * Alerts and their rules over the wire (docs/alerts.md), checked. Only what an alert can't do without makes it none: a distress with an odd field is
 * shown all the same.
 */
import { isRecord } from "./fields.ts";
import { emergencyName } from "./track.ts";

export interface Alert {
  readonly id: number;
  readonly rule: string;
  readonly kind: string;
  readonly role: string;
  readonly subject: string;
  /** The emergency or squawk; else empty. */
  readonly cause: string;
  /** Which heard it first. */
  readonly station: string | null;
  readonly severity: string;
  readonly state: "open" | "acknowledged" | "resolved";
  /** Unix milliseconds, as all times here. */
  readonly opened_at: number | null;
  readonly last_at: number | null;
  readonly resolved_at: number | null;
  readonly count: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly callsign: string | null;
  readonly acknowledged_by: string | null;
  readonly resolved_by: string | null;
  readonly note: string | null;
}

/** All that is not resolved. */
export interface AlertList {
  /** The central could not read it again. */
  readonly old: boolean;
  /** There are more than these. */
  readonly more: boolean;
  readonly alerts: readonly Alert[];
}

export interface AlertRule {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly severity: string;
  readonly enabled: boolean;
  readonly built_in: boolean;
  /** As it came: what a back-test is asked with. */
  readonly wire: Readonly<Record<string, unknown>>;
}

export interface Backtest {
  readonly raised: number;
  readonly events: number;
  readonly cut: boolean;
  readonly judgedUntil: number | null;
  readonly alerts: readonly { readonly subject: string; readonly opened_at: number | null }[];
}

const MAX_TEXT = 500;
const STATES = ["open", "acknowledged", "resolved"] as const;
const DISTRESS = ["ais_distress", "emergency", "squawk"];

/** Somebody must look at it now. */
export function needsSomebody(alert: Alert): boolean {
  return alert.state === "open" && (alert.severity === "critical" || DISTRESS.includes(alert.kind));
}

/** `man overboard · KLM1023 · 972123456` */
export function alertTitle(alert: Alert): string {
  const number = alert.subject.slice(alert.subject.indexOf(":") + 1).toUpperCase();
  const cause = alert.cause === "" ? null : emergencyName(alert.cause);
  return [cause, alert.callsign, number].filter((part) => part !== null).join(" · ");
}

function read(of: Record<string, unknown>) {
  const text = (name: string) => (typeof of[name] === "string" && of[name] !== "" ? of[name].slice(0, MAX_TEXT) : null);
  const number = (name: string) => (Number.isFinite(of[name]) ? (of[name] as number) : null);
  const time = (name: string) => {
    const at = Date.parse(text(name) ?? "");
    return Number.isFinite(at) ? at : null;
  };
  return { text, number, time };
}

export function parseAlert(value: unknown): Alert | null {
  if (!isRecord(value)) return null;
  const { text, number, time } = read(value);
  const id = number("id");
  const subject = text("subject");
  const state = STATES.find((one) => one === value["state"]);
  if (id === null || subject === null || state === undefined) return null;
  const [latitude, longitude] = [number("latitude"), number("longitude")];
  const placed = latitude !== null && longitude !== null && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const details = isRecord(value["details"]) ? read(value["details"]) : null;
  return {
    id,
    subject,
    state,
    rule: text("rule") ?? "Alert",
    kind: text("kind") ?? "",
    role: text("role") ?? "",
    cause: text("cause") ?? "",
    station: text("station"),
    severity: text("severity") ?? "critical",
    opened_at: time("opened_at"),
    last_at: time("last_at"),
    resolved_at: time("resolved_at"),
    count: number("count"),
    latitude: placed ? latitude : null,
    longitude: placed ? longitude : null,
    callsign: details?.text("callsign") ?? null,
    acknowledged_by: text("acknowledged_by"),
    resolved_by: text("resolved_by"),
    note: text("note"),
  };
}

/** The answer of `GET /api/v1/alerts`, or null when it is none. */
export function parseAlerts(value: unknown): readonly Alert[] | null {
  return Array.isArray(value) ? value.map(parseAlert).filter((alert) => alert !== null) : null;
}

/** A message of `/api/v1/alerts/feed`, or null when it is none. */
export function parseAlertList(value: unknown): AlertList | null {
  if (!isRecord(value) || value["type"] !== "alerts") return null;
  const alerts = parseAlerts(value["alerts"]);
  return alerts === null ? null : { old: value["old"] === true, more: value["more"] === true, alerts };
}

/** The answer of `GET /api/v1/alert-rules`, or null when it is none. */
export function parseRules(value: unknown): readonly AlertRule[] | null {
  return Array.isArray(value) ? value.map(parseRule).filter((rule) => rule !== null) : null;
}

export function parseRule(value: unknown): AlertRule | null {
  if (!isRecord(value) || !isRecord(value["condition"])) return null;
  const { text, number } = read(value);
  const [id, name, kind] = [number("id"), text("name"), read(value["condition"]).text("kind")];
  if (id === null || name === null || kind === null) return null;
  const { condition, severity, suppress_minutes, station_roles } = value;
  const wire = { name, condition, severity, suppress_minutes, station_roles };
  return {
    id,
    name,
    kind,
    severity: text("severity") ?? "",
    enabled: value["enabled"] === true,
    built_in: value["built_in"] === true,
    wire,
  };
}

/** The answer of `POST /api/v1/alert-rules/backtest`, or null when it is none. */
export function parseBacktest(value: unknown): Backtest | null {
  if (!isRecord(value) || !Array.isArray(value["alerts"])) return null;
  const { number, time } = read(value);
  const alerts = value["alerts"]
    .filter(isRecord)
    .map((one) => ({ subject: read(one).text("subject") ?? "", opened_at: read(one).time("opened_at") }));
  return {
    raised: number("raised") ?? alerts.length,
    events: number("events") ?? 0,
    cut: value["cut"] === true,
    judgedUntil: time("judged_until"),
    alerts,
  };
}
