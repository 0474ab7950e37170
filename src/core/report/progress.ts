import { type Delegation, endedAt, requestedAt } from "../claims/delegation.ts";
import type { Activity, CallRecord, OpenCall } from "../evidence/activity.ts";
import { targetWithin } from "../evidence/call-digest.ts";
import { isFileTool } from "../evidence/call-kind.ts";
import { formatDuration } from "../text/duration.ts";
import { shorten } from "../text/safe-text.ts";
import { awakeMs, latest } from "../text/time.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";

/** How far a task is and what it does now; null = not known, never 0 of 0. */
export type Progress = {
  readonly done: number | null;
  /** null beside `done`: how many there are is not said. */
  readonly total: number | null;
  /** Where per cent is all that its launcher gives: no steps are made of it. */
  readonly percent: number | null;
  /** `done` of 100 is a guess from past delegations. */
  readonly estimated: boolean;
  /** "14 past explore delegations" */
  readonly basis: string | null;
  readonly activity: string | null;
};

/** What delegations of one kind took that ended in success; medians. */
export type Experience = { readonly count: number; readonly tools: number; readonly durationMs: number };

/** With fewer past delegations there is no estimate: the median of so few says little. */
const fewestForEstimate = 5;
/** An estimate never says that it is done. */
const highestEstimate = 95;

/** How many delegations of a kind are learned from: the last ones. */
const lessons = 100;

/** Median tools and duration of the last successful delegations, by `subagent_type` and by `category`. */
export function learn(delegations: readonly Delegation[]): ReadonlyMap<string, Experience> {
  return new Map(
    [...lessonsOf(delegations)].map(([kind, past]) => [
      kind,
      {
        count: past.length,
        tools: median(past.map(({ result }) => result?.toolsUsed.length ?? 0)),
        durationMs: median(past.map(({ result }) => result?.durationMs ?? 0)),
      },
    ]),
  );
}

/** The delegations of each kind that are learned from: the last ones that ended in success. */
export function lessonsOf(delegations: readonly Delegation[]): ReadonlyMap<string, readonly Delegation[]> {
  const byKind = new Map<string, Delegation[]>();
  for (const delegation of delegations) {
    const { request, result } = delegation;
    if (result?.status !== "success" || result.durationMs === null || request === null) continue;
    for (const kind of kindsOf(request.subagentType, request.category)) {
      const known = byKind.get(kind);
      if (known === undefined) byKind.set(kind, [delegation]);
      else known.push(delegation);
    }
  }
  return new Map([...byKind].map(([kind, past]) => [kind, past.sort(byEnd).slice(-lessons)]));
}

function byEnd(a: Delegation, b: Delegation): number {
  return (endedAt(a) ?? 0) - (endedAt(b) ?? 0) || (a.requestId < b.requestId ? -1 : 1);
}

const unknown = { done: null, total: null, percent: null, estimated: false, basis: null } as const;

/** Progress from the plan of the transcript, the claim, or past delegations; the step from the claim or the last calls. */
export function measureProgress(facts: TaskFacts, experience: ReadonlyMap<string, Experience>): Progress {
  const { claim, activity } = facts;
  const activityText = currentStep(facts);
  const plan =
    activity?.plan ?? facts.streams.find((stream) => stream.activity.plan !== null)?.activity.plan ?? null;
  if (plan !== null && plan.total > 0)
    return { ...unknown, done: plan.done, total: plan.total, activity: activityText };
  if (claim?.steps != null) return { ...unknown, ...claim.steps, activity: activityText };
  if (claim?.percent != null) return { ...unknown, percent: claim.percent, activity: activityText };
  const estimate = estimateProgress(facts, experience);
  if (estimate !== null) return { ...unknown, ...estimate, estimated: true, activity: activityText };
  return { ...unknown, activity: activityText };
}

/** What the call does, in a few plain words; null when its name does not say. */
function describeCall(call: CallRecord | OpenCall, worktree: string | null): string | null {
  const target = targetWithin(call, worktree);
  switch (call.kind) {
    case "plan":
      return null;
    case "wait":
      return "waiting for a command";
    case "mut":
      return target === null || isCommand(call) ? "changing files" : `editing ${target}`;
    case "run":
      return target === null ? "running a command" : describeCommand(target);
    case "obs":
      if (call.isSearch) return "searching the code";
      if (target !== null) return isCommand(call) ? "reading files" : `reading ${target}`;
      // A tool of a name that says nothing looks at who knows what.
      return isFileTool(call.tool) ? "reading files" : `running ${call.tool}`;
    default:
      return call.kind satisfies never;
  }
}

