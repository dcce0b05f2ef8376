// A real Chromium on the page of the IDE, or on the bare one: `node page.mjs WHAT ADDRESS …`.
// The last line out is what was measured, as JSON; "running" comes before it when a run has begun.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(new URL("../ide_backend/frontend/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const KEY_MS = 80; // between two keys: about 150 words a minute
const PATIENCE_MS = 300_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
];

/** In the page: how many ms ago each stamp was sent when it came into the text node. */
function watchStamps(selector) {
  window.ages = [];
  let seen = 0;
  new MutationObserver(() => {
    const now = performance.timeOrigin + performance.now();
    const text = document.querySelector(selector)?.textContent ?? "";
    const end = text.lastIndexOf(" ") + 1;
    for (const stamp of text.slice(seen, end).split(" ")) {
      if (/^\d{13}\.\d$/.test(stamp)) window.ages.push(now - Number(stamp));
    }
    seen = Math.max(seen, end);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/** In the page: each key's way to the frame that shows it, in ms. */
function watchKeys() {
  window.keys = [];
  addEventListener(
    "keydown",
    ({ timeStamp }) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel(); // its task comes after the frame is drawn
        port1.onmessage = () => window.keys.push(performance.now() - timeStamp);
        port2.postMessage(null);
      });
    },
    true,
  );
}

/** The longest task of a page's main thread while `doing`, in ms: of its processor and of the wall. */
async function longestTask(page, doing) {
  const cdp = await page.context().newCDPSession(page);
  const longest = { cpu: 0, wall: 0 };
  const main = new Set();
  const tasks = [];
  cdp.on("Tracing.dataCollected", ({ value }) => {
    for (const { name, args, pid, tid, dur, tdur } of value) {
      if (name === "thread_name" && args.name === "CrRendererMain") main.add(`${pid} ${tid}`);
      if (name === "RunTask" && dur > 1_000) tasks.push([`${pid} ${tid}`, tdur ?? dur, dur]);
    }
  });
  const includedCategories = ["disabled-by-default-devtools.timeline"];
  const traceConfig = { includedCategories, excludedCategories: ["*"] };
  await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await doing();
  const complete = new Promise((resolve) => cdp.once("Tracing.tracingComplete", resolve));
  await cdp.send("Tracing.end");
  await complete;
  for (const [, cpu, wall] of tasks.filter(([thread]) => main.has(thread))) {
    longest.cpu = Math.max(longest.cpu, cpu / 1e3);
    longest.wall = Math.max(longest.wall, wall / 1e3);
  }
  if (!longest.wall) throw new Error("the browser told of no task of the page");
  return longest;
}

async function openIde(page, address) {
  await page.goto(address);
  await page.getByText("story.lua", { exact: true }).first().click();
  await page.locator(".cm-content").waitFor();
}

async function run(page) {
  await page.keyboard.press("Control+Enter");
  await page.locator("article.turn").first().waitFor();
  console.log("running");
}

function length(page) {
  return page.evaluate(() => document.querySelector(".model-text")?.textContent.length ?? 0);
}

async function type(page, until) {
  const keys = ["Enter", ..."-- a calm sea, and the light of a lamp far out on the water"];
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  for (let number = 0; !(await until(number)); number++) {
    const due = performance.now() + KEY_MS;
    await page.keyboard.press(keys[number % keys.length]);
    await sleep(Math.max(0, due - performance.now()));
  }
  await sleep(500);
}

const measured = {
  async stamps(page, address, count) {
    await openIde(page, address);
    await page.evaluate(watchStamps, ".model-text");
    await run(page);
    await page.waitForFunction((all) => window.ages.length >= all, Number(count), { timeout: 0 });
    return page.evaluate(() => window.ages);
  },
  async bare(page, address, count, gap) {
    await page.addInitScript(watchStamps, "#text");
    await page.goto(`${address}/#${count}/${gap}`);
    await page.waitForFunction((all) => window.ages.length >= all, Number(count), { timeout: 0 });
    return page.evaluate(() => window.ages);
  },
  async typing(page, address, whole, last, keys) {
    await openIde(page, address);
    await page.evaluate(watchKeys);
    const keysOf = () => page.evaluate(() => window.keys.splice(0));
    const before = await longestTask(page, () => type(page, (number) => number >= Number(keys)));
    const keysBefore = await keysOf();
    await run(page);
    const reading = await longestTask(page, async () => {
      while ((await length(page)) < Number(whole) - Number(last)) await sleep(200);
    });
    const complete = async (number) => number % 10 === 9 && (await length(page)) >= Number(whole);
    const during = await longestTask(page, () => type(page, complete));
    const keysDuring = await keysOf();
    const text = await page.evaluate(() => document.querySelector(".model-text").textContent);
    return { before, keysBefore, reading, during, keysDuring, text };
  },
};

setTimeout(() => {
  throw new Error("the browser did not come to an end");
}, PATIENCE_MS).unref();

const [what, ...given] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
  page.setDefaultTimeout(30_000);
  console.log(JSON.stringify(await measured[what](page, ...given)));
} finally {
  await browser.close();
}
