import { type Health, severityOf } from "../log/health.ts";
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
  const folder = worktree === null ? null : quoteForShell(pastedPath(worktree));
  const resume = streams.find((stream) => stream.resume !== null)?.resume ?? null;
  if (resume !== null) {
    const command = resume.map(quoteForShell).join(" ");
    return folder === null ? command : `cd ${folder} && ${command}`;
  }
  return folder === null ? null : `git -C ${folder} log --stat -3`;
}
