import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import type { Stream } from "../../src/core/evidence/stream.ts";
import { joinTasks } from "../../src/core/join/task.ts";
import type { MonitoringEvent } from "../../src/core/log/event.ts";
import { runGap, runsOf } from "../../src/core/log/gaps.ts";
import { pastOf } from "../../src/core/log/past.ts";
import { historyOf, nothingRecalled, type Recalled, recall } from "../../src/core/log/recall.ts";
import { composeNews, type News, toldOf } from "../../src/core/record/changed.ts";
import { composeEvents } from "../../src/core/record/compose-events.ts";
import { composeReport } from "../../src/core/report/compose-report.ts";
import type { HealthReport } from "../../src/core/report/report.ts";
import type { Row } from "../../src/core/report/task-row.ts";
import { assess } from "../../src/core/verdict/health.ts";
import { minute } from "./sample-clock.ts";
import { sampleContext } from "./sample-report.ts";
import { sampleStream } from "./sample-stream.ts";
import { options as sampleOptions } from "./sample-task.ts";

export type State = "healthy" | "struggling" | "stuck" | "waiting" | "failed" | "completed" | "cancelled";

/** A task as one look finds it. Times in epoch milliseconds; `at`: when it ended, or asked. */
export type Scene = {
  readonly id: string;
  readonly state: State;
  readonly startedAt: number;
  readonly at?: number;
  readonly agent?: string;
};

export type RunOptions = {
  readonly trigger?: HealthReport["run"]["trigger"];
  readonly tellsChanges?: boolean;
  readonly host?: string;
  readonly reader?: string;
};

export type Simulated = {
  readonly report: HealthReport;
  readonly rows: readonly Row[];
  readonly news: News;
  readonly events: readonly MonitoringEvent[];
};

/** One run over `scenes` as the monitor makes it, with the real rules; only the reading of files is left out. */
export function simulateRun(
  scenes: readonly Scene[],
  log: readonly MonitoringEvent[],
  now: number,
  options: RunOptions = {},
): Simulated {
  return simulateRunAfter(recall(log, now), log, scenes, now, options);
}

function simulateRunAfter(
  recalled: Recalled,
  log: readonly MonitoringEvent[],
  scenes: readonly Scene[],
  now: number,
  options: RunOptions,
): Simulated {
  const { tasks } = joinTasks({
    readings: [],
    delegations: [],
    streams: scenes.map((scene) => streamOf(scene, now)),
    processes: new Map(),
    resolveWorktree: () => null,
  });
  const reader = options.reader ?? "ada@host";
  const pause = runGap(runsOf(log.slice(-64), now), reader, now);
  const intervalMs = pause.interval_s === null ? null : pause.interval_s * 1_000;
  const history = { ...historyOf(recalled, reader), intervalMs };
  const { report, rows } = composeReport(
    tasks.map((task) => assess(task, now, sampleOptions, pastOf(recalled, task.key))),
    sampleContext(now, {
      history,
      run: {
        ...sampleContext(now).run,
        id: `01${String(now).padStart(14, "0")}${options.host ?? "SIMULATED0"}`,
        host: options.host ?? "build-01",
        reader,
        trigger: options.trigger ?? "cron",
        ...pause,
      },
    }),
  );
  const news = composeNews(
    rows,
    report,
    history,
    now,
    log.length === 0 ? "the log holds no earlier run" : null,
  );
  const told = options.tellsChanges === true ? toldOf(news, rows, report) : null;
  return { report, rows, news, events: composeEvents(report, rows, history, now, told) };
}

/** Runs one after the other, each remembering what those before it recorded, some with a second one on their heels. */
export function simulateLog(
  times: readonly number[],
  scenesAt: (now: number) => readonly Scene[],
  options: RunOptions & { readonly overlapsAt?: readonly number[] } = {},
): MonitoringEvent[] {
  const log: MonitoringEvent[] = [];
  let recalled = nothingRecalled;
  for (const now of times) {
    const first = simulateRunAfter(recalled, log, scenesAt(now), now, options).events;
    // A run that began before the first had written knows no more than it did.
    const second =
      options.overlapsAt?.includes(now) === true
        ? simulateRunAfter(recalled, log, scenesAt(now), now + 2_000, options).events
        : [];
    const events = [...first, ...second];
    recalled = recall(events, now + 2_000, recalled);
    log.push(...events);
  }
  return log;
}

/** `from`, then every `everyMs`, up to and without `to`. */
export function timesBetween(from: number, to: number, everyMs: number = 4 * minute): number[] {
  return Array.from({ length: Math.ceil((to - from) / everyMs) }, (_, index) => from + index * everyMs);
}

/** What `--changed` says, as `id from>to`. */
export function newsWords({ news }: Simulated): string[] {
  return news.kind === "everything"
    ? ["everything"]
    : news.changes.map(({ subject, from, task, kind }) =>
        kind === "changed" ? `${subject} ${from}>${task.health}` : `${subject} ${kind} ${task.health}`,
      );
}

function streamOf(scene: Scene, now: number): Stream {
  return {
    ...sampleStream(`opencode:${scene.id}`, {
      source: "opencode",
      file: "/srv/demo/home/opencode.db",
      identity: { taskId: scene.id, sessionId: `ses_${scene.id}` },
      role: "task",
      title: `Part ${scene.id} of the migration`,
      events: eventsOf(scene, now),
    }),
    agent: { kind: "opencode", name: scene.agent ?? "build" },
  };
}

function eventsOf({ state, startedAt, at = startedAt }: Scene, now: number): AgentEvent[] {
  const begun: AgentEvent = { type: "user_message", at: startedAt };
  switch (state) {
    case "healthy":
      return [begun, { type: "active", at: now - 1_000 }];
    case "stuck":
      return [begun, { type: "active", at: now - 16 * minute }];
    case "waiting":
      return [begun, { type: "asked", at, for: "permission", tool: "bash", text: null }];
    case "struggling":
      return [begun, ...[3, 2, 1].flatMap((ago) => failedCall(now - ago * 1_000))];
    case "completed":
      return [begun, { type: "turn_ended", at, outcome: "success", message: null }];
    case "cancelled":
      return [begun, { type: "turn_ended", at, outcome: "cancelled", message: null }];
    case "failed":
      return [begun, { type: "turn_ended", at, outcome: "failure", message: "build failed: exit 2" }];
    default:
      return state satisfies never;
  }
}

function failedCall(at: number): AgentEvent[] {
  const callId = `call ${at}`;
  const error = "old_string not found in src/app.ts";
  return [
    { type: "call_started", at, callId, tool: "edit", input: { raw: { path: `src/${at}.ts` } } },
    { type: "call_ended", at, callId, outcome: "failed", output: { raw: error }, error },
  ];
}
