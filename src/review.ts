import { composeReview } from "./core/review/compose-review.ts";
import type { Review } from "./core/review/review.ts";
import { readRecord } from "./sources/agent-logs/archive.ts";
import { version } from "./version.ts";

/** Counts what is on record of the project at `root` from `from` up to and without `to` (epoch milliseconds). */
export function review(root: string, from: number, to: number): Review {
  return composeReview(readRecord(root, { from, to }), { from, to }, { version, root });
}
