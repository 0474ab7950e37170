import { fieldOf, numberIn, recordOf, stringIn } from "../text/fields.ts";
import { parseTime } from "../text/time.ts";
import type { About, FinishedEvent } from "./event.ts";
import { type Health, healths, outcomes } from "./health.ts";

/** Of each run and task as `health/reason`. */
type States = Readonly<Record<string, string>>;
type Envelope = { readonly id: string; readonly time: string };
type TaskEnvelope = Envelope & { readonly source: string; readonly subject: string };
/** Who worked. A `reader` of "": written before there were readers, for all. */
type Whose = Readonly<
  Pick<
    About,
    "reader" | "task_id" | "title" | "session_id" | "worktree" | "agent_kind" | "agent_name" | "category"
  >
>;

/** What is needed of an earlier run. */
export type RecalledRun = Envelope & {
  readonly type: "agentmonitor.run.v1";
  readonly data: {
    readonly reader: string;
    readonly trigger: string;
    readonly interval_s: number | null;
    readonly tasks: States | null;
    readonly told: States | null;
    readonly unseen: States | null;
  };
};

export type RecalledChange = TaskEnvelope & {
  readonly type: "agentmonitor.task.health_changed.v1";
  readonly data: Whose & {
    readonly run_id: string;
    readonly to: Health;
    readonly reason: string;
    readonly error_type: string | null;
    readonly tools: readonly string[];
  };
};

type RecalledStill = TaskEnvelope & {
  readonly type: "agentmonitor.task.health_still.v1";
  readonly data: Whose;
};

export type RecalledEnd = TaskEnvelope & {
  readonly type: "agentmonitor.task.finished.v1";
  readonly data: Whose &
    Readonly<
      Pick<
        FinishedEvent["data"],
        | "request_id"
        | "outcome"
        | "reason"
        | "started_at"
        | "ended_at"
        | "last_activity_at"
        | "duration_s"
        | "tool_calls"
        | "tool_failures"
        | "tokens"
        | "cost_usd"
        | "error_type"
      >
    >;
};

/** What is needed of an earlier run's events, by runs and by reviews. */
export type RecalledEvent = RecalledRun | RecalledTask;
export type RecalledTask = RecalledChange | RecalledStill | RecalledEnd;

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
  /** What its session, or log, counted up to then over all of its ends on record, and the same without this one. */
  readonly used: Used;
  readonly usedBefore: Used;
};

/** Calls, and tokens. `costUsd` null: nobody wrote it. */
export type Used = {
  readonly toolCalls: number;
  readonly toolFailures: number;
  readonly input: number;
  readonly output: number;
  readonly costUsd: number | null;
};
const nothingUsed: Used = { toolCalls: 0, toolFailures: 0, input: 0, output: 0, costUsd: null };

/** The end that a recorded event tells; `before`: the one that was recorded of the same task before it. */
export function recordedEnd(
  { id, time, data }: Pick<RecalledEnd, "id" | "time" | "data">,
  before: RecordedEnd | null = null,
): RecordedEnd {
  const isKnown = id === before?.id;
  const earlier = before !== null && before.sessionId === data.session_id ? before.used : nothingUsed;
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
    used: isKnown ? before.used : plus(earlier, data),
    usedBefore: isKnown ? before.usedBefore : earlier,
  };
}

function plus(
  earlier: Used,
  { tool_calls, tool_failures, tokens, cost_usd: cost }: RecalledEnd["data"],
): Used {
  return {
    toolCalls: earlier.toolCalls + (tool_calls ?? 0),
    toolFailures: earlier.toolFailures + (tool_failures ?? 0),
    input: earlier.input + (tokens?.input ?? 0),
    output: earlier.output + (tokens?.output ?? 0),
    costUsd: cost === null ? earlier.costUsd : cost + (earlier.costUsd ?? 0),
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
  const envelope = { id, time, source: stringIn(value, "source") ?? "", subject };
  const text = (name: string) => stringIn(data, name) ?? null;
  const whose = {
    reader,
    task_id: text("task_id"),
    title: text("title") ?? "",
    session_id: text("session_id"),
    worktree: text("worktree"),
    agent_kind: text("agent_kind") ?? "unknown",
    agent_name: text("agent_name"),
    category: text("category"),
  };
  if (type === "agentmonitor.task.health_still.v1") return { ...envelope, type, data: whose };
  if (type === "agentmonitor.task.finished.v1") {
    const end = endIn(data);
    return end === null ? null : { ...envelope, type, data: { ...whose, ...end } };
  }
  if (type !== "agentmonitor.task.health_changed.v1") return null;
  const to = healths.find((health) => health === text("to"));
  const [run_id, reason] = [text("run_id"), text("reason")];
  if (to === undefined || run_id === null || reason === null) return null;
  const told = fieldOf(data, "tools");
  const tools = Array.isArray(told) ? told.filter((tool) => typeof tool === "string") : [];
  return { ...envelope, type, data: { ...whose, run_id, to, reason, error_type: text("error_type"), tools } };
}

function endIn(data: unknown): Omit<RecalledEnd["data"], keyof Whose> | null {
  const outcome = outcomes.find((each) => each === stringIn(data, "outcome"));
  if (outcome === undefined) return null;
  const text = (key: string) => stringIn(data, key) ?? null;
  const count = (key: string, from = data) => {
    const number = numberIn(from, key);
    return number !== undefined && number >= 0 ? number : null;
  };
  const tokens = fieldOf(data, "tokens");
  const [input, output] = [count("input", tokens), count("output", tokens)];
  return {
    request_id: text("request_id"),
    outcome,
    reason: text("reason") ?? "",
    started_at: text("started_at"),
    ended_at: text("ended_at"),
    last_activity_at: text("last_activity_at"),
    duration_s: count("duration_s"),
    tool_calls: count("tool_calls"),
    tool_failures: count("tool_failures"),
    tokens: input === null || output === null ? null : { input, output },
    cost_usd: count("cost_usd"),
    error_type: text("error_type"),
  };
}

function isStatesOrNull(value: unknown): value is States | null {
  if (value === null) return true;
  const record = recordOf(value);
  if (record === null) return false;
  for (const name in record) if (typeof record[name] !== "string") return false;
  return true;
}
