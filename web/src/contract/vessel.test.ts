import { describe, expect, it } from "vitest";
import { sampleTrack } from "../shared/sample-track.ts";
import { alarmText, parseTrack, title } from "./track.ts";
import { parseVessel } from "./vessel.ts";

/** The example of docs/live-picture.md. */
const EXAMPLE = {
  kind: "ship",
  class: "A",
  nav_status: 0,
  imo: 9134270,
  destination: "NEW YORK",
  eta: "11-24T18:00Z",
  dimensions_m: [225, 70, 1, 31],
  draught_m: 12.2,
  off_position: null,
  jump: { at: "2026-11-23T00:00:00Z", distance_m: 111200, speed_kt: 5403 },
  encounters: [{ subject: "mmsi:244660123", cpa_m: 120, tcpa_s: 480, distance_m: 5600 }],
};

describe("what a vessel says", () => {
  it("is read, times as milliseconds", () => {
    const vessel = parseVessel(EXAMPLE);
    expect(vessel?.jump?.at).toBe(Date.UTC(2026, 10, 23));
    expect(vessel?.encounters[0]?.tcpa_s).toBe(480);
    expect(vessel?.dimensions_m).toEqual([225, 70, 1, 31]);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["no kind", { ...EXAMPLE, kind: null }],
    ["a draught as text", { ...EXAMPLE, draught_m: "12" }],
  ])("is null for %s", (_, value) => {
    expect(parseVessel(value)).toBeNull();
  });

  it("leaves out what is malformed within it, and never more than eight encounters", () => {
    const many = Array.from({ length: 20 }, () => EXAMPLE.encounters[0]);
    const vessel = parseVessel({ ...EXAMPLE, dimensions_m: [1, 2, 3], jump: { at: 5 }, encounters: [{ subject: 1 }, ...many] });
    expect([vessel?.dimensions_m, vessel?.jump, vessel?.encounters.length]).toEqual([null, null, 7]);
  });

  it("does not take the track with it when it is bad", () => {
    const { first_seen, last_seen, position_at, ...rest } = sampleTrack();
    const at = "2026-11-23T00:00:00Z";
    const track = parseTrack({ ...rest, first_seen: at, last_seen: at, position_at: at, vessel: { kind: 5 } });
    expect(track?.vessel).toBeNull();
    expect([first_seen, last_seen, position_at].every((time) => time !== null)).toBe(true);
  });
});

describe("a vessel for people", () => {
  const ship = sampleTrack({ subject: "mmsi:244660123", protocol: "ais", callsign: "PBXY", name: "NIEUWE MAAS", squawk: null });

  it("goes by its name, an aircraft by its callsign", () => {
    expect([title(ship), title({ ...ship, name: null }), title(sampleTrack({ name: "PH-BXY" }))]).toEqual([
      "NIEUWE MAAS",
      "PBXY",
      "KLM1023",
    ]);
  });

  it("says its distress in words", () => {
    expect([alarmText({ ...ship, emergency: "mob" }), alarmText(ship)]).toEqual(["man overboard", ""]);
    expect(alarmText(sampleTrack({ squawk: "7700", emergency: "general" }))).toBe("7700 general");
  });
});
