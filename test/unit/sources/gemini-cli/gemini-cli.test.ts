import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { geminiCli } from "../../../../src/sources/gemini-cli/index.ts";
import { type LaidOutHome, layOut, writtenAt } from "../../../support/laid-out-home.ts";

const session = "250d0000-0000-4000-8000-000000000001";
const laidOut: string[] = [];

function lay(name: string): LaidOutHome {
  const home = layOut("gemini-cli", name);
  laidOut.push(home.base);
  return home;
}

async function only(home: LaidOutHome, changes = {}): Promise<Stream> {
  const { streams } = await geminiCli.collect(home.context(changes));
  expect(streams).toHaveLength(1);
  return streams[0] ?? expect.unreachable();
}

function working(home: LaidOutHome, program: string) {
  const folder = join(home.procfs, "4100");
  mkdirSync(folder);
  writeFileSync(join(folder, "stat"), `4100 (${program}) S ${"0 ".repeat(18)}100 0 0\n`);
  symlinkSync(home.worktree, join(folder, "cwd"));
  return readProcesses(home.procfs, writtenAt + 60_000);
}

const unknownProcesses = (home: LaidOutHome) => readProcesses(join(home.base, "nowhere"), writtenAt);

afterEach(() => {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

describe("a Gemini CLI session", () => {
  it("gives plan, calls, title and worktree", async () => {
    const home = lay("contract");
    expect(await only(home)).toMatchObject({
      key: `gemini_cli:${session}`,
      role: "task",
      identity: { sessionId: session, worktree: home.worktree },
      activity: {
        firstPrompt: "Add the parser",
        plan: { done: 2, total: 2, step: null },
        callCount: 2,
        failureCount: 0,
      },
    });
  });

  it("finds the failure inside a successful shell call", async () => {
    const { activity } = await only(lay("failures"));
    expect(activity.failures).toMatchObject({
      count: 3,
      tools: [
        ["run_shell_command", 2],
        ["read_file", 1],
      ],
    });
    expect(activity.lastError).toMatchObject({ message: "File not found: x" });
  });

  it("counts a call once when its message is written again", async () => {
    const { activity } = await only(lay("rewritten"));
    expect(activity).toMatchObject({ callCount: 1, failureCount: 1 });
  });

  it("judges nothing that a person took back", async () => {
    const { activity } = await only(lay("rewound"));
    expect(activity.failures.count).toBe(0);
    expect(activity.calls).toEqual([]);
  });

  it.each([
    ["cancelled", { outcome: "cancelled", message: "request cancelled" }],
    ["api-error", { outcome: "failure", message: "[API Error: 429 quota]" }],
  ])("reads the record of a turn that was %s", async (name, ended) => {
    expect((await only(lay(name))).activity.ended).toMatchObject(ended);
  });

  it("leaves cancelled todos out of the work", async () => {
    expect((await only(lay("tool-runs-unseen"))).activity.plan).toMatchObject({
      done: 1,
      total: 2,
      step: "Step 2",
    });
  });

  it("hangs a sub-agent below its parent", async () => {
    const { streams } = await geminiCli.collect(lay("sub-agent").context());
    expect(streams.map(({ key, role, parentKey }) => ({ key, role, parentKey }))).toEqual([
      { key: "gemini_cli:child1", role: "evidence", parentKey: `gemini_cli:${session}` },
      { key: `gemini_cli:${session}`, role: "task", parentKey: null },
    ]);
  });

  it("reads a chat that is one object, bound by projects.json", async () => {
    const home = lay("whole-chat");
    const first = await geminiCli.collect(home.context());
    expect(first.streams).toMatchObject([
      { identity: { sessionId: session, worktree: home.worktree }, activity: { failureCount: 1 } },
    ]);
    const second = await geminiCli.collect(home.context({ checkpoint: first.checkpoint }));
    expect(second).toMatchObject({ newEvents: 0, streams: first.streams });
  });
});

describe("the last words of a Gemini CLI session", () => {
  const at = Date.parse("2026-01-15T11:50:09Z");

  it("are the end when all is done and nothing works in the folder any more", async () => {
    expect((await only(lay("contract"))).activity.ended).toMatchObject({ outcome: "success", at });
  });

  it.each([
    ["no end just after they were said", at + 60_000, null],
    ["the end when all is done and nothing followed for minutes", at + 180_000, "success"],
  ])("are %s, when processes tell nothing", async (_, now, outcome) => {
    const home = lay("contract");
    const { activity } = await only(home, { now, processes: unknownProcesses(home) });
    expect(activity.ended?.outcome ?? null).toBe(outcome);
  });

  it.each([["tool-runs-unseen"], ["text-without-plan"]])(
    "are no end in %s, however long the silence, when processes tell nothing",
    async (name) => {
      const home = lay(name);
      const stream = await only(home, { now: at + 3_600_000, processes: unknownProcesses(home) });
      expect(stream.activity.ended).toBeNull();
      expect(stream.notes).toEqual(["the turn is over or a tool is running: Gemini CLI does not tell"]);
    },
  );

  it("are no end with an open step, and the process is gone", async () => {
    const stream = await only(lay("tool-runs-unseen"));
    expect(stream.activity.ended).toBeNull();
    expect(stream.liveness).toMatchObject({ state: "gone" });
  });

  it.each([
    ["node", "unknown"],
    ["bash", "gone"],
  ])("may be followed by more while %s works in the folder: the process is %s", async (program, state) => {
    const home = lay("tool-runs-unseen");
    const stream = await only(home, { processes: working(home, program) });
    expect(stream.liveness).toMatchObject({ state });
  });
});

describe("a log of gemini --output-format stream-json", () => {
  it("shows the tool that runs", async () => {
    const home = lay("stream-log");
    expect(await only(home)).toMatchObject({
      identity: { sessionId: session, worktree: home.worktree },
      activity: { openCalls: [{ tool: "run_shell_command", target: "make" }], ended: null },
    });
  });

  it("shows the failed command and the failed end", async () => {
    expect((await only(lay("stream-log-failed"))).activity).toMatchObject({
      failures: { count: 1 },
      ended: { outcome: "failure", message: "quota exceeded" },
    });
  });
});
