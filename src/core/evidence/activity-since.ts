import type { Activity, Monologue } from "./activity.ts";

/**
 * The activity without what it counted before `since` (epoch milliseconds): calls, failures in a row, waits and words of
 * an earlier attempt are no trouble of this one. What it knows of ends, plans and children stays.
 */
export function activitySince(activity: Activity, since: number): Activity {
  if (activity.startedAt === null || activity.startedAt >= since) return activity;
  const isLater = (startedAt: number | null | undefined) => startedAt == null || startedAt >= since;
  const { calls, openCalls, lastError, retries, monologue, polling, planRun } = activity;
  return {
    ...activity,
    calls: calls.filter(({ startedAt }) => isLater(startedAt)),
    openCalls: openCalls.filter(({ startedAt }) => isLater(startedAt)),
    failures: failuresSince(activity, since),
    lastError: isLater(lastError?.at) ? lastError : null,
    retries: isLater(retries?.startedAt) ? retries : null,
    monologue: isLater(monologue.startedAt) ? monologue : silence(),
    polling: isLater(polling.startedAt) ? polling : { count: 0, startedAt: null },
    planRun: isLater(planRun?.startedAt) ? planRun : null,
  };
}

/** The failures in a row without those before `since` (epoch milliseconds), as far as calls are kept. */
export function failuresSince({ failures, calls }: Activity, since: number): Activity["failures"] {
  if (failures.startedAt === null || failures.startedAt >= since) return failures;
  const later = calls.filter(({ outcome, endedAt }) => outcome === "failed" && endedAt >= since);
  const tools = new Map<string, number>();
  for (const { tool } of later) tools.set(tool, (tools.get(tool) ?? 0) + 1);
  return { count: later.length, startedAt: later[0]?.endedAt ?? null, tools: [...tools] };
}

/** Whether nothing was ever asked of it and it did nothing: its session was opened, no more. */
export function isUnasked({ isBegun, callCount, openCalls, monologue, ended }: Activity): boolean {
  const isAtWork = isBegun || callCount > 0 || openCalls.length > 0;
  return !isAtWork && monologue.textHash === null && ended === null;
}

/** Nothing said since the last call. */
export function silence(): Monologue {
  return { textHash: null, count: 0, condensed: 0, sentBack: 0, empty: 0, startedAt: null };
}

/** In how many steps the last `count` failed calls were made; null when not all of them are kept. */
export function failedSteps({ calls }: Activity, count: number): number | null {
  const failed = calls.filter(({ outcome }) => outcome === "failed").slice(-count);
  return failed.length < count ? null : new Set(failed.map(({ step }) => step)).size;
}
