/** Weather and telemetry of a station: the latest values, and the last day of each as a small chart. */
import type { ReadingNow } from "../../contract/detail.ts";
import type { SeriesAnswer } from "../../contract/series.ts";
import { age } from "../../shared/format.ts";
import { sourceText } from "./facts.ts";
import { nameOf, ofKind, seriesOf, valueText } from "./readings.ts";
import { sparkline } from "./sparkline.ts";

interface Props {
  readonly readings: readonly ReadingNow[];
  readonly series: readonly SeriesAnswer[];
  readonly now: number;
  readonly stationName: (slug: string) => string;
}

const KINDS = [
  ["weather", "Weather"],
  ["telemetry", "Telemetry"],
] as const;
const BOX = { width: 84, height: 24 };

export function Readings({ readings, series, now, stationName }: Props) {
  return KINDS.map(([kind, title]) => {
    const own = ofKind(readings, kind);
    if (own.length === 0) return null;
    const answer = series.find((one) => one.kind === kind);
    return (
      <section key={kind} className="detail-readings">
        <h3>{title}</h3>
        <dl>
          {own.map((reading) => (
            <div key={reading.field} data-field={reading.field}>
              <dt>{nameOf(reading)}</dt>
              {answer !== undefined && <Chart reading={reading} answer={answer} />}
              <dd>
                {valueText(reading)}
                <small> {[age(now - reading.at), sourceText(reading.source, stationName)].join(" · ")}</small>
              </dd>
            </div>
          ))}
        </dl>
      </section>
    );
  });
}

function Chart({ reading, answer }: { readonly reading: ReadingNow; readonly answer: SeriesAnswer }) {
  const series = seriesOf(reading, answer);
  const frame = {
    since: answer.since,
    until: answer.until,
    bucketMs: answer.bucket_s * 1_000,
    isDirection: reading.field === "wind_from_deg",
  };
  const line = series === null ? null : sparkline(series.points, frame, BOX);
  if (line === null) return null;
  const [low, high] = [line.low, line.high].map((value) => value.toLocaleString("en-GB", { maximumFractionDigits: 1 }));
  const label = `${nameOf(reading)} over ${age(answer.until - answer.since)}: ${low} to ${high}`;
  return (
    <svg className="spark" viewBox={`0 0 ${BOX.width} ${BOX.height}`} width={BOX.width} height={BOX.height} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={line.path} />
    </svg>
  );
}
