import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  badge,
  HOSTILE,
  launch,
  open,
  run,
  serve,
  settled,
  shots,
  textOf,
  violations,
  workspace,
} from "./ide.mjs";

let browser;
let server;
const folder = workspace();

before(async () => {
  browser = await launch();
  server = await serve(folder);
});

after(async () => {
  await browser.close();
  await server.kill("SIGTERM");
});

test("a run streams its text, then shows what it used", async () => {
  const page = await open(browser, server.url, "story.lua");
  await run(page);
  await page.waitForFunction(() => document.querySelector(".model-text")?.textContent.length > 80);
  assert.equal(await badge(page, "streaming").count(), 1);
  await settled(page, "completed");
  for (const figure of ["Cost", "Tokens", "Duration", "First token"]) {
    assert.ok(await page.getByText(figure, { exact: true }).first().isVisible(), figure);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("twenty reloads in mid-stream lose nothing and repeat nothing", async () => {
  const slow = await serve(workspace(), { tokensPerSecond: 12 });
  const page = await open(browser, slow.url, "story.lua");
  await run(page);
  await page.getByText("Open run").click();
  await page.waitForURL(/runs/);
  for (let reload = 0; reload < 20; reload++) {
    await page.reload();
    await page.waitForFunction(() => document.querySelector(".model-text")?.textContent.length > 5);
    assert.equal(await page.locator("article.turn").count(), 1);
  }
  await settled(page, "completed");
  const id = page.url().match(/runs\/([^?#/]+)/)[1];
  const turns = await page.evaluate(async () => (await fetch("/api/turns?limit=5")).json());
  const turn = turns.turns.find((one) => one.run_id === id);
  assert.equal(await textOf(page), turn.text);
  await page.context().close();
  await slow.kill("SIGTERM");
});

test("stop ends the run and keeps its text", async () => {
  const page = await open(browser, server.url, "story.lua");
  await run(page);
  await page.waitForFunction(() => document.querySelector(".model-text")?.textContent.length > 20);
  await page.keyboard.press("Control+.");
  await settled(page, "stopped");
  assert.ok((await textOf(page)).length > 20);
  await page.context().close();
});

test("a failure is boxed with its line, which is marked in the editor", async () => {
  const page = await open(browser, server.url, "fails.lua");
  await run(page);
  const box = page.getByRole("region", { name: "Error" });
  await box.waitFor();
  assert.match(await box.textContent(), /turn\.truncated.*fails\.lua:2/s);
  await page.locator(".cm-failed-line").waitFor();
  assert.ok((await textOf(page)).length > 10);
  await page.context().close();
});

test("an input is asked for and given", async () => {
  const page = await open(browser, server.url, "asks.lua");
  await page.getByLabel(/topic/).fill("the sea");
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  assert.match(await page.getByRole("region", { name: "Result" }).textContent(), /the sea/);
  await page.context().close();
});

test("a hostile answer is text and does nothing", async () => {
  const page = await open(browser, server.url, "hostile.lua");
  await run(page);
  await settled(page, "completed");
  assert.ok((await textOf(page)).includes(HOSTILE));
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  assert.equal(await page.locator(".model-text img, .model-text script, .model-text a").count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a run whose server was killed is shown as interrupted by the next one", async () => {
  const place = workspace();
  const first = await serve(place, { tokensPerSecond: 12 });
  const page = await open(browser, first.url, "story.lua");
  await run(page);
  await page.getByText("Open run").click();
  await page.waitForFunction(() => document.querySelector(".model-text")?.textContent.length > 20);
  await first.kill("SIGKILL");
  const second = await serve(place, { port: first.port });
  await settled(page, "interrupted");
  assert.ok((await textOf(page)).length > 5);
  await page.context().close();
  await second.kill("SIGTERM");
});

test("the keyboard alone finds the sheet, the palette and every page", async () => {
  const page = await open(browser, server.url, "story.lua");
  await page.locator("body").click({ position: { x: 400, y: 20 } });
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  for (const [key, title] of [
    ["r", "Runs"],
    ["s", "Streams"],
    ["a", "Analytics"],
  ]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: title, level: 1 }).waitFor();
  }
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`nothing is wrong for assistive technology, ${colorScheme}`, async () => {
    const page = await open(browser, server.url, "story.lua", { colorScheme });
    await run(page);
    await settled(page, "completed");
    const pictures = shots();
    const look = async (name) => {
      if (pictures) await page.screenshot({ path: join(pictures, `${colorScheme}-${name}.png`) });
      assert.deepEqual(await violations(page), [], name);
    };
    await look("editor");
    for (const name of ["Runs", "Streams", "Analytics"]) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      await look(name);
    }
    await page.context().close();
  });
}
