import assert from "node:assert/strict";
import { ide } from "./ide.mjs";
import { openRun, settled, textInLog, textLongerThan, textOf, unharmed, watched } from "./page.mjs";

// A browser opens six connections to one server; each live tab wants one of its own.
const TABS = 8;
const it = ide({ tokensPerSecond: 15 });

it.test("eight tabs on one run show the same text to its end", "slow.lua", async (page) => {
  const id = await openRun(page);
  const others = await Promise.all(
    Array.from({ length: TABS - 1 }, async () => {
      const tab = await watched(await page.context().newPage(), it.server.origin);
      await tab.goto(page.url());
      return tab;
    }),
  );
  const tabs = [page, ...others];
  await Promise.all(tabs.map((tab) => textLongerThan(tab, 20)));
  const running = await page.locator(".status.running").count();
  assert.ok(running > 0, "the run ended before every tab had seen of it");
  // And none stands still while the others go on.
  const lengths = await Promise.all(tabs.map(async (tab) => (await textOf(tab)).length));
  await Promise.all(tabs.map((tab, at) => textLongerThan(tab, lengths[at])));
  await Promise.all(tabs.map((tab) => settled(tab, "completed")));
  const said = await textInLog(page, id);
  for (const tab of tabs) {
    assert.equal(await textOf(tab), said);
    await unharmed(tab);
  }
});

it.test("a run that has ended is asked for no more", "story.lua", async (page) => {
  await openRun(page);
  await settled(page, "completed");
  const tab = await watched(await page.context().newPage(), it.server.origin);
  let asked = 0;
  for (const one of [page, tab]) {
    one.on("request", (request) => {
      if (request.url().includes("/events")) asked++;
    });
  }
  await tab.goto(page.url());
  await settled(tab, "completed");
  // Its place among the live tabs is given up, which a browser does a moment later.
  await tab.waitForFunction(async () => {
    const { held, pending } = await navigator.locks.query();
    return held.length + pending.length === 0;
  });
  assert.equal(asked, 1);
});
