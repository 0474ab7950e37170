import type { OpenCall, Waiting } from "../evidence/activity.ts";
import { isUnasked } from "../evidence/activity-since.ts";
import { isFileTool } from "../evidence/call-kind.ts";
import type { Liveness, Stream } from "../evidence/stream.ts";
import { usageLimitOf } from "../evidence/usage-limit.ts";
import { questionIn } from "../text/last-words.ts";
import { awakeMs } from "../text/time.ts";
import type { AssessOptions } from "./options.ts";

/** What a task waits for. `isInferred`: nobody wrote that it does; it follows from what is missing. */
export type WaitingFor = {
  readonly waiting: Waiting;
  readonly stream: Stream;
  readonly isInferred: boolean;
};

/** A call that somebody may have to allow is open for so long without a word: it waits for them. */
const askedAfterMs = 120_000;

/**
 * What the streams wait for: the end of a usage limit, what they say, a permission that nobody wrote about, and last the
 * next prompt of `current`, the session in front, if nothing that was launched still works (`isBusy`).
 */
export function waitingFor(
  streams: readonly Stream[],
  current: Stream | null,
  isBusy: boolean,
  now: number,
  options: AssessOptions,
): WaitingFor | null {
  return (
    firstOf(streams, heldByLimit) ??
    firstOf(streams, asked) ??
    firstOf(streams, (stream) => unwrittenPermission(stream, now, options)) ??
    (isBusy || current === null ? null : firstOf([current], nextPrompt))
  );
}

/** Whether a stream's end is that of a usage limit in a process that can go on after it: no end at all. */
export function isHeldByLimit(stream: Stream): boolean {
  return heldByLimit(stream) !== null;
}

/** A stream of whose own process nothing is known, and whose usage limit is still to pass: the claimed one that lives sits it out. */
export function withLimitHeld(stream: Stream, claimed: Liveness | null, now: number): Stream {
  const isKnown = stream.liveness !== null && stream.liveness.state !== "unknown";
  if (isKnown || claimed?.state !== "alive") return stream;
  const held = heldByLimit({ ...stream, liveness: claimed });
  return (held?.waiting.untilAt ?? 0) > now ? { ...stream, liveness: claimed } : stream;
}

type Wait = { readonly waiting: Waiting; readonly isInferred: boolean };

function firstOf(streams: readonly Stream[], find: (stream: Stream) => Wait | null): WaitingFor | null {
  for (const stream of streams) {
    const found = find(stream);
    if (found !== null) return { ...found, stream };
  }
  return null;
}

function asked(stream: Stream): Wait | null {
  // What was asked after the turn's end waits for the next turn, whoever runs it.
  if (stream.liveness?.state === "gone" && stream.activity.ended === null) return null;
  const waiting = stream.waiting ?? stream.activity.waiting;
  return waiting === null ? null : { waiting, isInferred: false };
}

function heldByLimit({ activity, liveness }: Stream): Wait | null {
  const { ended } = activity;
  if (ended?.outcome !== "failure" || liveness?.state !== "alive") return null;
  const { at, line, message } = ended;
  const limit = usageLimitOf(message ?? "", at);
  if (limit === null) return null;
  const { untilAt } = limit;
  return {
    waiting: { for: "usage_limit", at, line, tool: null, text: message, callId: null, untilAt },
    isInferred: false,
  };
}

function unwrittenPermission(stream: Stream, now: number, { gaps = [] }: AssessOptions): Wait | null {
  const { activity, liveness } = stream;
  const call = activity.openCalls.find((open) => mayBeAsked(open, stream));
  if (call === undefined || liveness?.state === "gone" || activity.ended !== null) return null;
  const quietSince = Math.max(call.startedAt, activity.lastActivityAt ?? 0);
  if (awakeMs(quietSince, now, gaps) < askedAfterMs) return null;
  const { callId, tool, target, startedAt: at, line } = call;
  return {
    waiting: { for: "permission", at, line, tool, text: target, callId, untilAt: null },
    isInferred: true,
  };
}

// File tools take seconds; where the records do not say whether somebody is asked, only a person's session can ask one.
function mayBeAsked({ mayAsk, tool }: OpenCall, { isInteractive, liveness }: Stream): boolean {
  return mayAsk ?? (isInteractive && liveness?.state === "alive" && isFileTool(tool));
}

function nextPrompt({ activity, isInteractive, liveness, stirredAt = null }: Stream): Wait | null {
  const { ended, startedAt } = activity;
  const isIdle = isInteractive && stirredAt === null && liveness?.state !== "gone";
  if (isIdle && startedAt !== null && isUnasked(activity))
    return { waiting: { ...prompt, at: startedAt, line: null, text: null }, isInferred: false };
  // Who stopped a turn of a session that lives on stands at its prompt.
  const isStopped = ended?.outcome === "cancelled" && liveness?.state === "alive";
  if (ended === null || !isInteractive || (ended.outcome !== "success" && !isStopped)) return null;
  const { at, line } = ended;
  const text = questionIn(ended.answer ?? "");
  return { waiting: { ...prompt, at, line, text }, isInferred: false };
}

const prompt = { for: "prompt", tool: null, callId: null, untilAt: null } as const;
