import type { CallRecord } from "./activity.ts";

/** Hash (with a prefix for its sort) → how often it was seen since the last user message. */
export type SeenHashes = Record<string, number>;

/** More different hashes than this and the oldest are forgotten: an old answer then counts as new, which only delays a verdict. */
const seenKept = 1_024;
/** Results shorter than this are acknowledgements, equal by nature (LOOPS.md, "News"). */
const telling = 60;

/** Marks the hashes of `call` as seen and tells whether it brought anything new (LOOPS.md, "News"). */
export function judgeNews(seen: SeenHashes, call: Omit<CallRecord, "isNews">): boolean {
  const before = {
    pair: mark(
      seen,
      "p",
      call.argsHash === null || call.resultHash === null ? null : `${call.argsHash} ${call.resultHash}`,
    ),
    error: mark(seen, "x", call.errorHash === null ? null : `${call.tool} ${call.errorHash}`),
    args: mark(
      seen,
      "a",
      call.kind === "mut" && call.argsHash !== null ? `${call.tool} ${call.argsHash}` : null,
    ),
    answer: mark(seen, "q", call.isSearch ? call.answerHash : null),
    text: mark(seen, "r", (call.resultLength ?? 0) >= telling ? call.resultHash : null),
  };
  if (call.outcome === "failed" && before.error > 0) return false;
  if (call.kind === "mut") return before.args === 0 && before.text < 2;
  if (call.isSearch) return before.pair === 0 && before.answer < 2;
  return before.pair === 0 && before.text < 2;
}

function mark(seen: SeenHashes, sort: string, hash: string | null): number {
  if (hash === null) return 0;
  const key = sort + hash;
  const before = seen[key] ?? 0;
  seen[key] = before + 1;
  const keys = before === 0 ? Object.keys(seen) : [];
  if (keys.length > seenKept && keys[0] !== undefined) delete seen[keys[0]];
  return before;
}
