import type { Activity } from "../../core/evidence/activity.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import { formatDuration } from "../../core/text/duration.ts";
import { type Worktree, worktreeOf } from "../../io/worktrees.ts";
import {
  bareTitle,
  busyWith,
  type ChildBuilt,
  claimsAbout,
  cutOffEvents,
  familyEvents,
  handoverNotes,
  type Launch,
  lastLaunches,
  type Origin,
  unknownLaunch,
} from "./children.ts";
import { retryEvents } from "./log.ts";
import {
  foldSession,
  type Opened,
  openSession,
  type Surroundings,
  unchangedSession,
} from "./opened-session.ts";
import { readBoulder } from "./plan.ts";
import { type SessionRow, type Store, sessionsRead } from "./records.ts";
import { isShellModeOnly, planEvent } from "./translate.ts";

/** Background tasks may launch others, three deep. */
export const maxDepth = 8;

/** One look at one store. */
export type Run = {
  readonly store: Store;
  readonly around: Surroundings;
  readonly recent: ReadonlySet<string>;
  /** Long silent, but open, with those above them. */
  readonly silent: ReadonlySet<string>;
  readonly visited: Set<string>;
  readonly streams: Stream[];
  readonly counted: { events: number; newestAt: number; cutSessions: number; isCapped: boolean };
  /** What has ended is left out. */
  readonly isOpenOnly: boolean;
};

/** Reads a session and, below it, what it launched; null when it is not reported, or was read already. */
export function buildSession(
  session: SessionRow,
  origin: Origin | null,
  run: Run,
  depth: number,
): Stream | null {
  if (run.visited.has(session.id) || depth > maxDepth) return null;
  run.visited.add(session.id);
  const { store, around } = run;
  const folder = around.folderOf(session.directory);
  const worktree = worktreeFor(session, folder, around);
  const known = around.kept.recall(session.id, store);
  if (known === null && !around.budget.allows(store.fileOf(session))) return null;
  const opened =
    known === null
      ? openSession(session, folder, store, worktree)
      : unchangedSession(session, folder, worktree, known.kept);
  if (opened.children.length >= sessionsRead) run.counted.isCapped = true;
  // Children first: what a parent does depends on what they still do.
  const children = buildChildren(opened, run, depth);
  // A person's own session in the main checkout is nobody's background task.
  if (origin === null && (opened.worktree === null || isShellModeOnly(opened.conversation))) return null;
  const plan = {
    todos: store.todos(session.id),
    boxes: readBoulder(opened.folder, around.root, session.id, around.problems),
  };
  const { events, activity, agent, lastMessageAt } =
    known === null
      ? foldSession(opened, store, around)
      : { events: [], ...known.kept, activity: known.activity };
  const planned = planEvent(plan, lastMessageAt ?? session.createdAt);
  if (planned !== null) observe(activity, planned);
  const traces = {
    requests: activity.ended === null ? around.failedRequests() : [],
    heartbeat: around.heartbeats.get(opened.folder) ?? null,
  };
  const launch = origin?.launch ?? null;
  const more = [
    ...cutOffEvents(activity, launch),
    ...familyEvents(children),
    ...retryEvents(activity, { id: session.id, agent }, traces, around.now),
  ];
  for (const event of more) observe(activity, event);
  for (const { at } of [...events, ...(planned === null ? [] : [planned]), ...more]) {
    if (at > around.seenUntil) run.counted.events += 1;
    run.counted.newestAt = Math.max(run.counted.newestAt, at);
  }
  if (run.isOpenOnly && activity.ended !== null) return null;
  if (!opened.conversation.isWhole) run.counted.cutSessions += 1;
  const stream: Stream = {
    ...streamBase(opened, launch, store.fileOf(session)),
    key: keyOf(session.id),
    parentKey: launch === null ? null : keyOf(launch.parent.id),
    role: launch === null || launch.isBackground ? "task" : "evidence",
    title: launch?.title ?? bareTitle(session.title),
    agent: { kind: "opencode", name: agent ?? launch?.agent ?? null },
    activity,
    liveness: activity.ended === null ? livenessOf(activity, opened.folder, launch, around) : null,
    busyWith: activity.ended === null ? null : busyWith(children),
    claims: origin === null ? [] : claimsAbout(origin),
    notes: [
      ...overdueNotes(activity, around.now),
      ...(origin === null ? [] : handoverNotes(origin, activity, around.now)),
    ],
  };
  run.streams.push(stream);
  return stream;
}

