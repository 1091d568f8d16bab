import { describe, expect, it } from "vitest";
import type { Subject } from "../../contract/track.ts";
import type { Vessel } from "../../contract/vessel.ts";
import { sampleTrack } from "../../shared/sample-track.ts";
import { distance, encounterRows, jumpText, vesselRows } from "./vessel-rows.ts";

const VESSEL: Vessel = {
  kind: "ship",
  class: "B",
  nav_status: 5,
  imo: 9_134_270,
  destination: "ROTTERDAM",
  eta: "11-24T18:00Z",
  dimensions_m: [100, 20, 8, 12],
  draught_m: 7.5,
  off_position: null,
  jump: null,
  encounters: [],
};

const ship = (changes: Partial<Vessel> = {}) =>
  sampleTrack({ subject: "mmsi:244660123", protocol: "ais", vessel: { ...VESSEL, ...changes } });

describe("the details of a vessel", () => {
  it("are what it said, in units", () => {
    expect(vesselRows(ship())).toEqual([
      ["Status", "moored"],
      ["Transponder", "class B"],
      ["Length × beam", "120 × 20 m"],
      ["Draught", "7.5 m"],
      ["IMO number", "9134270"],
      ["Destination", "ROTTERDAM"],
      ["ETA", "11-24T18:00Z"],
    ]);
  });

  it("are dashes where it said nothing, and nothing for what is no vessel", () => {
    const silent = ship({ nav_status: null, dimensions_m: null, draught_m: null, imo: null, destination: null, eta: null });
    expect(vesselRows(silent).filter(([, value]) => value !== "—")).toEqual([["Transponder", "class B"]]);
    expect(vesselRows(sampleTrack())).toEqual([]);
  });

  it("tell an aid off its place", () => {
    expect(vesselRows(ship({ kind: "aid", off_position: true }))).toContainEqual(["Place", "OFF POSITION"]);
    expect(vesselRows(ship({ kind: "virtual_aid" }))[0]).toEqual(["In the water", "no: virtual"]);
  });

  it("leave out size and voyage of a distress device", () => {
    expect(vesselRows(ship({ kind: "mob", nav_status: 14 }))).toEqual([["Status", "distress device active"]]);
  });

  it("flag a jump instead of hiding it", () => {
    expect(jumpText(ship())).toBeNull();
    const jumped = ship({ jump: { at: Date.UTC(2026, 10, 23, 12, 34, 56), distance_m: 111_120, speed_kt: 5_400 } });
    expect(jumpText(jumped)).toBe("Position jumped 60.0 NM at 12:34:56Z (5,400 kt): it may be false");
  });

  it("list whom it will meet", () => {
    const other = { subject: "mmsi:245123000" as Subject, cpa_m: 120, tcpa_s: 480, distance_m: 5_556 };
    expect(encounterRows(ship({ encounters: [other] }), () => "STENA")).toEqual([["STENA", "120 m in 8 min", "now 3.0 NM away"]]);
    expect([distance(499), distance(926)]).toEqual(["499 m", "0.5 NM"]);
  });
});