function currentStep(facts: TaskFacts): string | null {
  const { claim, activity, task } = facts;
  const plan = activity?.plan ?? null;
  if (plan?.step != null && (claim?.step == null || plan.at >= (claim.updatedAt ?? 0))) return plan.step;
  if (claim?.step != null) return claim.step;
  if (activity === null) return claim?.isQueued === true ? "waits for its turn" : null;
  if (activity.ended !== null || facts.runningChildren.length > 0) return null;
  const open = activity.openCalls.at(-1);
  const call = open ?? recentlyLogged(facts);
  if (call === null) return waitForModel(facts, activity);
  if (facts.liveness?.state === "gone") return null;
  const worktree = task.status?.worktree ?? facts.current?.identity.worktree ?? null;
  const folder = commonFolder(call, activity.calls.at(open === undefined ? -2 : -1), worktree);
  return folder === null ? describeCall(call, worktree) : `reading ${folder}`;
}

/** A launcher's log has no open calls: it writes each when it has ended, and the next one may run by then. */
const loggedRecentlyMs = 120_000;

function recentlyLogged({ current, activity, now }: TaskFacts): CallRecord | null {
  const call = activity?.lastCall ?? null;
  if (current?.kind !== "log" || call === null) return null;
  return now - call.endedAt < loggedRecentlyMs ? call : null;
}

// After a call or a prompt the model is next; after its own words nothing says what is.
function waitForModel({ current, now, options }: TaskFacts, activity: Activity): string | null {
  const { lastCall, lastUserMessageAt, monologue } = activity;
  const since = latest([lastCall?.endedAt, lastUserMessageAt]);
  if (current?.kind === "log" || since === null || monologue.count > 0) return null;
  return `waits for the model for ${formatDuration(awakeMs(since, now, options.gaps ?? []))}`;
}

// Two reads in one folder are reading that folder.
function commonFolder(
  call: CallRecord | OpenCall,
  before: CallRecord | undefined,
  worktree: string | null,
): string | null {
  if (
    before === undefined ||
    call.kind !== "obs" ||
    before.kind !== "obs" ||
    call.isSearch ||
    before.isSearch
  )
    return null;
  const [folder, other] = [call, before].map(
    (each) => targetWithin(each, worktree)?.match(/^(\S+)\/[^/\s]+$/)?.[1],
  );
  return folder !== undefined && folder === other ? folder : null;
}

function describeCommand(command: string): string {
  if (/\b(test|tests|pytest|vitest|jest|mocha|rspec|ctest|phpunit|unittest)\b/.test(command))
    return "running tests";
  if (/\b(tsc|eslint|biome|lint|ruff|mypy|clippy|check)\b/.test(command)) return "running checks";
  if (
    /\b(install|ci|add)\b/.test(command) &&
    /\b(npm|bun|yarn|pnpm|pip|cargo|apt|apt-get|brew)\b/.test(command)
  )
    return "installing packages";
  if (/\b(build|make|cmake|gradle|mvn|compile)\b/.test(command)) return "building";
  if (/^\s*git\s+(commit|push|pull|merge|rebase)\b/.test(command))
    return `running ${command.match(/git\s+\w+/)?.[0]}`;
  const program = command.match(/^\s*(?:cd\s+\S+\s*&&\s*)?([\w./-]+)/)?.[1];
  return program === undefined ? "running a command" : `running ${shorten(program, 30)}`;
}

function isCommand(call: Pick<CallRecord, "target">): boolean {
  return call.target !== null && /\s/.test(call.target);
}

function estimateProgress(facts: TaskFacts, experience: ReadonlyMap<string, Experience>) {
  const { delegation, claim, now } = facts;
  const request = delegation?.request ?? null;
  const startedAt = delegation === null ? facts.startedAt : (requestedAt(delegation) ?? facts.startedAt);
  if (startedAt === null || delegation?.result != null) return null;
  const kinds = kindsOf(
    request?.subagentType ?? claim?.subagentType ?? null,
    request?.category ?? claim?.category ?? null,
  );
  const kind = kinds.find((each) => (experience.get(each)?.count ?? 0) >= fewestForEstimate);
  const past = kind === undefined ? undefined : experience.get(kind);
  if (kind === undefined || past === undefined || past.durationMs <= 0) return null;
  const calls = facts.activity?.callCount ?? null;
  // The slower of the two measures: an estimate had better promise too little.
  const byTime = (now - startedAt) / past.durationMs;
  const byTools = calls === null || past.tools === 0 ? byTime : calls / past.tools;
  const percent = Math.floor(Math.max(0, Math.min(byTime, byTools)) * 100);
  return {
    done: Math.min(percent, highestEstimate),
    total: 100,
    basis: `${past.count} past ${kind.slice(kind.indexOf(":") + 1)} delegations`,
  };
}

function kindsOf(subagentType: string | null, category: string | null): string[] {
  return [
    ...(subagentType === null ? [] : [`type:${subagentType}`]),
    ...(category === null ? [] : [`category:${category}`]),
  ];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
