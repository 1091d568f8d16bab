/** A track's trail: appended to with each new position, thinned so that it never outgrows the contract's limit. */
import { altitudeFt, MAX_TRAIL_POINTS, type Track, type TrailPoint } from "../contract/track.ts";

/** Points closer together in time than this are not kept, except the newest. */
const MIN_SPACING_MS = 4_000;

/** Adds the track's position at the end, in place. A position that is not newer than the last is left out. */
export function extendTrail(trail: TrailPoint[], track: Track): void {
  const { lon, lat, position_at: at } = track;
  if (lon === null || lat === null || at === null) return;
  const last = trail.at(-1);
  if (last !== undefined && at <= last[2]) return;
  const before = trail.at(-2);
  if (last !== undefined && before !== undefined && last[2] - before[2] < MIN_SPACING_MS) trail.pop();
  trail.push([lon, lat, at, altitudeFt(track)]);
  if (MAX_TRAIL_POINTS < trail.length) thin(trail);
}

/** Drops every second point of the older half: the far end gets coarser, the near end stays. */
function thin(trail: TrailPoint[]): void {
  const half = trail.length >> 1;
  const older = trail.slice(0, half).filter((_, i) => i % 2 === 0);
  trail.splice(0, half, ...older);
}
