import { expect, it } from "vitest";
import type { LoopFinding } from "../../../../src/core/loops/finding.ts";
import { findingDetails, findingMessage } from "../../../../src/core/verdict/words.ts";
import { assessNow } from "../../../support/sample-task.ts";

const calls = {
  level: "stuck",
  count: 9,
  of: 12,
  unit: "calls",
  tool: "edit",
  target: "src/index/build.ts",
  sinceAt: new Date(2026, 0, 10, 14, 10).getTime(),
  everyMs: 1_000,
  fromLine: 1,
  toLine: 9,
} as const;
const shell = { ...calls, tool: "bash", target: "npm test" };

it.each<[LoopFinding, string, string[]]>([
  [
    { ...calls, code: "same_error", rule: "R3", error: "old_string not found" },
    "same error 9 of the last 12 calls",
    ['edit in src/index/build.ts, since 14:10: "old_string not found"'],
  ],
  [
    { ...shell, code: "repeated_call", rule: "R1", of: null, count: 5, error: null },
    "same call 5 times in a row",
    ['bash "npm test", since 14:10'],
  ],
  [
    {
      ...shell,
      code: "repeated_call",
      rule: "R1",
      of: null,
      count: 5,
      everyMs: 40_000,
      error: "no such file",
    },
    "same failing call 5 times in a row",
    ['bash "npm test", since 14:10, 40s apart: "no such file"'],
  ],
  [
    { ...shell, code: "repeated_call", rule: "R1", of: null, count: 5, everyMs: 29_999, error: null },
    "same call 5 times in a row",
    ['bash "npm test", since 14:10'],
  ],
  [
    { ...shell, code: "repeated_call", rule: "R1", of: null, count: 5, everyMs: 30_000, error: null },
    "same call 5 times in a row",
    ['bash "npm test", since 14:10, 30s apart'],
  ],
  [
    { ...calls, code: "repeated_edit", rule: "R1m", of: null, target: null },
    "same edit 9 times in a row",
    ["edit, since 14:10"],
  ],
  [
    { ...calls, code: "repeated_edit", rule: "R1m", of: null, target: "a".repeat(80) },
    "same edit 9 times in a row",
    [`edit in ${"a".repeat(80)}, since 14:10`],
  ],
  [
    { ...calls, code: "repeated_edit", rule: "R1m", of: null, target: "a".repeat(81) },
    "same edit 9 times in a row",
    [`edit in ${"a".repeat(79)}…, since 14:10`],
  ],
  [
    { ...calls, code: "cycle", rule: "R2", of: null, period: 3, rounds: 4 },
    "same 3 calls in a circle, 4 rounds",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...calls, code: "cycle", rule: "R2", of: null, unit: "steps", period: 3, rounds: 4 },
    "same 3 steps in a circle, 4 rounds",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...shell, code: "only_failures", rule: "R8", of: null, count: 10, error: "no such file" },
    "10 failed calls in a row",
    ['bash "npm test", since 14:10: "no such file"'],
  ],
  [
    { ...calls, code: "same_error", rule: "R3", unit: "steps", error: null },
    "same error 9 of the last 12 steps",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...calls, code: "same_answer", rule: "R4" },
    "same answer 9 of the last 12 calls",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...shell, code: "edits_without_effect", rule: "R5", of: null, edits: 6 },
    "same result after each of 6 edits",
    ['bash "npm test", since 14:10'],
  ],
  [
    { ...calls, code: "no_news", rule: "R6", count: 18, of: 20 },
    "nothing new in 18 of the last 20 calls",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...calls, code: "old_answers", rule: "R7", count: 14, of: 20, answers: 3 },
    "the same 3 answers over and over, 14 of the last 20 calls",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...calls, code: "old_answers", rule: "R7", count: 14, of: 20, answers: 1 },
    "the same old answer 14 of the last 20 calls",
    ["edit in src/index/build.ts, since 14:10"],
  ],
  [
    { ...shell, code: "polling", rule: "W", level: "healthy", of: null, count: 24, everyMs: 60_000 },
    "polling, 24 times the same answer",
    ['bash "npm test", since 14:10, 1m apart'],
  ],
  [
    { ...calls, code: "provider_errors", rule: "R3", level: "struggling", error: "overloaded" },
    "provider errors 9 of the last 12 calls",
    ['edit in src/index/build.ts, since 14:10: "overloaded"'],
  ],
  [
    { code: "monologue", rule: "M", level: "stuck", of: "messages", count: 5, sinceAt: calls.sinceAt },
    "same message 5 times without a call",
    ["since 14:10"],
  ],
  [
    { code: "monologue", rule: "M", level: "stuck", of: "condensations", count: 10, sinceAt: null },
    "context condensed 10 times without a call",
    [],
  ],
])("has words for %o", (finding, message, details) => {
  const { facts } = assessNow({}, calls.sinceAt + 20 * 60_000);
  expect(findingMessage(finding, facts)).toBe(message);
  expect(findingDetails(finding, facts)).toEqual(details);
});
