import { hostname } from "node:os";
import { join, relative, resolve } from "node:path";
import { keepIdentities, settleDuplicateIds } from "./core/claims/duplicate-ids.ts";
import { claimedNames, type EndedClaim, findClaimedSessions } from "./core/claims/names.ts";
import type { StatusReading } from "./core/claims/task-status.ts";
import { openRecords, reachedBy } from "./core/join/drop-ended.ts";
import type { Remembered } from "./core/log/remembered.ts";
import type { Checkpoint } from "./core/record/checkpoint.ts";
import { findEndedWorktrees } from "./core/report/retention.ts";
import { plainName, plainPath } from "./core/text/safe-text.ts";
import { readPast } from "./io/event-history.ts";
import { statsOf } from "./io/open-file.ts";
import { claimedProcesses } from "./io/processes/claimed-processes.ts";
import { readProcesses } from "./io/processes/read-processes.ts";
import { readStatusFiles, type StatusFiles } from "./io/status-files.ts";
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
  const statusFiles = await readStatusFiles(
    root,
    request.worktreePatterns,
    now,
    saved[statusFilesKey],
    since,
  );
  const past = readPast(join(root, logsFolder, eventLogName), now, saved[eventLogKey], () =>
    rotatedParts(join(root, logsFolder), eventLogName),
  );
  const claims = new Claims(statusFiles, (readings) => identified(readings, past.remembered.places, root));
  while (await claims.bring(reachedBy(claimedNames(claims.readings), claims.ended)));
  const logs = listLauncherLogs(root, since);
  const read = async () => {
    const { readings, ended } = claims;
    const context = {
      root,
      worktrees: statusFiles.worktrees,
      claimedSessions: findClaimedSessions(readings, ended),
      claimedNames: claimedNames(readings),
      endedWorktrees: findEndedWorktrees(readings, since, ended),
      env,
      now,
      since,
      processes,
      logs,
    };
    const collected = await Promise.all(
      sources.map(async (source) => {
        const checkpoint = saved[source.id] ?? null;
        return collect(source, { ...context, checkpoint, onBytes });
      }),
    );
    const found = {
      readings,
      delegations: collected.flatMap((reading) => reading.delegations),
      streams: collected.flatMap((reading) => reading.streams),
      processes: claimedProcesses(readings, processes, hostname()),
      resolveWorktree: (written: string) => findWorktree({ root, worktrees: statusFiles.worktrees }, written),
    };
    return { collected, found, opened: openRecords(found, since, ended) };
  };
  let { collected, found, opened } = await read();
  // What a claim names that was put away is asked for in the logs, too.
  while (await claims.bring(opened.reached)) ({ collected, found, opened } = await read());
  return {
    /** Whether anything stands at a path from the root. */
    isThere: (path: string) => statsOf(resolve(root, path)) !== null,
    processes,
    statusFiles,
    claims,
    collected,
    delegations: found.delegations,
    opened,
    past,
    kept: {
      [statusFilesKey]: statusFiles.kept(opened.settled),
      [eventLogKey]: past.kept,
      ...Object.fromEntries(collected.map(({ id, checkpoint }) => [id, checkpoint])),
    },
  };
}

/** The status files: those that were read, and those that were put away as long as nothing names what they name. */
class Claims {
  readings: readonly StatusReading[];
  ended: readonly EndedClaim[];
  private read: readonly StatusReading[];

  constructor(
    private readonly files: StatusFiles,
    private readonly identify: (readings: readonly StatusReading[]) => readonly StatusReading[],
  ) {
    this.read = files.readings;
    this.ended = files.ended;
    this.readings = identify(this.read);
  }

  /** Reads some that were put away; whether there were any. */
  async bring(reached: readonly EndedClaim[]): Promise<boolean> {
    if (reached.length === 0) return false;
    const brought = new Set(reached);
    this.ended = this.ended.filter((claim) => !brought.has(claim));
    const read = [...this.read, ...(await this.files.bring(reached))];
    this.read = read.sort((a, b) => (a.path < b.path ? -1 : 1));
    this.readings = this.identify(this.read);
    return true;
  }
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
