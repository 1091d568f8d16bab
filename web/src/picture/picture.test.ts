import { describe, expect, it } from "vitest";
import type { Delta, Snapshot } from "../contract/messages.ts";
import type { Subject, Track } from "../contract/track.ts";
import { sampleTrack } from "../shared/sample-track.ts";
import { ServerClock } from "./clock.ts";
import { FAINTEST, isStale, opacity } from "./freshness.ts";
import { Picture } from "./picture.ts";
import { extendTrail } from "./trail.ts";

function snapshot(seq: number, tracks: Track[]): Snapshot {
  return { type: "snapshot", seq, at: 0, tracks: tracks.map((track) => ({ track, trail: [] })), refused: 0 };
}

function delta(seq: number, updated: Track[], removed: string[] = []): Delta {
  return { type: "delta", seq, at: 0, updated, removed: removed as Subject[], refused: 0 };
}

describe("the picture", () => {
  it("is replaced by a snapshot: what it does not name is gone", () => {
    const picture = new Picture();
    picture.applySnapshot(snapshot(1, [sampleTrack({ subject: "icao:000001" }), sampleTrack({ subject: "icao:000002" })]), 0);
    picture.applySnapshot(snapshot(9, [sampleTrack({ subject: "icao:000002" })]), 0);
    expect([...picture.entries()].map(({ track }) => track.subject)).toEqual(["icao:000002"]);
    expect(picture.seq).toBe(9);
  });

  it("follows deltas in order and grows its own trails", () => {
    const picture = new Picture();
    picture.applySnapshot(snapshot(1, [sampleTrack()]), 0);
    expect(picture.applyDelta(delta(2, [sampleTrack({ lat: 52.1, position_at: 1_005_000 })]), 0)).toBe(true);
    expect(picture.get("icao:4840d6" as Subject)?.trail).toHaveLength(2);
    expect(picture.applyDelta(delta(3, [], ["icao:4840d6"]), 0)).toBe(true);
    expect(picture.size).toBe(0);
  });

  it("refuses a delta after a gap and stays as it was", () => {
    const picture = new Picture();
    expect(picture.applyDelta(delta(1, [sampleTrack()]), 0)).toBe(false);
    picture.applySnapshot(snapshot(1, [sampleTrack()]), 0);
    for (const seq of [1, 3]) expect(picture.applyDelta(delta(seq, [], ["icao:4840d6"]), 0)).toBe(false);
    expect(picture.size).toBe(1);
  });

  it("finds the emergencies; a beacon under test is none", () => {
    const picture = new Picture();
    const tracks = [sampleTrack({ subject: "icao:1", emergency: "general" }), sampleTrack({ subject: "mmsi:2", emergency: "test" })];
    picture.applySnapshot(snapshot(1, tracks), 0);
    expect(picture.emergencies().map(({ subject }) => subject)).toEqual(["icao:1"]);
  });
});

describe("a trail", () => {
  it("stays within its limit however long the track is heard, and keeps its newest point and its order", () => {
    const trail: [number, number, number, number | null][] = [];
    for (let i = 0; i < 5_000; i++) extendTrail(trail, sampleTrack({ position_at: i * 5_000, lat: 50 + i / 10_000 }));
    expect(trail.length).toBeLessThanOrEqual(200);
    expect(trail.at(-1)?.[2]).toBe(4_999 * 5_000);
    const times = trail.map((point) => point[2]);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("takes no position twice, and none that is older than the last", () => {
    const trail: [number, number, number, number | null][] = [];
    for (const at of [10_000, 10_000, 9_000]) extendTrail(trail, sampleTrack({ position_at: at }));
    expect(trail).toHaveLength(1);
  });

  it("thins reports that come twice a second", () => {
    const trail: [number, number, number, number | null][] = [];
    for (let i = 0; i < 120; i++) extendTrail(trail, sampleTrack({ position_at: i * 500 }));
    expect(trail.length).toBeLessThan(20);
    expect(trail.at(-1)?.[2]).toBe(119 * 500);
  });
});

describe("the server's clock", () => {
  it("goes by the message that was under way for the shortest time", () => {
    const clock = new ServerClock();
    clock.observe(100_000, 160_900);
    clock.observe(101_000, 161_050);
    clock.observe(102_000, 165_000);
    expect(clock.offsetMs).toBe(60_050);
    expect(clock.now(200_000)).toBe(139_950);
  });

  it("forgets: a clock that was set is followed", () => {
    const clock = new ServerClock();
    clock.observe(0, 0);
    for (let i = 0; i < 40; i++) clock.observe(0, 5_000);
    expect(clock.offsetMs).toBe(5_000);
  });
});

describe("freshness", () => {
  it("goes by protocol: a ship's minute is an aircraft's second", () => {
    expect(isStale("adsb", 20_000)).toBe(true);
    expect(isStale("ais", 20_000)).toBe(false);
    expect(isStale("aprs", 600_000)).toBe(false);
  });

  it("falls from plain to faint and no further", () => {
    expect(opacity("adsb", 0)).toBe(1);
    expect(opacity("adsb", 37_500)).toBeCloseTo((1 + FAINTEST) / 2);
    expect(opacity("adsb", 1e9)).toBeCloseTo(FAINTEST);
  });
});
