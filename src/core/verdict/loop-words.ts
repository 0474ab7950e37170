import type { LoopFinding } from "../loops/finding.ts";
import { formatMoment } from "../text/time.ts";
import { counted, placed, type Words } from "./phrases.ts";

const newAnswer = () => "a call with an answer not seen before, or a new instruction";

/** What there is to say of each loop. */
export const loopWords: Pick<Words, LoopFinding["code"]> = {
  repeated_call: {
    health: "level",
    message: ({ error, ...seen }) =>
      error === null ? `same call ${counted(seen)}` : `same failing call ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, finding.error),
    change: newAnswer,
  },
  repeated_edit: {
    health: "level",
    message: (seen) => `same edit ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, null),
    change: () => "another edit, or a new instruction",
  },
  cycle: {
    health: "level",
    message: ({ period, rounds, unit }) => `same ${period} ${unit} in a circle, ${rounds} rounds`,
    details: (finding, { now }) => placed(finding, now, null),
    change: newAnswer,
  },
  same_error: {
    health: "level",
    message: (seen) => `same error ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, finding.error),
    change: newAnswer,
  },
  same_answer: {
    health: "level",
    message: (seen) => `same answer ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, null),
    change: newAnswer,
  },
  edits_without_effect: {
    health: "level",
    message: ({ edits }) => `same result after each of ${edits} edits`,
    details: (finding, { now }) => placed(finding, now, null),
    change: () => "a check that comes out differently",
  },
  no_news: {
    health: "level",
    message: (seen) => `nothing new in ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, null),
    change: newAnswer,
  },
  old_answers: {
    health: "level",
    message: ({ answers, ...seen }) =>
      `the same ${answers === 1 ? "old answer" : `${answers} answers over and over,`} ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, null),
    change: newAnswer,
  },
  only_failures: {
    health: "level",
    message: ({ count, unit }) => `${count} failed ${unit} in a row`,
    details: (finding, { now }) => placed(finding, now, finding.error),
    change: () => "one successful tool call, or a new instruction",
  },
  polling: {
    health: "level",
    message: ({ count }) => `polling, ${count} times the same answer`,
    details: (finding, { now }) => placed(finding, now, null),
    change: newAnswer,
  },
  provider_errors: {
    health: "level",
    message: (seen) => `provider errors ${counted(seen)}`,
    details: (finding, { now }) => placed(finding, now, finding.error),
    change: () => "an answer from the provider",
  },
  monologue: {
    health: "level",
    message: ({ of, count }) =>
      ({
        messages: `same message ${count} times without a call`,
        condensations: `context condensed ${count} times without a call`,
        returns: `sent back by a Stop hook or its goal ${count} times without a call`,
        nothing: `the model answered nothing ${count} times`,
      })[of],
    details: ({ sinceAt }, { now }) => (sinceAt === null ? [] : [`since ${formatMoment(sinceAt, now)}`]),
    change: () => "a tool call, or an answer with something new in it",
  },
};
