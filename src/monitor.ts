import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join, relative } from "node:path";
import { settleDuplicateIds } from "./core/claims/duplicate-ids.ts";
import { claimedNames, findClaimedSessions } from "./core/claims/names.ts";
import type { Stream } from "./core/evidence/stream.ts";
import { openRecords } from "./core/join/drop-ended.ts";
import { joinTasks } from "./core/join/task.ts";
import type { MonitoringEvent } from "./core/log/event.ts";
import { findGaps, runGap } from "./core/log/gaps.ts";
import { composeNews, type News, toldOf } from "./core/record/changed.ts";
import { type Checkpoint, isUsable } from "./core/record/checkpoint.ts";
import { composeEvents } from "./core/record/compose-events.ts";
import { composeReport, unattributedNotes } from "./core/report/compose-report.ts";
import { learn } from "./core/report/progress.ts";
import type { HealthReport } from "./core/report/report.ts";
import { findEndedWorktrees, isReported } from "./core/report/retention.ts";
import type { Row } from "./core/report/task-row.ts";
import type { Problem } from "./core/text/problem.ts";
import { plainProblem } from "./core/text/problem.ts";
import { plainKey, plainPath } from "./core/text/safe-text.ts";
import { formatTime } from "./core/text/time.ts";
import { assess } from "./core/verdict/health.ts";
import type { AssessOptions } from "./core/verdict/options.ts";
import { checkpointName, readCheckpoint } from "./io/checkpoint-file.ts";
import { lostRecord, readPast } from "./io/event-history.ts";
import { claimedProcesses } from "./io/processes/claimed-processes.ts";
import { readProcesses } from "./io/processes/processes.ts";
import { readStatusFiles } from "./io/status-files.ts";
import { eventLogName, findWorktree, logsFolder } from "./sources/agent-logs/paths.ts";
import { sources } from "./sources/index.ts";
import { collect, plainClaim, plainReading } from "./sources/source.ts";
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
  const { root, now } = request;
  const begun = performance.now();
  const gathered = await gather(request, earlier);
  const { statusFiles, readings, collected, past } = gathered;
  const { history } = past;
  const { assessments, unattributed } = judge(request, gathered);
  const { report, rows } = composeReport(assessments, {
    version,
    now,
    options: request,
    history,
    experience: learn(gathered.delegations),
    problems: [
      ...[...troubles, ...statusFiles.problems].map(plainProblem),
      ...readings.flatMap((reading) => reading.problems),
      ...collected.flatMap((reading) => reading.problems),
    ],
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
    collected: sourcesIn(gathered, unattributed),
  });
  const checkpointFile = join(root, logsFolder, checkpointName);
  const lost =
    history.previousRunAt === null
      ? lostRecord(past, join(logsFolder, eventLogName), existsSync(checkpointFile))
      : null;
  const news = composeNews(rows, history, now, lost);
  const told = request.tellsChanges ? toldOf(news, rows) : null;
  return {
    report,
    rows,
    news,
    events: composeEvents(report, rows, history, now, told),
    eventLog: join(root, logsFolder, eventLogName),
    eventLogTrouble: past.trouble,
    hasEventLog: past.eventCount > 0,
    checkpoint: { version: 1, monitor: version, root: plainKey(root), now, sources: gathered.kept },
    checkpointFile,
  };
}

/** Everything that was read, before it is known what belongs together. */
type Gathered = Awaited<ReturnType<typeof gather>>;

async function gather({ root, now, env, onBytes, ...request }: LookRequest, earlier: Checkpoint["sources"]) {
  const since = now - request.sinceMs;
  const processes = readProcesses(request.procfs, now);
  const statusFiles = await readStatusFiles(root, request.worktreePatterns, now, earlier[statusFilesKey]);
  const readings = settleDuplicateIds(statusFiles.readings).map(plainClaim);
  const context = {
    root,
    worktrees: statusFiles.worktrees,
    claimedSessions: findClaimedSessions(readings),
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
      return plainReading(source.id, await collect(source, { ...context, checkpoint, onBytes }));
    }),
  );
  const past = readPast(join(root, logsFolder, eventLogName), now, earlier[eventLogKey]);
  return {
    processes,
    statusFiles,
    readings,
    collected,
    delegations: collected.flatMap((reading) => reading.delegations),
    past,
    kept: {
      [statusFilesKey]: statusFiles.kept,
      [eventLogKey]: past.kept,
      ...Object.fromEntries(collected.map(({ id, checkpoint }) => [id, checkpoint])),
    },
  };
}

/** Joins what was gathered into tasks and decides the health of each that is to be reported. */
function judge(request: LookRequest, { processes, statusFiles, readings, collected, ...more }: Gathered) {
  const { root, now } = request;
  const { worktrees } = statusFiles;
  const since = now - request.sinceMs;
  const found = {
    readings,
    delegations: more.delegations,
    streams: collected.flatMap((reading) => reading.streams),
    processes: claimedProcesses(readings, processes, hostname()),
    resolveWorktree: (written: string) => findWorktree({ root, worktrees }, written),
  };
  const { tasks, unattributed } = joinTasks(openRecords(found, since));
  const options = { ...request, gaps: findGaps(more.past.runs, now), bootedAt: processes.bootedAt };
  const assessments = tasks
    .map((task) => assess(task, now, options))
    .filter((assessment) => isReported(assessment, since));
  return { assessments, unattributed };
}

/** What was read, and how that went. */
function sourcesIn(
  { processes, statusFiles, readings, collected }: Gathered,
  unattributed: readonly Stream[],
): HealthReport["collected"] {
  return {
    worktrees: statusFiles.worktrees.length,
    status_files: {
      pattern: plainPath(statusFiles.patterns.join(" ")),
      found: readings.length,
      invalid: readings.filter(({ status }) => status?.status == null).length,
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
  };
}
