import type { Activity, CallRecord } from "../evidence/activity.ts";

/** Calls that were chosen together: what one of them brought, none of the others could know. Never empty. */
export type Step = {
  readonly calls: readonly CallRecord[];
  /** One of its calls brought something new. */
  readonly isNovel: boolean;
};

/** What the rules look at: the activity, and its calls since the last user message as steps, oldest first. */
export type Work = Activity & { readonly steps: readonly Step[] };

/** The steps of an activity. One of which an answer is still open is left out: it is not known yet what it brought. */
export function workOf(activity: Activity): Work {
  const open = new Set(activity.openCalls.map(({ step }) => step));
  const groups = [...Map.groupBy(activity.calls, ({ step }) => step)].sort(([a], [b]) => a - b);
  const steps = groups
    .filter(([step]) => !open.has(step))
    .map(([, calls]) => ({
      calls: calls.length === 1 ? calls : inOrder(calls),
      isNovel: calls.some((call) => call.isNovel),
    }));
  return { ...activity, steps };
}

/** In an order that does not depend on which answer came first. */
function inOrder(calls: readonly CallRecord[]): readonly CallRecord[] {
  return calls.toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

function keyOf({ tool, argsHash, resultHash, errorHash }: CallRecord): string {
  return `${tool} ${argsHash} ${resultHash} ${errorHash}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The calls of some steps. */
export function callsOf(steps: readonly Step[]): readonly CallRecord[] {
  return steps.flatMap(({ calls }) => calls);
}

/** Whether something in the step waits. */
export function isWaiting({ calls }: Step): boolean {
  return calls.some(({ kind }) => kind === "wait");
}

/** Whether all that it did failed; what says neither does not count. */
export function isFailed({ calls }: Step): boolean {
  return calls.some(({ outcome }) => outcome === "failed") && calls.every(({ outcome }) => outcome !== "ok");
}

/** The same calls with the same arguments; unknown arguments are neither equal nor different. */
export function isSameStep(a: Step, b: Step): boolean {
  return pairs(a, b, isSameCall);
}

/** Steps of the same calls that came out the same. */
export function isSameEnd(a: Step, b: Step): boolean {
  return pairs(a, b, isSameOutcome);
}

function pairs(a: Step, b: Step, isSame: (a: CallRecord, b: CallRecord) => boolean): boolean {
  if (a.calls.length !== b.calls.length) return false;
  return a.calls.every((call, index) => {
    const other = b.calls[index];
    return other !== undefined && isSame(call, other);
  });
}

/** Two calls of one tool with the same arguments. */
export function isSameCall(a: CallRecord, b: CallRecord): boolean {
  return a.tool === b.tool && a.argsHash !== null && a.argsHash === b.argsHash;
}

/** Two calls that came out the same: the same result, or the same error. */
export function isSameOutcome(a: CallRecord, b: CallRecord): boolean {
  return (
    (a.resultHash !== null && a.resultHash === b.resultHash) ||
    (a.errorHash !== null && a.errorHash === b.errorHash)
  );
}

/** Whether it is known how a call came out. */
export function hasOutcome(call: CallRecord): boolean {
  return call.resultHash !== null || call.errorHash !== null;
}

/** Whether a call changed something, as far as it says. */
export function isEdit({ kind, outcome }: CallRecord): boolean {
  return kind === "mut" && outcome === "ok";
}
