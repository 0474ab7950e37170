import { type Delegation, requestedAt } from "../claims/delegation.ts";
import type { TaskStatus } from "../claims/task-status.ts";
import type { Activity, OpenCall } from "../evidence/activity.ts";
import { activitySince } from "../evidence/activity-since.ts";
import {
  activeAt,
  idleOf,
  type Liveness,
  latestStream,
  nameOfWork,
  type Stream,
} from "../evidence/stream.ts";
import type { Task } from "../join/task.ts";
import { noPast, type TaskPast } from "../log/past.ts";
import type { Used } from "../log/recalled-event.ts";
import type { LoopFinding } from "../loops/finding.ts";
import { findLoop } from "../loops/loop.ts";
import { awakeMs, clockToleranceMs, latest } from "../text/time.ts";
import { overAt, worksAgain } from "./end-on-record.ts";
import { claimedProcess, livenessOf, withBelieved } from "./liveness.ts";
import { type AssessOptions, openToolSilenceMs } from "./options.ts";
import { type Terminal, terminalsOf } from "./terminals.ts";
import { type WaitingFor, waitingFor, withLimitHeld } from "./waiting-for.ts";
import { answeredAt, begunWith, sinceAnswer, startOf } from "./work-times.ts";

/** What the rules look at: claims and evidence of one task, weighed against each other at one moment. */
export type TaskFacts = {
  readonly task: Task;
  readonly now: number;
  readonly options: AssessOptions;
  /** The claim's own words, when the file could be read. */
  readonly claim: TaskStatus | null;
  /** The delegation that counts: the newest. */
  readonly delegation: Delegation | null;
  /** When it was asked for; a clock that runs ahead is not believed. */
  readonly requestedAt: number | null;
  /** The most telling stream that belongs to this attempt. */
  readonly current: Stream | null;
  readonly activity: Activity | null;
  /** Every stream of this attempt, children included. */
  readonly streams: readonly Stream[];
  /** The same and the sessions of this attempt that a newer one followed; and what all of them launched. */
  readonly sessions: readonly Stream[];
  readonly helpers: readonly Stream[];
  readonly terminals: readonly Terminal[];
  /** A transcript exists whose turn is not over. */
  readonly isTranscriptOpen: boolean;
  readonly liveness: Liveness | null;
  /** The last thing that any of its streams saw it do. */
  readonly lastActivityAt: number | null;
  readonly lastActivityIn: Stream | null;
  /** Silence since then, without the time in which the machine slept. */
  readonly idleMs: number | null;
  /** The open call that began first. */
  readonly openCall: OpenCall | null;
  readonly openCalls: readonly OpenCall[];
  /** The longest time limit that an open call of a sub-agent has of its own; milliseconds, 0 where none has. */
  readonly childLimitMs: number;
  readonly waiting: WaitingFor | null;
  /** Sub-agents and background shells that still work. */
  readonly runningChildren: readonly string[];
  /** What goes round in its sessions that are open: looked for once, when a rule first asks. */
  readonly loops: () => readonly { readonly finding: LoopFinding; readonly stream: Stream }[];
  /** When the work of this attempt began, as far as anything says: not when it was put in a queue. */
  readonly startedAt: number | null;
  /** What earlier looks recorded. */
  readonly past: TaskPast;
  /** An end is on record, and this is a later attempt. */
  readonly isAgain: boolean;
  /** What its session, or log, counted before this attempt; null where that is not on record. */
  readonly earlier: Used | null;
};

const nothingUnseen: ReadonlyMap<string, number> = new Map();

