/**
 * The console in a real browser against the fixture server: `npm run test:browser` (after `npm run build`). Pictures of what was seen go to artefacts/.
 * It asserts on what was drawn and where, never on how fast: in a browser without a graphics processor a frame takes what it takes.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { drawn, foreignRequests, mapVariance, openPage, POLLING, screenshot, waitForMap } from "./lib/browser.mjs";
import { Fixture } from "./lib/fixture.mjs";
import { AIRCRAFT_SEEN } from "./lib/scenario.mjs";
import { distance, MIN_MAP_VARIANCE, seeAircraft } from "./lib/see.mjs";

const { subject: SUBJECT, kt: SPEED_KT } = AIRCRAFT_SEEN;

/** Opens the page on a fresh fixture for each group. */
function withPage(options, size) {
  const held = { fixture: null, url: "", opened: null, page: null };
  before(async () => {
    held.fixture = new Fixture(options);
    held.url = await held.fixture.listen();
    held.opened = await openPage(held.url, size);
    held.page = held.opened.page;
    await waitForMap(held.page);
  });
  after(async () => {
    await held.opened?.close();
    await held.fixture?.close();
  });
  return held;
}

const linkIs = (page, state) => page.waitForFunction((wanted) => window.vtocTest.link() === wanted, state, POLLING);

describe("a central that wants a login", () => {
  const at = { fixture: null, opened: null };
  before(async () => {
    at.fixture = new Fixture({ scenario: "sky" });
    at.fixture.lock("anna", "correct horse battery");
    at.opened = await openPage(await at.fixture.listen());
  });
  after(async () => {
    await at.opened?.close();
    await at.fixture?.close();
  });

  it("asks for it, says when it is wrong, and shows the picture when it is right", async () => {
    const { page } = at.opened;
    const enter = async (password) => {
      await page.getByLabel("Login").fill("anna");
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
    };
    await page.locator(".login").waitFor();
    const found = await new AxeBuilder({ page }).include(".login").analyze();
    assert.deepEqual(found.violations, []);
    await enter("wrong");
    assert.match(await page.locator(".login [role=alert]").innerText(), /Login or password is wrong/);
    await enter("correct horse battery");
    await page.locator(".login").waitFor({ state: "detached" });
    await page.locator(`tbody tr[data-subject="${SUBJECT}"]`).waitFor();
    await linkIs(page, "live");
  });
});

