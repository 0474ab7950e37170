import { nameAsRecorded, subjectOf } from "./core/join/subject.ts";
import { joinTasks } from "./core/join/task.ts";
import { findGaps, runGap } from "./core/log/gaps.ts";
import { pastOf } from "./core/log/past.ts";
import { historyOf } from "./core/log/recall.ts";
import { leftOpenNotes } from "./core/record/left-open.ts";
import { type Gathered, shownPath } from "./gather.ts";
import type { RunRequest } from "./run.ts";

/** The tasks of one run, each with its past, and by what they are judged. `pause`: how long nobody looked before it. */
export type Joined = ReturnType<typeof joinGathered>;

/** Joins what was gathered into tasks, under the names that they have on record. */
export function joinGathered(request: RunRequest, gathered: Gathered) {
  const { root, now, reader } = request;
  const { past, processes, isThere } = gathered;
  const { tasks, unattributed } = joinTasks(gathered.opened);
  const relativePath = shownPath(root);
  const named = nameAsRecorded(tasks, past.recalled, past.remembered, relativePath);
  const pause = runGap(past.runs, reader, now);
  const intervalMs = pause.interval_s === null ? null : pause.interval_s * 1_000;
  const history = { ...historyOf(past.recalled, reader), intervalMs };
  const found = named.map((task) => ({ task, subject: subjectOf(task, relativePath) }));
  const subjects = new Set(found.map(({ subject }) => subject));
  return {
    tasks: found.map(({ task, subject }) => ({ task, past: pastOf(past.recalled, subject) })),
    options: {
      ...request,
      gaps: findGaps(past.runs, now),
      bootedAt: processes.bootedAt,
      unseenSince: past.remembered.unseen,
      isNothingRunning: processes.list()?.length === 0,
    },
    unattributed,
    history,
    leftOpen: leftOpenNotes(history, past.remembered, { subjects, now, isThere }),
    pause,
  };
}
