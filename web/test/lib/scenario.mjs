/**
 * Scripted tracks for developing and testing the console, in the shape of docs/live-picture.md. Everything is a function of the time since the
 * scenario began, so that a test knows where a track must be. Never part of the product: the console itself invents nothing.
 */

const M_PER_DEGREE = 111_320;
const M_PER_S_PER_KNOT = 1852 / 3600;

/** Where something is that left `lat`, `lon` on `deg` at `kt` `seconds` ago. */
function moved(lat, lon, deg, kt, seconds) {
  const metres = kt * M_PER_S_PER_KNOT * seconds;
  const angle = (deg * Math.PI) / 180;
  return {
    lat: lat + (metres * Math.cos(angle)) / M_PER_DEGREE,
    lon: lon + (metres * Math.sin(angle)) / (M_PER_DEGREE * Math.cos((lat * Math.PI) / 180)),
  };
}

const AIRCRAFT = [
  { hex: "4840d6", callsign: "KLM1023", category: "A3", lat: 52.25, lon: 3.92, deg: 182.9, kt: 450, ft: 38000, fpm: -832 },
  {
    hex: "484175",
    callsign: "KLM67Z",
    category: "A3",
    registration: "PH-BXO",
    type: "B739",
    lat: 52.45,
    lon: 4.5,
    deg: 271,
    kt: 152,
    ft: 1400,
    fpm: 1900,
    advisory: "climb",
  },
  { hex: "3c6444", callsign: "DLH9LF", category: "A5", lat: 51.7, lon: 6.1, deg: 305, kt: 482, ft: 41000, fpm: 0 },
  {
    hex: "406a3d",
    callsign: "EZY84PN",
    category: "A3",
    lat: 52.85,
    lon: 3.3,
    deg: 118,
    kt: 398,
    ft: 24500,
    fpm: -1600,
    emergency: "general",
    squawk: "7700",
  },
  { hex: "48520a", callsign: "PHABC", category: "A1", lat: 52.12, lon: 5.05, deg: 60, kt: 98, ft: 1200, fpm: 0 },
  { hex: "484b2e", callsign: "LIFELN1", category: "A7", lat: 52.34, lon: 4.92, deg: 200, kt: 132, ft: 900, fpm: 300 },
  { hex: "4d2228", callsign: "RYR51QH", category: "A3", lat: 53.1, lon: 4.7, deg: 190, kt: 420, ft: 33000, fpm: 0 },
  { hex: "44ce6f", callsign: "BEL3TK", category: "A2", lat: 51.4, lon: 4.4, deg: 25, kt: 300, ft: 12000, fpm: 2400 },
  { hex: "471f52", callsign: "WZZ1KX", category: "A3", lat: 52.05, lon: 6.4, deg: 262, kt: 445, ft: 36000, fpm: 0 },
  { hex: "484f01", callsign: "PH1234", category: "B1", lat: 52.06, lon: 5.9, deg: 140, kt: 55, ft: 4300, fpm: 350 },
  { hex: "484c53", callsign: "ASTERIX", category: "C2", lat: 52.311, lon: 4.765, deg: 90, kt: 18, ft: null, fpm: null, ground: true },
  { hex: "4952c1", callsign: null, category: null, lat: 52.7, lon: 5.6, deg: 330, kt: 380, ft: 27000, fpm: 0 },
  { hex: "a8b1c2", callsign: "RCH871", category: "A6", lat: 51.9, lon: 3.2, deg: 80, kt: 510, ft: 29000, fpm: 0 },
];

/** What a ship tells of itself and whom it will pass. */
const MAAS = {
  kind: "ship",
  class: "A",
  nav_status: 0,
  imo: 9134270,
  destination: "ROTTERDAM",
  eta: "11-24T18:00Z",
  dimensions_m: [100, 20, 8, 12],
  draught_m: 7.5,
  off_position: null,
  jump: { at: "2026-11-23T11:59:00Z", distance_m: 61200, speed_kt: 2160 },
  encounters: [{ subject: "mmsi:245123000", cpa_m: 310, tcpa_s: 720, distance_m: 9400 }],
};

