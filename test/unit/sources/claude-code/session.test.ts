import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { clear, first, lay, look, session, transcriptOf } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

describe("a Claude Code session", () => {
  it("is a task of its worktree, with branch and running tool", async () => {
    const home = makeProcess(lay("running-tool"));
    expect(await first(home)).toMatchObject({
      key: `claude_code:${session}`,
      role: "task",
      identity: { sessionId: session, worktree: home.worktree },
      branch: "alpha",
      isInteractive: false,
      liveness: { state: "alive", pid: 4242 },
      activity: {
        lastActivityAt: writtenAt - 294_000,
        callCount: 1,
        ended: null,
        openCalls: [{ tool: "Bash", target: "bun test", timeoutMs: 600_000 }],
      },
    });
  });

  it("takes its plan from the task files, without deleted tasks", async () => {
    const { activity } = await first(lay("running-tool"));
    expect(activity.plan).toMatchObject({ done: 1, total: 3, step: "Writing the parser" });
  });

  it("has no plan when nothing says one", async () => {
    expect((await first(lay("permission"))).activity.plan).toBeNull();
  });

  it("knows no time limit of a shell call that names none", async () => {
    const [call] = (await first(lay("permission"))).activity.openCalls;
    expect(call?.timeoutMs).toBeNull();
  });

  it("belongs to the worktree in whose sub-folder it was started, wherever its shell went", async () => {
    const home = lay("sub-folder");
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is found in a folder with a chosen name by its first cwd", async () => {
    const home = lay("named-folder");
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is found by its folder alone when its first cwd is no text", async () => {
    const home = lay("contract");
    const torn = readFileSync(transcriptOf(home), "utf8").replace(/("cwd":"[^"]+)"/, '$1\\u12"');
    writeFileSync(transcriptOf(home), torn);
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is found by its folder alone when no record has a cwd yet", async () => {
    const home = lay("first-line-only");
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("is not taken for another worktree's with the same beginning", async () => {
    expect(await look(lay("sibling"))).toEqual([]);
  });

  it("tells how many bytes of it were read", async () => {
    let bytes = 0;
    const home = lay("permission");
    await look(home, { onBytes: (count) => (bytes += count) });
    expect(bytes).toBe(statSync(transcriptOf(home)).size);
  });

  it("is looked for in every folder of CLAUDE_CONFIG_DIR", async () => {
    const home = lay("permission");
    const list = `${join(home.home, "nothing")}, ${join(home.home, ".claude")}`;
    expect(await look(home, { env: { CLAUDE_CONFIG_DIR: list } })).toHaveLength(1);
  });

  it("is looked for in ~/.config/claude too", async () => {
    const home = lay("permission");
    cpSync(join(home.home, ".claude"), join(home.home, ".config", "claude"), { recursive: true });
    rmSync(join(home.home, ".claude"), { recursive: true });
    expect(await look(home, { since: 0 })).toHaveLength(1);
  });
});

describe("what a transcript says of the work", () => {
  it("counts failures in a row without tools, waits and refusals that mean nothing", async () => {
    const { activity } = await first(lay("failures"));
    expect(activity.failures).toMatchObject({
      count: 3,
      tools: [
        ["Bash", 2],
        ["Read", 1],
      ],
    });
    expect(activity.lastError?.message).toBe("Exit code 2 TypeError: x is not a function");
  });

  it("counts a record that a compaction wrote again once", async () => {
    const { activity } = await first(lay("compacted"));
    expect(activity).toMatchObject({ failureCount: 1, openCalls: [], monologue: { condensed: 1 } });
  });

  it.each([
    ["api-retries", { attempt: 3, maxAttempts: 10, message: "529 Overloaded" }],
    ["requests-repeated", { attempt: 3, maxAttempts: null, count: 3 }],
  ])("sees the retries of %s", async (name, retries) => {
    expect((await first(lay(name))).activity.retries).toMatchObject(retries);
  });

  it.each([
    ["api-failure", "failure", "API Error: 529 Overloaded"],
    ["interrupted", "cancelled", "interrupted by a person"],
    ["refusal", "success", "the model refused to answer"],
    ["idle", "success", null],
    ["contract", "success", null],
  ])("ends %s with %s", async (name, outcome, message) => {
    expect((await first(lay(name))).activity.ended).toMatchObject({ outcome, message });
  });

  it("does not count an interrupted call as a failure", async () => {
    expect((await first(lay("interrupted"))).activity).toMatchObject({ failureCount: 0, openCalls: [] });
  });

  it.each([
    ["question", "question", "Which database should I use?"],
    ["plan-approval", "plan_approval", null],
    ["disordered-2.1.197", "question", "Which one?"],
  ])("waits in %s for an answer to a %s", async (name, kind, text) => {
    const stream = await first(makeProcess(lay(name)));
    expect(stream.activity.waiting).toMatchObject({ for: kind, text });
    expect(stream.waiting).toBeNull();
  });
});
