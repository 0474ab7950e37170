import type { SeenHashes } from "./activity.ts";

/** A generation's size: an answer forgotten counts as new again, which only delays a verdict. */
export const generationKept = 512;

/** Nothing seen yet. */
export function nothingSeen(): SeenHashes {
  return { recent: { hashes: [], values: [] }, older: { hashes: [], values: [] } };
}

/** A step of more calls than this has no use for the memory of its first ones. */
const countedKept = 512;

/**
 * Counts `text` once more and tells how often it was counted before this step; `counted` is what the step has counted by now.
 * Calls made at once know nothing of each other: in whatever order their answers come, each is as new as the others.
 */
export function markSeen(seen: SeenHashes, text: string, counted: number[]): number {
  const hash = hashOf(text);
  const before = find(seen, hash) ?? 0;
  if (before > 0 && counted.includes(hash)) return before - 1;
  keep(seen, hash, before + 1);
  counted.push(hash);
  if (counted.length > countedKept) counted.shift();
  return before;
}

/** Keeps `value` for `text`. */
export function remember(seen: SeenHashes, text: string, value: number): void {
  keep(seen, hashOf(text), value);
}

/** What is kept for `text`, as far as it is remembered. */
export function recall(seen: SeenHashes, text: string): number | null {
  return find(seen, hashOf(text));
}

function keep(seen: SeenHashes, hash: number, value: number): void {
  const index = seen.recent.hashes.indexOf(hash);
  if (index !== -1) {
    seen.recent.values[index] = value;
    return;
  }
  if (seen.recent.hashes.length >= generationKept) {
    seen.older = seen.recent;
    seen.recent = { hashes: [], values: [] };
  }
  seen.recent.hashes.push(hash);
  seen.recent.values.push(value);
}

function find({ recent, older }: SeenHashes, hash: number): number | null {
  return valueAt(recent, hash) ?? valueAt(older, hash);
}

function valueAt({ hashes, values }: SeenHashes["recent"], hash: number): number | null {
  const index = hashes.indexOf(hash);
  return index === -1 ? null : (values[index] ?? null);
}

function hashOf(text: string): number {
  return Bun.hash.xxHash32(text);
}
