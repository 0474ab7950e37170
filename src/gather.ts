import { hostname } from "node:os";
import { join, relative } from "node:path";
import { keepIdentities, settleDuplicateIds } from "./core/claims/duplicate-ids.ts";
import { claimedNames, findClaimedSessions } from "./core/claims/names.ts";
import type { StatusReading } from "./core/claims/task-status.ts";
import type { Found } from "./core/join/task.ts";
import type { Remembered } from "./core/log/remembered.ts";
import type { Checkpoint } from "./core/record/checkpoint.ts";
import { findEndedWorktrees } from "./core/report/retention.ts";
import { plainName, plainPath } from "./core/text/safe-text.ts";
import { readPast } from "./io/event-history.ts";
import { claimedProcesses } from "./io/processes/claimed-processes.ts";
import { readProcesses } from "./io/processes/read-processes.ts";
import { readStatusFiles } from "./io/status-files.ts";
import type { RunRequest } from "./run.ts";
import { eventLogName, findWorktree, logsFolder, rotatedParts } from "./sources/agent-logs/paths.ts";
import { sources } from "./sources/index.ts";
import { listLauncherLogs } from "./sources/launcher-log.ts";
import { collect } from "./sources/source.ts";

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
  const past = readPast(join(root, logsFolder, eventLogName), now, saved[eventLogKey], () =>
    rotatedParts(join(root, logsFolder), eventLogName),
  );
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
  const shown = shownPath(root);
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

/** A path as people see it, absolute or from the root, from the root. The same ones come again and again. */
export function shownPath(root: string): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const shown = plainPath(path.startsWith("/") ? relative(root, path) || "." : path);
    known.set(path, shown);
    return shown;
  };
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
