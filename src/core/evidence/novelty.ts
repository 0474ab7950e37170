import type { CallRecord, SeenHashes } from "./activity.ts";
import { markSeen } from "./seen-hashes.ts";

/** Results shorter than this are acknowledgements, equal by nature (LOOPS.md, "News"). */
const telling = 60;
/** The second equal answer is still news: it is the answer to another question (LOOPS.md, "News"). */
const equalAnswers = 2;

/** Outcomes of an edit shorter than this are acknowledgements too (LOOPS.md, R4m). */
const tellingEdit = 200;

/** What a call brought, measured against all calls since the last user message. */
export type News = Pick<CallRecord, "isNews" | "timesHeard">;

/**
 * Marks the hashes of `call` as seen and tells whether it brought anything new (LOOPS.md, "News"). Where nothing is
 * known of the result it counts as news: unknown is not equal.
 */
export function judgeNews(seen: SeenHashes, call: Omit<CallRecord, keyof News>): News {
  const timesHeard = count(seen, "heard", answerOf(call));
  return { isNews: isNews(seen, call), timesHeard };
}

/**
 * What a call says about the world, whatever was asked: its error, what a search found, else its result; null when that
 * is unknown, or an acknowledgement, which is equal by nature.
 */
export function answerOf(call: Omit<CallRecord, keyof News>): string | null {
  if (call.kind === "wait") return null;
  if (call.errorHash !== null) return `error ${call.errorHash}`;
  if (call.isSearch) return call.answerHash === null ? null : `found ${call.answerHash}`;
  return isTelling(call) && call.resultHash !== null ? `result ${call.resultHash}` : null;
}

function isTelling({ kind, resultLength }: Omit<CallRecord, keyof News>): boolean {
  return (resultLength ?? 0) >= (kind === "mut" ? tellingEdit : telling);
}

function isNews(seen: SeenHashes, call: Omit<CallRecord, keyof News>): boolean {
  const { tool, kind, argsHash, resultHash, answerHash, errorHash } = call;
  const before = {
    pair: count(seen, "pair", argsHash !== null && resultHash !== null ? argsHash + resultHash : null),
    error: count(seen, "error", errorHash === null ? null : `${tool} ${errorHash}`),
    args: count(seen, "args", kind === "mut" && argsHash !== null ? `${tool} ${argsHash}` : null),
    answer: count(seen, "answer", call.isSearch ? answerHash : null),
    text: count(seen, "text", isTelling(call) ? resultHash : null),
  };
  if (call.outcome === "failed" && before.error > 0) return false;
  if (kind === "mut") return before.args === 0 && before.text < equalAnswers;
  if (call.isSearch) return before.pair === 0 && before.answer < equalAnswers;
  return before.pair === 0 && before.text < equalAnswers;
}

function count(seen: SeenHashes, sort: string, value: string | null): number {
  return value === null ? 0 : markSeen(seen, `${sort} ${value}`);
}
