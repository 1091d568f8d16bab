/** Checks the fields of a JSON object against a table of kinds. A kind with `?` may be null (or left out, which older servers do). */

export type Kind = "text" | "text?" | "texts" | "number" | "number?" | "latitude?" | "longitude?" | "flag" | "flag?" | "time" | "time?";

/** Longest text that is believed; names on the air are at most 34 characters. */
const MAX_TEXT = 200;
const REFUSED = Symbol("refused");

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object with only the fields of `kinds`, times as Unix milliseconds; null when one of them is not what its kind says. */
export function fields(kinds: Readonly<Record<string, Kind>>, value: unknown): Record<string, unknown> | null {
  if (!isRecord(value)) return null;
  const out: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const field = read(kind, value[name]);
    if (field === REFUSED) return null;
    out[name] = field;
  }
  return out;
}

function read(kind: Kind, value: unknown): unknown {
  if (kind.endsWith("?")) {
    if (value === null || value === undefined) return null;
    return read(kind.slice(0, -1) as Kind, value);
  }
  switch (kind as string) {
    case "text":
      return typeof value === "string" && 0 < value.length && value.length <= MAX_TEXT ? value : REFUSED;
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : REFUSED;
    case "flag":
      return typeof value === "boolean" ? value : REFUSED;
    case "number":
      return Number.isFinite(value) ? value : REFUSED;
    case "latitude":
      return Number.isFinite(value) && Math.abs(value as number) <= 90 ? value : REFUSED;
    case "longitude":
      return Number.isFinite(value) && Math.abs(value as number) <= 180 ? value : REFUSED;
    case "time":
      return time(value);
    default:
      return REFUSED;
  }
}

function time(value: unknown): number | typeof REFUSED {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(at) ? at : REFUSED;
}
