import { expect, it } from "vitest";
import type { AgentEvent } from "../../../../../src/core/evidence/agent-event.ts";
import type { Task } from "../../../../../src/core/join/task.ts";
import type { Verdict } from "../../../../../src/core/verdict/rules/rule.ts";
import { hour, minute, now, second } from "../../../../support/sample-clock.ts";
import {
  active,
  asked,
  call,
  ended,
  equalCalls,
  message,
  openCall,
  retry,
  shell,
} from "../../../../support/sample-events.ts";
import { sampleStream } from "../../../../support/sample-stream.ts";
import { assessNow, sampleDelegation, sampleReading } from "../../../../support/sample-task.ts";

const file = "/srv/demo/home/t.jsonl";
const requests = ".agents/logs/delegation_requests.jsonl";
const results = ".agents/logs/delegation_results.jsonl";
const statusFile = ".worktrees/a/status.json";

/** One transcript with these events; each says in which line it stood. */
const transcript = (...events: readonly (AgentEvent | readonly AgentEvent[])[]) =>
  sampleStream("t", { events: events.flat().map((event, index) => ({ ...event, line: index + 1 })) });

type Told = { readonly [Part in keyof Verdict]?: Partial<Verdict[Part]> | Verdict[Part] };

it.each<[string, Partial<Task>, Told]>([
  [
    "when a permission was asked for",
    { streams: [transcript(message(hour), asked(7 * minute, "permission"))] },
    {
      finding: { code: "waiting_permission", waitedMs: 7 * minute },
      origin: { source: "transcript", file, line: 2, at: now - 7 * minute },
    },
  ],
  [
    "no wait before its beginning, where a clock runs ahead",
    { streams: [transcript(asked(-10 * second, "permission"))] },
    { finding: { code: "waiting_permission", waitedMs: 0 } },
  ],
  [
    "since when an interactive session is at its prompt",
    { streams: [{ ...transcript(message(hour), ended(4 * minute, "success")), isInteractive: true }] },
    {
      finding: { code: "waiting_prompt", waitedMs: 4 * minute },
      origin: { source: "transcript", file, line: 2, at: now - 4 * minute },
    },
  ],
  [
    "no prompt before its beginning, where a clock runs ahead",
    { streams: [{ ...transcript(ended(-10 * second, "success")), isInteractive: true }] },
    { finding: { code: "waiting_prompt", waitedMs: 0 } },
  ],
  [
    "where the last failure of a run stands",
    {
      streams: [
        transcript(call(5 * minute, "failed"), call(4 * minute, "failed"), call(3 * minute, "failed")),
      ],
    },
    {
      finding: { code: "tool_failures", count: 3 },
      origin: { source: "transcript", file, line: 6, at: now - 3 * minute },
    },
  ],
  [
    "where the last failed request to the provider stands",
    { streams: [transcript(retry(3 * minute), retry(2 * minute), retry(minute))] },
    {
      finding: { code: "provider_retries", attempt: 3, maxAttempts: 10 },
      origin: { source: "transcript", file, line: 3, at: now - minute },
    },
  ],
  [
    "the provider's own count of attempts where it is higher",
    { streams: [transcript(retry(2 * minute, 1), retry(minute, 7))] },
    { finding: { code: "provider_retries", attempt: 7 } },
  ],
  [
    "its own count of attempts where that is higher",
    { streams: [transcript(retry(3 * minute, 1), retry(2 * minute, 1), retry(minute, 2))] },
    { finding: { code: "provider_retries", attempt: 3 } },
  ],
  [
    "how long a result took, as it says itself",
    { delegations: [sampleDelegation({ result: { status: "timeout", durationMs: 90 * second } })] },
    {
      finding: { code: "result_failed", outcome: "timeout", durationMs: 90 * second },
      origin: { source: "delegation_results.jsonl", file: results, line: 1, at: now - hour / 2 },
    },
  ],
  [
    "no duration of a failed result that tells none",
    { delegations: [sampleDelegation({ result: { status: "failure", error: "cannot build" } })] },
    { finding: { code: "result_failed", outcome: "failure", durationMs: null, error: "cannot build" } },
  ],
  [
    "with which words a turn failed",
    { streams: [transcript(message(hour), ended(minute, "timeout", "as it says"))] },
    {
      finding: { code: "turn_failed", outcome: "timeout", error: "as it says" },
      origin: { source: "transcript", file, line: 2, at: now - minute },
    },
  ],
  [
    "who stopped the work",
    { streams: [transcript(message(hour), ended(minute, "cancelled", "as it says"))] },
    {
      finding: { code: "cancelled", by: "as it says" },
      origin: { source: "transcript", file, line: 2, at: now - minute },
    },
  ],
  [
    "how long a success took, from request to result",
    { delegations: [sampleDelegation({ result: {} })] },
    { finding: { code: "result_recorded", durationMs: hour / 2 } },
  ],
  [
    "how long a success took, by the result's own measure first",
    { delegations: [sampleDelegation({ result: { durationMs: 7 * minute } })] },
    { finding: { code: "result_recorded", durationMs: 7 * minute } },
  ],
  [
    "a duration of nothing where the end is the beginning",
    { delegations: [sampleDelegation({ result: { at: now - hour } })] },
    { finding: { code: "result_recorded", durationMs: 0 } },
  ],
  [
    "no duration where the end stands before the beginning",
    { delegations: [sampleDelegation({ result: { at: now - hour - second } })] },
    { finding: { code: "result_recorded", durationMs: null } },
  ],
  [
    "no duration of an end without a time",
    { status: sampleReading("a", { status: "completed", updatedAt: null }) },
    { finding: { code: "reported_completed", durationMs: null } },
  ],
  [
    "no duration without a beginning",
    {
      status: sampleReading("a", { status: "completed", createdAt: null, completedAt: now - minute }),
    },
    { finding: { code: "reported_completed", durationMs: null } },
  ],
  [
    "how long it took by its claim, up to the completion",
    { status: sampleReading("a", { status: "completed", completedAt: now - 20 * minute }) },
    {
      finding: { code: "reported_completed", durationMs: 40 * minute },
      origin: { source: "status.json", file: statusFile, line: null, at: now - minute },
    },
  ],
  [
    "how long it took by its claim, up to the last change",
    { status: sampleReading("a", { status: "completed" }) },
    { finding: { code: "reported_completed", durationMs: 59 * minute } },
  ],
  [
    "the claim's creation where it was never changed",
    { status: sampleReading("a", { status: "failed", updatedAt: null, error: "no space", exitCode: 2 }) },
    {
      finding: { code: "reported_failed", word: "failed", error: "no space", exitCode: 2 },
      origin: { source: "status.json", file: statusFile, line: null, at: now - hour },
    },
  ],
  [
    "since when nothing happened, and where it happened last",
    { streams: [transcript(message(hour), active(20 * minute))] },
    {
      finding: { code: "no_activity", idleMs: 20 * minute, thresholdMs: 15 * minute, openCall: null },
      origin: { source: "transcript", file, line: 2, at: now - 20 * minute },
    },
  ],
  [
    "the limit of an open tool, its own and thirty seconds, where it is shorter than the silence allowed",
    { streams: [transcript(openCall(31 * minute, minute))] },
    {
      finding: {
        code: "no_activity",
        idleMs: 31 * minute,
        thresholdMs: minute + 30 * second,
        openCall: expect.objectContaining({ tool: "bash" }),
      },
    },
  ],
  [
    "the limit of an open tool, its own and thirty seconds, where it is longer",
    { streams: [transcript(openCall(2 * hour, hour))] },
    { finding: { code: "no_activity", thresholdMs: hour + 30 * second } },
  ],
  [
    "how old a claim is that nothing followed",
    { status: sampleReading("a", { status: "created", updatedAt: null }) },
    { finding: { code: "never_started", ageMs: hour, thresholdMs: 15 * minute } },
  ],
  [
    "how old an untimed creation is by its last change",
    { status: sampleReading("a", { status: "created", createdAt: null, updatedAt: now - 16 * minute }) },
    { finding: { code: "never_started", ageMs: 16 * minute } },
  ],
  [
    "how many it waits for",
    { streams: [transcript(shell("build", minute), shell("serve", minute), ended(second, "success"))] },
    {
      finding: { code: "child_running", what: "build", count: 2 },
      origin: { source: "transcript", file, line: 3, at: now - second },
    },
  ],
  [
    "how old a claim is that stands alone, by its last change",
    { status: sampleReading("a") },
    { finding: { code: "reported_running", by: "status.json", word: "running", ageMs: minute } },
  ],
  [
    "how old a claim is that stands alone, by its start",
    { status: sampleReading("a", { updatedAt: null, startedAt: now - 2 * minute }) },
    { finding: { code: "reported_running", word: "running", ageMs: 2 * minute } },
  ],
  [
    "how old a claim is that stands alone, by its creation",
    { status: sampleReading("a", { updatedAt: null, createdAt: now - 3 * minute }) },
    { finding: { code: "reported_running", word: "running", ageMs: 3 * minute } },
  ],
  [
    "no age below nothing, where a clock runs ahead",
    { status: sampleReading("a", { updatedAt: now + 10 * second }) },
    { finding: { code: "reported_running", ageMs: 0 } },
  ],
  [
    "where an open request stands",
    { delegations: [sampleDelegation({ request: { at: now - 9 * minute, line: 4 } })] },
    {
      finding: { code: "reported_running", by: "delegation_requests.jsonl", word: "requested" },
      origin: { source: "delegation_requests.jsonl", file: requests, line: 4, at: now - 9 * minute },
    },
  ],
  [
    "who says nothing about the time",
    { status: sampleReading("a", { updatedAt: null, createdAt: null }) },
    { finding: { code: "no_evidence", by: "status.json" } },
  ],
  [
    "where the last call of a loop stands",
    { streams: [transcript(message(hour), equalCalls(5))] },
    {
      finding: { code: "repeated_call", level: "stuck", count: 5 },
      origin: { source: "transcript", file, line: 11, at: now - second },
    },
  ],
])("tells %s", (_, task, { finding, ...place }) => {
  const { verdict } = assessNow(task);

  expect(verdict.finding).toMatchObject(finding ?? {});
  expect(verdict).toMatchObject(place);
});
