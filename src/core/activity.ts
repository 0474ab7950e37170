import { z } from "zod";
import type { AgentEvent, OutputDigest } from "./agent-event.ts";
import { digestInput, digestOutput, echoesOf, hashError, hashText, normaliseResult } from "./call-digest.ts";
import { judgeNews } from "./news.ts";
import { plainText } from "./plain-text.ts";
import { markSeen, nothingSeen, SeenHashes, timesSeen } from "./seen-hashes.ts";
import { targetOf } from "./target.ts";

/** How many ended calls the rules can look back on (LOOPS.md: the longest window is 24, the longest run 40). */
export const callsKept = 64;
const openCallsKept = 64;
const childrenKept = 64;
const failedToolsKept = 8;

const CallKind = z.enum(["plan", "wait", "mut", "run", "obs"]);

/** One ended call with the marks the rules compare. `at` values in epoch milliseconds. */
export const CallRecord = z.object({
  callId: z.string().nullable(),
  tool: z.string(),
  kind: CallKind,
  isSearch: z.boolean(),
  argsHash: z.string().nullable(),
  /** What it worked on, for people: a path or a command. */
  target: z.string().nullable(),
  outcome: z.enum(["ok", "failed", "neutral"]),
  resultHash: z.string().nullable(),
  answerHash: z.string().nullable(),
  errorHash: z.string().nullable(),
  resultLength: z.number().nullable(),
  /** Brought something not seen since the last user message. */
  isNews: z.boolean(),
  /** How often the same telling answer (or error) came before, to whatever call, since the last user message. */
  timesHeard: z.number(),
  startedAt: z.number(),
  endedAt: z.number(),
  line: z.number().nullable(),
});
export type CallRecord = z.infer<typeof CallRecord>;

/** A call without its result yet. `echoes` are the words its answer may repeat. */
export const OpenCall = z.object({
  callId: z.string().nullable(),
  tool: z.string(),
  kind: CallKind,
  isSearch: z.boolean(),
  argsHash: z.string().nullable(),
  target: z.string().nullable(),
  echoes: z.array(z.string()),
  timeoutMs: z.number().nullable(),
  startedAt: z.number(),
  line: z.number().nullable(),
});
export type OpenCall = z.infer<typeof OpenCall>;

const Outcome = z.enum(["success", "failure", "timeout", "cancelled"]);
const Place = { at: z.number(), line: z.number().nullable() };

export const Waiting = z.object({
  ...Place,
  for: z.enum(["permission", "question", "plan_approval", "usage_limit", "prompt"]),
  tool: z.string().nullable(),
  text: z.string().nullable(),
  callId: z.string().nullable(),
});
export type Waiting = z.infer<typeof Waiting>;

