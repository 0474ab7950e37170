import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { findLoop } from "../../../../src/core/loops/loop.ts";
import { eventsOf, fold, fresh, options, startedAt } from "../../../support/fold-calls.ts";

const say = (text: string): AgentEvent => ({ type: "said", at: startedAt, text });
const nothing: AgentEvent = { type: "empty_answer", at: startedAt };
const condense: AgentEvent = { type: "condensed", at: startedAt };
const sendBack: AgentEvent = { type: "turn_started", at: startedAt, isSentBack: true };
const call = eventsOf([fresh(1)]);
const many = (count: number, event: AgentEvent) => Array<AgentEvent>(count).fill(event);

it.each([
  ["2 equal messages", many(2, say("hm")), null],
  ["3 equal messages", many(3, say("hm")), "struggling"],
  ["4 equal messages", many(4, say("hm")), "struggling"],
  ["5 equal messages", many(5, say("hm")), "stuck"],
  ["equal messages with blanks around", [...many(3, say("hm ")), ...many(2, say("\nhm"))], "stuck"],
  ["messages that differ", [...many(4, say("hm")), say("ha")], null],
  ["empty messages", many(9, say("  ")), null],
  ["a call in between", [...many(4, say("hm")), ...call, say("hm")], null],
  ["4 answers with nothing in them", many(4, nothing), null],
  ["5 answers with nothing in them", many(5, nothing), "struggling"],
  ["10 answers with nothing in them", many(10, nothing), "stuck"],
  ["words after answers with nothing in them", [...many(10, nothing), say("hm")], null],
  ["2 condensations", many(2, condense), null],
  ["3 condensations", many(3, condense), "struggling"],
  ["9 condensations", many(9, condense), "struggling"],
  ["10 condensations", many(10, condense), "stuck"],
  ["condensations with calls in between", [...many(9, condense), ...call, condense], null],
  ["3 returns by a hook", many(3, sendBack), null],
  [
    "4 returns by a hook, in any words",
    [...many(2, sendBack), say("hm"), ...many(2, sendBack)],
    "struggling",
  ],
  ["8 returns by a hook", many(8, sendBack), "stuck"],
  ["returns with a call in between", [...many(7, sendBack), ...call, sendBack], null],
] satisfies [string, AgentEvent[], string | null][])("judges %s", (_, events, level) => {
  expect(findLoop(fold(events), options)?.level ?? null).toBe(level);
});

it.each([
  [[...many(5, say("hm")), ...many(9, condense)], { of: "messages", count: 5, sinceAt: startedAt }],
  [[...many(4, say("hm")), ...many(10, condense)], { of: "condensations", count: 10, sinceAt: startedAt }],
  [[...many(4, say("hm")), ...many(8, condense)], { of: "messages", count: 4, sinceAt: startedAt }],
])("tells what is repeated, and since when", (events, finding) => {
  expect(findLoop(fold(events), options)).toMatchObject({ code: "monologue", ...finding });
});

it.each([
  ["the first equal message", [say("ha"), ...many(3, say("hm"))], 1],
  ["the first condensation", [condense, say("ha"), say("hm"), ...many(2, condense)], 0],
])("begins with %s", (_, events, second) => {
  const dated = events.map((event, n) => ({ ...event, at: startedAt + n * 1_000 }));

  expect(findLoop(fold(dated), options)).toMatchObject({
    code: "monologue",
    sinceAt: startedAt + second * 1_000,
  });
});
