/** What a vessel says of itself and whom it will meet, as rows for people. Pure. */
import type { Track } from "../../contract/track.ts";
import type { Encounter, Vessel } from "../../contract/vessel.ts";
import { age, UNKNOWN, utcTime, withUnit } from "../../shared/format.ts";
import type { Row } from "./rows.ts";

/** ITU-R M.1371 annex 8 table 48. */
const NAV_STATUS: readonly string[] = [
  "under way using engine",
  "at anchor",
  "not under command",
  "restricted manoeuvrability",
  "constrained by her draught",
  "moored",
  "aground",
  "fishing",
  "under way sailing",
  "reserved (9)",
  "reserved (10)",
  "towing astern",
  "pushing ahead or towing alongside",
  "reserved (13)",
  "distress device active",
  "undefined, or distress device under test",
];

/** They have no size and go nowhere. */
const DEVICES: ReadonlySet<string> = new Set(["sart", "mob", "epirb"]);

const METRES_PER_MILE = 1_852;

export function vesselRows(track: Track): Row[] {
  const { vessel } = track;
  if (vessel === null) return [];
  const status = vessel.nav_status === null ? UNKNOWN : (NAV_STATUS[vessel.nav_status] ?? String(vessel.nav_status));
  const rows: Row[] = [["Status", status]];
  if (vessel.kind === "aid" || vessel.kind === "virtual_aid") return aidRows(vessel);
  if (DEVICES.has(vessel.kind)) return rows;
  if (vessel.class !== null) rows.push(["Transponder", `class ${vessel.class}`]);
  return [
    ...rows,
    ["Length × beam", size(vessel)],
    ["Draught", withUnit(vessel.draught_m, "m", 1)],
    ["IMO number", vessel.imo === null ? UNKNOWN : String(vessel.imo)],
    ["Destination", vessel.destination ?? UNKNOWN],
    ["ETA", vessel.eta ?? UNKNOWN],
  ];
}

function aidRows(vessel: Vessel): Row[] {
  const place = vessel.off_position === null ? UNKNOWN : vessel.off_position ? "OFF POSITION" : "on position";
  return [
    ["In the water", vessel.kind === "aid" ? "yes" : "no: virtual"],
    ["Place", place],
  ];
}

function size({ dimensions_m: m }: Vessel): string {
  return m === null ? UNKNOWN : `${m[0] + m[1]} × ${m[2] + m[3]} m`;
}

/** Soonest first; `nameOf` tells what the other is called. */
export function encounterRows(track: Track, nameOf: (encounter: Encounter) => string): Row[] {
  return (track.vessel?.encounters ?? []).map((encounter) => [
    nameOf(encounter),
    `${distance(encounter.cpa_m)} in ${age(encounter.tcpa_s * 1_000)}`,
    `now ${distance(encounter.distance_m)} away`,
  ]);
}

/** Metres below a cable or two, else nautical miles. */
export function distance(metres: number): string {
  return metres < 500 ? withUnit(metres, "m") : withUnit(metres / METRES_PER_MILE, "NM", 1);
}

/** The sentence about an implausible jump; null when there was none. */
export function jumpText(track: Track): string | null {
  const jump = track.vessel?.jump ?? null;
  if (jump === null) return null;
  return `Position jumped ${distance(jump.distance_m)} at ${utcTime(jump.at)} (${withUnit(jump.speed_kt, "kt")}): it may be false`;
}
