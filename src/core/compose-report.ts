import type { Activity } from "./activity.ts";
import { requestedAt } from "./delegation.ts";
import { formatDuration } from "./duration.ts";
import { checkExitCode, exitCodes } from "./exit-code.ts";
import { type Finding, type Health, healths, severityOf } from "./finding.ts";
import { clockAndAge, findingDetails, findingMessage } from "./finding-words.ts";
import { type Assessment, isEnded } from "./health.ts";
import { type History, look, type TaskHistory } from "./history.ts";
import { problemPlace } from "./problem.ts";
import { type Experience, measureProgress } from "./progress.ts";
import type { Evidence, HealthReport, TaskReport } from "./report.ts";
import type { Stream } from "./stream.ts";
import { type AssessOptions, originOf, type TaskFacts } from "./task-facts.ts";
import { formatClock, formatTime } from "./time.ts";

/** A look from which a bad health is believed (CONTRACT.md, "Event log"). */
export const confirmRuns = 2;

/** What a report is made of besides the verdicts. */
export type ReportContext = {
  readonly version: string;
  readonly run: HealthReport["run"];
  readonly now: number;
  readonly options: AssessOptions;
  readonly history: History;
  readonly experience: ReadonlyMap<string, Experience>;
  readonly collected: HealthReport["collected"];
  readonly problems: HealthReport["problems"];
  /** Absolute path → path relative to the root. */
  readonly relativePath: (path: string) => string;
  readonly isCheck: boolean;
};

/** One verdict with the row it became. */
export type Row = { readonly subject: string; readonly assessment: Assessment; readonly task: TaskReport };

/** Orders the verdicts and writes them as the report: the one place where both are made from the same numbers. */
export function composeReport(
  assessments: readonly Assessment[],
  context: ReportContext,
): { readonly report: HealthReport; readonly rows: readonly Row[] } {
  const rows = assessments.map((assessment) => toRow(assessment, context)).sort(inPrintedOrder);
  const tasks = rows.map(({ task }) => task);
  const counts = Object.fromEntries(
    healths.map((health) => [health, tasks.filter((task) => task.health === health).length]),
  );
  const attention = tasks.filter((task) => task.needs_attention).length;
  const unreadable =
    context.problems.length +
    context.collected.sources.filter(({ outcome }) => outcome === "denied" || outcome === "failed").length;
  const exitCode = context.isCheck
    ? checkExitCode(
        tasks.map(({ health }) => health),
        unreadable,
      )
    : exitCodes.trustworthy;
  const report: HealthReport = {
    schema: "agent-monitor/report",
    schema_version: 1,
    monitor_version: context.version,
    run: context.run,
    verdict: {
      state: worstOf(tasks.map(({ health }) => health)),
      exit_code: exitCode,
      needs_attention: attention,
    },
    summary: { total: tasks.length, ...noTasks, ...counts },
    thresholds: {
      tool_failures_in_a_row: context.options.failures,
      stuck_after_s: seconds(context.options.stuckAfterMs),
      stuck_after_open_tool_s: seconds(2 * context.options.stuckAfterMs),
      confirm_runs: confirmRuns,
    },
    collected: context.collected,
    tasks,
    problems: [...context.problems],
  };
  return { report, rows };
}

const noTasks = {
  failed: 0,
  waiting: 0,
  stuck: 0,
  struggling: 0,
  unknown: 0,
  healthy: 0,
  completed: 0,
  cancelled: 0,
};

