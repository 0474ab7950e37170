import { type Delegation, hasEndedBefore } from "../claims/delegation.ts";
import { namesOf, namesOfClaim } from "../claims/names.ts";
import type { StatusReading } from "../claims/task-status.ts";
import { saysEndedBefore } from "../claims/task-status.ts";
import type { Found } from "./task.ts";

/**
 * What was found without the status files and delegations that can make or change no row of the report: those that ended
 * before `endedBefore` (epoch milliseconds) and share no id or worktree, by themselves or along others, with anything that
 * did not. Most of what lies in a project of months is like this: it would be joined, judged as ended, and not shown.
 */
export function openRecords(found: Found, endedBefore: number): Found {
  const worktreeOf = remembering(found.resolveWorktree);
  const namesOfDelegation = ({ worktree, ...ids }: Delegation) =>
    namesOf({ ...ids, worktree: worktree === null ? null : worktreeOf(worktree) });
  // What is known of a claim's process is told.
  const isOldClaim = (reading: StatusReading) =>
    !found.processes.has(reading.path) && saysEndedBefore(reading, endedBefore);
  const claims = apart(found.readings, isOldClaim);
  const delegations = apart(found.delegations, (delegation) => hasEndedBefore(delegation, endedBefore));
  const brought = broughtBack(
    [
      ...[...claims.old].map((record) => ({ record, names: namesOfClaim(record) })),
      ...[...delegations.old].map((record) => ({ record, names: namesOfDelegation(record) })),
    ],
    [
      ...claims.open.flatMap(namesOfClaim),
      ...delegations.open.flatMap(namesOfDelegation),
      ...found.streams.flatMap(({ identity }) => namesOf(identity)),
    ],
  );
  return {
    ...found,
    readings: found.readings.filter((reading) => !claims.old.has(reading) || brought.has(reading)),
    delegations: found.delegations.filter((each) => !delegations.old.has(each) || brought.has(each)),
  };
}

function apart<T>(records: readonly T[], isOld: (record: T) => boolean) {
  const old = new Set(records.filter(isOld));
  return { old, open: records.filter((record) => !old.has(record)) };
}

type Old = { readonly record: object; readonly names: readonly string[] };

/** The old records that have one of `names`, and in turn those that share a name with them. */
function broughtBack(old: readonly Old[], names: string[]): ReadonlySet<object> {
  const sharing = new Map<string, Old[]>();
  for (const each of old) {
    for (const name of each.names) {
      const list = sharing.get(name);
      if (list === undefined) sharing.set(name, [each]);
      else list.push(each);
    }
  }
  const brought = new Set<object>();
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const found = sharing.get(name) ?? [];
    sharing.delete(name);
    for (const each of found) {
      if (brought.has(each.record)) continue;
      brought.add(each.record);
      names.push(...each.names);
    }
  }
  return brought;
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
