/** A track for tests: one aircraft of the contract's example, with what a test wants different. Imported by tests only. */
import type { Subject, Track } from "../contract/track.ts";

export function sampleTrack(changes: Partial<Omit<Track, "subject">> & { subject?: string } = {}): Track {
  const { subject = "icao:4840d6", ...rest } = changes;
  return {
    subject: subject as Subject,
    protocol: "adsb",
    stations: ["alpha"],
    callsign: "KLM1023",
    name: null,
    category: "A3",
    country: "Netherlands",
    registration: null,
    type_code: null,
    lat: 52.2572,
    lon: 3.91937,
    position_at: 1_000_000,
    accuracy_m: 93,
    position_source: "self",
    baro_alt_ft: 38_000,
    geom_alt_ft: null,
    on_ground: false,
    speed_kt: 450,
    track_deg: 180,
    heading_deg: null,
    vertical_rate_fpm: -832,
    squawk: "1000",
    emergency: null,
    advisory: null,
    quarantined: 0,
    first_seen: 900_000,
    last_seen: 1_000_000,
    events: 123,
    rssi_dbfs: -12.3,
    vessel: null,
    ...rest,
  };
}
