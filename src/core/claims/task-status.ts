import { z } from "zod";
import type { Problem } from "../text/problem.ts";
import { plainNameOrNull, plainText, plainTextOrNull } from "../text/safe-text.ts";
import { parseTime } from "../text/time.ts";

export const statusWords = ["created", "running", "completed", "failed", "timeout"] as const;
export type StatusWord = (typeof statusWords)[number];

/** Whether a status word says that nothing more is to come. */
export function saysEnded(word: StatusWord | null): word is "completed" | "failed" | "timeout" {
  return word === "completed" || word === "failed" || word === "timeout";
}

/** What one worktree's `status.json` claims. Times in epoch milliseconds; null = the file does not say. */
export type TaskStatus = {
  readonly status: StatusWord | null;
  /** The word as it stands there, also when it is none of `statusWords`. */
  readonly reportedStatus: string | null;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
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
  readonly steps: { readonly done: number; readonly total: number } | null;
  readonly step: string | null;
};

/** One `status.json` that is there, readable or not. `path` is relative to the root, `worktree` absolute. */
export type StatusReading = {
  readonly path: string;
  readonly worktree: string;
  readonly branch: string | null;
  readonly status: TaskStatus | null;
  readonly problems: readonly Problem[];
};

/** Clocks of two machines differ by less than this (signals.md, 4: tomcounsell/ai tolerates 60 s). */
export const clockToleranceMs = 60_000;

/** What names a status file's work where nothing has an id: its worktree, or the file itself when it has a name of its own. */
export function placeOf({ path, worktree }: StatusReading): string {
  return /(^|\/)status\.json$/.test(path) ? worktree : path;
}

/** The earliest time that a file of ours can speak of; before it a clock was not set, or the unit is wrong. */
const earliestAt = Date.UTC(2015, 0, 1);
const Word = z.enum(statusWords);
const Text = z.string();
const Count = z.number().nonnegative();
const Pid = z.number().int().positive();
const ExitCode = z.number().int();
const Steps = z.object({ done: Count, total: Count });
const StepsText = z.string().regex(/^\s*\d+\s*\/\s*\d+\s*$/);

/**
 * Reads the parsed content of a `status.json` (keys in camelCase or snake_case). A known key of the wrong type is a
 * problem that names it; the rest is still used. `path` names the file in problems; `now` in epoch milliseconds.
 */
export function parseTaskStatus(
  value: unknown,
  path: string,
  now: number,
): { readonly status: TaskStatus | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = (code: Problem["code"], message: string) =>
    problems.push({ code, path, line: null, column: null, message });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report("wrong_type", `must be an object, got ${describe(value)}`);
    return { status: null, problems };
  }
  // null says nothing, also where the other spelling of the same key says something.
  const fields = new Map<string, { readonly key: string; readonly value: unknown }>();
  for (const [key, field] of Object.entries(value))
    if (field !== null) fields.set(snakeCase(key), { key, value: field });

  const read = <T>(names: readonly string[], schema: z.ZodType<T>, expected: string): T | null => {
    for (const name of names) {
      const field = fields.get(name);
      if (field === undefined) continue;
      const parsed = schema.safeParse(field.value);
      if (parsed.success) return parsed.data;
      report("wrong_type", `${field.key} must be ${expected}, got ${describe(field.value)}`);
    }
    return null;
  };
  const text = (...names: string[]) => {
    for (const name of names) {
      const found = read([name], Text, "a string");
      if (found !== null && found.trim() !== "") return found;
    }
    return null;
  };
  const time = (...names: string[]) => {
    for (const name of names) {
      const field = fields.get(name);
      if (field === undefined) continue;
      const at = parseTime(field.value);
      if (at === null) {
        report(
          "wrong_type",
          `${field.key} must be an RFC 3339 time or an epoch number, got ${describe(field.value)}`,
        );
      } else if (at < earliestAt || at > now + clockToleranceMs) {
        const what = at < earliestAt ? "long past" : "in the future";
        report("implausible_time", `${field.key} is ${what}: ${new Date(at).toISOString()}`);
      } else return at;
    }
    return null;
  };

  const reportedStatus = text("status");
  const word = Word.safeParse(reportedStatus?.toLowerCase());
  if (reportedStatus !== null && !word.success) {
    report(
      "unknown_status",
      `status must be one of ${statusWords.join(", ")}, got ${describe(reportedStatus)}`,
    );
  } else if (reportedStatus === null && !problems.some((problem) => problem.message.startsWith("status "))) {
    report("wrong_type", `status must be one of ${statusWords.join(", ")}, got nothing`);
  }
  const title = text("title", "name", "task", "description");
  const status: TaskStatus = {
    status: word.success ? word.data : null,
    reportedStatus: plainTextOrNull(reportedStatus, 40),
    createdAt: time("timestamp", "created_at"),
    updatedAt: time("updated_at"),
    startedAt: time("started_at"),
    completedAt: time("completed_at"),
    taskId: plainNameOrNull(text("task_id", "id")),
    requestId: plainNameOrNull(text("request_id")),
    sessionId: plainNameOrNull(text("session_id")),
    title: plainTextOrNull(title?.trim().split("\n")[0] ?? null),
    agent: plainTextOrNull(text("agent"), 60),
    subagentType: plainTextOrNull(text("subagent_type"), 60),
    category: plainTextOrNull(text("category"), 60),
    branch: plainNameOrNull(text("branch")),
    pid: read(["pid"], Pid, "a process id"),
    host: plainTextOrNull(text("host")),
    exitCode: read(["exit_code"], ExitCode, "a whole number"),
    error: plainTextOrNull(text("error_message", "error")),
    steps: readSteps(fields, report),
    step: plainTextOrNull(text("current_step", "step", "activity")),
  };
  return { status, problems };
}

