import assert from "node:assert/strict";
import { FILES, ide } from "./ide.mjs";
import { badge, openRun, picture, run, settled, tellEvents, violations } from "./page.mjs";

/** An agent whose tool asks another agent, and then one whose tool fails. */
const COOK = `
taster = Agent { provider = "demo" }
taste = Tool {
    description = "What the critic says of a dish",
    input = { dish = field.string{} },
    function(args)
        Log.info("tasting")
        return taster("Tell a story about " .. args.dish).response
    end,
}
fail = Tool { description = "Fails", input = {}, function() error("the stove is cold") end }
cook = Agent { provider = "demo", tools = { taste } }
local said = cook("Cook.").response
cook{message = "Again.", tools = { fail }}
return { said = said }
`;

const it = ide({
  files: {
    ...FILES,
    "cook.lua": COOK,
    "place.lua": `
a = Agent { model = "demo/fast", output = { name = field.string{}, score = field.integer{} } }
return a("Describe Lisbon.").response
`,
  },
  tokensPerSecond: 60,
});

/** What the run shows, in order: turns with their state, calls, texts as soon as there are any. */
function outline(page) {
  return page.evaluate(() => {
    const words = (element) => element.textContent.replace(/\s+/g, " ").trim();
    const seen = (element) => {
      if (element.matches("article.turn")) {
        const parts = [...element.querySelector(":scope > .parts").children].flatMap(seen);
        const status = element.querySelector(":scope > header .status");
        return [`${element.dataset.turn} ${words(status).split(" ")[1]}`, parts];
      }
      if (element.matches("details.tool")) {
        return [`${words(element.querySelector(".tool-name"))} ${element.className.split(" ")[1]}`];
      }
      if (element.matches(".model-text")) return element.textContent ? ["text"] : [];
      if (element.matches(".log-line")) return ["log"];
      return [element.className || element.localName];
    };
    return [...document.querySelectorAll(".output-content > article.turn")].flatMap(seen);
  });
}

const COOKED = [
  "turn-1 completed",
  ["taste completed", "log", "turn-2 completed", ["text"], "text"],
  "turn-3 completed",
  ["fail failed", "text"],
];

it.test("text, calls and the turns of tools stand in order", "cook.lua", async (page) => {
  await run(page);
  await page.locator("details.tool.running").waitFor();
  assert.deepEqual((await outline(page)).slice(0, 1), ["turn-1 calling"]);
  await page.locator("article.turn article.turn.streaming").waitFor();
  const mark = () =>
    page.evaluate(() => {
      const node = document.querySelector("article.turn article.turn .model-text").firstChild;
      globalThis.marked ??= node;
      return globalThis.marked === node;
    });
  await mark();
  await picture(page, "light-calling");
  await settled(page, "completed");
  await page.getByRole("region", { name: "Result" }).waitFor();
  assert.deepEqual(await outline(page), COOKED);
  assert.ok(await mark(), "a text was drawn anew");
  await picture(page, "light-called");
  const failed = page.locator("details.tool.failed");
  assert.match(await failed.locator("summary").textContent(), /fail.*failed.*the stove is cold/s);
  await failed.locator("summary").click();
  await failed.getByText("Error", { exact: true }).waitFor();
  const taste = page.locator("details.tool.completed");
  assert.match(await taste.locator("summary").textContent(), /taste.*dish: "Cook\.".*\d m?s.*→/s);
});

it.test("a reload in the midst of a call shows the same", "cook.lua", async (page) => {
  await openRun(page);
  await page.locator("article.turn article.turn.streaming .model-text").waitFor();
  const running = ["turn-1 calling", ["taste running", "log", "turn-2 streaming", ["text"]]];
  assert.deepEqual(await outline(page), running);
  await page.reload();
  await page.locator("article.turn article.turn.streaming .model-text").waitFor();
  assert.deepEqual(await outline(page), running);
  await page.getByRole("region", { name: "Result" }).waitFor({ timeout: 60_000 });
  assert.deepEqual(await outline(page), COOKED);
  await page.reload();
  await page.getByRole("region", { name: "Result" }).waitFor();
  assert.deepEqual(await outline(page), COOKED);
});

