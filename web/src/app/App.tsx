/** Puts the features together: what is selected, filtered and hidden lives here, because more than one of them shows it. */
import "./app.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isEmergency, type Subject, type Track } from "../contract/track.ts";
import { TrackDetail } from "../features/detail/TrackDetail.tsx";
import { EmptyState } from "../features/empty/EmptyState.tsx";
import { Header } from "../features/header/Header.tsx";
import { matches, type Sort, sorted, wordsOf } from "../features/list/rows.ts";
import { TrackList } from "../features/list/TrackList.tsx";
import type { TrailMode } from "../features/map/canvas/renderer.ts";
import type { MapEngine } from "../features/map/engine.ts";
import { MapView } from "../features/map/MapView.tsx";
import { linkState } from "../link/state.ts";
import { utcTime } from "../shared/format.ts";
import type { Session } from "./session.ts";
import { installTestHook } from "./test-hook.ts";
import { useTick } from "./use-tick.ts";

/** How often the panels look at the picture. */
const PANEL_MS = 500;
const NONE: ReadonlySet<string> = new Set();

export function App({ session }: { readonly session: Session }) {
  const { picture, link, serverNow } = session;
  const browserNow = useTick(PANEL_MS);
  const [selected, setSelected] = useState<Subject | null>(null);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<Sort>({ key: "title", descending: false });
  const [hidden, setHidden] = useState<ReadonlySet<string>>(NONE);
  const [trails, setTrails] = useState<TrailMode>("all");
  const engine = useRef<MapEngine | null>(null);
  const filterBox = useRef<HTMLInputElement>(null);

  const tracks = [...picture.entries()].map((entry) => entry.track);
  const words = wordsOf(filter);
  const shown = sorted(
    tracks.filter((track) => isEmergency(track) || (!hidden.has(track.protocol) && matches(track, words))),
    sort,
  );
  const detail = selected === null ? null : (picture.get(selected)?.track ?? null);
  const now = serverNow();
  const state = linkState(link.facts, browserNow);

  const silentMs = browserNow - (link.facts.heardAt ?? browserNow);
  const lost = state === "offline" || state === "reconnecting";

  const matching = filter === "" ? null : new Set(shown.map((track) => track.subject));
  const matchKey = matching === null ? "" : [...matching].join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the set is new in every render, its content is what counts
  const choices = useMemo(() => ({ selected, hidden, matching, trails }), [selected, hidden, matchKey, trails]);

  const onEngine = useCallback(
    (made: MapEngine | null) => {
      engine.current = made;
      installTestHook(session, made);
    },
    [session],
  );
  const pick = useCallback((subject: Subject | null) => {
    setSelected(subject);
    if (subject !== null) engine.current?.show(subject);
  }, []);
  useShortcuts(filterBox, () => (filter === "" || selected !== null ? setSelected(null) : setFilter("")));

  return (
    <div className="app">
      <Header
        info={link.console}
        link={state}
        silentMs={link.facts.heardAt === null ? null : silentMs}
        serverNow={now}
        counts={countByProtocol(tracks)}
        hidden={hidden}
        emergencies={tracks.filter(isEmergency)}
        onToggle={(protocol) => setHidden(toggled(hidden, protocol))}
        onSelect={pick}
      />
      <div className="app-side">
        <TrackList
          tracks={shown}
          total={tracks.length}
          now={now}
          selected={selected}
          filter={filter}
          sort={sort}
          filterBox={filterBox}
          onFilter={setFilter}
          onSort={setSort}
          onSelect={pick}
        />
      </div>
      <main className="app-map" data-lost={lost}>
        <MapView
          picture={picture}
          serverNow={serverNow}
          info={link.console}
          choices={choices}
          onTrails={setTrails}
          onSelect={pick}
          onEngine={onEngine}
        />
        {lost && 0 < tracks.length && (
          <p className="app-frozen" role="alert">
            Not live: this is the picture of {utcTime(now - silentMs)}
          </p>
        )}
        {tracks.length === 0 && <EmptyState info={link.console} link={state} now={now} />}
        {detail !== null && (
          <div className="app-detail">
            <TrackDetail
              track={detail}
              now={now}
              stations={link.console?.stations ?? []}
              onShow={() => engine.current?.show(detail.subject)}
              onClose={() => setSelected(null)}
            />
          </div>
        )}
      </main>
    </div>
  );
}

/** `/` goes to the filter, Esc steps back. */
function useShortcuts(filterBox: React.RefObject<HTMLInputElement | null>, onEscape: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        filterBox.current?.blur();
        onEscape();
      } else if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        filterBox.current?.focus();
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });
}

function countByProtocol(tracks: readonly Track[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { protocol } of tracks) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
