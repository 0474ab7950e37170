import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, ended, message, shell } from "../../../support/sample-events.ts";
import { gone, sampleStream, stream } from "../../../support/sample-stream.ts";
import { factsOf } from "../../../support/sample-task.ts";

describe("the children that still work", () => {
  const child = (events: readonly AgentEvent[], given: Partial<Parameters<typeof sampleStream>[1]> = {}) =>
    sampleStream("c", { parentKey: "t", events, ...given });
  const over = stream("t", ended(hour));

  it.each<[string, Partial<Task>, string[]]>([
    ["a shell by its title", { streams: [stream("t", shell("k", minute, "build"), ended(0))] }, ["build"]],
    ["a shell by its id", { streams: [stream("t", shell("k", minute), ended(0))] }, ["k"]],
    [
      "no shell that ended",
      {
        streams: [
          stream("t", shell("k", minute), { type: "child_ended", at: now, childId: "k", outcome: "success" }),
        ],
      },
      [],
    ],
    [
      "a shell 30 minutes less 1 ms after the last activity",
      { streams: [stream("t", shell("k", 30 * minute - 1))] },
      ["k"],
    ],
    ["no shell 30 minutes after the last activity", { streams: [stream("t", shell("k", 30 * minute))] }, []],
    [
      "a shell of long ago under activity",
      { streams: [stream("t", shell("k", hour), ended(minute))] },
      ["k"],
    ],
    [
      "a session by its title",
      { streams: [over], children: [child([active(0)], { title: "Search" })] },
      ["Search"],
    ],
    [
      "a session by its agent",
      { streams: [over], children: [child([active(0)], { agentName: "explore" })] },
      ["explore"],
    ],
    ["a session without a name", { streams: [over], children: [child([active(0)])] }, ["a sub-agent"]],
    ["no session in which nothing happened", { streams: [over], children: [child([])] }, []],
    ["no session that ended", { streams: [over], children: [child([active(0), ended(0)])] }, []],
    [
      "no session whose process is gone",
      { streams: [over], children: [child([active(3 * minute)], { liveness: gone })] },
      [],
    ],
    [
      "a session that was active 30 minutes less 1 ms ago",
      { streams: [over], children: [child([active(30 * minute - 1)])] },
      ["a sub-agent"],
    ],
    [
      "a session that fell silent 30 minutes ago",
      { streams: [over], children: [child([active(30 * minute)])] },
      ["a sub-agent"],
    ],
    [
      "no session that fell silent 30 minutes ago when its parent went on without it",
      {
        streams: [stream("t", message(minute), ended(0))],
        children: [child([active(30 * minute)])],
      },
      [],
    ],
    ["what keeps it busy", { streams: [{ ...over, busyWith: "a workflow" }] }, ["a workflow"]],
    [
      "a named child before a mere busy",
      { streams: [{ ...stream("t", shell("k", minute)), busyWith: "a workflow" }] },
      ["k"],
    ],
    [
      "each by its own name",
      { streams: [stream("t", shell("k", minute, "build"), shell("l", minute, "build"))] },
      ["build", "build"],
    ],
    [
      "a launched session once",
      {
        streams: [stream("t", shell("s", minute, "Search"))],
        children: [sampleStream("s", { parentKey: "t", identity: { sessionId: "s" }, events: [active(0)] })],
      },
      ["Search"],
    ],
    [
      "no launched session that ended",
      {
        streams: [stream("t", shell("s", minute, "Search"))],
        children: [
          sampleStream("s", { parentKey: "t", identity: { sessionId: "s" }, events: [active(1), ended(0)] }),
        ],
      },
      [],
    ],
    ["nothing of a process that is gone", { streams: [stream("t", shell("k", minute))], process: gone }, []],
  ])("are %s", (_, task, names) => {
    expect(factsOf(task).runningChildren).toEqual(names);
  });

  it("are measured without the time in which nobody could look", () => {
    const task = { streams: [stream("t", shell("k", hour))] };
    const gaps = [{ from: now - 50 * minute, to: now - 10 * minute }];
    expect([factsOf(task).runningChildren, factsOf(task, { gaps }).runningChildren]).toEqual([[], ["k"]]);
  });
});
