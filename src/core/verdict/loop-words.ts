import type { LoopFinding } from "../loops/finding.ts";
import { formatClock } from "../text/time.ts";
import { counted, placed, type Words } from "./phrases.ts";

const newAnswer = () => "a call with an answer not seen before, or a new instruction";

/** What there is to say of each loop. */
export const loopWords: Pick<Words, LoopFinding["code"]> = {
  repeated_call: {
    health: "level",
    message: ({ count, of, error }) =>
      error === null ? `same call ${counted(count, of)}` : `same failing call ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
    change: newAnswer,
  },
  repeated_edit: {
    health: "level",
    message: ({ count }) => `same edit ${counted(count, null)}`,
    details: (finding) => placed(finding, null),
    change: () => "another edit, or a new instruction",
  },
  cycle: {
    health: "level",
    message: ({ period, rounds }) => `same ${period} calls in a circle, ${rounds} rounds`,
    details: (finding) => placed(finding, null),
    change: newAnswer,
  },
  same_error: {
    health: "level",
    message: ({ count, of }) => `same error ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
    change: newAnswer,
  },
  same_answer: {
    health: "level",
    message: ({ count, of }) => `same answer ${counted(count, of)}`,
    details: (finding) => placed(finding, null),
    change: newAnswer,
  },
  edits_without_effect: {
    health: "level",
    message: ({ edits }) => `same result after each of ${edits} edits`,
    details: (finding) => placed(finding, null),
    change: () => "a check that comes out differently",
  },
  no_news: {
    health: "level",
    message: ({ count, of }) => `nothing new in ${count} of the last ${of} calls`,
    details: (finding) => placed(finding, null),
    change: newAnswer,
  },
  old_answers: {
    health: "level",
    message: ({ count, of, answers }) =>
      `the same ${answers === 1 ? "old answer" : `${answers} answers over and over,`} ${counted(count, of)}`,
    details: (finding) => placed(finding, null),
    change: newAnswer,
  },
  polling: {
    health: "level",
    message: ({ count }) => `polling, ${count} times the same answer`,
    details: (finding) => placed(finding, null),
    change: newAnswer,
  },
  provider_errors: {
    health: "level",
    message: ({ count, of }) => `provider errors ${counted(count, of)}`,
    details: (finding) => placed(finding, finding.error),
    change: () => "an answer from the provider",
  },
  monologue: {
    health: "level",
    message: ({ of, count }) =>
      ({
        messages: `same message ${count} times without a call`,
        condensations: `context condensed ${count} times without a call`,
        returns: `sent back by a Stop hook ${count} times without a call`,
        nothing: `the model answered nothing ${count} times`,
      })[of],
    details: ({ sinceAt }) => (sinceAt === null ? [] : [`since ${formatClock(sinceAt)}`]),
    change: () => "a tool call, or an answer with something new in it",
  },
};
