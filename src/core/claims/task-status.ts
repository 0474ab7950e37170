import { formatDuration } from "../text/duration.ts";
import { recordOf } from "../text/fields.ts";
import type { Problem } from "../text/problem.ts";
import { plainTextOrNull } from "../text/safe-text.ts";
import { clockToleranceMs, formatTime, latest, type TimeRead } from "../text/time.ts";
import { type ClaimedProgress, readProgress } from "./claimed-progress.ts";
import { describe, numberOf, StatusFields, textOf } from "./status-fields.ts";
import {
  meantStatus,
  needsReason,
  type StatusWord,
  saysEnded,
  saysQueued,
  statusWords,
} from "./status-word.ts";

/** What one worktree's `status.json` claims. Times in epoch milliseconds; null = the file does not say. */
export type TaskStatus = {
  readonly status: StatusWord | null;
  /** The word as it stands there, also when nobody knows what it means. */
  readonly reportedStatus: string | null;
  /** It waits for its turn, by its own word. */
  readonly isQueued: boolean;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  /** How its times were read where they stand there without a zone. */
  readonly zone: TimeRead["zone"];
  /** How far ahead of this clock its newest time is, where that is more than clocks differ; milliseconds. */
  readonly aheadMs: number | null;
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  readonly title: string | null;
  readonly agent: string | null;
  readonly subagentType: string | null;
  readonly category: string | null;
  readonly branch: string | null;
  readonly pid: number | null;
  readonly host: string | null;
  readonly exitCode: number | null;
  readonly error: string | null;
  readonly steps: ClaimedProgress["steps"];
  /** Per cent; null where it gives steps, or nothing. */
  readonly percent: number | null;
  readonly step: string | null;
};

/** One `status.json` that is there, readable or not. `path` is relative to the root, `worktree` absolute. */
export type StatusReading = {
  readonly path: string;
  readonly worktree: string;
  readonly branch: string | null;
  /** When the file was written by the disk's clock; null where that is not known, or later than this look. Epoch milliseconds. */
  readonly writtenAt: number | null;
  readonly status: TaskStatus | null;
  /** Whose it was at the last look, where it cannot be read for a moment. */
  readonly lastKnown?: {
    readonly taskId: string | null;
    readonly title: string;
    readonly sessionId: string | null;
  };
  readonly problems: readonly Problem[];
};

/** What names a status file's work where nothing has an id: its worktree, or the file itself when it has a name of its own. */
export function placeOf({ path, worktree }: StatusReading): string {
  return /(^|\/)status\.json$/.test(path) ? worktree : path;
}

/** The earliest time that a file of ours can speak of; before it a clock was not set, or the unit is wrong. */
const earliestAt = Date.UTC(2015, 0, 1);
/** A clock that is set wrong, or a zone that was not told, is ahead by less; beyond it the time is no time. */
const farthestAheadMs = 86_400_000;

/** When a look is (`now`), and when the file was written by the disk's clock, if that is known. Epoch milliseconds. */
export type ReadAt = { readonly now: number; readonly writtenAt: number | null };

/**
 * Reads the parsed content of a `status.json` (keys in camelCase or snake_case). What other launchers write is taken as
 * meant; a key that makes no sense is a problem that names it, and the rest is still used. `path` names the file in problems.
 */
export function parseTaskStatus(
  value: unknown,
  path: string,
  readAt: ReadAt,
): { readonly status: TaskStatus | null; readonly problems: readonly Problem[] } {
  const record = recordOf(value);
  const fields = new StatusFields(record ?? {}, path);
  if (record === null) {
    fields.report("wrong_type", `must be an object, got ${describe(value)}`);
    return { status: null, problems: fields.problems };
  }
  const word = readWord(fields);
  const times = new ClaimedTimes(fields, readAt);
  const step = fields.read(stepNames, stepOf, "text");
  const { steps, percent, step: listed } = readProgress(fields, step);
  const [createdAt, updatedAt, startedAt, completedAt] = times.ofOneClock([
    times.first("timestamp", "created_at"),
    latest([
      times.first("updated_at", "last_updated", "last_update"),
      times.first("last_heartbeat", "heartbeat_at", "last_activity"),
    ]),
    times.first("started_at", "start_time", "session_started"),
    times.first("completed_at", "finished_at", "ended_at", "end_time", "stopped_at"),
  ]);
  const status: TaskStatus = {
    ...word,
    createdAt: createdAt ?? null,
    updatedAt: updatedAt ?? null,
    startedAt: startedAt ?? null,
    completedAt: completedAt ?? null,
    zone: times.zone,
    aheadMs: times.aheadMs,
    taskId: fields.name("task_id", "id"),
    requestId: fields.name("request_id"),
    sessionId: fields.name("session_id"),
    title: plainTextOrNull(
      fields.text("title", "name", "task", "description")?.trim().split("\n")[0] ?? null,
    ),
    agent: plainTextOrNull(fields.text("agent"), 60),
    subagentType: plainTextOrNull(fields.text("subagent_type"), 60),
    category: plainTextOrNull(fields.text("category"), 60),
    branch: fields.name("branch"),
    pid: fields.read(["pid"], pidOf, "a number"),
    host: plainTextOrNull(fields.text("host", "hostname")),
    exitCode: fields.read(["exit_code"], wholeNumberOf, "a whole number"),
    error: plainTextOrNull(
      fields.text("error_message", "error", ...(needsReason(word.status) ? reasonNames : [])),
    ),
    steps,
    percent,
    step: plainTextOrNull(step ?? listed),
  };
  return { status, problems: fields.problems };
}

