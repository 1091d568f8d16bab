/**
 * Opens the console and waits until a track is drawn on the map and has moved there.
 *
 *     node test/see-aircraft.mjs --url http://127.0.0.1:8080/ --subject icao:4840d6 [--screenshot F] [--timeout 60] [--metres 100]
 *
 * Prints one JSON object and ends with 0 when the track was seen to move, the page asked nobody but its own server, and the map was painted;
 * otherwise says on stderr in one sentence what was missing and ends with 1 (2: wrong use).
 */
import { parseArgs } from "node:util";
import { openPage } from "./lib/browser.mjs";
import { seeAircraft } from "./lib/see.mjs";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    subject: { type: "string" },
    screenshot: { type: "string" },
    timeout: { type: "string", default: "60" },
    metres: { type: "string", default: "100" },
  },
});
if (!values.url || !values.subject || !(0 < Number(values.timeout)) || !(0 < Number(values.metres))) {
  console.error(
    "usage: node test/see-aircraft.mjs --url URL --subject icao:4840d6 [--screenshot FILE] [--timeout SECONDS] [--metres METRES]",
  );
  process.exit(2);
}

let opened = null;
try {
  opened = await openPage(values.url);
  const seen = await seeAircraft(opened, {
    url: values.url,
    subject: values.subject,
    screenshot: values.screenshot,
    timeoutMs: Number(values.timeout) * 1_000,
    metres: Number(values.metres),
  });
  console.log(JSON.stringify(seen, null, 2));
} catch (error) {
  console.error(`see-aircraft: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await opened?.close();
}
