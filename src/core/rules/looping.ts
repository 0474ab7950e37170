import { originOf } from "../origin.ts";
import type { Stream } from "../stream.ts";
import type { TaskFacts } from "../task-facts.ts";
import { findLoop, loopRules } from "./loop.ts";
import type { LoopFinding, LoopLevel } from "./loop-finding.ts";
import type { Rule } from "./rule.ts";

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
