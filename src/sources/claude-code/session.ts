import type { Activity } from "../../core/evidence/activity.ts";
import { isUnasked } from "../../core/evidence/activity-since.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import { newestOf } from "../../core/text/version.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { worktreeAt } from "../../io/worktrees.ts";
import { type FileRead, FollowedFiles } from "../followed-files.ts";
import { personalNotes } from "../left-out.ts";
import { absent, type SourceContext, type SourceReading, unread } from "../source.ts";
import { type BareLook, readBareSessions } from "./bare-session.ts";
import { childNotes, findSubAgents, type SubAgent, settleChild, subAgentStream } from "./children.ts";
import {
  busyWith,
  endDead,
  findLiveness,
  isInteractive,
  isLeftToShell,
  otherPids,
  type Registered,
  readRegistry,
  reopenUnfinished,
  settleAsking,
  stirredAt,
  waitingOf,
} from "./liveness.ts";
import { readLogs } from "./log.ts";
import { deniedNotes, endIfOver, isAtPrompt, type TranscriptState } from "./memory.ts";
import {
  hasEnded,
  isSettled,
  isWatching,
  type Job,
  jobBusyWith,
  jobCrash,
  jobWaiting,
  lifeOfJob,
  observeJob,
  readJobs,
  reopenCrashed,
  titleOfJob,
} from "./notices.ts";
import {
  type Elsewhere,
  findHomes,
  findTranscripts,
  type Home,
  isClaudeLog,
  keyOf,
  type TranscriptFile,
} from "./paths.ts";
import { planEvent, planInFiles } from "./plan.ts";
import { dialectOf } from "./translate.ts";

type Read = FileRead<TranscriptState>;

const keptVersion = 5;

/** All sessions of the project, and what launchers kept of their output. */
export function collectSessions(context: SourceContext): SourceReading {
  const homes = findHomes(context.env);
  const logs = context.logs.filter(({ first }) => isClaudeLog(first));
  const [denied] = homes.denied;
  if (homes.found.length === 0 && logs.length === 0)
    return denied === undefined ? absent : unread("denied", denied.reason);
  const files = new FollowedFiles(context, keptVersion);
  const found = homes.found.map((home) => readSessions(home, context, files));
  const sessions = found.flatMap(({ streams }) => streams);
  const streams = [...sessions, ...readLogs(logs, sessions, context, files)];
  for (const { path, reason } of homes.denied) files.unreadable(path, reason);
  const personal = found.reduce((sum, each) => sum + each.personal, 0);
  return files.reading(streams, {
    notes: personalNotes("Claude Code", personal),
    newestVersion: newestOf(found.flatMap(({ versions }) => versions)),
  });
}

/**
 * What was found of a home: its streams, how many sessions of the main checkout are a person's own, and the versions that
 * wrote.
 */
type Sessions = {
  readonly streams: readonly Stream[];
  readonly personal: number;
  readonly versions: readonly (string | null)[];
};

/** Everything of a home that speaks of the project. */
function readSessions(home: Home, context: SourceContext, files: FollowedFiles): Sessions {
  const registry = readRegistry(home.path, files, context.processes);
  const jobs = readJobs(home.path, files);
  const found = findTranscripts(home, files, context, elsewhereOf(registry, jobs, context.processes));
  const look: Look = { ...context, files, registry, jobs, versions: [] };
  const background = found.filter(({ worktree, isBackground }) => worktree !== null || isBackground);
  const personal = found.filter((file) => !background.includes(file));
  const bare = readBareSessions(look, found);
  return {
    streams: [
      ...background.flatMap((file) => sessionStreams(file, look)),
      ...personal.flatMap((file) => isolatedStreams(file, look)),
      ...bare.streams,
    ],
    personal: personal.length + bare.personal,
    versions: look.versions,
  };
}

type Look = BareLook & { readonly files: FollowedFiles; readonly versions: (string | null)[] };

// In the order of trust. A process may have gone along when its worktree was moved.
function elsewhereOf(
  registry: ReadonlyMap<string, Registered>,
  jobs: ReadonlyMap<string, Job>,
  processes: Processes,
): Elsewhere {
  const known = new Map<string, { readonly folders: string[]; readonly isBackground: boolean }>();
  for (const [id, { entry, liveness }] of registry) {
    const lives = liveness.state === "alive" ? folderOfProcess(entry.pid, processes) : undefined;
    const folders = [entry.cwd, lives].filter((folder) => folder !== undefined);
    known.set(id, { folders, isBackground: entry.kind === "bg" });
  }
  for (const [id, { cwd, worktreePath }] of jobs) {
    const own = [worktreePath, cwd].filter((folder) => folder != null);
    known.set(id, { folders: [...(known.get(id)?.folders ?? []), ...own], isBackground: true });
  }
  return known;
}

function folderOfProcess(pid: number, processes: Processes): string | undefined {
  for (const [folder, pids] of processes.workingFolders()?.pids ?? []) if (pids.includes(pid)) return folder;
  return undefined;
}

