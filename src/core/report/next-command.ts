import { type Health, severityOf } from "../log/health.ts";
import { plainPath } from "../text/safe-text.ts";
import { quoteForShell } from "../text/shell.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";

/**
 * The command line that leads a person to what needs one: the session in its agent, else what was committed in the
 * worktree. Nothing that it runs compares files: that would run the repository's own filters.
 */
export function nextCommand(
  { task, streams, current }: TaskFacts,
  health: Health,
  pastedPath: (path: string) => string,
): string | null {
  if (severityOf[health] === "ok") return null;
  const worktree = task.status?.worktree ?? current?.identity.worktree ?? null;
  const path = worktree === null ? null : pastedPath(worktree);
  const folder = path === null || !isPastable(path) ? null : quoteForShell(path);
  const resume = streams.find((stream) => stream.resume?.slice(-1).every(isPastable))?.resume ?? null;
  if (resume !== null) {
    const command = resume.map(quoteForShell).join(" ");
    return folder === null ? command : `cd ${folder} && ${command}`;
  }
  return folder === null ? null : `git -C ${folder} log --stat -3`;
}

/** An agent chose it: it must be no option, and what is shown of it must be all of it. */
function isPastable(word: string): boolean {
  return !word.startsWith("-") && plainPath(word) === word;
}
