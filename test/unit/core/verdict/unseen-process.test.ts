import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { missedProcesses } from "../../../../src/core/verdict/liveness.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { active, asked, ended } from "../../../support/sample-events.ts";
import { gone, log, transcript } from "../../../support/sample-stream.ts";
import { claim, options, sampleTask } from "../../../support/sample-task.ts";

const path = ".worktrees/a/status.json";
const wrapper = { ...claim({ updatedAt: now - 10 * minute }), process: gone };
const verdictOf = (task: Partial<Task>, unseenSince: readonly (readonly [string, number])[] = []) =>
  assess(sampleTask(task), now, { ...options, unseenSince: new Map(unseenSince) });

describe("a claimed process that is not seen", () => {
  it.each([
    ["is dead when nothing was written for two minutes", 2, [], "process_gone"],
    ["may be behind something while its work writes", 1, [], "recent_activity"],
    [
      "is refuted by what was written after the run that missed it",
      3,
      [[`${path}#7`, now - 4 * minute]],
      "recent_activity",
    ],
    ["is dead when nothing was written since then", 5, [[`${path}#7`, now - 4 * minute]], "process_gone"],
    ["is another one when the number changed", 3, [[`${path}#8`, now - 4 * minute]], "process_gone"],
  ] as const)("%s", (_, agoMinutes, unseenSince, code) => {
    const task = { ...wrapper, streams: [log(active(agoMinutes * minute))] };
    expect(verdictOf(task, unseenSince).verdict.finding.code).toBe(code);
  });

  it("leaves a fresh claim that stands alone unknown", () => {
    const { health, facts } = verdictOf({ ...claim(), process: gone });
    expect([health, facts.liveness?.says]).toEqual([
      "unknown",
      "its process cannot be seen: pid 7 does not exist",
    ]);
  });
});

describe("a session whose process is not seen", () => {
  const session = (agoMinutes: number) => ({ ...transcript(active(agoMinutes * minute)), liveness: gone });

  it("is dead at once where a later process took its place", () => {
    const stream = { ...session(1), liveness: { ...gone, isProven: true } };
    expect(verdictOf({ streams: [stream] }).verdict.finding.code).toBe("process_gone");
  });

  it.each([
    ["works while its transcript grows", 1, null, "recent_activity"],
    ["works where its transcript grew since a run missed it", 3, 4, "recent_activity"],
    ["is dead where its transcript stands still", 5, 4, "process_gone"],
  ])("%s", (_, agoMinutes, missedAgoMinutes, code) => {
    const stream = session(agoMinutes);
    const unseen =
      missedAgoMinutes === null ? [] : [[`${stream.key}#7`, now - missedAgoMinutes * minute] as const];
    expect(verdictOf({ streams: [stream] }, unseen).verdict.finding.code).toBe(code);
  });

  it("is dead on a machine on which nothing runs at all, unless it wrote since", () => {
    const verdictWith = (unseenSince: ReadonlyMap<string, number>) =>
      assess(sampleTask({ streams: [session(1)] }), now, { ...options, isNothingRunning: true, unseenSince });
    expect(verdictWith(new Map()).health).toBe("failed");
    expect(verdictWith(new Map([[`${session(1).key}#7`, now - 2 * minute]])).health).toBe("healthy");
  });

  it("waits all the same", () => {
    const stream = { ...transcript(asked(minute, "permission")), liveness: gone };
    expect(verdictOf({ streams: [stream] }).health).toBe("waiting");
  });

  it("needs none once its turn is over", () => {
    const stream = { ...transcript(ended(0, "success")), liveness: gone };
    expect(verdictOf({ streams: [stream] }).facts.liveness).toEqual(gone);
    expect(missedProcesses(sampleTask({ streams: [stream] }))).toEqual([]);
  });
});

it("names what a look missed by file or stream, and by pid", () => {
  const stream = { ...transcript(active(0)), liveness: { ...gone, pid: null } };
  expect(missedProcesses(sampleTask({ ...wrapper, streams: [stream] }))).toEqual([`${path}#7`, stream.key]);
});
