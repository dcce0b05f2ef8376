import assert from "node:assert/strict";
import { FILES, ide } from "./ide.mjs";
import { picture, settled, violations } from "./page.mjs";

const it = ide({
  files: {
    ...FILES,
    "asking.lua": `
local may = Human.approve { message = "Publish it?\\nIt cannot be taken back." }
local name = Human.input { message = "Whose name stands on it?", timeout = 3600, default = "nobody" }
local size = Human.choose { message = "How large?", options = { "small", "as large as it can be" } }
return { may = may, name = name, size = size }
`,
    "late.lua": `
local may = Human.approve { message = "Quick?", timeout = 0.5, default = false }
return { may = may }
`,
  },
});

const question = (page, message) => page.getByRole("article", { name: message });

it.test(
  "each kind of question is answered in its place, by key or by hand",
  "asking.lua",
  async (page) => {
    await page.keyboard.press("Control+Enter");
    await question(page, "Publish it?").waitFor();
    await settled(page, "waiting");
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      assert.deepEqual(await violations(page), [], theme);
      await picture(page, `question-approve-${theme}`);
    }
    await page.getByRole("button", { name: "Approve" }).click();
    await question(page, "Publish it?").getByText("Approved").waitFor();

    const name = question(page, "Whose name");
    await name.getByText(/left to answer, until/).waitFor();
    await page.locator("body").press("g");
    await page.keyboard.press("q");
    await page.keyboard.type("Ada <b>Lovelace</b>");
    assert.deepEqual(await violations(page), []);
    await picture(page, "question-input-dark");
    await page.keyboard.press("Enter");
    await name.getByText("Ada <b>Lovelace</b>").waitFor();

    const size = question(page, "How large?");
    await size.waitFor();
    await page.locator("body").press("g");
    await page.keyboard.press("q");
    await page.keyboard.press("Tab");
    await picture(page, "question-choose-dark");
    await page.keyboard.press("Enter");
    await settled(page, "completed");
    const result = await page.getByRole("region", { name: "Result" }).textContent();
    assert.match(result, /Ada <b>Lovelace<\/b>.*as large as it can be/s);
    assert.deepEqual(await violations(page), []);
    await picture(page, "question-answered-dark");
  },
);

it.test("what was answered elsewhere, or too late, says so", "asking.lua", async (page) => {
  await page.keyboard.press("Control+Enter");
  await question(page, "Publish it?").waitFor();
  await page.route("**/api/questions/*", async (route) => {
    await route.fetch(); // as another page does, a moment before
    await route.continue();
  });
  await page.getByRole("button", { name: "Deny" }).click();
  await question(page, "Publish it?").getByText("Denied").waitFor();
  await page.getByRole("button", { name: /Stop/ }).click();
  await settled(page, "stopped");
  await question(page, "Whose name").getByText("Not asked any more.").waitFor();

  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: "late" }).click();
  await page.getByText("✓ no problem").waitFor();
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  const late = await question(page, "Quick?").textContent();
  assert.match(late, /Nobody answered in time; the default is Denied/);
});
