import assert from "node:assert/strict";
import { hostileEnd, hostileEvents, poisoned, SPLITS } from "./fabricate.mjs";
import { FILES, ide } from "./ide.mjs";
import { openRun, settled, tellEvents, textInLog, textOf, unharmed } from "./page.mjs";
import { PAYLOADS } from "./payloads.mjs";

const ALL = PAYLOADS.join("\n");
const SAID = 'return { said = "nothing" }\n';
// Names that a file system takes, and those of them that the workspace opens.
const NAMES = PAYLOADS.filter((text) => /^[^/.\p{Cc}][^/\p{Cc}]{0,150}$/u.test(text));
const OPENED = NAMES.filter((name) => !/[\\:*?"<>|]/.test(name));

const it = ide({
  files: {
    ...FILES,
    "hostile.lua": `a = Agent { model = "demo/echo" }\nreturn { r = a([=====[${ALL}]=====]).response }\n`,
    ...Object.fromEntries(NAMES.map((name) => [`${name}.lua`, SAID])),
  },
  tokensPerSecond: 400,
});

const open = async (page, hash) => {
  await page.goto("about:blank");
  await page.goto(`${it.server.origin}/${hash}`);
};
const schemaOf = (page) =>
  page.evaluate(async () => (await fetch("/api/schema/events.json")).json());
const openAllDetails = (page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });

it.test("a hostile answer of a model is text", "hostile.lua", async (page) => {
  const id = await openRun(page);
  await settled(page, "completed");
  const text = await textOf(page);
  assert.equal(text, await textInLog(page, id));
  for (const payload of PAYLOADS) assert.ok(text.includes(payload.trim()), payload);
  assert.equal(await page.locator(".model-text :not(.model-text > div)").count(), 0);
  for (const view of ["Source", "Raw events"]) {
    await page.getByRole("button", { name: view }).click();
    await unharmed(page);
  }
});

it.test("a payload is text, however the stream cuts it", "story.lua", async (page) => {
  const id = await openRun(page);
  await settled(page, "completed");
  for (const [how, split] of Object.entries(SPLITS)) {
    const events = PAYLOADS.flatMap((payload, at) => {
      const turn = { turn_id: `turn-${at}`, agent_name: "a" };
      let length = 0;
      const pieces = split(payload).map((piece, index) => {
        // a piece may end in half a character, which counts when its other half has come
        length = [
          ...split(payload)
            .slice(0, index + 1)
            .join(""),
        ].length;
        const chunk = { event_type: "agent_stream_chunk", index, chunk_text: piece };
        return { ...turn, ...chunk, accumulated_length: length };
      });
      return [{ ...turn, event_type: "agent_turn", stage: "started" }, ...pieces];
    });
    const end = { event_type: "run_finished", status: "completed", totals: {} };
    await tellEvents(page, [...events, end]);
    await open(page, `#/runs/${id}`);
    await page.getByRole("region", { name: "Totals" }).waitFor();
    assert.deepEqual(await page.locator(".model-text").allTextContents(), PAYLOADS, how);
    await unharmed(page);
  }
});

it.test("a payload in any field of any event does nothing", "story.lua", async (page) => {
  const schema = await schemaOf(page);
  const id = await openRun(page);
  await settled(page, "completed");
  const events = PAYLOADS.flatMap((payload) => hostileEvents(schema, payload));
  const types = new Set(events.map((event) => event.event_type));
  for (const { $ref } of schema.oneOf) {
    const type = schema.$defs[$ref.split("/").at(-1)].properties.event_type.const;
    assert.ok(types.has(type) || type === "run_finished", `${type} was not tried`);
  }
  await tellEvents(page, [...events, hostileEnd(schema, PAYLOADS)]);
  await open(page, `#/runs/${id}`);
  await page.getByRole("region", { name: "Result" }).waitFor();
  await openAllDetails(page);
  await unharmed(page);
  await page.getByRole("button", { name: "Raw events" }).click();
  await page.locator(".raw-line").first().waitFor();
  await unharmed(page);
  await open(page, `#/edit/story.lua?run=${id}`);
  await page.getByRole("region", { name: "Result" }).waitFor();
  await openAllDetails(page);
});

it.test(
  "what came in place of events that are not held does nothing",
  "story.lua",
  async (page) => {
    const id = await openRun(page);
    await settled(page, "completed");
    const { run } = await page.evaluate(async (id) => (await fetch(`/api/runs/${id}`)).json(), id);
    const turn = { turn_id: "t", agent_name: "a", text: "t", provider: "p", model: "m" };
    const snapshot = poisoned({ run, turns: [{ ...turn, status: "completed" }] }, PAYLOADS, [
      "status",
    ]);
    await tellEvents(page, [{ event_type: "snapshot", ...snapshot }]);
    await open(page, `#/runs/${id}`);
    await page.getByText("Earlier events are no longer held").waitFor();
    assert.deepEqual(await page.locator(".model-text").allTextContents(), PAYLOADS);
  },
);

// Each page, and how to see that it shows what the server said.
const PLACES = [
  ["#/edit/story.lua", ".files li a"],
  ["#/runs", "tbody tr"],
  ["#/runs/one", ".run-facts"],
  ["#/compare?a=one&b=two", ".difference"],
  ["#/streams", "article.card"],
  ["#/analytics", "main > section tbody tr"],
];

for (const kept of [["status", "type", "severity"], []]) {
  const which = kept.length > 0 ? "free text" : "text, states and types too";
  it.test(`a server whose every ${which} is hostile breaks no rule`, "story.lua", async (page) => {
    await openRun(page);
    await settled(page, "completed");
    const real = page.url().split("/").at(-1);
    const schema = await schemaOf(page);
    await tellEvents(page, hostileEvents(schema, PAYLOADS[0]));
    await page.route("**/api/**", async (route) => {
      const request = route.request();
      const url = new URL(request.url());
      if (/\/events$/.test(url.pathname)) return route.fallback();
      url.pathname = url.pathname.replace(/\/runs\/[^/]+/, `/runs/${real}`);
      url.pathname = url.pathname.replace(/\/files\/.+/, "/files/story.lua");
      const response = await route.fetch({ url: url.href }).catch(() => null);
      const answer = await response?.json().catch(() => null); // null: the page has gone on
      if (!answer) return route.abort().catch(() => undefined);
      if (url.pathname === "/api/check") {
        answer.diagnostics = [{ line: 1, message: "m", code: "c", hint: "h", severity: "error" }];
        const field = { type: "string", description: "d", default: "e", required: false };
        const fields = PAYLOADS.map((payload) => [payload, poisoned(field, [payload], kept)]);
        fields.push(["chosen", { type: "string", enum: PAYLOADS, default: PAYLOADS[0] }]);
        answer.definition = { input: Object.fromEntries(fields) };
      }
      const input = answer.definition?.input;
      const texts = request.url().includes("/runs/two") ? [...PAYLOADS].reverse() : PAYLOADS;
      const json = poisoned(answer, texts, kept);
      if (input) json.definition.input = input;
      return route.fulfill({ status: response.status(), json });
    });
    for (const [hash, shown] of PLACES) {
      await open(page, hash);
      await page.locator(shown).first().waitFor();
      await openAllDetails(page);
      await unharmed(page);
    }
    await open(page, "#/edit/story.lua");
    await page.locator(".cm-lint-marker").first().hover();
    await page.locator(".cm-tooltip-lint").waitFor();
    await unharmed(page);
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Control+Space");
    await page.locator(".cm-tooltip-autocomplete").waitFor();
    await unharmed(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    assert.ok((await page.getByRole("option").count()) > 20);
    await unharmed(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.locator(".template").waitFor();
  });
}

it.test("hostile refusals are told as text, on every page", "story.lua", async (page) => {
  const error = { code: ALL, message: ALL, hint: ALL, file: ALL, line: 1 };
  await page.route("**/api/**", (route) => route.fulfill({ status: 422, json: { error } }));
  for (const [hash] of PLACES) {
    await open(page, hash);
    await page.getByRole("alert").first().waitFor();
    assert.ok((await page.getByRole("alert").first().textContent()).includes(PAYLOADS[0]));
    await unharmed(page);
  }
});

it.test("files and inputs that are called so do nothing", "asks.lua", async (page) => {
  assert.ok(NAMES.length >= 25);
  const links = page.getByRole("navigation", { name: "Files" }).getByRole("link");
  const shown = new Set(await links.allTextContents());
  for (const name of NAMES) assert.ok(shown.has(`${name}.lua`), name);
  await page.getByLabel(/topic/).fill(ALL);
  await page.keyboard.press("Control+Enter");
  await settled(page, "completed");
  await page.getByRole("link", { name: "Open run" }).click();
  await page.getByText("Inputs", { exact: true }).waitFor();
  await openAllDetails(page);
  await unharmed(page);
  await open(page, `#/edit/${encodeURIComponent(`${NAMES[0]}.lua`)}`);
  await page.getByText("is no file of this workspace").waitFor();
  await unharmed(page);
  assert.ok(OPENED.length > 2);
  for (const name of OPENED.slice(0, 4)) {
    await open(page, `#/edit/${encodeURIComponent(`${name}.lua`)}`);
    await page.getByText("✓ no problem").waitFor();
    await page.keyboard.press("Control+Enter");
    await settled(page, "completed");
    await unharmed(page);
  }
  await open(page, "#/runs");
  await page.getByRole("link", { name: OPENED[0] }).first().waitFor();
});
