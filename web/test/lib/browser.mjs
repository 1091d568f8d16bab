/** A headless chromium with the page open: launching, watching what it asks for, and looking at what it painted. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

/** Software WebGL: chromium 144 and later refuse it silently without the last but one flag. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-dev-shm-usage",
  "--ignore-gpu-blocklist",
  "--hide-scrollbars",
  "--remote-debugging-pipe",
];
/** By time, not by frame: a starved machine paints rarely. */
export const POLLING = { polling: 200 };
const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser to use; VTOC_CHROMIUM names another. */
export function chromiumPath() {
  const found = [process.env.VTOC_CHROMIUM, ...CANDIDATES].find((file) => file && fs.existsSync(file));
  if (!found) throw new Error("no chromium found: install the Debian package chromium, or set VTOC_CHROMIUM to the browser's path");
  return found;
}

/**
 * Opens the page. A starved machine sometimes loses the browser while it starts: one more try is given.
 * @param {string} url @param {{ width?: number, height?: number, ratio?: number }} [size]
 * @returns {Promise<{ page: import("playwright-core").Page, requests: string[], errors: string[], close: () => Promise<void> }>}
 */
export async function openPage(url, { width = 1280, height = 800, ratio = 1 } = {}) {
  try {
    return await launch(url, width, height, ratio);
  } catch (error) {
    console.error(`the browser did not come up (${String(error).split("\n")[0]}); trying once more`);
    return launch(url, width, height, ratio);
  }
}

async function launch(url, width, height, ratio) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "vtoc-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    ignoreDefaultArgs: true,
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    viewport: { width, height },
    deviceScaleFactor: ratio,
    timeout: 60_000,
  });
  const close = async () => {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  };
  try {
    context.setDefaultTimeout(60_000);
    const page = context.pages()[0] ?? (await context.newPage());
    const requests = [];
    const errors = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(url, { waitUntil: "load" });
    await page.waitForFunction(() => window.vtocTest !== undefined, null, POLLING);
    return { page, requests, errors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The requests that went anywhere but to the page's own server. */
export function foreignRequests(url, requests) {
  const own = new URL(url).host;
  return requests.filter((request) => !/^(data|blob):/.test(request) && new URL(request).host !== own);
}

/**
 * How much the brightness of a picture varies: 0 for a blank one. The browser unpacks the PNG.
 * @param {import("playwright-core").Page} page @param {Buffer} png
 */
export async function luminanceVariance(page, png) {
  return page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      const luminance = 0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2];
      sum += luminance;
      squares += luminance * luminance;
    }
    const count = data.length / 4;
    return squares / count - (sum / count) ** 2;
  }, png.toString("base64"));
}

/** Waits until the basemap is loaded and painted. */
export async function waitForMap(page) {
  await page.waitForFunction(() => window.vtocTest.mapReady(), null, POLLING);
}

/** Where a track is drawn now, or null. */
export function drawn(page, subject) {
  return page.evaluate((name) => window.vtocTest.drawn(name), subject);
}

/**
 * How much the brightness of the basemap's own canvas varies. The canvases of the tracks and the panels do not count: a map that failed must not be
 * made up for by text.
 * @param {import("playwright-core").Page} page
 */
export async function mapVariance(page) {
  await page.addStyleTag({
    content:
      ".only-map .app > *, .only-map .app-map > :not(.map), .only-map .tracks-trails, .only-map .tracks-symbols, .only-map .maplibregl-control-container { visibility: hidden } .only-map .map { visibility: visible }",
  });
  await page.evaluate(() => document.body.classList.add("only-map"));
  const png = await page.locator(".map").screenshot();
  await page.evaluate(() => document.body.classList.remove("only-map"));
  return luminanceVariance(page, png);
}

/** @param {import("playwright-core").Page} page @param {string} file */
export async function screenshot(page, file) {
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  return page.screenshot({ path: file });
}
