import { beganAt, type Delegation } from "../claims/delegation.ts";
import { findClaimedSessions } from "../claims/names.ts";
import { saysEnded } from "../claims/status-word.ts";
import { placeOf, type StatusReading } from "../claims/task-status.ts";
import type { Liveness, Stream } from "../evidence/stream.ts";
import { plainName, plainNameOrNull } from "../text/safe-text.ts";
import { splitSessions } from "./current-session.ts";
import { Groups, type Item, idOf, keyNames, shareKey } from "./groups.ts";
import { plainDelegation, plainReading, plainStream, visibleNames } from "./plain.ts";

/** Claims and evidence about one piece of work. */
export type Task = {
  /** Names the task over time: its id, else the place of its status file, else its worktree, request or session. */
  readonly key: string;
  readonly id: string | null;
  readonly status: StatusReading | null;
  /** Newest first; the first is the current one. */
  readonly delegations: readonly Delegation[];
  /** Its own sessions and logs, the most telling and newest first; sessions that a newer one followed are `attempts`. */
  readonly streams: readonly Stream[];
  /** Earlier sessions in the same worktree. */
  readonly attempts: readonly Stream[];
  /** Streams launched by one of `streams`, at any depth. */
  readonly children: readonly Stream[];
  /** The same of `attempts`. */
  readonly attemptChildren: readonly Stream[];
  /** The process that the claim names. */
  readonly process: Liveness | null;
  /** This task was launched by that one. */
  readonly parentKey: string | null;
  /** The name by which the record knows it, where that is another one. */
  readonly recordedAs?: string;
};

/** Everything that was found, before it is known what belongs together. */
export type Found = {
  readonly readings: readonly StatusReading[];
  readonly delegations: readonly Delegation[];
  readonly streams: readonly Stream[];
  /** Process facts of the claims, by path of the status file. */
  readonly processes: ReadonlyMap<string, Liveness>;
  /** A worktree as a delegation names it → its absolute path. */
  readonly resolveWorktree: (written: string) => string | null;
};

export type Joined = {
  readonly tasks: readonly Task[];
  /** Evidence that belongs to no task. */
  readonly unattributed: readonly Stream[];
};

/**
 * Joins claims and evidence by task id, request id, session id and worktree, in this order of strength. Two things with
 * different task ids are never one task, whatever else they share.
 */
export function joinTasks(found: Found): Joined {
  const groups = new Groups();
  const ownSessions = findClaimedSessions(found.readings);
  const streams = found.streams.map((written) => ({ written, stream: plainStream(written) }));
  const isUnread = ({ status, lastKnown }: StatusReading) => status === null && lastKnown !== undefined;
  const written = found.readings.some(isUnread) ? namesAsWritten(found) : new Map<string, string>();
  const items: Item[] = [
    ...found.readings.map((reading) => statusItem(reading, ownSessions, written)),
    ...found.delegations.map((delegation) => delegationItem(delegation, found)),
    ...streams.flatMap(({ written, stream }) => (isOwnWork(stream) ? [streamItem(written, stream)] : [])),
  ];
  for (const item of items) groups.add(item);
  for (const keyName of keyNames) {
    for (const sharing of shareKey(items, keyName)) groups.join(sharing, keyName);
  }
  attachByAgent(groups, items);
  const family: Family = {
    streams: new Map(streams.map(({ stream }) => [stream.key, stream])),
    launched: streams.flatMap(({ stream }) => (stream.parentKey === null ? [] : [stream])),
    groups: new Map(
      items.flatMap((item) => (item.stream === null ? [] : [[item.stream.key, groups.of(item)]])),
    ),
  };
  const tasks: Task[] = [];
  const unattributed: Stream[] = [];
  for (const group of groups.list()) {
    const own = group.flatMap(({ stream }) => (stream === null ? [] : [stream]));
    const isTask = group.some(
      ({ reading, delegation, stream }) => reading !== null || delegation !== null || stream?.role === "task",
    );
    if (!isTask) unattributed.push(...own);
    else tasks.push(toTask(group, found, family));
  }
  return { tasks, unattributed };
}

/** Streams by key, those that another one launched, and the group each belongs to. */
type Family = {
  readonly streams: ReadonlyMap<string, Stream>;
  readonly launched: readonly Stream[];
  readonly groups: ReadonlyMap<string, readonly Item[]>;
};

const empty = { reading: null, delegation: null, stream: null };

// A session that several files name (a worktree was copied) is that of the folder in which it works.
function statusItem(
  reading: StatusReading,
  ownSessions: ReadonlyMap<string, unknown>,
  written: ReadonlyMap<string, string>,
): Item {
  const { status, lastKnown, worktree } = reading;
  const known = (name: string | null = null) => (name === null ? null : (written.get(name) ?? name));
  const sessionId = status?.sessionId ?? known(lastKnown?.sessionId);
  const isOwn = sessionId !== null && (status === null || ownSessions.has(sessionId));
  return {
    ...empty,
    reading: plainReading(reading),
    ...visibleNames({
      taskId: status?.taskId ?? known(lastKnown?.taskId),
      requestId: status?.requestId ?? null,
      sessionId: isOwn ? sessionId : null,
      worktree,
    }),
  };
}

