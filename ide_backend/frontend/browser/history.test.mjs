import assert from "node:assert/strict";
import { ide } from "./ide.mjs";
import { newPage, openRun, settled, textOf, unharmed } from "./page.mjs";

const it = ide();

async function ran(page, file, status = "completed") {
  await page.getByRole("link", { name: "Editor", exact: true }).click();
  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: file }).click();
  await page.getByRole("heading", { level: 1, name: file }).waitFor();
  await page.getByText("✓ no problem").waitFor();
  const id = await openRun(page);
  await settled(page, status);
  return id;
}

const rows = (page) => page.locator("tbody tr");
const history = (page) => page.getByRole("link", { name: "Runs", exact: true }).first().click();

it.test("the history is filtered by state and searched by words", "story.lua", async (page) => {
  await ran(page, "story.lua");
  await ran(page, "fails.lua", "failed");
  await history(page);
  await page.getByRole("button", { name: /^failed/ }).click();
  await rows(page).filter({ hasText: "story.lua" }).first().waitFor({ state: "detached" });
  await rows(page).filter({ hasText: "fails.lua" }).first().waitFor();
  await page.getByRole("button", { name: /^all/ }).click();
  await page.getByLabel("Search runs").fill("story");
  await rows(page).filter({ hasText: "fails.lua" }).first().waitFor({ state: "detached" });
  await rows(page).filter({ hasText: "story.lua" }).first().waitFor();
  // The address holds the search: it can be kept, sent and reloaded.
  await page.reload();
  assert.equal(await page.getByLabel("Search runs").inputValue(), "story");
  await page.getByLabel("Search runs").fill("no run is called this");
  await page.getByText("No run fits.").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await rows(page).filter({ hasText: "fails.lua" }).first().waitFor();
});

it.test("the address of a run opens it in another browser", "story.lua", async (page) => {
  const id = await ran(page, "story.lua");
  const text = await textOf(page);
  const other = await newPage(it.browser, it.server.origin);
  await other.goto(`${it.server.origin}/#/runs/${id}`);
  await other.getByText("This page has no session with the server.").first().waitFor();
  await other.goto("about:blank");
  await other.goto(it.server.url);
  await other.getByText("✓ no problem").waitFor();
  await other.goto(`${it.server.origin}/#/runs/${id}`);
  await settled(other, "completed");
  assert.equal(await textOf(other), text);
  await unharmed(other);
  await other.context().close();
});

it.test(
  "two runs are compared, figure by figure and in their source",
  "story.lua",
  async (page) => {
    const first = await ran(page, "story.lua");
    const second = await ran(page, "fails.lua", "failed");
    await history(page);
    for (const id of [first, second]) await page.getByLabel(`Compare run ${id}`).check();
    await page.getByRole("link", { name: "Compare these two" }).click();
    await page.getByRole("heading", { name: "Compare two runs" }).waitFor();
    await page.getByRole("row", { name: /Duration/ }).waitFor();
    const source = page.locator("section", { hasText: "Source" }).last();
    await source.locator(".cm-changedText").first().waitFor();
    assert.match(await source.textContent(), /demo\/cut/);
    assert.match(
      await page.locator("section", { hasText: "Result" }).first().textContent(),
      /turn/,
    );
  },
);

it.test("a run of the history is run again, stopped and deleted", "slow.lua", async (page) => {
  const first = await openRun(page);
  await page.getByRole("button", { name: /Stop/ }).click();
  await settled(page, "stopped");
  await page.getByRole("button", { name: /Run again/ }).click();
  await page.waitForURL((url) => url.hash.includes("/runs/") && !url.hash.includes(first));
  await page.locator("article.turn").waitFor();
  await page.getByRole("button", { name: /Stop/ }).click();
  await settled(page, "stopped");
  const second = page.url().split("/").at(-1);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await page.getByLabel(`Compare run ${first}`).waitFor();
  assert.equal(await page.getByLabel(`Compare run ${second}`).count(), 0);
});

it.test("the streams and the figures show what ran", "story.lua", async (page) => {
  await ran(page, "story.lua");
  await page.getByRole("link", { name: "Streams", exact: true }).click();
  await page.locator("article.card.completed .model-text").first().waitFor();
  assert.ok((await textOf(page)).length > 100);
  await page.getByRole("link", { name: "Analytics", exact: true }).click();
  await page.getByRole("row", { name: /demo\/fast/ }).waitFor();
});

it.test("a stream grows on the page of streams while it is live", "slow.lua", async (page) => {
  await openRun(page);
  await page.getByRole("link", { name: "Streams", exact: true }).click();
  const text = page.locator("article.card.active .model-text").first();
  await text.waitFor();
  const before = (await text.textContent()).length;
  await page.waitForFunction(
    (least) => document.querySelector(".card.active .model-text")?.textContent.length > least,
    before,
  );
  await page.locator("article.card.active").waitFor({ state: "detached", timeout: 60_000 });
});
