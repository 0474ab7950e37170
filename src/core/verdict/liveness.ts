import type { Liveness, Stream } from "../evidence/stream.ts";
import type { Task } from "../join/task.ts";
import { plainKey } from "../text/safe-text.ts";
import { clockToleranceMs, formatMoment, latest } from "../text/time.ts";
import type { AssessOptions } from "./options.ts";

/** So long after a write its writer may be one that cannot be seen from here: in a container, or behind a wrapper that ended. */
const graceMs = 120_000;

/** When a look is, and what earlier ones missed; `lastActivityAt`: the last sign of the task's work. Epoch milliseconds. */
export type Look = {
  readonly now: number;
  readonly lastActivityAt: number | null;
  readonly unseenSince: ReadonlyMap<string, number>;
  /** Not one process was listed: there is none that only cannot be seen. */
  readonly isNothingRunning: boolean;
};

/** A name, fit to be recorded, for the process that a stream has, or a status file names. */
function processKey(owner: string, { pid }: Liveness): string {
  return plainKey(pid === null ? owner : `${owner}#${pid}`);
}

/**
 * What not seeing a process means: nothing where its work wrote a moment ago, or after the run that first missed it.
 * `owner`: the stream's key, or the path of the status file.
 */
function believed(liveness: Liveness | null, owner: string, look: Look): Liveness | null {
  // What something tells is no absence.
  if (liveness?.state !== "gone" || liveness.isProven === true || look.lastActivityAt === null)
    return liveness;
  const { now, lastActivityAt, unseenSince } = look;
  const missedAt = unseenSince.get(processKey(owner, liveness)) ?? Number.POSITIVE_INFINITY;
  const isAtWork = now - lastActivityAt < graceMs || lastActivityAt > missedAt;
  if (!isAtWork) return liveness;
  return {
    ...liveness,
    state: "unknown",
    isUnseen: true,
    says: `its process cannot be seen: ${liveness.says}`,
  };
}

/** A stream whose process is as `believed`; what has ended needs none any more. */
export function withBelieved(stream: Stream, look: Look): Stream {
  if (stream.liveness?.state !== "gone" || stream.activity.ended !== null) return stream;
  // A machine on which nothing runs hides nobody: there only what was written since counts.
  const isFirstMiss = !look.unseenSince.has(processKey(stream.key, stream.liveness));
  return look.isNothingRunning && isFirstMiss
    ? stream
    : { ...stream, liveness: believed(stream.liveness, stream.key, look) };
}

/** The process that the status file names. What its launcher wrote counts as a sign of the work, too. */
export function claimedProcess(
  { process, status }: Task,
  streams: readonly Stream[],
  look: Look,
): Liveness | null {
  if (status === null || streams[0]?.activity.ended != null) return process;
  const wroteAt = status.status?.updatedAt ?? null;
  const lastActivityAt = latest([
    look.lastActivityAt,
    wroteAt !== null && wroteAt <= look.now ? wroteAt : null,
  ]);
  return believed(process, status.path, { ...look, lastActivityAt });
}

/** The processes of a task that this look missed, by their keys. */
export function missedProcesses({ process, status, streams, children }: Task): string[] {
  const claimed = process?.state === "gone" && status !== null ? [processKey(status.path, process)] : [];
  const others = [...streams, ...children].flatMap(({ key, liveness, activity }) =>
    isMissed(liveness) && activity.ended === null ? [processKey(key, liveness)] : [],
  );
  return [...claimed, ...others];
}

function isMissed(liveness: Liveness | null): liveness is Liveness {
  return liveness?.state === "gone" || liveness?.isUnseen === true;
}

/** What is known of a task's process, of its own streams' and the claimed one. */
export function livenessOf(
  { status }: Task,
  own: readonly Stream[],
  claimed: Liveness | null,
  { now, lastActivityAt }: Look,
  options: AssessOptions,
): Liveness | null {
  const unknown = own.find(({ liveness }) => liveness !== null)?.liveness ?? claimed;
  return knownLiveness(own, claimed) ?? livenessByBoot(status, lastActivityAt, now, options) ?? unknown;
}

// What a source knows of the process (a registry, a lock) is about this very session; a claim's pid may be a wrapper's.
function knownLiveness(streams: readonly Stream[], claimedAny: Liveness | null): Liveness | null {
  const known = streams.flatMap(({ liveness }) =>
    liveness === null || liveness.state === "unknown" ? [] : [liveness],
  );
  const claimed = claimedAny?.state === "unknown" ? null : claimedAny;
  const [first] = known;
  if (first?.isInferred === true && claimed?.state === "alive") return claimed;
  return first ?? claimed ?? null;
}

// What began and fell silent before the machine booted is dead, whoever it was: no process survives that.
function livenessByBoot(
  status: Task["status"],
  lastActivityAt: number | null,
  now: number,
  { bootedAt }: AssessOptions,
): Liveness | null {
  const claim = status?.status ?? null;
  const lastSignAt = latest([lastActivityAt, claim?.updatedAt, claim?.createdAt]);
  // A look at another time than the machine's own says nothing about its processes.
  if (bootedAt == null || bootedAt > now || lastSignAt === null || claim?.host != null) return null;
  // What was never started, or waits for somebody, has no process to lose.
  const isIdle = claim?.status === "created" || claim?.status === "waiting";
  if (isIdle && lastActivityAt === null) return null;
  if (lastSignAt >= bootedAt - clockToleranceMs) return null;
  return {
    state: "gone",
    pid: claim?.pid ?? null,
    says: `the machine booted at ${formatMoment(bootedAt, now)}, after its last sign of life`,
  };
}
