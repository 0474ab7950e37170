import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join, relative } from "node:path";
import { composeNews, type News, toldOf } from "./core/changes.ts";
import { type Checkpoint, isUsable } from "./core/checkpoint.ts";
import { findClaimedSessions } from "./core/claimed-sessions.ts";
import { composeEvents } from "./core/compose-events.ts";
import { composeReport } from "./core/compose-report.ts";
import type { Delegation } from "./core/delegation.ts";
import { settleDuplicateIds } from "./core/duplicate-ids.ts";
import { findGaps } from "./core/gaps.ts";
import { assess } from "./core/health.ts";
import type { MonitoringEvent } from "./core/monitoring-event.ts";
import { claimedNames } from "./core/names.ts";
import { openRecords } from "./core/open-records.ts";
import { plainKey, plainPath } from "./core/plain-text.ts";
import type { Problem } from "./core/problem.ts";
import { plainProblem } from "./core/problem-words.ts";
import { learn } from "./core/progress.ts";
import type { HealthReport } from "./core/report.ts";
import { isReported, saysEndedBefore } from "./core/reported-tasks.ts";
import { runGap } from "./core/run-gap.ts";
import { joinTasks } from "./core/task.ts";
import type { AssessOptions } from "./core/task-facts.ts";
import type { Row } from "./core/task-row.ts";
import type { StatusReading } from "./core/task-status.ts";
import { formatTime } from "./core/time.ts";
import { checkpointName, readCheckpoint } from "./io/checkpoint-file.ts";
import { claimedProcesses } from "./io/claimed-processes.ts";
import { type PastRead, readPast } from "./io/past.ts";
import { readProcesses } from "./io/processes.ts";
import { readStatusFiles } from "./io/status-files.ts";
import { findWorktree } from "./sources/agent-logs/find-worktree.ts";
import { eventLogName, logsFolder } from "./sources/agent-logs/places.ts";
import { collect } from "./sources/collect.ts";
import { sources } from "./sources/index.ts";
import { plainClaim, plainReading } from "./sources/plain-reading.ts";
import { messageOf } from "./trouble.ts";
import { version } from "./version.ts";

/** One look at one project. Times in epoch milliseconds, durations in milliseconds, paths absolute. */
export type LookRequest = AssessOptions & {
  readonly root: string;
  readonly worktreePatterns: readonly string[];
  readonly now: number;
  readonly sinceMs: number;
  readonly procfs: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runId: string;
  readonly trigger: HealthReport["run"]["trigger"];
  readonly isCheck: boolean;
  /** Told of bytes read, so that long work can show itself. */
  readonly onBytes?: (count: number) => void;
  /** This run tells its reader what changed; the record then says what was told. */
  readonly tellsChanges?: boolean;
};

/** What one look found, and what there is to record of it. */
export type LookResult = {
  readonly report: HealthReport;
  readonly rows: readonly Row[];
  readonly news: News;
  readonly events: readonly MonitoringEvent[];
  /** Where the events belong; absolute. */
  readonly eventLog: string;
  /** Why the log that is there could not be read: what it tells is not known, so nothing may be added to it. */
  readonly eventLogTrouble: string | null;
  /** The events go on from what was read of the log. */
  readonly hasEventLog: boolean;
  /** What the next look can go on from, and where it belongs. */
  readonly checkpoint: Checkpoint;
  readonly checkpointFile: string;
};

/** Looks once at every background agent of the project: discover, read, join, classify, compose. Writes nothing. */
export async function monitor(request: LookRequest): Promise<LookResult> {
  const { root, now } = request;
  const path = join(logsFolder, checkpointName);
  const kept = readCheckpoint(join(root, path));
  if (kept === null || !isUsable(kept, { monitor: version, root, now })) return look(request, {}, []);
  try {
    return await look(request, kept.sources, []);
  } catch (error) {
    // A cache can be damaged in ways that its hash does not tell: it costs time then, not the report.
    const message = `could not be gone on from (${messageOf(error)}); everything was read anew`;
    return look(request, {}, [{ code: "unknown_format", path, line: null, column: null, message }]);
  }
}

/** Where in the checkpoint the status files and the event log stand, beside the sources. */
const [statusFilesKey, eventLogKey] = ["status_files", "event_log"];