const VESSELS = [
  { mmsi: "244660123", name: "NIEUWE MAAS", category: "70", lat: 51.98, lon: 3.85, deg: 95, heading: 97, kt: 12.4, vessel: MAAS },
  { mmsi: "245123000", name: "STENA BRITANNICA", category: "60", lat: 52.15, lon: 3.5, deg: 280, heading: 281, kt: 19.1 },
  { mmsi: "636015432", name: "ORIENT TRADER", category: "80", lat: 52.3, lon: 3.7, deg: null, heading: null, kt: 0.1 },
  { mmsi: "244010999", name: "KW 88", category: "30", lat: 52.6, lon: 4.2, deg: 20, heading: null, kt: 4.2 },
  { mmsi: "992441234", name: "MAAS CENTER", category: null, lat: 52.018, lon: 3.895, deg: null, heading: null, kt: null },
];

const STATIONS = [
  { call: "PI1RMD", category: "/#", lat: 52.0, lon: 4.35 },
  { call: "PD0ABC-9", category: "/>", lat: 52.22, lon: 4.6, deg: 45, kt: 54 },
  { call: "PA3WX", category: "/_", lat: 52.5, lon: 4.95 },
];

/** A track in which nothing is known. */
const BLANK = {
  stations: ["alpha"],
  callsign: null,
  name: null,
  category: null,
  country: null,
  registration: null,
  type_code: null,
  lat: null,
  lon: null,
  position_at: null,
  accuracy_m: null,
  position_source: null,
  baro_alt_ft: null,
  geom_alt_ft: null,
  on_ground: null,
  speed_kt: null,
  track_deg: null,
  heading_deg: null,
  vertical_rate_fpm: null,
  squawk: null,
  emergency: null,
  advisory: null,
  quarantined: 0,
  rssi_dbfs: null,
};

function aircraft(spec, begin, now) {
  const { lat, lon } = moved(spec.lat, spec.lon, spec.deg, spec.kt, (now - begin) / 1000);
  return {
    ...BLANK,
    subject: `icao:${spec.hex}`,
    protocol: "adsb",
    stations: spec.hex < "4840e0" ? ["alpha", "bravo"] : ["alpha"],
    callsign: spec.callsign,
    category: spec.category,
    lat,
    lon,
    position_at: iso(now),
    accuracy_m: 93,
    position_source: "self",
    baro_alt_ft: spec.ft === null ? null : Math.round((spec.ft + ((spec.fpm ?? 0) * (now - begin)) / 60_000) / 25) * 25,
    on_ground: spec.ground ?? false,
    speed_kt: spec.kt,
    track_deg: spec.deg,
    vertical_rate_fpm: spec.fpm,
    squawk: spec.squawk ?? "1000",
    emergency: spec.emergency ?? null,
    country: spec.hex.startsWith("48") ? "Netherlands" : null,
    registration: spec.registration ?? null,
    type_code: spec.type ?? null,
    advisory: spec.advisory ? { text: spec.advisory, threat: "icao:4840d6", ended: false, at: iso(now - 3_000) } : null,
    quarantined: spec.advisory ? 7 : 0,
    first_seen: iso(begin - 600_000),
    last_seen: iso(now),
    events: 120 + Math.floor((now - begin) / 500),
    rssi_dbfs: -12.3,
  };
}

function vessel(spec, begin, now) {
  const at = spec.deg === null ? spec : moved(spec.lat, spec.lon, spec.deg, spec.kt, (now - begin) / 1000);
  return {
    ...BLANK,
    subject: `mmsi:${spec.mmsi}`,
    protocol: "ais",
    name: spec.name,
    category: spec.category,
    lat: at.lat,
    lon: at.lon,
    position_at: iso(now),
    accuracy_m: 10,
    position_source: "self",
    speed_kt: spec.kt,
    track_deg: spec.deg,
    heading_deg: spec.heading,
    first_seen: iso(begin - 3_600_000),
    last_seen: iso(now),
    events: 40,
    ...(spec.vessel === undefined ? {} : { vessel: spec.vessel }),
  };
}

function aprs(spec, begin, now) {
  const at = spec.deg === undefined ? spec : moved(spec.lat, spec.lon, spec.deg, spec.kt, (now - begin) / 1000);
  return {
    ...BLANK,
    subject: `call:${spec.call}`,
    protocol: "aprs",
    callsign: spec.call,
    category: spec.category,
    lat: at.lat,
    lon: at.lon,
    position_at: iso(now),
    accuracy_m: 18,
    position_source: "self",
    speed_kt: spec.kt ?? null,
    track_deg: spec.deg ?? null,
    first_seen: iso(begin - 1_800_000),
    last_seen: iso(now),
    events: 7,
  };
}

