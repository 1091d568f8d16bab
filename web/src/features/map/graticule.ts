/** Meridians and parallels every `step` degrees. */
export function graticule(step: number): GeoJSON.FeatureCollection {
  const lines: GeoJSON.Position[][] = [];
  for (let lon = -180; lon <= 180; lon += step) lines.push(Array.from({ length: 35 }, (_, i) => [lon, -85 + i * 5]));
  for (let lat = -80; lat <= 80; lat += step) {
    lines.push([
      [-180, lat],
      [180, lat],
    ]);
  }
  return {
    type: "FeatureCollection",
    features: [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } }],
  };
}
