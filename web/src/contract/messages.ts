/** The messages of the live picture (docs/live-picture.md) and the answer of `GET /api/v1/console`, checked. */
import { fields, isRecord, type Kind } from "./fields.ts";
import { parseTrack, parseTrail, type Subject, type Track, type TrailPoint } from "./track.ts";

export interface TrackWithTrail {
  readonly track: Track;
  readonly trail: readonly TrailPoint[];
}

export interface Snapshot {
  readonly type: "snapshot";
  readonly seq: number;
  /** The server's clock when it made this, Unix milliseconds. */
  readonly at: number;
  readonly tracks: readonly TrackWithTrail[];
  /** Tracks in it that were not tracks. */
  readonly refused: number;
}

export interface Delta {
  readonly type: "delta";
  readonly seq: number;
  readonly at: number;
  readonly updated: readonly Track[];
  readonly removed: readonly Subject[];
  readonly refused: number;
}

export interface Station {
  readonly slug: string;
  readonly name: string;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly online: boolean;
  readonly last_seen: number | null;
}

export interface ConsoleInfo {
  readonly role: string;
  readonly name: string;
  readonly version: string;
  readonly center: { readonly lat: number; readonly lon: number; readonly zoom: number } | null;
  readonly stations: readonly Station[];
}

const HEAD: Record<string, Kind> = { seq: "number", at: "time" };

/** A message of `/api/v1/live`, or null when it is none. */
export function parseLive(value: unknown): Snapshot | Delta | null {
  if (!isRecord(value)) return null;
  if (value["type"] === "snapshot") return snapshot(value, value["at"]);
  if (value["type"] === "delta") return delta(value);
  return null;
}

/** The answer of `GET /api/v1/tracks`, or null when it is none. */
export function parseTracks(value: unknown): Snapshot | null {
  return isRecord(value) ? snapshot(value, value["generated_at"]) : null;
}

function snapshot(value: Record<string, unknown>, at: unknown): Snapshot | null {
  const head = fields(HEAD, { seq: value["seq"], at });
  if (head === null || !Array.isArray(value["tracks"])) return null;
  const tracks: TrackWithTrail[] = [];
  for (const item of value["tracks"]) {
    const track = parseTrack(item);
    if (track !== null) tracks.push({ track, trail: parseTrail(item) });
  }
  const refused = value["tracks"].length - tracks.length;
  return { type: "snapshot", seq: head["seq"] as number, at: head["at"] as number, tracks, refused };
}

function delta(value: Record<string, unknown>): Delta | null {
  const head = fields(HEAD, value);
  const { updated, removed } = value;
  if (head === null || !Array.isArray(updated) || !Array.isArray(removed)) return null;
  const tracks = updated.map(parseTrack).filter((track) => track !== null);
  return {
    type: "delta",
    seq: head["seq"] as number,
    at: head["at"] as number,
    updated: tracks,
    removed: removed.filter((subject): subject is Subject => typeof subject === "string"),
    refused: updated.length - tracks.length,
  };
}

const STATION: Record<keyof Station, Kind> = {
  slug: "text",
  name: "text",
  lat: "latitude?",
  lon: "longitude?",
  online: "flag",
  last_seen: "time?",
};

export function parseConsole(value: unknown): ConsoleInfo | null {
  const head = fields({ role: "text", name: "text", version: "text" }, value);
  if (head === null || !isRecord(value) || !Array.isArray(value["stations"])) return null;
  const center = fields({ lat: "latitude?", lon: "longitude?", zoom: "number" }, value["center"]);
  const stations = value["stations"].map((station) => fields(STATION, station)).filter((station) => station !== null);
  const placed = center !== null && center["lat"] !== null && center["lon"] !== null;
  return { ...head, center: placed ? center : null, stations } as unknown as ConsoleInfo;
}
