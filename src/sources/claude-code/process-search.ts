import { sep } from "node:path";
import type { Liveness } from "../../core/stream.ts";
import type { Processes } from "../../io/processes.ts";

// The first namespace of a Linux machine sees every process of it; another one only its own.
const wholeMachine = "pid:[4026531836]";
const ownName = "claude";
const runtimeNames = new Set([ownName, "node", "bun", "MainThread", "node-MainThread", "?"]);

/**
 * Looks for the process of a session that is in no registry (before 2.1, or removed): one named `claude` that works in
 * the worktree. It is gone only if every process that could be it was seen and works elsewhere; else null, nothing is known.
 */
export function searchProcess(worktree: string, processes: Processes): Liveness | null {
  const folders = processes.workingFolders();
  if (folders === null || (processes.pidNamespace ?? wholeMachine) !== wholeMachine) return null;
  let mayBeAnother = [...folders.unseen].some((name) => runtimeNames.has(name));
  for (const [folder, pids] of folders.pids) {
    if (folder !== worktree && !folder.startsWith(worktree + sep)) continue;
    for (const pid of pids) {
      const { command } = processes.look(pid);
      if (command === ownName)
        return { state: "alive", pid, says: `pid ${pid} (${ownName}) works in this worktree` };
      mayBeAnother ||= runtimeNames.has(command ?? "?");
    }
  }
  return mayBeAnother
    ? null
    : { state: "gone", pid: null, says: `no ${ownName} process works in this worktree` };
}
