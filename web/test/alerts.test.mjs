/** Alerts, logging out and in, in a real browser against the fixture server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { foreignRequests, openPage, POLLING, screenshot, waitForMap } from "./lib/browser.mjs";
import { Fixture } from "./lib/fixture.mjs";

const axe = async (page, part) => (await new AxeBuilder({ page }).include(part).analyze()).violations;

function withPage(options, size) {
  const at = { fixture: null, opened: null, page: null, url: "" };
  before(async () => {
    at.fixture = new Fixture(options);
    at.url = await at.fixture.listen();
    at.opened = await openPage(at.url, size);
    at.page = at.opened.page;
    await waitForMap(at.page);
  });
  after(async () => {
    await at.opened?.close();
    await at.fixture?.close();
  });
  return at;
}

const banner = (page) => page.locator(".alert-banner");

describe("a distress", () => {
  const at = withPage({ scenario: "sky", login: "anna" });

  it("is told over the whole page while the panel is closed, and in the title, until somebody acknowledges it", async () => {
    const { page, fixture } = at;
    await page.getByRole("button", { name: "Alerts 0" }).waitFor();
    assert.equal(await banner(page).count(), 0);
    const id = fixture.alerts.raise("mmsi:972000001");
    await banner(page).waitFor();
    assert.match(await banner(page).innerText(), /1 unacknowledged[\s\S]*man overboard · 972000001/);
    await page.waitForFunction(() => document.title.startsWith("(1 unacknowledged) vTOC"), null, POLLING);
    assert.equal(await page.locator(".app-alerts-button").getAttribute("data-waiting"), "true");
    assert.deepEqual(await axe(page, ".alert-banner"), []);
    await screenshot(page, "artefacts/alert-banner.png");
    await page.getByRole("button", { name: /^Acknowledge/ }).click();
    await banner(page).waitFor({ state: "detached" });
    await page.waitForFunction(() => !document.title.includes("unacknowledged"), null, POLLING);
    assert.equal(fixture.alerts.get(id).acknowledged_by, "operator:anna");
  });

  it("of somebody on the map shows the track; of somebody who is not heard any more, the place", async () => {
    const { page, fixture } = at;
    fixture.alerts.raise("icao:406a3d", { kind: "emergency", cause: "general", rule: "Emergency" });
    await banner(page)
      .getByRole("button", { name: /^general · 406A3D/ })
      .click();
    await page.locator(".app-detail").waitFor();
    await page.keyboard.press("Escape");
    fixture.alerts.raise("mmsi:972000009", { place: [-33.5, 151.2] });
    await banner(page)
      .getByRole("button", { name: /972000009/ })
      .first()
      .click();
    await page.waitForFunction(() => window.vtocTest.drawnCount() === 0, null, POLLING);
  });

  it("is listed by state, resolved with a reason, all by keyboard", async () => {
    const { page, fixture } = at;
    await page.locator(".app-alerts-button").focus();
    await page.keyboard.press("Enter");
    await page.locator(".alerts").waitFor();
    await page.getByRole("tab", { name: /Open 2/ }).waitFor();
    assert.deepEqual(await axe(page, ".alerts"), []);
    await screenshot(page, "artefacts/alerts.png");
    await page.getByRole("tab", { name: /Open/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.locator(".alert", { hasText: "Acknowledged by operator:anna" }).waitFor();
    const resolve = page.locator(".alert").getByRole("button", { name: "Resolve …" });
    await resolve.focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Why it is over").fill("picked up by the lifeboat");
    await page.keyboard.press("Enter");
    await page.getByText("Nobody is taking care of anything.").waitFor();
    assert.equal(fixture.alerts.get(1).note, "picked up by the lifeboat");
    await page.getByRole("tab", { name: "Resolved" }).click();
    await page.locator(".alert", { hasText: "picked up by the lifeboat" }).waitFor();
  });

  it("shows the rules, asks before one of distress is switched off, and tests one on the past", async () => {
    const { page } = at;
    await page.getByRole("tab", { name: "Rules" }).click();
    const rule = page.locator(".alert", { hasText: "Distress at sea" });
    await rule.getByRole("checkbox").click();
    await rule.getByText("Nobody will be told of a distress").waitFor();
    assert.equal(await rule.getByRole("checkbox").isChecked(), true);
    await rule.getByRole("button", { name: "Keep it on" }).click();
    await page.locator(".alert", { hasText: "Station silent" }).getByRole("checkbox").click();
    await page.locator(".alert", { hasText: "Station silent" }).getByText("Off").waitFor();
    await rule.getByRole("button", { name: /Test on the last/ }).click();
    await rule.getByText("Would have raised 1 of 1,234 events").waitFor();
    assert.deepEqual(await axe(page, ".alerts"), []);
    await screenshot(page, "artefacts/alert-rules.png");
  });

  it("says that its list is not live while the link is down, and is live again by itself", async () => {
    const { page, fixture } = at;
    await page.getByRole("tab", { name: /Open/ }).click();
    fixture.cut();
    await page.locator(".alerts-warning", { hasText: "Not live: as it was" }).waitFor();
    await page.locator(".app-alerts-button", { hasText: "not live" }).waitFor();
    assert.equal(await banner(page).count(), 1, "what was not acknowledged stays in sight");
    await banner(page)
      .getByRole("button", { name: /^Acknowledge/ })
      .first()
      .click();
    await banner(page).getByText("No answer from the server").waitFor();
    await screenshot(page, "artefacts/alerts-offline.png");
    fixture.mend();
    fixture.alerts.raise("mmsi:970000005", { cause: "sart" });
    await page.locator(".alert", { hasText: "SART active · 970000005" }).waitFor();
    await page.locator(".alerts-warning").waitFor({ state: "detached" });
  });

  it("makes no sound unless it is switched on, and remembers that", async () => {
    const { page } = at;
    const sound = page.getByRole("checkbox", { name: "Sound" });
    assert.equal(await sound.isChecked(), false);
    await sound.check();
    assert.equal(await page.evaluate(() => localStorage.getItem("vtoc.alerts.sound")), "on");
    await sound.uncheck();
    assert.deepEqual(foreignRequests(at.url, at.opened.requests), []);
  });
});

describe("a session", () => {
  const at = withPage({ scenario: "sky", login: "anna" });

  it("is shown, and ends when asked to", async () => {
    const { page, fixture } = at;
    await page.getByTitle(/Logged in as anna: commander, sees ops/).waitFor();
    assert.deepEqual(await axe(page, ".app-top"), []);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    assert.ok(fixture.seen.some((line) => line.startsWith("/api/v1/auth/logout") && line.includes('"x-csrf-token":"csrf"')));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("dialog", { name: "Log in" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("of nobody sees a distress and cannot acknowledge it", async () => {
    at.fixture.alerts.raise("mmsi:972000002");
    await banner(at.page).getByText("Acknowledging needs an operator's login").waitFor();
    assert.equal(await at.page.getByRole("button", { name: /^Acknowledge/ }).count(), 0);
  });
});

describe("alerts on a telephone", () => {
  const at = withPage({ scenario: "sky", login: "anna" }, { width: 390, height: 844 });

  it("fit: the bar, the panel, nothing beside the screen", async () => {
    const { page, fixture } = at;
    for (const number of [1, 2, 3, 4, 5]) fixture.alerts.raise(`mmsi:97200000${number}`);
    await banner(page).getByRole("button", { name: "and 2 more" }).waitFor();
    await screenshot(page, "artefacts/alert-banner-phone.png");
    await banner(page).getByRole("button", { name: "and 2 more" }).click();
    await page.locator(".alert").nth(4).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} px wide`);
    await screenshot(page, "artefacts/alerts-phone.png");
  });
});