type Fields = ReadonlyMap<string, { readonly key: string; readonly value: unknown }>;

function readSteps(
  fields: Fields,
  report: (code: Problem["code"], message: string) => void,
): TaskStatus["steps"] {
  for (const name of ["steps", "progress"]) {
    const field = fields.get(name);
    if (field === undefined) continue;
    if (StepsText.safeParse(field.value).success) {
      const [done, total] = String(field.value).split("/").map(Number);
      return plausibleSteps({ done: done ?? 0, total: total ?? 0 });
    }
    if (typeof field.value !== "object" || Array.isArray(field.value)) {
      report(
        "wrong_type",
        `${field.key} must be {"done": 2, "total": 5} or "2/5", got ${describe(field.value)}`,
      );
      continue;
    }
    const given: Record<string, unknown> = { ...field.value };
    const doneKey = ["done", "completed", "current"].find((key) => given[key] !== undefined) ?? "done";
    // Some writers give the keys before there is a plan.
    if (given.total === null && given[doneKey] == null) continue;
    const steps = Steps.safeParse({ done: given[doneKey], total: given.total });
    if (steps.success) return plausibleSteps(steps.data);
    const wrong = steps.error.issues[0]?.path[0] === "total" ? "total" : doneKey;
    report("wrong_type", `${field.key}.${wrong} must be a number, got ${describe(given[wrong])}`);
  }
  return null;
}

function plausibleSteps(steps: { done: number; total: number }): TaskStatus["steps"] {
  const total = Math.floor(steps.total);
  return total === 0 ? null : { done: Math.min(Math.floor(steps.done), total), total };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
}

/** A wrong value as an error message shows it: short, quoted where it is text. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return `"${plainText(value, 40)}"`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/**
 * Of status files that claim one task id only the one created last keeps it: evidence by that id is its. The others stay,
 * known by their worktrees, and say so.
 */
export function settleDuplicateIds(readings: readonly StatusReading[]): readonly StatusReading[] {
  const owners = new Map<string, StatusReading>();
  for (const reading of readings) {
    const id = reading.status?.taskId ?? null;
    if (id === null) continue;
    const owner = owners.get(id);
    if (owner === undefined || createdAt(reading) > createdAt(owner)) owners.set(id, reading);
  }
  return readings.map((reading) => {
    const { status, path } = reading;
    const owner = status?.taskId == null ? undefined : owners.get(status.taskId);
    if (status === null || owner === undefined || owner === reading) return reading;
    const message = `taskId ${status.taskId} is that of ${owner.path} too; expected an id of its own`;
    const problem = { code: "duplicate_id" as const, path, line: null, column: null, message };
    return { ...reading, status: { ...status, taskId: null }, problems: [...reading.problems, problem] };
  });
}

function createdAt({ status }: StatusReading): number {
  return status?.createdAt ?? status?.startedAt ?? 0;
}

/** Whether a status file says, without any trouble, that its work ended before `at` (epoch milliseconds). */
export function saysEndedBefore({ status: claim, problems }: StatusReading, at: number): boolean {
  if (claim?.updatedAt == null || problems.length > 0 || !saysEnded(claim.status)) return false;
  return [claim.createdAt, claim.startedAt, claim.updatedAt, claim.completedAt].every(
    (saidAt) => saidAt === null || saidAt < at,
  );
}
