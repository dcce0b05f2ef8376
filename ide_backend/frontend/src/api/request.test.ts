import { afterEach, describe, expect, it, vi } from "vitest";
import { request } from "./request";

function answers(status: number, body?: unknown) {
  const text = body === undefined ? null : JSON.stringify(body);
  vi.stubGlobal("fetch", async () => new Response(text, { status }));
}

describe("a request", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("answers with what the server sent, or with nothing", async () => {
    answers(200, { a: 1 });
    expect(await request("GET", "/api/x")).toEqual({ a: 1 });
    answers(204);
    expect(await request("DELETE", "/api/x")).toBeUndefined();
  });

  it("fails with the server's own words", async () => {
    answers(409, { error: { code: "taken", message: "it is there", hint: "take another" } });
    await expect(request("POST", "/api/x")).rejects.toMatchObject({
      status: 409,
      code: "taken",
      message: "it is there",
      hint: "take another",
    });
  });

  it("says how to sign in only where that is what is missing", async () => {
    answers(403, { error: { code: "token", message: "the token is missing" } });
    await expect(request("GET", "/api/x")).rejects.toMatchObject({ code: "session" });
    answers(403, { error: { code: "path", message: "no such name is taken" } });
    await expect(request("GET", "/api/x")).rejects.toMatchObject({
      code: "path",
      message: "no such name is taken",
    });
  });

  it("tells a server that is gone from one that refuses", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await expect(request("GET", "/api/x")).rejects.toMatchObject({ code: "unreachable" });
    answers(500);
    await expect(request("GET", "/api/x")).rejects.toMatchObject({ code: "500" });
  });
});
