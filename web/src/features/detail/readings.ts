/** What the details say of weather and telemetry: names, values with units, and which series belongs to which. Pure. */
import type { ReadingNow } from "../../contract/detail.ts";
import type { Series, SeriesAnswer } from "../../contract/series.ts";

const WEATHER: Readonly<Record<string, string>> = {
  temperature_c: "Temperature",
  wind_from_deg: "Wind from",
  wind_speed_kt: "Wind",
  wind_gust_kt: "Gusts",
  pressure_hpa: "Pressure",
  humidity_percent: "Humidity",
  rain_1h_mm: "Rain in 1 h",
  rain_24h_mm: "Rain in 24 h",
  rain_midnight_mm: "Rain since midnight",
  snow_24h_mm: "Snow in 24 h",
  luminosity_w_m2: "Sunlight",
};

export function nameOf(reading: ReadingNow): string {
  if (reading.kind === "weather") return WEATHER[reading.field] ?? reading.field;
  return reading.name ?? reading.field;
}

/** A bit says whether what it is about is so; a figure whose meaning was never told says so. */
export function valueText(reading: ReadingNow): string {
  const { field, unit, value } = reading;
  if (reading.kind === "telemetry" && field.startsWith("B")) {
    const isSo = value !== 0;
    return unit === null ? (isSo ? "on" : "off") : isSo ? unit : `not ${unit}`;
  }
  const text = value.toLocaleString("en-GB", { maximumFractionDigits: 2 });
  if (!reading.calibrated) return `${text} as sent`;
  if (unit === null) return text;
  return unit === "°" || unit === "%" ? `${text}${unit}` : `${text} ${unit}`;
}

/** In the order of the table, then what this page does not know. */
export function ofKind(readings: readonly ReadingNow[], kind: string): readonly ReadingNow[] {
  const own = readings.filter((reading) => reading.kind === kind);
  if (kind !== "weather") return own;
  const order = Object.keys(WEATHER);
  const place = ({ field }: ReadingNow) => (order.includes(field) ? order.indexOf(field) : order.length);
  return [...own].sort((a, b) => place(a) - place(b));
}

/** The past of the same figure with the same meaning: raw values and those in a unit are never one line. */
export function seriesOf(reading: ReadingNow, answer: SeriesAnswer): Series | null {
  const same = (series: Series) =>
    series.field === reading.field &&
    series.calibrated === reading.calibrated &&
    (reading.kind === "weather" || (series.name === reading.name && series.unit === reading.unit));
  return answer.series.find(same) ?? null;
}
