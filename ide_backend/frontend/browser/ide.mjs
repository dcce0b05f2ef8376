// The IDE under test: a server of its own on a workspace of its own, and a real Chromium.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const HOSTILE =
  '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> [a](javascript:window.hacked=1) 🦊';

const FILES = {
  "story.lua":
    'teller = Agent { provider = "demo" }\nreturn { story = teller("Tell a story").response }\n',
  "fails.lua":
    'a = Agent { model = "demo/cut" }\nlocal r = a("Tell a story")\nreturn { r = r.response }\n',
  "hostile.lua": `a = Agent { model = "demo/echo" }\nreturn { r = a([[${HOSTILE}]]).response }\n`,
  "asks.lua":
    'input { topic = field.string{description = "About what"} }\nreturn { said = input.topic }\n',
};

/** A folder with procedures of every kind. */
export function workspace() {
  const folder = mkdtempSync(join(tmpdir(), "tactus-page-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A running IDE: `url` has its token, `kill(signal)` ends it. */
export async function serve(folder, { port = 0, tokensPerSecond = 60 } = {}) {
  const venv = join(ROOT, ".venv/bin/python");
  const python = process.env.PYTHON ?? (existsSync(venv) ? venv : "python3");
  const child = spawn(
    python,
    ["-m", "tactus", "ide", folder, "--no-open", "--port", String(port)],
    {
      cwd: ROOT,
      env: { ...process.env, TACTUS_DEMO__TOKENS_PER_SECOND: String(tokensPerSecond) },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        said.push(line);
        const found = line.match(/http:\/\/\S+/);
        if (found) resolve(found[0]);
      });
    }
    ended.then(() => reject(new Error(`the server ended: ${said.join("\n")}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    kill: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

export function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** A page of the IDE with a file open, and whatever it complained of in `page.complaints`. */
export async function open(browser, url, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByText(file, { exact: true }).first().click();
  await page.locator(".cm-content").waitFor();
  await page.getByText("no problem").waitFor();
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
  return badge(page, status).first().waitFor({ timeout: 20_000 });
}

export function textOf(page) {
  return page.locator(".model-text").first().textContent();
}

/** What axe finds wrong, one line each. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target).join(", ")}`);
}

export function shots() {
  const folder = process.env.SHOTS;
  if (folder) mkdirSync(folder, { recursive: true });
  return folder;
}
