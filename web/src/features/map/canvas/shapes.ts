/** The symbols as vector paths in a box of -12…12, pointing north. `fill` is painted and outlined, `line` only drawn. */
import type { Shape } from "../../../shared/craft.ts";

export interface Outline {
  readonly fill: string;
  readonly line?: string;
}

/** A symbol for what should point somewhere but did not say where: a ring, so that nobody reads a direction into it. */
export type SymbolName = Shape | "undirected" | "moored";

export const SHAPES: Readonly<Record<SymbolName, Outline>> = {
  aircraft: { fill: "M0-10.5L7 9 0 5.5-7 9Z" },
  jet: {
    fill: "M0-11C1-11 1.5-9.4 1.5-7.4V-3.2L10.6 3V5L1.5 2.2 1.2 7 4.2 9.4V10.9L0 9.8-4.2 10.9V9.4L-1.2 7-1.5 2.2-10.6 5V3L-1.5-3.2V-7.4C-1.5-9.4-1-11 0-11Z",
  },
  heavy: {
    fill: "M0-12C1.3-12 1.9-10 1.9-8V-4L4-2.6V-4.6H5.6V-1.5L7.4-.3V-2H8.8V.7L12 2.9V5.2L1.9 2.4 1.5 7.6 5 10V11.8L0 10.5-5 11.8V10L-1.5 7.6-1.9 2.4-12 5.2V2.9L-8.8.7V-2H-7.4V-.3L-5.6-1.5V-4.6H-4V-2.6L-1.9-4V-8C-1.9-10-1.3-12 0-12Z",
  },
  light: {
    fill: "M0-9C1-9 1.4-7.6 1.4-6V-4.4L10.4-3.8V-1.2L1.4-.4.9 6 3.8 6.7V8.6L0 8.1-3.8 8.6V6.7L-.9 6-1.4-.4-10.4-1.2V-3.8L-1.4-4.4V-6C-1.4-7.6-1-9 0-9Z",
  },
  fast: { fill: "M0-11.5L1.5-5.5 8 5.5V8L2 7.2 3.4 10.4H-3.4L-2 7.2-8 8V5.5L-1.5-5.5Z" },
  helicopter: {
    fill: "M0-6.5C2.6-6.5 3.2-4 3.2-1.4 3.2 1 1.4 2.6.9 4L.7 8.8H2.8V10.4H-2.8V8.8H-.7L-.9 4C-1.4 2.6-3.2 1-3.2-1.4-3.2-4-2.6-6.5 0-6.5Z",
    line: "M-8.2-9.6L8.2 6.8M8.2-9.6L-8.2 6.8",
  },
  glider: { fill: "M0-7.5L1.1-3.4 12-2.6V-1L1.1.2.7 6.2 3.4 6.8V8.2H-3.4V6.8L-.7 6.2-1.1.2-12-1V-2.6L-1.1-3.4Z" },
  balloon: { fill: "M0-10A7 7 0 0 1 7-3C7 1 3 4 2.4 6H-2.4C-3 4-7 1-7-3A7 7 0 0 1 0-10ZM-2 7.5H2V10.5H-2Z" },
  drone: {
    fill: "M0-4L3 0 0 4-3 0Z",
    line: "M-6-6L6 6M6-6L-6 6M-9-6A3 3 0 1 1-3-6 3 3 0 1 1-9-6M3-6A3 3 0 1 1 9-6 3 3 0 1 1 3-6M-9 6A3 3 0 1 1-3 6 3 3 0 1 1-9 6M3 6A3 3 0 1 1 9 6 3 3 0 1 1 3 6",
  },
  vehicle: { fill: "M0-8L4-4V7H-4V-4Z" },
  obstacle: { fill: "M0-8L6 7H-6Z" },
  vessel: { fill: "M0-11.5C3 -8 4.4-5 4.4-1V9.5H-4.4V-1C-4.4-5-3-8 0-11.5Z" },
  moored: { fill: "M0-6L6 0 0 6-6 0Z" },
  base: { fill: "M-6-6H6V6H-6Z", line: "M0-6V6M-6 0H6" },
  mark: { fill: "M0-8L6 0 0 8-6 0Z", line: "M-3.5 0H3.5M0-4.5V4.5" },
  beacon: { fill: "M0-7A7 7 0 1 1 0 7 7 7 0 1 1 0-7Z", line: "M-4-4L4 4M4-4L-4 4" },
  station: { fill: "M0-5A5 5 0 1 1 0 5 5 5 0 1 1 0-5Z" },
  house: { fill: "M0-8L8-1H5.5V7H-5.5V-1H-8Z" },
  weather: { fill: "M0-7A7 7 0 1 1 0 7 7 7 0 1 1 0-7Z", line: "M0 0L5-9M0-2.5A2.5 2.5 0 1 1 0 2.5 2.5 2.5 0 1 1 0-2.5" },
  relay: { fill: "M0-9L2.3-3 8.6-2.8 3.7 1.1 5.3 7.3 0 3.8-5.3 7.3-3.7 1.1-8.6-2.8-2.3-3Z" },
  person: { fill: "M0-7A3 3 0 1 1 0-1 3 3 0 1 1 0-7ZM-4.5 8C-4.5 3-2.5 0 0 0S4.5 3 4.5 8Z" },
  undirected: { fill: "M0-6A6 6 0 1 1 0 6 6 6 0 1 1 0-6Z", line: "M0-2A2 2 0 1 1 0 2 2 2 0 1 1 0-2" },
};
