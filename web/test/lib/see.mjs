/** Watching one track on the map until it has moved. Shared by the console's own browser test and the end-to-end test of the product. */
import { drawn, foreignRequests, mapVariance, screenshot, waitForMap } from "./browser.mjs";

const POLL_MS = 100;
/** A basemap without anything painted on it has 0; half land, half sea about 40. */
export const MIN_MAP_VARIANCE = 5;

/**
 * @param {Awaited<ReturnType<import("./browser.mjs").openPage>>} opened
 * @param {{ url: string, subject: string, screenshot?: string, timeoutMs: number, metres: number }} wanted
 */
export async function seeAircraft(opened, wanted) {
  const { page, requests, errors } = opened;
  const { subject } = wanted;
  const deadline = Date.now() + wanted.timeoutMs;
  await waitInPicture(page, subject, deadline);
  await waitForMap(page);
  const first = await waitDrawn(page, subject, deadline);
  const last = await waitMoved(page, subject, first, wanted.metres, deadline);
  await screenshot(page, wanted.screenshot ?? "artefacts/see-aircraft.png");
  const variance = await mapVariance(page);
  if (variance < MIN_MAP_VARIANCE) throw new Error(`the basemap is nearly blank (luminance variance ${variance.toFixed(1)})`);
  const foreign = foreignRequests(wanted.url, requests);
  if (0 < foreign.length) throw new Error(`the page asked other servers: ${foreign.join(", ")}`);
  if (0 < errors.length) throw new Error(`the page reported errors: ${errors.join("; ")}`);
  const track = await page.evaluate((name) => window.vtocTest.track(name), subject);
  return { subject, first, last, movedMetres: Math.round(distance(first, last)), mapVariance: Math.round(variance), track };
}

async function waitInPicture(page, subject, deadline) {
  for (;;) {
    const state = await page.evaluate((name) => {
      const { vtocTest: hook } = window;
      return { link: hook.link(), tracks: hook.trackCount(), known: hook.track(name) !== null };
    }, subject);
    if (state.known) return;
    if (deadline < Date.now()) throw new Error(`${subject} is not in the picture (link: ${state.link}, tracks: ${state.tracks})`);
    await pause();
  }
}

/** Once known, looks where it is if it is outside the map. */
async function waitDrawn(page, subject, deadline) {
  for (;;) {
    const at = await drawn(page, subject);
    if (at !== null) return stamp(at);
    if (deadline < Date.now()) throw new Error(`${subject} is in the picture but was never drawn: it has no position yet`);
    await page.evaluate((name) => window.vtocTest.look(name), subject);
    await pause();
  }
}

async function waitMoved(page, subject, first, metres, deadline) {
  let last = first;
  for (;;) {
    const at = await drawn(page, subject);
    if (at !== null) last = stamp(at);
    if (metres <= distance(first, last)) return last;
    if (deadline < Date.now()) {
      throw new Error(`${subject} was drawn but moved only ${Math.round(distance(first, last))} m of ${metres} m`);
    }
    await pause();
  }
}

function stamp(at) {
  return { ...at, seenAt: new Date().toISOString() };
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** Metres between two places, on a sphere. */
export function distance(a, b) {
  const radians = Math.PI / 180;
  const dLat = (b.lat - a.lat) * radians;
  const dLon = (b.lon - a.lon) * radians;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(h));
}
