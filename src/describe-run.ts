import { hostname } from "node:os";
import { relative } from "node:path";
import type { Stream } from "./core/evidence/stream.ts";
import { type ReportContext, unattributedNotes } from "./core/report/compose-report.ts";
import { learn } from "./core/report/progress.ts";
import type { HealthReport } from "./core/report/report.ts";
import { type Problem, plainProblem } from "./core/text/problem.ts";
import { plainPath, plainText, plainTextOrNull } from "./core/text/safe-text.ts";
import { formatTime } from "./core/text/time.ts";
import { type Gathered, shownPath } from "./gather.ts";
import type { Joined } from "./join.ts";
import type { RunRequest } from "./run.ts";
import { version } from "./version.ts";

const versionLimit = 40;

/** What a report says besides its verdicts: the run, what was read, how that went. `durationMs`: so far. */
export function describeRun(
  request: RunRequest,
  gathered: Gathered,
  { history, pause, unattributed, leftOpen }: Joined,
  { troubles, durationMs }: { readonly troubles: readonly Problem[]; readonly durationMs: number },
): ReportContext {
  const { root, now, reader, trigger, isCheck, cwd } = request;
  const { delegations, statusFiles, claims, collected } = gathered;
  return {
    version,
    now,
    options: request,
    history,
    experience: learn(delegations),
    problems: [
      ...troubles,
      ...statusFiles.problems,
      ...[...claims.readings, ...collected].flatMap(({ problems }) => problems),
    ].map(plainProblem),
    isCheck,
    relativePath: shownPath(root),
    pastedPath: (path) => pathFrom(cwd, path),
    run: {
      id: request.runId,
      at: formatTime(now),
      host: hostname(),
      root: plainPath(root),
      reader,
      trigger,
      duration_ms: Math.round(durationMs),
      ...pause,
    },
    collected: describeSources(gathered, unattributed, leftOpen),
  };
}

function pathFrom(cwd: string | null, path: string): string {
  const inside = cwd === null ? path : relative(cwd, path) || ".";
  return plainPath(inside.startsWith("..") ? path : inside);
}

function describeSources(
  { processes, statusFiles, claims: { readings, ended }, collected }: Gathered,
  unattributed: readonly Stream[],
  leftOpen: readonly string[],
): HealthReport["collected"] {
  return {
    worktrees: statusFiles.worktrees.length,
    status_files: {
      pattern: plainPath(statusFiles.patterns.join(" ")),
      found: readings.length + ended.length,
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
        ...(reading.kind === "files" ? leftOpen : []),
      ],
    })),
    processes: processes.outcome,
  };
}
