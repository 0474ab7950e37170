import type { StatusReading } from "../../core/claims/task-status.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { clockToleranceMs, latest } from "../../core/text/time.ts";
import type { Processes } from "./processes.ts";

/** What became of the processes that status files name, by path of the file. A pid of another host proves nothing. */
export function claimedProcesses(
  readings: readonly StatusReading[],
  processes: Processes,
  host: string,
): ReadonlyMap<string, Liveness> {
  return new Map(
    readings.flatMap(({ path, status, writtenAt }) => {
      if (status?.pid == null) return [];
      if (status.host !== null && !isSameHost(status.host, host)) return [];
      // A task may be gone on with by a new process: the file named it when it was last written, not when the task began.
      const claimedAt = latest([status.startedAt, status.updatedAt, status.createdAt, writtenAt]);
      return [[path, liveness(status.pid, claimedAt, processes)] as const];
    }),
  );
}

// `box.example.org` is `box`, as far as its writers say.
function isSameHost(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function liveness(pid: number, claimedAt: number | null, processes: Processes): Liveness {
  const fact = processes.look(pid);
  const { bootedAt } = processes;
  if (
    fact.state !== "gone" &&
    bootedAt !== null &&
    claimedAt !== null &&
    claimedAt < bootedAt - clockToleranceMs
  ) {
    return { state: "gone", pid, says: `pid ${pid} was of an earlier boot of this machine` };
  }
  if (
    fact.state === "alive" &&
    fact.startedAt !== null &&
    claimedAt !== null &&
    fact.startedAt > claimedAt + clockToleranceMs
  ) {
    return { state: "gone", pid, says: `pid ${pid} is another process now` };
  }
  return { state: fact.state, pid, says: fact.says };
}
