import { plainKey, plainText } from "../text/safe-text.ts";
import type { Activity, CallRecord, OpenCall } from "./activity.ts";
import { silence } from "./activity-since.ts";
import type { AgentEvent, InputDigest, OutputDigest } from "./agent-event.ts";
import { digestInput, digestOutput, echoesOf, hashError, normaliseResult, targetOf } from "./call-digest.ts";
import { isWatching } from "./call-kind.ts";
import { judgeNovelty, wasAsked } from "./novelty.ts";
import { neverRan, saysNo, tellsFailure } from "./outcome.ts";
import { recall, remember } from "./seen-hashes.ts";
import { answerStep, takeStep } from "./steps.ts";

/** How many ended calls the rules can look back on: the longest window is 24 steps, the longest run of equal calls 20. */
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
  const tool = toolName(event.tool);
  const call = {
    callId,
    tool,
    ...digest,
    trait: digest.trait ?? null,
    kind: isPoll(activity, tool, digest, raw) ? "wait" : digest.kind,
    target: targetOf(raw),
    // Only what a search found is compared without the words it looked for.
    echoes: digest.isSearch ? echoesOf(raw) : [],
    timeoutMs: event.timeoutMs ?? null,
    mayAsk: event.mayAsk ?? null,
    startedAt: event.at,
    line: event.line ?? null,
  } satisfies Omit<OpenCall, "step" | "order">;
  const index = openIndex(activity, callId, null);
  const open = callId === null ? undefined : activity.openCalls[index];
  // A second record of an open call may know its input better; it is not another call.
  if (open === undefined) {
    const step = takeStep(activity, { at: event.at, messageId: event.messageId ?? null });
    activity.openCalls.push({ ...call, step, order: activity.step.started });
  } else if (call.argsHash !== null) {
    const { startedAt, step, order } = open;
    activity.openCalls[index] = { ...call, startedAt, step, order };
  }
  if (activity.openCalls.length > openCallsKept) activity.openCalls.shift();
  activity.retries = null;
  activity.monologue = silence();
}

/**
 * Folds the end of a call into `activity`, in place: makes its record and everything that is counted by it. `isOver`: what
 * it brought is compared with nothing.
 */
export function endCall(activity: Activity, event: Ended, isOver: boolean): void {
  const callId = event.callId === null ? null : plainKey(event.callId);
  const index = openIndex(activity, callId, event.tool ?? null);
  const open = activity.openCalls[index] ?? null;
  // A second record of the same call (a rewrite, a duplicate line) is the same failure, not another one.
  if (open === null && endedAtOf(activity, callId) !== null) return;
  if (callId !== null) remember(activity.endedIds, callId, event.at);
  if (open !== null) activity.openCalls.splice(index, 1);
  const tool = open?.tool ?? toolName(event.tool ?? "tool");
  const input = open ?? digestInput(tool, null);
  const step = open?.step ?? takeStep(activity, { at: event.at, messageId: null });
  answerStep(activity, open?.order ?? activity.step.started, event.at);
  if (activity.waiting !== null && activity.waiting.callId === callId) activity.waiting = null;
  if (neverRan(event)) return;
  const outcome = saysNo(input.trait ?? null, event) ? "neutral" : event.outcome;
  const echoes = input.isSearch ? (open?.echoes ?? []) : null;
  const digest = isOver ? unknownOutput : digestOf(event, outcome, echoes);
  const call: CallRecord = {
    callId,
    tool,
    kind: input.kind,
    trait: input.trait ?? null,
    isSearch: input.isSearch,
    argsHash: input.argsHash,
    step,
    target: open?.target ?? null,
    outcome,
    saysFailed: outcome === "ok" && input.kind === "run" && tellsFailure(rawOf(event.output) ?? ""),
    resultHash: digest.resultHash,
    answerHash: digest.answerHash,
    errorHash: digest.errorHash,
    resultLength: digest.length === null ? null : digest.length - namedLength(open, event.output),
    isNovel: false,
    timesHeard: 0,
    startedAt: open?.startedAt ?? event.at,
    endedAt: event.at,
    line: event.line ?? open?.line ?? null,
  };
  activity.callCount += 1;
  activity.lastCall = call;
  activity.monologue = silence();
  countOutcome(activity, call, event.error ?? rawOf(event.output));
  countPlans(activity, call);
  if (call.kind === "plan") return;
  const { isNovel, timesHeard } = judgeNovelty(activity, call);
  call.isNovel = isNovel;
  call.timesHeard = timesHeard;
  countPolls(activity, call);
  activity.calls.push(call);
  if (activity.calls.length > callsKept) activity.calls.shift();
}

/** A step of the plan done counts as something new of the last call; no step done is no evidence. */
export function countProgress(activity: Activity): void {
  const last = activity.calls.at(-1);
  if (last !== undefined) activity.calls.splice(-1, 1, { ...last, isNovel: true, timesHeard: 0 });
  activity.polling = { count: 0, startedAt: null };
}

function digestOf(
  { output, error }: Ended,
  outcome: Ended["outcome"],
  echoes: readonly string[] | null,
): OutputDigest {
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
  if (!call.isNovel && call.kind === "wait") polling.count += 1;
  else if (call.isNovel) polling.count = call.kind === "wait" ? 1 : 0;
  else return;
  if (polling.count <= 1) polling.startedAt = polling.count === 1 ? call.startedAt : null;
}

/** No failure since the last success. */
export function noFailures(): Activity["failures"] {
  return { count: 0, startedAt: null, tools: [] };
}

/** The same look again while a command runs in the background asks how far that is. */
function isPoll(activity: Activity, tool: string, { kind, argsHash }: InputDigest, raw: unknown): boolean {
  if (argsHash === null || kind === "wait" || !wasAsked(activity, tool, argsHash)) return false;
  const { children, calls } = activity;
  const isRunning =
    children.some((child) => child.kind === "shell" && child.endedAt === null) ||
    calls.some(({ trait }) => trait === "forks");
  return isWatching(kind, raw, isRunning);
}

/** The open call that a record speaks of; without an id the latest of that tool. */
/** A tool's name as rows show it. */
export function toolName(raw: string): string {
  return plainText(raw, 60);
}

/** The open call with an id that stands in a file; null when there is none. */
export function openCallOf({ openCalls }: Readonly<Activity>, callId: string | null): OpenCall | null {
  const key = callId === null ? null : plainKey(callId);
  return openCalls.findLast((open) => key !== null && open.callId === key) ?? null;
}

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
  // Plan tools say nothing about the work.
  if (call.kind === "plan" || call.outcome === "neutral") return;
  if (call.outcome === "ok") {
    activity.failures = noFailures();
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
