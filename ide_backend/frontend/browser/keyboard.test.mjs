import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ide } from "./ide.mjs";
import { settled, textLongerThan } from "./page.mjs";

const it = ide();

/** Press Tab until what has the focus fits `css`; fails where the focus is not to be seen. */
async function tabTo(page, css, most = 60) {
  for (let step = 0; step < most; step++) {
    await page.keyboard.press("Tab");
    const { fits, visible, what } = await page.evaluate(focus, css);
    assert.ok(visible, `the focus is not to be seen on ${what}`);
    if (fits) return;
  }
  assert.fail(`Tab does not reach ${css}`);
}

function focus(css) {
  const element = document.activeElement;
  const shown = (one) => {
    const style = getComputedStyle(one);
    return (
      (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 1) ||
      style.boxShadow !== "none"
    );
  };
  const code = element.closest(".code, .difference");
  return {
    fits: element.matches(css),
    visible: element === document.body || shown(element) || (code !== null && shown(code)),
    what: element.outerHTML.slice(0, 120),
  };
}

it.test("write, save, run, stop and look it up, without a mouse", null, async (page) => {
  await page.getByText("✓ no problem").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Find a command or a file" }).waitFor();
  await page.keyboard.type("slow.lua");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "slow.lua" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.locator(".cm-focused").waitFor();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("-- by hand");
  await page.keyboard.press("Control+s");
  await page.getByRole("region", { name: "Editor" }).getByText("saved", { exact: true }).waitFor();
  assert.match(readFileSync(join(it.folder, "slow.lua"), "utf8"), /-- by hand$/);
  await page.keyboard.press("Control+Enter");
  await textLongerThan(page, 10);
  await page.keyboard.press("Control+.");
  await settled(page, "stopped");
  // Out of the editor, in which Tab indents: Ctrl+M lets it move the focus.
  await page.keyboard.press("Control+m");
  await tabTo(page, ".run-bar a");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "slow.lua" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
  await page.locator("[data-row]").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/runs\//);
});

it.test(
  "Tab reaches what is on every page, and the focus is seen on its way",
  null,
  async (page) => {
    await page.getByText("✓ no problem").waitFor();
    for (const [keys, name] of [
      [["g", "r"], "Runs"],
      [["g", "s"], "Streams"],
      [["g", "a"], "Analytics"],
    ]) {
      await page.evaluate(() => document.activeElement?.blur());
      for (const key of keys) await page.keyboard.press(key);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      await tabTo(page, "main button, main input, main a");
    }
  },
);

it.test("a dialog keeps the focus and gives it back", null, async (page) => {
  await page.getByText("✓ no problem").waitFor();
  const opener = page.getByRole("button", { name: "New", exact: true });
  await opener.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(
      () => document.activeElement === document.body || !!document.activeElement.closest("dialog"),
    );
    assert.ok(inside, "the focus left the dialog");
  }
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await opener.evaluate((element) => element === document.activeElement));
});

it.test("the sheet names every key that works here", null, async (page) => {
  await page.getByText("✓ no problem").waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog");
  await sheet.waitFor();
  const said = await sheet.textContent();
  for (const key of ["Ctrl+Enter", "Ctrl+s", "Ctrl+k", "Ctrl+.", "g then r", "g then s"]) {
    assert.ok(said.toLowerCase().includes(key.toLowerCase()), key);
  }
});
