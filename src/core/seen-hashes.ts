import { z } from "zod";

/**
 * A number for each hash, in two generations: when the recent one is full it becomes the older one and what was in that
 * is forgotten. So it stays bounded, and a look costs the same however much is remembered.
 */
export const SeenHashes = z.object({
  size: z.number(),
  recent: z.record(z.string(), z.number()),
  older: z.record(z.string(), z.number()),
});
export type SeenHashes = z.infer<typeof SeenHashes>;

/** A generation's size: an answer forgotten counts as new again, which only delays a verdict. */
export const generationKept = 512;

/** Nothing seen yet. */
export function nothingSeen(): SeenHashes {
  return { size: 0, recent: {}, older: {} };
}

/** Counts `hash` once more and tells how often it was counted before. */
export function markSeen(seen: SeenHashes, hash: string): number {
  const before = recall(seen, hash) ?? 0;
  remember(seen, hash, before + 1);
  return before;
}

/** Keeps `value` for `hash`. */
export function remember(seen: SeenHashes, hash: string, value: number): void {
  if (!Object.hasOwn(seen.recent, hash)) {
    if (seen.size >= generationKept) {
      seen.older = seen.recent;
      seen.recent = {};
      seen.size = 0;
    }
    seen.size += 1;
  }
  seen.recent[hash] = value;
}

/** What is kept for `hash`, as far as it is remembered. */
export function recall(seen: SeenHashes, hash: string): number | null {
  if (Object.hasOwn(seen.recent, hash)) return seen.recent[hash] ?? null;
  return Object.hasOwn(seen.older, hash) ? (seen.older[hash] ?? null) : null;
}
