import { describe, expect, it } from "vitest";
import type { Subject, Track } from "../../../contract/track.ts";
import { Picture } from "../../../picture/picture.ts";
import { mercatorX, mercatorY } from "../../../shared/mercator.ts";
import { sampleTrack } from "../../../shared/sample-track.ts";
import { labelBoxes, labelLines, Room, symbolBox } from "./labels.ts";
import type { Scene, View } from "./renderer.ts";
import { visibleTracks } from "./visible.ts";

const NOW = 1_000_000;

function scene(tracks: Track[], changes: Partial<Scene> = {}): Scene {
  const picture = new Picture();
  picture.applySnapshot({ type: "snapshot", seq: 1, at: NOW, tracks: tracks.map((track) => ({ track, trail: [] })), refused: 0 }, NOW);
  return { picture, now: NOW, selected: null, hovered: null, hidden: new Set(), matching: null, trails: "all", stations: [], ...changes };
}

function viewAt(lon: number, lat: number, zoom = 8): View {
  return { x: mercatorX(lon), y: mercatorY(lat), worldPx: 512 * 2 ** zoom, width: 800, height: 600, zoom };
}

const still = { speed_kt: 0, position_at: NOW };

describe("what is on the screen", () => {
  it("stands where the map puts it", () => {
    const [found] = visibleTracks(scene([sampleTrack({ ...still, lon: 5, lat: 52 })]), viewAt(5, 52));
    expect(found?.x).toBeCloseTo(400);
    expect(found?.y).toBeCloseTo(300);
    const [east] = visibleTracks(scene([sampleTrack({ ...still, lon: 5.1, lat: 52 })]), viewAt(5, 52));
    expect(east?.x).toBeCloseTo(400 + (0.1 / 360) * 512 * 256, 3);
  });

  it("leaves out what lies outside, has no position, or is hidden", () => {
    const tracks = [
      sampleTrack({ ...still, subject: "icao:1", lon: 50 }),
      sampleTrack({ subject: "icao:2", lat: null, lon: null, position_at: null }),
      sampleTrack({ ...still, subject: "mmsi:3", protocol: "ais" }),
    ];
    expect(visibleTracks(scene(tracks, { hidden: new Set(["ais"]) }), viewAt(4, 52))).toEqual([]);
  });

  it("never hides an emergency, nor fades it", () => {
    const track = sampleTrack({ ...still, emergency: "general", position_at: NOW - 500_000 });
    const [found] = visibleTracks(scene([track], { hidden: new Set(["adsb"]), matching: new Set() }), viewAt(4, 52));
    expect(found?.alpha).toBe(1);
  });

  it("crosses the antimeridian", () => {
    const track = sampleTrack({ ...still, lon: -179.9, lat: 0 });
    const [found] = visibleTracks(scene([track]), viewAt(179.9, 0));
    expect(found?.x).toBeCloseTo(400 + (0.2 / 360) * 512 * 256, 3);
  });

  it("fades with age, and what the filter leaves out more", () => {
    const old = sampleTrack({ ...still, position_at: NOW - 60_000 });
    expect(visibleTracks(scene([old]), viewAt(4, 52))[0]?.alpha).toBeCloseTo(0.32);
    const other = scene([sampleTrack(still)], { matching: new Set() });
    expect(visibleTracks(other, viewAt(4, 52))[0]?.alpha).toBeCloseTo(0.18);
  });

  it("comes with the selected one last, above all others", () => {
    const tracks = [sampleTrack({ ...still, subject: "icao:1" }), sampleTrack({ ...still, subject: "icao:2", emergency: "general" })];
    const found = visibleTracks(scene(tracks, { selected: "icao:1" as Subject }), viewAt(4, 52));
    expect(found.map(({ entry }) => entry.track.subject)).toEqual(["icao:2", "icao:1"]);
  });
});

describe("labels", () => {
  it("say what a radar label says, and nothing about what is unknown", () => {
    expect(labelLines(sampleTrack(), 9, false)).toEqual(["KLM1023", "380↓ 450kt"]);
    expect(labelLines(sampleTrack(), 6, false)).toEqual(["KLM1023"]);
    const bare = sampleTrack({ callsign: null, baro_alt_ft: null, speed_kt: null });
    expect(labelLines(bare, 9, false)).toEqual(["4840D6"]);
  });

  it("never lie on their own symbol, wherever it stands", () => {
    for (let x = 100; x < 108; x += 0.5) {
      for (const place of labelBoxes(x, x, 70, 26, 14)) {
        const room = new Room();
        room.take(symbolBox(x, x), true);
        expect(room.take(place, false)).toBe(true);
      }
    }
  });

  it("do not lie on one another, but for those that must be seen", () => {
    const room = new Room();
    const box = (left: number, top: number) => ({ left, top, width: 60, height: 13 });
    expect(room.take(box(10, 10), false)).toBe(true);
    expect(room.take(box(60, 15), false)).toBe(false);
    expect(room.take(box(60, 15), true)).toBe(true);
    expect(room.take(box(200, 10), false)).toBe(true);
  });
});
