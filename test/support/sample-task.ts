import type { Delegation, DelegationRequest, DelegationResult } from "../../src/core/claims/delegation.ts";
import type { StatusReading, TaskStatus } from "../../src/core/claims/task-status.ts";
import type { Task } from "../../src/core/join/task.ts";
import { noPast, type TaskPast } from "../../src/core/log/past.ts";
import { type Assessment, assess } from "../../src/core/verdict/health.ts";
import type { AssessOptions } from "../../src/core/verdict/options.ts";
import { gatherFacts, type TaskFacts } from "../../src/core/verdict/task-facts.ts";
import { hour, minute, now } from "./sample-clock.ts";

export const options: AssessOptions = { failures: 3, stuckAfterMs: 15 * minute };
export const root = "/srv/demo/shop";

/** A claim of `status.json`: running since an hour, changed a minute ago, unless `given` says otherwise. */
export function sampleStatus(given: Partial<TaskStatus> = {}): TaskStatus {
  const status = given.status === undefined ? "running" : given.status;
  return {
    status,
    reportedStatus: status,
    isQueued: false,
    zone: null,
    aheadMs: null,
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
    percent: null,
    step: null,
    ...given,
  };
}

/** Written so long ago that a process which is not seen can be taken for dead. */
export const quiet = { updatedAt: now - 3 * minute } as const;

/** The status file of the worktree `name`. */
export function sampleReading(name: string, given: Partial<TaskStatus> = {}): StatusReading {
  return {
    path: `.worktrees/${name}/status.json`,
    worktree: `${root}/.worktrees/${name}`,
    branch: null,
    writtenAt: null,
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

/** A task with nothing but what `given` says. */
export function sampleTask(given: Partial<Task> = {}): Task {
  return {
    key: "bg_1",
    id: "bg_1",
    status: null,
    delegations: [],
    streams: [],
    attempts: [],
    attemptChildren: [],
    children: [],
    process: null,
    parentKey: null,
    ...given,
  };
}

export function assessNow(task: Partial<Task>, at: number = now, past: TaskPast = noPast): Assessment {
  return assess(sampleTask(task), at, options, past);
}

/** The facts of a task that has nothing but what is given. */
export const factsOf = (task: Partial<Task>, given: Partial<AssessOptions> = {}): TaskFacts =>
  gatherFacts(sampleTask(task), now, { ...options, ...given });
