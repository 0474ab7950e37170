import { z } from "zod";
import { plainNameOrNull, plainText, plainTextOrNull } from "./plain-text.ts";
import type { Problem } from "./problem.ts";
import { clockToleranceMs, statusWords, type TaskStatus } from "./task-status.ts";
import { parseTime } from "./time.ts";

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
