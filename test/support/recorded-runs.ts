import type { Task } from "../../src/core/join/task.ts";
import type { MonitoringEvent } from "../../src/core/log/event.ts";
import { pastOf } from "../../src/core/log/past.ts";
import { historyOf, recall } from "../../src/core/log/recall.ts";
import { composeEvents } from "../../src/core/record/compose-events.ts";
import { composeReport, type ReportContext } from "../../src/core/report/compose-report.ts";
import { HealthReport } from "../../src/core/report/report.ts";
import { hour, minute, now } from "./sample-clock.ts";
import { asked, call } from "./sample-events.ts";
import { sampleContext } from "./sample-report.ts";
import { sampleStream, transcript } from "./sample-stream.ts";
import { assessNow, sampleDelegation, sampleReading } from "./sample-task.ts";

/** One run at `at` that sees `seen` and knows what `log` holds; what it would append. */
export function runAt(
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
export function runsOf(tasks: readonly Partial<Task>[], everyMs: number = 4 * minute): MonitoringEvent[][] {
  const log: MonitoringEvent[] = [];
  return tasks.map((task, index) => {
    const events = runAt(now + index * everyMs, log, task);
    log.push(...events);
    return events;
  });
}

/** The kinds of events, in few letters. */
export const shown = (events: readonly MonitoringEvent[]) =>
  events.map((event) => event.type.replace(/^agentmonitor\.(?:task\.)?|\.v1$/g, ""));

/** Tasks as one look finds them. */
export const healthy = {
  streams: [sampleStream("t", { events: call(-10 * hour, "ok").map((event) => ({ ...event, at: now })) })],
};
export const waiting: Partial<Task> = { streams: [transcript(asked(minute, "question"))] };
export const done: Partial<Task> = {
  delegations: [sampleDelegation({ result: { durationMs: 18 * minute } })],
};
export const failedClaim: Partial<Task> = { status: sampleReading("a", { status: "failed" }) };

/** A task whose last calls failed. */
export const failing = (count: number): Partial<Task> => ({
  streams: [
    sampleStream("t", {
      events: Array.from({ length: count }, (_, n) =>
        call((count - n) * minute, "failed", { tool: n % 2 ? "bash" : "edit", error: "no such file: a" }),
      ).flat(),
    }),
  ],
});
