import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { MonitoringEvent } from "../../../../src/core/log/event.ts";
import { pastOf } from "../../../../src/core/log/past.ts";
import { historyOf, recall } from "../../../../src/core/log/recall.ts";
import { composeEvents } from "../../../../src/core/record/compose-events.ts";
import { composeReport, type ReportContext } from "../../../../src/core/report/compose-report.ts";
import { HealthReport } from "../../../../src/core/report/report.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, asked, call, ended } from "../../../support/sample-events.ts";
import { sampleContext } from "../../../support/sample-report.ts";
import { sampleStream, transcript } from "../../../support/sample-stream.ts";
import { assessNow, sampleDelegation, sampleReading } from "../../../support/sample-task.ts";
import { type State, simulateRun } from "../../../support/simulated-runs.ts";

/** One run at `at` that sees `seen` and knows what `log` holds; what it would append. */
function runAt(
  at: number,
  log: readonly MonitoringEvent[],
  seen: Partial<Task> | readonly Partial<Task>[],
  given: Partial<ReportContext> = {},
): MonitoringEvent[] {
  const recalled = recall(log, at);
  const history = historyOf(recalled, "ada@host");
  const assessments = [seen]
    .flat()
    .map((task) => assessNow(task, at, pastOf(recalled, task.id === undefined ? "bg_1" : (task.id ?? ""))));
  const { report, rows } = composeReport(assessments, sampleContext(at, { history, ...given }));
  HealthReport.parse(report);
  return composeEvents(report, rows, history, at);
}

/** The events of runs every 4 minutes, each of which sees the next task. */
function runsOf(tasks: readonly Partial<Task>[], everyMs: number = 4 * minute): MonitoringEvent[][] {
  const log: MonitoringEvent[] = [];
  return tasks.map((task, index) => {
    const events = runAt(now + index * everyMs, log, task);
    log.push(...events);
    return events;
  });
}

const scenesOf = (states: readonly State[], at: number) =>
  states.map((state, task) => ({ id: `bg_${task}`, state, startedAt: now - hour, at }));

/** The log of runs every 4 minutes that see tasks of these states, each cut off after so many lines. */
function cutRuns(runs: readonly (readonly [states: readonly State[], whole: number])[]): MonitoringEvent[] {
  const log: MonitoringEvent[] = [];
  for (const [index, [states, whole]] of runs.entries()) {
    const at = now + index * 4 * minute;
    log.push(...simulateRun(scenesOf(states, at), log, at).events.slice(0, whole));
  }
  return log;
}

const shown = (events: readonly MonitoringEvent[]) =>
  events.map((event) => event.type.replace(/^agentmonitor\.(?:task\.)?|\.v1$/g, ""));
const healthy = {
  streams: [sampleStream("t", { events: call(-10 * hour, "ok").map((event) => ({ ...event, at: now })) })],
};
const waiting: Partial<Task> = { streams: [transcript(asked(minute, "question"))] };
const done: Partial<Task> = { delegations: [sampleDelegation({ result: { durationMs: 18 * minute } })] };
const failedClaim: Partial<Task> = { status: sampleReading("a", { status: "failed" }) };

