/** Everything that is known of the selected track, with units, ages and who heard it. */
import "./detail.css";
import type { CollisionAdvisory, TrackDetail as More } from "../../contract/detail.ts";
import type { Station } from "../../contract/messages.ts";
import type { SeriesAnswer } from "../../contract/series.ts";
import { alarmText, isEmergency, type Subject, type Track, title } from "../../contract/track.ts";
import { isStale } from "../../picture/freshness.ts";
import { colourOf, craftOf } from "../../shared/craft.ts";
import { age, bearing, position, protocolName, signed, UNKNOWN, utcTime, withUnit } from "../../shared/format.ts";
import { disbelieved, groupsOf, noteOf, registrationNote } from "./facts.ts";
import { Readings } from "./Readings.tsx";
import type { Row } from "./rows.ts";
import { encounterRows, jumpText, vesselRows } from "./vessel-rows.ts";

interface Props {
  readonly track: Track;
  /** Ages and sources of each value, what only aircraft tell, and what is not believed; null until it is known. */
  readonly more: More | null;
  /** What it measured over the last day. */
  readonly series: readonly SeriesAnswer[];
  readonly now: number;
  readonly stations: readonly Station[];
  /** What another track is called. */
  readonly titleOf: (subject: Subject) => string;
  readonly onShow: () => void;
  readonly onClose: () => void;
}

const SOURCES: Readonly<Record<string, string>> = {
  self: "sent by itself",
  rebroadcast: "rebroadcast by a ground station",
  ground: "measured by a ground station",
};

export function TrackDetail({ track, more, series, now, stations, titleOf, onShow, onClose }: Props) {
  const nameOf = (slug: string) => stations.find((station) => station.slug === slug)?.name ?? slug;
  const notes = new Map(more?.facts.map((fact) => [fact.field, noteOf(fact, now, nameOf)]));
  const jump = jumpText(track);
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
          {alarmText(track)}
        </p>
      )}
      {track.advisory !== null && <Advisory advisory={track.advisory} now={now} />}
      {jump !== null && (
        <p className="detail-warning" role="status">
          {jump}
        </p>
      )}
      {more !== null && 0 < more.quarantined.length && <Quarantine more={more} now={now} nameOf={nameOf} />}
      <Facts name="Will pass" rows={encounterRows(track, (encounter) => titleOf(encounter.subject))} />
      {more !== null && <Readings readings={more.readings} series={series} now={now} stationName={nameOf} />}
      <Facts name="Position" rows={positionRows(track, now, notes)} />
      <Facts name="Movement" rows={movementRows(track, notes)} />
      <Facts name="Identity" rows={identityRows(track, more, notes)} />
      <Facts name="Vessel" rows={vesselRows(track)} />
      {more !== null &&
        groupsOf(more, now, nameOf).map((group) => (
          <Facts key={group.name} name={group.name} rows={group.facts.map((fact) => [fact.name, fact.value, fact.note])} />
        ))}
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

function Advisory({ advisory, now }: { readonly advisory: CollisionAdvisory; readonly now: number }) {
  const threat = advisory.threat === null ? "" : ` · threat ${advisory.threat}`;
  return (
    <p className="detail-advisory">
      Collision advisory: <b>{advisory.text}</b>
      {threat} · {age(now - advisory.at)} ago
    </p>
  );
}

interface QuarantineProps {
  readonly more: More;
  readonly now: number;
  readonly nameOf: (slug: string) => string;
}

/** Heard, not believed, and not on the map: for people to judge. */
function Quarantine({ more, now, nameOf }: QuarantineProps) {
  return (
    <section className="detail-quarantine">
      <h3>Heard, not believed</h3>
      <dl>
        {more.quarantined.map((fact) => {
          const { reason, name, value, note } = disbelieved(fact, now, nameOf);
          return (
            <div key={fact.reason}>
              <dt>
                {name} <small>{reason}</small>
              </dt>
              <dd>
                <s>{value}</s>
                <small> {note}</small>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

type Notes = ReadonlyMap<string, string>;

function Facts({ name, rows }: { readonly name: string; readonly rows: readonly Row[] }) {
  if (rows.length === 0) return null;
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

function positionRows(track: Track, now: number, notes: Notes): Row[] {
  const seen = track.position_at === null ? null : now - track.position_at;
  const old = seen !== null && isStale(track.protocol, seen);
  return [
    ["Position", position(track.lat, track.lon), notes.get("position")],
    old ? ["Position age", age(seen), "old: shown where last reported"] : ["Position age", age(seen)],
    ["Accuracy", track.accuracy_m === null ? UNKNOWN : `± ${withUnit(track.accuracy_m, "m")}`],
    ["Position from", track.position_source === null ? UNKNOWN : (SOURCES[track.position_source] ?? track.position_source)],
  ];
}

function movementRows(track: Track, notes: Notes): Row[] {
  const onGround = track.on_ground === null ? UNKNOWN : track.on_ground ? "yes" : "no";
  const rows: Row[] = [
    ["Speed", withUnit(track.speed_kt, "kt", 1), notes.get("speed_kt")],
    ["Track", bearing(track.track_deg), notes.get("track_deg")],
    ["Heading", bearing(track.heading_deg), notes.get("heading_deg")],
  ];
  if (track.protocol === "ais") return rows;
  return [
    ["Pressure altitude", withUnit(track.baro_alt_ft, "ft"), notes.get("baro_alt_ft")],
    ["Geometric altitude", withUnit(track.geom_alt_ft, "ft"), notes.get("geom_alt_ft")],
    ["Vertical rate", signed(track.vertical_rate_fpm, "ft/min"), notes.get("vertical_rate_fpm")],
    ...rows,
    ["On ground", onGround, notes.get("on_ground")],
  ];
}

function identityRows(track: Track, more: More | null, notes: Notes): Row[] {
  const rows: Row[] = [
    ["Callsign", track.callsign ?? UNKNOWN, notes.get("callsign")],
    track.category === null ? ["Category", UNKNOWN] : ["Category", track.category, craftOf(track).kind],
  ];
  if (track.protocol === "ais" || track.protocol === "aprs") rows.splice(1, 0, ["Name", track.name ?? UNKNOWN, notes.get("name")]);
  else rows.push(...aircraftRows(track, more, notes));
  return [...rows, ["Emergency", track.emergency ?? "none reported", notes.get("emergency")]];
}

function aircraftRows(track: Track, more: More | null, notes: Notes): Row[] {
  return [
    ["Registration", track.registration ?? UNKNOWN, registrationNote(more?.identity?.registration_from ?? null)],
    ["Type", track.type_code ?? UNKNOWN],
    ["Country", track.country ?? UNKNOWN],
    ["Squawk", track.squawk ?? UNKNOWN, notes.get("squawk")],
  ];
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
