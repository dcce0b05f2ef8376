import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { edit, forget, isDirty, refresh, save, takeDisk, useBuffer } from "./buffers";

const PATH = "story.lua";

/** A disk with one file, behind the same requests that the server answers. */
class Disk {
  text = "first";
  writes = 0;

  get version() {
    return `version of ${this.text}`;
  }

  fetch = async (_: string, options: RequestInit): Promise<Response> => {
    if (options.method === "GET") return Response.json(this.file());
    const { text, version } = JSON.parse(String(options.body)) as { text: string; version: string };
    if (version !== this.version) {
      const error = { code: "conflict", message: "changed" };
      return Response.json({ error, current: this.file() }, { status: 409 });
    }
    this.text = text;
    this.writes++;
    return Response.json(this.file());
  };

  file() {
    return { path: PATH, text: this.text, version: this.version };
  }
}

function buffer() {
  const { result, unmount } = renderHook(() => useBuffer(PATH));
  const { buffer } = result.current;
  unmount();
  if (!buffer) throw new Error("the file is not open");
  return buffer;
}

describe("a file that is edited", () => {
  let disk: Disk;
  beforeEach(async () => {
    disk = new Disk();
    vi.stubGlobal("fetch", disk.fetch);
    await refresh(PATH);
  });
  afterEach(() => {
    forget(PATH);
    vi.unstubAllGlobals();
  });

  it("is saved over what it began with", async () => {
    edit(PATH, "mine");
    expect(isDirty(buffer())).toBe(true);
    expect(await save(PATH)).toBe(true);
    expect(disk.text).toBe("mine");
    expect(isDirty(buffer())).toBe(false);
  });

  it("takes a change on disk when nothing was typed", async () => {
    disk.text = "theirs";
    await refresh(PATH);
    expect(buffer()).toMatchObject({ text: "theirs", edition: 1, conflict: null });
  });

  it("never writes over a change on disk, and keeps both texts", async () => {
    edit(PATH, "mine");
    disk.text = "theirs";
    expect(await save(PATH)).toBe(false);
    expect(disk).toMatchObject({ text: "theirs", writes: 0 });
    expect(buffer()).toMatchObject({ text: "mine", conflict: { text: "theirs" } });
  });

  it("writes over it when the reader says so, but not over a later change", async () => {
    edit(PATH, "mine");
    disk.text = "theirs";
    await save(PATH);
    const seen = buffer().conflict?.version;
    disk.text = "later";
    expect(await save(PATH, seen)).toBe(false);
    expect(buffer()).toMatchObject({ text: "mine", conflict: { text: "later" } });
    expect(await save(PATH, buffer().conflict?.version)).toBe(true);
    expect(disk.text).toBe("mine");
  });

  it("is the other text when the reader takes that", async () => {
    edit(PATH, "mine");
    disk.text = "theirs";
    await save(PATH);
    takeDisk(PATH, buffer().conflict ?? { text: "", version: "" });
    expect(buffer()).toMatchObject({ text: "theirs", conflict: null, edition: 1 });
    expect(isDirty(buffer())).toBe(false);
  });

  it("keeps its text when the server is gone", async () => {
    edit(PATH, "mine");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await expect(save(PATH)).rejects.toMatchObject({ code: "unreachable" });
    await refresh(PATH);
    expect(buffer().text).toBe("mine");
  });
});
