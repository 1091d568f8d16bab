/**
 * A track as the picture's contract (docs/live-picture.md) sends it, and the check that what came over the wire is one.
 *
 * The names and units are the contract's. Unknown is `null`, never 0. What is not a track is refused and counted by the caller, never shown:
 * a wrong position is worse than none.
 */
import { type CollisionAdvisory, parseAdvisory } from "./detail.ts";
import { fields, isRecord, type Kind } from "./fields.ts";
import { parseVessel, type Vessel } from "./vessel.ts";

/** `icao:4840d6`, `nonicao:…`, `mmsi:244660000` or `call:PE1ABC-9`. */
export type Subject = string & { readonly brand: "Subject" };

/** Longitude, latitude, Unix milliseconds, altitude in feet or null. */
export type TrailPoint = readonly [lon: number, lat: number, at: number, altitudeFt: number | null];

export interface Track {
  readonly subject: Subject;
  readonly protocol: string;
  readonly stations: readonly string[];
  readonly callsign: string | null;
  readonly name: string | null;
  /** ADS-B `A0`…`D7`; AIS ship type in decimal; APRS symbol table and code. */
  readonly category: string | null;
  /** Aircraft: the state that its address belongs to. */
  readonly country: string | null;
  readonly registration: string | null;
  /** Aircraft: ICAO type designator. */
  readonly type_code: string | null;
  readonly lat: number | null;
  readonly lon: number | null;
  /** Unix milliseconds, as all times here; on the wire they are RFC 3339. */
  readonly position_at: number | null;
  readonly accuracy_m: number | null;
  readonly position_source: string | null;
  readonly baro_alt_ft: number | null;
  readonly geom_alt_ft: number | null;
  readonly on_ground: boolean | null;
  readonly speed_kt: number | null;
  readonly track_deg: number | null;
  readonly heading_deg: number | null;
  readonly vertical_rate_fpm: number | null;
  readonly squawk: string | null;
  readonly emergency: string | null;
  /** Aircraft: the last collision (ACAS) advisory. */
  readonly advisory: CollisionAdvisory | null;
  /** Values that were heard and not believed. */
  readonly quarantined: number | null;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly events: number;
  readonly rssi_dbfs: number | null;
  /** What only vessels, aids to navigation and distress devices have. */
  readonly vessel: Vessel | null;
}

/** Longest trail that is kept of one track; the contract sends no more. */
export const MAX_TRAIL_POINTS = 200;

const KINDS: Record<Exclude<keyof Track, "advisory" | "vessel">, Kind> = {
  subject: "text",
  protocol: "text",
  stations: "texts",
  callsign: "text?",
  name: "text?",
  category: "text?",
  country: "text?",
  registration: "text?",
  type_code: "text?",
  lat: "latitude?",
  lon: "longitude?",
  position_at: "time?",
  accuracy_m: "number?",
  position_source: "text?",
  baro_alt_ft: "number?",
  geom_alt_ft: "number?",
  on_ground: "flag?",
  speed_kt: "number?",
  track_deg: "number?",
  heading_deg: "number?",
  vertical_rate_fpm: "number?",
  squawk: "text?",
  emergency: "text?",
  quarantined: "number?",
  first_seen: "time",
  last_seen: "time",
  events: "number",
  rssi_dbfs: "number?",
};

/** The track, or null when a field is missing in type, or out of range. */
export function parseTrack(value: unknown): Track | null {
  const track = fields(KINDS, value);
  if (track === null) return null;
  const whole = (track["lat"] === null) === (track["lon"] === null);
  const dated = track["lat"] === null || track["position_at"] !== null;
  if (!whole || !dated) return null;
  const advisory = isRecord(value) ? parseAdvisory(value["advisory"]) : null;
  const vessel = isRecord(value) ? parseVessel(value["vessel"]) : null;
  return { ...track, advisory, vessel } as unknown as Track;
}

/** The trail's valid points in order of time; anything else in it is left out. */
export function parseTrail(value: unknown): TrailPoint[] {
  const raw = isRecord(value) ? value["trail"] : undefined;
  if (!Array.isArray(raw)) return [];
  return raw.slice(-MAX_TRAIL_POINTS).filter(isTrailPoint);
}

function isTrailPoint(value: unknown): value is TrailPoint {
  if (!Array.isArray(value) || value.length < 4) return false;
  const [lon, lat, at, altitude] = value as unknown[];
  const placed = Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lon as number) <= 180 && Math.abs(lat as number) <= 90;
  return placed && Number.isFinite(at) && (altitude === null || Number.isFinite(altitude));
}

/** The height to show and colour by: pressure altitude as the rest of aviation uses it, else geometric. */
export function altitudeFt(track: Track): number | null {
  return track.baro_alt_ft ?? track.geom_alt_ft;
}

/** What to call it: callsign (a vessel: its name first), else name, else the number of its subject. */
export function title(track: Track): string {
  const said = track.protocol === "ais" ? (track.name ?? track.callsign) : (track.callsign ?? track.name);
  return said ?? track.subject.slice(track.subject.indexOf(":") + 1).toUpperCase();
}

/** An advisory is current for so long before the track was last heard, unless its end was told. ACAS repeats it each second, and 18 s after its end. */
const ADVISORY_MS = 60_000;

/** A collision is being avoided now. */
export function hasAdvisory({ advisory, last_seen }: Track): boolean {
  return advisory !== null && !advisory.ended && last_seen - advisory.at <= ADVISORY_MS;
}

function hasEmergency({ emergency }: Track): boolean {
  return emergency !== null && emergency !== "none" && emergency !== "test";
}

/** An emergency or a collision advisory that needs somebody now; a distress device in test mode does not. */
export function isEmergency(track: Track): boolean {
  return hasEmergency(track) || hasAdvisory(track);
}

/** Emergencies that have a longer name for people. */
const EMERGENCY_NAMES: Readonly<Record<string, string>> = {
  mob: "man overboard",
  sart: "SART active",
  epirb: "EPIRB active",
};

/** `man overboard` for `mob`; what has no longer name keeps its own. */
export function emergencyName(emergency: string): string {
  return EMERGENCY_NAMES[emergency] ?? emergency;
}

/** `7700 general`, `man overboard`, `RA climb`, or several. */
export function alarmText(track: Track): string {
  const { squawk, emergency } = track;
  const parts = hasEmergency(track) ? [squawk, emergencyName(emergency ?? "")] : [];
  if (hasAdvisory(track)) parts.push(`RA ${track.advisory?.text}`);
  return parts.filter((part) => part !== null).join(" ");
}
