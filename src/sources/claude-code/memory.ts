import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { quietMs } from "../../core/evidence/unwritten-end.ts";
import { KeptText } from "../../core/text/kept-text.ts";
import { type ClaudeRecord, usageOf } from "./records.ts";

const recordsRemembered = 1_024;
/** So many at a time: to take the first one out of a list moves all others. */
const recordsForgotten = 128;

/** A prompt that the session gives itself at its times (CronCreate, 2.1). */
const Schedule = z.object({ untilAt: z.number(), cron: KeptText.nullable(), words: KeptText });

/** What a stream's records say beside its events; kept between runs with the events' `Activity`. */
export const TranscriptState = z.object({
  sessionId: z.string().nullable(),
  /** Where the session was started; later records carry the shell's current folder. */
  cwd: z.string().nullable(),
  branch: z.string().nullable(),
  version: z.string().nullable(),
  entrypoint: z.string().nullable(),
  title: KeptText.nullable(),
  /** The folder that its records say it went to. */
  movedTo: z.string().nullable(),
  /** Its records say that it was sent to the background. */
  isBackground: z.boolean(),
  permissionMode: z.string().nullable(),
  /** Text with which the turn may be over, though no reason says so. */
  mayBeOver: z.object({ at: z.number(), line: z.number().nullable(), text: KeptText }).nullable(),
  /** The message that the last record of the agent is a part of. */
  messageId: z.string().nullable(),
  /** Hashes of the calls that settings refused: nobody was asked. */
  denied: z.array(z.number()),
  /** Why the last wake-up was asked for. */
  wakeReason: KeptText.nullable(),
  /** The times of the last schedule that was asked for, and the schedules that stand, by id. */
  cron: KeptText.nullable(),
  schedules: z.record(z.string(), Schedule),
  /** Run of a workflow → the task that it is told of by. */
  runs: z.record(z.string(), z.string()),
  /** The first record is a queue operation: in 2.0 only one-shot runs begin so. */
  startsQueued: z.boolean(),
  /** The process wrote its last record (`cost-state`) and nothing came after it. */
  hasExited: z.boolean(),
  /** Requests to the model since anything came back. */
  requests: z.number(),
  /** Tasks as the transcript tells them, by id; used where no task file is left. */
  tasks: z.record(z.string(), z.object({ subject: KeptText, status: z.string() })),
  /** Hashes of the newest records' ids: a compaction writes records a second time. */
  seen: z.array(z.number()),
  /** When its first prompt was queued, where that is its first record with a time: a fork copies older ones behind it. */
  queuedAt: z.number().nullable(),
  /** The newest time that stood in a record, epoch milliseconds. */
  clockAt: z.number().nullable(),
  /** Any record carries a time of its own. */
  hasTimes: z.boolean(),
  hasRecords: z.boolean(),
});
export type TranscriptState = z.infer<typeof TranscriptState>;

export function emptyState(): TranscriptState {
  return {
    sessionId: null,
    cwd: null,
    branch: null,
    version: null,
    entrypoint: null,
    title: null,
    movedTo: null,
    isBackground: false,
    permissionMode: null,
    mayBeOver: null,
    messageId: null,
    denied: [],
    wakeReason: null,
    cron: null,
    schedules: {},
    runs: {},
    startsQueued: false,
    hasExited: false,
    requests: 0,
    tasks: {},
    seen: [],
    queuedAt: null,
    clockAt: null,
    hasTimes: false,
    hasRecords: false,
  };
}

const sets = new WeakMap<readonly number[], Set<number>>();

/** The same numbers, to be found at once: each record asks for its own. */
function knownOf(seen: readonly number[]): Set<number> {
  const known = sets.get(seen) ?? new Set(seen);
  sets.set(seen, known);
  return known;
}

