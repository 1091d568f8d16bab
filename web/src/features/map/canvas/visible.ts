/** Which tracks are on the screen, and where: the part of drawing that decides, without a canvas. */
import { isEmergency, type Subject } from "../../../contract/track.ts";
import { opacity } from "../../../picture/freshness.ts";
import { positionAt } from "../../../picture/motion.ts";
import type { Entry } from "../../../picture/picture.ts";
import type { Scene, View } from "./renderer.ts";

export interface Visible {
  readonly entry: Entry;
  readonly x: number;
  readonly y: number;
  readonly alpha: number;
  /** Drawn later and labelled first. */
  readonly rank: number;
}

/** Symbols this far outside the screen still reach into it. Pixels. */
const MARGIN_PX = 20;
/** Opacity of what the filter leaves out. */
const FILTERED_ALPHA = 0.18;

export function visibleTracks(scene: Scene, view: View): Visible[] {
  const out: Visible[] = [];
  const point = { x: 0, y: 0 };
  for (const entry of scene.picture.entries()) {
    const { motion, track } = entry;
    if (motion === null) continue;
    const urgent = isEmergency(track);
    if (!urgent && scene.hidden.has(track.protocol)) continue;
    positionAt(motion, scene.now, point);
    const x = screenX(point.x, view);
    const y = screenY(point.y, view);
    if (x < -MARGIN_PX || y < -MARGIN_PX || view.width + MARGIN_PX < x || view.height + MARGIN_PX < y) continue;
    const alpha = alphaOf(scene, track.subject, track.protocol, scene.now - motion.fixAt, urgent);
    out.push({ entry, x, y, alpha, rank: rankOf(scene, track.subject, urgent) });
  }
  return out.sort((a, b) => a.rank - b.rank);
}

/** The copy of the world that is nearest to the middle of the screen. */
export function screenX(x: number, view: View): number {
  const away = x - view.x;
  return view.width / 2 + (away - Math.round(away)) * view.worldPx;
}

export function screenY(y: number, view: View): number {
  return view.height / 2 + (y - view.y) * view.worldPx;
}

function alphaOf(scene: Scene, subject: Subject, protocol: string, ageMs: number, urgent: boolean): number {
  if (urgent || subject === scene.selected) return 1;
  const kept = scene.matching === null || scene.matching.has(subject);
  return opacity(protocol, ageMs) * (kept ? 1 : FILTERED_ALPHA);
}

function rankOf(scene: Scene, subject: Subject, urgent: boolean): number {
  if (subject === scene.selected) return 3;
  if (urgent) return 2;
  return subject === scene.hovered ? 1 : 0;
}
