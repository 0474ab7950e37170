import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect, fixture, type Home, makeHome, now, store, write } from "./home.ts";

const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
const asking = (seconds: number, permission: string, pattern: string) =>
  `timestamp=${at(seconds)} level=INFO run=e916611c message=asking id=per_1 permission=${permission} patterns="[\\"${pattern}\\"]"\n`;

/** A session whose last step has one call of `tool` open since `start` (seconds before now). */
function calling(tool: string, start: number, state: object = {}): Home {
  const home = makeHome();
  const input = { filePath: "/data/other/notes.txt", pattern: "*.conf" };
  const open = { status: "running", input, time: { start }, ...state };
  store(
    home,
    "sqlite",
    fixture("turn-over").map((session) => ({
      ...session,
      todos: [],
      messages: [
        ...session.messages.slice(0, 1),
        {
          role: "assistant",
          agent: "build",
          at: start - 1,
          parts: [{ type: "tool", at: start, tool, callID: "c", state: open }],
        },
      ],
    })),
  );
  return home;
}

async function waitingIn(home: Home, moment = now) {
  return (await collect(home, moment)).streams[0]?.activity.waiting ?? null;
}

describe("a permission that the log says was asked for", () => {
  it.each([
    ["write", "edit", "/data/other/notes.txt"],
    ["glob", "external_directory", "/data/other/*"],
    ["task", "task", "explore"],
    ["mail_send", "mail_send", "*"],
    ["mail_send", "mail", "*"],
    ["read", "doom_loop", "read"],
  ])("waits while the call of %s is open", async (tool, permission, pattern) => {
    const home = calling(tool, -10);
    write(join(home.data, "log", "opencode.log"), asking(-9.995, permission, pattern));
    expect(await waitingIn(home)).toMatchObject({ for: "permission", tool });
  });

  it("names the folder outside that is asked for", async () => {
    const home = calling("glob", -10);
    write(join(home.data, "log", "opencode.log"), asking(-9.9, "external_directory", "/data/other/*"));
    expect(await waitingIn(home)).toMatchObject({ text: "external_directory /data/other/*" });
  });

  it("counts the second request of one call", async () => {
    const home = calling("write", -20);
    const lines =
      asking(-19.9, "external_directory", "/data/other/*") + asking(-12, "edit", "other/notes.txt");
    write(join(home.data, "log", "opencode.log"), lines);
    expect(await waitingIn(home)).toMatchObject({ at: now - 12_000 });
  });

  it("is answered when the call began", async () => {
    const home = calling("bash", -10, { metadata: { output: "" } });
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "bash", "bun test"));
    expect(await waitingIn(home)).toBeNull();
  });

  it("is of another call when it was asked before", async () => {
    const home = calling("write", -10);
    write(join(home.data, "log", "opencode.log"), asking(-30, "edit", "src/app.ts"));
    expect(await waitingIn(home)).toBeNull();
  });

  it("is of the call that names its file, of two at one moment", async () => {
    const home = calling("write", -10);
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "edit", "src/app.ts"));
    expect(await waitingIn(home)).toBeNull();
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "edit", "../other/notes.txt"));
    expect(await waitingIn(home)).toMatchObject({ for: "permission", tool: "write" });
  });

  it("says nothing of the time limit of a command that has not begun", async () => {
    const home = calling("bash", -10, { input: { command: "bun publish", timeout: 20_000 } });
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "bash", "bun publish"));
    const [stream] = (await collect(home, now + 60_000)).streams;
    expect([stream?.activity.waiting?.for, stream?.notes]).toEqual(["permission", []]);
  });

  it("is known after the log was rotated away", async () => {
    const home = calling("write", -10);
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "edit", "/data/other/notes.txt"));
    const { checkpoint } = await collect(home);
    write(join(home.data, "log", "opencode.log"), "");
    const again = await collect(home, now + 5_000, {}, [], JSON.parse(JSON.stringify(checkpoint)));
    expect(again.streams[0]?.activity.waiting).toMatchObject({ for: "permission" });
  });

  it("is found in front of the last half megabyte", async () => {
    const home = calling("write", -10);
    const noise = `timestamp=${at(-5)} level=INFO message=other\n`.repeat(12_000);
    write(join(home.data, "log", "opencode.log"), asking(-9.99, "edit", "/data/other/notes.txt") + noise);
    expect(await waitingIn(home)).toMatchObject({ for: "permission" });
  });
});

describe("without a line in the log", () => {
  it("takes half a minute of reading for a permission prompt", async () => {
    expect(await waitingIn(calling("read", -31))).toMatchObject({ for: "permission", tool: "read" });
    expect(await waitingIn(calling("read", -29))).toBeNull();
  });

  it("lets a fetch take its two minutes", async () => {
    const home = calling("webfetch", -10);
    expect(await waitingIn(home, now + 100_000)).toBeNull();
    expect(await waitingIn(home, now + 120_000)).toMatchObject({ for: "permission" });
  });

  it("does not guess for tools that may take long", async () => {
    expect(await waitingIn(calling("mail_send", -10), now + 600_000)).toBeNull();
  });
});
