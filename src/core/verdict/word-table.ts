import type { Health } from "../log/health.ts";
import type { LoopFinding } from "../loops/finding.ts";
import type { Finding, FindingCode } from "./finding.ts";
import type { TaskFacts } from "./task-facts.ts";

type Of<Code extends FindingCode> = Extract<Finding, { code: Code }>;
/** All that there is to say of each code: nothing else in the program does. */
export type Words = {
  readonly [Code in FindingCode]: {
    /** The health that it means, whoever found it; that of a loop is its level. */
    readonly health: Code extends LoopFinding["code"] ? "level" : Health;
    /** What was seen, without the health's word: "no activity for 22m". */
    readonly message: (finding: Of<Code>) => string;
    /** What stands behind it, a line each. */
    readonly details: (finding: Of<Code>, facts: TaskFacts) => readonly string[];
    /** What would change the verdict, as one sentence. */
    readonly change: (finding: Of<Code>, facts: TaskFacts) => string;
  };
};