function toRow(assessment: Assessment, context: ReportContext): Row {
  const { facts, health, verdict } = assessment;
  const { task, claim, current, activity, delegation } = facts;
  const worktree =
    task.status?.worktree ??
    facts.streams.find(({ identity }) => identity.worktree !== null)?.identity.worktree ??
    null;
  const shownWorktree = worktree === null ? null : context.relativePath(worktree);
  const subject = task.id ?? shownWorktree ?? task.key;
  const progress = measureProgress(facts, context.experience);
  const ended = isEnded(health);
  const endedAt = ended ? endOf(facts, verdict.origin.at, verdict.finding) : null;
  const wasScheduled = context.history.previousTrigger === "cron";
  const history = look(
    context.history.tasks.get(subject) ?? null,
    health,
    verdict.finding.code,
    context.now,
    wasScheduled,
  );
  const waiting = facts.waiting?.waiting ?? null;
  return {
    subject,
    assessment,
    task: {
      id: task.id,
      title: titleOf(facts, shownWorktree),
      worktree: shownWorktree,
      branch: claim?.branch ?? task.status?.branch ?? current?.branch ?? null,
      agent: {
        kind: facts.streams.map(({ agent }) => agent.kind).find((kind) => kind !== "unknown") ?? "unknown",
        name:
          current?.agent.name ??
          claim?.agent ??
          claim?.subagentType ??
          delegation?.request?.subagentType ??
          null,
        session_id: current?.identity.sessionId ?? claim?.sessionId ?? delegation?.sessionId ?? null,
        pid: facts.liveness?.pid ?? claim?.pid ?? null,
      },
      health,
      reason: verdict.finding.code,
      reported_status: claim?.reportedStatus ?? null,
      needs_attention: needsAttention(health),
      message: messageOf(verdict.finding, progress),
      since: time(sinceOf(verdict.finding, facts, endedAt, history)),
      confirmed: ended
        ? health !== "failed" || verdict.basis === "observed" || history.count >= confirmRuns
        : history.count >= confirmRuns,
      flapping: history.isFlapping,
      progress,
      started_at: time(facts.startedAt),
      ended_at: time(endedAt),
      last_activity_at: time(facts.lastActivityAt),
      idle_s: ended || facts.idleMs === null ? null : seconds(facts.idleMs),
      tool_calls: activity?.callCount ?? delegation?.result?.toolsUsed.length ?? null,
      tool_failures_in_a_row: activity?.failures.count ?? null,
      last_tool: activity === null ? null : lastTool(activity),
      last_error: lastError(activity),
      waiting_for:
        health === "waiting" && waiting !== null
          ? { kind: waiting.for, tool: waiting.tool, text: waiting.text, since: time(waiting.at) }
          : null,
      children: childrenOf(facts),
      details: detailsOf(assessment),
      evidence: evidenceOf(assessment, context),
    },
  };
}

function inPrintedOrder(a: Row, b: Row): number {
  return (
    healths.indexOf(a.task.health) - healths.indexOf(b.task.health) ||
    (a.assessment.facts.startedAt ?? 0) - (b.assessment.facts.startedAt ?? 0) ||
    (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0)
  );
}

function needsAttention(health: Health): boolean {
  return severityOf[health] !== "ok";
}

function worstOf(all: readonly Health[]): HealthReport["verdict"]["state"] {
  const severities = new Set(all.map((health) => severityOf[health]));
  return severities.has("critical")
    ? "critical"
    : severities.has("warning")
      ? "warning"
      : severities.has("unknown")
        ? "unknown"
        : "ok";
}

function titleOf({ claim, delegation, streams }: TaskFacts, worktree: string | null): string {
  const folder = worktree?.split("/").at(-1) ?? null;
  const title =
    claim?.title ??
    streams.find((stream) => stream.title !== null)?.title ??
    delegation?.request?.summary ??
    folder;
  return title ?? delegation?.request?.subagentType ?? streams[0]?.agent.name ?? "Task";
}

function messageOf(finding: Finding, progress: TaskReport["progress"]): string {
  const isWorking = finding.code === "recent_activity" || finding.code === "reported_running";
  return isWorking && progress.activity !== null ? progress.activity : findingMessage(finding);
}

function sinceOf(finding: Finding, facts: TaskFacts, endedAt: number | null, history: TaskHistory): number {
  if (endedAt !== null) return endedAt;
  if (finding.code === "no_activity" && facts.lastActivityAt !== null)
    return facts.lastActivityAt + finding.thresholdMs;
  return history.firstSeenAt;
}

function endOf(facts: TaskFacts, recordedAt: number | null, finding: Finding): number | null {
  // Nothing recorded when a process went; what it last wrote is the nearest thing known.
  if (finding.code === "process_gone") return null;
  return facts.claim?.completedAt != null && finding.code.startsWith("reported_")
    ? facts.claim.completedAt
    : recordedAt;
}

function lastTool({ openCalls, lastCall }: Activity): TaskReport["last_tool"] {
  const open = openCalls.at(-1);
  if (open !== undefined) return { name: open.tool, state: "running", at: time(open.startedAt) };
  if (lastCall === null) return null;
  const state = lastCall.outcome === "failed" ? "error" : lastCall.outcome;
  return { name: lastCall.tool, state, at: time(lastCall.endedAt) };
}

function lastError(activity: Activity | null): TaskReport["last_error"] {
  const error = activity?.lastError ?? null;
  return error === null
    ? null
    : { type: errorType(error.message), tool: error.tool, message: error.message, at: time(error.at) };
}

