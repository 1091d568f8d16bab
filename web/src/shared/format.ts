/** Numbers with their units, for people. Unknown is a dash, never a zero. */

export const UNKNOWN = "—";

export function withUnit(value: number | null, unit: string, digits = 0): string {
  if (value === null) return UNKNOWN;
  const text = value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === "" ? text : `${text} ${unit}`;
}

export function signed(value: number | null, unit: string): string {
  return value === null ? UNKNOWN : `${0 < value ? "+" : ""}${withUnit(value, unit)}`;
}

/** `007°`: three digits, as bearings are spoken. */
export function bearing(degrees: number | null): string {
  return degrees === null ? UNKNOWN : `${String(Math.round(degrees) % 360).padStart(3, "0")}°`;
}

/** `4 s`, `3 min`, `2 h 05`, `6 d`. */
export function age(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${Math.floor(hours / 24)} d`;
}

/** `12:34:56Z`. */
export function utcTime(ms: number | null): string {
  return ms === null ? UNKNOWN : `${new Date(ms).toISOString().slice(11, 19)}Z`;
}

/** Degrees and decimal minutes, as charts have them: `52°15.43′N 003°55.16′E`. */
export function position(lat: number | null, lon: number | null): string {
  if (lat === null || lon === null) return UNKNOWN;
  return `${degreesMinutes(lat, 2, "N", "S")} ${degreesMinutes(lon, 3, "E", "W")}`;
}

function degreesMinutes(value: number, width: number, positive: string, negative: string): string {
  const hundredths = Math.round(Math.abs(value) * 6_000);
  const degrees = Math.floor(hundredths / 6_000);
  const minutes = ((hundredths % 6_000) / 100).toFixed(2).padStart(5, "0");
  return `${String(degrees).padStart(width, "0")}°${minutes}′${value < 0 ? negative : positive}`;
}

const PROTOCOL_NAMES: Readonly<Record<string, string>> = { adsb: "ADS-B", ais: "AIS", aprs: "APRS" };

export function protocolName(protocol: string): string {
  return PROTOCOL_NAMES[protocol] ?? protocol.toUpperCase();
}
