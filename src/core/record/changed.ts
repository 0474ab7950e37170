import type { RunEvent } from "../log/event.ts";
import { type Health, isEnded } from "../log/health.ts";
import { type History, look, type TaskHistory } from "../log/history.ts";
import type { TaskReport } from "../report/report.ts";
import type { Row } from "../report/task-row.ts";
import { stillEveryMs } from "./compose-events.ts";

/** One line of `--changed`. `from`: the health that the reader knows; null when the task is new to the reader. */
export type Change = {
  readonly subject: string;
  readonly task: TaskReport;
  readonly from: Health | null;
  readonly kind: "changed" | "asks_again" | "still";
};

type ToldRow = Pick<Row, "subject" | "task">;

/** What `--changed` has to say: the changes, or everything where the record was lost; `why` says what is missing. */
export type News =
  | { readonly kind: "changes"; readonly changes: readonly Change[] }
  | { readonly kind: "everything"; readonly why: string };

/** Compares with the last recorded run; before the first one nothing was known. `lost` says why a record that was there is not. Pure. */
export function composeNews(
  rows: readonly ToldRow[],
  history: History,
  now: number,
  lost: string | null,
): News {
  return history.previousRunAt === null && lost !== null
    ? { kind: "everything", why: lost }
    : { kind: "changes", changes: findChanges(rows, history, now) };
}

/** What the run event keeps of what was told: subject → `health`, or `health/flapping`. */
export function toldOf(news: News, rows: readonly ToldRow[]): NonNullable<RunEvent["data"]["told"]> {
  const told = news.kind === "everything" ? rows : news.changes;
  return Object.fromEntries(
    told.map(({ subject, task }) => [subject, task.flapping ? `${task.health}/flapping` : task.health]),
  );
}

/**
 * What a reader of `--changed` does not know yet. Waiting, failed, recovered and ended at once; stuck, struggling and
 * unknown when a second look confirms them; a flapping task and a bad health that lasts once an hour. Pure.
 */
function findChanges(rows: readonly ToldRow[], history: History, now: number): Change[] {
  return rows.flatMap(({ subject, task }) => {
    const before = history.tasks.get(subject) ?? null;
    const kind = newsOf(task, before, now);
    return kind === null ? [] : [{ subject, task, from: knownHealth(task, before, now), kind }];
  });
}

function newsOf(task: TaskReport, before: TaskHistory | null, now: number): Change["kind"] | null {
  const { health } = task;
  const told = before?.told ?? null;
  if (!isUrgent(health) && health !== "healthy" && !task.confirmed) return null;
  // That a task began is no news.
  if (told === null) return health === "healthy" ? null : "changed";
  const isDue = now - told.at >= stillEveryMs;
  if (told.health !== health)
    return told.isFlapping && task.flapping && !isUrgent(health) && !isDue ? null : "changed";
  if (hasAskedSince(task, told.at)) return "asks_again";
  return isDue && task.needs_attention && !isEnded(health) ? "still" : null;
}

function isUrgent(health: Health): boolean {
  return health === "waiting" || isEnded(health);
}

// Answered and asking again between two looks. A usage limit asks anew with every attempt.
function hasAskedSince({ waiting_for }: TaskReport, toldAt: number): boolean {
  return (
    waiting_for?.since != null && waiting_for.kind !== "usage_limit" && Date.parse(waiting_for.since) > toldAt
  );
}

function knownHealth(task: TaskReport, before: TaskHistory | null, now: number): Health | null {
  return before?.told?.health ?? look(before, task.health, task.reason, now).cameFrom;
}