/** The names in delegations and streams, by what the record calls them: it cannot write each as it is written. */
function namesAsWritten({ delegations, streams }: Found): ReadonlyMap<string, string> {
  const all = [...delegations, ...streams.map(({ identity }) => identity)];
  const names = all.flatMap(({ taskId, sessionId }) => [taskId, sessionId]);
  return new Map(names.flatMap((name) => (name === null ? [] : [[plainName(name), name]])));
}

function delegationItem(delegation: Delegation, found: Found): Item {
  const { worktree } = delegation;
  return {
    ...empty,
    delegation: plainDelegation(delegation),
    ...visibleNames({
      ...delegation,
      worktree: worktree === null ? null : found.resolveWorktree(worktree),
    }),
  };
}

function streamItem(written: Stream, stream: Stream): Item {
  return { ...empty, stream, ...visibleNames(written.identity) };
}

// A sub-agent's session hangs below its parent unless it is a background task with an id of its own.
function isOwnWork(stream: Stream): boolean {
  return stream.parentKey === null || stream.role === "task";
}

// A challenge that names only an agent belongs to a task only if exactly one open task has that agent.
function attachByAgent(groups: Groups, items: readonly Item[]): void {
  for (const item of items) {
    const { stream } = item;
    const isNameless =
      item.taskId === null && item.requestId === null && item.sessionId === null && item.worktree === null;
    if (stream === null || !isNameless || stream.agent.name === null) continue;
    const owners = groups
      .list()
      .filter((group) => isOpen(group) && agentsOf(group).includes(stream.agent.name ?? ""));
    const owner = owners.length === 1 ? owners[0]?.[0] : undefined;
    if (owner !== undefined) groups.unite(owner, item);
  }
}

function isOpen(group: readonly Item[]): boolean {
  const isEnded =
    group.some(({ reading }) => saysEnded(reading?.status?.status ?? null)) ||
    (delegationsOf(group)[0]?.result ?? null) !== null;
  return !isEnded && group.some(({ reading, delegation }) => reading !== null || delegation !== null);
}

function agentsOf(group: readonly Item[]): string[] {
  return group.flatMap(({ reading, delegation }) =>
    [reading?.status?.agent, reading?.status?.subagentType, delegation?.request?.subagentType].filter(
      (name) => name != null,
    ),
  );
}

function toTask(group: readonly Item[], found: Found, family: Family): Task {
  const reading = group.find((item) => item.reading !== null)?.reading ?? null;
  const delegations = delegationsOf(group);
  const named = reading?.status?.sessionId ?? delegations[0]?.sessionId ?? null;
  const { streams, attempts } = splitSessions(
    group.flatMap(({ stream }) => (stream === null ? [] : [stream])),
    named,
  );
  const own = new Set(streams.map((stream) => stream.key));
  const launchedBy = (keys: ReadonlySet<string>) =>
    family.launched.filter((stream) => !own.has(stream.key) && descendsFrom(stream, keys, family.streams));
  const children = launchedBy(own);
  const followed = new Set(attempts.map((stream) => stream.key));
  const parent =
    streams.map((stream) => stream.parentKey).find((key) => key !== null && !own.has(key)) ?? null;
  const current = delegations[0];
  const first = streams[0];
  // The worktree's name is its root session's: work that a session launched there is named by its own.
  const isLaunched = parent !== null && reading === null && current === undefined;
  const id = plainNameOrNull(idOf(group)) ?? (isLaunched ? (first?.identity.sessionId ?? null) : null);
  return {
    key:
      id ??
      (reading === null ? null : placeOf(reading)) ??
      first?.identity.worktree ??
      current?.requestId ??
      first?.identity.sessionId ??
      first?.key ??
      "",
    id,
    status: reading,
    delegations,
    streams,
    attempts,
    children,
    attemptChildren: launchedBy(followed).filter((stream) => !children.includes(stream)),
    process: reading === null ? null : (found.processes.get(reading.path) ?? null),
    parentKey: parent !== null && family.groups.get(parent) !== group ? parent : null,
  };
}

/** The newest first, by when they were asked for. */
function delegationsOf(group: readonly Item[]): Delegation[] {
  return group
    .flatMap(({ delegation }) => (delegation === null ? [] : [delegation]))
    .sort((a, b) => beganAt(b) - beganAt(a) || (a.requestId < b.requestId ? -1 : 1));
}

function descendsFrom(
  stream: Stream,
  roots: ReadonlySet<string>,
  parents: ReadonlyMap<string, Stream>,
): boolean {
  let current: Stream | undefined = stream;
  // Ids come from files: a circle of parents must end.
  for (let depth = 0; depth < 16 && current !== undefined; depth += 1) {
    if (current.parentKey !== null && roots.has(current.parentKey)) return true;
    current = current.parentKey === null ? undefined : parents.get(current.parentKey);
  }
  return false;
}
