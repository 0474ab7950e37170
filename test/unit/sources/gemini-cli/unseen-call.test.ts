import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { geminiCli } from "../../../../src/sources/gemini-cli/index.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../../support/laid-out-home.ts";

const laidOut: string[] = [];
const minute = 60_000;

afterEach(() => {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

const at = new Date(writtenAt).toISOString();

/** A home with one chat of the worktree, and where it is said so, what a person typed there. */
function lay(records: readonly object[], isTyped: boolean): LaidOutHome {
  const home = layOutNothing();
  laidOut.push(home.base);
  mkdirSync(home.worktree, { recursive: true });
  const project = join(home.home, ".gemini/tmp/alpha");
  mkdirSync(join(project, "chats"), { recursive: true });
  writeFileSync(join(project, ".project_root"), home.worktree);
  const typed = [{ sessionId: "0123abcd-1", messageId: 0, type: "user", message: "Go", timestamp: at }];
  if (isTyped) writeFileSync(join(project, "logs.json"), JSON.stringify(typed));
  const head = { sessionId: "0123abcd-1", startTime: at, kind: "main" };
  const lines = records.map((record, index) => ({ id: `m${index}`, timestamp: at, ...record }));
  const text = [head, ...lines].map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(join(project, "chats", "session-2026-01-15T11-50-0123abcd.jsonl"), `${text}\n`);
  return home;
}

/** A process in the made `/proc` that works in the worktree since long before the last words. */
function run(home: LaidOutHome, pid: number, program: string, parent: number, secondsAfter = -60): void {
  const made = join(home.procfs, String(pid));
  mkdirSync(made, { recursive: true });
  writeFileSync(join(home.procfs, "stat"), `btime ${writtenAt / 1_000 - 1_000}\n`);
  const ticks = (1_000 + secondsAfter) * 100;
  writeFileSync(join(made, "stat"), `${pid} (${program}) S ${parent} ${"0 ".repeat(17)}${ticks} 0 0\n`);
  symlinkSync(home.worktree, join(made, "cwd"));
}

async function look(home: LaidOutHome): Promise<Stream> {
  const now = writtenAt + 3 * minute;
  const context = home.context({ now, processes: readProcesses(home.procfs, now) });
  return (await geminiCli.collect(context)).streams[0] ?? expect.unreachable();
}

const asked = { type: "user", content: [{ text: "Go" }] };
const silent = { type: "gemini", content: "", thoughts: [] };

describe("the call of a message without words, which is not written yet", () => {
  it.each([
    ["may wait for the person who typed there", true],
    ["asks nobody in a run without a person", false],
  ])("%s", async (_, isTyped) => {
    const home = lay([asked, silent], isTyped);
    run(home, 700, "node", 1);
    const { activity } = await look(home);
    expect(activity).toMatchObject({
      openCalls: [{ tool: "a tool", startedAt: writtenAt, mayAsk: isTyped }],
      callCount: 0,
      lastActivityAt: writtenAt,
    });
  });

  it("is allowed, and told by its program, once that runs", async () => {
    const home = lay([asked, silent], true);
    run(home, 700, "node", 1);
    run(home, 701, "bash", 700, 20);
    expect(await look(home)).toMatchObject({ busyWith: "bash", activity: { openCalls: [] } });
  });

  it("is none when the process is gone", async () => {
    expect((await look(lay([asked, silent], true))).activity.openCalls).toEqual([]);
  });

  it("is the one that stands there once it is written", async () => {
    const calls = [{ id: "c", name: "glob", args: {}, status: "success", result: [] }];
    const home = lay([asked, silent, { ...silent, id: "m1", toolCalls: calls }], true);
    run(home, 700, "node", 1);
    expect((await look(home)).activity).toMatchObject({ openCalls: [], callCount: 1 });
  });
});

describe("a turn that a person stopped", () => {
  const cancelled = { type: "info", content: "Request cancelled." };
  const words = { type: "gemini", content: "I look.", thoughts: [] };

  it("leaves its session at the prompt while its process may live", async () => {
    const home = lay([asked, words, cancelled], true);
    run(home, 700, "node", 1);
    expect(await look(home)).toMatchObject({ isInteractive: true, waiting: { for: "prompt" } });
  });

  it("is the end of a session whose process is gone", async () => {
    const home = lay([asked, words, cancelled], true);
    expect(await look(home)).toMatchObject({ isInteractive: false, waiting: null });
  });
});
