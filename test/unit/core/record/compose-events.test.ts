import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { MonitoringEvent } from "../../../../src/core/log/event.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import {
  done,
  failedClaim,
  failing,
  healthy,
  runAt,
  runsOf,
  shown,
  waiting,
} from "../../../support/recorded-runs.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { asked, ended } from "../../../support/sample-events.ts";
import { sampleContext } from "../../../support/sample-report.ts";
import { transcript } from "../../../support/sample-stream.ts";

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

  it("lists the health of every open task, and of the one that just ended", () => {
    const tasks = runsOf([waiting, done, done])
      .map((events) => events.at(-1))
      .map((run) => (run?.type === "agentmonitor.run.v1" ? run.data.tasks : null));
    expect(tasks).toEqual([{ bg_1: "waiting/waiting_question" }, { bg_1: "completed/result_recorded" }, {}]);
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

  it("writes the states of all tasks where they differ from the run before, and hourly", () => {
    const looks = [healthy, healthy, waiting, waiting, ...Array.from({ length: 16 }, () => waiting)];
    const written = runsOf(looks).map((events) => {
      const run = events.at(-1);
      return run?.type === "agentmonitor.run.v1" && run.data.tasks !== null;
    });
    expect(written.flatMap((isWritten, index) => (isWritten ? [index * 4] : []))).toEqual([0, 8, 68]);
  });
});
