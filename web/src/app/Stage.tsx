/** The map with what lies over it: the details of the selected track, the reason for an empty sky, and the warning that it is not live. */
import { type ReactNode, type RefObject, useCallback } from "react";
import { type Subject, title } from "../contract/track.ts";
import { TrackDetail } from "../features/detail/TrackDetail.tsx";
import { EmptyState } from "../features/empty/EmptyState.tsx";
import type { MapEngine } from "../features/map/engine.ts";
import { MapView } from "../features/map/MapView.tsx";
import type { LinkState } from "../link/state.ts";
import { utcTime } from "../shared/format.ts";
import type { Session } from "./session.ts";
import { installTestHook } from "./test-hook.ts";
import { useDetail } from "./use-detail.ts";
import { useSeries } from "./use-series.ts";
import type { View } from "./use-view.ts";

interface Props {
  readonly session: Session;
  readonly view: View;
  readonly link: LinkState;
  readonly now: number;
  readonly silentMs: number;
  readonly engine: RefObject<MapEngine | null>;
  readonly onSelect: (subject: Subject | null) => void;
  /** What else lies over the map. */
  readonly children?: ReactNode;
}

export function Stage({ session, view, link, now, silentMs, engine, onSelect, children }: Props) {
  const info = session.link.console;
  const { detail, tracks } = view;
  const more = useDetail(session.getJson, detail?.subject ?? null);
  // A station keeps no history.
  const kinds = info?.role === "central" ? [...new Set(more?.readings.map(({ kind }) => kind))].sort().join(" ") : "";
  const series = useSeries(session.getJson, detail?.subject ?? null, kinds);
  const lost = link === "offline" || link === "reconnecting";
  const onEngine = useCallback(
    (made: MapEngine | null) => {
      engine.current = made;
      installTestHook(session, made);
    },
    [session, engine],
  );
  return (
    <main className="app-map" data-lost={lost}>
      <MapView
        picture={session.picture}
        serverNow={session.serverNow}
        info={info}
        choices={view.choices}
        onTrails={(trails) => view.set({ trails })}
        onSelect={onSelect}
        onEngine={onEngine}
      />
      {lost && 0 < tracks.length && (
        <p className="app-frozen" role="alert">
          Not live: this is the picture of {utcTime(now - silentMs)}
        </p>
      )}
      {tracks.length === 0 && <EmptyState info={info} link={link} now={now} />}
      {detail !== null && (
        <div className="app-detail">
          <TrackDetail
            track={detail}
            more={more}
            series={series}
            now={now}
            stations={info?.stations ?? []}
            titleOf={(subject) => {
              const other = tracks.find((track) => track.subject === subject);
              return other === undefined ? subject : title(other);
            }}
            onShow={() => engine.current?.show(detail.subject)}
            onClose={() => onSelect(null)}
          />
        </div>
      )}
      {children}
    </main>
  );
}
