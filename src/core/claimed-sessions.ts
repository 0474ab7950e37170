import type { StatusReading } from "./task-status.ts";

type Place = { readonly path: string; readonly branch: string | null };

/** Session id → worktree whose status file names it. An id that several name is their launcher's own session, and nobody's work. */
export function findClaimedSessions(readings: readonly StatusReading[]): ReadonlyMap<string, Place> {
  const claimed = new Map<string, Place[]>();
  for (const { status, worktree: path, branch } of readings) {
    const id = status?.sessionId ?? null;
    if (id !== null) claimed.set(id, [...(claimed.get(id) ?? []), { path, branch }]);
  }
  const single = [...claimed].filter(([, places]) => places.length === 1);
  return new Map(single.flatMap(([id, places]) => places.map((place) => [id, place] as const)));
}
