import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import { formatDuration } from "../../core/text/duration.ts";
import { type Worktree, worktreeOf } from "../../io/worktrees.ts";
import { announcedEnd, claimsAbout, handoverNotes, type Origin } from "./announced-children.ts";
import {
  asBackground,
  bareTitle,
  busyWith,
  type ChildBuilt,
  cutOffEvents,
  familyEvents,
  type Launch,
  lastLaunches,
  outlived,
  strandedNotes,
  unknownLaunch,
} from "./children.ts";
import { retryEvents, retryNotes } from "./log.ts";
import {
  foldSession,
  keyOf,
  type Opened,
  openSession,
  type Surroundings,
  streamBase,
  unchangedSession,
} from "./opened-session.ts";
import { readBoulder } from "./plan.ts";
import { queuedStream } from "./queued-session.ts";
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
  /** A later generation has it, too. */
  readonly isSuperseded: (id: string) => boolean;
  readonly visited: Set<string>;
  readonly streams: Stream[];
  readonly counted: {
    events: number;
    newestAt: number;
    cutSessions: number;
    frozenSessions: number;
    isCapped: boolean;
  };
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
  if (run.visited.has(session.id) || depth > maxDepth || run.isSuperseded(session.id)) return null;
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
  const { events, activity, agent, lastMessageAt, hasAnswer } =
    known === null
      ? foldSession(opened, store, around)
      : { events: [], ...known.kept, activity: known.activity, hasAnswer: true };
  const planned = planEvent(plan, lastMessageAt ?? session.createdAt);
  if (planned !== null) observe(activity, planned);
  const traces = {
    log: around.log,
    heartbeat: around.heartbeats.get(opened.folder) ?? null,
  };
  const launch = origin === null ? null : outlived(origin.launch, activity);
  const from = origin === null || launch === null ? null : { ...origin, launch };
  const more = [
    ...archivedEvents(session, activity),
    ...idleEvents(session, activity),
    ...unclaimedEvents(session, activity, around.now),
    ...cutOffEvents(activity, launch),
    ...(from === null ? [] : announcedEnd(from, activity, { hasAnswer, now: around.now })),
    ...familyEvents(children),
    ...retryEvents(activity, { id: session.id, agent }, traces, around.now),
  ];
  for (const event of more) observe(activity, event);
  for (const { at } of [...events, ...(planned === null ? [] : [planned]), ...more]) {
    if (at > around.seenUntil) run.counted.events += 1;
    run.counted.newestAt = Math.max(run.counted.newestAt, at);
  }
  if (run.isOpenOnly && activity.ended !== null) return null;
  if (isFrozen(activity, store)) {
    run.counted.frozenSessions += 1;
    return null;
  }
  if (!opened.conversation.isWhole) run.counted.cutSessions += 1;
  const liveness = activity.ended === null ? livenessOf(activity, opened.folder, launch, around) : null;
  const stream: Stream = {
    ...streamBase(opened, launch, store.fileOf(session)),
    key: keyOf(session.id),
    parentKey: launch === null ? null : keyOf(launch.parent.id),
    resume: null,
    role: launch === null || launch.isBackground ? "task" : "evidence",
    title: launch?.title ?? bareTitle(session.title),
    agent: { kind: "opencode", name: agent ?? launch?.agent ?? null },
    activity,
    liveness,
    busyWith: activity.ended === null ? null : busyWith(children),
    claims: from === null ? [] : claimsAbout(from, activity),
    notes: [
      // Where its process is gone, that says all.
      ...(liveness?.state === "gone" ? [] : openNotes(activity, children, around.now)),
      ...resumeNotes(session, activity),
      ...(from === null ? [] : handoverNotes(from, activity, around.now)),
    ],
  };
  run.streams.push(stream);
  return stream;
}

function openNotes(activity: Activity, children: readonly ChildBuilt[], now: number): string[] {
  return [
    ...overdueNotes(activity, now),
    ...strandedNotes(children, activity, now),
    ...retryNotes(activity, now),
  ];
}

/** A person archived it: it is out of every list, and over, unless something happened since. */
function archivedEvents({ archivedAt }: SessionRow, { ended, lastActivityAt }: Activity): AgentEvent[] {
  if (archivedAt === null || ended !== null || (lastActivityAt ?? 0) > archivedAt) return [];
  return [{ type: "turn_ended", at: archivedAt, outcome: "cancelled", message: "archived" }];
}