/** Takes up what a record says about its session. False: this very record was seen before. */
export function noteRecord(state: TranscriptState, record: ClaudeRecord): boolean {
  if (record.uuid !== undefined) {
    const hash = Bun.hash.xxHash32(record.uuid);
    const known = knownOf(state.seen);
    if (known.has(hash)) return false;
    state.seen.push(hash);
    known.add(hash);
    if (state.seen.length >= recordsRemembered + recordsForgotten)
      for (const old of state.seen.splice(0, recordsForgotten)) known.delete(old);
  }
  if (!state.hasRecords) state.startsQueued = record.type === "queue-operation";
  state.hasRecords = true;
  state.sessionId = record.sessionId ?? record.session_id ?? state.sessionId;
  state.cwd ??= record.cwd ?? null;
  state.movedTo = record.worktreeSession?.worktreePath ?? record.relocatedCwd ?? state.movedTo;
  if (record.sessionKind === "bg") state.isBackground = true;
  state.permissionMode = record.permissionMode ?? state.permissionMode;
  if (record.gitBranch !== undefined) state.branch = record.gitBranch;
  state.version = record.version ?? state.version;
  state.entrypoint = record.entrypoint ?? state.entrypoint;
  const title = record.customTitle ?? (state.title === null ? record.aiTitle : undefined);
  if (title !== undefined) state.title = title;
  if (record.type === "cost-state") state.hasExited = true;
  if (record.type === "user" || record.type === "assistant") state.hasExited = false;
  return true;
}

/** What the answer of a record used; none of a record that a fork copied from another session, which counts it. */
export function usage(record: ClaudeRecord, { at, line, state }: Place): AgentEvent[] {
  return isCopied(record, state, at) ? [] : usageOf(record, at, line);
}

/** A queued prompt can be written a moment after its first answer (1.3 s seen, 2.1.332). */
const queueDelayMs = 2_000;

/**
 * Whether a fork copied this record, written `at`. 2.1.330 says so in each copied
 * answer; before, an answer is older than the prompt that began the fork. Of forks before 2.1.330 that a person began at a
 * prompt nothing tells.
 */
function isCopied(
  { requestSessionId, sessionId, forkedFrom }: ClaudeRecord,
  { queuedAt }: TranscriptState,
  at: number,
): boolean {
  if (requestSessionId !== undefined && requestSessionId !== sessionId) return true;
  return forkedFrom !== undefined || (queuedAt !== null && at < queuedAt - queueDelayMs);
}

/**
 * Ends a turn of which only the agent's last words tell: when nothing followed them for two minutes, or the process went.
 */
export function endIfOver(
  activity: Activity,
  { mayBeOver }: TranscriptState,
  now: number,
  liveness: Liveness | null,
): void {
  if (mayBeOver === null || activity.ended !== null || activity.openCalls.length > 0) return;
  if (liveness?.state !== "gone" && now - mayBeOver.at < quietMs) return;
  const { at, line, text } = mayBeOver;
  observe(activity, { type: "turn_ended", at, line, outcome: "success", message: null, answer: text });
}

/** A version that keeps no registry of its processes. */
export function isBeforeRegistry(state: TranscriptState): boolean {
  return state.version !== null && /^(0|1)\.|^2\.0\./.test(state.version);
}

/** Whether the process of a session before 2.1 is not a one-shot run's: it stays at its prompt when its turn is over. */
export function isAtPrompt(state: TranscriptState, liveness: Liveness | null): boolean {
  return isBeforeRegistry(state) && !state.startsQueued && liveness?.state === "alive";
}

/** A one-shot run of 2.0 ends with its turn and takes its background work along; 2.1 waits for it. */
export function endsWithItsTurn(state: TranscriptState): boolean {
  return state.startsQueued && isBeforeRegistry(state);
}

/** Calls that were refused although nobody was asked: an end without an error is no success then. */
export function deniedNotes({ denied }: TranscriptState, { callCount }: Activity): string[] {
  const count = denied.length;
  return count === 0 ? [] : [`${count} of ${callCount} calls denied by its settings; nobody was asked`];
}

/** Counts a call that settings refused, once however often it is told of. */
export function noteDenied({ denied }: TranscriptState, callId: string | null | undefined): void {
  const hash = Bun.hash.xxHash32(callId ?? "");
  if (!denied.includes(hash) && denied.length < recordsRemembered) denied.push(hash);
}

/** Where a record stands: its time, its line, and what was folded before it. */
export type Place = {
  readonly at: number;
  readonly line: number | null;
  readonly activity: Readonly<Activity>;
  readonly state: TranscriptState;
  /** The file is a sub-agent's own: all of its records are side-chain records. */
  readonly isSubAgent: boolean;
};