it.test("stop in the midst of a call ends the call and both turns", "cook.lua", async (page) => {
  await run(page);
  await page.locator("article.turn article.turn.streaming").waitFor();
  await page.keyboard.press("Control+.");
  await settled(page, "stopped");
  await page.locator("article.turn.stopped details.tool").waitFor();
  await page.locator("article.turn.stopped article.turn.stopped").waitFor();
  assert.equal(await page.locator(".spinner").count(), 0);
});

it.test("a structured answer is shown as its values", "place.lua", async (page) => {
  await run(page);
  await settled(page, "completed");
  const answer = page.getByRole("region", { name: "Answer" });
  await picture(page, "light-answer");
  assert.match(await answer.textContent(), /name.*score.*\d/s);
  assert.equal(await answer.locator(".model-text").isVisible(), false);
  await answer.getByText("As the model wrote it").click();
  JSON.parse(await answer.locator(".model-text").textContent());
});

const TURN = { turn_id: "t", agent_name: "cook", provider: "openai", model: "gpt-4o-mini" };
const COST = { event_type: "cost", input_tokens: 1_240, output_tokens: 310, duration_ms: 4_210 };
const told = (turn_id, event_type, more) => ({ ...TURN, turn_id, event_type, ...more });

/** One turn with everything that a turn may have, then one for each way to end. */
function everything() {
  let length = 0;
  const say = (chunk_text) => {
    length += [...chunk_text].length;
    return told("t", "agent_stream_chunk", { index: 0, chunk_text, accumulated_length: length });
  };
  const think = (chunk_text) => told("t", "agent_reasoning_chunk", { chunk_text });
  const call = (call_id, tool_name, stage, more) =>
    told("t", "tool_call", { call_id, tool_name, stage, text_length: length, ...more });
  const again = (kept_length, reason, more = {}) => {
    length = kept_length;
    return told("t", "step_restarted", { kept_length, reason, attempt: 2, ...more });
  };
  const events = [
    told("t", "agent_turn", { stage: "started" }),
    think("The user wants pancakes. I look into the pantry before I promise anything."),
    say("I look into the pantry, and at the time.\n"),
    call("a", "look_up", "started", { arguments: { ingredient: "flour" } }),
    call("b", "now", "started", { arguments: {} }),
    call("c", "files.read", "started", { arguments: { path: "recipes/of/my/grandmother.md" } }),
    call("b", "now", "completed", { result: "2026-11-21T12:00:00Z", duration_ms: 0.2 }),
    call("a", "look_up", "completed", {
      arguments: { ingredient: "flour" },
      result: { ingredient: "flour", left: 500, of: "wheat ".repeat(40) },
      duration_ms: 12,
    }),
    call("c", "files.read", "failed", {
      arguments: { path: "recipes/of/my/grandmother.md" },
      error: "There is no file recipes/of/my/grandmother.md. Did you mean recipes/pancakes.md?",
      duration_ms: 1_310,
    }),
    think("No recipe. I go by heart."),
    say("\n\nThere is flour, so"),
    again(41, "retry"),
    think("Once more."),
    say("\n\nThere are 500 g of flour, which"),
    again(41, "fallback", { provider: "anthropic", model: "claude-sonnet-4" }),
    say("\n\n{}"),
    { event_type: "validation", ok: false, errors: ["recipe is required"], turn_id: "t" },
    again(41, "repair", { provider: "anthropic", model: "claude-sonnet-4" }),
    say("\n\nThere are 500 g of flour: enough for twelve pancakes."),
    told("t", "cost", {
      ...COST,
      total_cost: 0.0123,
      time_to_first_token_ms: 390,
      cached_tokens: 1_024,
      reasoning_tokens: 96,
      model_calls: 4,
      estimated: true,
    }),
    told("t", "agent_turn", { stage: "completed" }),
  ];
  for (const stage of ["refused", "blocked", "truncated", "failed", "stopped"]) {
    const text = `This one was ${stage}.`;
    const chunk = { index: 0, chunk_text: text, accumulated_length: text.length };
    events.push(
      told(stage, "agent_turn", { stage: "started" }),
      told(stage, "agent_stream_chunk", chunk),
      told(stage, "agent_turn", { stage }),
    );
  }
  const totals = { turns: 6, input_tokens: 1_240, output_tokens: 310, cost: 0.0123 };
  return [...events, { event_type: "run_finished", status: "completed", totals }];
}