/** Heard once, 40 s before the scenario began, and never again. */
function stale(begin) {
  const old = begin - 40_000;
  const spec = { hex: "4ca9d1", callsign: "EIN60X", category: "A3", lat: 52.95, lon: 5.4, deg: 250, kt: 410, ft: 31000, fpm: 0 };
  return { ...aircraft(spec, old, old), events: 3 };
}

/** Identified, but no position decoded yet. */
function unplaced(now) {
  return {
    ...BLANK,
    subject: "icao:484d99",
    protocol: "adsb",
    callsign: "TRA4WL",
    first_seen: iso(now - 9_000),
    last_seen: iso(now),
    events: 2,
  };
}

function crowd({ count = 10_000, every = 1, from = 0 }, begin, now) {
  const tracks = [];
  for (let i = from; i < count; i += every) {
    const spec = {
      hex: (0x100000 + i).toString(16),
      callsign: `TST${i}`,
      category: ["A1", "A2", "A3", "A5", "A7", null][i % 6],
      lat: 40 + ((i * 7919) % 2000) / 100,
      lon: -8 + ((i * 104_729) % 3200) / 100,
      deg: (i * 37) % 360,
      kt: 120 + ((i * 13) % 380),
      ft: 1000 + ((i * 977) % 41_000),
      fpm: 0,
    };
    tracks.push(aircraft(spec, begin, now));
  }
  return tracks;
}

/** Ages and sources of what a track says, and for the aircraft with an advisory also what is selected, measured and not believed. */
export function detailOf(track, now) {
  const source = (frame, probability_percent = null) => ({ station: "alpha", receiver: 0, frame, probability_percent, corrected_bits: 0 });
  const fact = (field, value, unit, age, from) => ({ field, value: String(value), unit, at: iso(now - age), source: from });
  const said = [
    ["position", "as on the map", null, 400, "DF17 TC11"],
    ["baro_alt_ft", track.baro_alt_ft, "ft", 900, "DF20"],
    ["speed_kt", track.speed_kt, "kt", 600, "DF17 TC19"],
    ["track_deg", track.track_deg, "°", 600, "DF17 TC19"],
    ["vertical_rate_fpm", track.vertical_rate_fpm, "ft/min", 600, "DF17 TC19"],
    ["callsign", track.callsign, null, 4_200, "DF17 TC4"],
    ["squawk", track.squawk, null, 7_100, "DF5"],
    ["on_ground", track.on_ground, null, 400, "DF17 TC11"],
  ];
  const facts = said
    .filter(([, value]) => value !== null)
    .map(([field, value, unit, age, from]) => fact(field, value, unit, age, source(from)));
  if (track.advisory) {
    facts.push(
      fact("panel_alt_ft", 6000, "ft", 2_400, source("DF20 BDS 4,0", 99)),
      fact("altimeter_hpa", "1012.8", "hPa", 2_400, source("DF17 TC29")),
    );
    facts.push(
      fact("ias_kt", "161.0", "kt", 3_100, source("DF20 BDS 6,0", 98)),
      fact("containment_m", 186, "m", 1_900, source("DF17 TC31")),
    );
  }
  const jump = {
    reason: "position_jump",
    field: "position",
    value: "54.0000000,4.5000000",
    count: 6,
    at: iso(now - 8_000),
    source: source("DF17 TC11"),
  };
  const other = {
    reason: "register_disagrees",
    field: "speed_kt",
    value: "240.0",
    count: 1,
    at: iso(now - 21_000),
    source: source("DF20 BDS 5,0", 96),
  };
  return {
    generated_at: iso(now),
    subject: track.subject,
    identity: {
      country: track.country,
      country_code: track.country === null ? null : "NL",
      registration: track.registration,
      registration_from: track.registration === null ? null : "database",
      type_code: track.type_code,
    },
    facts,
    readings: track.category === "/_" ? readings(now, source(null)) : [],
    quarantined: track.advisory ? [jump, other] : [],
    advisory: track.advisory,
  };
}

