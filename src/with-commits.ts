import { resolve } from "node:path";
import { isEnded } from "./core/log/health.ts";
import type { TaskReport } from "./core/report/report.ts";
import type { Row } from "./core/report/task-row.ts";
import type { TaskFacts } from "./core/verdict/task-facts.ts";
import { committedAt, headOf, isLinkedWorktree, readCommits } from "./io/commits.ts";

/** All of them together may take so long; the others stay unknown. */
const patienceMs = 5_000;

/**
 * Rows with what ended tasks of linked worktrees committed. Asked only where it is shown: it starts git. `since`: what
 * happened before was not looked at; epoch milliseconds.
 */
export function withCommits(
  rows: readonly Row[],
  { root, since }: { readonly root: string; readonly since: number },
): readonly Row[] {
  const until = performance.now() + patienceMs;
  let base: string | null | undefined;
  return rows.map((row) => {
    const { health, worktree } = row.task;
    const folder = worktree === null ? root : resolve(root, worktree);
    const isAsked = isEnded(health) && folder !== root && isLinkedWorktree(folder);
    if (!isAsked || performance.now() > until) return row;
    base = base === undefined ? headOf(root) : base;
    return base === null ? row : { ...row, task: committed(row, folder, base, since) };
  });
}

function committed({ task, assessment }: Row, folder: string, base: string, since: number): TaskReport {
  const commits = readCommits(base, folder);
  if (commits === null) return task;
  const isNothing =
    task.health === "completed" &&
    commits.ahead === 0 &&
    !mayHaveChanged(assessment.facts, since) &&
    !isCommittedSince(assessment.facts.startedAt, folder);
  return {
    ...task,
    commits_ahead: commits.ahead,
    diff: commits.diff,
    details: isNothing ? [...task.details, "nothing was committed or changed"] : task.details,
  };
}

/** What was seen to change, or changed before anybody looked. Of files that git ignores the agent's own edits tell. */
function mayHaveChanged({ task, sessions, helpers, startedAt }: TaskFacts, since: number): boolean {
  if (startedAt === null || startedAt < since) return true;
  const isEdit = ({ kind, outcome }: { readonly kind: string; readonly outcome: string }) =>
    kind === "mut" && outcome === "ok";
  return (
    task.streams.some(({ kind }) => kind === "files") ||
    [...sessions, ...helpers].some(({ activity }) => activity.calls.some(isEdit))
  );
}

// Commits that the main checkout has by now are not ahead of it.
function isCommittedSince(startedAt: number | null, folder: string): boolean {
  const at = committedAt(folder);
  return at === null || startedAt === null || at >= startedAt - 1_000;
}
