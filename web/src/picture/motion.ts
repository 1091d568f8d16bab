/**
 * Where a track is between two reports: dead reckoning from its last fix with the speed and track that it reported, in world coordinates (0…1).
 *
 * ```text
 *   fix ●───────────► reckoned on, at most `limit`      a new fix is a few metres off the reckoned point: the gap is
 *        \                                              kept as `blend` and let go over BLEND_MS, so that the symbol
 *         ● new fix ──────────►                         glides instead of jumping; a gap too big to be that is a jump.
 * ```
 *
 * A track that is not heard stops at the limit: reckoning on would draw a position that nobody reported.
 */
import type { Track } from "../contract/track.ts";
import { mercatorX, mercatorY, worldPerMetre } from "../shared/mercator.ts";

export interface Motion {
  readonly x: number;
  readonly y: number;
  /** World widths per millisecond. */
  readonly vx: number;
  readonly vy: number;
  /** Unix milliseconds of the fix, on the server's clock. */
  readonly fixAt: number;
  readonly limitMs: number;
  readonly blendX: number;
  readonly blendY: number;
  readonly blendFrom: number;
}

export interface WorldPoint {
  x: number;
  y: number;
}

/** How long a correction glides. */
const BLEND_MS = 600;
/** Corrections above this are jumps, shown as such. Metres. */
const MAX_BLEND_M = 1_500;
const METRES_PER_SECOND_PER_KNOT = 1852 / 3600;
/** For how long a report is carried on. Aircraft report twice a second, ships every 2–10 s under way; an APRS car turns before its next beacon. */
const RECKON_LIMIT_MS: Readonly<Record<string, number>> = { adsb: 15_000, ais: 60_000, aprs: 0 };
const RECKON_LIMIT_OTHER_MS = 10_000;

/** The motion after a report; null when the track has no position. `previous` is what was drawn until `now`. */
export function motionOf(track: Track, previous: Motion | null, now: number): Motion | null {
  const { lat, lon, position_at: fixAt } = track;
  if (lat === null || lon === null || fixAt === null) return null;
  const scale = worldPerMetre(lat);
  const moving = track.speed_kt !== null && track.track_deg !== null;
  const perMs = moving ? ((track.speed_kt ?? 0) * METRES_PER_SECOND_PER_KNOT * scale) / 1000 : 0;
  const angle = ((track.track_deg ?? 0) * Math.PI) / 180;
  const fresh: Motion = {
    x: mercatorX(lon),
    y: mercatorY(lat),
    vx: perMs * Math.sin(angle),
    vy: -perMs * Math.cos(angle),
    fixAt,
    limitMs: RECKON_LIMIT_MS[track.protocol] ?? RECKON_LIMIT_OTHER_MS,
    blendX: 0,
    blendY: 0,
    blendFrom: now,
  };
  if (previous === null) return fresh;
  const shown = positionAt(previous, now, { x: 0, y: 0 });
  const reckoned = positionAt(fresh, now, { x: 0, y: 0 });
  const blendX = shown.x - reckoned.x;
  const blendY = shown.y - reckoned.y;
  return Math.hypot(blendX, blendY) <= MAX_BLEND_M * scale ? { ...fresh, blendX, blendY } : fresh;
}

/** The reckoned position at `now`, written to `out` (no allocation: this runs for every track in every frame). */
export function positionAt(motion: Motion, now: number, out: WorldPoint): WorldPoint {
  const elapsed = Math.max(0, Math.min(motion.limitMs, now - motion.fixAt));
  const left = Math.max(0, 1 - Math.max(0, now - motion.blendFrom) / BLEND_MS);
  out.x = motion.x + motion.vx * elapsed + motion.blendX * left;
  out.y = motion.y + motion.vy * elapsed + motion.blendY * left;
  return out;
}
