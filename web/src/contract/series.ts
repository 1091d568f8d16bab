/** Figures over time, as `GET /api/v1/telemetry/series` tells them, checked. */
import { fields, isRecord, type Kind } from "./fields.ts";

export interface SeriesPoint {
  /** Unix milliseconds: where its bucket begins. */
  readonly at: number;
  /** Null: directions that cancel each other out. */
  readonly mean: number | null;
}

/** One figure; values with other names, units or meanings are another. */
export interface Series {
  readonly field: string;
  readonly name: string | null;
  readonly unit: string | null;
  readonly calibrated: boolean;
  readonly points: readonly SeriesPoint[];
}

export interface SeriesAnswer {
  readonly subject: string;
  readonly kind: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly until: number;
  readonly bucket_s: number;
  readonly series: readonly Series[];
}

/** More than anybody asks for. */
const MAX_SERIES = 64;
const MAX_POINTS = 2_000;

const HEAD: Record<Exclude<keyof SeriesAnswer, "series">, Kind> = {
  subject: "text",
  kind: "text",
  since: "time",
  until: "time",
  bucket_s: "number",
};
const SERIES: Record<Exclude<keyof Series, "points">, Kind> = { field: "text", name: "text?", unit: "text?", calibrated: "flag" };
const POINT: Record<keyof SeriesPoint, Kind> = { at: "time", mean: "number?" };

/** Null when it is none. A series or point that is none is left out. */
export function parseSeries(value: unknown): SeriesAnswer | null {
  const head = fields(HEAD, value);
  if (head === null || !isRecord(value) || !Array.isArray(value["series"])) return null;
  const read = (item: unknown): Series | null => {
    const named = fields(SERIES, item);
    if (named === null || !isRecord(item) || !Array.isArray(item["points"])) return null;
    const points = item["points"].slice(0, MAX_POINTS).map((point) => fields(POINT, point));
    return { ...named, points: points.filter((point) => point !== null) } as unknown as Series;
  };
  const series = value["series"]
    .slice(0, MAX_SERIES)
    .map(read)
    .filter((one) => one !== null);
  return { ...head, series } as unknown as SeriesAnswer;
}
