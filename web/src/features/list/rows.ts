/** Which tracks the list shows, and in which order. Pure. */
import { altitudeFt, isEmergency, type Subject, type Track, title } from "../../contract/track.ts";
import { craftOf } from "../../shared/craft.ts";

export type SortKey = "title" | "altitude" | "speed" | "age" | "rssi";

export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

const KEYS: Readonly<Record<SortKey, (track: Track) => string | number | null>> = {
  title: (track) => title(track),
  altitude: (track) => (track.on_ground === true ? 0 : altitudeFt(track)),
  speed: (track) => track.speed_kt,
  age: (track) => -track.last_seen,
  rssi: (track) => track.rssi_dbfs,
};

/** Every word of the filter must occur in what is written about the track. */
export function matches(track: Track, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = [
    track.subject,
    track.callsign,
    track.name,
    track.squawk,
    track.protocol,
    track.emergency,
    track.registration,
    track.type_code,
    track.country,
    track.advisory?.text ?? null,
    craftOf(track).kind,
    ...track.stations,
  ]
    .filter((part) => part !== null)
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export function wordsOf(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Emergencies first, whatever the order; what is unknown last, either way round. */
export function sorted(tracks: Track[], sort: Sort): Track[] {
  const read = KEYS[sort.key];
  const sign = sort.descending ? -1 : 1;
  return tracks.sort((a, b) => {
    const urgency = Number(isEmergency(b)) - Number(isEmergency(a));
    return urgency || compare(read(a), read(b), sign) || byText(a.subject, b.subject);
  });
}

function compare(a: string | number | null, b: string | number | null, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "string") return sign * byText(a, String(b));
  return sign * (a - Number(b));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(b < a);
}

/** The neighbour of the selected row, or the first row when none is selected. */
export function neighbour(tracks: readonly Track[], selected: Subject | null, step: number): Subject | null {
  const at = tracks.findIndex(({ subject }) => subject === selected);
  const next = at < 0 ? 0 : Math.max(0, Math.min(tracks.length - 1, at + step));
  return tracks[next]?.subject ?? null;
}
