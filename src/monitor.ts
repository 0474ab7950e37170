import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { composeNews, toldOf } from "./core/record/changed.ts";
import { type Checkpoint, isUsable } from "./core/record/checkpoint.ts";
import { composeEvents } from "./core/record/compose-events.ts";
import { composeReport } from "./core/report/compose-report.ts";
import { isReported } from "./core/report/retention.ts";
import type { Problem } from "./core/text/problem.ts";
import { plainKey } from "./core/text/safe-text.ts";
import { assess } from "./core/verdict/health.ts";
import { settleQueues } from "./core/verdict/queue.ts";
import { describeRun } from "./describe-run.ts";
import { gather } from "./gather.ts";
import { checkpointName, readCheckpoint } from "./io/checkpoint-file.ts";
import { lostRecord } from "./io/event-history.ts";
import { joinGathered } from "./join.ts";
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

/** Gather, join and judge, report, record. */
async function run(
  request: RunRequest,
  saved: Checkpoint["sources"],
  troubles: readonly Problem[],
): Promise<RunResult> {
  const { root, now } = request;
  const since = now - request.sinceMs;
  const startedAt = performance.now();
  const gathered = await gather(request, saved);
  const joined = joinGathered(request, gathered);
  const verdicts = joined.tasks.map(({ task, past }) => assess(task, now, joined.options, past));
  const assessments = settleQueues(verdicts).filter((assessment) => isReported(assessment, since));
  const durationMs = performance.now() - startedAt;
  const context = describeRun(request, gathered, joined, { troubles, durationMs });
  const { report, rows } = composeReport(assessments, context);

  const { past, kept } = gathered;
  const { history } = joined;
  const eventLog = join(root, logsFolder, eventLogName);
  const checkpointFile = join(root, logsFolder, checkpointName);
  const isFirst = past.runs.length === 0;
  const lost = isFirst ? lostRecord(past, relative(root, eventLog), existsSync(checkpointFile)) : null;
  const news = composeNews(rows, report, history, now, lost, joined.leftOpen);
  const told = (isDelivered: boolean) =>
    request.tellsChanges === true ? (isDelivered ? toldOf(news, rows, report) : {}) : null;
  return {
    root,
    since,
    report,
    rows,
    news,
    record: (isDelivered) =>
      composeEvents(report, rows, history, now, told(isDelivered), past.remembered.unseen),
    eventLog,
    eventLogTrouble: past.trouble,
    hasEventLog: past.hasLog,
    checkpoint: { version: 1, monitor: version, root: plainKey(root), now, sources: kept },
    keptBefore: saved,
    checkpointFile,
  };
}
