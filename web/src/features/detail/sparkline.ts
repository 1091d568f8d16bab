/** The line of a small chart: from points in time to an SVG path. Pure. */
import type { SeriesPoint } from "../../contract/series.ts";

export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface Frame {
  /** Unix milliseconds at the left and right edge. */
  readonly since: number;
  readonly until: number;
  readonly bucketMs: number;
  /** Degrees of a circle: from 0 to 360 whatever was measured, and no line through all of it when the direction passes north. */
  readonly isDirection: boolean;
}

export interface Sparkline {
  readonly path: string;
  readonly low: number;
  readonly high: number;
}

/** Room for half the line's width. */
const MARGIN = 1;

/** Null: fewer than two values. The line is broken where a bucket has none: what was not heard is not drawn. */
export function sparkline(points: readonly SeriesPoint[], frame: Frame, box: Box): Sparkline | null {
  const known = points.flatMap(({ at, mean }) =>
    mean === null || at < frame.since - frame.bucketMs || frame.until < at ? [] : [{ at, mean }],
  );
  if (known.length < 2) return null;
  const values = known.map(({ mean }) => mean);
  const low = frame.isDirection ? 0 : Math.min(...values);
  const high = frame.isDirection ? 360 : Math.max(...values);
  const x = (at: number) => {
    const part = (at + frame.bucketMs / 2 - frame.since) / (frame.until - frame.since);
    return MARGIN + Math.min(1, Math.max(0, part)) * (box.width - 2 * MARGIN);
  };
  // What never changes lies in the middle.
  const y = (value: number) => MARGIN + (high === low ? 0.5 : 1 - (value - low) / (high - low)) * (box.height - 2 * MARGIN);
  let path = "";
  known.forEach(({ at, mean }, index) => {
    const before = known[index - 1];
    const isGap = before === undefined || 1.5 * frame.bucketMs < at - before.at;
    const isWrap = frame.isDirection && before !== undefined && 180 < Math.abs(mean - before.mean);
    const place = `${x(at).toFixed(1)},${y(mean).toFixed(1)}`;
    // A value that stands alone is a dot: a line of no length with round ends.
    path += isGap || isWrap ? `M${place}h0` : `L${place}`;
  });
  return { path, low, high };
}
