import { hostname } from "node:os";
import { join, relative } from "node:path";
import { keepIdentities, settleDuplicateIds } from "./core/claims/duplicate-ids.ts";
import { claimedNames, findClaimedSessions } from "./core/claims/names.ts";
import type { StatusReading } from "./core/claims/task-status.ts";
import type { Stream } from "./core/evidence/stream.ts";
import type { Found } from "./core/join/task.ts";
import type { Remembered } from "./core/log/remembered.ts";
import type { Checkpoint } from "./core/record/checkpoint.ts";
import { unattributedNotes } from "./core/report/compose-report.ts";
import type { HealthReport } from "./core/report/report.ts";
import { findEndedWorktrees } from "./core/report/retention.ts";
import { plainName, plainPath, plainText, plainTextOrNull } from "./core/text/safe-text.ts";
import { readPast } from "./io/event-history.ts";
import { claimedProcesses } from "./io/processes/claimed-processes.ts";
import { readProcesses } from "./io/processes/read-processes.ts";
import { readStatusFiles } from "./io/status-files.ts";
import type { RunRequest } from "./run.ts";
import { eventLogName, findWorktree, logsFolder } from "./sources/agent-logs/paths.ts";
import { sources } from "./sources/index.ts";
import { listLauncherLogs } from "./sources/launcher-log.ts";
import { collect } from "./sources/source.ts";

const versionLimit = 40;

/** Everything that was read, before it is known what belongs together. */
export type Gathered = Awaited<ReturnType<typeof gather>>;

/** Where in the saved state the status files and the event log stand, beside the sources. */
const [statusFilesKey, eventLogKey] = ["status_files", "event_log"];

/** Reads all that speaks of the project's agents. `saved`: what the last run kept, by source. */
export async function gather(
  { root, now, env, onBytes, ...request }: RunRequest,
  saved: Checkpoint["sources"],
) {
  const since = now - request.sinceMs;
  const processes = readProcesses(request.procfs, now);
  const statusFiles = await readStatusFiles(root, request.worktreePatterns, now, saved[statusFilesKey]);
  const past = readPast(join(root, logsFolder, eventLogName), now, saved[eventLogKey]);
  const readings = identified(statusFiles.readings, past.remembered.places, root);
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
    logs: listLauncherLogs(root, since),
  };
  const collected = await Promise.all(
    sources.map(async (source) => {
      const checkpoint = saved[source.id] ?? null;
      return collect(source, { ...context, checkpoint, onBytes });
    }),
  );
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

// Whose a status file is, where it cannot say so itself: as earlier runs recorded it.
function identified(
  readings: readonly StatusReading[],
  places: Remembered["places"],
  root: string,
): readonly StatusReading[] {
  const shown = (worktree: string) => plainPath(relative(root, worktree));
  const recorded = new Map(
    [...places].flatMap(([place, { taskId }]) => (taskId === null ? [] : [[taskId, place]])),
  );
  const worktrees = new Map(readings.map(({ worktree }) => [shown(worktree), worktree]));
  const settled = settleDuplicateIds(
    readings,
    (id) => worktrees.get(recorded.get(plainName(id)) ?? "") ?? null,
  );
  return keepIdentities(settled, (worktree) => places.get(shown(worktree)) ?? null);
}

/** What was gathered, as the join takes it. */
export function foundIn({ readings, delegations, collected, ...gathered }: Gathered, root: string): Found {
  const { worktrees } = gathered.statusFiles;
  return {
    readings,
    delegations,
    streams: collected.flatMap((reading) => reading.streams),
    processes: claimedProcesses(readings, gathered.processes, hostname()),
    resolveWorktree: (written) => findWorktree({ root, worktrees }, written),
  };
}

/** What was read, and how that went. `unattributed`: streams that belong to no task. */
export function describeSources(
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
      reason: plainTextOrNull(reading.reason),
      streams: reading.streams.length,
      new_events: reading.newEvents,
      skipped_lines: reading.skippedLines,
      newest_version: plainTextOrNull(reading.newestVersion, versionLimit),
      notes: [
        ...reading.notes.map((note) => plainText(note)),
        ...(reading.kind === "log" ? unattributedNotes(unattributed) : []),
      ],
    })),
    processes: processes.outcome,
  };
}
