/**
 * What a track is, from its protocol and category: the symbol that is drawn, the word that is shown and, for what has no altitude, the colour.
 *
 * ADS-B emitter categories: DO-260B §2.2.3.2.5.2. AIS ship types: ITU-R M.1371 table 53. APRS symbols: APRS101 appendix 2.
 * What is not known is drawn as unknown; nothing is guessed.
 */
import { altitudeFt, type Track } from "../contract/track.ts";
import { altitudeColour, UNKNOWN_COLOUR } from "./altitude-colour.ts";

export type Shape =
  | "aircraft"
  | "light"
  | "jet"
  | "heavy"
  | "fast"
  | "helicopter"
  | "glider"
  | "balloon"
  | "drone"
  | "vehicle"
  | "obstacle"
  | "vessel"
  | "base"
  | "mark"
  | "beacon"
  | "station"
  | "house"
  | "weather"
  | "relay"
  | "person";

export interface Craft {
  readonly shape: Shape;
  readonly kind: string;
  /** Null: coloured by altitude. */
  readonly colour: string | null;
}

const ADSB: Readonly<Record<string, readonly [Shape, string]>> = {
  A1: ["light", "light aircraft"],
  A2: ["jet", "small aircraft"],
  A3: ["jet", "large aircraft"],
  A4: ["heavy", "high-vortex large aircraft"],
  A5: ["heavy", "heavy aircraft"],
  A6: ["fast", "high-performance aircraft"],
  A7: ["helicopter", "rotorcraft"],
  B1: ["glider", "glider"],
  B2: ["balloon", "lighter than air"],
  B3: ["person", "parachutist"],
  B4: ["light", "ultralight or hang-glider"],
  B6: ["drone", "unmanned aircraft"],
  B7: ["fast", "space vehicle"],
  C1: ["vehicle", "emergency vehicle"],
  C2: ["vehicle", "service vehicle"],
  C3: ["obstacle", "point obstacle"],
  C4: ["obstacle", "cluster obstacle"],
  C5: ["obstacle", "line obstacle"],
};

/** By the tens of the ship type. */
const AIS: Readonly<Record<number, readonly [string, string]>> = {
  2: ["wing in ground", "#b7a6ff"],
  4: ["high-speed craft", "#ffd75e"],
  6: ["passenger ship", "#7fb6ff"],
  7: ["cargo ship", "#8fd694"],
  8: ["tanker", "#ff9d7a"],
  9: ["other ship", "#c3ced8"],
};
/** Ship types that have a meaning of their own. */
const AIS_SPECIAL: Readonly<Record<number, readonly [string, string]>> = {
  30: ["fishing vessel", "#f0a6d2"],
  31: ["towing vessel", "#5fd0c5"],
  32: ["towing vessel", "#5fd0c5"],
  33: ["dredger", "#5fd0c5"],
  34: ["diving operations", "#5fd0c5"],
  35: ["military vessel", "#c3ced8"],
  36: ["sailing vessel", "#d9a8ff"],
  37: ["pleasure craft", "#d9a8ff"],
  50: ["pilot vessel", "#5fd0c5"],
  51: ["search and rescue vessel", "#ffd75e"],
  52: ["tug", "#5fd0c5"],
  53: ["port tender", "#5fd0c5"],
  55: ["law enforcement vessel", "#ffd75e"],
  58: ["medical transport", "#ffd75e"],
};

const APRS: Readonly<Record<string, readonly [Shape, string]>> = {
  "#": ["relay", "digipeater"],
  "&": ["relay", "gateway"],
  r: ["relay", "repeater"],
  _: ["weather", "weather station"],
  "-": ["house", "home station"],
  ">": ["vehicle", "car"],
  j: ["vehicle", "jeep"],
  k: ["vehicle", "truck"],
  u: ["vehicle", "lorry"],
  v: ["vehicle", "van"],
  R: ["vehicle", "recreational vehicle"],
  U: ["vehicle", "bus"],
  a: ["vehicle", "ambulance"],
  f: ["vehicle", "fire engine"],
  "<": ["vehicle", "motorcycle"],
  b: ["person", "bicycle"],
  "[": ["person", "person"],
  Y: ["vessel", "yacht"],
  s: ["vessel", "ship"],
  "'": ["light", "small aircraft"],
  "^": ["jet", "large aircraft"],
  X: ["helicopter", "helicopter"],
  O: ["balloon", "balloon"],
  g: ["glider", "glider"],
};

const APRS_COLOUR = "#ffd166";

export function craftOf(track: Track): Craft {
  if (track.protocol === "ais") return vessel(track);
  if (track.protocol === "aprs") return aprs(track);
  const known = track.category === null ? undefined : ADSB[track.category];
  if (known !== undefined) return { shape: known[0], kind: known[1], colour: null };
  if (track.category?.startsWith("C")) return { shape: "vehicle", kind: "surface vehicle", colour: null };
  return { shape: "aircraft", kind: track.protocol === "adsb" ? "aircraft" : track.protocol, colour: null };
}

/** Distress devices, by the first three digits of their MMSI. */
const DEVICES: Readonly<Record<string, string>> = {
  "970": "search and rescue transmitter",
  "972": "man overboard device",
  "974": "emergency beacon (EPIRB)",
};

/** The kinds of MMSI: ITU-R M.585. */
function vessel(track: Track): Craft {
  const mmsi = track.subject.slice(track.subject.indexOf(":") + 1);
  const device = DEVICES[mmsi.slice(0, 3)];
  if (device !== undefined && track.emergency === "test") return { shape: "beacon", kind: `test: ${device}`, colour: "#c3ced8" };
  if (device !== undefined) return { shape: "beacon", kind: device, colour: "#ff5a4d" };
  if (mmsi.startsWith("111")) return { shape: "light", kind: "search and rescue aircraft", colour: "#ffd75e" };
  if (mmsi.startsWith("99")) {
    const kind = track.vessel?.kind === "virtual_aid" ? "virtual aid to navigation" : "aid to navigation";
    return { shape: "mark", kind, colour: "#ffd75e" };
  }
  if (mmsi.startsWith("00")) return { shape: "base", kind: "coast station", colour: "#c3ced8" };
  const type = track.category === null ? Number.NaN : Number.parseInt(track.category, 10);
  const [kind, colour] = AIS_SPECIAL[type] ?? AIS[Math.floor(type / 10)] ?? ["vessel", UNKNOWN_COLOUR];
  return { shape: "vessel", kind, colour };
}

function aprs(track: Track): Craft {
  const code = track.category?.slice(-1) ?? "";
  const [shape, kind] = APRS[code] ?? ["station", "APRS station"];
  return { shape, kind, colour: APRS_COLOUR };
}

export function colourOf(track: Track): string {
  return craftOf(track).colour ?? altitudeColour(altitudeFt(track), track.on_ground);
}

/** Shapes that point where the track goes; the others stand upright. */
const DIRECTED: ReadonlySet<Shape> = new Set<Shape>([
  "aircraft",
  "light",
  "jet",
  "heavy",
  "fast",
  "helicopter",
  "glider",
  "drone",
  "vehicle",
  "vessel",
]);

export function isDirected(shape: Shape): boolean {
  return DIRECTED.has(shape);
}

/** Where the symbol points, degrees; null when nobody said. A ship's bow follows its heading, an aircraft is drawn along its track. */
export function directionDeg(track: Track): number | null {
  return track.protocol === "ais" ? (track.heading_deg ?? track.track_deg) : (track.track_deg ?? track.heading_deg);
}
