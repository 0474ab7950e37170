import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { statusWords } from "../../src/core/claims/status-word.ts";
import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import type { Liveness, Stream } from "../../src/core/evidence/stream.ts";
import type { Task } from "../../src/core/join/task.ts";
import type { Health } from "../../src/core/log/health.ts";
import { minute, now } from "../support/sample-clock.ts";
import { active, asked, call, ended, message, openCall, retry, shell } from "../support/sample-events.ts";
import { alive, sampleStream } from "../support/sample-stream.ts";
import { assessNow, sampleDelegation, sampleReading } from "../support/sample-task.ts";

// A claim's time further ahead than a minute is refused where it is read.
const ago = fc.integer({ min: -minute, max: 180 * minute });
const time = fc.option(ago.map((agoMs) => now - agoMs));
const outcome = fc.constantFrom(
  "success" as const,
  "failure" as const,
  "timeout" as const,
  "cancelled" as const,
);

const anyReading = fc
  .record({
    status: fc.option(fc.constantFrom(...statusWords)),
    createdAt: time,
    updatedAt: time,
    startedAt: time,
    completedAt: time,
  })
  .map((given) => sampleReading("a", given));

const anyEvents: fc.Arbitrary<readonly AgentEvent[]> = fc.oneof(
  ago.map((agoMs) => call(agoMs, "ok")),
  ago.map((agoMs) => call(agoMs, "failed")),
  ago.map((agoMs) => call(agoMs, "neutral")),
  fc.tuple(ago, fc.option(fc.nat(90 * minute))).map(([agoMs, timeoutMs]) => [openCall(agoMs, timeoutMs)]),
  ago.map((agoMs) => [message(agoMs)]),
  fc.tuple(ago, outcome).map(([agoMs, how]) => [ended(agoMs, how)]),
  ago.map((agoMs) => [asked(agoMs, "permission")]),
  ago.map((agoMs) => [retry(agoMs, 4, null)]),
  ago.map((agoMs) => [shell("k", agoMs)]),
);
const liveness: fc.Arbitrary<Liveness | null> = fc.option(
  fc
    .constantFrom("alive" as const, "gone" as const, "unknown" as const)
    .map((state) => ({ state, pid: 7, says: state })),
);
const anyAgentStream = fc
  .record({
    events: fc.array(anyEvents, { maxLength: 6 }).map((parts) => parts.flat()),
    source: fc.constantFrom("claude_code" as const, "agent_logs" as const),
    isInteractive: fc.boolean(),
    liveness,
    busyWith: fc.option(fc.constant("a shell")),
  })
  .map((given) => sampleStream("s", given));
/** Changed files show when, and nothing else. */
const anyFileStream = ago.map((agoMs) =>
  sampleStream("f", { source: "worktree_files", events: [active(agoMs)] }),
);
const anyStream = fc.oneof({ weight: 3, arbitrary: anyAgentStream }, { weight: 1, arbitrary: anyFileStream });
const anyDelegation = fc
  .record({
    request: fc.option(time.map((at) => ({ at }))),
    result: fc.option(
      fc.record({
        status: fc.constantFrom("success" as const, "failure" as const, "timeout" as const),
        at: time,
        durationMs: fc.option(fc.nat(60 * minute)),
      }),
    ),
  })
  .map(sampleDelegation);
const anyTask: fc.Arbitrary<Partial<Task>> = fc.record({
  status: fc.option(anyReading, { nil: null }),
  delegations: fc.array(anyDelegation, { maxLength: 2 }),
  streams: fc.array(anyStream, { maxLength: 3 }),
  children: fc.array(anyStream, { maxLength: 1 }),
  process: liveness,
});

/** How much a health reassures: nothing to do, something to look at, lost. */
const comfort: Record<Health, number> = {
  healthy: 2,
  completed: 2,
  cancelled: 2,
  waiting: 1,
  struggling: 1,
  stuck: 1,
  unknown: 1,
  failed: 0,
};
const runs = { numRuns: 300 };
const isGone = (liveness: Liveness | null | undefined) => liveness?.state === "gone";

describe("laws of assess", () => {
  it("never throws, and always names a basis and a source", () => {
    fc.assert(
      fc.property(anyTask, (task) => {
        const { verdict } = assessNow(task);
        expect(verdict.basis).toMatch(/^(observed|reported|inferred)$/);
        expect(verdict.origin.source).not.toBe("");
      }),
      runs,
    );
  });

  it("never calls a task healthier than its fresh claim when all evidence is removed", () => {
    fc.assert(
      fc.property(anyTask, (task) => {
        const { health, facts } = assessNow({ status: task.status ?? null });
        const { updatedAt, startedAt, createdAt } = facts.claim ?? {};
        const at = Math.max(updatedAt ?? 0, startedAt ?? 0, createdAt ?? 0);
        const isFresh = now - at < 15 * minute;
        const isOver = facts.claim?.status === "completed" || facts.claim?.status === "cancelled";
        fc.pre(!isFresh && !isOver);
        expect(comfort[health]).toBeLessThan(2);
      }),
      runs,
    );
  });

  it("never calls a task healthier when a sign of life is removed", () => {
    const calm: fc.Arbitrary<Stream> = fc
      .integer({ min: 0, max: 15 * minute - 1 })
      .map((agoMs) => sampleStream("calm", { source: "agent_logs", events: call(agoMs, "ok") }));
    fc.assert(
      fc.property(anyTask, calm, (task, sign) => {
        // A sign of life beside a process that is not seen takes away what its death decided.
        fc.pre(![task.process, ...(task.streams ?? []).map((stream) => stream.liveness)].some(isGone));
        const before = assessNow({ ...task, streams: [...(task.streams ?? []), sign] });
        const after = assessNow(task);
        expect(comfort[after.health]).toBeLessThanOrEqual(comfort[before.health]);
      }),
      runs,
    );
  });

  it("never calls a task healthier because a living process is no longer seen", () => {
    fc.assert(
      fc.property(anyTask, (task) => {
        // A living process speaks against a claim of completion; without it that claim stands.
        fc.pre(task.status?.status?.status !== "completed");
        const before = assessNow({ ...task, process: alive });
        const after = assessNow({ ...task, process: null });
        expect(comfort[after.health]).toBeLessThanOrEqual(comfort[before.health]);
      }),
      runs,
    );
  });

  it("never takes a success for more than a failure of the same attempt", () => {
    const failed = sampleStream("failed", { events: [ended(0, "failure")] });
    fc.assert(
      fc.property(anyTask, (task) => {
        expect(assessNow({ ...task, streams: [...(task.streams ?? []), failed] }).health).toBe("failed");
      }),
      runs,
    );
  });

  it("never becomes healthy by waiting", () => {
    fc.assert(
      fc.property(anyTask, fc.nat(240 * minute), (task, waitedMs) => {
        const earlier = assessNow(task);
        fc.pre(comfort[earlier.health] < 2 && (earlier.facts.lastActivityAt ?? 0) < now);
        expect(assessNow(task, now + waitedMs).health).not.toBe("healthy");
      }),
      runs,
    );
  });
});
