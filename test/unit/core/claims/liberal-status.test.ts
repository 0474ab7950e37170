import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTaskStatus } from "../../../../src/core/claims/task-status.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { call } from "../../../support/sample-events.ts";
import { log } from "../../../support/sample-stream.ts";
import { options, sampleReading, sampleTask } from "../../../support/sample-task.ts";

const path = ".worktrees/a/status.json";
const parse = (value: unknown) => parseTaskStatus(value, path, { now, writtenAt: null });
const createdAt = Date.parse("2026-11-22T14:03:20Z");
const running = { status: "running", timestamp: "2026-11-22T14:03:20.000Z" };

describe("what other launchers write", () => {
  it.each([
    ["taskId", 17, { taskId: "17" }],
    ["sessionId", 5, { sessionId: "5" }],
    ["title", 7, { title: "7" }],
    ["pid", "4242", { pid: 4_242 }],
    ["pid", "", { pid: null }],
    ["exitCode", "0", { exitCode: 0 }],
    ["hostname", "box", { host: "box" }],
    ["agent", { name: "claude", model: "m1" }, { agent: "claude" }],
    ["error", { message: "the tests do not pass", code: 1 }, { error: "the tests do not pass" }],
    ["error", { code: "ECONNRESET" }, { error: "ECONNRESET" }],
    ["error", ["one", "two"], { error: "one; two" }],
    ["error", {}, { error: null }],
    ["error", false, { error: null }],
    ["currentStep", { index: 2, name: "writing tests" }, { step: "writing tests" }],
    ["currentStep", 2, { step: null }],
    ["timestamp", String(createdAt), { createdAt, zone: null }],
    ["timestamp", String(createdAt / 1_000), { createdAt }],
    ["timestamp", "2026-11-22T14:03:20.000000", { createdAt, zone: "UTC" }],
    ["timestamp", "2026-11-22 14:03:20", { createdAt, zone: "UTC" }],
    ["task-id", "bg_7", { taskId: "bg_7" }],
    ["progress", 0.4, { percent: 40, steps: null }],
    ["progress", 40, { percent: 40, steps: null }],
    ["progress", "40%", { percent: 40, steps: null }],
    ["progress", "40", { percent: 40, steps: null }],
    ["progress", 1, { percent: 100 }],
    ["progress", "2 of 5 steps", { steps: { done: 2, total: 5 } }],
    ["progress", { percent: 40 }, { percent: 40 }],
    ["steps", { done: 3 }, { steps: { done: 3, total: null } }],
    ["steps", { done: "2", total: "5" }, { steps: { done: 2, total: 5 } }],
    ["steps", ["plan", "edit", "test"], { steps: null, step: null }],
    ["steps", [], { steps: null }],
  ])("takes %s: %j as it is meant", (key, value, expected) => {
    expect(parse({ ...running, [key]: value })).toMatchObject({ status: expected, problems: [] });
  });

  it("counts the listed steps before the current one", () => {
    const { status } = parse({ ...running, steps: ["plan", "edit", "test"], currentStep: "Edit" });
    expect(status).toMatchObject({ steps: { done: 1, total: 3 }, step: "Edit" });
  });

  it.each([
    ["marks", [{ title: "plan", done: true }, { title: "edit", done: false }, { title: "test" }]],
    [
      "words",
      [
        { step: "plan", status: "done" },
        { step: "edit", status: "in_progress" },
        { step: "test", status: "pending" },
      ],
    ],
  ])("counts listed steps by their %s", (_, steps) => {
    expect(parse({ ...running, steps }).status).toMatchObject({ steps: { done: 1, total: 3 }, step: "edit" });
  });

  it("counts steps rather than a share of them", () => {
    expect(parse({ ...running, steps: 3, progress: "1/4" }).status).toMatchObject({
      steps: { done: 1, total: 4 },
      percent: null,
    });
  });

  it.each([
    ["paused-by-v9", null],
    ["RUNNING NOW", null],
    ["canceled", "cancelled"],
    ["aborted", "cancelled"],
    ["interrupt", "cancelled"],
    ["done", "completed"],
    ["Success", "completed"],
    ["ok", "completed"],
    ["Errored", "failed"],
    ["crashed", "failed"],
    ["in_progress", "running"],
    ["in-progress", "running"],
    ["inProgress", "running"],
    ["busy", "running"],
    ["queued", "created"],
    ["waiting_for_slot", "created"],
    ["blocked", "waiting"],
    ["needs_input", "waiting"],
    ["question", "waiting"],
    ["Initializing", "running"],
    ["passed", "completed"],
    ["killed", "cancelled"],
    ["timed_out", "timeout"],
    ["TimedOut", "timeout"],
  ])("knows what the word %s means", (word, meant) => {
    expect(parse({ ...running, status: word }).status).toMatchObject({ status: meant, reportedStatus: word });
  });

  const at = "2026-11-22T14:20:00Z";
  const atMs = Date.parse(at);

  it.each<[string, object, object]>([
    ["its state", { state: "working", details: "tests", updated_at: at }, { status: "running", error: null }],
    ["its phase", { phase: "errored", task: "Login" }, { status: "failed", reportedStatus: "errored" }],
    ["a state inside", { status: { state: "running", since: at } }, { status: "running" }],
    [
      "a phase beside the status",
      { ...running, phase: "writing tests" },
      { status: "running", step: "writing tests" },
    ],
    ["the same word twice", { ...running, phase: "working" }, { status: "running", step: null }],
    [
      "the end of its own",
      { status: "failed", message: "no disk", ended_at: at },
      { error: "no disk", completedAt: atMs },
    ],
    [
      "what it needs",
      { status: "blocked", details: "the schema" },
      { status: "waiting", error: "the schema" },
    ],
    ["what it does", { ...running, message: "reading" }, { error: null, step: null }],
    ["a goal", { ...running, current_activity: { goal: "a parser", waiting: false } }, { step: "a parser" }],
    ["a heartbeat", { ...running, last_heartbeat: at, start_time: at }, { updatedAt: atMs, startedAt: atMs }],
    [
      "the later of a change and a heartbeat",
      { ...running, updated_at: running.timestamp, heartbeat_at: at },
      { updatedAt: atMs },
    ],
    [
      "that it waits for somebody",
      { ...running, waiting_for_input: true },
      { status: "waiting", reportedStatus: "waiting_for_input" },
    ],
    ["that it waits for nobody", { ...running, waitingForInput: false }, { status: "running" }],
    ["that it waited, once it is done", { status: "done", needs_input: true }, { status: "completed" }],
  ])("takes %s for what it says", (_, written, expected) => {
    expect(parse(written)).toMatchObject({ status: expected, problems: [] });
  });

  it("takes a state that nobody knows for none of a task", () => {
    const { status, problems } = parse({ state: "CA", phase: 3 });
    expect(status).toMatchObject({ status: null, reportedStatus: null });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("status must be one of"),
    ]);
  });

  it("is running since it began, however often its file is written", () => {
    const claim = { status: "running", startedAt: now - 3 * 60 * minute, updatedAt: now - minute } as const;
    expect(assess(sampleTask({ status: sampleReading("a", claim) }), now, options).verdict).toMatchObject({
      finding: { code: "reported_running", ageMs: 3 * 60 * minute },
    });
  });

  it.each([
    ["created", false],
    ["pending", true],
    ["queued", true],
  ])("knows whether %s waits for its turn", (word, isQueued) => {
    expect(parse({ ...running, status: word }).status?.isQueued).toBe(isQueued);
  });
});

