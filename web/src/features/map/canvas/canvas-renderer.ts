/**
 * The tracks on two canvases over the map: trails below, drawn when the view or the data change; symbols and labels above, drawn in every frame.
 * The map itself is not repainted for them: on a machine without a graphics processor that is most of the cost.
 */
import { isEmergency, type Subject, type Track } from "../../../contract/track.ts";
import { isStale } from "../../../picture/freshness.ts";
import { colourOf } from "../../../shared/craft.ts";
import { age } from "../../../shared/format.ts";
import { worldPerMetre } from "../../../shared/mercator.ts";
import { type Box, labelBoxes, labelLines, MAX_LABELS, Room, symbolBox, wantsLabels } from "./labels.ts";
import type { DrawnTrack, Scene, TrackRenderer, View } from "./renderer.ts";
import { SPRITE_RADIUS, Sprites } from "./sprites.ts";
import { drawStations } from "./stations.ts";
import { symbolOf } from "./symbol.ts";
import { drawTrails } from "./trails.ts";
import { type Visible, visibleTracks } from "./visible.ts";

const LABEL_FONT = '600 11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const DATA_FONT = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const LINE_PX = 13;
/** Width of a letter, on the wide side: measuring each label in each frame would cost more than the room it saves. */
const LETTER_PX = 7;
const HALO = "rgba(6, 12, 18, 0.85)";
const EMERGENCY = "#ff5a5f";
/** Symbols shrink when the whole continent is in view. */
const SMALL_ZOOM = 4;
const FULL_ZOOM = 8;

export class CanvasRenderer implements TrackRenderer {
  readonly #trails: Layer;
  readonly #symbols: Layer;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");
  #sprites = new Sprites(1);
  #pixelRatio = 1;
  #visible: readonly Visible[] = [];