// What the status is of others (loom, stackai, claude-multi-agent, as of 2026).
const otherWordNames = ["state", "phase"];
const flagNames = ["waiting_for_input", "needs_input"];
const stepNames = ["current_step", "step", "activity", "current_activity", "current_task", "phase"];
/** Where others say why it failed, or what it needs. */
const reasonNames = ["reason", "message", "details"];

type Word = Pick<TaskStatus, "status" | "reportedStatus" | "isQueued">;

function readWord(fields: StatusFields): Word {
  const expected = `one of ${statusWords.join(", ")}`;
  const before = fields.problems.length;
  const said =
    fields.read(["status"], wordOf, expected) ?? fields.read(otherWordNames, knownWordOf, expected);
  const isRunning = said !== null && meantStatus(said) === "running";
  const written = (isRunning ? fields.read(flagNames, setFlag, expected) : null) ?? said;
  const status = written === null ? null : meantStatus(written);
  if (status === null && fields.problems.length === before)
    fields.report(
      written === null ? "wrong_type" : "unknown_status",
      `status must be ${expected}, got ${describe(written ?? undefined)}`,
    );
  return {
    status,
    reportedStatus: plainTextOrNull(written, 40),
    isQueued: written !== null && saysQueued(written),
  };
}

function wordOf(value: unknown): string | null | undefined {
  const word = recordOf(value)?.state ?? value;
  return typeof word === "string" ? textOf(word) : undefined;
}

function knownWordOf(value: unknown): string | null {
  return typeof value === "string" && meantStatus(value) !== null ? value : null;
}

function setFlag(value: unknown, key: string): string | null {
  return value === true ? key : null;
}

/** The times of one file: how they had to be read is said once for all of them. */
class ClaimedTimes {
  zone: TimeRead["zone"] = null;
  aheadMs: number | null = null;

  constructor(
    private readonly fields: StatusFields,
    private readonly read: ReadAt,
  ) {}

  /** The first of `names`, as it stands there. */
  first(...names: string[]): number | null {
    const { now, writtenAt } = this.read;
    return this.fields.time(names, writtenAt ?? now, ({ at, zone }, key) => {
      const aheadMs = at - now;
      if (at < earliestAt) {
        this.fields.report("implausible_time", `${key} is long past: ${formatTime(at)}`);
        return null;
      }
      this.zone ??= zone;
      if (aheadMs <= clockToleranceMs) return at;
      this.aheadMs = Math.max(this.aheadMs ?? 0, aheadMs);
      this.fields.report(
        "implausible_time",
        `${key} is dated ${formatDuration(aheadMs)} ahead of this clock`,
      );
      return aheadMs > farthestAheadMs ? null : at;
    });
  }

  /**
   * The times put back by as much as the last of them is later than the file's writing: one clock wrote them all. Where
   * nothing tells when that was, those ahead of this clock are none.
   */
  ofOneClock(times: readonly (number | null)[]): readonly (number | null)[] {
    const { now, writtenAt } = this.read;
    const limit = now + clockToleranceMs;
    if (writtenAt === null) return times.map((at) => (at === null || at > limit ? null : at));
    const aheadMs = (latest(times) ?? writtenAt) - writtenAt;
    return aheadMs <= clockToleranceMs ? times : times.map((at) => (at === null ? null : at - aheadMs));
  }
}

function pidOf(value: unknown): number | null | undefined {
  const pid = wholeNumberOf(value);
  return pid == null || pid > 0 ? pid : undefined;
}

function wholeNumberOf(value: unknown): number | null | undefined {
  const number = numberOf(value);
  if (number === undefined) return textOf(value) === null ? null : undefined;
  return Number.isInteger(number) ? number : undefined;
}

// A number says which one, a status word how it goes, not what it does.
function stepOf(value: unknown): string | null | undefined {
  return typeof value === "number" || knownWordOf(value) !== null ? null : textOf(value);
}

/** Whether a status file says for sure that its work ended before `at` (epoch milliseconds). */
export function saysEndedBefore({ status: claim, problems }: StatusReading, at: number): boolean {
  const isSure = problems.every(({ code }) => code === "wrong_type");
  if (claim?.updatedAt == null || !isSure || !saysEnded(claim.status)) return false;
  return [claim.createdAt, claim.startedAt, claim.updatedAt, claim.completedAt].every(
    (saidAt) => saidAt === null || saidAt < at,
  );
}