async function look(
  request: LookRequest,
  earlier: Checkpoint["sources"],
  troubles: readonly Problem[],
): Promise<LookResult> {
  const { root, now, env } = request;
  const begun = performance.now();
  const since = now - request.sinceMs;
  const eventLog = join(root, logsFolder, eventLogName);
  const processes = readProcesses(request.procfs, now);
  const statusFiles = await readStatusFiles(root, request.worktreePatterns, now, earlier[statusFilesKey]);
  const { worktrees } = statusFiles;
  const readings = settleDuplicateIds(statusFiles.readings).map(plainClaim);
  const checkpointFile = join(root, logsFolder, checkpointName);
  const claimedSessions = findClaimedSessions(readings);
  const context = {
    root,
    worktrees,
    claimedSessions,
    claimedNames: claimedNames(readings),
    endedWorktrees: findEndedWorktrees(readings, since),
    env,
    now,
    since,
    processes,
  };
  const collected = await Promise.all(
    sources.map(async (source) => {
      const checkpoint = earlier[source.id] ?? null;
      const reading = collect(source, { ...context, checkpoint, onBytes: request.onBytes });
      return plainReading(source.id, await reading);
    }),
  );
  const delegations: Delegation[] = collected.flatMap((reading) => reading.delegations);
  const streams = collected.flatMap((reading) => reading.streams);

  const found = {
    readings,
    delegations,
    streams,
    processes: claimedProcesses(readings, processes, hostname()),
    resolveWorktree: (written: string) => findWorktree({ root, worktrees }, written),
  };
  const { tasks, unattributed } = joinTasks(openRecords(found, since));
  const past = readPast(eventLog, now, earlier[eventLogKey]);
  const { history } = past;
  const options = { ...request, gaps: findGaps(past.runs, now), bootedAt: processes.bootedAt };
  const assessments = tasks
    .map((task) => assess(task, now, options))
    .filter((assessment) => isReported(assessment, since));

  const problems: Problem[] = [
    ...[...troubles, ...statusFiles.problems].map(plainProblem),
    ...readings.flatMap((reading) => reading.problems),
    ...collected.flatMap((reading) => reading.problems),
  ];
  const { report, rows } = composeReport(assessments, {
    version,
    now,
    options: request,
    history,
    experience: learn(delegations),
    problems,
    isCheck: request.isCheck,
    relativePath: (path) => plainPath(path.startsWith("/") ? relative(root, path) || "." : path),
    run: {
      id: request.runId,
      at: formatTime(now),
      host: hostname(),
      root: plainPath(root),
      trigger: request.trigger,
      duration_ms: Math.round(performance.now() - begun),
      ...runGap(history, now),
    },
    collected: {
      worktrees: worktrees.length,
      status_files: {
        pattern: plainPath(statusFiles.patterns.join(" ")),
        found: readings.length,
        invalid: readings.filter((reading) => reading.problems.length > 0).length,
        outcome: statusFiles.outcome,
      },
      sources: collected.map((reading) => ({
        id: reading.id,
        outcome: reading.outcome,
        reason: reading.reason,
        streams: reading.streams.length,
        new_events: reading.newEvents,
        skipped_lines: reading.skippedLines,
        notes: [...reading.notes, ...(reading.id === "agent_logs" ? unattributedNotes(unattributed) : [])],
      })),
      processes: processes.outcome,
    },
  });
  const lost = history.previousRunAt === null ? lostRecord(past, checkpointFile) : null;
  const news = composeNews(rows, history, now, lost);
  const told = request.tellsChanges ? toldOf(news, rows) : null;
  return {
    report,
    rows,
    news,
    events: composeEvents(report, rows, history, now, told),
    eventLog,
    eventLogTrouble: past.trouble,
    hasEventLog: past.eventCount > 0,
    checkpoint: {
      version: 1,
      monitor: version,
      root: plainKey(root),
      now,
      sources: {
        [statusFilesKey]: statusFiles.kept,
        [eventLogKey]: past.kept,
        ...Object.fromEntries(collected.map(({ id, checkpoint }) => [id, checkpoint])),
      },
    },
    checkpointFile,
  };
}

/** Of several status files of a worktree one that is open keeps it open. */
function findEndedWorktrees(readings: readonly StatusReading[], since: number): ReadonlySet<string> {
  const isOpen = (reading: StatusReading) => !saysEndedBefore(reading, since);
  const open = new Set(readings.filter(isOpen).map(({ worktree }) => worktree));
  return new Set(readings.map(({ worktree }) => worktree).filter((worktree) => !open.has(worktree)));
}

/** Why a log without a run cannot be the first one's; null when it can. */
function lostRecord({ trouble, skippedLines }: PastRead, checkpointFile: string): string | null {
  const path = join(logsFolder, eventLogName);
  if (trouble !== null) return `${path} ${trouble}`;
  const skipped = skippedLines === 1 ? "1 line" : `${skippedLines} lines`;
  if (skippedLines > 0) return `${path} holds no earlier run (${skipped} could not be read)`;
  // The checkpoint is written by recorded runs only: it outlived the log.
  return existsSync(checkpointFile) ? `${path} is gone since the last run` : null;
}

function unattributedNotes(
  streams: readonly { readonly source: string; readonly activity: { readonly callCount: number } }[],
): string[] {
  const logs = streams.filter(({ source }) => source === "agent_logs");
  const calls = logs.reduce((sum, { activity }) => sum + activity.callCount, 0);
  return logs.length === 0
    ? []
    : [
        `${plural(calls, "logged tool call")} of ${plural(logs.length, "session or agent")} without a background task`,
      ];
}

function plural(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what.replace(/\b(call|session|agent)\b/g, "$1s")}`;
}
