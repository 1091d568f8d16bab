/**
 * Geometry for the offline basemap: pure functions on rings and lines of [longitude, latitude] in degrees.
 *
 * Natural Earth as packed by world-atlas has its cut at the antimeridian stitched away, so a ring may jump from +180° to -180° (Russia, Fiji)
 * or run once around a pole without closing over it (Antarctica). A map library fills those as giant false triangles. Here such a ring is first
 * made continuous, then closed over its pole, then cut into cells of a grid, and only then moved back into -180…180.
 *
 * ```text
 *   +170   180 | -180  -170              +170   180   190
 *     ┌────────┼────────┐      unwrap      ┌────────┬────────┐     cut      ┌──────┐  and  ┌──────┐
 *     │  one ring, two  │   ──────────►    │  one continuous  │  ────────►   │ 170…  │       │ -180… │
 *     └────────┼────────┘                  └────────┴────────┘              └──────┘       └──────┘
 * ```
 */

/** Web Mercator ends here; nothing beyond can be drawn. */
export const MAX_LATITUDE = 85.0511;

/** @typedef {[number, number]} Position */
/** @typedef {Position[]} Ring a closed ring, the first point repeated at the end */

/**
 * Makes the longitudes of a closed ring continuous; a ring around a pole is closed over that pole.
 * @param {Position[]} ring @returns {Position[]}
 */
export function unwrapRing(ring) {
  const out = [/** @type {Position} */ ([...ring[0]])];
  for (let i = 1; i < ring.length; i++) {
    const [lon, lat] = ring[i];
    const previous = out[i - 1][0];
    out.push([lon - 360 * Math.round((lon - previous) / 360), lat]);
  }
  const first = out[0];
  const last = out[out.length - 1];
  if (Math.abs(last[0] - first[0]) > 180) {
    const pole = first[1] < 0 ? -90 : 90;
    out.push([last[0], pole], [first[0], pole], [first[0], first[1]]);
  }
  return out;
}

/**
 * Unwraps a polygon; holes are moved into the frame of the outer ring. Some data sets write a polar land as the band between its coast and a tiny ring
 * about the pole: that ring is left out, since the coast is closed over the pole itself.
 * @param {Ring[]} rings @returns {Ring[]}
 */
export function unwrapPolygon(rings) {
  const [outer, ...holes] = rings.filter((ring) => !ring.every(([, lat]) => 89.9 < Math.abs(lat))).map(unwrapRing);
  const [west, , east] = bounds(outer);
  const middle = (west + east) / 2;
  const moved = holes.map((hole) => {
    const [w, , e] = bounds(hole);
    const shift = 360 * Math.round((middle - (w + e) / 2) / 360);
    return hole.map(([lon, lat]) => /** @type {Position} */ ([lon + shift, lat]));
  });
  return [outer, ...moved];
}

/**
 * West, south, east, north.
 * @param {Position[]} points @returns {[number, number, number, number]}
 */
export function bounds(points) {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of points) {
    w = Math.min(w, lon);
    e = Math.max(e, lon);
    s = Math.min(s, lat);
    n = Math.max(n, lat);
  }
  return [w, s, e, n];
}

/**
 * Twice the usual shoelace sum, halved: square degrees, positive counter-clockwise.
 * @param {Ring} ring
 */
export function signedArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return sum / 2;
}

/**
 * Cuts an unwrapped polygon into the cells of a grid of `size` degrees and moves each piece into -180…180.
 * @param {Ring[]} rings @param {number} size
 * @returns {{ column: number, row: number, rings: Ring[] }[]} column 0 begins at -180°, row 0 at -90°
 */
export function cutPolygon(rings, size) {
  const pieces = [];
  const [west, south, east, north] = bounds(rings[0]);
  for (let x = Math.floor(west / size) * size; x < east; x += size) {
    const strip = clipRings(clipRings(rings, 0, x, 1), 0, x + size, -1);
    if (strip.length === 0) continue;
    for (let y = Math.floor(south / size) * size; y < north; y += size) {
      const low = Math.max(y, -MAX_LATITUDE);
      const high = Math.min(y + size, MAX_LATITUDE);
      const piece = clipRings(clipRings(strip, 1, low, 1), 1, high, -1);
      if (piece.length === 0) continue;
      const shift = -360 * Math.floor((x + 180) / 360);
      pieces.push({
        column: (x + shift + 180) / size,
        row: (y + 90) / size,
        rings: piece.map((ring) => ring.map(([lon, lat]) => /** @type {Position} */ ([lon + shift, lat]))),
      });
    }
  }
  return pieces;
}

