import { runMonitor } from "./program.ts";
import { minute, now } from "./sample-clock.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

/** When the program looks. */
export const nowText = "2026-11-22T14:32:00Z";

/** A status file with this word, written `agoMs` before now. */
export const status = (word: string, agoMs: number = minute) => ({
  status: word,
  timestamp: now - agoMs,
  updatedAt: now - agoMs,
});

const fill: Record<string, (workspace: Workspace) => unknown> = {
  nothing: () => null,
  healthy: (w) => w.status("healthy", status("running")),
  completed: (w) => w.status("completed", status("completed")),
  stuck: (w) => w.status("stuck", status("created", 20 * minute)),
  failed: (w) => w.status("failed", status("failed")),
  unknown: (w) => w.status("unknown", status("running", 120 * minute)),
  unreadable: (w) => w.write(".worktrees/bad/status.json", "{"),
  "a bad line": (w) => w.log("calls.jsonl", "{"),
};

/** A project with a status file, or a log, of each of these kinds. */
export function workspaceWith(...kinds: readonly string[]): Workspace {
  const workspace = makeWorkspace();
  for (const kind of kinds) fill[kind]?.(workspace);
  return workspace;
}

/** What the program says of a project; it records nothing. */
export const look = (workspace: Workspace, ...words: readonly string[]) =>
  runMonitor(["--root", workspace.root, "--now", nowText, "--no-record", ...words]);
