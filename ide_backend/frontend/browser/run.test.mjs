import assert from "node:assert/strict";
import { FILES, ide } from "./ide.mjs";
import { badge, run, settled, tellEvents, textLongerThan, textOf } from "./page.mjs";

const it = ide({
  files: {
    ...FILES,
    "logs.lua": 'Log.info("first")\nLog.warn("second")\nreturn {}\n',
    "odd.lua": `input { ${["constructor", "parentNode", "nodeName", "submit", "toString"]
      .map((name) => `${name} = field.string{default = "as it was"}`)
      .join(", ")} }\nreturn { said = input.constructor .. input.submit }\n`,
  },
});

it.test("a run streams its text, then shows what it used", "slow.lua", async (page) => {
  await run(page);
  await textLongerThan(page, 80);
  assert.equal(await badge(page, "streaming").count(), 1);
  await settled(page, "completed");
  for (const figure of ["Cost", "Tokens", "Duration", "First token"]) {
    assert.ok(await page.getByText(figure, { exact: true }).first().isVisible(), figure);
  }
});

it.test("what stands above growing text does not move", "slow.lua", async (page) => {
  await run(page);
  await textLongerThan(page, 5);
  const places = () =>
    page.evaluate(() =>
      [".run-bar", ".run-panel form", ".cm-content", ".turn header"].map((part) => {
        const { x, y, width } = document.querySelector(part).getBoundingClientRect();
        return [part, x, y, width];
      }),
    );
  const before = await places();
  await textLongerThan(page, 200);
  assert.deepEqual(await places(), before);
});

it.test("stop ends the run and keeps its text", "slow.lua", async (page) => {
  await run(page);
  await textLongerThan(page, 20);
  await page.getByRole("button", { name: /Stop/ }).click();
  await settled(page, "stopped");
  assert.ok((await textOf(page)).length > 20);
});

it.test("run again is a run of its own", "story.lua", async (page) => {
  await run(page);
  await settled(page, "completed");
  const first = page.url();
  await page.getByRole("button", { name: /Run again/ }).click();
  await page.waitForURL((url) => url.href !== first);
  await settled(page, "completed");
  assert.equal(await page.locator("article.turn").count(), 1);
});

it.test("what is run is the text in the editor, saved or not", "asks.lua", async (page) => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type('return { said = "not saved" }');
  await page.getByRole("region", { name: "Editor" }).getByText("● not saved").waitFor();
  await page.getByText("Inputs", { exact: true }).waitFor({ state: "detached" });
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  assert.match(await page.getByRole("region", { name: "Result" }).textContent(), /not saved/);
});

it.test("a failure is boxed with its line, marked in the editor", "fails.lua", async (page) => {
  await run(page);
  const box = page.getByRole("region", { name: "Error" });
  await box.waitFor();
  assert.match(await box.textContent(), /turn\.truncated.*fails\.lua:2/s);
  await page.locator(".cm-failed-line").waitFor();
  assert.ok((await textOf(page)).length > 10);
});

it.test("an input is asked for and given", "asks.lua", async (page) => {
  await page.keyboard.press("Control+Enter");
  await page.getByText("topic is required").waitFor();
  await page.getByLabel(/topic/).fill("the sea");
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  assert.match(await page.getByRole("region", { name: "Result" }).textContent(), /the sea/);
});

it.test("inputs may be called as the browser's own words are", "odd.lua", async (page) => {
  await page.getByLabel("constructor").waitFor();
  assert.equal(await page.getByLabel("constructor").inputValue(), "as it was");
  await page.getByLabel("submit").fill(", and given");
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  const result = await page.getByRole("region", { name: "Result" }).textContent();
  assert.match(result, /as it was, and given/);
});

it.test("the log stands in line, and leads to its line", "logs.lua", async (page) => {
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  const lines = await page.locator(".log-line").allTextContents();
  assert.match(lines.join(), /info.*first.*line 1.*warn.*second.*line 2/s);
  await page.getByRole("button", { name: "line 2" }).click();
  await page.locator(".cm-activeLine", { hasText: "second" }).waitFor();
});

it.test("a tool call is one line that opens on what went in and out", "story.lua", async (page) => {
  const agent = { turn_id: "t", agent_name: "dicer" };
  const call = { event_type: "tool_call", ...agent, tool_name: "roll" };
  await tellEvents(page, [
    { event_type: "agent_turn", ...agent, stage: "started", provider: "demo", model: "tools" },
    { ...call, stage: "started", arguments: { sides: 6 } },
    { ...call, stage: "completed", result: { rolled: 4 }, duration_ms: 12 },
    { event_type: "run_finished", status: "completed", totals: {} },
  ]);
  await page.keyboard.press("Control+Enter");
  const box = page.locator("details.tool");
  await box.locator("summary").click();
  assert.equal(await box.count(), 1);
  assert.match(await box.textContent(), /roll.*completed.*12 ms.*sides.*6.*rolled.*4/s);
});
