/** `npm run shots`: pictures of the console in its main states, for people to look at, in artefacts/shots/. */
import { openPage, screenshot, waitForMap } from "./lib/browser.mjs";
import { Fixture } from "./lib/fixture.mjs";

const SETTLE_MS = 1_500;

const SHOTS = [
  { name: "wide", width: 1920, height: 1080, look: [4.7, 52.3, 7.6] },
  { name: "close", width: 1280, height: 800, look: [4.6, 52.25, 9.2], select: "icao:484b2e" },
  { name: "emergency", width: 1280, height: 800, select: "icao:406a3d" },
  { name: "advisory", width: 1280, height: 1100, select: "icao:484175" },
  { name: "advisory-phone", width: 390, height: 844, ratio: 2, select: "icao:484175" },
  { name: "vessel", width: 1280, height: 800, look: [3.9, 52.05, 9.5], select: "mmsi:244660123" },
  { name: "weather", width: 1280, height: 900, select: "call:PA3WX" },
  { name: "continent", width: 1280, height: 800, look: [8, 48, 4.2] },
  { name: "world", width: 1280, height: 800, look: [0, 20, 1.2] },
  { name: "antimeridian", width: 1280, height: 800, look: [180, 60, 3] },
  { name: "south", width: 1280, height: 800, look: [0, -70, 2] },
  { name: "caribbean", width: 1280, height: 800, look: [-66.1, 18.4, 8] },
  { name: "empty", scenario: "empty", width: 1280, height: 800 },
  { name: "phone", width: 390, height: 844, ratio: 2 },
];

for (const shot of SHOTS) {
  const fixture = new Fixture({ scenario: shot.scenario ?? "sky" });
  const { page, close } = await openPage(await fixture.listen(), shot);
  await waitForMap(page);
  if (shot.look) await page.evaluate((look) => window.vtocTest.jumpTo(...look), shot.look);
  if (shot.select) await page.locator(`tr[data-subject="${shot.select}"]`).click();
  await page.waitForTimeout(SETTLE_MS);
  await waitForMap(page);
  await screenshot(page, `artefacts/shots/${shot.name}.png`);
  await close();
  await fixture.close();
  console.log(`artefacts/shots/${shot.name}.png`);
}