async function showEverything(page) {
  await tellEvents(page, everything());
  await page.keyboard.press("Control+Enter");
  await page.locator("article.turn.stopped").waitFor();
}

const WHOLE = [
  "thinking",
  "text",
  "look_up completed",
  "now completed",
  "files.read failed",
  "thinking",
  "restart-line",
  "thinking",
  "restart-line",
  "misfit",
  "restart-line",
  "text",
];

for (const theme of ["light", "dark", "narrow"]) {
  const options =
    theme === "narrow" ? { viewport: { width: 400, height: 780 } } : { colorScheme: theme };
  it.test(
    `all that a turn may show is in order and can be told, ${theme}`,
    "story.lua",
    async (page) => {
      await showEverything(page);
      assert.deepEqual((await outline(page))[1], WHOLE);
      const text = await page.locator("[data-turn=t] .model-text").allTextContents();
      assert.ok(!text.join().includes("which"), "void text is shown");
      for (const stage of ["refused", "blocked", "truncated", "failed", "stopped"]) {
        await badge(page, stage).first().waitFor();
      }
      const figures = await page.locator("[data-turn=t] .figures").textContent();
      assert.match(figures, /310 out estimated, 1,024 cached, 96 reasoning.*Model calls4/);
      await page.getByText("Thinking").first().click();
      await page.locator("details.tool.failed summary").click();
      assert.deepEqual(await violations(page), []);
      const width = await page.evaluate(() => {
        const output = document.querySelector(".output");
        return output.scrollWidth - output.clientWidth;
      });
      assert.equal(width, 0, "the run scrolls sideways");
      await page.locator(".output").evaluate((box) => box.scrollTo(0, 0));
      await picture(page, `${theme}-turn`);
      await page.locator(".output").evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await picture(page, `${theme}-endings`);
    },
    options,
  );
}

it.test("thoughts stay open or closed as they were left", "story.lua", async (page) => {
  await showEverything(page);
  const thoughts = page.locator("details.thinking");
  assert.equal(await thoughts.first().getAttribute("open"), null);
  await thoughts.first().locator("summary").click();
  await page.getByText("The user wants pancakes.").waitFor();
  await page.reload();
  await page.getByText("The user wants pancakes.").waitFor();
  await thoughts.first().locator("summary").click();
  await page.getByText("The user wants pancakes.").waitFor({ state: "hidden" });
  await page.reload();
  await thoughts.first().waitFor();
  assert.equal(await thoughts.first().getAttribute("open"), null);
});

it.test("runs and streams are found by how they ended", "fails.lua", async (page) => {
  await run(page);
  await settled(page, "failed");
  await page.getByRole("link", { name: "Streams", exact: true }).click();
  await page.getByRole("button", { name: "truncated" }).click();
  await page.locator("article.card.truncated").first().waitFor();
  await picture(page, "light-streams-truncated");
  await page.getByRole("button", { name: "refused" }).click();
  await page.getByText("No turn is refused.").waitFor();
  await page.getByRole("link", { name: "Runs", exact: true }).first().click();
  await page.getByRole("button", { name: "truncated" }).click();
  await page.locator("tbody tr", { hasText: "fails.lua" }).first().waitFor();
  assert.equal(
    await page.locator("tbody .status.truncated").count(),
    await page.locator("tbody tr").count(),
  );
  await picture(page, "light-runs-truncated");
  await page.getByRole("button", { name: "blocked" }).click();
  await page.getByText("No run fits.").waitFor();
});
