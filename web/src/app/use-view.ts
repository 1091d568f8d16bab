/** What the watch chose to see, and what of the picture that leaves: the state that several features show. */
import { useMemo, useState } from "react";
import { isEmergency, type Subject, type Track } from "../contract/track.ts";
import { matches, type Sort, sorted, wordsOf } from "../features/list/rows.ts";
import type { TrailMode } from "../features/map/canvas/renderer.ts";
import type { Choices } from "../features/map/engine.ts";
import type { Picture } from "../picture/picture.ts";

export interface ViewState {
  readonly selected: Subject | null;
  readonly filter: string;
  readonly sort: Sort;
  /** Protocols that are switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly trails: TrailMode;
}

const START: ViewState = { selected: null, filter: "", sort: { key: "title", descending: false }, hidden: new Set(), trails: "all" };

export interface View extends ViewState {
  readonly set: (change: Partial<ViewState>) => void;
  readonly tracks: readonly Track[];
  /** What the filter and the switches leave, in order. Emergencies always stay. */
  readonly shown: readonly Track[];
  readonly detail: Track | null;
  readonly choices: Choices;
}

export function useView(picture: Picture): View {
  const [state, setState] = useState(START);
  const [set] = useState(() => (change: Partial<ViewState>) => setState((before) => ({ ...before, ...change })));
  const { selected, filter, sort, hidden, trails } = state;

  const tracks = [...picture.entries()].map((entry) => entry.track);
  const words = wordsOf(filter);
  const kept = tracks.filter((track) => isEmergency(track) || (!hidden.has(track.protocol) && matches(track, words)));
  const shown = sorted(kept, sort);
  const matching = words.length === 0 ? null : new Set(shown.map((track) => track.subject));
  const matchKey = matching === null ? "" : [...matching].join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the set is new in every render, its content is what counts
  const choices = useMemo(() => ({ selected, hidden, matching, trails }), [selected, hidden, matchKey, trails]);
  const detail = selected === null ? null : (picture.get(selected)?.track ?? null);
  return { ...state, set, tracks, shown, detail, choices };
}

export function countByProtocol(tracks: readonly Track[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { protocol } of tracks) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
