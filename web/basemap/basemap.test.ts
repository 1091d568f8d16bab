/** The basemap that was built: the land is where the land is, and no polygon is filled where it must not be. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import earcut, { deviation, flatten } from "earcut";
import { beforeAll, describe, expect, it } from "vitest";
import { cutLines, cutPolygon, openLines, signedArea, unwrapPolygon, unwrapRing } from "./geometry.mjs";

type Rings = [number, number][][];

function readLand(file: string): Rings[] {
  const { features } = JSON.parse(gunzipSync(fs.readFileSync(new URL(`../public/basemap/${file}`, import.meta.url))).toString());
  return features
    .filter((feature: GeoJSON.Feature) => feature.properties?.["layer"] === "land")
    .flatMap((feature: { geometry: { coordinates: Rings[] } }) => feature.geometry.coordinates);
}

/** Covered by the triangles that the map library will paint: that is what is seen. */
function painted(land: Rings[], lon: number, lat: number): boolean {
  return land.some((rings) => {
    const { vertices, holes, dimensions } = flatten(rings);
    const xs = rings[0]?.map((point) => point[0]) ?? [];
    if (lon < Math.min(...xs) || Math.max(...xs) < lon) return false;
    const triangles = earcut(vertices, holes, dimensions);
    for (let i = 0; i < triangles.length; i += 3) {
      const corner = (n: number): [number, number] => {
        const at = (triangles[i + n] ?? 0) * 2;
        return [vertices[at] ?? 0, vertices[at + 1] ?? 0];
      };
      if (inTriangle([lon, lat], corner(0), corner(1), corner(2))) return true;
    }
    return false;
  });
}

function inTriangle(p: [number, number], a: [number, number], b: [number, number], c: [number, number]): boolean {
  const side = (u: [number, number], v: [number, number]) => (p[0] - v[0]) * (u[1] - v[1]) - (u[0] - v[0]) * (p[1] - v[1]);
  const signs = [side(a, b), side(b, c), side(c, a)];
  return signs.every((value) => 0 <= value) || signs.every((value) => value <= 0);
}

describe("the built basemap", () => {
  let land: Rings[] = [];
  beforeAll(() => {
    execFileSync(process.execPath, [new URL("./build.mjs", import.meta.url).pathname]);
    land = readLand("overview.jsonz");
  }, 60_000);

  it.each<[string, number, number]>([
    ["Madrid", -3.7, 40.4],
    ["Utrecht", 5.1, 52.1],
    ["Chukotka, beyond the antimeridian", -175, 67],
    ["Wrangel Island", -179.5, 71.2],
    ["the South Pole's surroundings", 20, -80],
    ["Vostok", 106.8, -78.5],
    ["Sao Paulo", -46.6, -23.5],
    ["San Juan's island", -66.4, 18.2],
  ])("has land at %s", (_, lon, lat) => {
    expect(painted(land, lon, lat)).toBe(true);
  });

  it.each<[string, number, number]>([
    ["the Bay of Biscay", -5, 45.5],
    ["the North Sea", 3, 55],
    ["the middle of the Atlantic", -35, 30],
    ["the Pacific at the antimeridian", 180, 10],
    ["the Bering Sea", 178, 58],
    ["the Ross Sea", -175, -75],
    ["the Arctic Ocean", 100, 84],
    ["the Caspian's middle, which the countries leave out", 50.6, 41.9],
  ])("has sea at %s", (_, lon, lat) => {
    expect(painted(land, lon, lat)).toBe(false);
  });

  it("is painted as it is drawn: triangles cover each polygon's area and no more", () => {
    let worst = 0;
    for (const rings of land) {
      const { vertices, holes, dimensions } = flatten(rings);
      const area = Math.abs(signedArea(rings[0] ?? []));
      const off = deviation(vertices, holes, dimensions, earcut(vertices, holes, dimensions)) * area;
      worst = Math.max(worst, off);
    }
    // Square degrees; 0.01 is a rectangle of 10 by 12 km in one polygon.
    expect(worst).toBeLessThan(0.01);
  });

  it("has no line from edge to edge of the world", () => {
    const { features } = JSON.parse(gunzipSync(fs.readFileSync(new URL("../public/basemap/overview.jsonz", import.meta.url))).toString());
    let widest = 0;
    for (const { properties, geometry } of features) {
      if (properties.layer === "land") continue;
      for (const line of geometry.coordinates as [number, number][][]) {
        for (let i = 1; i < line.length; i++) widest = Math.max(widest, Math.abs((line[i]?.[0] ?? 0) - (line[i - 1]?.[0] ?? 0)));
      }
    }
    expect(widest).toBeGreaterThan(0);
    expect(widest).toBeLessThan(10.001);
  });

  it("names the cells that exist", () => {
    const cells: string[] = JSON.parse(fs.readFileSync(new URL("../public/basemap/cells.json", import.meta.url)).toString());
    expect(cells.length).toBeGreaterThan(300);
    for (const cell of cells) expect(fs.existsSync(new URL(`../public/basemap/detail/${cell}.jsonz`, import.meta.url))).toBe(true);
  });
});

