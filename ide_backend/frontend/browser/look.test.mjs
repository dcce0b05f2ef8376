import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES, ide } from "./ide.mjs";
import { openRun, picture, run, settled, textLongerThan, violations } from "./page.mjs";

const LONG = "a-name-that-is-much-too-long-for-a-narrow-page-and-has-no-place-to-break";
const it = ide({
  files: {
    ...FILES,
    "many.lua":
      'input { topic = field.string{description = "What the story is about", required = true},\n' +
      "  words = field.integer{default = 80, minimum = 1, maximum = 500},\n" +
      '  style = field.string{default = "calm", enum = {"calm", "wild"}},\n' +
      "  loud = field.boolean{default = false} }\n" +
      'Log.info("begins")\nlocal a = Agent { model = "demo/fast" }\n' +
      'return { story = a("About " .. input.topic).response }\n',
    [`folder/${LONG}.lua`]: "return { said = 1 }\n",
    "broken.lua": "return {\n",
  },
  tokensPerSecond: 25,
});

const openFile = (page, name) =>
  page.getByRole("navigation", { name: "Files" }).getByRole("link", { name }).click();
const closeDialog = async (page) => {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
};

/** Go through every state of the page; `look` is called in each with its name. */
async function everyState(page, theme, look) {
  await look("editor");
  await run(page);
  await look("waiting");
  await textLongerThan(page, 60);
  await look("running");
  await page.keyboard.press("Control+.");
  await settled(page, "stopped");
  await look("stopped");

  await openFile(page, "many.lua");
  await page.getByLabel(/topic/).waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByText("topic is required").waitFor();
  await look("inputs");
  await page.getByLabel(/topic/).fill("the sea");
  const completed = await openRun(page);
  await settled(page, "completed");
  await page.getByText("First token").waitFor();
  await look("run");
  await page.getByRole("button", { name: "Raw events" }).click();
  await look("raw-events");
  await page.getByRole("button", { name: "Source" }).click();
  await page.locator(".cm-content").waitFor();
  await look("source");
  await page.getByRole("button", { name: "Delete" }).click();
  await look("delete");
  await closeDialog(page);
  await page.getByRole("link", { name: "Open in the editor" }).click();
  await settled(page, "completed");
  await page.getByText("✓ no problem").waitFor();
  await look("completed");

  await openFile(page, "fails.lua");
  await page.getByText("✓ no problem").waitFor();
  const failed = await openRun(page);
  await settled(page, "failed");
  await look("failed-run");
  await page.getByRole("link", { name: "Open in the editor" }).click();
  await page.locator(".cm-failed-line").waitFor();
  await look("failed");
  await openFile(page, "broken.lua");
  await page.getByText("✕ 1 problem").waitFor();
  await look("broken");

  await page.getByRole("link", { name: "Runs", exact: true }).first().click();
  await page.getByLabel(`Compare run ${completed}`).check();
  await page.getByLabel(`Compare run ${failed}`).check();
  await look("runs");
  await page.getByRole("link", { name: "Compare these two" }).click();
  await page.locator(".cm-changedText").first().waitFor();
  await look("compare");
  await page.getByRole("link", { name: "Streams", exact: true }).click();
  await page.locator("article.card .model-text").first().waitFor();
  await look("streams");
  await page.getByRole("link", { name: "Analytics", exact: true }).click();
  await page.getByRole("row", { name: /demo\/fast/ }).waitFor();
  await look("analytics");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await look("palette");
  await closeDialog(page);
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await look("sheet");
  await closeDialog(page);
  await page.goto(`${it.server.origin}/#/runs/unknown`);
  await page.getByRole("alert").waitFor();
  await look("no-such-run");

  await page.goto(`${it.server.origin}/#/edit/story.lua`);
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.locator(".template").waitFor();
  await look("new-file");
  await closeDialog(page);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(`-- changed here, ${theme}`);
  writeFileSync(join(it.folder, "story.lua"), `${FILES["story.lua"]}-- on disk, ${theme}\n`);
  await page.keyboard.press("Control+s");
  await page.getByRole("dialog").locator(".cm-changedLine").first().waitFor();
  await look("conflict");
}

for (const theme of ["light", "dark"]) {
  it.test(
    `no state is wrong for assistive technology, ${theme}`,
    "slow.lua",
    async (page) => {
      const wrong = [];
      await everyState(page, theme, async (name) => {
        await picture(page, `${theme}-${name}`);
        for (const violation of await violations(page)) wrong.push(`${name}: ${violation}`);
      });
      assert.deepEqual(wrong, []);
    },
    { colorScheme: theme },
  );
}

it.test(
  "400 pixels are enough: nothing is cut off, nothing scrolls sideways",
  "slow.lua",
  async (page) => {
    const wrong = [];
    await everyState(page, "narrow", async (name) => {
      await picture(page, `narrow-${name}`);
      for (const fault of await page.evaluate(outside)) wrong.push(`${name}: ${fault}`);
    });
    assert.deepEqual(wrong, []);
  },
  { viewport: { width: 400, height: 780 } },
);

/** Runs in the page: what does not fit its width, and the controls that scrolling does not show. */
function outside() {
  const width = globalThis.innerWidth;
  const found = [];
  for (const box of [document.documentElement, document.body, document.querySelector("main")]) {
    if (box && box.scrollWidth > box.clientWidth) {
      found.push(`${box.localName} is ${box.scrollWidth} wide`);
    }
  }
  const before = document.activeElement;
  const modal = document.querySelector("dialog[open]") ?? document;
  for (const control of modal.querySelectorAll("button, a[href], input, select, textarea")) {
    if (control.disabled || !control.checkVisibility()) continue;
    control.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { left, right, top, bottom } = control.getBoundingClientRect();
    const seen = left >= -1 && right <= width + 1 && top >= -1 && bottom <= innerHeight + 1;
    if (!seen) found.push(`not to be reached: ${control.outerHTML.slice(0, 90)}`);
  }
  before?.focus({ preventScroll: true });
  document.querySelector("main")?.scrollTo(0, 0);
  return found;
}

it.test("the theme that was chosen stays", "story.lua", async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByLabel("Theme").selectOption("dark");
  const dark = await paper();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByText("✓ no problem").waitFor();
  assert.equal(await paper(), dark);
});
