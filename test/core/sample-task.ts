import type { AgentEvent } from "../../src/core/agent-event.ts";
import type { Delegation, DelegationRequest, DelegationResult } from "../../src/core/delegation.ts";
import { type Assessment, assess } from "../../src/core/health.ts";
import type { Names } from "../../src/core/names.ts";
import { emptyActivity, observe } from "../../src/core/observe.ts";
import { type Liveness, nothingMore, type Stream } from "../../src/core/stream.ts";
import type { Task } from "../../src/core/task.ts";
import type { AssessOptions } from "../../src/core/task-facts.ts";
import type { StatusReading, TaskStatus } from "../../src/core/task-status.ts";

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
export const now = Date.parse("2026-11-22T14:32:00Z");
export const options: AssessOptions = { failures: 3, stuckAfterMs: 15 * minute };
export const root = "/srv/demo/shop";

export const noIdentity: Names = { taskId: null, requestId: null, sessionId: null, worktree: null };

/** A claim of `status.json`: running since an hour, changed a minute ago, unless `given` says otherwise. */
export function sampleStatus(given: Partial<TaskStatus> = {}): TaskStatus {
  const status = given.status === undefined ? "running" : given.status;
  return {
    status,
    reportedStatus: status,
    createdAt: now - hour,
    updatedAt: now - minute,
    startedAt: null,
    completedAt: null,
    taskId: null,
    requestId: null,
    sessionId: null,
    title: null,
    agent: null,
    subagentType: null,
    category: null,
    branch: null,
    pid: null,
    host: null,
    exitCode: null,
    error: null,
    steps: null,
    step: null,
    ...given,
  };
}

/** The status file of the worktree `name`. */
export function sampleReading(name: string, given: Partial<TaskStatus> = {}): StatusReading {
  return {
    path: `.worktrees/${name}/status.json`,
    worktree: `${root}/.worktrees/${name}`,
    branch: null,
    status: sampleStatus(given),
    problems: [],
  };
}

/** A task of which the worktree `a` has this status file. */
export function claim(given: Partial<TaskStatus> = {}): { readonly status: StatusReading } {
  return { status: sampleReading("a", given) };
}

type GivenDelegation = {
  readonly requestId?: string;
  readonly taskId?: string | null;
  readonly sessionId?: string | null;
  readonly worktree?: string | null;
  readonly request?: Partial<DelegationRequest> | null;
  readonly result?: Partial<DelegationResult> | null;
};

/** A delegation asked for an hour ago; ended half an hour ago in success if `result` is given. */
export function sampleDelegation(given: GivenDelegation = {}): Delegation {
  const request = {
    parentAgent: null,
    subagentType: "explore",
    category: null,
    summary: null,
    at: now - hour,
    file: ".agents/logs/delegation_requests.jsonl",
    line: 1,
  };
  const result = {
    status: "success" as const,
    at: now - hour / 2,
    durationMs: null,
    toolsUsed: [],
    error: null,
    file: ".agents/logs/delegation_results.jsonl",
    line: 1,
  };
  return {
    requestId: given.requestId ?? "req-1",
    taskId: given.taskId ?? null,
    sessionId: given.sessionId ?? null,
    worktree: given.worktree ?? null,
    request: given.request === null ? null : { ...request, ...given.request },
    result: given.result == null ? null : { ...result, ...given.result },
  };
}

type GivenStream = Partial<Omit<Stream, "identity" | "activity" | "agent">> & {
  readonly identity?: Partial<Names>;
  readonly events?: readonly AgentEvent[];
  readonly agentName?: string;
};

/** A transcript of Claude Code unless `given` says otherwise, with `events` folded in. */
export function sampleStream(key: string, given: GivenStream = {}): Stream {
  const { identity, events, agentName, ...rest } = given;
  return {
    ...nothingMore,
    key,
    source: "claude_code",
    file: `/srv/demo/home/${key}.jsonl`,
    identity: { ...noIdentity, ...identity },
    role: "evidence",
    agent: { kind: "claude-code", name: agentName ?? null },
    activity: (events ?? []).reduce(observe, emptyActivity()),
    ...rest,
  };
}

/** What is known of the process 7. */
export const gone: Liveness = { state: "gone", pid: 7, says: "pid 7 does not exist" };
export const alive: Liveness = { state: "alive", pid: 7, says: "pid 7 is running" };
export const unseen: Liveness = { state: "unknown", pid: 7, says: "processes cannot be read" };

/** A transcript with these events. */
export const transcript = (...events: readonly (AgentEvent | readonly AgentEvent[])[]): Stream =>
  sampleStream("t", { events: events.flat() });

/** A launcher's log with these events. */
export const log = (...events: readonly (AgentEvent | readonly AgentEvent[])[]): Stream =>
  sampleStream("l", { source: "agent_logs", events: events.flat() });

/** A task with nothing but what `given` says. */
export function sampleTask(given: Partial<Task> = {}): Task {
  return {
    key: "bg_1",
    id: "bg_1",
    status: null,
    delegations: [],
    streams: [],
    attempts: [],
    children: [],
    process: null,
    parentKey: null,
    ...given,
  };
}

export function assessNow(task: Partial<Task>, at: number = now): Assessment {
  return assess(sampleTask(task), at, options);
}
