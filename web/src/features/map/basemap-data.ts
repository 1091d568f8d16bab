/** Brings the basemap's files to the map: the overview and the names at once, the finer cells when the map looks at them. */
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { DETAIL_ZOOM, OVERVIEW_LAYERS } from "./basemap-style.ts";

const CELL_DEGREES = 10;
/** Cells kept in memory; a screen at the lowest detailed zoom needs about 12. */
const MAX_CELLS = 48;
const MAX_ZOOM = 24;

export class BasemapData {
  readonly #map: MapLibre;
  readonly #cells = new Map<string, GeoJSON.Feature[]>();
  readonly #wanted = new Set<string>();
  #existing: ReadonlySet<string> = new Set();
  #shown = "";
  #started = false;

  constructor(map: MapLibre) {
    this.#map = map;
  }

  async start(): Promise<void> {
    const [overview, places, existing] = await Promise.all([unpack("overview.jsonz"), unpack("places.jsonz"), cellNames()]);
    this.#set("overview", overview.features);
    this.#set("places", places.features);
    this.#existing = new Set(existing);
    this.#map.on("moveend", () => void this.#look());
    await this.#look();
    this.#started = true;
  }

  /** The overview and what belongs to the first view have been handed to the map. */
  get ready(): boolean {
    return this.#started;
  }

  #set(source: string, features: GeoJSON.Feature[]): void {
    this.#map.getSource<GeoJSONSource>(source)?.setData({ type: "FeatureCollection", features });
  }

  /** Loads the cells in view, then shows them and hides the overview under them. */
  async #look(): Promise<void> {
    if (this.#map.getZoom() < DETAIL_ZOOM - 0.5) return;
    const inView = cellsIn(this.#map).filter((key) => this.#existing.has(key));
    await Promise.all(inView.map((key) => this.#load(key)));
    const shown = inView.filter((key) => this.#cells.has(key));
    const complete = shown.length === inView.length;
    for (const layer of OVERVIEW_LAYERS) this.#map.setLayerZoomRange(layer, 0, complete ? DETAIL_ZOOM : MAX_ZOOM);
    const signature = shown.sort().join(" ");
    if (signature === this.#shown) return;
    this.#shown = signature;
    this.#set(
      "detail",
      shown.flatMap((key) => this.#cells.get(key) ?? []),
    );
  }

  async #load(key: string): Promise<void> {
    if (this.#cells.has(key) || this.#wanted.has(key)) return;
    this.#wanted.add(key);
    try {
      this.#cells.set(key, (await unpack(`detail/${key}.jsonz`)).features);
    } catch {
      // The overview stays visible there; the next look tries again.
    }
    this.#wanted.delete(key);
    for (const oldest of this.#cells.keys()) {
      if (this.#cells.size <= MAX_CELLS) break;
      this.#cells.delete(oldest);
    }
  }
}

function cellsIn(map: MapLibre): string[] {
  const box = map.getBounds();
  const columns = 360 / CELL_DEGREES;
  const keys: string[] = [];
  for (let x = Math.floor((box.getWest() + 180) / CELL_DEGREES); x * CELL_DEGREES - 180 < box.getEast(); x++) {
    for (let y = Math.floor((box.getSouth() + 90) / CELL_DEGREES); y * CELL_DEGREES - 90 < box.getNorth(); y++) {
      keys.push(`${((x % columns) + columns) % columns}_${y}`);
    }
  }
  return keys;
}

async function cellNames(): Promise<string[]> {
  const response = await fetch(address("cells.json"));
  return response.json();
}

/** Reads gzipped JSON; see basemap/build.mjs for why the page unpacks it. */
async function unpack(name: string): Promise<GeoJSON.FeatureCollection> {
  const response = await fetch(address(name));
  if (!response.ok || response.body === null) throw new Error(`${name}: ${response.status}`);
  const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).json();
}

function address(name: string): URL {
  return new URL(`basemap/${name}`, document.baseURI);
}
