/** How long to wait before the next attempt: doubling from FIRST_MS to LONGEST_MS, with a quarter of jitter so that many consoles do not come back at once. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** `attempt` counts from 0; `random` is in 0…1. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.75 + random * 0.25));
}
