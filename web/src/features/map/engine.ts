/**
 * The map without React: MapLibre for the ground, a `TrackRenderer` for the tracks, and the rule when to draw which.
 *
 * A frame is drawn when the map moved (in step with it), when the picture or a choice changed, and otherwise as often as the fastest aircraft needs to
 * move by about half a pixel: twice a second over a continent, thirty times over an airport. So a quiet map costs next to nothing.
 */
import { AttributionControl, LngLat, Map as MapLibre, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { ConsoleInfo, Station } from "../../contract/messages.ts";
import type { Subject } from "../../contract/track.ts";
import { positionAt } from "../../picture/motion.ts";
import type { Picture } from "../../picture/picture.ts";
import { latitudeOf, longitudeOf, mercatorX, mercatorY, worldPerMetre } from "../../shared/mercator.ts";
import { BasemapData } from "./basemap-data.ts";
import { basemapStyle } from "./basemap-style.ts";
import { CanvasRenderer } from "./canvas/canvas-renderer.ts";
import type { Scene, TrackRenderer, TrailMode, View } from "./canvas/renderer.ts";

setWorkerUrl(workerUrl);

export interface Choices {
  readonly selected: Subject | null;
  readonly hidden: ReadonlySet<string>;
  readonly matching: ReadonlySet<Subject> | null;
  readonly trails: TrailMode;
}

export interface EngineEvents {
  onSelect(subject: Subject | null): void;
}

const WORLD_PX_AT_ZOOM_0 = 512;
const FASTEST_M_PER_S = 300;
const STEP_PX = 0.6;
const FRAME_MS_MIN = 33;
const FRAME_MS_MAX = 500;
const PULSE_FRAME_MS = 80;
/** A machine that draws slowly draws less often: it keeps this many times as long for everything else. */
const REST = 3;
/** Trails end at the last report; while only symbols move they are redrawn this often. */
const TRAILS_MS = 1_000;
const REACH_MOUSE_PX = 16;
const REACH_FINGER_PX = 26;
/** What the details cover on the right of a wide map; on a narrow one they lie below it. */
const DETAIL_PX = 344;
const NARROW_PX = 760;
/** A track nearer to the edge than this is brought in. */
const EDGE_PX = 30;
const ATTRIBUTION = "Natural Earth · GeoNames (CC BY 4.0) · OurAirports";

export class MapEngine {
  readonly #mark = new Marker({ color: "#d8343a" });
  readonly #map: MapLibre;
  readonly #renderer: TrackRenderer;
  readonly #picture: Picture;
  readonly #serverNow: () => number;
  #choices: Choices = { selected: null, hidden: new Set(), matching: null, trails: "all" };
  #hovered: Subject | null = null;
  #dirty = true;
  #drawnVersion = -1;
  #drawnAt = 0;
  #drawMs = 0;
  #trailsAt = 0;
  #frame = 0;
  #placed = false;
  #stations: readonly Station[] = [];
  #data: BasemapData | null = null;

  constructor(container: HTMLElement, picture: Picture, serverNow: () => number, events: EngineEvents) {
    this.#picture = picture;
    this.#serverNow = serverNow;
    this.#map = createMap(container);
    this.#renderer = new CanvasRenderer(this.#map.getCanvasContainer());
    this.#resize();
    this.#map.on("resize", () => this.#resize());
    this.#map.on("render", () => this.#draw(true));
    this.#map.on("load", () => {
      this.#data = new BasemapData(this.#map);
      void this.#data.start();
    });
    this.#listen(events);
    this.#tick();
  }

  choose(choices: Choices): void {
    this.#choices = choices;
    this.#dirty = true;
  }

  /** Takes in the stations, and goes to where the server says, or failing that to one of them; once. */
  place(info: ConsoleInfo): void {
    this.#stations = info.stations;
    this.#dirty = true;
    if (this.#placed) return;
    const { center } = info;
    const station = info.stations.find(({ lat, lon }) => lat !== null && lon !== null);
    if (center !== null) this.#map.jumpTo({ center: [center.lon, center.lat], zoom: center.zoom });
    else if (station !== undefined) this.#map.jumpTo({ center: [station.lon ?? 0, station.lat ?? 0], zoom: 7 });
    else return;
    this.#placed = true;
  }

  /** Brings a track into view if it is outside, or under the details. */
  show(subject: Subject, animate = true): void {
    this.#mark.remove();
    const motion = this.#picture.get(subject)?.motion ?? null;
    if (motion === null) return;
    const at = positionAt(motion, this.#serverNow(), { x: 0, y: 0 });
    const target = new LngLat(longitudeOf(at.x), latitudeOf(at.y));
    const { x, y } = this.#map.project(target);
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const right = width < NARROW_PX ? width : width - DETAIL_PX;
    if (EDGE_PX < x && x < right - EDGE_PX && EDGE_PX < y && y < height - EDGE_PX) return;
    const zoom = Math.max(this.#map.getZoom(), 6);
    this.#map.easeTo({ center: target, zoom, offset: [(right - width) / 2, 0], animate });
  }

  /** The basemap is loaded and painted. */
  ready(): boolean {
    return this.#data?.ready === true && this.#map.loaded();
  }

  drawn(subject: Subject): { x: number; y: number; lon: number; lat: number } | null {
    const found = this.#renderer.drawn(subject);
    if (found === null) return null;
    const { lng, lat } = this.#map.unproject([found.x, found.y]);
    return { x: found.x, y: found.y, lon: lng, lat };
  }

  drawnCount(): number {
    return this.#renderer.drawnCount();
  }

  /** Marks and shows a place where nothing is heard any more, until something else is shown. */
  mark(lon: number, lat: number, zoom: number): void {
    this.#mark.setLngLat([lon, lat]).addTo(this.#map);
    this.jumpTo(lon, lat, zoom);
  }

  jumpTo(lon: number, lat: number, zoom: number): void {
    this.#map.jumpTo({ center: [lon, lat], zoom });
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#renderer.dispose();
    this.#map.remove();
  }

  #listen(events: EngineEvents): void {
    this.#map.on("click", (event) => {
      this.#mark.remove();
      const finger = matchMedia("(pointer: coarse)").matches;
      events.onSelect(this.#renderer.hit(event.point.x, event.point.y, finger ? REACH_FINGER_PX : REACH_MOUSE_PX));
    });
    this.#map.on("mousemove", (event) => {
      const hovered = this.#renderer.hit(event.point.x, event.point.y, REACH_MOUSE_PX);
      if (hovered === this.#hovered) return;
      this.#hovered = hovered;
      this.#dirty = true;
      this.#map.getCanvas().style.cursor = hovered === null ? "" : "pointer";
    });
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    this.#renderer.resize(clientWidth, clientHeight, devicePixelRatio);
    this.#draw(true);
  }

  #tick(): void {
    this.#frame = requestAnimationFrame(() => this.#tick());
    const changed = this.#dirty || this.#drawnVersion !== this.#picture.version;
    const wait = Math.max(changed ? FRAME_MS_MIN : this.#frameMs(), REST * this.#drawMs);
    if (performance.now() - this.#drawnAt < wait) return;
    this.#fitFirst();
    this.#draw(this.#dirty || TRAILS_MS < performance.now() - this.#trailsAt);
  }

  /** With nothing told about where to look, looks at the first tracks. */
  #fitFirst(): void {
    if (this.#placed || this.#picture.size === 0) return;
    const spots = [...this.#picture.entries()].flatMap(({ track }) => (track.lon === null || track.lat === null ? [] : [{ ...track }]));
    if (spots.length === 0) return;
    this.#placed = true;
    const lons = spots.map(({ lon }) => lon ?? 0);
    const lats = spots.map(({ lat }) => lat ?? 0);
    const box: [number, number, number, number] = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    this.#map.fitBounds(box, { padding: 60, maxZoom: 8, animate: false });
  }

  #frameMs(): number {
    const { lat } = this.#map.getCenter();
    const pxPerSecond = FASTEST_M_PER_S * worldPerMetre(lat) * this.#view().worldPx;
    const wanted = (1_000 * STEP_PX) / pxPerSecond;
    const most = this.#picture.emergencies().length === 0 ? FRAME_MS_MAX : PULSE_FRAME_MS;
    return Math.max(FRAME_MS_MIN, Math.min(most, wanted));
  }

  #view(): View {
    const { lng, lat } = this.#map.getCenter();
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const zoom = this.#map.getZoom();
    return { x: mercatorX(lng), y: mercatorY(lat), worldPx: WORLD_PX_AT_ZOOM_0 * 2 ** zoom, width, height, zoom };
  }

  #draw(trailsToo: boolean): void {
    const scene: Scene = {
      picture: this.#picture,
      now: this.#serverNow(),
      hovered: this.#hovered,
      stations: this.#stations,
      ...this.#choices,
    };
    const began = performance.now();
    this.#renderer.draw(scene, this.#view(), trailsToo);
    this.#dirty = false;
    this.#drawnVersion = this.#picture.version;
    this.#drawnAt = performance.now();
    this.#drawMs = this.#drawnAt - began;
    if (trailsToo) this.#trailsAt = this.#drawnAt;
  }
}

/** North up and flat: a watch reads bearings off the screen, and the overlay's arithmetic stays a scale and a shift. */
function createMap(container: HTMLElement): MapLibre {
  const map = new MapLibre({
    container,
    style: basemapStyle(),
    center: [8, 46],
    zoom: 3.2,
    minZoom: 1,
    maxZoom: 15,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    refreshExpiredTiles: false,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new AttributionControl({ compact: false, customAttribution: ATTRIBUTION }), "bottom-right");
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 140 }), "bottom-left");
  return map;
}
