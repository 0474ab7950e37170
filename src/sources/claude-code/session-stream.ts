import type { Activity } from "../../core/activity.ts";
import { observe } from "../../core/observe.ts";
import type { Liveness, Stream } from "../../core/stream.ts";
import type { Processes } from "../../io/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import type { FileRead } from "./files.ts";
import { type Job, jobClaims, jobEnd, jobWaiting } from "./jobs.ts";
import { planEvent, planInFiles } from "./plan.ts";
import { searchProcess } from "./process-search.ts";
import { busyWith, isInteractive, type Registered, waitingOf } from "./registry.ts";
import type { SubAgentFile } from "./sub-agents.ts";
import type { TranscriptFile } from "./transcript-files.ts";
import { endsWithItsTurn, isAtPrompt, isBeforeRegistry, type TranscriptState } from "./transcript-state.ts";

/** A sub-agent's file and what was read of it. */
export type SubAgentRead = { readonly file: SubAgentFile; readonly read: FileRead };

/** What else is known of a session: its process, its background job, its sub-agents. */
export type Surroundings = {
  readonly registered: Registered | null;
  readonly job: Job | null;
  readonly subAgents: readonly SubAgentRead[];
  readonly processes: Processes;
  /** Living processes of other sessions. */
  readonly otherPids: ReadonlySet<number>;
};

export function keyOf(sessionId: string): string {
  return `claude_code:${sessionId}`;
}

/** The streams of one session: its own first, then its sub-agents'. */
export function sessionStreams(file: TranscriptFile, read: FileRead, around: Surroundings): Stream[] {
  const { registered, job } = around;
  const activity = completed(file, read, around);
  const liveness = registered?.liveness ?? exited(read.memory, activity) ?? searched(file, read, around);
  if (liveness !== null) reopenUnfinished(activity, read, liveness, registered !== null);
  const parent: Stream = {
    ...streamBase(file.path),
    key: keyOf(file.sessionId),
    identity: { taskId: null, requestId: null, sessionId: file.sessionId, worktree: file.worktree.path },
    parentKey: null,
    role: "task",
    title: read.memory.title ?? job?.name ?? null,
    branch: read.memory.branch ?? file.worktree.branch,
    agent: { kind: "claude_code", name: null },
    activity,
    isInteractive: registered === null ? isAtPrompt(read.memory, liveness) : isInteractive(registered),
    liveness,
    waiting:
      (job === null ? null : jobWaiting(job, activity)) ??
      (registered === null
        ? null
        : waitingOf(
            registered,
            activity,
            around.subAgents.map((child) => child.read.activity),
          )),
    busyWith: registered === null ? null : busyWith(registered, activity),
    claims: job === null ? [] : jobClaims(job),
    notes: job?.state === "crashed" ? [`background session crashed: ${job.detail ?? "no reason given"}`] : [],
  };
  return [parent, ...around.subAgents.map((child) => subAgentStream(file, child, liveness))];
}

function subAgentStream(file: TranscriptFile, child: SubAgentRead, liveness: Liveness | null): Stream {
  const { agentId, path, title, name } = child.file;
  return {
    ...streamBase(path),
    key: `${keyOf(file.sessionId)}/${agentId}`,
    identity: { taskId: null, requestId: null, sessionId: agentId, worktree: file.worktree.path },
    parentKey: keyOf(file.sessionId),
    role: "evidence",
    title,
    branch: child.read.memory.branch ?? file.worktree.branch,
    agent: { kind: "claude_code", name },
    activity: child.read.activity,
    isInteractive: false,
    // It lives in its parent's process.
    liveness,
    waiting: null,
    busyWith: null,
    claims: [],
    notes: [],
  };
}

function streamBase(file: string) {
  return { source: "claude_code", file } as const;
}

/** The activity with what the files around the transcript add; the kept one stays as it is. */
function completed(file: TranscriptFile, read: FileRead, around: Surroundings): Activity {
  const { job, subAgents } = around;
  const activity = structuredClone(read.activity);
  const plan = planInFiles(file.home, file.sessionId);
  const lastAt = activity.lastActivityAt;
  if (plan !== null && lastAt !== null) observe(activity, planEvent(plan, lastAt, activity.lastLine));
  const end = job === null ? null : jobEnd(job, activity);
  if (end !== null) observe(activity, end);
  for (const child of subAgents) endChild(activity, child);
  return activity;
}

/**
 * Takes a turn up again that was over when the process died with what it waited for: an entry that was left in the
 * registry (`isLeft`) means killed, and a one-shot run ends by itself only when nothing of it is open.
 */
function reopenUnfinished(
  activity: Activity,
  { memory }: FileRead,
  { state }: Liveness,
  isLeft: boolean,
): void {
  const isOneShot = memory.entrypoint === "sdk-cli" && !isBeforeRegistry(memory);
  if (state !== "gone" || !(isOneShot || (isLeft && !memory.hasExited))) return;
  const askedAt = activity.lastUserMessageAt ?? 0;
  const isCutOff = activity.children.some(
    ({ kind, startedAt, endedAt }) =>
      (kind === "agent" || (isOneShot && isLeft)) && endedAt === null && startedAt >= askedAt,
  );
  const at = activity.ended?.at;
  if (isCutOff && at !== undefined && activity.ended?.outcome === "success")
    observe(activity, { type: "turn_started", at });
}

function endChild(activity: Activity, { file, read }: SubAgentRead): void {
  const open = activity.children.some((child) => child.id === file.agentId && child.endedAt === null);
  const { ended, lastActivityAt } = read.activity;
  const at = ended?.at ?? (file.isFinished ? lastActivityAt : null);
  if (open && at !== null)
    observe(activity, { type: "child_ended", at, childId: file.agentId, outcome: ended?.outcome ?? null });
}

// A living process of 2.1 stands in the registry: what is found without an entry there is another session's.
function searched(
  { worktree }: TranscriptFile,
  { memory, activity }: FileRead,
  { processes, otherPids }: Surroundings,
): Liveness | null {
  // A session that a status file claims may have been started elsewhere.
  const places = [worktree.path, ...(memory.cwd === null ? [] : [realPath(memory.cwd)])];
  const found = searchProcess(places, processes, otherPids, activity.lastActivityAt);
  return found?.state === "gone" || isBeforeRegistry(memory) ? found : null;
}

function exited(state: TranscriptState, activity: Activity): Liveness | null {
  if (state.hasExited)
    return { state: "gone", pid: null, says: "the process wrote its closing record and ended" };
  if (endsWithItsTurn(state) && activity.ended !== null)
    return { state: "gone", pid: null, says: "a one-shot run of this version ends with its turn" };
  return null;
}