describe("a sky with everything in it", () => {
  const at = withPage({ scenario: "sky" });

  it("shows a known aircraft, moving at its speed", async () => {
    const seen = await seeAircraft(at.opened, {
      url: at.url,
      subject: SUBJECT,
      screenshot: "artefacts/sky.png",
      timeoutMs: 60_000,
      metres: 1_000,
    });
    const seconds = (Date.parse(seen.last.seenAt) - Date.parse(seen.first.seenAt)) / 1_000;
    const speed = seen.movedMetres / seconds / (1_852 / 3_600);
    assert.ok(0.7 * SPEED_KT < speed && speed < 1.4 * SPEED_KT, `moved at ${speed.toFixed(0)} kt, not ${SPEED_KT}`);
  });

  it("draws it where the scenario says that it is", async () => {
    const both = await at.page.evaluate((name) => ({ drawn: window.vtocTest.drawn(name), track: window.vtocTest.track(name) }), SUBJECT);
    // 450 kt are 231 m/s: two reports a second, drawn between them.
    assert.ok(distance(both.drawn, both.track) < 1_000, `drawn ${distance(both.drawn, both.track).toFixed(0)} m from the last report`);
  });

  it("lists the emergency first and announces it", async () => {
    const first = at.page.locator("tbody tr[data-subject]").first();
    assert.equal(await first.getAttribute("data-subject"), "icao:406a3d");
    assert.match(await at.page.locator(".header-alarms").innerText(), /EZY84PN 7700/);
  });

  it("selects from the map: details with units, dashes for the unknown", async () => {
    const { x, y } = await drawn(at.page, "icao:3c6444");
    await at.page.locator(".map").click({ position: { x, y } });
    const detail = at.page.locator(".detail");
    await detail.waitFor();
    assert.equal(await detail.getAttribute("data-subject"), "icao:3c6444");
    const text = await detail.innerText();
    assert.match(text, /41,000 ft/);
    assert.match(text, /482\.0 kt/);
    assert.match(text, /Geometric altitude\s+—/);
    assert.match(text, /Heard by\s+Alpha/);
    assert.equal(await at.page.locator("tr.selected").getAttribute("data-subject"), "icao:3c6444");
    await screenshot(at.page, "artefacts/detail.png");
  });

  it("shows a collision advisory, what is not believed, and where each value is from", async () => {
    assert.match(await at.page.locator(".header-alarms").innerText(), /KLM67Z RA climb/);
    await at.page.locator('tr[data-subject="icao:484175"]').click();
    await at.page.locator(".detail-quarantine").waitFor();
    const text = await at.page.locator(".detail").innerText();
    assert.match(text, /Collision advisory: climb · threat icao:4840d6/);
    assert.match(text, /nothing gets there in the time[\s\S]*54\.0000000,4\.5000000[\s\S]*6 times, last \d+ s ago · DF17 TC11 · Alpha\/0/);
    assert.match(text, /Registration\s+PH-BXO\s+from the operator's list/);
    assert.match(text, /Country\s+Netherlands/);
    assert.match(text, /Altitude on the panel\s+6000 ft\s+\d+ s · DF20 BDS 4,0 \(99 %\) · Alpha\/0/);
    await screenshot(at.page, "artefacts/advisory.png");
  });

  it("shows a station's weather and telemetry with the last day of each", async () => {
    await at.page.locator('tr[data-subject="call:PA3WX"]').click();
    await at.page.locator('[data-field="A1"] .spark').waitFor();
    const text = await at.page.locator(".detail").innerText();
    assert.match(text, /Temperature\s+7\.4 °C\s+\d+ s · Alpha\/0/);
    assert.match(text, /Battery\s+13\.4 V[\s\S]*A2\s+118 as sent[\s\S]*Door\s+open/);
    assert.equal(await at.page.locator(".spark").count(), 7);
    assert.match(
      await at.page.locator('[data-field="temperature_c"] .spark').getAttribute("aria-label"),
      /^Temperature over 24 h 00: 4\.4 to 10\.4$/,
    );
    await screenshot(at.page, "artefacts/weather.png");
  });

  it("is worked with keys: / filters, arrows select, Esc steps back", async () => {
    await at.page.keyboard.press("Escape");
    assert.equal(await at.page.locator(".detail").count(), 0);
    await at.page.keyboard.press("/");
    await at.page.keyboard.type("stena");
    await at.page.waitForFunction(() => document.querySelectorAll("tbody tr[data-subject]").length === 3); // and the two alarms
    await at.page.keyboard.press("ArrowDown");
    await at.page.keyboard.press("ArrowDown");
    await at.page.keyboard.press("ArrowDown");
    await at.page.locator('.detail[data-subject="mmsi:245123000"]').waitFor();
    await at.page.keyboard.press("Escape");
    await at.page.keyboard.press("Escape");
    assert.equal(await at.page.locator("input").inputValue(), "");
  });

  it("draws an old track faint and keeps it where it was last reported", async () => {
    const before = await drawn(at.page, "icao:4ca9d1");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const later = await drawn(at.page, "icao:4ca9d1");
    assert.ok(distance(before, later) < 1);
    assert.match((await at.page.locator('tr[data-subject="icao:4ca9d1"]').getAttribute("class")) ?? "", /stale/);
  });

  it("passes the accessibility rules", async () => {
    const { violations } = await new AxeBuilder({ page: at.page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(found, []);
  });

  it("asks for a new snapshot after a gap in the numbers and after garbage", { timeout: 60_000 }, async () => {
    const reopened = async (count) => {
      while (at.fixture.opened < count) await at.page.waitForTimeout(100);
      await linkIs(at.page, "live");
    };
    const before = at.fixture.opened;
    at.fixture.skipSeq();
    await reopened(before + 1);
    at.fixture.sendGarbage("not json");
    await reopened(before + 2);
    at.fixture.sendGarbage('{"type":"delta","seq":"x"}');
    await reopened(before + 3);
    assert.ok(20 < (await at.page.evaluate(() => window.vtocTest.trackCount())));
  });

  it("says when the link is lost, keeps the last picture, and comes back by itself", async () => {
    at.fixture.cut();
    await linkIs(at.page, "offline");
    await at.page.waitForTimeout(700);
    assert.match(await at.page.locator(".header-link").innerText(), /Offline/);
    assert.match(await at.page.locator(".app-frozen").innerText(), /Not live: this is the picture of \d\d:\d\d:\d\dZ/);
    assert.ok(20 < (await at.page.evaluate(() => window.vtocTest.trackCount())));
    await screenshot(at.page, "artefacts/offline.png");
    at.fixture.mend();
    await linkIs(at.page, "live");
  });

  it("polls where streams are refused", async () => {
    at.fixture.refuseStreams();
    await linkIs(at.page, "polling");
    const before = await drawn(at.page, SUBJECT);
    await at.page.waitForTimeout(5_000);
    assert.ok(500 < distance(before, await drawn(at.page, SUBJECT)));
  });

  it("asked nobody but its own server", () => {
    assert.deepEqual(foreignRequests(at.url, at.opened.requests), []);
    assert.ok(at.opened.requests.some((request) => request.startsWith("ws://")));
  });
});

describe("an empty sky", () => {
  const at = withPage({ scenario: "empty" });

  it("says so, with the state of the stations, and shows nothing else", async () => {
    await at.page.locator(".empty li").first().waitFor();
    const text = await at.page.locator(".empty").innerText();
    assert.match(text, /No tracks heard yet/);
    assert.match(text, /Alpha online/);
    assert.equal(await at.page.evaluate(() => window.vtocTest.drawnCount()), 0);
    await screenshot(at.page, "artefacts/empty.png");
    const variance = await mapVariance(at.page);
    assert.ok(MIN_MAP_VARIANCE < variance, `the basemap is nearly blank: ${variance}`);
  });

  it("gives way to the first track, and comes back when the last is gone", async () => {
    at.fixture.change("sky");
    await at.page.locator(`tr[data-subject="${SUBJECT}"]`).waitFor();
    assert.equal(await at.page.locator(".empty").count(), 0);
    at.fixture.change("empty");
    await at.page.locator(".empty").waitFor();
  });
});

describe("a phone", () => {
  const at = withPage({ scenario: "sky" }, { width: 390, height: 844, ratio: 2 });

  it("has map and list, and nothing sticks out", async () => {
    await at.page.locator(`tr[data-subject="${SUBJECT}"]`).waitFor();
    await at.page.waitForTimeout(700);
    const wide = await at.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} px wide`);
    await screenshot(at.page, "artefacts/phone.png");
    await at.page.locator("tbody tr[data-subject]").nth(1).click();
    await at.page.locator(".detail").waitFor();
    await screenshot(at.page, "artefacts/phone-detail.png");
  });
});

describe("ten thousand tracks", () => {
  const at = withPage({ scenario: "crowd", count: 10_000 });

  it("are drawn, listed by the screenful, and searched", async () => {
    await at.page.waitForFunction(() => window.vtocTest.trackCount() === 10_000);
    await at.page.waitForFunction(() => 1_000 < window.vtocTest.drawnCount());
    assert.ok((await at.page.locator("tbody tr[data-subject]").count()) < 60);
    await at.page.keyboard.press("/");
    await at.page.keyboard.type("tst9999");
    await at.page.waitForFunction(() => document.querySelectorAll("tbody tr[data-subject]").length === 1);
    await screenshot(at.page, "artefacts/crowd.png");
    assert.deepEqual(at.opened.errors, []);
  });
});
