/** Trails: lines through the reported positions, coloured by altitude; a gap in hearing is dashed, for nobody knows the way there. */
import type { TrailPoint } from "../../../contract/track.ts";
import type { Entry } from "../../../picture/picture.ts";
import { altitudeColour } from "../../../shared/altitude-colour.ts";
import { colourOf, craftOf } from "../../../shared/craft.ts";
import { mercatorX, mercatorY } from "../../../shared/mercator.ts";
import type { Scene, View } from "./renderer.ts";
import { screenX, screenY, type Visible } from "./visible.ts";

/** With more tracks in view only the selected one and emergencies keep their trail. */
const MAX_TRAILS = 600;
/** How far back a trail goes that nobody asked for. */
const SHORT_TRAIL_MS = 300_000;
/** Two reports further apart than this were not a continuous track. By protocol, milliseconds. */
const GAP_MS: Readonly<Record<string, number>> = { adsb: 60_000, ais: 900_000, aprs: 3_600_000 };
const GAP_OTHER_MS = 300_000;

type Strokes = Map<string, number[]>;

export function drawTrails(context: CanvasRenderingContext2D, scene: Scene, view: View, visible: readonly Visible[]): void {
  if (scene.trails === "off") return;
  const many = scene.trails === "selected" || MAX_TRAILS < visible.length;
  const plain: Strokes = new Map();
  const chosen: Strokes = new Map();
  const gaps: number[] = [];
  for (const { entry, rank } of visible) {
    const important = 2 <= rank;
    const filtered = scene.matching !== null && !scene.matching.has(entry.track.subject);
    if ((many || filtered) && !important) continue;
    const since = important ? Number.NEGATIVE_INFINITY : scene.now - SHORT_TRAIL_MS;
    collect(entry, since, view, important ? chosen : plain, gaps);
  }
  context.lineJoin = "round";
  context.lineCap = "round";
  stroke(context, plain, 1.3, 0.5);
  stroke(context, chosen, 2.4, 0.95);
  strokeGaps(context, gaps);
}

function collect(entry: Entry, since: number, view: View, strokes: Strokes, gaps: number[]): void {
  const { trail, track } = entry;
  const gapMs = GAP_MS[track.protocol] ?? GAP_OTHER_MS;
  const own = craftOf(track).colour === null ? null : colourOf(track);
  let before: TrailPoint | undefined;
  let x0 = 0;
  let y0 = 0;
  for (const point of trail) {
    if (point[2] < since) continue;
    const x = screenX(mercatorX(point[0]), view);
    const y = screenY(mercatorY(point[1]), view);
    const wrapped = view.worldPx / 2 < Math.abs(x - x0);
    if (before !== undefined && !wrapped) {
      if (gapMs < point[2] - before[2]) gaps.push(x0, y0, x, y);
      else listOf(strokes, own ?? altitudeColour(point[3], null)).push(x0, y0, x, y);
    }
    before = point;
    x0 = x;
    y0 = y;
  }
}

function listOf(strokes: Strokes, colour: string): number[] {
  const found = strokes.get(colour);
  if (found !== undefined) return found;
  const fresh: number[] = [];
  strokes.set(colour, fresh);
  return fresh;
}

function stroke(context: CanvasRenderingContext2D, strokes: Strokes, width: number, alpha: number): void {
  context.globalAlpha = alpha;
  context.lineWidth = width;
  for (const [colour, segments] of strokes) {
    context.strokeStyle = colour;
    context.beginPath();
    path(context, segments);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function strokeGaps(context: CanvasRenderingContext2D, segments: readonly number[]): void {
  context.save();
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.strokeStyle = "#8fa3b5";
  context.setLineDash([2, 5]);
  context.beginPath();
  path(context, segments);
  context.stroke();
  context.restore();
}

/** Continues the line where one segment begins at the end of the last. */
function path(context: CanvasRenderingContext2D, segments: readonly number[]): void {
  let endX = Number.NaN;
  let endY = Number.NaN;
  for (let i = 0; i + 3 < segments.length; i += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = segments.slice(i, i + 4);
    if (x0 !== endX || y0 !== endY) context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    endX = x1;
    endY = y1;
  }
}