/** What a weather station with telemetry has measured last. */
function readings(now, from) {
  const told = ([kind, field, name, unit, value, calibrated = true]) => ({
    kind,
    field,
    name,
    unit,
    value,
    calibrated,
    at: iso(now - 95_000),
    source: from,
  });
  return MEASURED.map(told);
}

const MEASURED = [
  ["weather", "wind_from_deg", null, "°", 352],
  ["weather", "wind_speed_kt", null, "kt", 11.3],
  ["weather", "temperature_c", null, "°C", 7.4],
  ["weather", "pressure_hpa", null, "hPa", 1013.2],
  ["telemetry", "A1", "Battery", "V", 13.4],
  ["telemetry", "A2", null, null, 118, false],
  ["telemetry", "B1", "Door", "open", 1],
];

/** The last day of it in quarters of an hour, with two hours in which nothing was heard. */
export function seriesOf(subject, kind, now) {
  const bucket_s = 900;
  const until = Math.floor(now / 900_000) * 900_000;
  const curve = (value, field, n) =>
    field === "wind_from_deg" ? (value + n / 2) % 360 : field === "B1" ? n % 2 : value + 3 * Math.sin(n / 15);
  const points = (value, field) =>
    Array.from({ length: 96 }, (_, n) => n)
      .filter((n) => n < 40 || 48 <= n)
      .map((n) => ({ at: iso(until - (96 - n) * 900_000), count: 3, mean: curve(value, field, n), min: null, max: null }));
  const own = MEASURED.filter(([of]) => of === kind);
  const series = own.map(([, field, name, unit, value, calibrated = true]) => ({
    field,
    name,
    unit,
    calibrated,
    points: points(value, field),
  }));
  return { subject, kind, since: iso(until - 86_400_000), until: iso(until), bucket_s, series };
}

/** The aircraft that tests look for. */
export const AIRCRAFT_SEEN = { subject: "icao:4840d6", kt: 450 };

/** The names of the scenarios. */
export const SCENARIOS = ["sky", "empty", "crowd"];

/**
 * All tracks of a scenario at a moment.
 * @param {string} name @param {number} begin @param {number} now
 * @param {{ count?: number, every?: number, from?: number }} [crowdPart] how many there are in the crowd, and which of them
 */
export function tracksAt(name, begin, now, crowdPart = {}) {
  if (name === "empty") return [];
  if (name === "crowd") return crowd(crowdPart, begin, now);
  return [
    ...AIRCRAFT.map((spec) => aircraft(spec, begin, now)),
    stale(begin),
    unplaced(now),
    ...VESSELS.map((spec) => vessel(spec, begin, now)),
    ...STATIONS.map((spec) => aprs(spec, begin, now)),
  ];
}

/** The last four minutes of a track that moves evenly, as the server would have kept them. */
export function trailOf(track, now) {
  // Ten thousand trails would test the fixture, not the console.
  if (track.callsign?.startsWith("TST")) return [];
  if (track.lat === null || track.speed_kt === null || track.track_deg === null) return [];
  const climb = track.vertical_rate_fpm ?? 0;
  const points = [];
  for (let ago = 240; 0 <= ago; ago -= 6) {
    const { lat, lon } = moved(track.lat, track.lon, track.track_deg + ago / 12, track.speed_kt, -ago);
    const altitude = track.baro_alt_ft === null ? null : Math.max(0, track.baro_alt_ft - Math.round((climb * ago) / 60));
    points.push([lon, lat, Date.parse(track.position_at) - ago * 1000, altitude]);
  }
  return points.filter((point) => point[2] <= now);
}

export function consoleAt(name, now) {
  const station = (slug, label, lat, lon) => ({ slug, name: label, lat, lon, online: true, last_seen: iso(now) });
  return {
    role: "central",
    name: "fixture",
    version: "0.1.0",
    center: name === "crowd" ? { lat: 50, lon: 8, zoom: 4.5 } : { lat: 52.3, lon: 4.7, zoom: 7.2 },
    stations: [station("alpha", "Alpha", 52.3, 4.8), station("bravo", "Bravo", 51.95, 4.1)],
  };
}

function iso(ms) {
  return new Date(ms).toISOString();
}
