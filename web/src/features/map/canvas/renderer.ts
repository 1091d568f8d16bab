/**
 * What draws the tracks on the map. There is one form now, Canvas2D, which needs no graphics processor; a WebGL layer can take its place behind the
 * same interface.
 */
import type { Station } from "../../../contract/messages.ts";
import type { Subject } from "../../../contract/track.ts";
import type { Picture } from "../../../picture/picture.ts";

/** North up, no tilt: the world square scaled and shifted. */
export interface View {
  /** The middle of the screen in world coordinates (0…1). */
  readonly x: number;
  readonly y: number;
  /** CSS pixels of the whole world's width. */
  readonly worldPx: number;
  readonly width: number;
  readonly height: number;
  readonly zoom: number;
}

export interface Scene {
  readonly picture: Picture;
  /** Unix milliseconds on the server's clock. */
  readonly now: number;
  readonly selected: Subject | null;
  readonly hovered: Subject | null;
  /** Protocols whose tracks are not drawn; emergencies always are. */
  readonly hidden: ReadonlySet<string>;
  /** Tracks that the filter keeps; the others are drawn faint. Null: no filter. */
  readonly matching: ReadonlySet<Subject> | null;
  readonly trails: TrailMode;
  readonly stations: readonly Station[];
}

export type TrailMode = "all" | "selected" | "off";

export interface DrawnTrack {
  readonly subject: Subject;
  readonly x: number;
  readonly y: number;
}

export interface TrackRenderer {
  resize(width: number, height: number, pixelRatio: number): void;
  /** Draws the scene; `trailsToo` is false when only symbols have moved since the last time. */
  draw(scene: Scene, view: View, trailsToo: boolean): void;
  /** The track drawn nearest to a point on the screen, within `reach` pixels. */
  hit(x: number, y: number, reach: number): Subject | null;
  /** Where a track was drawn last; null when it was not on the screen. */
  drawn(subject: Subject): DrawnTrack | null;
  drawnCount(): number;
  dispose(): void;
}
