import { describe, expect, it } from "vitest";
import { latitudeOf, longitudeOf } from "../shared/mercator.ts";
import { sampleTrack } from "../shared/sample-track.ts";
import { type Motion, motionOf, positionAt } from "./motion.ts";

const FIX = 1_000_000;

function placeAt(motion: Motion | null, now: number): { lat: number; lon: number } {
  if (motion === null) throw new Error("no motion");
  const { x, y } = positionAt(motion, now, { x: 0, y: 0 });
  return { lat: latitudeOf(y), lon: longitudeOf(x) };
}

/** Metres on a sphere, by a way of its own. */
function metres(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const r = Math.PI / 180;
  const cos = Math.sin(a.lat * r) * Math.sin(b.lat * r) + Math.cos(a.lat * r) * Math.cos(b.lat * r) * Math.cos((a.lon - b.lon) * r);
  return 6_378_137 * Math.acos(Math.min(1, cos));
}

describe("dead reckoning", () => {
  it.each([
    ["south", 180],
    ["north-east", 45],
    ["west", 270],
  ])("goes %s at the reported speed", (_, track_deg) => {
    const track = sampleTrack({ track_deg, speed_kt: 360, position_at: FIX });
    const motion = motionOf(track, null, FIX);
    const start = placeAt(motion, FIX);
    const end = placeAt(motion, FIX + 10_000);
    // 360 kt are 185.2 m/s.
    expect(metres(start, end)).toBeGreaterThan(1_852 * 0.998);
    expect(metres(start, end)).toBeLessThan(1_852 * 1.002);
    expect(Math.sign(end.lat - start.lat) || 0).toBe(track_deg === 180 ? -1 : track_deg === 45 ? 1 : 0);
  });

  it("stops at its limit: nobody reported what lies beyond", () => {
    const motion = motionOf(sampleTrack({ position_at: FIX }), null, FIX);
    expect(placeAt(motion, FIX + 15_000)).toEqual(placeAt(motion, FIX + 600_000));
  });

  it("does not start without a speed or a direction, and never for APRS", () => {
    for (const change of [{ speed_kt: null }, { track_deg: null }, { protocol: "aprs" }]) {
      const motion = motionOf(sampleTrack({ ...change, position_at: FIX }), null, FIX);
      expect(placeAt(motion, FIX + 10_000)).toEqual(placeAt(motion, FIX));
    }
  });

  it("is nothing without a position", () => {
    expect(motionOf(sampleTrack({ lat: null, lon: null, position_at: null }), null, FIX)).toBeNull();
  });

  it("glides over a small correction: no jump, and all of it gone after 0.6 s", () => {
    const before = motionOf(sampleTrack({ position_at: FIX, speed_kt: 0 }), null, FIX);
    const now = FIX + 1_000;
    const after = motionOf(sampleTrack({ position_at: now, lat: 52.2582, speed_kt: 0 }), before, now);
    expect(metres(placeAt(before, now), placeAt(after, now))).toBeLessThan(1);
    expect(placeAt(after, now + 300).lat).toBeCloseTo((52.2572 + 52.2582) / 2, 5);
    expect(placeAt(after, now + 600).lat).toBeCloseTo(52.2582, 6);
  });

  it("jumps where the correction is no correction", () => {
    const before = motionOf(sampleTrack({ position_at: FIX }), null, FIX);
    const after = motionOf(sampleTrack({ position_at: FIX + 1_000, lat: 53 }), before, FIX + 1_000);
    expect(placeAt(after, FIX + 1_000).lat).toBeCloseTo(53, 6);
  });
});
