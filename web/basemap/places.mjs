/**
 * The names on the basemap: countries (Natural Earth), cities (GeoNames, CC BY 4.0) and airports (OurAirports, public domain) as points with a
 * `rank`, which is the zoom level from which the name is shown.
 */
import { signedArea, unwrapPolygon } from "./geometry.mjs";

/** Fewest inhabitants of a city that is shown at all; the map is for the watch, not for tourists. */
const MIN_POPULATION = 50_000;

/** @typedef {{ kind: "country" | "city" | "airport", name: string, lon: number, lat: number, rank: number, code?: string }} Place */

/**
 * A country's name stands at the centre of gravity of its largest part.
 * @param {{ properties: { name: string }, geometry: { type: string, coordinates: any } }[]} countries @returns {Place[]}
 */
export function countryPlaces(countries) {
  return countries.map(({ properties, geometry }) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const outers = polygons.map((/** @type {any} */ rings) => unwrapPolygon(rings)[0]);
    outers.sort((/** @type {any} */ a, /** @type {any} */ b) => Math.abs(signedArea(b)) - Math.abs(signedArea(a)));
    const area = Math.abs(signedArea(outers[0]));
    const [lon, lat] = centroid(outers[0]);
    return { kind: "country", name: properties.name, lon: wrap(lon), lat, rank: countryRank(area) };
  });
}

/** @param {number} area in square degrees: France is about 65, the Netherlands 5, Luxembourg 0.3 */
function countryRank(area) {
  if (200 < area) return 1;
  if (40 < area) return 2.5;
  if (8 < area) return 3.5;
  if (1 < area) return 4.5;
  return 6;
}

/** @param {[number, number][]} ring @returns {[number, number]} */
function centroid(ring) {
  let [x, y, twice] = [0, 0, 0];
  for (let i = 0; i + 1 < ring.length; i++) {
    const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
    x += (ring[i][0] + ring[i + 1][0]) * cross;
    y += (ring[i][1] + ring[i + 1][1]) * cross;
    twice += cross;
  }
  return [x / (3 * twice), y / (3 * twice)];
}

/** @param {number} lon */
function wrap(lon) {
  return lon - 360 * Math.round(lon / 360);
}

/**
 * @param {{ name: string, population: number, featureCode: string, loc: { coordinates: [number, number] } }[]} cities @returns {Place[]}
 */
export function cityPlaces(cities) {
  return cities
    .filter((city) => MIN_POPULATION <= city.population && city.featureCode !== "PPLX")
    .map((city) => {
      const [lon, lat] = city.loc.coordinates;
      return { kind: /** @type {const} */ ("city"), name: city.name, lon, lat, rank: cityRank(city.population, city.featureCode) };
    });
}

/** @param {number} population @param {string} featureCode GeoNames: PPLC is a capital */
function cityRank(population, featureCode) {
  if (3_000_000 < population) return 4;
  if (featureCode === "PPLC" || 1_000_000 < population) return 5;
  if (400_000 < population) return 6;
  if (150_000 < population) return 7;
  return 8.5;
}

/**
 * @param {{ type: string, name: string, ident: string, latitude_deg: string, longitude_deg: string }[]} airports @returns {Place[]}
 */
export function airportPlaces(airports) {
  return airports.map((airport) => ({
    kind: "airport",
    name: airport.name,
    code: airport.ident,
    lon: Number(airport.longitude_deg),
    lat: Number(airport.latitude_deg),
    rank: airport.type === "large_airport" ? 6.5 : 8,
  }));
}
