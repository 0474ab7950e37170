import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import type { Task } from "../../src/core/join/task.ts";
import { learn, measureProgress } from "../../src/core/report/progress.ts";
import { minute, now, second } from "./sample-clock.ts";
import { sampleStream } from "./sample-stream.ts";
import { assessNow, root, sampleDelegation } from "./sample-task.ts";

/** Delegations of one kind that succeeded, after 8, 9, 10 … minutes with as many tools. */
export const past = (count: number, kind: { subagentType?: string | null; category?: string | null }) =>
  Array.from({ length: count }, (_, index) =>
    sampleDelegation({
      requestId: `past-${index}`,
      request: { subagentType: null, ...kind },
      result: {
        durationMs: (8 + index) * minute,
        toolsUsed: Array.from({ length: 8 + index }, () => "read"),
      },
    }),
  );

/** The progress of `task` after five `explore` delegations, unless others are given. */
export const measure = (task: Partial<Task>, delegations = past(5, { subagentType: "explore" })) =>
  measureProgress(assessNow(task).facts, learn(delegations));

/** A call that is open, or ended a minute ago. */
export const called = (tool: string, raw: unknown, isOpen = true): AgentEvent[] => [
  {
    type: "call_started",
    at: now - minute - second,
    callId: tool + JSON.stringify(raw),
    tool,
    input: { raw },
  },
  ...(isOpen
    ? []
    : [
        {
          type: "call_ended",
          at: now - minute,
          callId: tool + JSON.stringify(raw),
          outcome: "ok",
          output: null,
        } as const,
      ]),
];

/** A session in the worktree `a` with these events. */
export const session = (...events: readonly AgentEvent[]) => ({
  streams: [sampleStream("t", { events, identity: { worktree: `${root}/.worktrees/a` } })],
});
