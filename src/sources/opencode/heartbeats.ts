// oh-my-opencode ≥ 4.11 rewrites `storage/oh-my-openagent/tui-state/<hash>.json` every two seconds for each project it runs
// in: the only place on disk that shows a provider retry or a queued task. It names no ids, and a failed child can be shown
// as `completed` there.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readSmallText } from "../../io/small-file.ts";
import { realPath } from "../../io/worktrees.ts";

const filesRead = 64;
const fileBytes = 1_000_000;
/** Older than this, the plugin no longer runs there. */
const freshMs = 10_000;

const Status = z.object({ name: z.string(), status: z.string() });
const Job = z.object({ title: z.string(), status: z.string() });
const TuiState = z.object({
  projectDir: z.string(),
  updatedAt: z.number(),
  activeAgents: z.array(Status).default([]).catch([]),
  jobBoard: z.array(Job).default([]).catch([]),
});

/** What a running plugin said about one folder a moment ago. */
export type Heartbeat = {
  readonly at: number;
  readonly agents: readonly z.infer<typeof Status>[];
  readonly jobs: readonly z.infer<typeof Job>[];
};

/** The fresh heartbeats, by folder (symlinks resolved). */
export function readHeartbeats(folder: string, now: number): ReadonlyMap<string, Heartbeat> {
  const found = new Map<string, Heartbeat>();
  for (const path of list(folder)) {
    const state = TuiState.safeParse(readState(path));
    if (!state.success || Math.abs(now - state.data.updatedAt) > freshMs) continue;
    const { projectDir, updatedAt, activeAgents, jobBoard } = state.data;
    found.set(realPath(projectDir), { at: updatedAt, agents: activeAgents, jobs: jobBoard });
  }
  return found;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .slice(0, filesRead)
      .map((name) => join(folder, name));
  } catch {
    // No plugin, or one too old to write here.
    return [];
  }
}

function readState(path: string): unknown {
  try {
    return JSON.parse(readSmallText(path, fileBytes));
  } catch {
    // Rewritten every two seconds, in place: the next look finds it whole.
    return null;
  }
}
