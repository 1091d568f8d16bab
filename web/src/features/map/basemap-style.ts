/** How the offline basemap looks: dark, calm, less contrast than any track on it. Names are drawn with the machine's own fonts (no glyph server). */
import type { FilterSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { graticule } from "./graticule.ts";

const SEA = "#0b131b";
const LAND = "#1a2630";
const COAST = "#3d5163";
const BORDER = "#31424f";
const GRID = "#15212c";
const HALO = "#0b131b";
const FONT = ["sans-serif"];

/** From here on the finer data are drawn, where they are loaded. */
export const DETAIL_ZOOM = 6;

/** Layers of the overview, which give way when the finer data are there. */
export const OVERVIEW_LAYERS = ["overview-land", "overview-border", "overview-coast"] as const;

export function basemapStyle(): StyleSpecification {
  return {
    version: 8,
    sources: {
      overview: { type: "geojson", data: empty(), maxzoom: 8, tolerance: 0.3 },
      detail: { type: "geojson", data: empty(), maxzoom: 12, tolerance: 0.3 },
      places: { type: "geojson", data: empty(), maxzoom: 9 },
      grid: { type: "geojson", data: graticule(10), maxzoom: 4 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": SEA } },
      ...ground("overview", 0),
      ...ground("detail", DETAIL_ZOOM),
      { id: "grid", type: "line", source: "grid", maxzoom: 6.5, paint: { "line-color": GRID, "line-width": 0.8 } },
      ...names(),
    ],
  };
}

export function empty(): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features: [] };
}

/** Fill without antialiasing: the land is cut into cells, and their seams would show as hairlines. The coast line covers the rough edge. */
function ground(source: "overview" | "detail", minzoom: number): LayerSpecification[] {
  const only = (layer: string): FilterSpecification => ["==", ["get", "layer"], layer];
  return [
    { id: `${source}-land`, type: "fill", source, minzoom, filter: only("land"), paint: { "fill-color": LAND, "fill-antialias": false } },
    {
      id: `${source}-border`,
      type: "line",
      source,
      minzoom,
      filter: only("border"),
      paint: { "line-color": BORDER, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.5, 8, 1.2], "line-dasharray": [4, 2] },
    },
    {
      id: `${source}-coast`,
      type: "line",
      source,
      minzoom,
      filter: only("coast"),
      paint: { "line-color": COAST, "line-width": ["interpolate", ["linear"], ["zoom"], 1, 0.5, 8, 1.1] },
    },
  ];
}

/** A name appears from the zoom level of its rank on. */
function names(): LayerSpecification[] {
  const kind = (name: string): FilterSpecification => ["all", ["==", ["get", "kind"], name], ["<=", ["get", "rank"], ["+", ["zoom"], 0.5]]];
  const text = (color: string) => ({ "text-color": color, "text-halo-color": HALO, "text-halo-width": 1.2 });
  return [
    {
      id: "airport-dot",
      type: "circle",
      source: "places",
      minzoom: 6,
      filter: kind("airport"),
      paint: { "circle-radius": 2.4, "circle-color": "transparent", "circle-stroke-color": "#5d7488", "circle-stroke-width": 1.2 },
    },
    {
      id: "city-dot",
      type: "circle",
      source: "places",
      minzoom: 4,
      filter: kind("city"),
      paint: { "circle-radius": 1.6, "circle-color": "#5b6b79" },
    },
    {
      id: "airport-name",
      type: "symbol",
      source: "places",
      minzoom: 7,
      filter: kind("airport"),
      layout: { "text-field": ["get", "code"], "text-font": FONT, "text-size": 10, "text-anchor": "top", "text-offset": [0, 0.4] },
      paint: text("#6f879b"),
    },
    {
      id: "city-name",
      type: "symbol",
      source: "places",
      minzoom: 4,
      filter: kind("city"),
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 4, 10, 9, 12],
        "text-anchor": "left",
        "text-offset": [0.5, 0],
        "symbol-sort-key": ["get", "rank"],
      },
      paint: text("#75879a"),
    },
    {
      id: "country-name",
      type: "symbol",
      source: "places",
      maxzoom: 8,
      filter: kind("country"),
      layout: {
        "text-field": ["upcase", ["get", "name"]],
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 1, 9, 6, 13],
        "text-letter-spacing": 0.15,
        "text-max-width": 8,
        "symbol-sort-key": ["get", "rank"],
      },
      paint: text("#53677a"),
    },
  ];
}
