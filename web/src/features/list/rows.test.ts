import { describe, expect, it } from "vitest";
import type { Subject } from "../../contract/track.ts";
import { sampleTrack } from "../../shared/sample-track.ts";
import { matches, neighbour, sorted, wordsOf } from "./rows.ts";

const A = sampleTrack({ subject: "icao:a", callsign: "AAA", baro_alt_ft: 3_000 });
const B = sampleTrack({ subject: "icao:b", callsign: "BBB", baro_alt_ft: null });
const C = sampleTrack({ subject: "icao:c", callsign: "CCC", baro_alt_ft: 9_000 });
const MAYDAY = sampleTrack({ subject: "icao:z", callsign: "ZZZ", baro_alt_ft: 500, emergency: "general" });

const names = (tracks: { callsign: string | null }[]) => tracks.map(({ callsign }) => callsign).join(" ");

describe("the order", () => {
  it("puts emergencies first whatever is sorted by", () => {
    expect(names(sorted([A, MAYDAY, C], { key: "title", descending: false }))).toBe("ZZZ AAA CCC");
    expect(names(sorted([A, MAYDAY, C], { key: "altitude", descending: true }))).toBe("ZZZ CCC AAA");
  });

  it("puts the unknown last, either way round", () => {
    expect(names(sorted([B, C, A], { key: "altitude", descending: false }))).toBe("AAA CCC BBB");
    expect(names(sorted([B, C, A], { key: "altitude", descending: true }))).toBe("CCC AAA BBB");
  });
});

describe("the filter", () => {
  it.each([
    ["klm", true],
    ["4840D6", true],
    ["klm alpha", true],
    ["large", true],
    ["klm bravo", false],
    ["", true],
  ])("%j: %s", (filter, kept) => {
    expect(matches(sampleTrack(), wordsOf(filter))).toBe(kept);
  });
});

describe("the arrow keys", () => {
  it("stay within the list and begin at its top", () => {
    const list = [A, B, C];
    expect(neighbour(list, null, 1)).toBe("icao:a");
    expect(neighbour(list, "icao:a" as Subject, 1)).toBe("icao:b");
    expect(neighbour(list, "icao:c" as Subject, 10)).toBe("icao:c");
    expect(neighbour(list, "icao:a" as Subject, -1)).toBe("icao:a");
    expect(neighbour([], null, 1)).toBeNull();
  });
});
