/** The key to the colours, and the choice of trails. */
import { altitudeColour, TOP_FT } from "../../shared/altitude-colour.ts";
import type { TrailMode } from "./canvas/renderer.ts";

interface Props {
  readonly trails: TrailMode;
  readonly onTrails: (mode: TrailMode) => void;
}

const MODES: readonly [TrailMode, string][] = [
  ["all", "All"],
  ["selected", "Selected"],
  ["off", "Off"],
];
const STOPS_FT = [0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, TOP_FT];
const GRADIENT = `linear-gradient(to right, ${STOPS_FT.map((ft) => `${altitudeColour(ft, false)} ${(100 * ft) / TOP_FT}%`).join(", ")})`;

export function Legend({ trails, onTrails }: Props) {
  return (
    <div className="legend">
      <div className="legend-altitude" role="img" aria-label="Colours by altitude, from amber on the ground to magenta at 45,000 feet">
        <i style={{ background: GRADIENT }} />
        <span>0</span>
        <span>15,000</span>
        <span>30,000</span>
        <span>45,000 ft</span>
      </div>
      <fieldset>
        <legend>Trails</legend>
        {MODES.map(([mode, name]) => (
          <button key={mode} type="button" aria-pressed={trails === mode} onClick={() => onTrails(mode)}>
            {name}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
