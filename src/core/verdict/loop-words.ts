import type { LoopCalls, LoopFinding, LoopRuleId } from "../loops/finding.ts";
import { formatDuration, plural } from "../text/duration.ts";
import { shorten } from "../text/safe-text.ts";
import { formatClock } from "../text/time.ts";

type Words<Finding> = {
  /** The fact of the headline: what was seen, no diagnosis. */
  readonly message: (finding: Finding) => string;
  /** What stands behind it, a line each: where, since when, with which words. */
  readonly details: (finding: Finding) => readonly string[];
};

type Table = { readonly [Code in LoopFinding["code"]]: Words<Extract<LoopFinding, { code: Code }>> };

/** The words for a person, for each code of a loop finding. */
export const loopWords: Table = {
  repeated_call: {
    message: ({ count, of, error }) =>
      error === null ? `same call ${counted(count, of)}` : `same failing call ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
  },
  repeated_edit: {
    message: ({ count }) => `same edit ${counted(count, null)}`,
    details: (finding) => placed(finding, null),
  },
  cycle: {
    message: ({ period, rounds }) => `same ${period} calls in a circle, ${rounds} rounds`,
    details: (finding) => placed(finding, null),
  },
  same_error: {
    message: ({ count, of }) => `same error ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
  },
  same_answer: {
    message: ({ count, of }) => `same answer ${counted(count, of)}`,
    details: (finding) => placed(finding, null),
  },
  edits_without_effect: {
    message: ({ edits }) => `same result after each of ${edits} edits`,
    details: (finding) => placed(finding, null),
  },
  no_news: {
    message: ({ count, of }) => `nothing new in ${count} of the last ${of} calls`,
    details: (finding) => placed(finding, null),
  },
  old_answers: {
    message: ({ count, of, answers }) =>
      answers === 1
        ? `the same old answer ${counted(count, of)}`
        : `the same ${answers} answers over and over, ${counted(count, of)}`,
    details: (finding) => placed(finding, null),
  },
  polling: {
    message: ({ count }) => `polling, ${count} times the same answer`,
    details: (finding) => placed(finding, null),
  },
  provider_errors: {
    message: ({ count, of }) => `provider errors ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
  },
  monologue: {
    message: ({ of, count }) =>
      of === "messages"
        ? `same message ${count} times without a call`
        : `context condensed ${count} times without a call`,
    details: ({ sinceAt }) => (sinceAt === null ? [] : [`since ${formatClock(sinceAt)}`]),
  },
  tool_failures: {
    message: ({ count }) => `${plural(count, "tool failure")} detected`,
    details: ({ tools, lastAt, error }) => {
      const names = tools.map(([tool, count]) => `${tool} ×${count}`).join(", ");
      const last = lastAt === null ? [] : [`last at ${formatClock(lastAt)}${quoted(error)}`];
      return [[...(names === "" ? [] : [names]), ...last].join("; ")];
    },
  },
};

/** The rules in words. */
export const loopRuleNames = {
  R1: "the same call with the same result in a row",
  R1m: "the same edit in a row",
  R1u: "the same look in a row, whatever it shows",
  R2: "rounds of a cycle",
  R3: "the same error",
  R3b: "the same error over a long window",
  R4: "the same answer to different questions",
  R4m: "the same outcome of different edits",
  R5: "edits without effect on a check",
  R6: "calls without news",
  R7: "answers heard often before",
  W: "equal polls",
  M: "equal messages or condensations without a call",
  S: "failed calls in a row",
} as const satisfies Record<LoopRuleId, string>;

/** The fact of the headline: `same error 9 of the last 12 calls`. */
export function loopMessage(finding: LoopFinding): string {
  return wordsOf(finding).message(finding);
}

/** The lines below it: `edit in src/index/build.ts, since 14:10: "old_string not found"`. */
export function loopDetails(finding: LoopFinding): readonly string[] {
  return wordsOf(finding).details(finding);
}

function wordsOf(finding: LoopFinding): Words<LoopFinding> {
  // The table has one entry a code, which the compiler cannot follow through the union.
  return loopWords[finding.code] as Words<LoopFinding>;
}

const targetShown = 80;
/** Calls that follow each other faster than this need no word about their pace. */
const paceShownMs = 30_000;

function counted(count: number, of: number | null): string {
  return of === null ? `${count} times in a row` : `${count} of the last ${of} calls`;
}

function placed(finding: LoopCalls, error: string | null): readonly string[] {
  const { tool, target, sinceAt, everyMs } = finding;
  const pace = everyMs === null || everyMs < paceShownMs ? "" : `, ${formatDuration(everyMs)} apart`;
  return [`${tool}${targetWords(target)}, since ${formatClock(sinceAt)}${pace}${quoted(error)}`];
}

/** A path has a place, a command is quoted. */
function targetWords(target: string | null): string {
  if (target === null) return "";
  const shown = shorten(target, targetShown);
  return /\s/.test(shown) ? ` "${shown}"` : ` in ${shown}`;
}

function quoted(error: string | null): string {
  return error === null || error === "" ? "" : `: "${error}"`;
}
