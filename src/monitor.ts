import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join, relative } from "node:path";
import { openRecords } from "./core/join/drop-ended.ts";
import { joinTasks } from "./core/join/task.ts";
import { findGaps, runGap } from "./core/log/gaps.ts";
import { pastOf } from "./core/log/past.ts";
import { historyOf } from "./core/log/recall.ts";
import { composeNews, toldOf } from "./core/record/changed.ts";
import { type Checkpoint, isUsable } from "./core/record/checkpoint.ts";
import { composeEvents } from "./core/record/compose-events.ts";
import { composeReport } from "./core/report/compose-report.ts";
import { learn } from "./core/report/progress.ts";
import { isReported } from "./core/report/retention.ts";
import { subjectOf } from "./core/report/task-row.ts";
import { type Problem, plainProblem } from "./core/text/problem.ts";
import { plainKey, plainPath } from "./core/text/safe-text.ts";
import { formatTime } from "./core/text/time.ts";
import { assess } from "./core/verdict/health.ts";
import { settleQueues } from "./core/verdict/queue.ts";
import { describeSources, foundIn, gather } from "./gather.ts";
import { checkpointName, readCheckpoint } from "./io/checkpoint-file.ts";
import { lostRecord } from "./io/event-history.ts";
import type { RunRequest, RunResult } from "./run.ts";
import { eventLogName, logsFolder } from "./sources/agent-logs/paths.ts";
import { messageOf } from "./trouble.ts";
import { version } from "./version.ts";

/** Looks once at every background agent of the project. Writes nothing. */
export async function monitor(request: RunRequest): Promise<RunResult> {
  const { root, now } = request;
  const path = join(logsFolder, checkpointName);
  const saved = readCheckpoint(join(root, path));
  if (saved === null || !isUsable(saved, { monitor: version, root, now })) return run(request, {}, []);
  try {
    return await run(request, saved.sources, []);
  } catch (error) {
    // A cache can be damaged in ways that its hash does not tell: it costs time then, not the report.
    const message = `the saved state could not be used (${messageOf(error)}); everything was read anew`;
    return run(request, {}, [{ code: "unknown_format", path, line: null, column: null, message }]);
  }
}

/** Gather, join, judge, report, record. */
async function run(
  request: RunRequest,
  saved: Checkpoint["sources"],
  troubles: readonly Problem[],
): Promise<RunResult> {
  const { root, now, sinceMs } = request;
  const startedAt = performance.now();
  const gathered = await gather(request, saved);
  const { collected, statusFiles, past, processes } = gathered;
  const { tasks, unattributed } = joinTasks(openRecords(foundIn(gathered, root), now - sinceMs));
  const unseenSince = past.remembered.unseen;
  const gaps = findGaps(past.runs, now);
  const isNothingRunning = processes.list()?.length === 0;
  const options = { ...request, gaps, bootedAt: processes.bootedAt, unseenSince, isNothingRunning };
  const relativePath = (path: string) => plainPath(path.startsWith("/") ? relative(root, path) || "." : path);
  const assessments = settleQueues(
    tasks.map((task) => assess(task, now, options, pastOf(past.recalled, subjectOf(task, relativePath)))),
  ).filter((assessment) => isReported(assessment, now - sinceMs));
  const pause = runGap(past.runs, request.reader, now);
  const history = {
    ...historyOf(past.recalled, request.reader),
    intervalMs: pause.interval_s === null ? null : pause.interval_s * 1_000,
  };
  const { report, rows } = composeReport(assessments, {
    version,
    now,
    options: request,
    history,
    experience: learn(gathered.delegations),
    problems: [
      ...troubles,
      ...statusFiles.problems,
      ...[...gathered.readings, ...collected].flatMap(({ problems }) => problems),
    ].map(plainProblem),
    isCheck: request.isCheck,
    relativePath,
    pastedPath: (path) => pathFrom(request.cwd, path),
    run: {
      id: request.runId,
      at: formatTime(now),
      host: hostname(),
      root: plainPath(root),
      reader: request.reader,
      trigger: request.trigger,
      duration_ms: Math.round(performance.now() - startedAt),
      ...pause,
    },
    collected: describeSources(gathered, unattributed),
  });
  const eventLog = join(root, logsFolder, eventLogName);
  const checkpointFile = join(root, logsFolder, checkpointName);
  const isFirst = past.runs.length === 0;
  const lost = isFirst ? lostRecord(past, relative(root, eventLog), existsSync(checkpointFile)) : null;
  const news = composeNews(rows, report, history, now, lost);
  const told = (isDelivered: boolean) =>
    request.tellsChanges === true ? (isDelivered ? toldOf(news, rows, report) : {}) : null;
  return {
    root,
    report,
    rows,
    news,
    record: (isDelivered) => composeEvents(report, rows, history, now, told(isDelivered), unseenSince),
    eventLog,
    eventLogTrouble: past.trouble,
    hasEventLog: past.eventCount > 0,
    checkpoint: { version: 1, monitor: version, root: plainKey(root), now, sources: gathered.kept },
    checkpointFile,
  };
}

function pathFrom(cwd: string | null, path: string): string {
  const inside = cwd === null ? path : relative(cwd, path) || ".";
  return plainPath(inside.startsWith("..") ? path : inside);
}
