import { originOf } from "../task-facts.ts";
import { findLoop, loopRules } from "./loop.ts";
import type { LoopLevel } from "./loop-finding.ts";
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
    for (const stream of facts.streams) {
      // What ended does not go round any more, and of the dead the process rule speaks.
      if (stream.activity.ended !== null || stream.liveness?.state === "gone") continue;
      const finding = findLoop(
        stream.activity,
        { now: facts.now, failures: facts.options.failures },
        behaviourRules,
      );
      if (finding === null || finding.level !== level) continue;
      const { lastActivityAt, lastLine } = stream.activity;
      return { finding, basis: "observed", origin: originOf(stream, lastActivityAt, lastLine) };
    }
    return null;
  };
}
