import { type Delegation, endedAt } from "./delegation.ts";
import { claimedNames, namesOf } from "./names.ts";
import type { Found } from "./task.ts";

/**
 * The delegations that can still make or change a row of the report: those that did not end before `endedBefore` (epoch
 * milliseconds), and older ones that share an id or a worktree with anything else. What is left out is work of old that
 * only its own logs speak of: it would be joined, judged as ended, and not shown.
 */
export function openDelegations(
  delegations: readonly Delegation[],
  around: Pick<Found, "readings" | "streams" | "resolveWorktree"> & { readonly endedBefore: number },
): readonly Delegation[] {
  const isOld = (delegation: Delegation) =>
    (endedAt(delegation) ?? Number.POSITIVE_INFINITY) < around.endedBefore;
  const kept = new Set(delegations.filter((delegation) => !isOld(delegation)));
  const old = delegations.filter(isOld);
  const worktreeOf = remembering(around.resolveWorktree);
  const idsOf = ({ worktree, ...ids }: Delegation) =>
    namesOf({ ...ids, worktree: worktree === null ? null : worktreeOf(worktree) });
  const sharing = new Map<string, Delegation[]>();
  for (const delegation of old) {
    for (const id of idsOf(delegation)) {
      const list = sharing.get(id);
      if (list === undefined) sharing.set(id, [delegation]);
      else list.push(delegation);
    }
  }
  const names = [
    ...claimedNames(around.readings),
    ...around.streams.flatMap(({ identity }) => namesOf(identity)),
    ...[...kept].flatMap(idsOf),
  ];
  // Each id is looked at once: what shares it is kept, and its own ids are looked at in turn.
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const found = sharing.get(name) ?? [];
    sharing.delete(name);
    for (const delegation of found) {
      if (kept.has(delegation)) continue;
      kept.add(delegation);
      names.push(...idsOf(delegation));
    }
  }
  return delegations.filter((delegation) => kept.has(delegation));
}

function remembering(resolve: (written: string) => string | null): (written: string) => string | null {
  const known = new Map<string, string | null>();
  return (written) => {
    const before = known.get(written);
    if (before !== undefined) return before;
    const found = resolve(written);
    known.set(written, found);
    return found;
  };
}
