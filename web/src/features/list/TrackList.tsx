/** The list of tracks: a filter box and a table that holds only the rows in view. */
import "./list.css";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { alarmText, altitudeFt, isEmergency, type Subject, type Track, title } from "../../contract/track.ts";
import { isStale } from "../../picture/freshness.ts";
import { colourOf, craftOf } from "../../shared/craft.ts";
import { age, UNKNOWN, withUnit } from "../../shared/format.ts";
import { neighbour, type Sort, type SortKey } from "./rows.ts";

interface Props {
  readonly tracks: readonly Track[];
  readonly total: number;
  readonly now: number;
  readonly selected: Subject | null;
  readonly filter: string;
  readonly sort: Sort;
  readonly filterBox: RefObject<HTMLInputElement | null>;
  readonly onFilter: (filter: string) => void;
  readonly onSort: (sort: Sort) => void;
  readonly onSelect: (subject: Subject | null) => void;
}

const ROW_PX = 40;
/** Rows kept above and below the visible ones, so that scrolling shows no gap. */
const SPARE_ROWS = 6;

const COLUMNS: readonly { key: SortKey; name: string; hint: string; descending: boolean }[] = [
  { key: "title", name: "Track", hint: "callsign, name or number", descending: false },
  { key: "altitude", name: "Alt ft", hint: "pressure altitude, feet", descending: true },
  { key: "speed", name: "kt", hint: "speed over ground, knots", descending: true },
  { key: "age", name: "Age", hint: "time since last heard", descending: false },
];

export function TrackList(props: Props) {
  const { tracks, total, selected, filter, filterBox, onFilter, onSelect } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLInputElement;
    const step = stepOf(event.key, tracks.length);
    if (step === null || (typing && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    onSelect(neighbour(tracks, selected, step));
  };
  return (
    <section className="list" aria-label="Tracks" onKeyDown={onKeyDown}>
      <div className="list-filter">
        <input
          ref={filterBox}
          type="search"
          value={filter}
          placeholder="Filter: callsign, hex, squawk, type…"
          aria-label="Filter tracks"
          aria-keyshortcuts="/"
          onChange={(event) => onFilter(event.target.value)}
        />
        <output className="list-count">{filter === "" ? total : `${tracks.length} of ${total}`}</output>
      </div>
      <TrackTable {...props} />
    </section>
  );
}

/** How many rows a key goes; null when it is none of the list's keys. */
function stepOf(key: string, rows: number): number | null {
  return { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows, End: rows }[key] ?? null;
}

function TrackTable({ tracks, now, selected, sort, onSort, onSelect }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const height = scroller.current?.clientHeight ?? 800;
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const last = Math.min(tracks.length, Math.ceil((top + height) / ROW_PX) + SPARE_ROWS);
  const at = tracks.findIndex(({ subject }) => subject === selected);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls the list, not every change of order
  useEffect(() => {
    const box = scroller.current;
    if (box === null || at < 0) return;
    const headPx = ROW_PX * 0.75;
    if (at * ROW_PX < box.scrollTop) box.scrollTop = at * ROW_PX;
    else if (box.scrollTop + box.clientHeight < (at + 1) * ROW_PX + headPx) box.scrollTop = (at + 1) * ROW_PX + headPx - box.clientHeight;
  }, [selected]);

  return (
    <div ref={scroller} className="list-scroller" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table whose rows can be selected
        role="grid"
        tabIndex={0}
        aria-rowcount={tracks.length + 1}
        aria-label="Tracks heard"
        aria-activedescendant={0 <= at ? rowId(selected) : undefined}
      >
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <SortHead key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {0 < first && <tr style={{ height: first * ROW_PX }} />}
          {tracks.slice(first, last).map((track, i) => (
            <TrackRow
              key={track.subject}
              track={track}
              index={first + i}
              now={now}
              selected={track.subject === selected}
              onSelect={onSelect}
            />
          ))}
          {last < tracks.length && <tr style={{ height: (tracks.length - last) * ROW_PX }} />}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  readonly column: (typeof COLUMNS)[number];
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function SortHead({ column, sort, onSort }: HeadProps) {
  const active = sort.key === column.key;
  const direction = sort.descending ? "descending" : "ascending";
  const next = active ? !sort.descending : column.descending;
  return (
    <th scope="col" aria-sort={active ? direction : "none"}>
      <button type="button" title={`Sort by ${column.hint}`} onClick={() => onSort({ key: column.key, descending: next })}>
        {column.name}
        <span aria-hidden="true">{active ? (sort.descending ? " ▾" : " ▴") : ""}</span>
      </button>
    </th>
  );
}

interface RowProps {
  readonly track: Track;
  readonly index: number;
  readonly now: number;
  readonly selected: boolean;
  readonly onSelect: (subject: Subject) => void;
}

function TrackRow({ track, index, now, selected, onSelect }: RowProps) {
  const urgent = isEmergency(track);
  const stale = isStale(track.protocol, now - track.last_seen);
  const classes = [urgent ? "urgent" : "", stale ? "stale" : "", selected ? "selected" : ""].join(" ");
  return (
    <tr
      id={rowId(track.subject)}
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={classes}
      data-subject={track.subject}
      onClick={() => onSelect(track.subject)}
    >
      <td>
        <div className="cell">
          <i className="dot" style={{ background: colourOf(track) }} aria-hidden="true" />
          <span className="name">
            <b>{title(track)}</b>
            <small>{urgent ? alarmText(track) : kindText(track)}</small>
          </span>
        </div>
      </td>
      <td>{altitudeCell(track)}</td>
      <td>{withUnit(track.speed_kt, "")}</td>
      <td>{age(now - track.last_seen)}</td>
    </tr>
  );
}

function rowId(subject: Subject | null): string {
  return `row-${subject}`;
}

/** `B738 · PH-BXN`, else what sort of craft it is. */
function kindText(track: Track): string {
  const known = [track.type_code ?? craftOf(track).kind, track.registration];
  return known.filter((part) => part !== null).join(" · ");
}

function altitudeCell(track: Track): string {
  if (track.on_ground === true) return "ground";
  const altitude = altitudeFt(track);
  if (altitude === null) return UNKNOWN;
  const rate = track.vertical_rate_fpm ?? 0;
  const arrow = Math.abs(rate) < 200 ? "" : 0 < rate ? " ↑" : " ↓";
  return withUnit(altitude, "") + arrow;
}
