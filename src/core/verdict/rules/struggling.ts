import { failuresSince } from "../../evidence/activity.ts";
import { originOf, type Stream } from "../../evidence/stream.ts";
import type { LoopFinding, LoopLevel } from "../../loops/finding.ts";
import { findLoop, loopRules } from "../../loops/loop.ts";
import { toolFailures } from "../../loops/tool-failures.ts";
import type { TaskFacts } from "../task-facts.ts";
import type { Rule } from "./rule.ts";

/** Claude Code tries 10 times and OpenCode 5: from the third the provider is in trouble (signals.md, 6). */
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
    if (failures.count === 0) continue;
    const finding = findLoop(
      { ...stream.activity, failures },
      { now: facts.now, failures: facts.options.failures },
      [toolFailures],
    );
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

const behaviourRules = loopRules.filter(({ id }) => id !== "S");

/** One of its sessions goes round in a loop. */
export const loopStuck: Rule = loopRule("stuck");
/** One of its sessions is on the way into a loop. */
export const loopStruggling: Rule = loopRule("struggling");
/** One of its sessions asks again and again for something that takes its time: healthy, and worth a word. */
export const loopPolling: Rule = loopRule("healthy");

function loopRule(level: LoopLevel): Rule {
  return (facts) => {
    const loop = loopsOf(facts).find(({ finding }) => finding.level === level);
    if (loop === undefined) return null;
    const { finding, stream } = loop;
    const { lastActivityAt, lastLine } = stream.activity;
    return { finding, basis: "observed", origin: originOf(stream, lastActivityAt, lastLine) };
  };
}

type Loop = { readonly finding: LoopFinding; readonly stream: Stream };
const known = new WeakMap<TaskFacts, readonly Loop[]>();

// Three rules ask for them, and they are most of the work of a verdict.
function loopsOf(facts: TaskFacts): readonly Loop[] {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const options = { now: facts.now, failures: facts.options.failures };
  const loops = facts.streams.flatMap((stream) => {
    // What ended does not go round any more, and of the dead the process rule speaks.
    if (stream.activity.ended !== null || stream.liveness?.state === "gone") return [];
    const finding = findLoop(stream.activity, options, behaviourRules);
    return finding === null ? [] : [{ finding, stream }];
  });
  known.set(facts, loops);
  return loops;
}
