import type { Activity, OpenCall, Waiting } from "./activity.ts";
import { activitySince } from "./activity-since.ts";
import type { AssessOptions } from "./assess-options.ts";
import { type Delegation, requestedAt } from "./delegation.ts";
import { awakeMs } from "./gaps.ts";
import { activeAt, latestStream } from "./last-activity.ts";
import { callLimitMs, isAtWork, runningChildren } from "./running-children.ts";
import { type Liveness, type SourceId, type Stream, sourceRank } from "./stream.ts";
import type { Task } from "./task.ts";
import { livenessOf } from "./task-liveness.ts";
import { clockToleranceMs, type TaskStatus } from "./task-status.ts";
import { type Terminal, terminalsOf } from "./terminals.ts";
import { earliest, latest } from "./time.ts";

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
  /** What the terminal records of this attempt say: transcript first. */
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
  /** The longest time limit that an open call has of its own, its sub-agents' included; milliseconds, 0 where none has. */
  readonly callLimitMs: number;
  readonly waiting: { readonly waiting: Waiting; readonly stream: Stream } | null;
  /** Sub-agents and background shells that still work. */
  readonly runningChildren: readonly string[];
  /** When this attempt began, as far as anything says. */
  readonly startedAt: number | null;
};

/** Weighs what is known of `task` at `now` (epoch milliseconds). */
export function gatherFacts(task: Task, now: number, options: AssessOptions): TaskFacts {
  const claim = task.status?.status ?? null;
  const delegation = task.delegations[0] ?? null;
  // What ended before this attempt began is an earlier attempt's, and its silence is not this one's.
  const askedAt = delegation === null ? null : requestedAt(delegation);
  const believedAt = askedAt !== null && askedAt > now + clockToleranceMs ? null : askedAt;
  const attemptAt = latest([claim?.createdAt, claim?.startedAt, believedAt]);
  const attemptFrom = attemptAt === null ? Number.NEGATIVE_INFINITY : attemptAt - clockToleranceMs;
  const isOfAttempt = (at: number | null) => at === null || at >= attemptFrom;
  const own = speakingFor(task.streams.filter((stream) => isOfAttempt(stream.activity.lastActivityAt))).map(
    (stream) => ({ ...stream, activity: activitySince(stream.activity, attemptFrom) }),
  );
  // A background task that it launched has a row of its own; its activity still counts as this one's.
  const streams = [...own, ...task.children.filter(({ role }) => role === "evidence")];
  const current = own[0] ?? null;
  const last = latestStream([...own, ...task.children], now);
  const lastActivityAt = last === null ? null : activeAt(last.activity, now);
  const liveness = livenessOf(task, own, lastActivityAt, now, options);
  return {
    task,
    now,
    options,
    claim,
    delegation,
    requestedAt: believedAt,
    current,
    activity: current?.activity ?? null,
    streams,
    // A result is its request's, whatever the clock of its writer says.
    terminals: terminalsOf(own, delegation).filter(({ at, by }) =>
      isOfAttempt(by === "result" ? latest([at, believedAt]) : at),
    ),
    isTranscriptOpen: own.some(
      ({ source, activity }) =>
        isTranscript(source) && activity.lastActivityAt !== null && activity.ended === null,
    ),
    liveness,
    lastActivityAt,
    lastActivityIn: last,
    idleMs: lastActivityAt === null ? null : awakeMs(lastActivityAt, now, options.gaps ?? []),
    openCall: longestOpenCall(own),
    callLimitMs: callLimitMs([...own, ...task.children.filter(isAtWork)]),
    waiting: waitingOf(streams),
    runningChildren: liveness?.state === "gone" ? [] : runningChildren(own, task.children, now, options),
    startedAt:
      earliest([claim?.startedAt ?? claim?.createdAt, believedAt]) ??
      earliest(own.map((stream) => stream.activity.startedAt)),
  };
}

// Changed files may be a person's: they count only where no transcript or log tells of calls.
function speakingFor(streams: readonly Stream[]): readonly Stream[] {
  const agents = streams.filter(({ source }) => source !== "worktree_files");
  const hasCalls = ({ source, activity }: Stream) =>
    isTranscript(source) || activity.callCount > 0 || activity.openCalls.length > 0;
  return agents.some(hasCalls) ? agents : streams;
}

function longestOpenCall(streams: readonly Stream[]): OpenCall | null {
  const open = streams.flatMap(({ activity }) => activity.openCalls);
  return open.reduce<OpenCall | null>(
    (longest, call) => (longest === null || call.startedAt < longest.startedAt ? call : longest),
    null,
  );
}

function waitingOf(streams: readonly Stream[]): TaskFacts["waiting"] {
  for (const stream of streams) {
    // What was asked after the turn's end waits for the next turn, whoever runs it.
    if (stream.liveness?.state === "gone" && stream.activity.ended === null) continue;
    const waiting = stream.waiting ?? stream.activity.waiting;
    if (waiting !== null) return { waiting, stream };
  }
  return null;
}

function isTranscript(source: SourceId): boolean {
  return sourceRank(source) === 0;
}
