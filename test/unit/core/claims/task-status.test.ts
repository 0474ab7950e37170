import { describe, expect, it } from "vitest";
import { parseTaskStatus } from "../../../../src/core/claims/task-status.ts";
import { now } from "../../../support/sample-clock.ts";

const path = ".worktrees/a/status.json";
const parse = (value: unknown) => parseTaskStatus(value, path, { now, writtenAt: null });
const createdAt = Date.parse("2026-11-22T14:03:20Z");
const words = "created, running, waiting, completed, failed, timeout, cancelled";
const progressForms = '{"done": 2, "total": 5}, "2/5", "40%" or a list of steps';
const running = { status: "running", timestamp: "2026-11-22T14:03:20.000Z" };

describe("parseTaskStatus", () => {
  it("reads what every writer gives", () => {
    const { status, problems } = parse({ ...running, updatedAt: "2026-11-22T14:29:40.000Z" });
    expect(problems).toEqual([]);
    expect(status).toMatchObject({
      status: "running",
      createdAt,
      updatedAt: Date.parse("2026-11-22T14:29:40Z"),
      taskId: null,
      steps: null,
    });
  });

  it.each([
    ["RFC 3339 in UTC", "2026-11-22T14:03:20.000Z"],
    ["RFC 3339 with an offset", "2026-11-22T15:03:20+01:00"],
    ["epoch milliseconds", createdAt],
    ["epoch seconds", createdAt / 1_000],
    ["epoch seconds with a fraction", createdAt / 1_000 + 0.0001],
  ])("reads a time as %s", (_, timestamp) => {
    expect(parse({ ...running, timestamp })).toMatchObject({ status: { createdAt }, problems: [] });
  });

  it.each([
    ["taskId", "bg_1", { taskId: "bg_1" }],
    ["task_id", "bg_1", { taskId: "bg_1" }],
    ["taskID", "bg_1", { taskId: "bg_1" }],
    ["id", "bg_1", { taskId: "bg_1" }],
    ["title", "Search", { title: "Search" }],
    ["name", "Search", { title: "Search" }],
    ["task", "Search", { title: "Search" }],
    ["description", "Search\nin all of it", { title: "Search" }],
    ["requestId", "r", { requestId: "r" }],
    ["request_id", "r", { requestId: "r" }],
    ["sessionId", "s", { sessionId: "s" }],
    ["requestID", "r", { requestId: "r" }],
    ["sessionID", "s", { sessionId: "s" }],
    ["session_id", "s", { sessionId: "s" }],
    ["agent", "sisyphus", { agent: "sisyphus" }],
    ["subagentType", "explore", { subagentType: "explore" }],
    ["subagent_type", "explore", { subagentType: "explore" }],
    ["category", "docs", { category: "docs" }],
    ["branch", "feat/a", { branch: "feat/a" }],
    ["pid", 48_213, { pid: 48_213 }],
    ["host", "build-1", { host: "build-1" }],
    ["updatedAt", createdAt, { updatedAt: createdAt }],
    ["updated_at", createdAt, { updatedAt: createdAt }],
    ["startedAt", createdAt, { startedAt: createdAt }],
    ["started_at", createdAt, { startedAt: createdAt }],
    ["completedAt", createdAt, { completedAt: createdAt }],
    ["completed_at", createdAt, { completedAt: createdAt }],
    ["exitCode", 137, { exitCode: 137 }],
    ["exit_code", 0, { exitCode: 0 }],
    ["error", "killed", { error: "killed" }],
    ["errorMessage", "killed", { error: "killed" }],
    ["error_message", "killed", { error: "killed" }],
    ["currentStep", "reading", { step: "reading" }],
    ["current_step", "reading", { step: "reading" }],
    ["step", "reading", { step: "reading" }],
    ["activity", "reading", { step: "reading" }],
    ["progress", "2/5", { steps: { done: 2, total: 5 } }],
    ["steps", " 2 / 5 ", { steps: { done: 2, total: 5 } }],
    ["steps", { done: 2, total: 5 }, { steps: { done: 2, total: 5 } }],
    ["steps", { completed: 2, total: 5 }, { steps: { done: 2, total: 5 } }],
    ["progress", { current: 2, total: 5 }, { steps: { done: 2, total: 5 } }],
    ["progress", { done: 9, total: 5 }, { steps: { done: 5, total: 5 } }],
    ["progress", { done: 0, total: 0 }, { steps: null }],
    ["steps", { done: null, total: null }, { steps: null }],
    ["progress", { total: null }, { steps: null }],
    ["somethingElse", { of: "the future" }, { title: null }],
    ["title", null, { title: null }],
    ["title", "  ", { title: null }],
  ])("reads %s: %j", (key, value, expected) => {
    expect(parse({ ...running, [key]: value })).toMatchObject({ status: expected, problems: [] });
  });

  it.each(["createdAt", "created_at"])("reads %s where there is no timestamp", (key) => {
    expect(parse({ status: "created", [key]: createdAt }).status?.createdAt).toBe(createdAt);
  });

  it("prefers the key that names a thing best", () => {
    const { status } = parse({ ...running, id: "7", taskId: "bg_7", description: "Long", title: "Short" });
    expect(status).toMatchObject({ taskId: "bg_7", title: "Short" });
  });

  it("looks for a title in the next key when one is empty", () => {
    const { status, problems } = parse({ ...running, title: "", name: " ", task: "Search" });
    expect([status?.title, problems]).toEqual(["Search", []]);
  });

  it("does not lose a value to its other spelling when that is null", () => {
    const { status } = parse({ ...running, taskId: "bg_7", task_id: null, session_id: null, sessionId: "s" });
    expect(status).toMatchObject({ taskId: "bg_7", sessionId: "s" });
  });

  it.each([
    ["title", true, "title must be text, got true"],
    ["branch", { of: 7, is: true }, "branch must be text, got an object"],
    ["agent", { model: { name: "m1" } }, "agent must be text, got an object"],
    ["pid", "12a", 'pid must be a number, got "12a"'],
    ["pid", -1, "pid must be a number, got -1"],
    ["exitCode", 1.5, "exitCode must be a whole number, got 1.5"],
    ["updatedAt", "yesterday", 'updatedAt must be an RFC 3339 time or an epoch number, got "yesterday"'],
    ["started_at", true, "started_at must be an RFC 3339 time or an epoch number, got true"],
    ["steps", { done: "three", total: 5 }, 'steps.done must be a number, got "three"'],
    ["steps", { completed: null, total: 5 }, "steps.completed must be a number, got null"],
    ["progress", { done: -2, total: 5 }, "progress.done must be a number, got -2"],
    ["progress", { done: 2, total: "all" }, 'progress.total must be a number, got "all"'],
    ["progress", "most of it", `progress must be ${progressForms}, got "most of it"`],
    ["progress", 140, `progress must be ${progressForms}, got 140`],
    ["steps", [1, 2], `steps must be ${progressForms}, got an array`],
  ])("names %s that makes no sense and uses the rest", (key, value, message) => {
    const { status, problems } = parse({ ...running, category: "docs", [key]: value });
    expect(problems).toEqual([{ code: "wrong_type", path, line: null, column: null, message }]);
    expect(status).toMatchObject({ status: "running", createdAt, category: "docs" });
  });

  it("reports a status word that nobody knows", () => {
    expect(parse({ ...running, status: "florp" }).problems).toMatchObject([
      { code: "unknown_status", message: `status must be one of ${words}, got "florp"` },
    ]);
  });

  it.each([
    ["nothing", {}, `status must be one of ${words}, got nothing`],
    ["null", { status: null }, `status must be one of ${words}, got nothing`],
    ["a number", { status: 1 }, `status must be one of ${words}, got 1`],
  ])("reports %s for a status once", (_, value, message) => {
    expect(parse(value).problems.map((problem) => problem.message)).toEqual([message]);
  });

  it.each([
    ["1970", 0, "timestamp is long past: 1970-01-01T00:00:00Z"],
    ["seconds read as 1970", "1970-01-21T12:00:00Z", "timestamp is long past: 1970-01-21T12:00:00Z"],
    ["the future", "2026-11-22T14:42:00Z", "timestamp is dated 10m ahead of this clock"],
    ["far in the future", 1_826_893_920_000, "timestamp is dated 365d ahead of this clock"],
  ])("does not believe a time of %s", (_, timestamp, message) => {
    const { status, problems } = parse({ ...running, timestamp });
    expect(status?.createdAt).toBeNull();
    expect(problems).toMatchObject([{ code: "implausible_time", message }]);
  });

  it.each([
    ["a little ahead", "2026-11-22T14:42:00Z", now - 2_000],
    ["a year ahead", "2027-11-22T14:42:00Z", null],
  ])("takes a time %s for that of the file's writing, or for none", (_, timestamp, at) => {
    const { status } = parseTaskStatus({ ...running, timestamp }, path, { now, writtenAt: now - 2_000 });
    expect(status?.createdAt).toBe(at);
  });

  it("puts the times of one clock back by as much as the last of them is ahead of the file's writing", () => {
    const hours = { timestamp: "2026-11-22T16:08:00Z", updatedAt: "2026-11-22T16:30:00Z" };
    const { status } = parseTaskStatus({ ...running, ...hours }, path, { now, writtenAt: now - 120_000 });
    const began = now - 24 * 60_000;
    expect(status).toMatchObject({ createdAt: began, updatedAt: began + 22 * 60_000, aheadMs: 118 * 60_000 });
  });

  it("tolerates a clock that runs a minute ahead", () => {
    expect(parse({ ...running, timestamp: "2026-11-22T14:33:00Z" }).problems).toEqual([]);
  });

  it.each([
    ["an array", [], "must be an object, got an array"],
    ["null", null, "must be an object, got null"],
    ["a string", "running", 'must be an object, got "running"'],
    ["a number", 5, "must be an object, got 5"],
  ])("says that %s is no status", (_, value, message) => {
    expect(parse(value)).toMatchObject({ status: null, problems: [{ code: "wrong_type", message }] });
  });

  it("takes nothing from keys that name parts of every object", () => {
    const { status, problems } = parse(
      JSON.parse(
        '{"status":"running","__proto__":{"taskId":"bg_evil","pid":1},"constructor":{"name":"x"},"steps":{"__proto__":{"done":1},"done":1,"total":2}}',
      ),
    );
    expect(status).toMatchObject({ taskId: null, pid: null, steps: { done: 1, total: 2 } });
    expect(problems).toEqual([]);
    expect(Object.prototype).not.toHaveProperty("taskId");
  });

  it.each([
    ["2015", "2015-01-01T00:00:00Z", 0],
    ["the end of 2014", "2014-12-31T23:59:59.999Z", 1],
  ])("believes a time from 2015 on: %s", (_, timestamp, count) => {
    expect(parse({ ...running, timestamp }).problems).toHaveLength(count);
  });

  it.each([
    ["2/5", { done: 2, total: 5 }],
    [" 2 / 5 ", { done: 2, total: 5 }],
    ["7/5", { done: 5, total: 5 }],
    ["0/5", { done: 0, total: 5 }],
    ["0/0", null],
    [
      { done: 2.9, total: 5.9 },
      { done: 2, total: 5 },
    ],
    [
      { done: 9, total: 5 },
      { done: 5, total: 5 },
    ],
    [{ done: 0, total: 0.9 }, null],
    [
      { current: 1, total: 2 },
      { done: 1, total: 2 },
    ],
    [
      { done: 1, completed: 2, total: 3 },
      { done: 1, total: 3 },
    ],
  ])("reads the steps %j", (given, steps) => {
    const { status, problems } = parse({ ...running, steps: given });
    expect([status?.steps, problems]).toEqual([steps, []]);
  });

  it("takes the first line of a title, and nothing for an empty one", () => {
    const titleOf = (title: string) => parse({ ...running, title }).status?.title;
    expect([titleOf(" Search index \nmore"), titleOf("  "), titleOf("\u0007")]).toEqual([
      "Search index",
      null,
      null,
    ]);
  });

  it.each([
    ["agent", "agent", 60],
    ["subagentType", "subagentType", 60],
    ["category", "category", 60],
    ["status", "reportedStatus", 40],
  ] as const)("keeps of a long %s, as %s, %i letters", (key, field, kept) => {
    const lengthOf = (length: number) =>
      parse({ ...running, [key]: "x".repeat(length) }).status?.[field]?.length;
    expect([lengthOf(kept), lengthOf(kept + 1)]).toEqual([kept, kept]);
  });

  it("quotes at most 40 letters of a wrong value or key", () => {
    const message = (key: string, value: unknown) => parse({ ...running, [key]: value }).problems[0]?.message;
    expect(message("pid", "x".repeat(40))).toContain(`got "${"x".repeat(40)}"`);
    expect(message("pid", "x".repeat(41))).toContain(`got "${"x".repeat(39)}…"`);
  });

  it("makes its words safe to print", () => {
    const { status } = parse({
      ...running,
      title: "a\u001b]0;gone\u0007b",
      agent: "z".repeat(500),
      error: "password=hunter2222",
    });
    expect(status).toMatchObject({ title: "ab", error: "password=[redacted]" });
    expect(status?.agent).toHaveLength(60);
  });
});