/** OpenCode 2 says when a session fell idle, and how. */
function idleEvents({ idle }: SessionRow, { ended, lastUserMessageAt }: Activity): AgentEvent[] {
  if (idle === null || idle.at < (lastUserMessageAt ?? 0)) return [];
  const isKnown = ended !== null && (idle.outcome === "success" || ended.outcome !== "success");
  if (isKnown) return [];
  return [{ type: "turn_ended", at: idle.at, outcome: idle.outcome, message: idle.error }];
}

/** A claim is there before the turn's first sign. */
const claimWithinMs = 30_000;

/** Nothing works on an open turn that nobody claims, nor will: a restarted server gives up what waited for its parent. */
function unclaimedEvents(
  { claim, idle }: SessionRow,
  { ended, lastActivityAt, lastUserMessageAt }: Activity,
  now: number,
): AgentEvent[] {
  const isOver = idle !== null && idle.at >= (lastUserMessageAt ?? 0);
  if (claim?.isHeld !== false || ended !== null || isOver || lastActivityAt === null) return [];
  if (now - lastActivityAt < claimWithinMs) return [];
  const message = "no server claims its turn: nothing goes on with it";
  return [{ type: "turn_ended", at: lastActivityAt, outcome: "failure", message }];
}

/** It went on, if at all, in the tables of a later generation. */
function isFrozen({ ended, lastActivityAt }: Activity, { frozenAt }: Store): boolean {
  return ended === null && frozenAt !== null && (lastActivityAt ?? 0) < frozenAt;
}

function buildChildren(opened: Opened, run: Run, depth: number): ChildBuilt[] {
  const { session, conversation, launches, told } = opened;
  const launched = new Set(launches.flatMap((launch) => [launch.sessionId, ...launch.failedSessions]));
  const calls = [...conversation.parts.values()].flat();
  const others = opened.children
    .filter((child) => !launched.has(child.id))
    .map((child) => unknownLaunch(session, child, calls, conversation.messages));
  const queued: Origin[] = [];
  const built = lastLaunches([...launches, ...others]).flatMap((launch) => {
    const isRecent =
      launch.at >= run.around.selection.since ||
      (launch.sessionId !== null && run.recent.has(launch.sessionId));
    const isSilent = launch.sessionId !== null && run.silent.has(launch.sessionId);
    if (!isRecent && !isSilent) return [];
    const below = isRecent ? run : { ...run, isOpenOnly: true };
    const origin = { launch, told, parent: conversation };
    const child = launch.sessionId === null ? null : run.store.session(launch.sessionId);
    if (child === null) {
      const isOver = run.store.frozenAt !== null && launch.at < run.store.frozenAt;
      if (launch.isBackground && !isOver) queued.push(origin);
      return [];
    }
    const stream = buildSession(child, origin, below, depth + 1);
    if (stream === null) return [];
    return [
      { launch: stream.role === "task" && !launch.isBackground ? asBackground(launch) : launch, stream },
    ];
  });
  return [...built, ...queued.map((origin) => buildQueued(origin, opened, built, run))];
}

function buildQueued(
  origin: Origin,
  opened: Opened,
  siblings: readonly ChildBuilt[],
  { store, around, streams }: Run,
): ChildBuilt {
  const stream = queuedStream(origin, opened, siblings, store.fileOf(opened.session), around);
  streams.push(stream);
  return { launch: origin.launch, stream };
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

/** How often a turn of OpenCode 2 went on after the death of its server (it gives up after ten), for people. */
function resumeNotes({ claim }: SessionRow, { ended }: Activity): string[] {
  if (ended !== null || claim === null || claim.resumed === 0) return [];
  return [
    `its server died during this turn: resumed ${claim.resumed} ${claim.resumed === 1 ? "time" : "times"}`,
  ];
}

const graceMs = 10_000;

/**
 * Calls that are open beyond their own time limit, for people. OpenCode stops a command then: such a call belongs to a dead
 * process, or waits for a permission.
 */
function overdueNotes({ ended, openCalls, waiting }: Activity, now: number): string[] {
  // What waits for its permission has not begun.
  if (ended !== null || waiting?.for === "permission") return [];
  return openCalls.flatMap(({ tool, timeoutMs, startedAt }) => {
    const overMs = timeoutMs === null ? 0 : now - startedAt - timeoutMs;
    if (timeoutMs === null || overMs <= graceMs) return [];
    return [
      `${tool} is open ${formatDuration(overMs)} beyond its own time limit of ${formatDuration(timeoutMs)}`,
    ];
  });
}