describe("cutting", () => {
  it("makes a ring across the antimeridian continuous", () => {
    const ring = unwrapRing([
      [170, 0],
      [-170, 0],
      [-170, 10],
      [170, 10],
      [170, 0],
    ]);
    expect(ring.map(([lon]) => lon)).toEqual([170, 190, 190, 170, 170]);
  });

  it("closes a ring around the pole", () => {
    const around = unwrapRing([
      [-180, -70],
      [-90, -70],
      [0, -70],
      [90, -70],
      [180, -70],
      [-180, -70],
    ]);
    expect(Math.abs(signedArea(around))).toBeCloseTo(360 * 20);
  });

  it("keeps the area, whatever the shape: pieces add up to the whole", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let round = 0; round < 200; round++) {
      const lon = random() * 360 - 180;
      const lat = random() * 100 - 50;
      // A star: simple, but concave, and often across cell edges and the antimeridian.
      const ring: [number, number][] = Array.from({ length: 24 }, (_, i) => {
        const radius = i % 2 === 0 ? 12 : 2 + random() * 9;
        const angle = (i / 24) * 2 * Math.PI;
        const x = lon + radius * Math.cos(angle);
        return [x - 360 * Math.round(x / 360), lat + radius * Math.sin(angle)];
      });
      ring.push(ring[0] ?? [0, 0]);
      const whole = unwrapPolygon([ring]);
      const pieces = cutPolygon(whole, 10);
      const sum = pieces.reduce((total, piece) => total + Math.abs(signedArea(piece.rings[0] ?? [])), 0);
      expect(sum).toBeCloseTo(Math.abs(signedArea(whole[0] ?? [])), 6);
      for (const { column, row, rings } of pieces) {
        for (const [x, y] of rings[0] ?? []) {
          expect(x).toBeGreaterThanOrEqual(column * 10 - 180 - 1e-9);
          expect(x).toBeLessThanOrEqual(column * 10 - 170 + 1e-9);
          expect(y).toBeGreaterThanOrEqual(row * 10 - 90 - 1e-9);
          expect(y).toBeLessThanOrEqual(row * 10 - 80 + 1e-9);
        }
      }
    }
  });

  it("opens lines at the antimeridian and cuts them at the cells", () => {
    expect(
      openLines([
        [
          [170, 0],
          [179, 0],
          [-179, 0],
          [-170, 0],
        ],
      ]),
    ).toEqual([
      [
        [170, 0],
        [179, 0],
      ],
      [
        [-179, 0],
        [-170, 0],
      ],
    ]);
    const cut = cutLines(
      [
        [
          [5, 5],
          [25, 5],
        ],
      ],
      10,
    );
    expect(cut.map(({ column, row, line }) => [column, row, line])).toEqual([
      [
        18,
        9,
        [
          [5, 5],
          [10, 5],
        ],
      ],
      [
        19,
        9,
        [
          [10, 5],
          [20, 5],
        ],
      ],
      [
        20,
        9,
        [
          [20, 5],
          [25, 5],
        ],
      ],
    ]);
  });
});