/** The kind of an error from its first words: `old_string not found in src/app.ts` → `old_string_not_found`. */
export function errorType(message: string | null): string | null {
  if (message === null) return null;
  const head = message.split(/[:;,.("']|\s(?:in|at|on|for|of)\s/)[0] ?? "";
  const words =
    head
      .toLowerCase()
      .match(/[a-z][a-z_]*/g)
      ?.slice(0, 5) ?? [];
  return words.length === 0 ? null : words.join("_");
}

function childrenOf({ activity, task }: TaskFacts): TaskReport["children"] {
  const sessions = task.children.map((stream) => ({
    id: stream.identity.taskId ?? stream.identity.sessionId,
    title: stream.title,
    kind: "agent",
    state: stream.activity.ended === null ? ("running" as const) : ("ended" as const),
  }));
  const known = new Set(sessions.map(({ id }) => id));
  const launched = (activity?.children ?? []).filter(({ id }) => !known.has(id));
  return [
    ...sessions,
    ...launched.map(({ id, title, kind, endedAt }) => ({
      id,
      title,
      kind,
      state: endedAt === null ? ("running" as const) : ("ended" as const),
    })),
  ];
}

function detailsOf(assessment: Assessment): string[] {
  const { facts, verdict } = assessment;
  const against = overruled(assessment);
  const found = findingDetails(verdict.finding, facts);
  const doubles = (facts.task.status?.problems ?? []).filter(({ code }) => code === "duplicate_id");
  const notes = [
    ...doubles.map((problem) => `${problemPlace(problem)}: ${problem.message}`),
    ...gapNotes(facts),
    ...facts.streams.flatMap((stream) => stream.notes),
  ];
  // What is claimed and what was seen of a dead process belong in one line.
  if (verdict.finding.code === "process_gone") return [[...against, ...found].join("; "), ...notes];
  return [...new Set([...against, ...found, ...notes])];
}

function gapNotes({ lastActivityAt, options }: TaskFacts): string[] {
  if (lastActivityAt === null) return [];
  const since = (options.gaps ?? []).filter(({ to }) => to > lastActivityAt);
  const asleepMs = since.reduce((sum, { from, to }) => sum + to - from, 0);
  if (asleepMs === 0) return [];
  return [
    `last activity ${formatClock(lastActivityAt)}; the ${formatDuration(asleepMs)} monitoring gap is not counted as idle`,
  ];
}

/** The claims that the verdict does not follow, each as a line that says who still says what. */
function overruled({ facts, health, verdict }: Assessment): string[] {
  const lines: string[] = [];
  const { claim, terminals, streams } = facts;
  const meant = groupOf(health);
  if (claim?.status != null && meant !== "unknown" && claimGroup(claim.status) !== meant) {
    const says = claimGroup(claim.status) === "open" ? "still says" : "says";
    lines.push(`status.json ${says} "${claim.reportedStatus ?? claim.status}"`);
  }
  for (const { by, outcome } of terminals) {
    // That its own turn is over is why it waits.
    if (by === "transcript" && (verdict.finding.code === "child_running" || health === "waiting")) continue;
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

type Group = "open" | "well" | "badly" | "cancelled" | "unknown";

function groupOf(health: Health): Group {
  if (health === "completed") return "well";
  if (health === "failed") return "badly";
  return health === "cancelled" || health === "unknown" ? health : "open";
}

function claimGroup(status: NonNullable<NonNullable<TaskFacts["claim"]>["status"]>): Group {
  if (status === "completed") return "well";
  return status === "failed" || status === "timeout" ? "badly" : "open";
}

function outcomeGroup(outcome: "success" | "failure" | "timeout" | "cancelled"): Group {
  return outcome === "success" ? "well" : outcome === "cancelled" ? "cancelled" : "badly";
}

function evidenceOf({ facts, verdict }: Assessment, context: ReportContext): Evidence[] {
  const { task, claim, delegation, liveness, now } = facts;
  const rows: Evidence[] = [];
  const add = (row: Omit<Evidence, "at" | "file"> & { at: number | null; file: string | null }) =>
    rows.push({ ...row, at: time(row.at), file: row.file === null ? null : context.relativePath(row.file) });
  // The process has its own row below, in its own words.
  if (verdict.finding.code !== "process_gone") {
    add({
      source: verdict.origin.source,
      basis: verdict.basis,
      says: findingMessage(verdict.finding),
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
  return dropRepeated(rows);
}

function streamSays({ activity }: Stream, now: number): string {
  if (activity.lastActivityAt === null) return "nothing yet";
  const calls =
    activity.callCount === 0 ? "" : `, ${activity.callCount} tool call${activity.callCount === 1 ? "" : "s"}`;
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

function seconds(durationMs: number): number {
  return Math.floor(durationMs / 1_000);
}
