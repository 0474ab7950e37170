import { placeOf } from "../claims/task-status.ts";
import type { Activity, Waiting } from "../evidence/activity.ts";
import { nameOfWork } from "../evidence/stream.ts";
import { subjectOf } from "../join/subject.ts";
import { type Health, isEnded, severityOf } from "../log/health.ts";
import { begunAnew, type History, look, type TaskHistory } from "../log/history.ts";
import { errorType } from "../text/error-type.ts";
import { formatTime } from "../text/time.ts";
import { isSameEnd } from "../verdict/end-on-record.ts";
import type { Finding } from "../verdict/finding.ts";
import type { Assessment } from "../verdict/health.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";
import { findingMessage } from "../verdict/words.ts";
import { detailsOf } from "./details.ts";
import { evidenceOf } from "./evidence-rows.ts";
import { nextCommand } from "./next-command.ts";
import { type Experience, measureProgress } from "./progress.ts";
import type { TaskReport } from "./report.ts";
import { fullContext, tokensOf } from "./tokens.ts";

/** From its second look on in a row a bad health is believed (`confirmed`, `hard`). */
export const confirmRuns = 2;

/** What a row is made of besides its verdict. */
export type RowContext = {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly history: History;
  readonly experience: ReadonlyMap<string, Experience>;
  /** Absolute path → path relative to the root. */
  readonly relativePath: (path: string) => string;
  /** Absolute path → path for a command that a person pastes. */
  readonly pastedPath: (path: string) => string;
};

/** One verdict with the row it became. */
export type Row = {
  readonly subject: string;
  readonly assessment: Assessment;
  /** It ended, and that is on record already. */
  readonly isEndRecorded: boolean;
  /** The task's history with this look in it. */
  readonly history: TaskHistory;
  readonly task: TaskReport;
};

/** The row of one verdict. */
export function toRow(assessment: Assessment, context: RowContext): Row {
  const { facts, health, verdict } = assessment;
  const { task, claim, current, activity, delegation } = facts;
  const worktree =
    task.status?.worktree ??
    facts.streams.find(({ identity }) => identity.worktree !== null)?.identity.worktree ??
    null;
  const shownWorktree = worktree === null ? null : context.relativePath(worktree);
  const shownPlace = task.status === null ? shownWorktree : context.relativePath(placeOf(task.status));
  const subject = subjectOf(task, context.relativePath);
  const progress = measureProgress(facts, context.experience);
  const ended = isEnded(health);
  const endedAt = ended ? endOf(facts, verdict.origin.at, verdict.finding) : null;
  const isEndRecorded = ended && isSameEnd(task, health, verdict.origin.at, facts.past.end);
  const before = context.history.tasks.get(subject) ?? null;
  const isAnotherEnd = ended && !isEndRecorded && before !== null && isEnded(before.health);
  const history = look(
    isAnotherEnd ? begunAnew(before) : before,
    health,
    verdict.finding.code,
    context.now,
    context.history.intervalMs,
  );
  const waiting = facts.waiting?.waiting ?? null;
  const tokens = tokensOf(facts);
  const full = fullContext(tokens);
  return {
    subject,
    assessment,
    isEndRecorded,
    history,
    task: {
      id: task.id,
      title: titleOf(facts, shownPlace),
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
      message: messageOf(verdict.finding, facts, progress),
      since: time(sinceOf(verdict.finding, facts, endedAt, history)),
      confirmed: ended
        ? health !== "failed" || verdict.basis === "observed" || history.inRow >= confirmRuns
        : history.inRow >= confirmRuns,
      flapping: history.isFlapping,
      progress,
      started_at: time(isOnRecord(verdict.finding) ? (facts.past.end?.startedAt ?? null) : facts.startedAt),
      ended_at: time(endedAt),
      last_activity_at: time(facts.lastActivityAt),
      idle_s: ended || facts.idleMs === null ? null : seconds(facts.idleMs),
      tokens:
        tokens === null
          ? null
          : { input: tokens.input, output: tokens.output, context: tokens.context, window: tokens.window },
      cost_usd: tokens?.costUsd ?? null,
      commits_ahead: null,
      diff: null,
      tool_calls: callsOf(facts) ?? delegation?.result?.toolsUsed.length ?? null,
      tool_failures_in_a_row: activity?.failures.count ?? null,
      next_command: nextCommand(facts, health, context.pastedPath),
      last_tool: activity === null ? null : lastTool(activity, facts.openCall !== null),
      last_error: lastError(activity),
      waiting_for: health === "waiting" ? waitingFor(verdict.finding, waiting, context.now) : null,
      children: childrenOf(facts),
      details: [...detailsOf(assessment), ...(full === null ? [] : [full])],
      evidence: evidenceOf(assessment, context.relativePath),
    },
  };
}

/** The calls of this attempt: one log or session may hold those of earlier ones. */
function callsOf({ activity, earlier }: TaskFacts): number | null {
  if (activity === null) return null;
  const before = earlier?.toolCalls ?? 0;
  return activity.callCount >= before ? activity.callCount - before : activity.callCount;
}

function needsAttention(health: Health): boolean {
  return severityOf[health] !== "ok";
}

// Its own session's name, else what it was asked first; never that of a sub-agent.
function titleOf(
  { claim, delegation, streams, task, past, isAgain }: TaskFacts,
  place: string | null,
): string {
  const own = streams.filter((stream) => !task.children.includes(stream));
  const recorded = past.end === null || isAgain || past.end.title === "" ? null : past.end.title;
  return (
    claim?.title ??
    (claim === null ? task.status?.lastKnown?.title : null) ??
    recorded ??
    own.find(({ title }) => title !== null)?.title ??
    delegation?.request?.summary ??
    own.map(nameOfWork).find((name) => name !== null) ??
    place?.split("/").at(-1) ??
    delegation?.request?.subagentType ??
    own[0]?.agent.name ??
    "Task"
  );
}

function messageOf(finding: Finding, facts: TaskFacts, progress: TaskReport["progress"]): string {
  const isWorking = finding.code === "recent_activity" || finding.code === "reported_running";
  return isWorking && progress.activity !== null ? progress.activity : findingMessage(finding, facts);
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

function isOnRecord({ code }: Finding): boolean {
  return code.endsWith("_on_record");
}

function waitingFor(finding: Finding, waiting: Waiting | null, now: number): TaskReport["waiting_for"] {
  if (finding.code === "waiting_reported") {
    const { text, waitedMs } = finding;
    return { kind: "reported", tool: null, text, since: time(waitedMs === null ? null : now - waitedMs) };
  }
  if (waiting === null) return null;
  return { kind: waiting.for, tool: waiting.tool, text: waiting.text, since: time(waiting.at) };
}

function lastTool({ openCalls, lastCall }: Activity, isRunning: boolean): TaskReport["last_tool"] {
  const open = openCalls.at(-1);
  if (open !== undefined)
    return { name: open.tool, state: isRunning ? "running" : "neutral", at: time(open.startedAt) };
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

function childrenOf({ activity, task }: TaskFacts): TaskReport["children"] {
  const sessions = task.children.map((stream) => ({
    id: stream.identity.taskId ?? stream.identity.sessionId,
    title: nameOfWork(stream),
    kind: "agent",
    state: stream.activity.ended === null ? ("running" as const) : ("ended" as const),
  }));
  // Its parent names it by its session, once it has one.
  const known = new Set(task.children.flatMap(({ identity }) => [identity.taskId, identity.sessionId]));
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

function time(at: number | null): string | null {
  return at === null ? null : formatTime(at);
}

function seconds(durationMs: number): number {
  return Math.floor(durationMs / 1_000);
}
