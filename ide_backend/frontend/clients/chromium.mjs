// Chromium's own EventSource, on an empty page of the server's origin.
import { chromium } from "playwright-core";
import { answer, asked, each } from "./plan.mjs";
import { readSource } from "./source.mjs";

const { url, cookie, executable, reads } = asked();
const empty = new URL("/empty", url).href;

const browser = await chromium.launch({
  executablePath: executable,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const context = await browser.newContext();
  await context.addCookies([{ ...cookie, url: empty, httpOnly: true, sameSite: "Strict" }]);
  const page = await context.newPage();
  await page.route(empty, (route) => route.fulfill({ contentType: "text/html", body: "" }));
  await page.goto(empty);
  await page.addScriptTag({ content: `${readSource}\n${each}` });
  answer(
    await page.evaluate(
      ([address, wanted]) =>
        globalThis.each(wanted, 6, ([after, most]) => {
          const query = after ? `?after=${after}` : "";
          return globalThis.readSource(new EventSource(address + query), most);
        }),
      [url, reads],
    ),
  );
} finally {
  await browser.close();
}
