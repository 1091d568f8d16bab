/** The text beside a symbol: what it says, and which labels find room. */
import { alarmText, altitudeFt, isEmergency, type Track, title } from "../../../contract/track.ts";

/** From this zoom on a label has a second line with altitude and speed, as on a radar screen. */
export const DATA_BLOCK_ZOOM = 8;
/** More labels than this are unreadable and slow. */
export const MAX_LABELS = 220;
/** Below this zoom labels appear only where few tracks are in view. */
const CROWDED_ZOOM = 6;
const CROWDED = 60;

export function wantsLabels(zoom: number, inView: number): boolean {
  return CROWDED_ZOOM <= zoom || inView <= CROWDED;
}

export function labelLines(track: Track, zoom: number, chosen: boolean): string[] {
  const lines = [isEmergency(track) ? `${title(track)} ${emergencyWord(track)}` : title(track)];
  if (chosen || DATA_BLOCK_ZOOM <= zoom) {
    const data = dataBlock(track);
    if (data !== "") lines.push(data);
  }
  return lines;
}

export function emergencyWord(track: Track): string {
  return alarmText(track).toUpperCase();
}

/** `380↓ 450`: hundreds of feet, climbing or sinking, knots. */
function dataBlock(track: Track): string {
  const altitude = altitudeFt(track);
  const parts: string[] = [];
  if (track.on_ground === true) parts.push("GND");
  else if (altitude !== null) parts.push(`${String(Math.round(altitude / 100)).padStart(3, "0")}${trend(track.vertical_rate_fpm)}`);
  if (track.speed_kt !== null) parts.push(`${Math.round(track.speed_kt)}kt`);
  return parts.join(" ");
}

/** Below 200 ft/min an aircraft counts as level. */
function trend(rateFpm: number | null): string {
  if (rateFpm === null || Math.abs(rateFpm) < 200) return "";
  return 0 < rateFpm ? "↑" : "↓";
}

/** Room on the screen, in coarse cells: a label that would lie on another, or on a symbol, looks for another place or is not drawn. */
export class Room {
  readonly #cells = new Set<number>();
  static readonly CELL_PX = 8;
  static readonly STRIDE = 4096;

  /** Takes the rectangle when it is free, or when it `must`. */
  take({ left, top, width, height }: Box, must: boolean): boolean {
    const cells: number[] = [];
    for (let row = Math.floor(top / Room.CELL_PX); row * Room.CELL_PX < top + height; row++) {
      for (let column = Math.floor(left / Room.CELL_PX); column * Room.CELL_PX < left + width; column++) {
        const cell = row * Room.STRIDE + column;
        if (!must && this.#cells.has(cell)) return false;
        cells.push(cell);
      }
    }
    for (const cell of cells) this.#cells.add(cell);
    return true;
  }
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Half the side of what a symbol keeps free around its middle: two cells less than the distance of its label. */
const SYMBOL_PX = 6;

export function symbolBox(x: number, y: number): Box {
  return { left: x - SYMBOL_PX, top: y - SYMBOL_PX, width: 2 * SYMBOL_PX, height: 2 * SYMBOL_PX };
}

/** Where a label may stand, best first: right of its symbol, left, below, above. */
export function labelBoxes(x: number, y: number, width: number, height: number, gap: number): Box[] {
  const size = { width, height };
  return [
    { left: x + gap, top: y - 7, ...size },
    { left: x - gap - width, top: y - 7, ...size },
    { left: x - width / 2, top: y + gap, ...size },
    { left: x - width / 2, top: y - gap - height, ...size },
  ];
}
