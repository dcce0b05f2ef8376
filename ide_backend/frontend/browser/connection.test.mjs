import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, serve, workspace } from "./ide.mjs";
import {
  newPage,
  opened,
  openRun,
  settled,
  textInLog,
  textLongerThan,
  textOf,
  unharmed,
} from "./page.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A page on the run of a slow story, whose server `body` may end and begin again. */
async function inMidStream(body, tokensPerSecond) {
  const folder = workspace();
  const server = await serve(folder, { tokensPerSecond });
  const servers = [server];
  const again = async () => {
    servers.push(await serve(folder, { port: server.port, tokensPerSecond }));
  };
  try {
    const page = await newPage(browser, server.origin);
    await page.goto(server.url);
    await opened(page, "slow.lua");
    const id = await openRun(page);
    await textLongerThan(page, 5);
    await body({ page, server, again, id });
    await unharmed(page);
    await page.context().close();
  } finally {
    await Promise.all(servers.map((one) => one.kill()));
    rmSync(folder, { recursive: true, force: true });
  }
}

test("twenty reloads in mid-stream lose nothing and repeat nothing", () =>
  inMidStream(async ({ page, id }) => {
    for (let reload = 0; reload < 20; reload++) {
      await page.reload();
      await textLongerThan(page, 5);
      assert.equal(await page.locator("article.turn").count(), 1);
    }
    await settled(page, "completed");
    assert.equal(await textOf(page), await textInLog(page, id));
  }, 14));

test("the page finds its server again after a kill, and shows what the log kept", () =>
  inMidStream(async ({ page, server, again, id }) => {
    await textLongerThan(page, 60);
    const told = await textOf(page);
    await server.kill("SIGKILL");
    await page.getByText("The connection was lost; trying again.").waitFor();
    assert.ok((await textOf(page)).startsWith(told), "text went away with the server");
    await again();
    await settled(page, "interrupted");
    await page.getByText("The connection was lost").waitFor({ state: "detached" });
    const kept = await textOf(page);
    assert.equal(kept, await textInLog(page, id));
    // Only what was not yet committed, the last moment, may be gone.
    assert.ok(kept.length > told.length / 2 && (kept.startsWith(told) || told.startsWith(kept)));
    await page.reload();
    await settled(page, "interrupted");
    assert.equal(await textOf(page), kept);
  }, 20));

test("a server that ends in order ends the run, and the next one has all of it", () =>
  inMidStream(async ({ page, server, again, id }) => {
    await server.kill("SIGTERM");
    await settled(page, "stopped");
    const told = await textOf(page);
    await again();
    await page.reload();
    await settled(page, "stopped");
    assert.equal(await textOf(page), told);
    assert.equal(told, await textInLog(page, id));
  }, 20));

test("a page that could not ask says so, and asks again", () =>
  inMidStream(async ({ page, server, again }) => {
    await server.kill("SIGKILL");
    await page.getByRole("link", { name: "Runs", exact: true }).first().click();
    const problem = page.getByRole("alert").filter({ hasText: "The server does not answer." });
    await problem.first().waitFor();
    await again();
    await problem.first().waitFor({ state: "detached" });
    await settled(page, "interrupted");
  }, 20));
