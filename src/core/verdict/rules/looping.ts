import { originOf } from "../../evidence/stream.ts";
import type { LoopLevel } from "../../loops/finding.ts";
import type { Rule } from "./rule.ts";

/** One of its sessions goes round in a loop. */
export const loopStuck: Rule = loopRule("stuck");
/** One of its sessions is on the way into a loop. */
export const loopStruggling: Rule = loopRule("struggling");
/** One of its sessions asks again and again for something that takes its time: healthy, and worth a word. */
export const loopPolling: Rule = loopRule("healthy");

function loopRule(level: LoopLevel): Rule {
  return (facts) => {
    const loop = facts.loops().find(({ finding }) => finding.level === level);
    if (loop === undefined) return null;
    const { finding, stream } = loop;
    const { lastActivityAt, lastLine } = stream.activity;
    return { finding, basis: "observed", origin: originOf(stream, lastActivityAt, lastLine) };
  };
}
