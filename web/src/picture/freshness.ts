/** How old a position may be before it is drawn as old. Milliseconds since the last position, by protocol. */

export interface Freshness {
  /** Up to here it is drawn plain. */
  readonly freshMs: number;
  /** From here on it is drawn as faint as it gets. */
  readonly faintMs: number;
}

/** Opacity of the oldest; still to be seen, for it is the last that is known. */
export const FAINTEST = 0.32;

const LIMITS: Readonly<Record<string, Freshness>> = {
  adsb: { freshMs: 15_000, faintMs: 60_000 },
  // A moored class A ship reports every 3 min, class B under way every 30 s.
  ais: { freshMs: 200_000, faintMs: 600_000 },
  aprs: { freshMs: 900_000, faintMs: 3_600_000 },
};
const OTHER: Freshness = { freshMs: 30_000, faintMs: 300_000 };

export function freshnessOf(protocol: string): Freshness {
  return LIMITS[protocol] ?? OTHER;
}

export function isStale(protocol: string, ageMs: number): boolean {
  return freshnessOf(protocol).freshMs < ageMs;
}

/** 1 while fresh, then falling in a straight line to FAINTEST. */
export function opacity(protocol: string, ageMs: number): number {
  const { freshMs, faintMs } = freshnessOf(protocol);
  const t = Math.max(0, Math.min(1, (ageMs - freshMs) / (faintMs - freshMs)));
  return 1 - t * (1 - FAINTEST);
}
