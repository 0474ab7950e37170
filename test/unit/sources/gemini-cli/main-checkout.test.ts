import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { geminiCli } from "../../../../src/sources/gemini-cli/index.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../../support/laid-out-home.ts";

const laidOut: string[] = [];
const minute = 60_000;

afterEach(() => {
  for (const base of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

/** A home with one chat of the main checkout, and what `logs.json` beside it holds (0.61.0). */
function lay(records: readonly object[], logs: unknown): LaidOutHome {
  const home = layOutNothing();
  laidOut.push(home.base);
  mkdirSync(home.worktree, { recursive: true });
  const project = join(home.home, ".gemini/tmp/main");
  mkdirSync(join(project, "chats"), { recursive: true });
  writeFileSync(join(project, ".project_root"), home.context().root);
  if (logs !== undefined) writeFileSync(join(project, "logs.json"), JSON.stringify(logs));
  const timestamp = new Date(writtenAt).toISOString();
  const head = { sessionId: "0123abcd-1", startTime: timestamp, kind: "main" };
  const lines = records.map((record, index) => ({ id: `m${index}`, timestamp, ...record }));
  const text = [head, ...lines].map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(join(project, "chats", "session-2026-01-15T11-50-0123abcd.jsonl"), `${text}\n`);
  return home;
}

/** A process in the made `/proc` that works in `folder`. */
function run(home: LaidOutHome, pid: number, folder: string): void {
  const made = join(home.procfs, String(pid));
  mkdirSync(made, { recursive: true });
  writeFileSync(join(home.procfs, "stat"), `btime ${writtenAt / 1_000 - 1_000}\n`);
  writeFileSync(join(made, "stat"), `${pid} (node) S 1 ${"0 ".repeat(17)}90000 0 0\n`);
  symlinkSync(folder, join(made, "cwd"));
}

async function collect(home: LaidOutHome, afterMs = minute): Promise<SourceReading> {
  const now = writtenAt + afterMs;
  return await geminiCli.collect(home.context({ now, processes: readProcesses(home.procfs, now) }));
}

const asked = { type: "user", content: [{ text: "Run the tests" }] };
const said = { type: "gemini", content: "All four pass.", thoughts: [] };
const typedIn = (sessionId: string) => ({ sessionId, messageId: 0, type: "user", message: "Run the tests" });
const personal = ["1 Gemini CLI session in the main checkout not shown: a person's own"];

describe("a chat of the main checkout", () => {
  it.each<[string, unknown]>([
    ["nothing was typed there", undefined],
    ["only others were typed in", [typedIn("99999999-9"), null, {}]],
  ])("is a task of its own where %s: it is a run without a person", async (_, logs) => {
    const home = lay([asked, said], logs);
    run(home, 700, home.context().root);
    const { streams, notes } = await collect(home);
    expect(notes).toEqual([]);
    expect(streams).toMatchObject([{ role: "task", identity: { worktree: null, sessionId: "0123abcd-1" } }]);
  });

  it.each<[string, readonly object[], unknown]>([
    ["a person typed in", [asked, said], [typedIn("0123abcd-1")]],
    ["was opened and never asked anything", [], undefined],
    ["may be a person's, as nobody can tell any more", [asked, said], "torn"],
  ])("is counted, not shown, when it %s", async (_, records, logs) => {
    const home = lay(records, logs);
    run(home, 700, home.context().root);
    const { streams, notes } = await collect(home);
    expect(streams).toEqual([]);
    expect(notes).toEqual(personal);
  });

  it("never waits at a prompt: nobody sits there", async () => {
    const home = lay([asked, said], undefined);
    run(home, 700, home.context().root);
    const { streams } = await collect(home, 9 * minute);
    expect(streams).toMatchObject([{ isInteractive: false, activity: { ended: null } }]);
  });

  it("is over when its process is gone, whoever works in a worktree below", async () => {
    const home = lay([asked, said], undefined);
    run(home, 700, home.worktree);
    const { streams } = await collect(home, 9 * minute);
    expect(streams).toMatchObject([
      { liveness: { state: "gone" }, activity: { ended: { outcome: "success", answer: "All four pass." } } },
    ]);
  });
});
