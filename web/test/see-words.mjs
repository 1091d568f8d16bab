/**
 * Opens the console, waits until it tells of a distress over the whole page, opens a channel of the chat, and waits until somebody says something there.
 *
 *     node test/see-words.mjs --url http://127.0.0.1:8080/ --alert 972000001 --channel ALPHA --words "Timeline of" [--screenshot F] [--timeout 60]
 *
 * Prints `watching` when it has seen the distress and looks at the channel, then `seen` when the words came, and ends with 0; otherwise says on stderr in
 * one sentence what was missing and ends with 1.
 */
import { parseArgs } from "node:util";
import { foreignRequests, openPage, screenshot } from "./lib/browser.mjs";

const text = { type: "string" };
const { values } = parseArgs({
  options: { url: text, alert: text, channel: text, words: text, screenshot: text, timeout: { ...text, default: "60" } },
});

let opened = null;
try {
  opened = await openPage(values.url);
  const { page, requests } = opened;
  page.setDefaultTimeout(Number(values.timeout) * 1_000);
  await page.locator(".alert-banner", { hasText: values.alert }).waitFor();
  await page.getByRole("button", { name: /^Chat/ }).click();
  await page.getByRole("button", { name: `# ${values.channel}` }).click();
  await page.locator(".chat-messages li", { hasText: values.alert }).first().waitFor();
  console.log("watching");
  await page.locator('.chat-messages li[data-author="agent"]', { hasText: values.words }).waitFor();
  if (values.screenshot) await screenshot(page, values.screenshot);
  const foreign = foreignRequests(values.url, requests);
  if (foreign.length !== 0) throw new Error(`the page asked others: ${foreign.join(", ")}`);
  console.log("seen");
} catch (error) {
  console.error(`see-words: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await opened?.close();
}