describe("composeEvents", () => {
  it("records a run, and each change of health once", () => {
    expect(runsOf([healthy, healthy, waiting, waiting]).map(shown)).toEqual([
      ["health_changed", "run"],
      ["run"],
      ["health_changed", "run"],
      ["run"],
    ]);
  });

  it("writes only events of its own schema", () => {
    const events = runsOf([healthy, waiting, done]).flat();
    expect(events.map((event) => MonitoringEvent.parse(JSON.parse(JSON.stringify(event))))).toEqual(events);
  });

  it("says from what to what, and how long it was so before", () => {
    const [changed] = runsOf([healthy, waiting])[1] ?? [];
    expect(changed).toMatchObject({
      subject: "bg_1",
      data: {
        from: "healthy",
        to: "waiting",
        reason: "waiting_question",
        basis: "observed",
        previous_state_s: 240,
        state_type: "soft",
        attempt: 1,
        max_attempts: 2,
      },
    });
  });

  it("records an end exactly once, however often it is seen", () => {
    const events = runsOf([healthy, done, done, done, done]).flat();
    expect(shown(events).filter((type) => type === "finished")).toHaveLength(1);
  });

  it("records what the finished task took", () => {
    const events = runsOf([healthy, waiting, done])[2] ?? [];
    expect(events.find((event) => event.type === "agentmonitor.task.finished.v1")).toMatchObject({
      data: { outcome: "success", duration_s: 1_080, seen_healthy_s: 240, seen_waiting_s: 240 },
    });
  });

  it.each<readonly [string, Partial<Task>, string]>([
    ["success", done, "success"],
    ["failure", failedClaim, "failure"],
    ["timeout", { status: sampleReading("a", { status: "timeout" }) }, "timeout"],
    ["timeout", { delegations: [sampleDelegation({ result: { status: "timeout" } })] }, "timeout"],
    ["cancelled", { streams: [transcript(ended(0, "cancelled"))] }, "cancelled"],
  ])("calls the outcome %s", (_, task, outcome) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({
      type: "agentmonitor.task.finished.v1",
      data: { outcome },
    });
  });

  it("records a second end of a task that was taken up again", () => {
    const events = runsOf([done, healthy, failedClaim]).flat();
    expect(shown(events)).toEqual([
      "health_changed",
      "finished",
      "run",
      "health_changed",
      "run",
      "health_changed",
      "finished",
      "run",
    ]);
  });

  it.each([0, 1, 2, 3, 4])("tells what a run could not that was cut off after %i lines", (whole) => {
    const tasks = [
      { ...healthy, id: "bg_1", key: "1" },
      { ...done, id: "bg_2", key: "2" },
    ];
    const log = runAt(now, [], tasks).slice(0, whole);
    const after = [...log, ...runAt(now + minute, log, tasks)];
    after.push(...runAt(now + 2 * minute, after, tasks));
    expect(shown(after).sort()).toEqual([
      "finished",
      "health_changed",
      "health_changed",
      ...Array.from({ length: whole === 4 ? 3 : 2 }, () => "run"),
    ]);
  });

  it("leaves no change untold, wherever earlier runs were cut off", () => {
    const state = fc.constantFrom<State[]>("healthy", "struggling", "waiting", "completed", "failed");
    const looks = fc.array(fc.tuple(fc.array(state, { minLength: 3, maxLength: 3 }), fc.nat(9)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(looks, state, (seen, last) => {
        const log = cutRuns([...seen, [[last, last, last], 9]]);
        const told = log.flatMap((event) =>
          event.type === "agentmonitor.task.health_changed.v1"
            ? [[event.subject, event.data.to] as const]
            : [],
        );
        expect(Object.fromEntries(told)).toEqual({ bg_0: last, bg_1: last, bg_2: last });
        const at = now + 4 * seen.length * minute;
        const next = simulateRun(scenesOf([last, last, last], at), log, at + 4 * minute);
        expect(shown(next.events)).toEqual(["run"]);
      }),
    );
  });

  it("repeats a bad health at most once an hour", () => {
    const runs = runsOf(Array.from({ length: 32 }, () => waiting));
    const still = runs.flatMap((events, index) =>
      shown(events).includes("health_still") ? [index * 4] : [],
    );
    expect(still).toEqual([60, 120]);
  });

  it("does not repeat that a task is healthy", () => {
    const events = runAt(now + 5 * minute, runsOf([healthy]).flat(), healthy);
    expect(shown(events)).toEqual(["run"]);
  });

  it.each<readonly [string, Partial<Task>, readonly string[]]>([
    ["a claimed failure", failedClaim, ["soft"]],
    [
      "an observed failure",
      {
        ...failedClaim,
        streams: [transcript(ended(0, "failure"))],
      },
      ["hard"],
    ],
  ])("tells soft from hard at the first look: %s", (_, task, expected) => {
    const states = runAt(now, [], task).flatMap((event) =>
      event.type === "agentmonitor.task.health_changed.v1" ? [event.data.state_type] : [],
    );
    expect(states).toEqual(expected);
  });

  it.each<readonly [string, Partial<Task>]>([
    ["a change", waiting],
    ["an end", done],
  ])("gives %s one id in two runs that overlap", (_, task) => {
    const log = runsOf([healthy]).flat();
    const ids = [4 * minute, 4 * minute + 700].map((passedMs) =>
      runAt(now + passedMs, log, task)
        .slice(0, -1)
        .map(({ id }) => id),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]?.length).toBeGreaterThan(0);
  });

  it("gives the reminders of different hours different ids", () => {
    const runs = runsOf(
      Array.from({ length: 4 }, () => waiting),
      hour,
    );
    const ids = runs.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("lists the health of every open task, and of the one that just ended", () => {
    const tasks = runsOf([waiting, done, done])
      .map((events) => events.at(-1))
      .map((run) => (run?.type === "agentmonitor.run.v1" ? run.data.tasks : null));
    expect(tasks).toEqual([{ bg_1: "waiting/waiting_question" }, { bg_1: "completed/result_recorded" }, {}]);
  });

  const failing = (count: number): Partial<Task> => ({
    streams: [
      sampleStream("t", {
        events: Array.from({ length: count }, (_, n) =>
          call((count - n) * minute, "failed", { tool: n % 2 ? "bash" : "edit", error: "no such file: a" }),
        ).flat(),
      }),
    ],
  });

  it("tells of a run what it was, saw and could not read", () => {
    const run = runAt(now, [], waiting).at(-1);
    expect(run).toMatchObject({
      id: `run-${now}`,
      source: "/agent-monitor/host/shop",
      time: formatTime(now),
      data: {
        total: 1,
        waiting: 1,
        healthy: 0,
        exit_code: 0,
        invalid_inputs: 0,
        skipped_lines: 0,
        task_id: null,
      },
    });
  });

  it("adds up the lines that sources skipped", () => {
    const sources = [3, 4].map((skipped_lines) => ({
      id: "s",
      outcome: "read" as const,
      reason: null,
      streams: 1,
      new_events: 0,
      skipped_lines,
      newest_version: null,
      notes: [],
    }));
    const status_files = { pattern: "x", found: 3, invalid: 2, outcome: "read" } as const;
    const collected = { ...sampleContext(now).collected, status_files, sources };
    const run = runAt(now, [], waiting, { collected }).at(-1);
    expect(run).toMatchObject({ data: { invalid_inputs: 2, skipped_lines: 7 } });
  });

  it("tells of a first change that nothing was before", () => {
    const [change] = runAt(now, [], failing(3));
    expect(change).toMatchObject({
      data: {
        from: null,
        to: "struggling",
        attempt: 1,
        count: 1,
        previous_state_s: null,
        flapping: false,
        state_change_pct: 0,
        tool_failures_in_a_row: 3,
        tools: ["edit", "bash"],
        error_type: "no_such_file",
        message: "3 tool failures detected",
      },
    });
  });

  it("tells of a change of reason how long the health lasts", () => {
    const loop = runsOf([waiting, waiting, { streams: [transcript(asked(0, "permission"))] }])[2];
    expect(loop?.[0]).toMatchObject({
      data: {
        from: "waiting",
        to: "waiting",
        reason: "waiting_permission",
        count: 3,
        attempt: 2,
        state_type: "hard",
        previous_state_s: 480,
      },
    });
  });

  it("tells of a lasting trouble since when and how often it was seen", () => {
    const still = runsOf(Array.from({ length: 16 }, () => waiting))[15]?.[0];
    expect(still).toMatchObject({
      type: "agentmonitor.task.health_still.v1",
      data: {
        health: "waiting",
        reason: "waiting_question",
        state_type: "hard",
        count: 16,
        first_seen: formatTime(now),
        last_seen: formatTime(now + hour),
      },
    });
  });

  it("does not repeat a trouble a millisecond before the hour is over", () => {
    const log = runsOf([waiting]).flat();
    expect(shown(runAt(now + hour - 1, log, waiting))).toEqual(["run"]);
    expect(shown(runAt(now + hour, log, waiting))).toEqual(["health_still", "run"]);
  });

  it("tells of an end when, how long and with what it ended", () => {
    const task: Partial<Task> = {
      status: sampleReading("a", { category: "docs" }),
      delegations: [
        sampleDelegation({
          result: { status: "failure", at: now - minute, error: "cannot build: x", durationMs: 90_500 },
        }),
      ],
    };
    expect(runAt(now, [], task).at(-2)).toMatchObject({
      data: {
        request_id: "req-1",
        outcome: "failure",
        started_at: formatTime(now - hour),
        ended_at: formatTime(now - minute),
        duration_s: 91,
        error_type: "cannot_build",
        category: "docs",
        tool_calls: 0,
        tool_failures: null,
        struggled: false,
        recovered: false,
      },
    });
  });

  const endedAfter = (agoMs: number, given: Partial<Task> = {}): Partial<Task> => ({
    streams: [transcript(active(agoMs), ended(minute, "failure"))],
    ...given,
  });

  it.each<readonly [string, Partial<Task>, number | null]>([
    ["from its beginning to its end", endedAfter(hour), 59 * 60],
    ["nothing where both are one", endedAfter(minute), 0],
    [
      "nobody knows, where the end stands before the beginning",
      endedAfter(2 * minute, { status: sampleReading("a", { createdAt: now - 30_000 }) }),
      null,
    ],
    [
      "nobody knows, where no end is on record",
      { status: sampleReading("a", { status: "failed", updatedAt: null, createdAt: null }) },
      null,
    ],
  ])("tells of an end how long it took: %s", (_, task, seconds) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({ data: { duration_s: seconds } });
  });

  it.each<readonly [string, Partial<Task>, string | null]>([
    ["the reason for a failure without words", endedAfter(hour), "turn_failed"],
    [
      "none for a timeout without words",
      { delegations: [sampleDelegation({ result: { status: "timeout" } })] },
      null,
    ],
    ["none for a success", done, null],
  ])("tells of an end the kind of its error: %s", (_, task, type) => {
    expect(runAt(now, [], task).at(-2)).toMatchObject({ data: { error_type: type } });
  });

  it("tells of an end in which health its time went, and that it recovered", () => {
    const last = runsOf([failing(3), failing(3), healthy, { ...done }])[3]?.at(-2);
    expect(last).toMatchObject({
      data: {
        seen_struggling_s: 480,
        seen_healthy_s: 240,
        seen_stuck_s: 0,
        seen_waiting_s: 0,
        struggled: true,
        recovered: true,
      },
    });
  });

  it("records an end whose record was lost", () => {
    const log = runsOf([done])
      .flat()
      .filter(({ type }) => type !== "agentmonitor.task.finished.v1");
    const events = runAt(now + 4 * minute, log, done);
    expect(shown(events)).toEqual(["finished", "run"]);
  });

  it("writes the states of all tasks where they differ from the run before, and hourly", () => {
    const looks = [healthy, healthy, waiting, waiting, ...Array.from({ length: 16 }, () => waiting)];
    const written = runsOf(looks).map((events) => {
      const run = events.at(-1);
      return run?.type === "agentmonitor.run.v1" && run.data.tasks !== null;
    });
    expect(written.flatMap((isWritten, index) => (isWritten ? [index * 4] : []))).toEqual([0, 8, 68]);
  });

  it("gives two ends different ids, by when they began or ended", () => {
    const idOf = (askedAt: number, at: number) =>
      runAt(now, [], { delegations: [sampleDelegation({ request: { at: askedAt }, result: { at } })] }).at(-2)
        ?.id;
    const ids = [idOf(now - hour, now), idOf(now - hour, now - 1_000), idOf(now - 2 * hour, now)];
    expect(new Set(ids).size).toBe(3);
  });

  it("gives each event of a task an id of 12 hexadecimal digits", () => {
    const [change, end] = runAt(now, [], done);
    const id = expect.stringMatching(/^sha256:[0-9a-f]{12}$/);
    expect([change?.id, end?.id]).toEqual([id, id]);
  });

  it("gives changes from different healths different ids", () => {
    const idAfter = (before: Partial<Task>) => runAt(now + 4 * minute, runsOf([before]).flat(), done)[0]?.id;
    expect(idAfter(healthy)).not.toBe(idAfter(waiting));
  });

  it("gives the same change another id when the clock was set back before it", () => {
    const log = runsOf([healthy, waiting, healthy]).flat();
    const at = now + 2 * minute;
    const again = runAt(at, log, waiting)[0];
    expect(again).toMatchObject({ data: { from: "healthy", to: "waiting" } });
    expect(log.map(({ id }) => id)).not.toContain(again?.id);
    // Seconds apart are two runs that overlap.
    const overlapped = runAt(now + 4 * minute - 1_000, log.slice(0, -2), waiting)[0];
    expect(log.map(({ id }) => id)).toContain(overlapped?.id);
  });

  it("counts no seconds in any health at the first look", () => {
    expect(runAt(now, [], done).at(-2)).toMatchObject({
      data: { seen_healthy_s: 0, seen_struggling_s: 0, seen_stuck_s: 0, seen_waiting_s: 0 },
    });
  });
});
