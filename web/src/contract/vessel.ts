/** What only vessels, aids to navigation and distress devices have, checked: the `vessel` of a track (docs/live-picture.md). */
import { fields, isRecord, type Kind } from "./fields.ts";
import type { Subject } from "./track.ts";

export interface Jump {
  readonly at: number;
  readonly distance_m: number;
  readonly speed_kt: number;
}

export interface Encounter {
  readonly subject: Subject;
  readonly cpa_m: number;
  readonly tcpa_s: number;
  readonly distance_m: number;
}

export interface Vessel {
  readonly kind: string;
  readonly class: string | null;
  readonly nav_status: number | null;
  readonly imo: number | null;
  readonly destination: string | null;
  readonly eta: string | null;
  /** From the antenna to bow, stern, port and starboard. */
  readonly dimensions_m: readonly [number, number, number, number] | null;
  readonly draught_m: number | null;
  readonly off_position: boolean | null;
  readonly jump: Jump | null;
  readonly encounters: readonly Encounter[];
}

const VESSEL: Record<Exclude<keyof Vessel, "dimensions_m" | "jump" | "encounters">, Kind> = {
  kind: "text",
  class: "text?",
  nav_status: "number?",
  imo: "number?",
  destination: "text?",
  eta: "text?",
  draught_m: "number?",
  off_position: "flag?",
};
const JUMP: Record<keyof Jump, Kind> = { at: "time", distance_m: "number", speed_kt: "number" };
const ENCOUNTER: Record<keyof Encounter, Kind> = { subject: "text", cpa_m: "number", tcpa_s: "number", distance_m: "number" };

/** The server sends no more. */
const MAX_ENCOUNTERS = 8;

/** Null when there is none, or it is none: the track is shown without it. */
export function parseVessel(value: unknown): Vessel | null {
  const head = fields(VESSEL, value);
  if (head === null || !isRecord(value)) return null;
  const encounters = Array.isArray(value["encounters"]) ? value["encounters"].slice(0, MAX_ENCOUNTERS) : [];
  return {
    ...head,
    dimensions_m: isDimensions(value["dimensions_m"]) ? value["dimensions_m"] : null,
    jump: fields(JUMP, value["jump"]),
    encounters: encounters.map((item) => fields(ENCOUNTER, item)).filter((item) => item !== null),
  } as unknown as Vessel;
}

function isDimensions(value: unknown): value is Vessel["dimensions_m"] {
  return Array.isArray(value) && value.length === 4 && value.every((metres) => Number.isFinite(metres) && 0 <= metres);
}
