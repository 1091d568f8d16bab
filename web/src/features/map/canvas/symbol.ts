/** Which symbol a track gets, and which way it points. Nothing is given a direction that nobody reported. */
import type { Track } from "../../../contract/track.ts";
import { craftOf, directionDeg, isDirected } from "../../../shared/craft.ts";
import type { SymbolName } from "./shapes.ts";

/** Below this a ship counts as lying still, and is drawn without a bow. Knots. */
const STILL_KT = 0.5;

export function symbolOf(track: Track): { name: SymbolName; angle: number } {
  const { shape } = craftOf(track);
  if (!isDirected(shape)) return { name: shape, angle: 0 };
  const direction = directionDeg(track);
  const still = shape === "vessel" && track.heading_deg === null && track.speed_kt !== null && track.speed_kt < STILL_KT;
  if (still) return { name: "moored", angle: 0 };
  if (direction === null) return { name: shape === "vessel" ? "moored" : "undirected", angle: 0 };
  return { name: shape, angle: (direction * Math.PI) / 180 };
}
