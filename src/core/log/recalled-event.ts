import { fieldOf, numberIn, recordOf, stringIn } from "../text/fields.ts";
import { parseTime } from "../text/time.ts";
import type { FinishedEvent } from "./event.ts";
import { type Health, healths, outcomes } from "./health.ts";

/** Of each run and task as `health/reason`. */
type States = Readonly<Record<string, string>>;
type Envelope = { readonly id: string; readonly time: string };
type TaskEnvelope = Envelope & { readonly subject: string };

/** What a run needs of an earlier one's events. A `reader` of "": written before there were readers, for all. */
export type RecalledEvent =
  | (Envelope & {
      readonly type: "agentmonitor.run.v1";
      readonly data: {
        readonly reader: string;
        readonly trigger: string;
        readonly interval_s: number | null;
        readonly tasks: States | null;
        readonly told: States | null;
        readonly unseen: States | null;
      };
    })
  | (TaskEnvelope & {
      readonly type: "agentmonitor.task.health_changed.v1";
      readonly data: {
        readonly reader: string;
        readonly run_id: string;
        readonly to: Health;
        readonly reason: string;
        readonly task_id: string | null;
        readonly title: string;
        readonly session_id: string | null;
        readonly worktree: string | null;
      };
    })
  | (TaskEnvelope & {
      readonly type: "agentmonitor.task.health_still.v1";
      readonly data: { readonly reader: string };
    })
  | (TaskEnvelope & { readonly type: "agentmonitor.task.finished.v1"; readonly data: RecalledEnd });

type RecalledEnd = Pick<
  FinishedEvent["data"],
  | "outcome"
  | "reason"
  | "title"
  | "session_id"
  | "started_at"
  | "ended_at"
  | "last_activity_at"
  | "duration_s"
  | "tool_calls"
  | "tool_failures"
  | "tokens"
  | "cost_usd"
>;

/** An end as a run recorded it. Times in epoch milliseconds. */
export type RecordedEnd = {
  readonly id: string;
  /** When it was recorded. */
  readonly at: number;
  readonly outcome: FinishedEvent["data"]["outcome"];
  readonly reason: string;
  readonly title: string;
  readonly sessionId: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly lastActivityAt: number | null;
  readonly durationS: number | null;
  readonly toolCalls: number | null;
  readonly toolFailures: number | null;
  /** What its session used up to then, over all of its ends on record. */
  readonly used: UsedBefore | null;
};

type UsedBefore = { readonly input: number; readonly output: number; readonly costUsd: number | null };

/** The end that a recorded event tells; `before`: the one that was recorded of the same task before it. */
export function recordedEnd(
  { id, time, data }: Envelope & { readonly data: RecalledEnd },
  before: RecordedEnd | null = null,
): RecordedEnd {
  return {
    id,
    at: Date.parse(time),
    outcome: data.outcome,
    reason: data.reason,
    title: data.title,
    sessionId: data.session_id,
    startedAt: parseTime(data.started_at),
    endedAt: parseTime(data.ended_at),
    lastActivityAt: parseTime(data.last_activity_at),
    durationS: data.duration_s,
    toolCalls: data.tool_calls,
    toolFailures: data.tool_failures,
    used: id === before?.id ? before.used : usedBy(data, before),
  };
}

function usedBy(
  { tokens, cost_usd: costUsd, session_id: sessionId }: RecalledEnd,
  before: RecordedEnd | null,
): UsedBefore | null {
  const earlier = before !== null && before.sessionId === sessionId ? before.used : null;
  if (tokens === null) return earlier;
  return {
    input: tokens.input + (earlier?.input ?? 0),
    output: tokens.output + (earlier?.output ?? 0),
    costUsd: costUsd === null ? (earlier?.costUsd ?? null) : costUsd + (earlier?.costUsd ?? 0),
  };
}

// `time` as every event has it.
const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Reads an event; null for what is none. By hand: every run reads thousands of them, a week's and more. */
export function parseRecalled(value: unknown): RecalledEvent | null {
  const [id, time, type] = [stringIn(value, "id"), stringIn(value, "time"), stringIn(value, "type")];
  if (id === undefined || time === undefined || !utc.test(time)) return null;
  const data = fieldOf(value, "data");
  const reader = stringIn(data, "reader") ?? "";
  if (type === "agentmonitor.run.v1") {
    const trigger = stringIn(data, "trigger");
    const [tasks, told] = [fieldOf(data, "tasks"), fieldOf(data, "told")];
    if (trigger === undefined || !isStatesOrNull(tasks) || !isStatesOrNull(told)) return null;
    const interval_s = numberIn(data, "interval_s") ?? null;
    const unseen = fieldOf(data, "unseen");
    return {
      id,
      time,
      type,
      data: { reader, trigger, interval_s, tasks, told, unseen: isStatesOrNull(unseen) ? unseen : null },
    };
  }
  const subject = stringIn(value, "subject");
  if (subject === undefined) return null;
  const envelope = { id, time, subject };
  if (type === "agentmonitor.task.health_still.v1") return { ...envelope, type, data: { reader } };
  if (type === "agentmonitor.task.finished.v1") {
    const end = parseEnd(data);
    return end === null ? null : { ...envelope, type, data: end };
  }
  if (type !== "agentmonitor.task.health_changed.v1") return null;
  const to = healths.find((health) => health === stringIn(data, "to"));
  const [runId, reason] = [stringIn(data, "run_id"), stringIn(data, "reason")];
  if (to === undefined || runId === undefined || reason === undefined) return null;
  const text = (name: string) => stringIn(data, name) ?? null;
  const whose = { task_id: text("task_id"), session_id: text("session_id"), worktree: text("worktree") };
  return {
    ...envelope,
    type,
    data: { reader, run_id: runId, to, reason, title: text("title") ?? "", ...whose },
  };
}

function parseEnd(data: unknown): RecalledEnd | null {
  const outcome = outcomes.find((each) => each === stringIn(data, "outcome"));
  if (outcome === undefined) return null;
  const [text, number] = [
    (key: string) => stringIn(data, key) ?? null,
    (key: string) => numberIn(data, key) ?? null,
  ];
  const tokens = fieldOf(data, "tokens");
  const [input, output] = [numberIn(tokens, "input"), numberIn(tokens, "output")];
  return {
    outcome,
    reason: text("reason") ?? "",
    title: text("title") ?? "",
    session_id: text("session_id"),
    started_at: text("started_at"),
    ended_at: text("ended_at"),
    last_activity_at: text("last_activity_at"),
    duration_s: number("duration_s"),
    tool_calls: number("tool_calls"),
    tool_failures: number("tool_failures"),
    tokens: input === undefined || output === undefined ? null : { input, output },
    cost_usd: number("cost_usd"),
  };
}

function isStatesOrNull(value: unknown): value is States | null {
  if (value === null) return true;
  const record = recordOf(value);
  if (record === null) return false;
  for (const name in record) if (typeof record[name] !== "string") return false;
  return true;
}
