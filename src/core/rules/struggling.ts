import { originOf } from "../task-facts.ts";
import { findLoop } from "./loop.ts";
import type { Rule } from "./rule.ts";
import { toolFailures } from "./tool-failures.ts";

/** Claude Code tries 10 times and OpenCode 5: from the third the provider is in trouble (signals.md, 6). */
const attemptsThatStruggle = 3;

/**
 * The owner's rule: so many failed tool calls in a row since the last success. A success that any other log of the same
 * task saw since then ends the run.
 */
export const failuresInARow: Rule = (facts) => {
  const lastSuccessAt = Math.max(...facts.streams.map(({ activity }) => activity.lastSuccessAt ?? 0));
  for (const stream of facts.streams) {
    const { failures, lastError } = stream.activity;
    if (failures.startedAt === null || failures.startedAt < lastSuccessAt) continue;
    const finding = findLoop(stream.activity, { now: facts.now, failures: facts.options.failures }, [
      toolFailures,
    ]);
    if (finding !== null)
      return {
        finding,
        basis: "observed",
        origin: originOf(stream, lastError?.at ?? null, lastError?.line ?? null),
      };
  }
  return null;
};

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
