import { openRecords } from "./core/join/drop-ended.ts";
import { nameAsRecorded, subjectOf } from "./core/join/subject.ts";
import { joinTasks } from "./core/join/task.ts";
import { findGaps, runGap } from "./core/log/gaps.ts";
import { pastOf } from "./core/log/past.ts";
import { historyOf } from "./core/log/recall.ts";
import { isReported } from "./core/report/retention.ts";
import { assess } from "./core/verdict/health.ts";
import { settleQueues } from "./core/verdict/queue.ts";
import { foundIn, type Gathered, shownPath } from "./gather.ts";
import type { RunRequest } from "./run.ts";

/** The verdicts of one run. `pause`: how long nobody looked before it. */
export type Judged = ReturnType<typeof judge>;

/** Joins what was gathered and judges each task that is still reported. */
export function judge(request: RunRequest, gathered: Gathered) {
  const { root, now, reader } = request;
  const { past, processes } = gathered;
  const since = now - request.sinceMs;
  const { tasks, unattributed } = joinTasks(openRecords(foundIn(gathered, root), since));
  const options = {
    ...request,
    gaps: findGaps(past.runs, now),
    bootedAt: processes.bootedAt,
    unseenSince: past.remembered.unseen,
    isNothingRunning: processes.list()?.length === 0,
  };
  const relativePath = shownPath(root);
  const named = nameAsRecorded(tasks, past.recalled, past.remembered, relativePath);
  const verdicts = named.map((task) =>
    assess(task, now, options, pastOf(past.recalled, subjectOf(task, relativePath))),
  );
  const pause = runGap(past.runs, reader, now);
  const intervalMs = pause.interval_s === null ? null : pause.interval_s * 1_000;
  return {
    assessments: settleQueues(verdicts).filter((assessment) => isReported(assessment, since)),
    unattributed,
    history: { ...historyOf(past.recalled, reader), intervalMs },
    pause,
  };
}
