/**
 * Logs in to the console at an identity provider (the pages of the npm package oidc-provider), sees who is logged in, and logs out.
 *
 *     node test/see-login.mjs --url http://127.0.0.1:8080/ --provider House --login anna --grade commander [--refused SENTENCE] [--screenshot F]
 *
 * With `--refused` the central must not let this one in, and say so. Prints `seen` and ends with 0; otherwise says why on stderr and ends with 1.
 */
import { parseArgs } from "node:util";
import { openPage, screenshot } from "./lib/browser.mjs";

const text = { type: "string" };
const { values } = parseArgs({ options: { url: text, provider: text, login: text, grade: text, refused: text, screenshot: text } });

let opened = null;
try {
  opened = await openPage(values.url);
  const { page } = opened;
  await page.locator(".login").waitFor();
  if (values.screenshot) await screenshot(page, values.screenshot);
  await page.getByRole("link", { name: `Log in with ${values.provider}` }).click();
  await page.locator("input[name=login]").fill(values.login);
  await page.locator("input[name=password]").fill("any will do");
  await page.locator("button[type=submit]").click();
  // The provider asks whether we may know.
  await page.getByRole("button", { name: "Continue" }).click();
  if (values.refused) {
    await page.getByRole("heading", { name: "Not logged in" }).waitFor();
    await page.getByText(values.refused).waitFor();
    await page.getByRole("link", { name: "Back" }).click();
    await page.locator(".login").waitFor();
  } else {
    await page.getByTitle(new RegExp(`Logged in as ${values.login}: ${values.grade}`)).waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.locator(".login").waitFor();
  }
  console.log("seen");
} catch (error) {
  console.error(`see-login: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await opened?.close();
}
