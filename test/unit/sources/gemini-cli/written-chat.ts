import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { geminiCli } from "../../../../src/sources/gemini-cli/index.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../../support/laid-out-home.ts";

export const session = "0123abcd-1";

type Given = {
  /** Where the session began: the worktree unless it says otherwise. */
  readonly folder?: (home: LaidOutHome) => string;
  /** What `logs.json` beside the chats holds (0.61.0): what a person typed. */
  readonly logs?: unknown;
};

/** A home with one chat, whose records are a second apart, the last one at `writtenAt`. */
export function layChat(records: readonly object[], { folder, logs }: Given = {}): LaidOutHome {
  const home = layOutNothing();
  mkdirSync(home.worktree, { recursive: true });
  const project = join(home.home, ".gemini/tmp/alpha");
  mkdirSync(join(project, "chats"), { recursive: true });
  writeFileSync(join(project, ".project_root"), folder?.(home) ?? home.worktree);
  if (logs !== undefined) writeFileSync(join(project, "logs.json"), JSON.stringify(logs));
  const at = (index: number) => new Date(writtenAt - (records.length - 1 - index) * 1_000).toISOString();
  const head = { sessionId: session, projectHash: "00", startTime: at(0), kind: "main" };
  const lines = records.map((record, index) => ({ id: `m${index}`, timestamp: at(index), ...record }));
  const text = [head, ...lines].map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(join(project, "chats", "session-2026-01-15T11-50-0123abcd.jsonl"), `${text}\n`);
  return home;
}

/** What `logs.json` says of words that a person typed so many seconds before `writtenAt`. */
export function typedIn(sessionId: string, secondsBefore: number): object {
  const timestamp = new Date(writtenAt - secondsBefore * 1_000).toISOString();
  return { sessionId, messageId: 0, type: "user", message: "Run the tests", timestamp };
}

/** A process in the made `/proc`, started so many seconds before `writtenAt`, that works in `folder`. */
export function run(
  home: LaidOutHome,
  pid: number,
  program: string,
  parent: number,
  secondsBefore: number,
  folder = home.worktree,
): void {
  const made = join(home.procfs, String(pid));
  mkdirSync(made, { recursive: true });
  writeFileSync(join(home.procfs, "stat"), `btime ${writtenAt / 1_000 - 1_000}\n`);
  const ticks = (1_000 - secondsBefore) * 100;
  writeFileSync(join(made, "stat"), `${pid} (${program}) S ${parent} ${"0 ".repeat(17)}${ticks} 0 0\n`);
  symlinkSync(folder, join(made, "cwd"));
}

/** What the source says so long after `writtenAt`. */
export async function collectAt(home: LaidOutHome, afterMs: number): Promise<SourceReading> {
  const now = writtenAt + afterMs;
  return await geminiCli.collect(home.context({ now, processes: readProcesses(home.procfs, now) }));
}

/** Takes laid out homes away. */
export function takeAway(homes: LaidOutHome[]): void {
  for (const { base } of homes.splice(0)) rmSync(base, { recursive: true, force: true });
}

export const asked = { type: "user", content: [{ text: "Run the tests" }] };
export const said = { type: "gemini", content: "All four pass.", thoughts: [] };
