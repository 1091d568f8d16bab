import { describe, expect, it } from "vitest";
import type { ReadingNow } from "../../contract/detail.ts";
import { parseSeries, type SeriesAnswer } from "../../contract/series.ts";
import { nameOf, ofKind, seriesOf, valueText } from "./readings.ts";
import { sparkline } from "./sparkline.ts";

const SOURCE = { station: "alpha", receiver: 0, frame: null, probability_percent: null, corrected_bits: 0 };

function reading(change: Partial<ReadingNow>): ReadingNow {
  return { kind: "telemetry", field: "A1", name: "Battery", unit: "V", value: 13.8, calibrated: true, at: 0, source: SOURCE, ...change };
}

describe("a reading", () => {
  it.each([
    [{}, "Battery", "13.8 V"],
    [{ name: null, unit: null, calibrated: false, value: 120 }, "A1", "120 as sent"],
    [{ field: "B1", name: "Door", unit: "open", value: 1 }, "Door", "open"],
    [{ field: "B1", name: "Door", unit: "open", value: 0 }, "Door", "not open"],
    [{ field: "B2", name: "Light", unit: null, value: 0 }, "Light", "off"],
    [{ kind: "weather", field: "wind_from_deg", name: null, unit: "°", value: 350 }, "Wind from", "350°"],
    [{ kind: "weather", field: "new_thing", name: null, unit: null, value: 1 / 3 }, "new_thing", "0.33"],
  ])("has a name and a value for people: %o", (change, name, value) => {
    expect([nameOf(reading(change)), valueText(reading(change))]).toEqual([name, value]);
  });

  it("comes in the order in which people look for it, and none is lost", () => {
    const fields = ["wind_from_deg", "odd", "temperature_c"].map((field) => reading({ kind: "weather", field }));
    expect(ofKind([...fields, reading({})], "weather").map(({ field }) => field)).toEqual(["temperature_c", "wind_from_deg", "odd"]);
  });
});

describe("series", () => {
  const AT = "2026-11-23T00:00:00Z";
  const wire = {
    subject: "call:A1B",
    kind: "telemetry",
    since: "2026-11-22T00:00:00Z",
    until: AT,
    bucket_s: 900,
    series: [
      { field: "A1", name: null, unit: null, calibrated: false, points: [{ at: AT, count: 1, mean: 120, min: 120, max: 120 }] },
      {
        field: "A1",
        name: "Battery",
        unit: "V",
        calibrated: true,
        points: [{ at: AT, count: 1, mean: 12, min: 12, max: 12 }, 7, { at: 1 }],
      },
      "none",
    ],
  };

  it("are read, what is none is left out", () => {
    const answer = parseSeries(wire) as SeriesAnswer;
    expect(answer.series.map(({ points }) => points)).toEqual([
      [{ at: Date.UTC(2026, 10, 23), mean: 120 }],
      [{ at: Date.UTC(2026, 10, 23), mean: 12 }],
    ]);
    expect(seriesOf(reading({}), answer)?.points[0]?.mean).toBe(12);
    expect(seriesOf(reading({ name: null, unit: null, calibrated: false }), answer)?.points[0]?.mean).toBe(120);
    expect(seriesOf(reading({ name: "Other" }), answer)).toBeNull();
    for (const value of [null, 7, {}, { ...wire, series: 7 }, { ...wire, since: "never" }]) expect(parseSeries(value)).toBeNull();
  });
});

describe("a sparkline", () => {
  const frame = { since: 0, until: 1_000, bucketMs: 100, isDirection: false };
  const box = { width: 102, height: 22 };
  const at = (times: readonly number[], means: readonly (number | null)[]) =>
    times.map((time, i) => ({ at: time, mean: means[i] ?? null }));

  it("spans its time and its values", () => {
    expect(sparkline(at([0, 100, 200], [1, 3, 2]), frame, box)).toEqual({ path: "M6.0,21.0h0L16.0,1.0L26.0,11.0", low: 1, high: 3 });
  });

  it("is broken where nothing was heard, and flat where nothing changes", () => {
    expect(sparkline(at([0, 100, 700, 800], [5, 5, 5, 5]), frame, box)?.path).toBe("M6.0,11.0h0L16.0,11.0M76.0,11.0h0L86.0,11.0");
    expect(sparkline(at([0, 100, 200], [5, null, 5]), frame, box)?.path).toBe("M6.0,11.0h0M26.0,11.0h0");
  });

  it("draws no line through all directions when one passes north", () => {
    const line = sparkline(at([0, 100, 200], [350, 10, 20]), { ...frame, isDirection: true }, box);
    expect(line).toMatchObject({ low: 0, high: 360 });
    expect(line?.path.match(/M/g)).toHaveLength(2);
  });

  it("is none without two values in its time", () => {
    expect(sparkline(at([0], [1]), frame, box)).toBeNull();
    expect(sparkline(at([-500, 100, 5_000], [1, 2, 3]), frame, box)).toBeNull();
  });
});
