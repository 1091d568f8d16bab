/** `window.vtocTest`: lets a browser test ask what is in the picture and where it was drawn. It changes nothing but the view. */
import type { Subject } from "../contract/track.ts";
import type { MapEngine } from "../features/map/engine.ts";
import { linkState } from "../link/state.ts";
import type { Session } from "./session.ts";

export interface TestHook {
  link(): string;
  trackCount(): number;
  drawnCount(): number;
  track(subject: string): unknown;
  /** Where the symbol was drawn last: pixels in the map, and what that is on the ground. Null when it is not on the screen. */
  drawn(subject: string): { x: number; y: number; lon: number; lat: number } | null;
  /** The basemap is loaded and painted. */
  mapReady(): boolean;
  /** Brings a track into view at once. */
  look(subject: string): void;
  jumpTo(lon: number, lat: number, zoom: number): void;
}

declare global {
  interface Window {
    vtocTest?: TestHook;
  }
}

export function installTestHook(session: Session, engine: MapEngine | null): void {
  if (engine === null) {
    delete window.vtocTest;
    return;
  }
  window.vtocTest = {
    link: () => linkState(session.link.facts, Date.now()),
    trackCount: () => session.picture.size,
    drawnCount: () => engine.drawnCount(),
    track: (subject) => session.picture.get(subject as Subject)?.track ?? null,
    drawn: (subject) => engine.drawn(subject as Subject),
    mapReady: () => engine.ready(),
    look: (subject) => engine.show(subject as Subject, false),
    jumpTo: (lon, lat, zoom) => engine.jumpTo(lon, lat, zoom),
  };
}
