import type { RunEvent } from "../log/event.ts";
import { type Health, isEnded } from "../log/health.ts";
import { type History, isTrouble, isWorse, limitName, type Told } from "../log/history.ts";
import type { HealthReport, TaskReport } from "../report/report.ts";
import type { Row } from "../report/task-row.ts";
import { findingDetails } from "../verdict/words.ts";
import { contentId, endIdOf, sourceOf } from "./end-id.ts";

/**
 * One line of `--changed`. `from`: the health that the reader knows; null when the task is new to the reader. `again`:
 * another question, or another end of the same kind.
 */
export type Change = {
  readonly subject: string;
  readonly task: TaskReport;
  readonly from: Health | null;
  readonly kind: "changed" | "again" | "still";
  /** What to act on: the error, the question, the command that asks, the call that repeats. */
  readonly detail: string | null;
};

/**
 * What `--changed` has to say: the changes, with a note on each open task that left with its worktree; or everything where the
 * record was lost, and `why` says what is missing.
 */
export type News =
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly leftOpen: readonly string[] }
  | { readonly kind: "everything"; readonly why: string };

/** Compares with what this reader was told. `lost` says why a record that was there is not; null: it is there, or never was. Pure. */
export function composeNews(
  rows: readonly Row[],
  { run }: Pick<HealthReport, "run">,
  history: History,
  now: number,
  lost: string | null,
  leftOpen: readonly string[] = [],
): News {
  if (lost !== null) return { kind: "everything", why: lost };
  const changes = rows.flatMap((row) => {
    const { subject, task } = row;
    const kind = newsOf(row, whichOf(row, sourceOf(run)), history, now);
    return kind === null
      ? []
      : [{ subject, task, from: knownHealth(subject, history), kind, detail: detailOf(row) }];
  });
  return { kind: "changes", changes, leftOpen };
}

/** What the run event keeps of what was told: subject → `health/flapping/which`. */
export function toldOf(
  news: News,
  rows: readonly Row[],
  { run }: Pick<HealthReport, "run">,
): NonNullable<RunEvent["data"]["told"]> {
  const told = new Set(
    news.kind === "everything"
      ? rows.map(({ subject }) => subject)
      : news.changes.map(({ subject }) => subject),
  );
  return Object.fromEntries(
    rows
      .filter(({ subject }) => told.has(subject))
      .map((row) => {
        const { subject, task } = row;
        const parts = [task.health, task.flapping ? "flapping" : "", whichOf(row, sourceOf(run)) ?? ""];
        return [subject, parts.join("/").replace(/\/+$/, "")];
      }),
  );
}

/** An interactive session at its prompt is news when nobody came back for so long. */
const promptAfterMs = 15 * 60_000;
const hourMs = 3_600_000;

/**
 * What a reader of `--changed` does not know yet and can use: an end once per attempt, a question once, trouble when a
 * second look in a row finds any, a worse one at once; a recovery, but not what a person's answer brought about.
 */
function newsOf(
  { subject, task, assessment, isEndRecorded, history: seen }: Row,
  which: string | null,
  { told: allTold, inTrouble }: History,
  now: number,
): Change["kind"] | null {
  const { health } = task;
  const told = allTold.get(subject) ?? null;
  if (isEnded(health)) {
    if (told?.health !== health) return "changed";
    // Whoever tells a failure records it: without that event nobody was told.
    if (health === "failed" && !isEndRecorded) return "again";
    // That a process is gone is seen at every look anew: what tells one such end from another is when it was recorded.
    const { facts, verdict } = assessment;
    const endedAt = isEndRecorded ? (facts.past.end?.at ?? null) : verdict.origin.at;
    return isTheSame(told, which, endedAt) ? null : "again";
  }
  if (health === "waiting") {
    const { finding } = assessment.verdict;
    if (finding.code === "waiting_prompt" && finding.waitedMs < promptAfterMs) return null;
    if (told?.health !== "waiting") return told === null || told.which !== which ? "changed" : null;
    const askedAt = Date.parse(task.waiting_for?.since ?? "");
    return isTheSame(told, which, askedAt) ? null : "again";
  }
  const isDue = told === null || now - told.at >= hourMs;
  const mayTell = isDue || !(told.isFlapping && task.flapping);
  if (isTrouble(health)) {
    if (told !== null && isTrouble(told.health)) {
      if (isWorse(health, told.health)) return mayTell ? "changed" : null;
      return isReminderDue(told, now) ? "still" : null;
    }
    // An old log that somebody left behind is no news; one that was seen at work is.
    if (task.reason === "log_ends" && !seen.wasWell) return null;
    return inTrouble.has(subject) && mayTell ? "changed" : null;
  }
  if (told === null || told.health === "healthy" || !mayTell) return null;
  // That somebody answered, that person knows; a limit lifts by itself.
  return told.health === "waiting" && told.which !== limitName ? null : "changed";
}

// A look that told everything does not record which end or question: what it told later than this one was this one.
function isTheSame(told: Told, which: string | null, at: number | null): boolean {
  return told.which === null ? told.at >= (at ?? 0) : told.which === which;
}

// 1, 2, 4 and 8 hours after it was told, then daily; what was missed meanwhile is told once.
function isReminderDue({ firstAt, at }: Told, now: number): boolean {
  const steps = [1, 2, 4, 8].filter((hours) => firstAt + hours * hourMs <= now);
  const days = Math.max(0, Math.floor((now - firstAt - 8 * hourMs) / (24 * hourMs)));
  const last = days > 0 ? 8 + 24 * days : (steps.at(-1) ?? 0);
  return last > 0 && at < firstAt + last * hourMs;
}

/** Names the question or the end that a row tells, by what the agent itself calls it. */
function whichOf(row: Row, source: string): string | null {
  const { task, assessment } = row;
  if (isEnded(task.health)) return endIdOf(row, source)?.slice(7) ?? null;
  if (task.health !== "waiting") return null;
  const waiting = assessment.facts.waiting?.waiting;
  if (waiting === undefined)
    return contentId(task.waiting_for?.text ?? "", task.waiting_for?.since ?? "").slice(7);
  // A limit asks anew with every attempt.
  if (waiting.for === "usage_limit") return limitName;
  return contentId(waiting.for, waiting.callId ?? String(waiting.at)).slice(7);
}

// What was told, not what it was: a question that was answered counts as well, and nobody was told that.
function knownHealth(subject: string, { told }: History): Health | null {
  const known = told.get(subject);
  return known === undefined || (known.health === "healthy" && known.which !== null) ? null : known.health;
}

function detailOf({ task, assessment: { verdict, facts } }: Row): string | null {
  // What is claimed and what was seen of a dead process stand in one line.
  const [first] =
    verdict.finding.code === "process_gone" ? task.details : findingDetails(verdict.finding, facts);
  return first ?? null;
}
