import type { Health } from "../log/health.ts";
import type { RecalledChange } from "../log/recalled-event.ts";
import type { End } from "./ends.ts";
import type { Pattern } from "./review.ts";
import type { Spell } from "./spells.ts";

/** From so many distinct tasks on it is a pattern, and a frequent one. */
const fewestTasks = 3;
const frequentTasks = 5;
const examplesShown = 5;

const troubles: ReadonlySet<Health> = new Set(["failed", "stuck", "struggling"]);

/**
 * What went wrong in several tasks: reasons, kinds of errors and tools, counted once a task, from tasks that failed, or
 * whose trouble a second look confirmed. Most tasks first.
 */
export function findPatterns(
  changes: readonly RecalledChange[],
  spells: readonly Spell[],
  ends: readonly End[],
): Pattern[] {
  const confirmed = Map.groupBy(
    spells.filter(({ confirmedAt }) => confirmedAt !== null),
    ({ subject }) => subject,
  );
  const isConfirmed = (subject: string, at: number) =>
    confirmed.get(subject)?.some(({ from, to }) => from <= at && at < (to ?? Number.POSITIVE_INFINITY)) ??
    false;
  const subjects = new Map<string, Set<string>>();
  const add = (kind: Pattern["kind"], value: string | null, subject: string) => {
    if (value === null) return;
    const key = `${kind}\n${value}`;
    subjects.set(key, (subjects.get(key) ?? new Set()).add(subject));
  };
  for (const { subject, time, data } of changes) {
    if (!troubles.has(data.to)) continue;
    if (data.to !== "failed" && !isConfirmed(subject, Date.parse(time))) continue;
    add("reason", data.reason, subject);
    add("error_type", data.error_type, subject);
    for (const tool of data.tools) add("tool", tool, subject);
  }
  for (const { subject, outcome, reason, errorType } of ends) {
    if (outcome !== "failure" && outcome !== "timeout") continue;
    add("reason", reason, subject);
    add("error_type", errorType === reason ? null : errorType, subject);
  }
  return [...subjects]
    .filter(([, tasks]) => tasks.size >= fewestTasks)
    .map(([key, tasks]) => toPattern(key, [...tasks].sort()))
    .sort((a, b) => b.tasks - a.tasks || compare(a.kind, b.kind) || compare(a.value, b.value));
}

function toPattern(key: string, tasks: readonly string[]): Pattern {
  const [kind, value] = key.split("\n");
  return {
    kind: kind === "reason" || kind === "tool" ? kind : "error_type",
    value: value ?? "",
    tasks: tasks.length,
    is_frequent: tasks.length >= frequentTasks,
    examples: tasks.slice(0, examplesShown),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
