/** What the details say of each value: its name, when and by which frame it came, and why one is not believed. Pure. */
import type { Fact, FactSource, QuarantinedFact, TrackDetail } from "../../contract/detail.ts";
import { age } from "../../shared/format.ts";

/** Values that are shown from the track itself; a fact only adds where they are from. */
const SHOWN_BY_TRACK = new Set([
  "position",
  "baro_alt_ft",
  "geom_alt_ft",
  "on_ground",
  "speed_kt",
  "track_deg",
  "heading_deg",
  "vertical_rate_fpm",
  "callsign",
  "name",
  "category",
  "squawk",
  "emergency",
]);

const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Selected by the crew": {
    panel_alt_ft: "Altitude on the panel",
    fms_alt_ft: "Altitude by the FMS",
    selected_heading: "Heading",
    altimeter_hpa: "Altimeter setting",
    autopilot: "Autopilot",
    vertical_navigation: "Vertical navigation",
    altitude_hold: "Altitude hold",
    approach: "Approach",
    lateral_navigation: "Lateral navigation",
    tcas_operational: "TCAS operational",
  },
  "Measured aboard": {
    ias_kt: "Indicated airspeed",
    tas_kt: "True airspeed",
    mach: "Mach",
    magnetic_heading_deg: "Magnetic heading",
    roll_deg: "Roll",
    wind: "Wind",
    temperature_c: "Air temperature",
    geom_minus_baro_ft: "Geometric minus pressure altitude",
  },
  "Radio and antenna": {
    power_w: "Power",
    height_ft: "Antenna above terrain",
    gain_db: "Antenna gain",
    beam_deg: "Antenna looks to",
    range_m: "Range",
    heard_s: "Hears the sought signal",
    bearing_deg: "Bearing of the sought signal",
  },
  Quality: {
    position_error_m: "Position error",
    containment_m: "Containment radius",
    geom_alt_error_m: "Height error",
    velocity_error_m_s: "Velocity error",
    integrity: "Leaves the radius unnoticed",
    design_assurance: "Undetected fault",
    baro_alt_checked: "Pressure altitude cross-checked",
    adsb_version: "ADS-B version",
    ident: "Ident pressed",
  },
};

const REASONS: Readonly<Record<string, string>> = {
  out_of_range: "farther than anything is heard",
  position_jump: "nothing gets there in the time",
  altitude_jump: "no climb explains it",
  speed_jump: "repaired frame, far from the speed before",
  squawk_change: "changed squawk, said once",
  callsign_change: "changed callsign, said once",
  ground_contradicted: "contradicts speed or position",
  register_disagrees: "differs from ADS-B",
};

const FIELDS: Readonly<Record<string, string>> = {
  position: "Position",
  baro_alt_ft: "Pressure altitude",
  speed_kt: "Speed",
  track_deg: "Track",
  squawk: "Squawk",
  callsign: "Callsign",
  on_ground: "On ground",
};

const UNITS: Readonly<Record<string, string>> = { baro_alt_ft: " ft", speed_kt: " kt", track_deg: "°" };

export interface NamedFact {
  readonly field: string;
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

export interface FactGroup {
  readonly name: string;
  readonly facts: readonly NamedFact[];
}

/** `DF20 BDS 6,0 (98 %), 1 bit repaired · Alpha`. */
export function sourceText(source: FactSource, stationName: (slug: string) => string): string {
  const probability = source.probability_percent === null ? "" : ` (${source.probability_percent} %)`;
  const frame = source.frame === null ? null : `${source.frame}${probability}`;
  const repaired = 0 < source.corrected_bits ? `${source.corrected_bits} bit repaired` : null;
  const station = source.station === null ? null : `${stationName(source.station)}/${source.receiver}`;
  return [frame, repaired, station].filter((part) => part !== null).join(" · ");
}

export function noteOf(fact: Fact, now: number, stationName: (slug: string) => string): string {
  return `${age(now - fact.at)} · ${sourceText(fact.source, stationName)}`;
}

/** What the track itself does not show, in groups; a field that this page does not know keeps its own name. */
export function groupsOf(detail: TrackDetail, now: number, stationName: (slug: string) => string): FactGroup[] {
  const more = detail.facts.filter(({ field }) => !SHOWN_BY_TRACK.has(field));
  const named = (fact: Fact, name: string): NamedFact => ({
    field: fact.field,
    name,
    value: [fact.value, fact.unit].filter((part) => part !== null).join(" "),
    note: noteOf(fact, now, stationName),
  });
  const known = new Set(Object.values(GROUPS).flatMap(Object.keys));
  const groups = Object.entries(GROUPS).map(([name, names]) => ({
    name,
    facts: more.filter(({ field }) => field in names).map((fact) => named(fact, names[fact.field] ?? fact.field)),
  }));
  const others = more.filter(({ field }) => !known.has(field)).map((fact) => named(fact, fact.field));
  return [...groups, { name: "Other", facts: others }].filter(({ facts }) => 0 < facts.length);
}

export interface Disbelieved {
  readonly reason: string;
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

export function disbelieved(fact: QuarantinedFact, now: number, stationName: (slug: string) => string): Disbelieved {
  const times = fact.count === 1 ? "once" : `${fact.count} times`;
  return {
    reason: REASONS[fact.reason] ?? fact.reason,
    name: FIELDS[fact.field] ?? fact.field,
    value: fact.value + (UNITS[fact.field] ?? ""),
    note: `${times}, last ${age(now - fact.at)} ago · ${sourceText(fact.source, stationName)}`,
  };
}

const REGISTERED_BY: Readonly<Record<string, string>> = {
  broadcast: "sent by itself",
  database: "from the operator's list",
  rule: "follows from the address",
};

export function registrationNote(from: string | null): string | undefined {
  return from === null ? undefined : (REGISTERED_BY[from] ?? from);
}