/** The streams of one session: its own first, then its sub-agents'. */
function sessionStreams(found: TranscriptFile, look: Look): Stream[] {
  const read = look.files.follow(found.path, dialectOf("session", look.now));
  if (read === null || !read.memory.hasRecords) return [];
  look.versions.push(read.memory.version);
  const file = withPlace(found, read, look);
  const session = settle(file, read, look);
  const { activity, liveness, subAgents, registered, job, crash } = session;
  const isHeld = job !== null && isSettled(job);
  const life = job === null ? liveness : lifeOfJob(job, liveness, crash);
  const children = subAgents.map((child) => child.activity);
  const jobAsks = job === null ? null : jobWaiting(job, activity);
  const jobWaits = job === null ? null : jobBusyWith(job, activity);
  const isEnded = isHeld && activity.ended !== null && jobAsks === null && hasEnded(job);
  const isOwn = registered !== null && !isEnded && jobWaits === null;
  const parent: Stream = {
    source: "claude_code",
    kind: "transcript",
    file: file.path,
    key: keyOf(file.sessionId),
    identity: {
      taskId: null,
      requestId: null,
      sessionId: file.sessionId,
      worktree: file.worktree?.path ?? null,
    },
    parentKey: null,
    resume: null,
    // A person opened it and closed it again without a word: there was no work.
    role:
      isUnasked(activity) && read.memory.entrypoint === "cli" && life?.state === "gone" ? "evidence" : "task",
    title: read.memory.title ?? (job === null ? null : titleOfJob(job)),
    branch: read.memory.branch ?? file.worktree?.branch ?? null,
    agent: { kind: "claude_code", name: null },
    activity,
    isInteractive:
      jobAsks !== null ||
      (registered === null ? !isEnded && isAtPrompt(read.memory, life) : isOwn && isInteractive(registered)),
    liveness: life,
    waiting: jobAsks ?? (isOwn ? waitingOf(registered, activity, children) : null),
    stirredAt: isOwn && registered !== null ? stirredAt(registered) : null,
    busyWith: jobWaits ?? (isOwn ? busyWith(registered, activity, look.now) : null),
    mayBeSilent: jobWaits === null ? isOwn && isLeftToShell(registered) : job !== null && isWatching(job),
    restarting: crash?.isComing === true ? crash.says : null,
    claims: [],
    notes: [
      ...deniedNotes(read.memory, activity),
      ...childNotes(activity, subAgents, life?.state === "gone"),
    ],
  };
  return [parent, ...subAgents.map((child) => childStream(file, child, life, look))];
}

// Its records may say that it went into a worktree, where its file stayed behind.
function withPlace(file: TranscriptFile, { memory }: Read, { worktrees }: Look): TranscriptFile {
  if (file.isExact || memory.movedTo === null) return file;
  return { ...file, worktree: worktreeAt(worktrees, memory.movedTo) ?? file.worktree };
}

/** A session with what the files around its transcript add. */
type Session = {
  readonly activity: Activity;
  readonly liveness: Liveness | null;
  readonly subAgents: readonly SubAgent[];
  readonly registered: Registered | null;
  readonly job: Job | null;
  readonly crash: ReturnType<typeof jobCrash>;
};

function settle(file: TranscriptFile, read: Read, look: Look): Session {
  const registered = look.registry.get(file.sessionId) ?? null;
  const job = look.jobs.get(file.sessionId) ?? null;
  const activity = structuredClone(read.activity);
  // Records without a time: it was opened.
  activity.startedAt ??= registered?.entry.startedAt ?? null;
  const plan = planInFiles(file.home, file.sessionId);
  const lastAt = activity.lastActivityAt;
  if (plan !== null && lastAt !== null) observe(activity, planEvent(plan, lastAt, activity.lastLine));
  const liveness =
    registered?.liveness ??
    findLiveness([file.worktree?.path ?? look.root], read.memory, activity, {
      processes: look.processes,
      otherPids: otherPids(look.registry, file.sessionId),
    });
  if (registered !== null) endDead(activity, registered);
  settleAsking(activity, read.memory, registered);
  const subAgents = findSubAgents(file, look.files, look.since).flatMap((child) => {
    const childRead = look.files.follow(child.path, dialectOf("sub_agent", look.now));
    return childRead === null ? [] : [settleChild(activity, read, child, childRead, { ...look, liveness })];
  });
  if (subAgents.every((child) => child.activity.ended !== null))
    endIfOver(activity, read.memory, look.now, liveness);
  const isBusy = registered?.liveness.state === "alive" && registered.entry.status === "busy";
  if (job !== null) observeJob(activity, job, isBusy);
  const crash = job === null ? null : jobCrash(job, liveness, look.now);
  if (job !== null && crash !== null) reopenCrashed(activity, job, crash.isComing);
  else if (liveness !== null) reopenUnfinished(activity, read.memory, liveness, registered !== null);
  return { activity, liveness, subAgents, registered, job, crash };
}

// A sub-agent in a worktree of its own has a row there.
function childStream(file: TranscriptFile, child: SubAgent, liveness: Liveness | null, look: Look): Stream {
  const stream = subAgentStream(file, child, liveness);
  const path = child.file.worktreePath;
  const worktree = path === null ? null : worktreeAt(look.worktrees, path);
  if (worktree === null || worktree.path === file.worktree?.path) return stream;
  return {
    ...stream,
    identity: { ...stream.identity, worktree: worktree.path },
    role: "task",
    branch: worktree.branch ?? stream.branch,
  };
}

/** Of a person's own session only those sub-agents that work in worktrees of their own. */
function isolatedStreams(file: TranscriptFile, look: Look): Stream[] {
  const isIsolated = findSubAgents(file, look.files, look.since).some(
    ({ worktreePath }) => worktreePath !== null && worktreeAt(look.worktrees, worktreePath) !== null,
  );
  const read = isIsolated ? look.files.follow(file.path, dialectOf("session", look.now)) : null;
  if (read === null) return [];
  const { subAgents, liveness } = settle(file, read, look);
  return subAgents
    .map((child) => childStream(file, child, liveness, look))
    .filter(({ role }) => role === "task")
    .map((stream) => ({ ...stream, parentKey: null }));
}
