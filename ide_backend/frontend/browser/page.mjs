// What a user does with a page of the IDE, and what a page may never do.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page in a context of its own; whatever it does that it may not is in `page.complaints`. */
export async function newPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options });
  return watched(await context.newPage(), origin);
}

/** Write down what `page` does that no page of the IDE may do. */
export async function watched(page, origin) {
  page.complaints = [];
  const complain = (what) => page.complaints.push(what);
  page.on("pageerror", (error) => complain(error.message));
  page.on("console", (message) => {
    // A refused request is told to the user by the page itself.
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !refused) complain(message.text());
  });
  page.on("dialog", (dialog) => {
    if (dialog.type() === "beforeunload") return dialog.accept();
    complain(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("popup", (popup) => complain(`popup: ${popup.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) complain(`request: ${request.url()}`);
  });
  await page.exposeFunction("reportViolation", (what) => complain(`CSP: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  return page;
}

/** Fails when the page did what it may not, or holds what only foreign text could have put there. */
export async function unharmed(page) {
  const strange = await page.evaluate(strangers);
  assert.deepEqual(strange, []);
  assert.deepEqual(page.complaints, []);
}

/** Runs in the page: elements and attributes that the page itself never makes. */
function strangers() {
  const found = [];
  if (globalThis.hacked !== undefined) found.push("window.hacked is set");
  const own = {
    script: "[src^='/assets/'][type=module]",
    link: "head > link[href^='/assets/']",
    img: "[src='/assets/tactus.svg']",
    style: "head > style",
    svg: ".chart svg",
    meta: "head > meta:not([http-equiv])",
    form: ".run-panel form, dialog form, .cm-panel form",
    iframe: ":not(*)",
    object: ":not(*)",
    embed: ":not(*)",
    audio: ":not(*)",
    video: ":not(*)",
    base: ":not(*)",
    math: ":not(*)",
    template: ":not(*)",
    marquee: ":not(*)",
    frameset: ":not(*)",
  };
  for (const element of document.querySelectorAll("*")) {
    const tag = element.localName;
    if (tag in own && !element.matches(own[tag])) found.push(element.outerHTML.slice(0, 200));
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) found.push(`${tag} ${name}=${value}`);
      if (/^(href|src|action|formaction|xlink:href)$/i.test(name)) {
        if (!/^(#|\/assets\/)/.test(value)) found.push(`${tag} ${name}=${value}`);
      }
      if (name === "style" && /url|expression|import/i.test(value)) found.push(`style ${value}`);
    }
  }
  return found;
}

/** Open `file` of the tree and wait until it has been checked. */
export async function opened(page, file) {
  await page.getByRole("navigation", { name: "Files" }).getByRole("link", { name: file }).click();
  await page.getByRole("heading", { level: 1, name: file }).waitFor();
  await page.getByText("✓ no problem").waitFor();
  return page;
}

export async function run(page) {
  await page.keyboard.press("Control+Enter");
  await page.locator("article.turn").first().waitFor();
}

/** The badges that say `status`; each has a mark before the word. */
export function badge(page, status) {
  return page.locator(".status", { hasText: status });
}

export function settled(page, status) {
  return badge(page, status).first().waitFor({ timeout: 60_000 });
}

export function textOf(page) {
  return page.locator(".model-text").first().textContent();
}

export async function textLongerThan(page, length) {
  await page.waitForFunction(
    (least) => (document.querySelector(".model-text")?.textContent.length ?? 0) > least,
    length,
  );
}

/** Run what is open and go to the run's own page; resolves to the run's id. */
export async function openRun(page) {
  await run(page);
  await page.getByRole("link", { name: "Open run" }).click();
  await page.waitForURL(/#\/runs\//);
  return page.url().match(/runs\/([^?#/]+)/)[1];
}

/** What the server's log says that the turns of the run said, joined. */
export function textInLog(page, id) {
  return page.evaluate(async (run) => {
    const { turns } = await (await fetch("/api/turns?limit=50")).json();
    return turns
      .filter((turn) => turn.run_id === run)
      .map((turn) => turn.text)
      .join("");
  }, id);
}

/** Tell `events` in the place of what any run of the server says; they get their envelope here. */
export async function tellEvents(page, events) {
  const blocks = events.map((event, at) => {
    const record = { seq: at + 1, run_id: "fabricated", timestamp: 1_700_000_000_000, ...event };
    return `id: ${at + 1}\ndata: ${JSON.stringify(record)}\n\n`;
  });
  await page.unroute("**/api/runs/*/events*");
  await page.route("**/api/runs/*/events*", (route) =>
    route.fulfill({ contentType: "text/event-stream; charset=utf-8", body: blocks.join("") }),
  );
}

/** What axe finds wrong, one line each. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target).join(", ")}`);
}

/** Keep a picture of the page, when `SHOTS` names a folder. */
export async function picture(page, name) {
  const folder = process.env.SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