function buildChildren(opened: Opened, run: Run, depth: number): ChildBuilt[] {
  const launched = new Set(opened.launches.flatMap((launch) => [launch.sessionId, ...launch.failedSessions]));
  const forks = opened.children
    .filter((child) => !launched.has(child.id))
    .map((child) => unknownLaunch(opened.session, child));
  return lastLaunches([...opened.launches, ...forks]).flatMap((launch) => {
    const isRecent =
      launch.at >= run.around.selection.since ||
      (launch.sessionId !== null && run.recent.has(launch.sessionId));
    const isSilent = launch.sessionId !== null && run.silent.has(launch.sessionId);
    if (!isRecent && !isSilent) return [];
    const below = isRecent ? run : { ...run, isOpenOnly: true };
    const origin = { launch, told: opened.told, parent: opened.conversation };
    const child = launch.sessionId === null ? null : run.store.session(launch.sessionId);
    if (child === null && !launch.isBackground) return [];
    const stream =
      child === null ? buildQueued(origin, opened, run) : buildSession(child, origin, below, depth + 1);
    return stream === null ? [] : [{ launch, stream }];
  });
}

function buildQueued(origin: Origin, opened: Opened, { store, around, streams }: Run): Stream {
  const stream = queuedStream(origin, opened, store.fileOf(opened.session), around);
  streams.push(stream);
  return stream;
}

function livenessOf(
  activity: Activity,
  folder: string,
  launch: Launch | null,
  around: Surroundings,
): Liveness {
  const found = around.liveness(folder, activity.lastActivityAt ?? around.now);
  if (found.state !== "unknown") return found;
  const jobs = around.heartbeats.get(folder)?.jobs.filter((job) => job.title === launch?.title) ?? [];
  return jobs.length === 1 && jobs[0]?.status === "running"
    ? { state: "alive", pid: null, says: "the plugin's heartbeat shows it running" }
    : found;
}

function worktreeFor({ id }: SessionRow, folder: string, around: Surroundings): Worktree | null {
  return worktreeOf(around.worktrees, folder) ?? around.claimedSessions.get(id) ?? null;
}

/** A background task without a session: it waits for a free slot, or its session is lost. `opened` is its parent's. */
export function queuedStream(origin: Origin, opened: Opened, file: string, around: Surroundings): Stream {
  const { launch } = origin;
  const jobs = around.heartbeats.get(opened.folder)?.jobs ?? [];
  const isPending = jobs.some((job) => job.title === launch.title && job.status === "pending");
  return {
    ...streamBase(opened, launch, file),
    key: `opencode:${launch.taskId ?? launch.sessionId ?? launch.partId}`,
    parentKey: keyOf(opened.session.id),
    role: "task",
    title: launch.title,
    agent: { kind: "opencode", name: launch.agent },
    // Its launch is the only sign of it so far.
    activity: observe(emptyActivity(), { type: "active", at: launch.at }),
    liveness: around.liveness(opened.folder, launch.at),
    busyWith: null,
    claims: claimsAbout(origin),
    notes: [
      launch.sessionId !== null
        ? "its session cannot be found"
        : isPending
          ? "queued: waits for a free slot"
          : "launched, but it has no session yet",
    ],
  };
}

export function keyOf(sessionId: string): string {
  return `opencode:${sessionId}`;
}

/** What is the same in the stream of a session and in that of a place in the queue. */
export function streamBase({ session, worktree }: Opened, launch: Launch | null, file: string) {
  return {
    source: "opencode",
    kind: "transcript",
    file,
    identity: {
      taskId: launch?.taskId ?? null,
      requestId: null,
      sessionId: launch === null ? session.id : launch.sessionId,
      worktree: worktree?.path ?? null,
    },
    branch: worktree?.branch ?? null,
    // `opencode run` and background children end by themselves; nothing on disk marks the others.
    isInteractive: false,
    waiting: null,
  } as const;
}

const graceMs = 10_000;

/**
 * Calls that are open beyond their own time limit, for people. OpenCode stops a command then: such a call belongs to a dead
 * process, or waits for a permission.
 */
export function overdueNotes({ ended, openCalls }: Activity, now: number): string[] {
  if (ended !== null) return [];
  return openCalls.flatMap(({ tool, timeoutMs, startedAt }) => {
    const overMs = timeoutMs === null ? 0 : now - startedAt - timeoutMs;
    if (timeoutMs === null || overMs <= graceMs) return [];
    return [
      `${tool} is open ${formatDuration(overMs)} beyond its own time limit of ${formatDuration(timeoutMs)}`,
    ];
  });
}
