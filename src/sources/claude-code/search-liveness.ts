import { sep } from "node:path";
import type { Liveness } from "../../core/evidence/stream.ts";
import type { Processes } from "../../io/processes/processes.ts";

// The first namespace of a Linux machine sees every process of it; another one only its own.
const wholeMachine = "pid:[4026531836]";
const ownName = "claude";
const runtimeNames = new Set(["node", "bun", "MainThread", "node-MainThread", "?"]);
// Installations call it by its version (`2.1.42`), `claude.exe`, `.claude-wrapped`, or start it through the loader.
const otherNames = /claude|^\d+\.\d+\.\d+|^ld-/;
/** A process that began so long after a session's last record is not the session's; milliseconds. */
const laterMs = 60_000;

/**
 * Looks for the process of a session that is in no registry (before 2.1, or removed): one named `claude` that works in
 * one of `places`. `otherPids` are other sessions'; `lastAt`: the time of its last record (epoch milliseconds). It is gone
 * only if every process that could be it was seen and works elsewhere; else null, nothing is known.
 */
export function searchProcess(
  places: readonly string[],
  processes: Processes,
  otherPids: ReadonlySet<number>,
  lastAt: number | null,
): Liveness | null {
  const folders = processes.workingFolders();
  if (folders === null || (processes.pidNamespace ?? wholeMachine) !== wholeMachine) return null;
  const isIn = (folder: string) =>
    places.some(
      (place) => folder === place || folder.startsWith(place + sep) || folder === `${place} (deleted)`,
    );
  let mayBeAnother = [...folders.unseen].some(mayBeClaude);
  for (const [folder, pids] of folders.pids) {
    if (!isIn(folder)) continue;
    for (const pid of pids) {
      if (otherPids.has(pid)) continue;
      const { command, startedAt } = processes.look(pid);
      const isLater = startedAt !== null && lastAt !== null && startedAt > lastAt + laterMs;
      if (command === ownName && !isLater)
        return { state: "alive", pid, says: `pid ${pid} (${ownName}) works in this worktree` };
      mayBeAnother ||= mayBeClaude(command ?? "?");
    }
  }
  return mayBeAnother
    ? null
    : { state: "gone", pid: null, says: `no ${ownName} process works in this worktree`, isInferred: true };
}

function mayBeClaude(name: string): boolean {
  return runtimeNames.has(name) || otherNames.test(name);
}
