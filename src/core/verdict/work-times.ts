import type { Activity, OpenCall } from "../evidence/activity.ts";
import type { Stream } from "../evidence/stream.ts";
import type { Task } from "../join/task.ts";
import type { TaskPast } from "../log/past.ts";
import { awakeMs, earliest, type Gap, latest } from "../text/time.ts";
import { overAt } from "./end-on-record.ts";

/**
 * When somebody last answered it, as far as that shows: a living process changed its state, or a look saw it wait and later
 * ones did not. An answer is no activity of the agent's, but the clock of its silence starts anew. Epoch milliseconds.
 */
export function answeredAt(streams: readonly Stream[], { askedAt }: TaskPast, now: number): number | null {
  const stirred = streams.map(({ stirredAt = null }) =>
    stirredAt !== null && stirredAt <= now ? stirredAt : null,
  );
  return latest([askedAt, ...stirred]);
}

/** The silence `idleMs` (null: nothing was ever heard), but no longer than since the answer. */
export function sinceAnswer(
  idleMs: number | null,
  answered: number | null,
  now: number,
  gaps: readonly Gap[],
): number | null {
  return idleMs === null || answered === null ? idleMs : Math.min(idleMs, awakeMs(answered, now, gaps));
}

/** A call that was open before the answer began to run with it. */
export function begunWith(answered: number | null): (call: OpenCall) => OpenCall {
  return (call) =>
    answered === null || answered <= call.startedAt ? call : { ...call, startedAt: answered };
}

/** When the work of an attempt began: not when it was put in a queue. Epoch milliseconds; null when nothing says. */
export function startOf(
  own: readonly Stream[],
  task: Task,
  { end, queuedAt, begunAt }: TaskPast,
  requestedAt: number | null,
  { isAgain, stuckAfterMs }: { readonly isAgain: boolean; readonly stuckAfterMs: number },
): number | null {
  const claim = task.status?.status ?? null;
  const over = isAgain && end !== null ? overAt(end) : Number.NEGATIVE_INFINITY;
  const later = (times: readonly (number | null | undefined)[], than: number) =>
    earliest(times.map((at) => (at != null && at > than ? at : null)));
  const activeFrom = (than: number) =>
    later(
      own.flatMap(({ activity }) => activityTimes(activity)),
      than,
    );
  const claimedAt = later([claim?.startedAt ?? claim?.createdAt, requestedAt], over);
  if (claimedAt === null) return activeFrom(over);
  if (claim?.startedAt != null || claim?.status === "created") return claimedAt;
  // Created is not begun: a look saw it wait, or its transcript, which is whole, begins long after.
  if (queuedAt !== null && queuedAt >= claimedAt) return activeFrom(queuedAt) ?? begunAt ?? claimedAt;
  const transcripts = own.filter(({ kind }) => kind === "transcript");
  const activeAt = later(
    transcripts.map(({ activity }) => activity.startedAt),
    over,
  );
  return activeAt !== null && activeAt - claimedAt >= stuckAfterMs ? activeAt : claimedAt;
}

function activityTimes({ startedAt, lastUserMessageAt, calls, openCalls, lastActivityAt }: Activity) {
  const callTimes = [...calls, ...openCalls].map((call) => call.startedAt);
  return [startedAt, lastUserMessageAt, ...callTimes, lastActivityAt];
}
