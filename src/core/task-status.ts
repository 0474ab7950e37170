import type { Problem } from "./problem.ts";

export const statusWords = ["created", "running", "completed", "failed", "timeout"] as const;
export type StatusWord = (typeof statusWords)[number];

/** Whether a status word says that nothing more is to come. */
export function saysEnded(word: StatusWord | null): word is "completed" | "failed" | "timeout" {
  return word === "completed" || word === "failed" || word === "timeout";
}

/** What one worktree's `status.json` claims. Times in epoch milliseconds; null = the file does not say. */
export type TaskStatus = {
  readonly status: StatusWord | null;
  /** The word as it stands there, also when it is none of `statusWords`. */
  readonly reportedStatus: string | null;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  readonly title: string | null;
  readonly agent: string | null;
  readonly subagentType: string | null;
  readonly category: string | null;
  readonly branch: string | null;
  readonly pid: number | null;
  readonly host: string | null;
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly steps: { readonly done: number; readonly total: number } | null;
  readonly step: string | null;
};

/** One `status.json` that is there, readable or not. `path` is relative to the root, `worktree` absolute. */
export type StatusReading = {
  readonly path: string;
  readonly worktree: string;
  readonly branch: string | null;
  readonly status: TaskStatus | null;
  readonly problems: readonly Problem[];
};

/** Clocks of two machines differ by less than this (signals.md, 4: tomcounsell/ai tolerates 60 s). */
export const clockToleranceMs = 60_000;

/** What names a status file's work where nothing has an id: its worktree, or the file itself when it has a name of its own. */
export function placeOf({ path, worktree }: StatusReading): string {
  return /(^|\/)status\.json$/.test(path) ? worktree : path;
}
