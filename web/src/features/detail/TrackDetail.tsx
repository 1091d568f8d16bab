/** Everything that is known of the selected track, with units, ages and who heard it. */
import "./detail.css";
import type { Station } from "../../contract/messages.ts";
import { isEmergency, type Track, title } from "../../contract/track.ts";
import { isStale } from "../../picture/freshness.ts";
import { colourOf, craftOf } from "../../shared/craft.ts";
import { age, bearing, position, protocolName, signed, UNKNOWN, utcTime, withUnit } from "../../shared/format.ts";

interface Props {
  readonly track: Track;
  readonly now: number;
  readonly stations: readonly Station[];
  readonly onShow: () => void;
  readonly onClose: () => void;
}

const SOURCES: Readonly<Record<string, string>> = {
  self: "sent by itself",
  rebroadcast: "rebroadcast by a ground station",
  ground: "measured by a ground station",
};

export function TrackDetail({ track, now, stations, onShow, onClose }: Props) {
  return (
    <aside className="detail" aria-label={`Details of ${title(track)}`} data-subject={track.subject}>
      <header>
        <i className="dot" style={{ background: colourOf(track) }} aria-hidden="true" />
        <div>
          <h2>{title(track)}</h2>
          <p>
            {craftOf(track).kind} · {protocolName(track.protocol)} · {track.subject}
          </p>
        </div>
        <button type="button" onClick={onShow} title="Bring into view">
          <Icon path="M8 1v3M8 12v3M1 8h3M12 8h3M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 1 0 0-7" />
          <span className="hidden">Bring into view</span>
        </button>
        <button type="button" onClick={onClose} title="Close (Esc)">
          <Icon path="M3.5 3.5l9 9M12.5 3.5l-9 9" />
          <span className="hidden">Close details</span>
        </button>
      </header>
      {isEmergency(track) && (
        <p className="detail-alarm" role="alert">
          {[track.squawk, track.emergency].filter((part) => part !== null).join(" · ")}
        </p>
      )}
      <Facts name="Position" rows={positionRows(track, now)} />
      <Facts name="Movement" rows={movementRows(track)} />
      <Facts name="Identity" rows={identityRows(track)} />
      <Facts name="Provenance" rows={provenanceRows(track, now, stations)} />
    </aside>
  );
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
    </svg>
  );
}

type Row = readonly [name: string, value: string, note?: string];

function Facts({ name, rows }: { readonly name: string; readonly rows: readonly Row[] }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl>
        {rows.map(([term, value, note]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd className={value === UNKNOWN ? "unknown" : ""}>
              {value}
              {note !== undefined && <small> {note}</small>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function positionRows(track: Track, now: number): Row[] {
  const seen = track.position_at === null ? null : now - track.position_at;
  const old = seen !== null && isStale(track.protocol, seen);
  return [
    ["Position", position(track.lat, track.lon)],
    old ? ["Position age", age(seen), "old: shown where last reported"] : ["Position age", age(seen)],
    ["Accuracy", track.accuracy_m === null ? UNKNOWN : `± ${withUnit(track.accuracy_m, "m")}`],
    ["Position from", track.position_source === null ? UNKNOWN : (SOURCES[track.position_source] ?? track.position_source)],
  ];
}

function movementRows(track: Track): Row[] {
  const onGround = track.on_ground === null ? UNKNOWN : track.on_ground ? "yes" : "no";
  const rows: Row[] = [
    ["Speed", withUnit(track.speed_kt, "kt", 1)],
    ["Track", bearing(track.track_deg)],
    ["Heading", bearing(track.heading_deg)],
  ];
  if (track.protocol === "ais") return rows;
  return [
    ["Pressure altitude", withUnit(track.baro_alt_ft, "ft")],
    ["Geometric altitude", withUnit(track.geom_alt_ft, "ft")],
    ["Vertical rate", signed(track.vertical_rate_fpm, "ft/min")],
    ...rows,
    ["On ground", onGround],
  ];
}

function identityRows(track: Track): Row[] {
  const rows: Row[] = [
    ["Callsign", track.callsign ?? UNKNOWN],
    ["Name", track.name ?? UNKNOWN],
    track.category === null ? ["Category", UNKNOWN] : ["Category", track.category, craftOf(track).kind],
  ];
  if (track.protocol === "adsb") rows.push(["Squawk", track.squawk ?? UNKNOWN]);
  return [...rows, ["Emergency", track.emergency ?? "none reported"]];
}

function provenanceRows(track: Track, now: number, stations: readonly Station[]): Row[] {
  const heardBy = track.stations.map((slug) => stations.find((station) => station.slug === slug)?.name ?? slug);
  return [
    ["Heard by", heardBy.length === 0 ? UNKNOWN : heardBy.join(", ")],
    ["Last heard", `${age(now - track.last_seen)} ago`, utcTime(track.last_seen)],
    ["First heard", `${age(now - track.first_seen)} ago`, utcTime(track.first_seen)],
    ["Reports", withUnit(track.events, "")],
    ["Signal", withUnit(track.rssi_dbfs, "dBFS", 1)],
  ];
}