describe("one odd key", () => {
  const optional = [
    "name",
    "title",
    "task",
    "description",
    "requestId",
    "agent",
    "subagentType",
    "category",
    "branch",
    "error",
    "errorMessage",
    "exitCode",
    "progress",
    "steps",
    "currentStep",
    "step",
    "activity",
    "somethingElse",
  ];
  const written = fc.record(
    {
      status: fc.constantFrom(
        "created",
        "running",
        "blocked",
        "queued",
        "done",
        "failed",
        "aborted",
        "florp",
      ),
      timestamp: fc.integer({ min: now - 200 * minute, max: now - 40 * minute }),
      updatedAt: fc.integer({ min: now - 40 * minute, max: now }),
      title: fc.constant("Task A"),
      progress: fc.constantFrom("2/5", 0.4),
    },
    { requiredKeys: ["status", "timestamp", "updatedAt"] },
  );
  const healthOf = (value: object, streams: ReturnType<typeof log>[]) => {
    const reading = { ...sampleReading("a"), ...parse(value) };
    return assess(sampleTask({ status: reading, streams }), now, options).health;
  };

  it("changes no health", () => {
    fc.assert(
      fc.property(
        written,
        fc.constantFrom(...optional),
        fc.jsonValue(),
        fc.option(fc.integer({ min: 0, max: 60 }), { nil: null }),
        (status, key, odd, agoMinutes) => {
          const streams = agoMinutes === null ? [] : [log(...call(agoMinutes * minute, "ok"))];
          expect(healthOf({ ...status, [key]: odd }, streams)).toBe(healthOf(status, streams));
        },
      ),
      { numRuns: 500 },
    );
  });
});
