import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import { type FileRead, FollowedFiles } from "../followed-files.ts";
import { absent, type SourceContext, type SourceReading, unread } from "../source.ts";
import { endChild, findSubAgents, type SubAgentRead, subAgentStream } from "./children.ts";
import {
  busyWith,
  isInteractive,
  type Registered,
  readRegistry,
  searchProcess,
  stirredAt,
  waitingOf,
} from "./liveness.ts";
import { readLogs } from "./log.ts";
import { endsWithItsTurn, isAtPrompt, isBeforeRegistry, type TranscriptState } from "./memory.ts";
import { type Job, jobClaims, jobEnd, jobWaiting, readJobs } from "./notices.ts";
import { findHomes, findTranscripts, type Home, isClaudeLog, keyOf, type TranscriptFile } from "./paths.ts";
import { planEvent, planInFiles } from "./plan.ts";
import { dialectOf } from "./translate.ts";

type Read = FileRead<TranscriptState>;

const keptVersion = 2;
const Checkpoint = z.object({ version: z.literal(keptVersion), files: z.record(z.string(), z.unknown()) });

/** All sessions of the project, and what launchers kept of their output. */
export function collectSessions(context: SourceContext): SourceReading {
  const homes = findHomes(context.env);
  const logs = context.logs.filter(({ first }) => isClaudeLog(first));
  const [denied] = homes.denied;
  if (homes.found.length === 0 && logs.length === 0)
    return denied === undefined ? absent : unread("denied", denied.reason);
  const files = new FollowedFiles(context, Checkpoint.safeParse(context.checkpoint).data?.files ?? {});
  const sessions = homes.found.flatMap((home) => readSessions(home, context, files));
  const streams = [...sessions, ...readLogs(logs, sessions, context, files)];
  for (const { path, reason } of homes.denied) files.unreadable(path, reason);
  return files.reading(streams, { version: keptVersion, files: files.kept });
}

/** The streams of all sessions of a home. */
function readSessions(home: Home, context: SourceContext, files: FollowedFiles): Stream[] {
  const registry = readRegistry(home.path, files, context.processes);
  const jobs = readJobs(home.path, files);
  const session = dialectOf("session", context.now);
  const subAgent = dialectOf("sub_agent", context.now);
  return findTranscripts(home, files, context).flatMap((file) => {
    const read = files.follow(file.path, session);
    if (read === null || !read.memory.hasRecords) return [];
    const subAgents = findSubAgents(file, files, context.since).flatMap((child) => {
      const childRead = files.follow(child.path, subAgent);
      return childRead === null ? [] : [{ file: child, read: childRead }];
    });
    return sessionStreams(file, read, {
      registered: registry.get(file.sessionId) ?? null,
      job: jobs.get(file.sessionId) ?? null,
      subAgents,
      processes: context.processes,
      otherPids: livePids(registry, file.sessionId),
    });
  });
}

function livePids(registry: ReadonlyMap<string, Registered>, ownSession: string): ReadonlySet<number> {
  return new Set(
    [...registry].flatMap(([session, { entry, liveness }]) =>
      session !== ownSession && liveness.state === "alive" ? [entry.pid] : [],
    ),
  );
}

/** What else is known of a session: its process, its background job, its sub-agents. */
type Surroundings = {
  readonly registered: Registered | null;
  readonly job: Job | null;
  readonly subAgents: readonly SubAgentRead[];
  readonly processes: Processes;
  /** Living processes of other sessions. */
  readonly otherPids: ReadonlySet<number>;
};

/** The streams of one session: its own first, then its sub-agents'. */
function sessionStreams(file: TranscriptFile, read: Read, around: Surroundings): Stream[] {
  const { registered, job } = around;
  const activity = completed(file, read, around);
  const liveness = registered?.liveness ?? exited(read.memory, activity) ?? searched(file, read, around);
  if (liveness !== null) reopenUnfinished(activity, read, liveness, registered !== null);
  const parent: Stream = {
    source: "claude_code",
    kind: "transcript",
    file: file.path,
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
    stirredAt: registered === null ? null : stirredAt(registered),
    busyWith: registered === null ? null : busyWith(registered, activity),
    claims: job === null ? [] : jobClaims(job),
    notes: job?.state === "crashed" ? [`background session crashed: ${job.detail ?? "no reason given"}`] : [],
  };
  return [parent, ...around.subAgents.map((child) => subAgentStream(file, child, liveness))];
}

/** The activity with what the files around the transcript add; the kept one stays as it is. */
function completed(file: TranscriptFile, read: Read, around: Surroundings): Activity {
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
function reopenUnfinished(activity: Activity, { memory }: Read, { state }: Liveness, isLeft: boolean): void {
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

// A living process of 2.1 stands in the registry: what is found without an entry there is another session's.
function searched(
  { worktree }: TranscriptFile,
  { memory, activity }: Read,
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
