/**
 * Symbols painted once per shape and colour into one canvas, from where they are copied and turned. Copying a sprite costs a tenth of filling its path.
 */
import { SHAPES, type SymbolName } from "./shapes.ts";

/** Half the width of a symbol's box, CSS pixels, with room for its outline. */
export const SPRITE_RADIUS = 15;
const COLUMNS = 16;
const ROWS = 24;
const OUTLINE = "rgba(4, 9, 14, 0.9)";

export interface Sprite {
  /** Device pixels in `Sprites.image`. */
  readonly x: number;
  readonly y: number;
}

export class Sprites {
  readonly image: HTMLCanvasElement = document.createElement("canvas");
  /** Width of a cell, device pixels. */
  readonly cell: number;
  readonly #context: CanvasRenderingContext2D;
  readonly #scale: number;
  readonly #known = new Map<string, Sprite>();

  constructor(pixelRatio: number) {
    this.#scale = pixelRatio;
    this.cell = Math.ceil(2 * SPRITE_RADIUS * pixelRatio);
    this.image.width = this.cell * COLUMNS;
    this.image.height = this.cell * ROWS;
    const context = this.image.getContext("2d");
    if (context === null) throw new Error("this browser has no 2D canvas");
    this.#context = context;
  }

  get(name: SymbolName, colour: string): Sprite {
    const key = name + colour;
    return this.#known.get(key) ?? this.#paint(key, name, colour);
  }

  #paint(key: string, name: SymbolName, colour: string): Sprite {
    if (COLUMNS * ROWS <= this.#known.size) {
      this.#known.clear();
      this.#context.clearRect(0, 0, this.image.width, this.image.height);
    }
    const index = this.#known.size;
    const sprite = { x: (index % COLUMNS) * this.cell, y: Math.floor(index / COLUMNS) * this.cell };
    const context = this.#context;
    context.setTransform(this.#scale, 0, 0, this.#scale, sprite.x + this.cell / 2, sprite.y + this.cell / 2);
    context.lineJoin = "round";
    context.lineCap = "round";
    const { fill, line } = SHAPES[name];
    paint(context, fill, line, colour, name);
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.#known.set(key, sprite);
    return sprite;
  }
}

function paint(context: CanvasRenderingContext2D, fill: string, line: string | undefined, colour: string, name: SymbolName): void {
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
