/**
 * Web Mercator as the map uses it: the world is the square 0…1, x to the east from the antimeridian, y to the south from 85.05° N.
 */

/** Metres around the equator (WGS 84 semi-major axis). */
const EQUATOR_M = 2 * Math.PI * 6_378_137;

const RADIANS = Math.PI / 180;

export function mercatorX(lon: number): number {
  return (lon + 180) / 360;
}

export function mercatorY(lat: number): number {
  const clamped = Math.max(-85.0511, Math.min(85.0511, lat));
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (clamped * RADIANS) / 2)) / (2 * Math.PI);
}

export function latitudeOf(y: number): number {
  return (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RADIANS;
}

export function longitudeOf(x: number): number {
  return x * 360 - 180;
}

/** How much of the world's width one metre is at this latitude. */
export function worldPerMetre(lat: number): number {
  const clamped = Math.max(-85.0511, Math.min(85.0511, lat));
  return 1 / (EQUATOR_M * Math.cos(clamped * RADIANS));
}
