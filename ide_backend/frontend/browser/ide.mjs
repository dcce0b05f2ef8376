// The IDE under test: a server of its own on a workspace of its own, and a real Chromium.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { newPage, opened, unharmed } from "./page.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Procedures of every kind; `slow` is slow enough to be looked at while it speaks. */
export const FILES = {
  "story.lua":
    'teller = Agent { model = "demo/fast" }\nreturn { story = teller("Tell a story").response }\n',
  "slow.lua":
    'teller = Agent { provider = "demo" }\nreturn { story = teller("Tell a story").response }\n',
  "fails.lua":
    'a = Agent { model = "demo/cut" }\nlocal r = a("Tell a story")\nreturn { r = r.response }\n',
  "asks.lua":
    'input { topic = field.string{description = "About what"} }\nreturn { said = input.topic }\n',
};

/** A folder with `files`. */
export function workspace(files = FILES) {
  const folder = mkdtempSync(join(tmpdir(), "tactus-page-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A running IDE: `url` has its token, `kill(signal)` ends it. */
export async function serve(folder, { port = 0, tokensPerSecond = 40 } = {}) {
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
    origin: new URL(url).origin,
    port: Number(new URL(url).port),
    kill: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

export function launch() {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/**
 * A server and a browser for the tests of one file.
 *
 * `it.test(sentence, file, body)` gives `body` a page with the file open, in a context of its own,
 * and fails when the page broke a rule: an error, a dialog, a request to outside, a CSP report.
 */
export function ide({ files = FILES, ...serving } = {}) {
  const it = { folder: workspace(files) };
  before(async () => {
    [it.server, it.browser] = await Promise.all([serve(it.folder, serving), launch()]);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.kill();
    rmSync(it.folder, { recursive: true, force: true });
  });
  it.open = async (file, options) => opened(await it.enter(options), file);
  it.enter = async (options) => {
    const page = await newPage(it.browser, it.server.origin, options);
    await page.goto(it.server.url);
    return page;
  };
  it.test = (sentence, file, body, options) =>
    test(sentence, async () => {
      const page = await it.enter(options);
      try {
        if (file !== null) await opened(page, file);
        await body(page);
        await unharmed(page);
      } finally {
        await page.context().close();
      }
    });
  return it;
}
