import { describe, expect, it } from "vitest";
import { sampleTrack } from "../shared/sample-track.ts";
import { parseDetail } from "./detail.ts";
import { alarmText, hasAdvisory, isEmergency, parseTrack } from "./track.ts";

const AT = "2026-11-23T00:00:00Z";
const SOURCE = { station: "alpha", receiver: 0, frame: "DF20 BDS 6,0", probability_percent: 98, corrected_bits: 0 };
const FACT = { field: "mach", value: "0.780", unit: null, at: AT, source: SOURCE };
const DETAIL = {
  generated_at: AT,
  subject: "icao:4840d6",
  identity: { country: "Netherlands", country_code: "NL", registration: "PH-BXN", registration_from: "database", type_code: "B738" },
  facts: [FACT],
  readings: [
    { kind: "telemetry", field: "A1", name: "Battery", unit: "V", value: 13.8, calibrated: true, at: AT, source: SOURCE },
    { kind: "telemetry", field: "A2", name: null, unit: null, value: "x", calibrated: true, at: AT, source: SOURCE },
  ],
  quarantined: [{ reason: "altitude_jump", field: "baro_alt_ft", value: "500", count: 3, at: AT, source: SOURCE }],
  advisory: null,
};

describe("details", () => {
  it("are read with times as milliseconds", () => {
    const detail = parseDetail(DETAIL);
    expect(detail?.facts[0]).toMatchObject({ field: "mach", at: Date.UTC(2026, 10, 23), source: SOURCE });
    expect(detail?.quarantined[0]).toMatchObject({ reason: "altitude_jump", count: 3 });
    expect(detail?.identity?.country_code).toBe("NL");
    expect(detail?.readings).toMatchObject([{ field: "A1", value: 13.8, calibrated: true }]);
    const { readings: _, ...older } = DETAIL;
    expect(parseDetail(older)?.readings).toEqual([]);
  });

  it("leave out what is no fact and keep the rest", () => {
    const broken = [FACT, { ...FACT, value: 7 }, { ...FACT, source: null }, { ...FACT, at: "never" }, null, "x"];
    expect(parseDetail({ ...DETAIL, facts: broken, identity: null })).toMatchObject({ facts: [{ field: "mach" }], identity: null });
    expect(parseDetail({ ...DETAIL, facts: Array.from({ length: 5_000 }, () => FACT) })?.facts).toHaveLength(200);
  });

  it("are null when they are none", () => {
    for (const value of [null, 7, {}, { subject: 7 }, []]) expect(parseDetail(value)).toBeNull();
  });
});

describe("a collision advisory", () => {
  const advisory = { text: "climb", threat: "icao:406b90", ended: false, at: 1_000_000 };

  it("is an alarm until its end is told, or a minute has passed", () => {
    const track = sampleTrack({ advisory, last_seen: 1_060_000 });
    expect([hasAdvisory(track), isEmergency(track), alarmText(track)]).toEqual([true, true, "RA climb"]);
    expect(isEmergency(sampleTrack({ advisory: { ...advisory, ended: true }, last_seen: 1_001_000 }))).toBe(false);
    expect(isEmergency(sampleTrack({ advisory, last_seen: 1_060_001 }))).toBe(false);
  });

  it("stands beside an emergency", () => {
    const track = sampleTrack({ advisory, last_seen: 1_000_000, emergency: "general", squawk: "7700" });
    expect(alarmText(track)).toBe("7700 general RA climb");
    expect(alarmText(sampleTrack({ emergency: "test" }))).toBe("");
  });

  it("comes with the track, and a broken one does not cost the track", () => {
    const wire = { ...sampleTrack(), position_at: AT, first_seen: AT, last_seen: AT };
    expect(parseTrack({ ...wire, advisory: { ...advisory, at: AT } })?.advisory).toMatchObject({ text: "climb", ended: false });
    expect(parseTrack({ ...wire, advisory: { text: 7 } })?.advisory).toBeNull();
    const { advisory: _, quarantined: __, country: ___, ...older } = wire;
    expect(parseTrack(older)).toMatchObject({ advisory: null, quarantined: null, country: null });
  });
});
