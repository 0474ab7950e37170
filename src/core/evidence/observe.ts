import { plainKey, plainName, plainText } from "../text/safe-text.ts";
import { isTime, nearestTime } from "../text/time.ts";
import type { Activity, CallRecord, OpenCall } from "./activity.ts";
import { type Monologue, silence } from "./activity.ts";
import type { AgentEvent, OutputDigest } from "./agent-event.ts";
import {
  digestInput,
  digestOutput,
  echoesOf,
  hashError,
  hashText,
  normaliseResult,
  targetOf,
} from "./call-digest.ts";
import { judgeNews } from "./novelty.ts";
import { nothingSeen, recall, remember } from "./seen-hashes.ts";
import { addUsage } from "./tokens.ts";

const childrenKept = 64;

/** The activity of a stream of which nothing is known yet. */
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
  // Numbers in files are whatever was written there.
  if (!isTime(event.at)) return observe(activity, { ...event, at: nearestTime(event.at) });
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
      activity.lastUserMessageAt = event.at;
      activity.firstPrompt ??= firstLine(event.text ?? "");
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
      if (event.isSentBack === true) {
        activity.monologue.sentBack += 1;
        activity.monologue.startedAt ??= event.at;
      }
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
    case "empty_answer":
      activity.monologue.empty += 1;
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

/** How many ended calls the rules can look back on (LOOPS.md: the longest window is 24, the longest run 40). */
export const callsKept = 64;
const openCallsKept = 64;
const failedToolsKept = 8;

type Started = Extract<AgentEvent, { type: "call_started" }>;
type Ended = Extract<AgentEvent, { type: "call_ended" }>;

/** Folds the start of a call into `activity`, in place. */
export function startCall(activity: Activity, event: Started): void {
  const callId = event.callId === null ? null : plainKey(event.callId);
  // A second record of an ended call; but some models number the calls of each turn anew.
  if (event.at <= (endedAtOf(activity, callId) ?? Number.NEGATIVE_INFINITY)) return;
  const raw = "raw" in event.input ? event.input.raw : null;
  const digest = "raw" in event.input ? digestInput(event.tool, event.input.raw) : event.input.digest;
  const call: OpenCall = {
    callId,
    tool: plainText(event.tool, 60),
    ...digest,
    target: targetOf(raw),
    // Only what a search found is compared without the words it looked for.
    echoes: digest.isSearch ? echoesOf(raw) : [],
    timeoutMs: event.timeoutMs ?? null,
    mayAsk: event.mayAsk ?? null,
    startedAt: event.at,
    line: event.line ?? null,
  };
  const index = openIndex(activity, callId, null);
  const open = callId === null ? undefined : activity.openCalls[index];
  // A second record of an open call may know its input better; it is not another call.
  if (open === undefined) activity.openCalls.push(call);
  else if (call.argsHash !== null) activity.openCalls[index] = { ...call, startedAt: open.startedAt };
  if (activity.openCalls.length > openCallsKept) activity.openCalls.shift();
  activity.retries = null;
  activity.monologue = silence();
}

/** Folds the end of a call into `activity`, in place: makes its record and everything that is counted by it. */
export function endCall(activity: Activity, event: Ended): void {
  const callId = event.callId === null ? null : plainKey(event.callId);
  const index = openIndex(activity, callId, event.tool ?? null);
  const open = activity.openCalls[index] ?? null;
  // A second record of the same call (a rewrite, a duplicate line) is the same failure, not another one.
  if (open === null && endedAtOf(activity, callId) !== null) return;
  if (callId !== null) remember(activity.endedIds, callId, event.at);
  if (open !== null) activity.openCalls.splice(index, 1);
  const tool = open?.tool ?? plainText(event.tool ?? "tool", 60);
  const input = open ?? digestInput(tool, null);
  const { length, ...hashes } = digestOf(event, input.isSearch ? (open?.echoes ?? []) : null);
  const call: CallRecord = {
    callId,
    tool,
    kind: input.kind,
    isSearch: input.isSearch,
    argsHash: input.argsHash,
    target: open?.target ?? null,
    outcome: event.outcome,
    ...hashes,
    resultLength: length === null ? null : length - namedLength(open, event.output),
    isNews: false,
    timesHeard: 0,
    startedAt: open?.startedAt ?? event.at,
    endedAt: event.at,
    line: event.line ?? open?.line ?? null,
  };
  activity.callCount += 1;
  activity.lastCall = call;
  activity.monologue = silence();
  if (activity.waiting !== null && activity.waiting.callId === callId) activity.waiting = null;
  countOutcome(activity, call, event.error ?? rawOf(event.output));
  countPlans(activity, call);
  if (call.kind === "plan") return;
  Object.assign(call, judgeNews(activity.seen, call));
  countPolls(activity, call);
  activity.calls.push(call);
  if (activity.calls.length > callsKept) activity.calls.shift();
}

/** A step of the plan done counts as news of the last call (LOOPS.md, "Time rules"); no step done is no evidence. */
export function countProgress(activity: Activity): void {
  const last = activity.calls.at(-1);
  if (last !== undefined) activity.calls.splice(-1, 1, { ...last, isNews: true, timesHeard: 0 });
  activity.polling = { count: 0, startedAt: null };
}

function digestOf({ output, outcome, error }: Ended, echoes: readonly string[] | null): OutputDigest {
  if (output !== null && "digest" in output) return output.digest;
  const isFailed = outcome === "failed";
  const digest = output === null ? unknownOutput : digestOutput(output.raw, isFailed, echoes);
  if (!isFailed || digest.errorHash !== null || error == null) return digest;
  return { ...digest, errorHash: hashError(normaliseResult(error)) };
}

/** How much of what an edit says is the file's name: a long path makes no acknowledgement an answer. */
function namedLength(open: OpenCall | null, output: Ended["output"]): number {
  const text = open?.kind === "mut" ? rawOf(output) : null;
  return open?.target != null && text?.includes(open.target) ? open.target.length : 0;
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

function endedAtOf(activity: Activity, callId: string | null): number | null {
  return callId === null ? null : recall(activity.endedIds, callId);
}

function rawOf(output: Ended["output"]): string | null {
  return output !== null && "raw" in output ? output.raw : null;
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
  activity.monologue = {
    ...monologue,
    textHash,
    empty: 0,
    count: isSame ? monologue.count + 1 : 1,
    startedAt: isSame || monologue.condensed + monologue.sentBack > 0 ? monologue.startedAt : said.at,
  };
}
