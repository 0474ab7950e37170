import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import { findingDetails, findingMessage } from "../../../../src/core/verdict/words.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { failures } from "../../../support/sample-events.ts";
import { alive, transcript } from "../../../support/sample-stream.ts";
import { assessNow } from "../../../support/sample-task.ts";

const day = 24 * hour;
const wakesIn = (ms: number): AgentEvent[] => [
  { type: "asleep", at: now - Math.abs(ms) - hour, untilAt: now + ms, reason: null },
  { type: "turn_ended", at: now - Math.abs(ms) - hour + 1, outcome: "success", message: null },
];
const retry = (nextAt: number): AgentEvent[] => [
  { type: "provider_retry", at: now - minute, attempt: 4, maxAttempts: 10, message: "529", nextAt },
];

// "last at 09:07" of a record that is dated tomorrow reads as a minute ago.
it.each<[string, readonly AgentEvent[], RegExp]>([
  ["a failure dated tomorrow", failures(3, -day), /last at \d{4}-\d\d-\d\d \d\d:\d\d/],
  ["a wake-up of tomorrow", wakesIn(day), /sleeps until \d{4}-\d\d-\d\d \d\d:\d\d/],
  ["a wake-up of today", wakesIn(20 * minute), /sleeps until \d\d:\d\d/],
  ["a wake-up of yesterday", wakesIn(-day), /its wake-up of \d{4}-\d\d-\d\d \d\d:\d\d did not come/],
  ["the next try of tomorrow", retry(now + day), /next try \d{4}-\d\d-\d\d \d\d:\d\d/],
])("quotes %s with its day, where that is another one", (_, events, quoted) => {
  const { facts, verdict } = assessNow({ streams: [{ ...transcript(...events), liveness: alive }] });
  const { finding } = verdict;
  expect([findingMessage(finding, facts), ...findingDetails(finding, facts)].join()).toMatch(quoted);
});