export const Child = z.object({
  id: z.string(),
  kind: z.enum(["agent", "shell"]),
  title: z.string().nullable(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  outcome: Outcome.nullable(),
});
export type Child = z.infer<typeof Child>;

/**
 * The events of one stream (a session or a log), folded one at a time. Bounded in size whatever the length of the
 * stream, and plain JSON, so that it can be kept between runs. All times in epoch milliseconds.
 */
export const Activity = z.object({
  startedAt: z.number().nullable(),
  /** The last thing the agent did, and the line that says so. */
  lastActivityAt: z.number().nullable(),
  lastLine: z.number().nullable(),
  /** The last `callsKept` ended calls since the last user message, plan calls left out, in the order they ended. */
  calls: z.array(CallRecord),
  openCalls: z.array(OpenCall),
  /** The last ended call of any time: what it was doing. */
  lastCall: CallRecord.nullable(),
  callCount: z.number(),
  failureCount: z.number(),
  /** The run of failed calls since the last success or user message. */
  failures: z.object({
    count: z.number(),
    startedAt: z.number().nullable(),
    tools: z.array(z.tuple([z.string(), z.number()])),
  }),
  lastSuccessAt: z.number().nullable(),
  lastError: z.object({ ...Place, tool: z.string(), message: z.string().nullable() }).nullable(),
  plan: z.object({ ...Place, done: z.number(), total: z.number(), step: z.string().nullable() }).nullable(),
  /** The end of the last turn, if nothing reopened it. */
  ended: z.object({ ...Place, outcome: Outcome, message: z.string().nullable() }).nullable(),
  waiting: Waiting.nullable(),
  /** Requests to the provider that failed since the last sign of progress. */
  retries: z
    .object({
      ...Place,
      startedAt: z.number(),
      count: z.number(),
      attempt: z.number().nullable(),
      maxAttempts: z.number().nullable(),
      message: z.string(),
    })
    .nullable(),
  children: z.array(Child),
  lastUserMessageAt: z.number().nullable(),
  /** Equal texts, and condensations, in a row without a call between them. */
  monologue: z.object({
    textHash: z.string().nullable(),
    count: z.number(),
    condensed: z.number(),
    startedAt: z.number().nullable(),
  }),
  /** Calls that waited, with the same answers, since the last call that brought something new. */
  polling: z.object({ count: z.number(), startedAt: z.number().nullable() }),
  /** The run of equal plan calls up to the last call; null when that was none. */
  planRun: z.object({ call: CallRecord, count: z.number(), startedAt: z.number() }).nullable(),
  /** What calls brought since the last user message (`judgeNews`). */
  seen: SeenHashes,
  /** The ids of ended calls, to know their records when they come a second time; a user message does not clear them. */
  endedIds: SeenHashes,
});
export type Activity = z.infer<typeof Activity>;

export function emptyActivity(): Activity {
  return {
    startedAt: null,
    lastActivityAt: null,
    lastLine: null,
    calls: [],
    openCalls: [],
    lastCall: null,
    callCount: 0,
    failureCount: 0,
    failures: { count: 0, startedAt: null, tools: [] },
    lastSuccessAt: null,
    lastError: null,
    plan: null,
    ended: null,
    waiting: null,
    retries: null,
    children: [],
    lastUserMessageAt: null,
    monologue: silence(),
    polling: { count: 0, startedAt: null },
    planRun: null,
    seen: nothingSeen(),
    endedIds: nothingSeen(),
  };
}

/**
 * Folds one event into `activity`, in place, and returns it. Law: folding a list of events in any pieces, with the
 * activity written to JSON and read back in between, gives the same activity.
 */
export function observe(activity: Activity, event: AgentEvent): Activity {
  activity.startedAt = Math.min(activity.startedAt ?? event.at, event.at);
  if (activity.lastActivityAt === null || event.at >= activity.lastActivityAt) {
    activity.lastActivityAt = event.at;
    activity.lastLine = event.line ?? null;
  }
  const place = { at: event.at, line: event.line ?? null };
  switch (event.type) {
    case "user_message":
      activity.lastUserMessageAt = event.at;
      activity.calls = [];
      activity.seen = nothingSeen();
      activity.planRun = null;
      activity.polling = { count: 0, startedAt: null };
      activity.failures = { count: 0, startedAt: null, tools: [] };
      activity.monologue = silence();
      reopen(activity);
      break;
    case "turn_started":
      reopen(activity);
      break;
    case "call_started":
      startCall(activity, event);
      break;
    case "call_ended":
      endCall(activity, event);
      break;
    case "said":
      countWords(activity, event);
      activity.retries = null;
      break;
    case "condensed":
      activity.monologue.condensed += 1;
      activity.monologue.startedAt ??= event.at;
      break;
    case "plan_changed":
      activity.plan = {
        ...place,
        done: event.done,
        total: event.total,
        step: event.step === null ? null : plainText(event.step),
      };
      break;
    case "turn_ended":
      activity.ended = {
        ...place,
        outcome: event.outcome,
        message: event.message === null ? null : plainText(event.message),
      };
      activity.waiting = null;
      break;
    case "provider_retry":
      activity.retries = {
        ...place,
        startedAt: activity.retries?.startedAt ?? event.at,
        count: (activity.retries?.count ?? 0) + 1,
        attempt: event.attempt,
        maxAttempts: event.maxAttempts,
        message: plainText(event.message),
      };
      break;
    case "asked":
      activity.waiting = {
        ...place,
        for: event.for,
        tool: event.tool,
        text: event.text === null ? null : plainText(event.text),
        callId: event.callId ?? null,
      };
      break;
    case "answered":
      activity.waiting = null;
      break;
    case "child_started":
      startChild(activity, event);
      break;
    case "child_ended":
      for (const child of activity.children) {
        if (child.id === event.childId) Object.assign(child, { endedAt: event.at, outcome: event.outcome });
      }
      break;
    case "active":
      break;
    default:
      event satisfies never;
  }
  return activity;
}

function reopen(activity: Activity): void {
  activity.ended = null;
  activity.waiting = null;
  activity.retries = null;
}

type Started = Extract<AgentEvent, { type: "call_started" }>;
type Ended = Extract<AgentEvent, { type: "call_ended" }>;

function startCall(activity: Activity, event: Started): void {
  if (event.callId !== null && isEnded(activity, event.callId)) return;
  const raw = "raw" in event.input ? event.input.raw : null;
  const digest = "raw" in event.input ? digestInput(event.tool, event.input.raw) : event.input.digest;
  const call: OpenCall = {
    callId: event.callId,
    tool: plainText(event.tool, 60),
    ...digest,
    target: targetOf(raw),
    echoes: echoesOf(raw),
    timeoutMs: event.timeoutMs ?? null,
    startedAt: event.at,
    line: event.line ?? null,
  };
  const index = openIndex(activity, event.callId, null);
  const open = event.callId === null ? undefined : activity.openCalls[index];
  // A second record of an open call may know its input better; it is not another call.
  if (open === undefined) activity.openCalls.push(call);
  else if (call.argsHash !== null) activity.openCalls[index] = { ...call, startedAt: open.startedAt };
  if (activity.openCalls.length > openCallsKept) activity.openCalls.shift();
  activity.retries = null;
  activity.monologue = silence();
}

function endCall(activity: Activity, event: Ended): void {
  const index = openIndex(activity, event.callId, event.tool ?? null);
  const open = activity.openCalls[index] ?? null;
  // A second record of the same call (a rewrite, a duplicate line) is the same failure, not another one.
  if (event.callId !== null && isEnded(activity, event.callId)) return;
  if (event.callId !== null) markSeen(activity.endedIds, hashText(event.callId));
  if (open !== null) activity.openCalls.splice(index, 1);
  const tool = open?.tool ?? plainText(event.tool ?? "tool", 60);
  const input = open ?? digestInput(tool, null);
  const { length, ...hashes } = digestOf(event, open?.echoes ?? []);
  const call: CallRecord = {
    callId: event.callId,
    tool,
    kind: input.kind,
    isSearch: input.isSearch,
    argsHash: input.argsHash,
    target: open?.target ?? null,
    outcome: event.outcome,
    ...hashes,
    resultLength: length,
    isNews: false,
    timesHeard: 0,
    startedAt: open?.startedAt ?? event.at,
    endedAt: event.at,
    line: event.line ?? open?.line ?? null,
  };
  activity.callCount += 1;
  activity.lastCall = call;
  activity.monologue = silence();
  if (activity.waiting !== null && activity.waiting.callId === event.callId) activity.waiting = null;
  countOutcome(activity, call, event.error ?? rawOf(event.output));
  countPlans(activity, call);
  if (call.kind === "plan") return;
  Object.assign(call, judgeNews(activity.seen, call));
  countPolls(activity, call);
  activity.calls.push(call);
  if (activity.calls.length > callsKept) activity.calls.shift();
}

function digestOf({ output, outcome, error }: Ended, echoes: readonly string[]): OutputDigest {
  if (output !== null && "digest" in output) return output.digest;
  const isFailed = outcome === "failed";
  const digest = output === null ? unknownOutput : digestOutput(output.raw, isFailed, echoes);
  if (!isFailed || digest.errorHash !== null || error == null) return digest;
  return { ...digest, errorHash: hashError(normaliseResult(error)) };
}

const unknownOutput: OutputDigest = { resultHash: null, answerHash: null, errorHash: null, length: null };

/** Equal plan calls in a row; any other call in between shows that the agent also works. */
function countPlans(activity: Activity, call: CallRecord): void {
  const last = activity.planRun;
  const isSame =
    last !== null &&
    call.argsHash !== null &&
    call.resultHash !== null &&
    last.call.tool === call.tool &&
    last.call.argsHash === call.argsHash &&
    last.call.resultHash === call.resultHash;
  if (call.kind !== "plan") activity.planRun = null;
  else if (isSame) activity.planRun = { ...last, call, count: last.count + 1 };
  else activity.planRun = { call, count: 1, startedAt: call.startedAt };
}

function countPolls(activity: Activity, call: CallRecord): void {
  const { polling } = activity;
  if (call.kind === "wait" && call.resultHash === null) return;
  if (!call.isNews && call.kind === "wait") polling.count += 1;
  else if (call.isNews) polling.count = call.kind === "wait" ? 1 : 0;
  else return;
  if (polling.count <= 1) polling.startedAt = polling.count === 1 ? call.startedAt : null;
}

function countWords(activity: Activity, event: Extract<AgentEvent, { type: "said" }>): void {
  const text = event.text.trim();
  if (text === "") return;
  const textHash = hashText(text);
  const { monologue } = activity;
  const isSame = monologue.textHash === textHash;
  activity.monologue = {
    ...monologue,
    textHash,
    count: isSame ? monologue.count + 1 : 1,
    startedAt: isSame || monologue.condensed > 0 ? monologue.startedAt : event.at,
  };
}

function silence(): Activity["monologue"] {
  return { textHash: null, count: 0, condensed: 0, startedAt: null };
}

/** The open call that a record speaks of; without an id the latest of that tool. */
function openIndex({ openCalls }: Activity, callId: string | null, tool: string | null): number {
  return openCalls.findLastIndex(
    (call) => call.callId === callId && (callId !== null || tool === null || call.tool === tool),
  );
}

function countOutcome(activity: Activity, call: CallRecord, error: string | null): void {
  if (call.outcome === "failed") {
    activity.failureCount += 1;
    activity.lastError = {
      at: call.endedAt,
      line: call.line,
      tool: call.tool,
      message: error === null || error === "" ? null : plainText(error),
    };
  }
  // Plan tools say nothing about the work (signals.md, "consecutive failures").
  if (call.kind === "plan" || call.outcome === "neutral") return;
  if (call.outcome === "ok") {
    activity.failures = { count: 0, startedAt: null, tools: [] };
    activity.lastSuccessAt = call.endedAt;
    return;
  }
  const { failures } = activity;
  failures.count += 1;
  failures.startedAt ??= call.endedAt;
  const known = failures.tools.find(([tool]) => tool === call.tool);
  if (known) known[1] += 1;
  else if (failures.tools.length < failedToolsKept) failures.tools.push([call.tool, 1]);
}

function startChild(activity: Activity, event: Extract<AgentEvent, { type: "child_started" }>): void {
  if (activity.children.some((child) => child.id === event.childId)) return;
  activity.children.push({
    id: event.childId,
    kind: event.kind,
    title: event.title === null ? null : plainText(event.title),
    startedAt: event.at,
    endedAt: null,
    outcome: null,
  });
  if (activity.children.length > childrenKept) activity.children.shift();
}

function isEnded(activity: Activity, callId: string): boolean {
  return timesSeen(activity.endedIds, hashText(callId)) > 0;
}

function rawOf(output: Ended["output"]): string | null {
  return output !== null && "raw" in output ? output.raw : null;
}
