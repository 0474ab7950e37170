import type { Activity } from "../activity.ts";
import { originOf } from "../origin.ts";
import { clockToleranceMs } from "../task-status.ts";
import { findLoop } from "./loop.ts";
import type { Rule } from "./rule.ts";
import { toolFailures } from "./tool-failures.ts";

/** Claude Code tries 10 times and OpenCode 5: from the third the provider is in trouble (signals.md, 6). */
const attemptsThatStruggle = 3;

/**
 * The owner's rule: so many failed tool calls in a row since the last success, wherever in the task's logs that was, and
 * in this attempt.
 */
export const failuresInARow: Rule = (facts) => {
  const lastSuccessAt = Math.max(...facts.streams.map(({ activity }) => activity.lastSuccessAt ?? 0));
  const since = Math.max(lastSuccessAt, (facts.attemptAt ?? 0) - clockToleranceMs);
  for (const stream of facts.streams) {
    const { lastError } = stream.activity;
    const activity = { ...stream.activity, failures: failuresSince(stream.activity, since) };
    const finding = findLoop(activity, { now: facts.now, failures: facts.options.failures }, [toolFailures]);
    if (finding !== null)
      return {
        finding,
        basis: "observed",
        origin: originOf(stream, lastError?.at ?? null, lastError?.line ?? null),
      };
  }
  return null;
};

/** The failures in a row without those before `since` (epoch milliseconds), as far as calls are kept. */
function failuresSince({ failures, calls }: Activity, since: number): Activity["failures"] {
  if (failures.startedAt === null || failures.startedAt >= since) return failures;
  const later = calls.filter(({ outcome, endedAt }) => outcome === "failed" && endedAt >= since);
  const tools = new Map<string, number>();
  for (const { tool } of later) tools.set(tool, (tools.get(tool) ?? 0) + 1);
  return { count: later.length, startedAt: later[0]?.endedAt ?? null, tools: [...tools] };
}

/** Requests to the model's provider fail again and again. */
export const providerRetries: Rule = (facts) => {
  for (const stream of facts.streams) {
    const { retries } = stream.activity;
    if (retries === null) continue;
    const attempt = Math.max(retries.count, retries.attempt ?? retries.count);
    if (attempt < attemptsThatStruggle) continue;
    return {
      finding: {
        code: "provider_retries",
        attempt,
        maxAttempts: retries.maxAttempts,
        error: retries.message,
      },
      basis: "observed",
      origin: originOf(stream, retries.at, retries.line),
    };
  }
  return null;
};
