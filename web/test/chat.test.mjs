/** The chat panel of the console and the widget for other pages, in a real browser against the fixture server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { foreignRequests, openPage, screenshot } from "./lib/browser.mjs";
import { Fixture } from "./lib/fixture.mjs";

describe("the chat", () => {
  const at = { fixture: null, opened: null, url: "" };
  before(async () => {
    at.fixture = new Fixture({ scenario: "sky", login: "anna" });
    at.url = await at.fixture.listen();
    at.opened = await openPage(at.url);
  });
  after(async () => {
    await at.opened?.close();
    await at.fixture?.close();
  });

  it("tells what is unread, shows a channel, and marks it read", async () => {
    const { page } = at.opened;
    const button = page.getByRole("button", { name: "Chat 2" });
    await button.waitFor();
    await button.click();
    await page.locator(".chat-messages li").nth(1).waitFor();
    assert.equal(await page.locator(".chat h2").innerText(), "KP4-S1");
    assert.equal(await page.locator(".chat-messages strong").innerText(), "up");
    assert.equal(await page.locator(".chat-messages code").innerText(), "icao:406a3d");
    assert.equal(await page.locator(".chat-channels .chat-badge").count(), 0);
    at.fixture.chat.say(1, "For everybody");
    await page.locator(".chat-channels .chat-badge").waitFor();
    const found = await new AxeBuilder({ page }).include(".chat").analyze();
    assert.deepEqual(found.violations, []);
  });

  it("posts, shows the agent's answer as text, and its thread", async () => {
    const { page } = at.opened;
    const speak = async (text) => {
      await page.getByRole("textbox", { name: "Message", exact: true }).fill(text);
      await page.keyboard.press("Enter");
    };
    await speak("/refuse me");
    await page.locator(".chat-speak [role=alert]").waitFor();
    assert.match(await page.locator(".chat-speak [role=alert]").innerText(), /Too many requests/);
    await speak("/help");
    const answer = page.locator('.chat-messages li[data-author="agent"]');
    await answer.waitFor();
    assert.match(await answer.innerText(), /<img src=x onerror=alert\(1\)>/);
    assert.equal(await page.locator(".chat img").count(), 0, "what people write never becomes HTML");
    await screenshot(page, "artefacts/chat.png");
    await answer.getByRole("button", { name: "thread" }).click();
    await page.getByRole("button", { name: "Leave thread" }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll(".chat-messages li").length === 1);
    await speak("In the thread");
    await page.waitForFunction(() => document.querySelectorAll(".chat-messages li").length === 2);
    assert.equal(at.fixture.chat.messages.at(-1).thread_id, 7);
  });

  it("begins a thread, reacts and finds, by keyboard", async () => {
    const { page } = at.opened;
    await page.getByRole("button", { name: "Leave thread" }).click();
    await page.getByRole("button", { name: "New thread" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Title of the thread").fill("Tow to Scheveningen");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Leave thread" }).waitFor();
    assert.equal(await page.getByLabel("Thread", { exact: true }).locator("option:checked").innerText(), "Tow to Scheveningen");
    await page.getByRole("button", { name: "Leave thread" }).click();
    const first = page.locator(".chat-messages li").first();
    await first.getByRole("button", { name: "React", exact: true }).click();
    await first.getByRole("button", { name: "React with 👍" }).click();
    await first.getByRole("button", { name: "👍 by operator:anna", pressed: true }).waitFor();
    await first.getByRole("button", { name: "👍 by operator:anna" }).click();
    await first.getByRole("button", { name: "👍 by operator:anna" }).waitFor({ state: "detached" });
    await page.getByLabel("Search messages").fill("For everybody");
    await page.keyboard.press("Enter");
    const found = page.locator(".chat-messages li", { hasText: "For everybody" });
    await found.waitFor();
    await screenshot(page, "artefacts/chat-search.png");
    await found.getByRole("button", { name: "Go there" }).click();
    await page.waitForFunction(() => document.querySelector(".chat h2").textContent === "General");
    assert.equal(await page.locator(".chat-new").count(), 1, "where reading stopped");
    const axe = await new AxeBuilder({ page }).include(".chat").analyze();
    assert.deepEqual(axe.violations, []);
    await page.getByRole("button", { name: "# KP4-S1" }).click();
    await page.locator(".chat-messages li").nth(1).waitFor();
  });

  it("answers a playbook that asks", async () => {
    const { page } = at.opened;
    at.fixture.chat.say(2, "**wipe** asks before it begins", { kind: "agent", name: "wipe", attachment: { confirm_run_id: 12 } });
    await page.getByRole("button", { name: "Confirm run 12" }).click();
    await page.locator(".chat-messages li", { hasText: "/confirm 12" }).waitFor();
  });

  it("misses nothing when the feed breaks", async () => {
    const { page } = at.opened;
    at.fixture.chat.cut();
    at.fixture.chat.say(2, "Said meanwhile", { thread_id: 7 });
    await page.locator(".chat-messages li", { hasText: "Said meanwhile" }).waitFor();
    assert.deepEqual(foreignRequests(at.url, at.opened.requests), []);
  });
});

describe("the widget in a page of somebody's own", () => {
  const at = { fixture: null, opened: null, url: "" };
  const PAGE = `<!doctype html><title>Theirs</title><body style="height: 400px; width: 360px"><script>window.vtocTest = {}</script>
    <script src="/widget.js"></script><chatkit-assistant data-api-key="secret-key" data-org-id="pr-cybr" data-default-station="toc-s1"
    data-actions-endpoint="/api/v1/agent-actions/execute"></chatkit-assistant>`;
  before(async () => {
    at.fixture = new Fixture({ scenario: "sky", login: "anna", pages: { "/theirs.html": PAGE } });
    at.url = await at.fixture.listen();
    at.opened = await openPage(`${at.url}theirs.html`, { width: 400, height: 440 });
  });
  after(async () => {
    await at.opened?.close();
    await at.fixture?.close();
  });

  it("shows the station's channel, posts, and hears answers", async () => {
    const { page } = at.opened;
    const widget = page.locator("chatkit-assistant");
    await widget.getByText("Station up").waitFor();
    assert.match(await widget.locator("header").innerText(), /# KP4-S1\s*pr-cybr/);
    await widget.getByRole("textbox").fill("/help");
    await page.keyboard.press("Enter");
    await widget.locator('li[data-author="agent"]').waitFor();
    assert.equal(await widget.locator("img").count(), 0);
    await screenshot(page, "artefacts/widget.png");
    // The page's own program may name another channel.
    await page.evaluate(() => {
      const element = document.querySelector("chatkit-assistant");
      element.dataset.telemetryChannel = "general";
    });
    await widget.getByText("# General").waitFor();
  });

  it("asks nobody else, and sends no key", () => {
    assert.deepEqual(foreignRequests(at.url, at.opened.requests), []);
    assert.ok(at.fixture.seen.every((text) => !text.includes("secret-key")));
    assert.ok(5 < at.fixture.seen.length);
  });
});
