import { failedSteps, failuresSince } from "../../evidence/activity-since.ts";
import { originOf, type Stream } from "../../evidence/stream.ts";
import type { Rule } from "./rule.ts";

/** Claude Code tries 10 times and OpenCode 5: from the third the provider is in trouble. */
const attemptsThatStruggle = 3;

/**
 * The owner's rule: so many failed tool calls in a row since the last success, whichever of its own logs saw that. A
 * sub-agent's successes and failures are its own.
 */
export const failuresInARow: Rule = (facts) => {
  const isChild = (stream: Stream) => facts.task.children.includes(stream);
  const own = facts.streams.filter((stream) => !isChild(stream));
  const lastSuccessAt = Math.max(0, ...own.map(({ activity }) => activity.lastSuccessAt ?? 0));
  for (const stream of facts.streams) {
    const { lastError } = stream.activity;
    const failures = failuresSince(stream.activity, isChild(stream) ? 0 : lastSuccessAt);
    if (failures.count < facts.options.failures) continue;
    return {
      finding: {
        code: "tool_failures",
        count: failures.count,
        steps: failedSteps(stream.activity, failures.count),
        threshold: facts.options.failures,
        tools: failures.tools,
        lastAt: lastError?.at ?? null,
        error: lastError?.message ?? null,
      },
      basis: "observed",
      origin: originOf(stream, lastError?.at ?? null, lastError?.line ?? null),
    };
  }
  return null;
};

/** It crashed and is about to be started again. */
export const restarting: Rule = ({ current, now }) => {
  if (current?.restarting == null) return null;
  const { lastActivityAt, lastLine } = current.activity;
  return {
    finding: { code: "restarting", says: current.restarting },
    basis: "reported",
    origin: originOf(current, lastActivityAt ?? now, lastLine),
  };
};

/** So long a pause before the next try is a word worth: nothing goes on until then. */
const putOffMs = 60_000;

/** Requests to the model's provider fail again and again. */
export const providerRetries: Rule = (facts) => {
  for (const stream of facts.streams) {
    const { retries } = stream.activity;
    if (retries === null) continue;
    const attempt = Math.max(retries.count, retries.attempt ?? retries.count);
    const nextAt = retries.nextAt !== null && retries.nextAt > facts.now ? retries.nextAt : null;
    const isPutOff = nextAt !== null && nextAt - retries.at >= putOffMs;
    if (attempt < attemptsThatStruggle && !isPutOff) continue;
    return {
      finding: {
        code: "provider_retries",
        attempt,
        maxAttempts: retries.maxAttempts,
        error: retries.message,
        nextAt,
      },
      basis: "observed",
      origin: originOf(stream, retries.at, retries.line),
    };
  }
  return null;
};
