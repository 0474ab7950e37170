import { type AssessOptions, openToolSilenceMs } from "./assess-options.ts";
import { awakeMs } from "./gaps.ts";
import type { Stream } from "./stream.ts";

/** Sub-agents and background shells that still work, by name. */
export function runningChildren(
  own: readonly Stream[],
  children: readonly Stream[],
  now: number,
  options: AssessOptions,
): string[] {
  const isRecent = (at: number | null, limitMs = 0) =>
    at !== null && awakeMs(at, now, options.gaps ?? []) < Math.max(openToolSilenceMs(options), limitMs);
  const over = new Set(
    children.flatMap(({ identity, activity }) => (activity.ended === null ? [] : [identity.sessionId])),
  );
  const launched = own.flatMap(({ activity }) =>
    activity.children.filter(
      (child) =>
        child.endedAt === null &&
        !over.has(child.id) &&
        isRecent(Math.max(child.startedAt, activity.lastActivityAt ?? 0)),
    ),
  );
  const names = new Map(launched.map(({ id, title }) => [id, title]));
  for (const child of children) {
    const { key, identity, title, agent, activity } = child;
    // Long silent and not over is no reason to call its parent done, until that goes on without it.
    const lastAt = activity.lastActivityAt ?? 0;
    const isLeft = own.some((parent) => (parent.activity.lastUserMessageAt ?? 0) > lastAt);
    if (!isAtWork(child) || (isLeft && !isRecent(lastAt, callLimitMs([child])))) continue;
    const id = identity.sessionId ?? key;
    names.set(id, names.get(id) ?? title ?? agent.name ?? "a sub-agent");
  }
  const named = [...names].map(([id, name]) => name ?? id);
  // A registry that only says "busy" means the children that have a name.
  return named.length > 0 ? named : own.flatMap(({ busyWith }) => (busyWith === null ? [] : [busyWith]));
}

/** The longest time limit that an open call of these has of its own, in milliseconds; 0 where none has. */
export function callLimitMs(streams: readonly Stream[]): number {
  return Math.max(
    0,
    ...streams.flatMap(({ activity }) => activity.openCalls.map(({ timeoutMs }) => timeoutMs ?? 0)),
  );
}

/** Whether it is a stream of work that has not ended, as far as is known. */
export function isAtWork({ activity, liveness }: Stream): boolean {
  return activity.lastActivityAt !== null && activity.ended === null && liveness?.state !== "gone";
}
