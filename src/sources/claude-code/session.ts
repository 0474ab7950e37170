import { join } from "node:path";
import { z } from "zod";
import type { Activity, Waiting } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Claim, Liveness, Stream } from "../../core/evidence/stream.ts";
import { parseTime } from "../../core/text/time.ts";
import { readSmallText, statsOf } from "../../io/open-file.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import type { FileRead, Files } from "./files.ts";
import { busyWith, isInteractive, type Registered, searchProcess, waitingOf } from "./liveness.ts";
import { endsWithItsTurn, isAtPrompt, isBeforeRegistry, type TranscriptState } from "./memory.ts";
import { headOf, type TranscriptFile } from "./paths.ts";
import { planEvent, planInFiles } from "./plan.ts";

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

/** The transcript of a sub-agent of a session. */
export type SubAgentFile = {
  readonly path: string;
  readonly agentId: string;
  readonly title: string | null;
  readonly name: string | null;
  /** Its meta file says that it is done (2.1.330). */
  readonly isFinished: boolean;
};

const Meta = z.object({
  agentType: z.string().optional(),
  description: z.string().optional(),
  finished: z.boolean().optional(),
});
const agentFile = /^agent-([\w-]+)\.jsonl$/;

/**
 * The sub-agents of a session: in its own folder (2.1), or beside it (2.0), where each start also leaves two
 * "Warmup" files that are no work.
 */
export function findSubAgents(session: TranscriptFile, files: Files, since: number): SubAgentFile[] {
  const own = join(session.folder, session.sessionId, "subagents");
  return [
    ...filesIn(files.list(own), own, since).map((file) => ({ ...file, ...metaOf(file.path) })),
    ...filesIn(files.list(session.folder), session.folder, since)
      .filter(({ path }) => belongsTo(headOf(path), session.sessionId))
      .map((file) => ({ ...file, title: null, name: null, isFinished: false })),
  ];
}

function filesIn(
  names: readonly string[],
  folder: string,
  since: number,
): { path: string; agentId: string }[] {
  return names.flatMap((name) => {
    const agentId = name.match(agentFile)?.[1];
    const path = join(folder, name);
    const stats = agentId === undefined ? null : statsOf(path);
    return agentId !== undefined && stats?.isFile() === true && stats.mtimeMs >= since
      ? [{ path, agentId }]
      : [];
  });
}

function belongsTo(head: string, sessionId: string): boolean {
  const first = head.slice(0, head.indexOf("\n"));
  return first.includes(`"sessionId":"${sessionId}"`) && !/"content":"Warmup"/.test(first);
}

function metaOf(path: string): { title: string | null; name: string | null; isFinished: boolean } {
  const meta = Meta.safeParse(readMeta(path.replace(/\.jsonl$/, ".meta.json")));
  if (!meta.success) return { title: null, name: null, isFinished: false };
  const { description, agentType, finished } = meta.data;
  return { title: description ?? null, name: agentType ?? null, isFinished: finished === true };
}

function readMeta(path: string): unknown {
  try {
    return JSON.parse(readSmallText(path));
  } catch {
    // It comes after the transcript, and not in every version.
    return null;
  }
}

const text = z.string().nullish().catch(null);
const State = z.object({
  sessionId: z.string(),
  state: text,
  tempo: text,
  detail: text,
  needs: text,
  name: text,
  updatedAt: text,
  firstTerminalAt: text,
});

/** A background session (`claude --bg`, 2.1.330) as its supervisor tells it. */
export type Job = z.infer<typeof State> & { readonly path: string };

/** Session id → its background job. The roster beside them holds tokens and is not opened. */
export function readJobs(home: string, files: Files): ReadonlyMap<string, Job> {
  const jobs = new Map<string, Job>();
  for (const name of files.list(join(home, "jobs"))) {
    const path = join(home, "jobs", name, "state.json");
    const parsed = State.safeParse(readJson(path));
    if (parsed.success) jobs.set(parsed.data.sessionId, { ...parsed.data, path });
  }
  return jobs;
}

/** What a background session needs from a person. `tempo` is the live word; `state` latches. */
export function jobWaiting(job: Job, activity: Activity): Waiting | null {
  if (job.tempo !== "blocked" || activity.waiting !== null || activity.ended !== null) return null;
  const needs = job.needs ?? job.detail ?? null;
  const at = parseTime(job.updatedAt) ?? activity.lastActivityAt ?? 0;
  if (isTakenUp(activity, at)) return null;
  return { at, line: null, for: kindOf(needs ?? ""), tool: null, text: needs, callId: null };
}

/** The end that a person gave to a background session whose turn was still open. */
export function jobEnd(job: Job, activity: Activity): AgentEvent | null {
  if (job.state !== "stopped" || activity.ended !== null) return null;
  const at = parseTime(job.firstTerminalAt) ?? parseTime(job.updatedAt) ?? activity.lastActivityAt;
  return at === null || isTakenUp(activity, at)
    ? null
    : { type: "turn_ended", at, outcome: "cancelled", message: "stopped by a person" };
}

function isTakenUp({ lastUserMessageAt }: Activity, at: number): boolean {
  return (lastUserMessageAt ?? 0) > at;
}

/** What the supervisor says of a worker that crashed; it starts it again by itself. */
export function jobClaims(job: Job): Claim[] {
  if (job.state !== "crashed") return [];
  return [
    {
      by: "background session",
      says: "failure",
      word: "crashed",
      at: parseTime(job.updatedAt),
      file: job.path,
      line: null,
    },
  ];
}

function kindOf(needs: string): Waiting["for"] {
  if (/^answer/i.test(needs)) return "question";
  return /permission|approv|allow/i.test(needs) ? "permission" : "prompt";
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readSmallText(path));
  } catch {
    // Not a job's folder, or being written: the transcript speaks for itself.
    return null;
  }
}