  constructor(container: HTMLElement) {
    this.#trails = new Layer(container, "tracks-trails");
    this.#symbols = new Layer(container, "tracks-symbols");
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.#trails.resize(width, height, pixelRatio);
    this.#symbols.resize(width, height, pixelRatio);
    if (pixelRatio === this.#pixelRatio) return;
    this.#pixelRatio = pixelRatio;
    this.#sprites = new Sprites(pixelRatio);
  }

  draw(scene: Scene, view: View, trailsToo: boolean): void {
    this.#visible = visibleTracks(scene, view);
    if (trailsToo) {
      this.#trails.clear();
      drawTrails(this.#trails.context, scene, view, this.#visible);
    }
    this.#symbols.clear();
    drawStations(this.#symbols.context, scene.stations, view);
    this.#drawRings(scene, view);
    this.#drawSymbols(view);
    this.#drawLabels(scene, view);
  }

  hit(x: number, y: number, reach: number): Subject | null {
    let best: Subject | null = null;
    let nearest = reach * reach;
    for (const { entry, x: tx, y: ty } of this.#visible) {
      const distance = (tx - x) ** 2 + (ty - y) ** 2;
      if (distance <= nearest) {
        nearest = distance;
        best = entry.track.subject;
      }
    }
    return best;
  }

  drawn(subject: Subject): DrawnTrack | null {
    const found = this.#visible.find(({ entry }) => entry.track.subject === subject);
    return found === undefined ? null : { subject, x: found.x, y: found.y };
  }

  drawnCount(): number {
    return this.#visible.length;
  }

  dispose(): void {
    this.#trails.canvas.remove();
    this.#symbols.canvas.remove();
  }

  /** Rings under the symbols: accuracy and selection, and the pulse of an emergency. */
  #drawRings(scene: Scene, view: View): void {
    const context = this.#symbols.context;
    for (const { entry, x, y, rank } of this.#visible) {
      if (rank < 1) continue;
      if (rank === 3) drawAccuracy(context, entry.track, x, y, view);
      if (isEmergency(entry.track)) this.#drawPulse(x, y, scene.now);
      context.lineWidth = 1.6;
      context.strokeStyle = rank === 3 ? "#f2f7fb" : rank === 2 ? EMERGENCY : "rgba(242, 247, 251, 0.5)";
      ring(context, x, y, SPRITE_RADIUS + 2);
    }
  }

  #drawPulse(x: number, y: number, now: number): void {
    const context = this.#symbols.context;
    const phase = this.#stillness.matches ? 0.4 : (now % 1_500) / 1_500;
    context.globalAlpha = 0.75 * (1 - phase);
    context.lineWidth = 2.5;
    context.strokeStyle = EMERGENCY;
    ring(context, x, y, SPRITE_RADIUS + 3 + phase * 18);
    context.globalAlpha = 1;
  }

  #drawSymbols(view: View): void {
    const context = this.#symbols.context;
    const ratio = this.#pixelRatio;
    const grown = Math.max(0, Math.min(1, (view.zoom - SMALL_ZOOM) / (FULL_ZOOM - SMALL_ZOOM)));
    const base = 0.62 + 0.38 * grown;
    const { size } = this.#sprites;
    for (const { entry, x, y, alpha, rank } of this.#visible) {
      const { track } = entry;
      const { name, angle } = symbolOf(track);
      const colour = rank === 2 || isEmergency(track) ? EMERGENCY : colourOf(track);
      const sprite = this.#sprites.get(name, colour);
      const scale = 1 <= rank ? 1 : base;
      const cos = Math.cos(angle) * scale;
      const sin = Math.sin(angle) * scale;
      context.globalAlpha = alpha;
      context.setTransform(cos, sin, -sin, cos, x * ratio, y * ratio);
      context.drawImage(sprite, -size / 2, -size / 2);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
  }

  #drawLabels(scene: Scene, view: View): void {
    const everyone = wantsLabels(view.zoom, this.#visible.length);
    const room = new Room();
    if (everyone) for (const { x, y } of this.#visible) room.take(symbolBox(x, y), true);
    let left = MAX_LABELS;
    for (let i = this.#visible.length - 1; 0 <= i && 0 < left; i--) {
      const item = this.#visible[i];
      if (item === undefined || (!everyone && item.rank === 0) || item.alpha < 0.3) continue;
      if (this.#drawLabel(item, scene, view, room)) left -= 1;
    }
    this.#symbols.context.globalAlpha = 1;
  }

  #drawLabel({ entry, x, y, alpha, rank }: Visible, scene: Scene, view: View, room: Room): boolean {
    const { track } = entry;
    const lines = labelLines(track, view.zoom, rank === 3 || rank === 1);
    const ageMs = scene.now - (track.position_at ?? 0);
    if (1 <= rank && isStale(track.protocol, ageMs)) lines.push(`${age(ageMs)} old`);
    const width = Math.max(...lines.map((line) => line.length)) * LETTER_PX;
    const boxes = labelBoxes(x, y, width, lines.length * LINE_PX, SPRITE_RADIUS + (1 <= rank ? 6 : -1));
    const box = boxes.find((candidate) => room.take(candidate, false)) ?? (2 <= rank ? boxes[0] : undefined);
    if (box === undefined) return false;
    this.#symbols.context.globalAlpha = Math.max(0.55, alpha);
    drawLines(this.#symbols.context, lines, box, isEmergency(track));
    return true;
  }
}

function drawLines(context: CanvasRenderingContext2D, lines: readonly string[], box: Box, urgent: boolean): void {
  context.textBaseline = "top";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = HALO;
  for (const [i, line] of lines.entries()) {
    context.font = i === 0 ? LABEL_FONT : DATA_FONT;
    context.fillStyle = i === 0 ? (urgent ? "#ffb3b5" : "#e8f0f6") : "#aebfcd";
    context.strokeText(line, box.left, box.top + i * LINE_PX);
    context.fillText(line, box.left, box.top + i * LINE_PX);
  }
}

/** A canvas over the map that the pointer does not see. */
class Layer {
  readonly canvas = document.createElement("canvas");
  readonly context: CanvasRenderingContext2D;

  constructor(container: HTMLElement, className: string) {
    this.canvas.className = className;
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, { position: "absolute", inset: "0", pointerEvents: "none" });
    container.append(this.canvas);
    const context = this.canvas.getContext("2d");
    if (context === null) throw new Error("this browser has no 2D canvas");
    this.context = context;
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.canvas.width = Math.round(width * pixelRatio);
    this.canvas.height = Math.round(height * pixelRatio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  }

  clear(): void {
    this.context.save();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.restore();
  }
}

function drawAccuracy(context: CanvasRenderingContext2D, track: Track, x: number, y: number, view: View): void {
  if (track.accuracy_m === null || track.lat === null) return;
  const radius = track.accuracy_m * worldPerMetre(track.lat) * view.worldPx;
  if (radius < SPRITE_RADIUS || view.width * 2 < radius) return;
  context.fillStyle = "rgba(242, 247, 251, 0.07)";
  context.strokeStyle = "rgba(242, 247, 251, 0.35)";
  context.lineWidth = 1;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}
