import { z } from "zod";

/**
 * How often each hash was seen, in two generations: when the recent one is full it becomes the older one and what was
 * in that is forgotten. So it stays bounded, and marking costs the same however many there are.
 */
export const SeenHashes = z.object({
  size: z.number(),
  recent: z.record(z.string(), z.number()),
  older: z.record(z.string(), z.number()),
});
export type SeenHashes = z.infer<typeof SeenHashes>;

/** A generation's size: an answer forgotten counts as new again, which only delays a verdict. */
const generation = 512;

/** Nothing seen yet. */
export function nothingSeen(): SeenHashes {
  return { size: 0, recent: {}, older: {} };
}

/** Marks `hash` as seen once more and tells how often it was seen before. */
export function markSeen(seen: SeenHashes, hash: string): number {
  const before = timesSeen(seen, hash);
  if (!Object.hasOwn(seen.recent, hash)) {
    if (seen.size >= generation) {
      seen.older = seen.recent;
      seen.recent = {};
      seen.size = 0;
    }
    seen.size += 1;
  }
  seen.recent[hash] = before + 1;
  return before;
}

/** How often `hash` was seen, as far as it is remembered. */
export function timesSeen(seen: SeenHashes, hash: string): number {
  if (Object.hasOwn(seen.recent, hash)) return seen.recent[hash] ?? 0;
  return Object.hasOwn(seen.older, hash) ? (seen.older[hash] ?? 0) : 0;
}
