import { z } from "zod";
import type { AgentEvent } from "./agent-event.ts";
import { countWords, Monologue, silence } from "./monologue.ts";
import { countProgress, endCall, startCall } from "./observe-call.ts";
import { plainName, plainText } from "./plain-text.ts";
import { nothingSeen, SeenHashes } from "./seen-hashes.ts";

/** How many ended calls the rules can look back on (LOOPS.md: the longest window is 24, the longest run 40). */
export const callsKept = 64;
const childrenKept = 64;

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
  ended: z
    .object({ ...Place, outcome: Outcome, message: z.string().nullable(), answer: z.string().nullable() })
    .nullable(),
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
  monologue: Monologue,
  /** Calls that waited, with the same answers, since the last call that brought something new. */
  polling: z.object({ count: z.number(), startedAt: z.number().nullable() }),
  /** The run of equal plan calls up to the last call; null when that was none. */
  planRun: z.object({ call: CallRecord, count: z.number(), startedAt: z.number() }).nullable(),
  /** What calls brought since the last user message (`judgeNews`). */
  seen: SeenHashes,
  /** When the calls of each id ended, to know a record that comes a second time; a user message does not clear it. */
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
      reopen(activity, event.at);
      break;
    case "turn_started":
      reopen(activity, event.at);
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
      if (activity.plan !== null && event.done > activity.plan.done) countProgress(activity);
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
        answer: event.answer == null ? null : plainText(event.answer),
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
        tool: event.tool === null ? null : plainText(event.tool, 60),
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
        if (child.id === plainName(event.childId))
          Object.assign(child, { endedAt: event.at, outcome: event.outcome });
      }
      break;
    case "active":
      break;
    default:
      event satisfies never;
  }
  return activity;
}

// What a message brought about can stand before it in a file: it undoes only what is not newer than itself.
function reopen(activity: Activity, at: number): void {
  if ((activity.ended?.at ?? at) <= at) activity.ended = null;
  if ((activity.waiting?.at ?? at) <= at) activity.waiting = null;
  if ((activity.retries?.at ?? at) <= at) activity.retries = null;
}

function startChild(activity: Activity, event: Extract<AgentEvent, { type: "child_started" }>): void {
  const id = plainName(event.childId);
  if (activity.children.some((child) => child.id === id)) return;
  activity.children.push({
    id,
    kind: event.kind,
    title: event.title === null ? null : plainText(event.title),
    startedAt: event.at,
    endedAt: null,
    outcome: null,
  });
  if (activity.children.length > childrenKept) activity.children.shift();
}
