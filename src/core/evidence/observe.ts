import { plainKey, plainName, plainText } from "../text/safe-text.ts";
import { isTime, nearestTime } from "../text/time.ts";
import type { Activity, Monologue } from "./activity.ts";
import { silence } from "./activity-since.ts";
import type { AgentEvent } from "./agent-event.ts";
import { hashText } from "./call-digest.ts";
import { countProgress, endCall, noFailures, startCall } from "./observe-call.ts";
import { nothingSeen } from "./seen-hashes.ts";
import { noStep } from "./steps.ts";
import { addUsage } from "./tokens.ts";

const childrenKept = 64;

/** The activity of a stream of which nothing is known yet. */
export function emptyActivity(): Activity {
  return {
    startedAt: null,
    isBegun: false,
    lastActivityAt: null,
    lastLine: null,
    calls: [],
    openCalls: [],
    step: noStep(),
    lastCall: null,
    callCount: 0,
    failureCount: 0,
    failures: noFailures(),
    lastSuccessAt: null,
    lastError: null,
    plan: null,
    ended: null,
    waiting: null,
    retries: null,
    asleep: null,
    tokens: null,
    children: [],
    lastUserMessageAt: null,
    firstPrompt: null,
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
  return fold(activity, event, false);
}

/** The same of what is over: nothing will be compared with what its calls brought (`lastActs`). */
export function observeOver(activity: Activity, event: AgentEvent): Activity {
  return fold(activity, event, true);
}

function fold(activity: Activity, event: AgentEvent, isOver: boolean): Activity {
  // Numbers in files are whatever was written there.
  if (!isTime(event.at)) return fold(activity, { ...event, at: nearestTime(event.at) }, isOver);
  if (event.type === "usage") {
    activity.tokens = addUsage(activity.tokens, event);
    return activity;
  }
  activity.startedAt = Math.min(activity.startedAt ?? event.at, event.at);
  if (
    event.type !== "empty_answer" &&
    (activity.lastActivityAt === null || event.at >= activity.lastActivityAt)
  ) {
    activity.lastActivityAt = event.at;
    activity.lastLine = event.line ?? null;
  }
  if (event.at >= (activity.asleep?.untilAt ?? Number.POSITIVE_INFINITY)) activity.asleep = null;
  const place = { at: event.at, line: event.line ?? null };
  switch (event.type) {
    case "user_message":
      activity.isBegun = true;
      activity.lastUserMessageAt = event.at;
      activity.firstPrompt ??= firstLine(event.text ?? "");
      activity.calls = [];
      activity.seen = nothingSeen();
      activity.step.counted = [];
      activity.planRun = null;
      activity.polling = { count: 0, startedAt: null };
      activity.failures = noFailures();
      activity.monologue = silence();
      reopen(activity, event.at);
      break;
    case "turn_started":
      activity.isBegun = true;
      reopen(activity, event.at);
      if (event.isSentBack === true) {
        activity.monologue.sentBack += 1;
        activity.monologue.startedAt ??= event.at;
      }
      break;
    case "call_started":
      startCall(activity, event);
      break;
    case "call_ended":
      endCall(activity, event, isOver);
      break;
    case "said":
      countWords(activity, event);
      activity.retries = null;
      break;
    case "empty_answer":
      activity.monologue.empty += event.count ?? 1;
      activity.monologue.startedAt ??= event.at;
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
        isEmpty: event.isEmpty === true,
      };
      activity.waiting = null;
      if (event.outcome === "cancelled") activity.asleep = null;
      break;
    case "asleep":
      activity.asleep =
        event.untilAt === null
          ? null
          : {
              ...place,
              untilAt: event.untilAt,
              reason: event.reason === null ? null : plainText(event.reason),
            };
      break;
    case "provider_retry":
      activity.retries = {
        ...place,
        startedAt: activity.retries?.startedAt ?? event.at,
        count: (activity.retries?.count ?? 0) + 1,
        attempt: event.attempt,
        maxAttempts: event.maxAttempts,
        nextAt: event.nextAt ?? null,
        message: plainText(event.message),
      };
      break;
    case "asked":
      activity.waiting = {
        ...place,
        for: event.for,
        tool: event.tool === null ? null : plainText(event.tool, 60),
        text: event.text === null ? null : plainText(event.text),
        callId: event.callId == null ? null : plainKey(event.callId),
        untilAt: event.untilAt ?? null,
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

const promptLimit = 80;

function firstLine(text: string): string | null {
  const line = text.trim().split("\n")[0]?.trim() ?? "";
  return line === "" ? null : plainText(line, promptLimit);
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

/** Counts a message of the agent: equal ones in a row without a call between them. */
function countWords(
  activity: { monologue: Monologue },
  said: { readonly text: string; readonly at: number },
): void {
  const text = said.text.trim();
  if (text === "") return;
  const textHash = hashText(text);
  const { monologue } = activity;
  const isSame = monologue.textHash === textHash;
  monologue.textHash = textHash;
  monologue.empty = 0;
  monologue.count = isSame ? monologue.count + 1 : 1;
  if (!isSame && monologue.condensed + monologue.sentBack === 0) monologue.startedAt = said.at;
}
