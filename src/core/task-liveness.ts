import type { AssessOptions } from "./assess-options.ts";
import type { Liveness, Stream } from "./stream.ts";
import type { Task } from "./task.ts";
import { clockToleranceMs } from "./task-status.ts";
import { formatClock, latest } from "./time.ts";

/** What is known of a task's process; `lastActivityAt` and `now` in epoch milliseconds. */
export function livenessOf(
  task: Task,
  own: readonly Stream[],
  lastActivityAt: number | null,
  now: number,
  options: AssessOptions,
): Liveness | null {
  return knownLiveness(task, own) ?? livenessByBoot(task, own, lastActivityAt, now, options);
}

// What a source knows of the process (a registry, a lock) is about this very session; a claim's pid may be a wrapper's.
function knownLiveness(task: Task, streams: readonly Stream[]): Liveness | null {
  const known = streams.flatMap(({ liveness }) =>
    liveness === null || liveness.state === "unknown" ? [] : [liveness],
  );
  const claimed = task.process?.state === "unknown" ? null : task.process;
  const [first] = known;
  if (first?.isInferred === true && claimed?.state === "alive") return claimed;
  return first ?? claimed ?? null;
}

// What began and fell silent before the machine booted is dead, whoever it was: no process survives that.
function livenessByBoot(
  task: Task,
  own: readonly Stream[],
  lastActivityAt: number | null,
  now: number,
  { bootedAt }: AssessOptions,
): Liveness | null {
  const claim = task.status?.status ?? null;
  const unknown = own.find(({ liveness }) => liveness !== null)?.liveness ?? task.process;
  const lastSignAt = latest([lastActivityAt, claim?.updatedAt, claim?.createdAt]);
  // A look at another time than the machine's own says nothing about its processes.
  if (bootedAt == null || bootedAt > now || lastSignAt === null || claim?.host != null) return unknown;
  // What was never started has no process to lose.
  if (claim?.status === "created" && lastActivityAt === null) return unknown;
  if (lastSignAt >= bootedAt - clockToleranceMs) return unknown;
  return {
    state: "gone",
    pid: claim?.pid ?? null,
    says: `the machine booted at ${formatClock(bootedAt)}, after its last sign of life`,
  };
}
