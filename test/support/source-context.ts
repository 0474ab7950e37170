import { join } from "node:path";
import { readProcesses } from "../../src/io/processes/read-processes.ts";
import { openBudget } from "../../src/sources/budget.ts";
import { listLauncherLogs } from "../../src/sources/launcher-log.ts";
import type { SourceContext } from "../../src/sources/source.ts";

/** What a source gets to look at `root` with: a day back, nothing kept, no process that can be seen, unless `given` says otherwise. */
export function sourceContext(root: string, now: number, given: Partial<SourceContext> = {}): SourceContext {
  return {
    root,
    worktrees: [],
    env: {},
    now,
    since: now - 86_400_000,
    processes: readProcesses(join(root, "no-procfs"), now),
    claimedSessions: new Map(),
    claimedNames: new Set(),
    endedWorktrees: new Set(),
    logs: listLauncherLogs(root, given.since ?? now - 86_400_000),
    budget: openBudget(),
    checkpoint: null,
    ...given,
  };
}
