/**
 * Symbols painted once per shape and colour, and from then on copied and turned. Copying a sprite costs a tenth of filling its path.
 */
import { SHAPES, type SymbolName } from "./shapes.ts";

/** Half the width of a symbol's box, CSS pixels, with room for its outline. */
export const SPRITE_RADIUS = 15;
const OUTLINE = "rgba(4, 9, 14, 0.9)";

/** Twenty shapes in some fifty colours are the most that occur; beyond that all are painted anew. */
const MAX_SPRITES = 1_024;

export class Sprites {
  /** Width of a sprite, device pixels. */
  readonly size: number;
  readonly #scale: number;
  readonly #known = new Map<string, ImageBitmap>();

  constructor(pixelRatio: number) {
    this.#scale = pixelRatio;
    this.size = Math.ceil(2 * SPRITE_RADIUS * pixelRatio);
  }

  get(name: SymbolName, colour: string): ImageBitmap {
    const key = name + colour;
    return this.#known.get(key) ?? this.#paint(key, name, colour);
  }

  #paint(key: string, name: SymbolName, colour: string): ImageBitmap {
    if (MAX_SPRITES <= this.#known.size) this.#known.clear();
    const canvas = new OffscreenCanvas(this.size, this.size);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser has no 2D canvas");
    context.setTransform(this.#scale, 0, 0, this.#scale, this.size / 2, this.size / 2);
    context.lineJoin = "round";
    context.lineCap = "round";
    const { fill, line } = SHAPES[name];
    paint(context, fill, line, colour, name);
    const sprite = canvas.transferToImageBitmap();
    this.#known.set(key, sprite);
    return sprite;
  }
}

function paint(context: OffscreenCanvasRenderingContext2D, fill: string, line: string | undefined, colour: string, name: SymbolName): void {
  const hollow = name === "undirected";
  const outside = hollow || name === "helicopter" || name === "drone";
  const body = new Path2D(fill);
  const extra = line === undefined ? null : new Path2D(line);
  context.strokeStyle = OUTLINE;
  context.lineWidth = 3;
  context.stroke(body);
  if (extra !== null) context.stroke(extra);
  context.fillStyle = hollow ? "rgba(4, 9, 14, 0.55)" : colour;
  context.fill(body);
  context.lineWidth = 1.4;
  context.strokeStyle = hollow ? colour : OUTLINE;
  if (hollow) context.stroke(body);
  if (extra === null) return;
  // Inside the body a line is dark to be seen, outside it has the symbol's colour; the rotor and arms of an aircraft reach outside.
  context.lineWidth = 1.6;
  context.strokeStyle = outside ? colour : OUTLINE;
  context.stroke(extra);
}
