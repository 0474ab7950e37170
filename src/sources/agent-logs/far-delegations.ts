import { type Delegation, hasEndedBefore } from "../../core/claims/delegation.ts";
import { namesOf } from "../../core/claims/names.ts";
import { lessonsOf } from "../../core/report/progress.ts";
import { FarNames } from "./far-names.ts";

/** The delegations to tell, those to keep for the next look, and the names of all that were ever put away. */
export type PutAway = {
  readonly told: readonly Delegation[];
  readonly kept: readonly Delegation[];
  readonly far: FarNames;
};

/**
 * Puts away the delegations that ended before `endedBefore` (epoch milliseconds): of months of work there are tens of
 * thousands. Those that `toTell` names, and those to learn from, are told and kept; those that `toKeep` names are kept; of
 * the others only their names stay.
 */
export function putAway(
  all: readonly Delegation[],
  around: {
    readonly far: FarNames;
    readonly endedBefore: number;
    readonly toTell: ReadonlySet<string>;
    readonly toKeep: ReadonlySet<string>;
  },
): PutAway {
  const old = all.filter((each) => hasEndedBefore(each, around.endedBefore));
  const room = old.reduce((count, each) => count + namesOf(each).length, 0);
  const far = around.far.isEmpty ? FarNames.empty(room) : around.far;
  const lessons = new Set([...lessonsOf(all).values()].flat());
  const [untold, unkept] = [new Set<Delegation>(), new Set<Delegation>()];
  for (const delegation of old) {
    const names = namesOf(delegation);
    for (const name of names) far.add(name);
    if (lessons.has(delegation) || names.some((name) => around.toTell.has(name))) continue;
    untold.add(delegation);
    if (!names.some((name) => around.toKeep.has(name))) unkept.add(delegation);
  }
  return {
    told: all.filter((delegation) => !untold.has(delegation)),
    kept: all.filter((delegation) => !unkept.has(delegation)),
    far,
  };
}
