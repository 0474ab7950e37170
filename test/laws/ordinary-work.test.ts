import { describe, expect, it } from "vitest";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { findLoop } from "../../src/core/loops/loop.ts";
import { emptyState } from "../../src/sources/claude-code/memory.ts";
import { dialectOf } from "../../src/sources/claude-code/translate.ts";
import { ordinaryWork, transcriptOf } from "../support/ordinary-work.ts";

/** What is said of the others, and why. */
const struggles = new Map([
  // Three failures and more at once: the owner's rule counts them as they come.
  ["ten guesses at files that are not there, in one message", "struggling S"],
  // Three equal runs in a row are worth a word, even where that is the point of it.
  ["a flaky test that is run ten times", "struggling R1"],
]);

/** The verdicts after each record, without repetitions: `stuck R5`. */
function verdictsOf(records: readonly object[]): string[] {
  const now = Date.UTC(2026, 10, 30, 18);
  const dialect = dialectOf("session", now);
  const [activity, state] = [emptyActivity(), emptyState()];
  const verdicts = records.map((record, line) => {
    for (const event of dialect.translate(record, { line, fileAt: now, activity }, state)?.events ?? [])
      observe(activity, event);
    const found = findLoop(activity, { now: activity.lastActivityAt ?? now });
    if (found !== null && found.level !== "healthy") return `${found.level} ${found.rule}`;
    return activity.failures.count >= 3 ? "struggling S" : "healthy";
  });
  return [...new Set(verdicts)].filter((verdict) => verdict !== "healthy");
}

describe("ordinary work is not in trouble", () => {
  it.each(Object.entries(ordinaryWork).filter(([name]) => !struggles.has(name)))("%s", (_, messages) => {
    expect(verdictsOf(transcriptOf(messages))).toEqual([]);
  });

  it.each([...struggles])("but for a word: %s", (name, verdict) => {
    expect(verdictsOf(transcriptOf(ordinaryWork[name] ?? []))).toEqual([verdict]);
  });
});
