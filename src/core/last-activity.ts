import type { Activity } from "./activity.ts";
import type { Stream } from "./stream.ts";
import { clockToleranceMs } from "./task-status.ts";
import { latest } from "./time.ts";

/** The stream that was active last; null where none was. `now` in epoch milliseconds. */
export function latestStream(streams: readonly Stream[], now: number): Stream | null {
  let best: Stream | null = null;
  let bestAt = Number.NEGATIVE_INFINITY;
  for (const stream of streams) {
    const at = activeAt(stream.activity, now);
    if (at === null || at <= bestAt) continue;
    best = stream;
    bestAt = at;
  }
  return best;
}

/**
 * When it was last active, up to `now`. A clock that runs ahead must not keep a task alive for ever: beyond the tolerance only what
 * happened by `now` counts.
 */
export function activeAt(activity: Activity, now: number): number | null {
  const { lastActivityAt: at, startedAt, lastUserMessageAt, calls, openCalls } = activity;
  if (at === null || at <= now + clockToleranceMs) return at === null ? null : Math.min(at, now);
  const times = [
    startedAt,
    lastUserMessageAt,
    ...calls.flatMap((call) => [call.startedAt, call.endedAt]),
    ...openCalls.map((call) => call.startedAt),
  ];
  return latest(times.filter((time) => time !== null && time <= now));
}
