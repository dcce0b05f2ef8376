import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES, ide } from "./ide.mjs";
import { settled } from "./page.mjs";

const ONE = "return { said = 1 }\n";
const it = ide({ files: { ...FILES, "mine.lua": ONE, "theirs.lua": ONE, "later.lua": ONE } });

const onDisk = (name) => readFileSync(join(it.folder, name), "utf8");
const editor = (page) => page.getByRole("region", { name: "Editor" });

async function write(page, text) {
  await page.locator(".cm-content").first().click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await editor(page).getByText("● not saved").waitFor();
}

/** Change `name` here and on disk, try to save; resolves to the dialog that asks. */
async function conflict(page, name) {
  await write(page, "return { said = 'mine' }\n");
  writeFileSync(join(it.folder, name), "return { said = 'theirs' }\n");
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  const sides = await dialog.locator(".cm-content").allTextContents();
  assert.match(sides[0], /theirs/);
  assert.match(sides[1], /mine/);
  assert.ok((await dialog.locator(".cm-changedText").count()) > 0, "what differs is not marked");
  return dialog;
}

it.test("Ctrl+S saves, and the page says what is not saved", "story.lua", async (page) => {
  await write(page, "return { said = 'saved' }\n");
  await page.keyboard.press("Control+s");
  await editor(page).getByText("saved", { exact: true }).waitFor();
  assert.equal(onDisk("story.lua"), "return { said = 'saved' }\n");
});

it.test("a mistake is told on its line while one types", "slow.lua", async (page) => {
  await write(page, "local a = 1\nreturn { said = }\n");
  await editor(page).getByText("✕ 1 problem").waitFor();
  await page.locator(".cm-lintRange-error").waitFor();
  assert.equal(await page.locator(".cm-lint-marker-error").count(), 1);
  await write(page, "return { said = 1 }\n");
  await editor(page).getByText("✓ no problem").waitFor();
});

it.test("the language completes what is typed", "slow.lua", async (page) => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Age");
  const offer = page.locator(".cm-tooltip-autocomplete");
  await offer.getByText("Agent", { exact: true }).first().waitFor();
});

it.test("in a conflict my text can be kept", "mine.lua", async (page) => {
  const dialog = await conflict(page, "mine.lua");
  await dialog.getByRole("button", { name: "Keep mine and save" }).click();
  await dialog.waitFor({ state: "detached" });
  await editor(page).getByText("saved", { exact: true }).waitFor();
  assert.equal(onDisk("mine.lua"), "return { said = 'mine' }\n");
});

it.test("in a conflict the other text can be taken", "theirs.lua", async (page) => {
  const dialog = await conflict(page, "theirs.lua");
  await dialog.getByRole("button", { name: "Reload from disk" }).click();
  await page.locator(".cm-content", { hasText: "theirs" }).waitFor();
  await editor(page).getByText("saved", { exact: true }).waitFor();
  assert.equal(onDisk("theirs.lua"), "return { said = 'theirs' }\n");
});

it.test("in a conflict nothing is lost until one has chosen", "later.lua", async (page) => {
  const dialog = await conflict(page, "later.lua");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.match(await page.locator(".cm-content").textContent(), /mine/);
  assert.equal(onDisk("later.lua"), "return { said = 'theirs' }\n");
  // Elsewhere and back: the text of here and the question are still there.
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await page.goBack();
  assert.match(await page.locator(".cm-content").textContent(), /mine/);
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.getByRole("dialog").waitFor();
});

it.test("a new procedure begins with a template that runs", "asks.lua", async (page) => {
  await page.getByRole("button", { name: "New", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("folder/fresh");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "folder/fresh.lua" }).waitFor();
  await editor(page).getByText("✓ no problem").waitFor();
  await page.getByLabel("Model").fill("demo/fast");
  for (const field of await page.locator(".inputs input, .inputs textarea").all()) {
    if ((await field.inputValue()) === "") await field.fill("the sea");
  }
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
});

it.test("a name that is taken is refused with a reason", "asks.lua", async (page) => {
  await page.getByRole("button", { name: "New", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("asks.lua");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").waitFor();
  assert.equal(onDisk("asks.lua"), FILES["asks.lua"]);
});