/**
 * Sutherland–Hodgman against one edge: keeps the side where `side * (value - limit)` is at least 0. The outer ring comes first; when nothing of it
 * is left, nothing of the polygon is.
 * @param {Ring[]} rings @param {0 | 1} axis @param {number} limit @param {1 | -1} side @returns {Ring[]}
 */
function clipRings(rings, axis, limit, side) {
  const out = [];
  for (const [index, ring] of rings.entries()) {
    const clipped = clipRing(ring, axis, limit, side);
    if (clipped.length >= 4 && 1e-9 < Math.abs(signedArea(clipped))) out.push(clipped);
    else if (index === 0) return [];
  }
  return out;
}

/** @param {Ring} ring @param {0 | 1} axis @param {number} limit @param {1 | -1} side @returns {Ring} */
function clipRing(ring, axis, limit, side) {
  /** @type {Ring} */
  const out = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const from = ring[i];
    const to = ring[i + 1];
    const fromInside = 0 <= side * (from[axis] - limit);
    const toInside = 0 <= side * (to[axis] - limit);
    if (fromInside) out.push(from);
    if (fromInside !== toInside) out.push(crossing(from, to, axis, limit));
  }
  if (0 < out.length) out.push(out[0]);
  return out;
}

/** @param {Position} from @param {Position} to @param {0 | 1} axis @param {number} limit @returns {Position} */
function crossing(from, to, axis, limit) {
  const t = (limit - from[axis]) / (to[axis] - from[axis]);
  const other = from[1 - axis] + t * (to[1 - axis] - from[1 - axis]);
  return axis === 0 ? [limit, other] : [other, limit];
}

/**
 * Splits lines where they cross the antimeridian and drops what only closes a ring there or at a pole.
 * @param {Position[][]} lines @returns {Position[][]}
 */
export function openLines(lines) {
  const out = [];
  for (const line of lines) {
    let part = [line[0]];
    for (let i = 1; i < line.length; i++) {
      if (isArtefact(line[i - 1], line[i])) {
        if (1 < part.length) out.push(part);
        part = [];
      }
      part.push(line[i]);
    }
    if (1 < part.length) out.push(part);
  }
  return out;
}

/** @param {Position} a @param {Position} b */
function isArtefact(a, b) {
  const edge = 179.999;
  const wraps = 180 < Math.abs(a[0] - b[0]);
  const alongAntimeridian = edge < Math.abs(a[0]) && edge < Math.abs(b[0]);
  const alongPole = 89.9 < Math.abs(a[1]) && 89.9 < Math.abs(b[1]);
  return wraps || alongAntimeridian || alongPole;
}

/**
 * Cuts lines at the grid's edges into the cells they run through.
 * @param {Position[][]} lines @param {number} size
 * @returns {{ column: number, row: number, line: Position[] }[]}
 */
export function cutLines(lines, size) {
  const out = [];
  for (const line of lines) {
    /** @type {Position[]} */
    let part = [];
    let key = "";
    for (let i = 0; i + 1 < line.length; i++) {
      for (const [from, to] of splitSegment(line[i], line[i + 1], size)) {
        const column = Math.floor(((from[0] + to[0]) / 2 + 180) / size);
        const row = Math.floor(((from[1] + to[1]) / 2 + 90) / size);
        if (`${column},${row}` === key) {
          part.push(to);
        } else {
          part = [from, to];
          key = `${column},${row}`;
          out.push({ column, row, line: part });
        }
      }
    }
  }
  return out;
}

/** @param {Position} from @param {Position} to @param {number} size @returns {[Position, Position][]} */
function splitSegment(from, to, size) {
  const cuts = [];
  for (const axis of /** @type {const} */ ([0, 1])) {
    const low = Math.min(from[axis], to[axis]);
    const high = Math.max(from[axis], to[axis]);
    for (let edge = (Math.floor(low / size) + 1) * size; edge < high; edge += size) {
      cuts.push({ t: (edge - from[axis]) / (to[axis] - from[axis]), point: crossing(from, to, axis, edge) });
    }
  }
  cuts.sort((a, b) => a.t - b.t);
  const points = [from, ...cuts.map((cut) => cut.point), to];
  return points.slice(1).map((point, i) => [points[i], point]);
}

/**
 * Rounds to `digits` decimals and drops repeated points.
 * @param {Position[]} points @param {number} digits @returns {Position[]}
 */
export function rounded(points, digits) {
  const scale = 10 ** digits;
  /** @type {Position[]} */
  const out = [];
  for (const [lon, lat] of points) {
    const point = /** @type {Position} */ ([Math.round(lon * scale) / scale, Math.round(lat * scale) / scale]);
    const last = out[out.length - 1];
    if (last === undefined || last[0] !== point[0] || last[1] !== point[1]) out.push(point);
  }
  return out;
}
