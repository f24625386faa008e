// Tries the pages of `cargo run -p raddle --example pages` in Chromium; called by `.ci/page`.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [folder, shots] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "raddle-page-"));
const args = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
let profiles = 0;

/** Opens a page in a browser of its own, and notes what goes wrong in it and what it asks for. */
const open = async (name, hash = "", options = {}) => {
  const own = path.join(profile, String((profiles += 1)));
  const viewport = { width: 1280, height: 900 };
  const context = await chromium.launchPersistentContext(own, {
    executablePath: process.env.CHROMIUM, headless: true, args, viewport, ...options,
  });
  const page = await context.newPage();
  const url = pathToFileURL(path.join(folder, `${name}.html`)).href;
  page.on("pageerror", (error) => assert.fail(`${name}: ${error}`));
  page.on("console", (message) => assert.notEqual(message.type(), "error", `${name}: ${message.text()}`));
  page.on("request", (request) => assert.equal(request.url().split("#")[0], url, "the page loads something"));
  await page.goto(url + hash);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("body[data-ready]");
  page.url_ = url;
  return page;
};
const close = (page) => page.context().close();
const selected = (page) => page.evaluate(() => {
  const active = document.getElementById("scroll").getAttribute("aria-activedescendant");
  const row = document.querySelector("[role=option][aria-selected=true]");
  return row && row.id === active ? Number(row.dataset.step) : `${row && row.id} and not ${active}`;
});
/** What `ask` answers must become `wanted`: links are followed, and clipboards filled, after a click has returned. */
const becomes = async (page, ask, wanted, why) => {
  const until = Date.now() + 5000;
  let now = await ask();
  while (now !== wanted && Date.now() < until) {
    await page.waitForTimeout(20);
    now = await ask();
  }
  assert.equal(now, wanted, why);
};
const at = (page, step, why) => becomes(page, () => selected(page), step, why);
const press = (page, ...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const shown = (page) => page.$$eval("[role=option]", (rows) => rows.map((row) => Number(row.dataset.step)));
const object = (page, name) => page.$$eval("#objects tbody tr", (rows, wanted) => {
  const row = rows.find((one) => one.textContent.includes(wanted));
  return row && [...row.querySelectorAll("td")].map((cell) => cell.textContent);
}, name);

const tests = {
  async "keys step through the execution"() {
    const page = await open("deadlock");
    await at(page, 8, "it begins at the end");
    await press(page, "ArrowUp");
    await at(page, 7);
    await becomes(page, () => page.evaluate(() => location.hash), "#step=7");
    await press(page, "ArrowLeft", "ArrowDown", "ArrowRight");
    await at(page, 8);
    await press(page, "ArrowDown");
    await at(page, 8, "there is nothing behind the last step");
    await press(page, "Home");
    await at(page, 1);
    await press(page, "]");
    await at(page, 4, "another thread goes on at step 4");
    await press(page, "Shift+ArrowDown");
    await at(page, 8, "the next step of that thread");
    await press(page, "Shift+ArrowUp", "[", "End");
    await at(page, 8);
    await close(page);
  },

  async "clicks and links choose steps"() {
    const page = await open("deadlock");
    // A slow click: rows change under the pointer between press and release.
    for (const step of [5, 2, 6]) {
      await page.hover(`#step-${step}`);
      await page.mouse.down();
      await page.waitForTimeout(60);
      await page.mouse.up();
      await at(page, step);
    }
    await page.click("#parts li:nth-child(3) a");
    await at(page, 3, "main locked `savings` there");
    await page.click("#forward");
    await at(page, 4);
    await page.click("#first");
    await at(page, 1);
    const target = await page.getAttribute("#step-panel a", "href");
    await page.click("#step-panel a");
    const step = Number(target.replace("#step=", ""));
    assert.notEqual(step, 1, "the link leads to another step");
    await at(page, step, target);
    await close(page);
  },

  async "an address names a step"() {
    for (const [hash, step] of [["#step=3", 3], ["#step=999", 8], ["#step=0", 1], ["#nonsense", 8]]) {
      const page = await open("deadlock", hash);
      await at(page, step, hash);
      await page.goto(`${page.url_}#step=2`);
      await at(page, 2);
      await close(page);
    }
  },

  async "objects are as they were at the step"() {
    const page = await open("deadlock", "#step=3");
    assert.deepEqual(await object(page, "savings"), ["", "main", ""]);
    assert.deepEqual(await object(page, "checking"), ["", "", ""]);
    assert.deepEqual((await object(page, "audits"))[0], "0");
    await press(page, "ArrowDown", "ArrowDown");
    assert.deepEqual(await object(page, "checking"), ["", "t1 `payback`", "main"]);
    assert.deepEqual(await object(page, "savings"), ["", "main", "t1 `payback`"]);
    assert.deepEqual((await object(page, "audits"))[0], "1");
    await close(page);
    const channel = await open("wakeup", "#step=2");
    assert.match((await object(channel, "channel"))[0], /1 message/);
    await close(channel);
  },

  async "pointing at a step shows what is ordered with it"() {
    const page = await open("race");
    await page.hover("#step-2");
    const classes = await page.$$eval("[role=option]", (rows) => rows.map((row) => row.className.replace(/row|selected/g, "").trim()));
    assert.deepEqual(classes, ["before", "", "after", "aside", "aside"], "the race is not ordered");
    assert.match(await page.textContent("#step-panel"), /races with step 2/);
    await close(page);
    const safe = await open("wakeup", "#step=3");
    assert.match(await safe.textContent("#step-panel"), /reads from step 2/);
    assert.ok((await safe.$$(".arrow.order")).length > 0 && (await safe.$$(".arrow.reads")).length === 1);
    await close(safe);
  },

  async "old values are told"() {
    const page = await open("stale");
    assert.match(await page.textContent("#step-panel"), /read the old text = 0.*; the newer text = 42/);
    assert.deepEqual((await object(page, "text"))[0], "42", "the newest value is another one");
    await close(page);
  },

  async "filters leave the rest out"() {
    const page = await open("deadlock");
    await page.selectOption("#by-thread", { label: "t2 `auditor`" });
    assert.deepEqual(await shown(page), [5, 6]);
    assert.match(await page.textContent("#place"), /2 shown/);
    await press(page, "Tab");
    await page.click("#clear");
    assert.equal((await shown(page)).length, 8);
    await page.selectOption("#by-object", { label: "mutex `checking`" });
    assert.deepEqual(await shown(page), [4, 7]);
    await page.focus("#scroll");
    await press(page, "Escape");
    assert.equal((await shown(page)).length, 8);
    await press(page, "/");
    await page.keyboard.type("fetch_add");
    assert.deepEqual(await shown(page), [5, 6]);
    await press(page, "Escape", "Home");
    await at(page, 1, "after Escape the keys step again");
    await close(page);
  },

  async "the token and the command are copied"() {
    const page = await open("deadlock", "", { permissions: ["clipboard-read", "clipboard-write"] });
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.click("#copy-token");
    await page.waitForFunction(() => document.getElementById("told").textContent === "copied");
    const token = await clipboard();
    assert.match(token, /^rd1-[0-9a-z-]+$/);
    await page.focus("#copy-command");
    await press(page, "Enter");
    await becomes(page, clipboard, `cargo raddle replay ${token}`);
    await close(page);
  },

  async "zooming keeps the step"() {
    const page = await open("deadlock", "#step=4");
    const level = () => page.getAttribute("#scroll", "data-zoom").then(Number);
    const before = await level();
    await press(page, "+");
    assert.equal(await level(), before + 1);
    await at(page, 4);
    await press(page, ..."------");
    assert.equal(await level(), 0, "the smallest shows dots alone");
    await at(page, 4);
    await page.click("#wider");
    assert.equal(await level(), 1);
    await close(page);
  },

  async "the keyboard is enough"() {
    const page = await open("stale");
    const seen = new Set();
    for (let i = 0; i < 40; i += 1) {
      await press(page, "Tab");
      seen.add(await page.evaluate(() => document.activeElement.id));
    }
    for (const id of ["copy-command", "copy-token", "first", "wider", "by-thread", "by-text", "scroll"]) {
      assert.ok(seen.has(id), `Tab does not come to ${id}`);
    }
    const nameless = await page.$$eval("button, select, input", (all) => all
      .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.closest("label")))
      .map((one) => one.outerHTML));
    assert.deepEqual(nameless, []);
    await close(page);
  },

  async "5,000 steps stay small"() {
    const size = fs.statSync(path.join(folder, "long.html")).size;
    assert.ok(size < 1_000_000, `the page has ${size} bytes`);
    const page = await open("long", "#step=2500");
    await at(page, 2500);
    await press(page, "Home");
    await at(page, 1);
    await press(page, "End", "PageUp");
    const nodes = await page.evaluate(() => document.querySelectorAll("#explorer *").length);
    assert.ok(nodes < 2_000, `${nodes} elements are shown at once`);
    const text = await page.textContent("#place");
    assert.match(text, /of 5,000/);
    await page.fill("#by-text", "join");
    assert.equal((await shown(page)).length, 3);
    await close(page);
  },

  async "without JavaScript there is a table"() {
    for (const name of ["deadlock", "long"]) {
      const page = await open(name, "", { javaScriptEnabled: false });
      const rows = page.locator("#steps tbody tr");
      assert.equal(await rows.count(), name === "long" ? 5000 : 8);
      assert.ok(await rows.first().isVisible() && !(await page.locator("#explorer").isVisible()));
      assert.ok(!(await page.locator("#copy-token").isVisible()));
      await close(page);
    }
  },

  async "it fits narrow screens and follows the colours of the system"() {
    const grounds = new Set();
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [320, 390, 768]) {
        for (const name of ["deadlock", "race", "stale", "wakeup", "long"]) {
          const page = await open(name, "", { viewport: { width, height: 800 }, colorScheme });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${name} is ${wide} wide on ${width}`);
          grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
          await close(page);
        }
      }
    }
    assert.equal(grounds.size, 2);
  },
};

const screenshots = async () => {
  fs.mkdirSync(shots, { recursive: true });
  for (const name of ["deadlock", "race", "stale", "wakeup", "long"]) {
    for (const [look, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 844 } }]]) {
      const page = await open(name, "", options);
      await page.screenshot({ path: path.join(shots, `${name}-${look}.png`), fullPage: look === "narrow" });
      await close(page);
    }
  }
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${name}\n${error.stack}`);
  }
}
if (shots) await screenshots();
fs.rmSync(profile, { recursive: true, force: true });
console.log(`${Object.keys(tests).length - failed} of ${Object.keys(tests).length} tests of the page passed`);
process.exit(failed ? 1 : 0);
