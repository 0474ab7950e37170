import { type Delegation, hasEndedBefore } from "../claims/delegation.ts";
import { type EndedClaim, namesOf, namesOfClaim } from "../claims/names.ts";
import type { StatusReading } from "../claims/task-status.ts";
import { saysEndedBefore } from "../claims/task-status.ts";
import type { Found } from "./task.ts";

/** `reached`: of the claims that were put away those that something found names; `settled`: the claims that may be put away. */
export type Opened = Found & {
  readonly reached: readonly EndedClaim[];
  readonly settled: readonly StatusReading[];
};

/**
 * What was found without the status files and delegations that can make or change no row of the report: those that ended
 * before `endedBefore` (epoch milliseconds) and share no id or worktree, by themselves or along others, with anything that
 * did not. Most of what lies in a project of months is like this: it would be joined, judged as ended, and not shown.
 */
export function openRecords(found: Found, endedBefore: number, ended: readonly EndedClaim[] = []): Opened {
  const worktreeOf = remembering(found.resolveWorktree);
  const namesOfDelegation = ({ worktree, ...ids }: Delegation) =>
    namesOf({ ...ids, worktree: worktree === null ? null : worktreeOf(worktree) });
  // What is known of a claim's process is told, unless it is gone, as it should be.
  const isOldClaim = (reading: StatusReading) =>
    (found.processes.get(reading.path)?.state ?? "gone") === "gone" && saysEndedBefore(reading, endedBefore);
  const claims = apart(found.readings, isOldClaim);
  const delegations = apart(found.delegations, (delegation) => hasEndedBefore(delegation, endedBefore));
  const old = [
    ...[...claims.old].map((record) => ({ record, names: namesOfClaim(record) })),
    ...[...delegations.old].map((record) => ({ record, names: namesOfDelegation(record) })),
  ];
  const brought = broughtBack(old, [
    ...claims.open.flatMap(namesOfClaim),
    ...delegations.open.flatMap(namesOfDelegation),
    ...found.streams.flatMap(({ identity }) => namesOf(identity)),
  ]);
  const dropped = [...claims.old].filter((reading) => !brought.records.has(reading));
  // What has a problem is told of, and read again each time: what shares a name with it is settled as little.
  const withProblems = dropped.filter(({ problems }) => problems.length > 0);
  const unsettled = broughtBack(old, withProblems.flatMap(namesOfClaim)).records;
  return {
    ...found,
    readings: found.readings.filter((reading) => !claims.old.has(reading) || brought.records.has(reading)),
    delegations: found.delegations.filter((each) => !delegations.old.has(each) || brought.records.has(each)),
    reached: reachedBy(brought.names, ended),
    settled: dropped.filter((reading) => !unsettled.has(reading)),
  };
}

/** Those of the claims that were put away which have one of `names`. */
export function reachedBy(names: ReadonlySet<string>, ended: readonly EndedClaim[]): readonly EndedClaim[] {
  return ended.filter((claim) => claim.names.some((name) => names.has(name)));
}

function apart<T>(records: readonly T[], isOld: (record: T) => boolean) {
  const old = new Set(records.filter(isOld));
  return { old, open: records.filter((record) => !old.has(record)) };
}

type Old = { readonly record: object; readonly names: readonly string[] };

/** The old records that have one of `names`, and in turn those that share a name with them; with all these names. */
function broughtBack(old: readonly Old[], names: string[]) {
  const sharing = new Map<string, Old[]>();
  if (names.length > 0)
    for (const each of old) {
      for (const name of each.names) {
        const list = sharing.get(name);
        if (list === undefined) sharing.set(name, [each]);
        else list.push(each);
      }
    }
  const records = new Set<object>();
  const known = new Set(names);
  for (const name of known) {
    for (const each of sharing.get(name) ?? []) {
      if (records.has(each.record)) continue;
      records.add(each.record);
      // What is added is come by in turn.
      for (const other of each.names) known.add(other);
    }
  }
  return { records, names: known };
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
