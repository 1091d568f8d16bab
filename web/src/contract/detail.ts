/** Everything known of one track, as `GET /api/v1/tracks/{subject}` tells it (docs/live-picture.md), checked. */
import { fields, isRecord, type Kind } from "./fields.ts";

/** An ACAS (TCAS) resolution advisory. */
export interface CollisionAdvisory {
  readonly text: string;
  readonly threat: string | null;
  readonly ended: boolean;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Which frame said something. */
export interface FactSource {
  readonly station: string | null;
  readonly receiver: number;
  /** `DF17 TC11`, `DF20 BDS 4,0`; null: no Mode S frame. */
  readonly frame: string | null;
  /** That a reply which does not say so holds this register. */
  readonly probability_percent: number | null;
  readonly corrected_bits: number;
}

export interface Fact {
  readonly field: string;
  readonly value: string;
  readonly unit: string | null;
  readonly at: number;
  readonly source: FactSource;
}

/** The latest of what a station measures. */
export interface ReadingNow {
  /** `weather` or `telemetry`. */
  readonly kind: string;
  /** `temperature_c`…, or the channel: `A1`–`A5`, `B1`–`B8`. */
  readonly field: string;
  readonly name: string | null;
  readonly unit: string | null;
  readonly value: number;
  /** In the unit; else as it was sent. */
  readonly calibrated: boolean;
  readonly at: number;
  readonly source: FactSource;
}

/** The last value that was disbelieved for a reason. */
export interface QuarantinedFact {
  readonly reason: string;
  readonly field: string;
  readonly value: string;
  readonly count: number;
  readonly at: number;
  readonly source: FactSource;
}

export interface AircraftIdentity {
  readonly country: string | null;
  readonly country_code: string | null;
  readonly registration: string | null;
  /** `broadcast`, `database` or `rule`. */
  readonly registration_from: string | null;
  readonly type_code: string | null;
}

export interface TrackDetail {
  readonly subject: string;
  readonly identity: AircraftIdentity | null;
  readonly facts: readonly Fact[];
  readonly readings: readonly ReadingNow[];
  readonly quarantined: readonly QuarantinedFact[];
}

/** More than any track has. */
const MAX_FACTS = 200;

const ADVISORY: Record<keyof CollisionAdvisory, Kind> = { text: "text", threat: "text?", ended: "flag", at: "time" };
const SOURCE: Record<keyof FactSource, Kind> = {
  station: "text?",
  receiver: "number",
  frame: "text?",
  probability_percent: "number?",
  corrected_bits: "number",
};
const FACT: Record<Exclude<keyof Fact, "source">, Kind> = { field: "text", value: "text", unit: "text?", at: "time" };
const READING: Record<Exclude<keyof ReadingNow, "source">, Kind> = {
  kind: "text",
  field: "text",
  name: "text?",
  unit: "text?",
  value: "number",
  calibrated: "flag",
  at: "time",
};
const QUARANTINED: Record<Exclude<keyof QuarantinedFact, "source">, Kind> = {
  reason: "text",
  field: "text",
  value: "text",
  count: "number",
  at: "time",
};
const IDENTITY: Record<keyof AircraftIdentity, Kind> = {
  country: "text?",
  country_code: "text?",
  registration: "text?",
  registration_from: "text?",
  type_code: "text?",
};

export function parseAdvisory(value: unknown): CollisionAdvisory | null {
  return fields(ADVISORY, value) as CollisionAdvisory | null;
}

/** The details, or null when it is none. A fact that is none is left out: the others are still true. */
export function parseDetail(value: unknown): TrackDetail | null {
  const head = fields({ subject: "text" }, value);
  if (head === null || !isRecord(value)) return null;
  return {
    subject: head["subject"] as string,
    identity: fields(IDENTITY, value["identity"]) as AircraftIdentity | null,
    facts: sourced<Fact>(FACT, value["facts"]),
    readings: sourced<ReadingNow>(READING, value["readings"]),
    quarantined: sourced<QuarantinedFact>(QUARANTINED, value["quarantined"]),
  };
}

function sourced<T>(kinds: Readonly<Record<string, Kind>>, value: unknown): T[] {
  if (!Array.isArray(value)) return [];
  const read = (item: unknown) => {
    const fact = fields(kinds, item);
    const source = isRecord(item) ? fields(SOURCE, item["source"]) : null;
    return fact === null || source === null ? null : ({ ...fact, source } as T);
  };
  return value
    .slice(0, MAX_FACTS)
    .map(read)
    .filter((fact) => fact !== null);
}
