import { appendFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codex } from "../../../../src/sources/codex/index.ts";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";
import { asked, ended, layRollout, started, takeAway, thread, writeRollout } from "./written-rollout.ts";

const other = "01a20000-0000-7000-8000-000000000002";
const turn = [started, asked, ended("All done.")];
const laidOut: LaidOutHome[] = [];

function lay(): LaidOutHome {
  const home = layRollout(turn);
  laidOut.push(home);
  return home;
}

afterEach(() => takeAway(laidOut));

describe("a session that another one started", () => {
  it.each([
    ["a spawned agent", { source: { subagent: { thread_spawn: { parent_thread_id: thread } } } }],
    ["a review", { source: { subagent: "review" }, forked_from_id: thread }],
    ["a guard of commands", { source: { subagent: { other: "guardian" } }, parent_thread_id: thread }],
  ])("hangs below it: %s", async (_, meta) => {
    const home = lay();
    writeRollout(home, turn, { id: other, ...meta });
    const { streams } = await codex.collect(home.context());
    expect(streams.map(({ role, parentKey }) => ({ role, parentKey }))).toEqual([
      { role: "task", parentKey: null },
      { role: "evidence", parentKey: `codex:${thread}` },
    ]);
  });

  it("is no task when it does not say whose it is", async () => {
    const home = lay();
    writeRollout(home, turn, { id: other, source: { subagent: { other: "guardian" } } });
    const { streams } = await codex.collect(home.context());
    expect(streams.map(({ role }) => role)).toEqual(["task", "evidence"]);
  });

  it("is a task of its own when a person forked it", async () => {
    const home = lay();
    writeRollout(home, turn, { id: other, forked_from_id: thread });
    const { streams } = await codex.collect(home.context());
    expect(streams[1]).toMatchObject({ role: "task", parentKey: null });
  });
});

describe("the folder of a year", () => {
  it("may be a link to another disk", async () => {
    const home = lay();
    const sessions = join(home.home, ".codex", "sessions");
    renameSync(join(sessions, "2026"), join(home.base, "2026"));
    symlinkSync(join(home.base, "2026"), join(sessions, "2026"));
    const { streams } = await codex.collect(home.context());
    expect(streams).toMatchObject([{ key: `codex:${thread}` }]);
  });
});

describe("the first line of a rollout", () => {
  it("is a problem when it is too long to be read", async () => {
    const home = lay();
    const path = writeRollout(home, [], { id: other, base_instructions: "x".repeat(1024 * 1024) });
    expect(await codex.collect(home.context())).toMatchObject({
      streams: [{ key: `codex:${thread}` }],
      problems: [{ code: "too_large", line: 1, path: expect.stringContaining(other) }],
    });
    writeFileSync(path, "");
    appendFileSync(path, '{"timestamp":"2026-01');
    expect(await codex.collect(home.context())).toMatchObject({ problems: [] });
  });
});

describe("a session in the main checkout", () => {
  const personal = { source: "cli", originator: "codex-tui" };

  it("is a task when it was started to run to its end, with its helpers", async () => {
    const home = lay();
    const child = { id: other, source: { subagent: "review" }, forked_from_id: thread };
    writeRollout(home, turn, { cwd: home.project });
    writeRollout(home, turn, { cwd: home.project, ...child });
    const { streams, notes } = await codex.collect(home.context());
    expect(streams).toMatchObject([
      { role: "task", identity: { sessionId: thread, worktree: null } },
      { role: "evidence", parentKey: `codex:${thread}` },
    ]);
    expect(notes).toEqual([]);
  });

  it("is a person's own otherwise: only their number is told", async () => {
    const home = lay();
    writeRollout(home, turn, { cwd: home.project, ...personal });
    const { streams, notes } = await codex.collect(home.context());
    expect(streams).toEqual([]);
    expect(notes).toEqual(["1 Codex session in the main checkout not shown: a person's own"]);
  });
});

it("tells the newest version that wrote here", async () => {
  const home = lay();
  writeRollout(home, turn, { id: other, cli_version: "0.140.0" });
  writeRollout(home, turn, { cli_version: "0.99.1" });
  expect((await codex.collect(home.context())).newestVersion).toBe("0.140.0");
});
