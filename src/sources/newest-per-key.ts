import type { Stream } from "../core/stream.ts";

/** Of streams with the same key (a session that was archived, copied or logged twice) the one that was active last. */
export function newestPerKey(streams: readonly Stream[]): readonly Stream[] {
  const newest = new Map<string, Stream>();
  for (const stream of streams) {
    const known = newest.get(stream.key);
    if (known === undefined || lastAt(stream) > lastAt(known)) newest.set(stream.key, stream);
  }
  return [...newest.values()];
}

function lastAt({ activity }: Stream): number {
  return activity.lastActivityAt ?? 0;
}
