import type { Activity, CallRecord } from "./activity.ts";
import { markSeen, recall } from "./seen-hashes.ts";

/** Results shorter than this are acknowledgements, equal by nature. */
const telling = 60;
/** The second equal answer is still new: it is the answer to another question. */
const equalAnswers = 2;
/** Outcomes of an edit shorter than this are acknowledgements too: they name a file and a place in it. */
const tellingEdit = 200;

/** What a call brought, measured against all steps since the last user message. */
export type Novelty = Pick<CallRecord, "isNovel" | "timesHeard">;
type Call = Omit<CallRecord, keyof Novelty>;
type Memory = Pick<Activity, "seen" | "step">;

/**
 * Notes what `call` asked and got, and tells whether it brought anything new. Where nothing is known of the result it counts
 * as new: unknown is not equal. A call that does nothing brings nothing.
 */
export function judgeNovelty(memory: Memory, call: Call): Novelty {
  const isNewCall = count(memory, "call", callOf(call.tool, call.argsHash)) === 0;
  const isAnswer = !(isNewCall && isDone(call));
  const timesHeard = count(memory, "heard", isAnswer ? answerOf(call) : null);
  return { isNovel: isNovel(memory, call, isNewCall, isAnswer) && call.trait !== "idles", timesHeard };
}

/** Whether the same was asked before. */
export function wasAsked({ seen }: Memory, tool: string, argsHash: string): boolean {
  return recall(seen, `call ${callOf(tool, argsHash)}`) !== null;
}

function callOf(tool: string, argsHash: string | null): string | null {
  return argsHash === null ? null : `${tool} ${argsHash}`;
}

/** Another command that did its work: that its success reads like that of the command before it is what success is like. */
export function isDone({
  kind,
  outcome,
  saysFailed,
}: Pick<Call, "kind" | "outcome" | "saysFailed">): boolean {
  return kind === "run" && outcome === "ok" && !saysFailed;
}

/**
 * What a call says about the world, whatever was asked: its error, what a search found, else its result; null when that
 * is unknown, or an acknowledgement, which is equal by nature.
 */
export function answerOf(call: Call): string | null {
  // A plain no is an acknowledgement, too.
  if (call.kind === "wait" || (call.trait === "asks" && call.outcome === "neutral")) return null;
  if (call.errorHash !== null) return `error ${call.errorHash}`;
  if (call.isSearch) return call.answerHash === null ? null : `found ${call.answerHash}`;
  return isTelling(call) && call.resultHash !== null ? `result ${call.resultHash}` : null;
}

function isTelling({ kind, resultLength }: Call): boolean {
  return (resultLength ?? 0) >= (kind === "mut" ? tellingEdit : telling);
}

function isNovel(memory: Memory, call: Call, isNewCall: boolean, isAnswer: boolean): boolean {
  const { tool, kind, argsHash, resultHash, answerHash, errorHash } = call;
  const before = {
    pair: count(memory, "pair", argsHash !== null && resultHash !== null ? argsHash + resultHash : null),
    error: count(memory, "error", errorHash === null ? null : `${tool} ${errorHash}`),
    answer: count(memory, "answer", call.isSearch ? answerHash : null),
    text: count(memory, "text", isAnswer && isTelling(call) ? resultHash : null),
  };
  if (call.outcome === "failed" && before.error > 0) return false;
  if (kind === "mut") return (isNewCall || argsHash === null) && before.text < equalAnswers;
  if (call.isSearch) return before.pair === 0 && before.answer < equalAnswers;
  return before.pair === 0 && before.text < equalAnswers;
}

function count({ seen, step }: Memory, sort: string, value: string | null): number {
  return value === null ? 0 : markSeen(seen, `${sort} ${value}`, step.counted);
}
