import { describe, expect, it } from "vitest";
import { altitudeColour, GROUND_COLOUR, UNKNOWN_COLOUR } from "./altitude-colour.ts";
import { craftOf, directionDeg } from "./craft.ts";
import { age, bearing, position, signed, withUnit } from "./format.ts";
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from "./mercator.ts";
import { sampleTrack } from "./sample-track.ts";

describe("numbers for people", () => {
  it("write the unknown as a dash, and zero as zero", () => {
    expect([withUnit(null, "ft"), signed(null, "ft/min"), bearing(null), age(null), position(null, null)]).toEqual([
      "—",
      "—",
      "—",
      "—",
      "—",
    ]);
    expect([withUnit(0, "kt"), signed(0, "ft/min"), bearing(0)]).toEqual(["0 kt", "0 ft/min", "000°"]);
  });

  it.each<[number, string]>([
    [-50, "0 s"],
    [89_999, "89 s"],
    [240_000, "4 min"],
    [7_500_000, "2 h 05"],
    [400_000_000, "4 d"],
  ])("write %d ms as %s", (ms, text) => {
    expect(age(ms)).toBe(text);
  });

  it("write positions in degrees and decimal minutes, carrying over", () => {
    expect(position(52.2572, 3.91937)).toBe("52°15.43′N 003°55.16′E");
    expect(position(-0.5, -179.99999)).toBe("00°30.00′S 180°00.00′W");
  });

  it("write bearings with three digits, and 359.7° as north", () => {
    expect([bearing(7.2), bearing(359.7)]).toEqual(["007°", "000°"]);
  });
});

describe("what a track is", () => {
  it.each<[string, string | null, string, string]>([
    ["adsb", "A7", "icao:1", "helicopter"],
    ["adsb", "C2", "icao:1", "vehicle"],
    ["adsb", null, "icao:1", "aircraft"],
    ["ais", "70", "mmsi:244660123", "vessel"],
    ["ais", null, "mmsi:970012345", "beacon"],
    ["ais", null, "mmsi:992441234", "mark"],
    ["ais", null, "mmsi:002442000", "base"],
    ["aprs", "/>", "call:X", "vehicle"],
    ["aprs", "\\?", "call:X", "station"],
  ])("%s category %s: %s %s", (protocol, category, subject, shape) => {
    expect(craftOf(sampleTrack({ protocol, category, subject })).shape).toBe(shape);
  });

  it("points a ship where its bow is, an aircraft where it goes, and nothing where nobody said", () => {
    expect(directionDeg(sampleTrack({ protocol: "ais", heading_deg: 10, track_deg: 20 }))).toBe(10);
    expect(directionDeg(sampleTrack({ heading_deg: 10, track_deg: 20 }))).toBe(20);
    expect(directionDeg(sampleTrack({ heading_deg: null, track_deg: null }))).toBeNull();
  });
});

describe("colour by altitude", () => {
  it("has its own for the ground and for the unknown, and ends at its ends", () => {
    expect(altitudeColour(5_000, true)).toBe(GROUND_COLOUR);
    expect(altitudeColour(null, null)).toBe(UNKNOWN_COLOUR);
    expect(altitudeColour(-900, false)).toBe(altitudeColour(0, false));
    expect(altitudeColour(90_000, false)).toBe(altitudeColour(45_000, false));
  });

  it("is nowhere too dark for the map: contrast at least 6 to 1 on the land", () => {
    const land = luminance("#1a2630");
    for (let ft = 0; ft <= 45_000; ft += 1_000) {
      expect((luminance(altitudeColour(ft, false)) + 0.05) / (land + 0.05)).toBeGreaterThan(6);
    }
  });
});

/** WCAG relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

it("goes to the map's square and back", () => {
  for (let lat = -85; lat <= 85; lat += 5) expect(latitudeOf(mercatorY(lat))).toBeCloseTo(lat, 9);
  for (let lon = -180; lon <= 180; lon += 5) expect(longitudeOf(mercatorX(lon))).toBeCloseTo(lon, 9);
});
