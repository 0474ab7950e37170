import { resolve } from "node:path";
import type { TaskReport } from "./core/report/report.ts";
import type { Row } from "./core/report/task-row.ts";
import { readCommits } from "./io/commits.ts";

/** All of them together may take so long; the others stay unknown. */
const patienceMs = 5_000;

/** Rows with what ended tasks of linked worktrees committed. Asked only where it is shown: it starts git. */
export function withCommits(rows: readonly Row[], root: string): readonly Row[] {
  const until = performance.now() + patienceMs;
  return rows.map((row) => (performance.now() < until ? { ...row, task: committed(row, root) } : row));
}

function committed({ task, assessment }: Row, root: string): TaskReport {
  const isEnded = task.ended_at !== null || task.health === "completed";
  if (!isEnded || task.worktree === null || resolve(root, task.worktree) === root) return task;
  const commits = readCommits(root, resolve(root, task.worktree));
  if (commits === null) return task;
  const hasChanges = assessment.facts.task.streams.some(({ kind }) => kind === "files");
  const isNothing = task.health === "completed" && commits.ahead === 0 && !hasChanges;
  return {
    ...task,
    commits_ahead: commits.ahead,
    diff: commits.diff,
    details: isNothing ? [...task.details, "nothing was committed or changed"] : task.details,
  };
}
