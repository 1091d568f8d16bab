/**
 * Colour by altitude: an even walk around the hue circle at equal lightness (OKLCH), from amber near the ground over green and blue to magenta high
 * up, so that no height looks more important than another. On the ground and unknown have greys of their own.
 */

/** Feet per step; 45,000 ft and above share the last colour. */
const STEP_FT = 1_000;
export const TOP_FT = 45_000;
const STEPS = TOP_FT / STEP_FT;

export const GROUND_COLOUR = "#a08d78";
export const UNKNOWN_COLOUR = "#9fb0bf";

const LOW_HUE = 62;
const HIGH_HUE = 330;
const LIGHTNESS = 0.8;
const CHROMA = 0.135;

const RAMP: readonly string[] = Array.from({ length: STEPS + 1 }, (_, i) => oklch(LIGHTNESS, CHROMA, hueAt(i / STEPS)));

/** Most traffic is either below 10,000 ft or in the thirties: the square root gives the low part more of the hues. */
function hueAt(t: number): number {
  return LOW_HUE + (HIGH_HUE - LOW_HUE) * t ** 0.8;
}

export function altitudeColour(altitudeFt: number | null, onGround: boolean | null): string {
  if (onGround === true) return GROUND_COLOUR;
  if (altitudeFt === null) return UNKNOWN_COLOUR;
  const step = Math.max(0, Math.min(STEPS, Math.round(altitudeFt / STEP_FT)));
  return RAMP[step] ?? UNKNOWN_COLOUR;
}

/** OKLCH to sRGB (Ottosson's matrices), clipped to the gamut. */
function oklch(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${linear.map(channel).join("")}`;
}

function channel(linear: number): string {
  const clipped = Math.max(0, Math.min(1, linear));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255)
    .toString(16)
    .padStart(2, "0");
}
