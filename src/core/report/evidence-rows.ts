import { requestedAt } from "../claims/delegation.ts";
import { originOf, type Stream } from "../evidence/stream.ts";
import type { Health } from "../log/health.ts";
import { plural } from "../text/duration.ts";
import { formatTime } from "../text/time.ts";
import type { Assessment } from "../verdict/health.ts";
import { clockAndAge, launchedWords } from "../verdict/phrases.ts";
import { isAtWork, type TaskFacts } from "../verdict/task-facts.ts";
import { findingMessage } from "../verdict/words.ts";
import type { Evidence } from "./report.ts";

/** How many other open sessions of a worktree are named. */
const othersShown = 3;

/** Every source that speaks of the task, the one that decided first. `relativePath` shortens absolute paths. */
export function evidenceOf(
  { facts, verdict }: Assessment,
  relativePath: (path: string) => string,
): Evidence[] {
  const { task, claim, delegation, liveness, now } = facts;
  const rows: Evidence[] = [];
  const add = (row: Omit<Evidence, "at" | "file"> & { at: number | null; file: string | null }) =>
    rows.push({ ...row, at: time(row.at), file: row.file === null ? null : relativePath(row.file) });
  // The process has its own row below, in its own words.
  if (verdict.finding.code !== "process_gone") {
    add({
      source: verdict.origin.source,
      basis: verdict.basis,
      says: findingMessage(verdict.finding, facts),
      at: verdict.origin.at,
      file: verdict.origin.file,
      line: verdict.origin.line,
    });
  }
  if (claim?.reportedStatus != null && verdict.origin.source !== "status.json") {
    add({
      source: "status.json",
      basis: "reported",
      says: claim.reportedStatus,
      at: claim.updatedAt,
      file: task.status?.path ?? null,
      line: null,
    });
  }
  for (const problem of task.status?.problems ?? []) {
    add({
      source: "status.json",
      basis: "reported",
      says: problem.message,
      at: null,
      file: problem.path,
      line: problem.line,
    });
  }
  if (delegation?.request != null) {
    const { request } = delegation;
    add({
      source: "delegation_requests.jsonl",
      basis: "reported",
      says: "requested",
      at: requestedAt(delegation),
      file: request.file,
      line: request.line,
    });
  }
  if (delegation?.result != null) {
    const { result } = delegation;
    add({
      source: "delegation_results.jsonl",
      basis: "reported",
      says: result.status,
      at: result.at,
      file: result.file,
      line: result.line,
    });
  }
  if (liveness !== null)
    add({
      source: "process",
      basis: liveness.state === "unknown" ? "inferred" : "observed",
      says: liveness.says,
      at: now,
      file: null,
      line: null,
    });
  for (const stream of facts.streams) {
    const { lastActivityAt, lastLine } = stream.activity;
    const { source } = originOf(stream, null, null);
    add({
      source,
      basis: "observed",
      says: streamSays(stream, now),
      at: lastActivityAt,
      file: stream.file,
      line: lastLine,
    });
    for (const other of stream.claims)
      add({
        source: other.by,
        basis: "reported",
        says: other.word,
        at: other.at,
        file: other.file,
        line: other.line,
      });
  }
  // Of several sessions in one worktree one counts; another that is still open is not hidden.
  for (const stream of task.attempts.filter(isAtWork).slice(0, othersShown)) {
    const { lastActivityAt, lastLine } = stream.activity;
    add({
      source: originOf(stream, null, null).source,
      basis: "observed",
      says: `another open session here, not counted: ${streamSays(stream, now)}`,
      at: lastActivityAt,
      file: stream.file,
      line: lastLine,
    });
  }
  return dropRepeated(rows);
}

function streamSays({ activity }: Stream, now: number): string {
  if (activity.lastActivityAt === null) return "nothing yet";
  const calls = activity.callCount === 0 ? "" : `, ${plural(activity.callCount, "tool call")}`;
  const ended = activity.ended === null ? "" : `, ended: ${activity.ended.outcome}`;
  return `last activity ${clockAndAge(activity.lastActivityAt, now)}${calls}${ended}`;
}

function dropRepeated(rows: readonly Evidence[]): Evidence[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = JSON.stringify(row);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function time(at: number | null): string | null {
  return at === null ? null : formatTime(at);
}

/** The claims that the verdict does not follow, each as a line that says who still says what. */
export function overruled({ facts, health, verdict }: Assessment): string[] {
  const lines: string[] = [];
  const { claim, terminals, streams } = facts;
  const meant = groupOf(health);
  if (claim?.status != null && meant !== "unknown" && claimGroup(claim.status) !== meant) {
    const says = claimGroup(claim.status) === "open" ? "still says" : "says";
    lines.push(`status.json ${says} "${claim.reportedStatus ?? claim.status}"`);
  }
  for (const { by, outcome } of terminals) {
    // That its own turn is over is why it waits.
    if (by === "transcript" && (turnOverCodes.has(verdict.finding.code) || health === "waiting")) continue;
    // Nor is it a contradiction where what it launched is silent.
    if (by === "transcript" && (launchedWords(facts).length > 0 || facts.activity?.asleep != null)) continue;
    if (outcomeGroup(outcome) === meant || meant === "unknown") continue;
    lines.push(
      by === "result" ? `delegation_results.jsonl says "${outcome}"` : `its transcript ended with ${outcome}`,
    );
  }
  for (const other of streams.flatMap((stream) => stream.claims)) {
    const said = other.says === "open" ? "open" : outcomeGroup(other.says);
    if (meant !== "unknown" && said !== meant) lines.push(`${other.by} was told "${other.word}"`);
  }
  return [...new Set(lines)];
}

const turnOverCodes: ReadonlySet<string> = new Set(["child_running", "asleep", "wakeup_missed"]);

type Group = "open" | "well" | "badly" | "cancelled" | "unknown";

function groupOf(health: Health): Group {
  if (health === "completed") return "well";
  if (health === "failed") return "badly";
  return health === "cancelled" || health === "unknown" ? health : "open";
}

function claimGroup(status: NonNullable<NonNullable<TaskFacts["claim"]>["status"]>): Group {
  if (status === "completed") return "well";
  if (status === "cancelled") return "cancelled";
  return status === "failed" || status === "timeout" ? "badly" : "open";
}

function outcomeGroup(outcome: "success" | "failure" | "timeout" | "cancelled"): Group {
  return outcome === "success" ? "well" : outcome === "cancelled" ? "cancelled" : "badly";
}
