import { type Delegation, endedAt, requestedAt } from "../claims/delegation.ts";
import type { StatusReading } from "../claims/task-status.ts";
import type { Stream } from "../evidence/stream.ts";

/** The keys in order of strength. */
export const keyNames = ["taskId", "requestId", "sessionId", "worktree"] as const;
type KeyName = (typeof keyNames)[number];

/** One thing that was found, with the keys it can be joined by; one of the first three is given. */
export type Item = {
  readonly reading: StatusReading | null;
  readonly delegation: Delegation | null;
  readonly stream: Stream | null;
  readonly taskId: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  readonly worktree: string | null;
};

/** Lists of items that have the same key of one kind. */
export function shareKey(items: readonly Item[], name: KeyName): Item[][] {
  const sharing = new Map<string, Item[]>();
  for (const item of items) {
    const key = item[name];
    // A child that works in its parent's worktree is a task of its own.
    if (key === null || (name === "worktree" && item.stream?.parentKey != null)) continue;
    const list = sharing.get(key) ?? [];
    list.push(item);
    sharing.set(key, list);
  }
  return [...sharing.values()].filter((list) => list.length > 1);
}

/** Sets of items that are one task; never two task ids in one set. */
export class Groups {
  private readonly groups = new Map<Item, Item[]>();

  add(item: Item): void {
    this.groups.set(item, [item]);
  }

  list(): Item[][] {
    return [...new Set(this.groups.values())];
  }

  of(item: Item): Item[] {
    return this.groups.get(item) ?? [item];
  }

  /** Unites items that share a key, as far as their ids allow. */
  join(items: readonly Item[], by: KeyName): void {
    // Many delegations of one parent session carry its id; only a session of one delegation says whose work it is.
    const delegations = items.filter(({ delegation }) => delegation !== null);
    const usable =
      by === "sessionId" && delegations.length > 1
        ? items.filter(({ delegation }) => delegation === null)
        : items;
    // What has an id goes first, so that nameless evidence finds the named work and does not bridge two of them.
    const ordered = [...usable].sort(
      (a, b) =>
        Number(idOf(this.of(b)) !== null) - Number(idOf(this.of(a)) !== null) || itemAt(b) - itemAt(a),
    );
    const [first, ...rest] = ordered;
    if (first === undefined) return;
    for (const item of rest) this.unite(first, item);
  }

  unite(a: Item, b: Item): void {
    const [left, right] = [this.of(a), this.of(b)];
    if (left === right) return;
    const ids = new Set([...left, ...right].flatMap(({ taskId }) => (taskId === null ? [] : [taskId])));
    const files = [...left, ...right].filter(({ reading }) => reading !== null);
    // Two status files are two rows, also when one was copied from the other.
    if (ids.size > 1 || files.length > 1) return;
    const both = [...left, ...right];
    for (const item of both) this.groups.set(item, both);
  }
}

function itemAt(item: Item): number {
  return item.delegation === null ? 0 : lastAt(item.delegation);
}

/** The task id of a group; null when nothing in it has one. */
export function idOf(group: readonly Item[]): string | null {
  return group.find(({ taskId }) => taskId !== null)?.taskId ?? null;
}

/** When a delegation was last heard of; 0 when nothing says. */
function lastAt(delegation: Delegation): number {
  return Math.max(requestedAt(delegation) ?? 0, endedAt(delegation) ?? 0);
}