/** Weighs what is known of `task` at `now` (epoch milliseconds); `past`: what earlier looks recorded of it. */
export function gatherFacts(
  task: Task,
  now: number,
  options: AssessOptions,
  past: TaskPast = noPast,
): TaskFacts {
  const claim = task.status?.status ?? null;
  const delegation = task.delegations[0] ?? null;
  // What ended before this attempt began is an earlier attempt's, and its silence is not this one's.
  const askedAt = delegation === null ? null : requestedAt(delegation);
  const believedAt = askedAt !== null && askedAt > now + clockToleranceMs ? null : askedAt;
  const attemptAt = latest([claim?.createdAt, claim?.startedAt, believedAt]);
  const isAgain = past.end !== null && worksAgain(task, past.end);
  const claimedFrom = attemptAt === null ? Number.NEGATIVE_INFINITY : attemptAt - clockToleranceMs;
  const attemptFrom = Math.max(
    claimedFrom,
    isAgain && past.end !== null ? overAt(past.end) + 1 : Number.NEGATIVE_INFINITY,
  );
  const isOfAttempt = (at: number | null) => at === null || at >= attemptFrom;
  const attempt = speakingFor(
    task.streams.filter((stream) => isOfAttempt(stream.activity.lastActivityAt)),
  ).map((stream) => ({ ...stream, activity: activitySince(stream.activity, attemptFrom) }));
  const last = latestStream([...attempt, ...task.children], now);
  const lastActivityAt = last === null ? null : activeAt(last.activity, now);
  const { unseenSince = nothingUnseen, isNothingRunning = false } = options;
  const look = { now, lastActivityAt, unseenSince, isNothingRunning };
  const claimed = claimedProcess(task, attempt, look);
  const own = attempt.map((stream) => withLimitHeld(withBelieved(stream, look), claimed, now));
  const children = task.children.map((child) =>
    withBelieved(child, { ...look, lastActivityAt: activeAt(child.activity, now) }),
  );
  // A background task that it launched has a row of its own; its activity still counts as this one's.
  const streams = [...own, ...children.filter(({ role }) => role === "evidence")];
  const current = own[0] ?? null;
  const liveness = livenessOf(task, own, claimed, look, options);
  const isGone = liveness?.state === "gone";
  const answered = answeredAt(streams, past, now);
  const running = isGone ? [] : runningChildren(own, children, now, options);
  // A dead process runs no call, whatever its records say.
  const openCalls = isGone ? [] : own.flatMap(({ activity }) => activity.openCalls.map(begunWith(answered)));
  const { gaps = [] } = options;
  const waiting = waitingFor(streams, current, running.length > 0, now, options);
  const idleMs = idleOf(last, now, gaps);
  // What a session used before its recorded end is taken off as a whole, with what it followed.
  const ended = past.end?.sessionId === (current?.identity.sessionId ?? null) ? past.end : null;
  const goesOn = isAgain && ended !== null;
  const isCounted = (at: number | null) => at === null || at >= (goesOn ? claimedFrom : attemptFrom);
  return {
    task: { ...task, children },
    now,
    options,
    claim,
    delegation,
    requestedAt: believedAt,
    current,
    activity: current?.activity ?? null,
    streams,
    sessions: [...own, ...task.attempts.filter(({ activity }) => isCounted(activity.lastActivityAt))],
    helpers: [...task.children, ...task.attemptChildren],
    // A result is its request's, whatever the clock of its writer says.
    terminals: terminalsOf(own, delegation).filter(({ at, by }) =>
      isOfAttempt(by === "result" ? latest([at, believedAt]) : at),
    ),
    isTranscriptOpen: own.some(
      ({ kind, activity }) =>
        kind === "transcript" && activity.lastActivityAt !== null && activity.ended === null,
    ),
    liveness,
    lastActivityAt,
    lastActivityIn: last,
    // What is still asked has no answer.
    idleMs: waiting === null ? sinceAnswer(idleMs, answered, now, gaps) : idleMs,
    openCall: firstBegun(openCalls),
    openCalls,
    childLimitMs: callLimitMs(children.filter(isAtWork)),
    waiting,
    runningChildren: running,
    loops: once(() => loopsIn(streams, now)),
    startedAt: startOf(own, task, past, believedAt, { isAgain, stuckAfterMs: options.stuckAfterMs }),
    past,
    isAgain,
    earlier: (isAgain ? ended?.used : ended?.usedBefore) ?? null,
  };
}

// What ended does not go round any more, and of the dead the process rule speaks.
function loopsIn(streams: readonly Stream[], now: number): ReturnType<TaskFacts["loops"]> {
  return streams.flatMap((stream) => {
    if (stream.activity.ended !== null || stream.liveness?.state === "gone") return [];
    const finding = findLoop(stream.activity, { now });
    return finding === null ? [] : [{ finding, stream }];
  });
}

function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | null = null;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}

// Changed files may be a person's: they count only where no transcript or log tells of calls.
function speakingFor(streams: readonly Stream[]): readonly Stream[] {
  const agents = streams.filter(({ kind }) => kind !== "files");
  const hasCalls = ({ kind, activity }: Stream) =>
    kind === "transcript" || activity.callCount > 0 || activity.openCalls.length > 0;
  return agents.some(hasCalls) ? agents : streams;
}

function firstBegun(calls: readonly OpenCall[]): OpenCall | null {
  return calls.reduce<OpenCall | null>(
    (first, call) => (first === null || call.startedAt < first.startedAt ? call : first),
    null,
  );
}

/** Sub-agents and background shells that still work, by name. */
function runningChildren(
  own: readonly Stream[],
  children: readonly Stream[],
  now: number,
  options: AssessOptions,
): string[] {
  const isRecent = (at: number | null, limitMs = 0) =>
    at !== null && awakeMs(at, now, options.gaps ?? []) < Math.max(openToolSilenceMs(options), limitMs);
  const over = new Set(
    children.flatMap(({ identity, activity }) => (activity.ended === null ? [] : [identity.sessionId])),
  );
  const launched = own.flatMap(({ activity }) =>
    activity.children.filter(
      (child) =>
        child.endedAt === null &&
        !over.has(child.id) &&
        isRecent(Math.max(child.startedAt, activity.lastActivityAt ?? 0)),
    ),
  );
  const names = new Map(launched.map(({ id, title }) => [id, title]));
  for (const child of children) {
    const { key, identity, agent, activity } = child;
    // Long silent and not over is no reason to call its parent done, until that goes on without it.
    const lastAt = activity.lastActivityAt ?? 0;
    const isLeft = own.some((parent) => (parent.activity.lastUserMessageAt ?? 0) > lastAt);
    if (!isAtWork(child) || (isLeft && !isRecent(lastAt, callLimitMs([child])))) continue;
    const id = identity.sessionId ?? identity.taskId ?? key;
    names.set(id, names.get(id) ?? nameOfWork(child) ?? agent.name ?? "a sub-agent");
  }
  const named = [...names].map(([id, name]) => name ?? id);
  // A registry that only says "busy" means the children that have a name.
  return named.length > 0 ? named : own.flatMap(({ busyWith }) => (busyWith === null ? [] : [busyWith]));
}

/** The longest time limit that an open call of these has of its own, in milliseconds; 0 where none has. */
function callLimitMs(streams: readonly Stream[]): number {
  return Math.max(
    0,
    ...streams.flatMap(({ activity }) => activity.openCalls.map(({ timeoutMs }) => timeoutMs ?? 0)),
  );
}

/** Whether it is a stream of work that has not ended, as far as is known. */
export function isAtWork({ activity, liveness }: Stream): boolean {
  return activity.lastActivityAt !== null && activity.ended === null && liveness?.state !== "gone";
}
