import { describe, expect, it } from "vitest";
import type { Fact, TrackDetail } from "../../contract/detail.ts";
import { disbelieved, groupsOf, noteOf, registrationNote, sourceText } from "./facts.ts";

const NOW = 1_000_000;
const SOURCE = { station: "alpha", receiver: 1, frame: "DF20 BDS 6,0", probability_percent: 98, corrected_bits: 0 };
const nameOf = (slug: string) => (slug === "alpha" ? "Alpha" : slug);

function fact(field: string, value = "1", unit: string | null = null): Fact {
  return { field, value, unit, at: NOW - 3_000, source: SOURCE };
}

function detail(...facts: Fact[]): TrackDetail {
  return { subject: "icao:4840d6", identity: null, facts, readings: [], quarantined: [] };
}

describe("where a value is from", () => {
  it.each([
    [{}, "DF20 BDS 6,0 (98 %) · Alpha/1"],
    [{ frame: "DF17 TC11", probability_percent: null, corrected_bits: 1 }, "DF17 TC11 · 1 bit repaired · Alpha/1"],
    [{ frame: null, probability_percent: null }, "Alpha/1"],
    [{ station: null, frame: "DF11", probability_percent: null }, "DF11"],
  ])("is told in few words: %o", (change, text) => {
    expect(sourceText({ ...SOURCE, ...change }, nameOf)).toBe(text);
  });

  it("begins with its age", () => {
    expect(noteOf(fact("mach"), NOW, nameOf)).toBe("3 s · DF20 BDS 6,0 (98 %) · Alpha/1");
  });
});

describe("facts beyond the track's own", () => {
  it("come in groups, with units, and none is lost", () => {
    const groups = groupsOf(
      detail(fact("squawk"), fact("panel_alt_ft", "38000", "ft"), fact("mach", "0.780"), fact("new_thing")),
      NOW,
      nameOf,
    );
    const names = groups.map(({ name, facts }) => [name, facts.map(({ name: of, value }) => `${of}: ${value}`)]);
    expect(names).toEqual([
      ["Selected by the crew", ["Altitude on the panel: 38000 ft"]],
      ["Measured aboard", ["Mach: 0.780"]],
      ["Other", ["new_thing: 1"]],
    ]);
  });
});

describe("what is not believed", () => {
  it("says what, why, how often and from where", () => {
    const kept = { reason: "altitude_jump", field: "baro_alt_ft", value: "500", count: 3, at: NOW - 5_000, source: SOURCE };
    expect(disbelieved(kept, NOW, nameOf)).toEqual({
      reason: "no climb explains it",
      name: "Pressure altitude",
      value: "500 ft",
      note: "3 times, last 5 s ago · DF20 BDS 6,0 (98 %) · Alpha/1",
    });
    expect(disbelieved({ ...kept, reason: "new", field: "odd", count: 1 }, NOW, nameOf)).toMatchObject({
      reason: "new",
      name: "odd",
      value: "500",
    });
  });

  it("is not how a registration is known", () => {
    expect([registrationNote("rule"), registrationNote(null)]).toEqual(["follows from the address", undefined]);
  });
});
