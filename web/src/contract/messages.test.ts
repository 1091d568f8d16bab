import { describe, expect, it } from "vitest";
import { parseConsole, parseLive, parseTracks } from "./messages.ts";
import { parseTrack, parseTrail } from "./track.ts";

/** The example of docs/live-picture.md. */
const EXAMPLE = {
  subject: "icao:4840d6",
  protocol: "adsb",
  stations: ["alpha"],
  callsign: "KLM1023",
  name: null,
  category: "A3",
  lat: 52.2572,
  lon: 3.91937,
  position_at: "2026-11-23T00:00:00Z",
  accuracy_m: 93,
  position_source: "self",
  baro_alt_ft: 38000,
  geom_alt_ft: null,
  on_ground: false,
  speed_kt: 450.1,
  track_deg: 182.88,
  heading_deg: null,
  vertical_rate_fpm: -832,
  squawk: "7700",
  emergency: "general",
  first_seen: "2026-11-23T00:00:00Z",
  last_seen: "2026-11-23T00:00:01.5Z",
  events: 123,
  rssi_dbfs: -12.3,
  trail: [[3.9, 52.2, 1763856000000, 38000]],
};

describe("a track", () => {
  it("is read with times as milliseconds and unknowns as null", () => {
    const track = parseTrack(EXAMPLE);
    expect(track?.last_seen).toBe(Date.UTC(2026, 10, 23, 0, 0, 1, 500));
    expect(track?.geom_alt_ft).toBeNull();
    expect(track?.lat).toBe(52.2572);
  });

  const refusals: [string, Record<string, unknown>][] = [
    ["a latitude beyond the pole", { lat: 91 }],
    ["a longitude beyond the antimeridian", { lon: -181 }],
    ["half a position", { lat: null }],
    ["a position without a time", { position_at: null }],
    ["a number as text", { speed_kt: "450" }],
    ["a time that is none", { last_seen: "yesterday" }],
    ["no subject", { subject: "" }],
    ["stations that are no list", { stations: "alpha" }],
    ["a name without end", { name: "x".repeat(201) }],
  ];
  it.each(refusals)("is refused for %s", (_, change) => {
    expect(parseTrack({ ...EXAMPLE, ...change })).toBeNull();
  });

  it("is refused when it is something else altogether", () => {
    for (const value of [null, 7, "track", [], undefined]) expect(parseTrack(value)).toBeNull();
  });

  it("keeps only the trail's points that are points, and no more than the limit", () => {
    const points = Array.from({ length: 300 }, (_, i) => [3, 52, i, null]);
    expect(parseTrail({ trail: points })).toHaveLength(200);
    expect(parseTrail({ trail: [[3, 52, 1, 100], [3, 99, 2, 100], "x", [3, 52], [3, 52, 3, "high"]] })).toEqual([[3, 52, 1, 100]]);
    expect(parseTrail({})).toEqual([]);
  });
});

describe("a message", () => {
  const at = "2026-11-23T00:00:00Z";

  it("may be a snapshot, whose bad tracks are left out and counted", () => {
    const message = parseLive({ type: "snapshot", seq: 17, at, tracks: [EXAMPLE, { ...EXAMPLE, lat: 100 }] });
    expect(message).toMatchObject({ type: "snapshot", seq: 17, refused: 1 });
    expect(message?.type === "snapshot" && message.tracks).toHaveLength(1);
  });

  it("may be a delta", () => {
    const { trail: _, ...update } = EXAMPLE;
    const message = parseLive({ type: "delta", seq: 18, at, updated: [update], removed: ["icao:abcdef", 7] });
    expect(message).toMatchObject({ type: "delta", seq: 18, removed: ["icao:abcdef"], refused: 0 });
  });

  it("is null when it is neither", () => {
    for (const value of [null, {}, { type: "delta" }, { type: "snapshot", seq: 1, at }, { type: "hello", seq: 1, at, tracks: [] }]) {
      expect(parseLive(value)).toBeNull();
    }
  });

  it("may come as the answer of a plain request", () => {
    expect(parseTracks({ generated_at: at, seq: 3, tracks: [EXAMPLE] })).toMatchObject({ seq: 3, refused: 0 });
    expect(parseTracks({ at, seq: 3, tracks: [] })).toBeNull();
  });
});

describe("the console's description", () => {
  const station = { slug: "alpha", name: "Alpha", lat: null, lon: null, online: true, last_seen: null };

  it("may have no centre", () => {
    const info = parseConsole({ role: "station", name: "pi", version: "0.1.0", center: null, stations: [station] });
    expect(info).toMatchObject({ role: "station", center: null, stations: [station] });
  });

  it("drops a centre that is off the earth, and stations that are none", () => {
    const info = parseConsole({ role: "central", name: "c", version: "1", center: { lat: 95, lon: 0, zoom: 7 }, stations: [station, {}] });
    expect(info?.center).toBeNull();
    expect(info?.stations).toHaveLength(1);
  });
});
