import {
  type Delegation,
  endedAt,
  hasEndedBefore,
  mergeDelegations,
  parseRequest,
  parseResult,
  type RecordPlace,
} from "../../core/claims/delegation.ts";
import { type Names, namesOf } from "../../core/claims/names.ts";
import { lessonsOf } from "../../core/report/progress.ts";
import { parseJson } from "../../core/text/fields.ts";
import { requestsName } from "./paths.ts";
import { snakeKeys } from "./records.ts";

/** What is known of them: all that matter, and hashes of what the others name, in order. */
export type KnownDelegations = { readonly known: readonly Delegation[]; readonly away: readonly number[] };

/** Requests and their results, put together by request: whichever came first, a result has the last word. */
export class Delegations {
  /** The requests of the lines that were taken in, and their tasks. */
  readonly touched = new Set<string>();
  /** A request came again after its result, which has the last word only where both logs are read from their start. */
  private isAskedAgain = false;
  private readonly known: Map<string, Delegation>;
  private owners: ReadonlyMap<string, readonly Delegation[]> | null = null;

  /** `kept`: what `recent` gave at the last look. */
  constructor(private readonly kept: KnownDelegations = { known: [], away: [] }) {
    this.known = new Map(kept.known.map((each) => [each.requestId, each]));
  }

  /** Takes in a line of the log called `log`; a text says what was expected of a bad one. `file`: where the line stands. */
  accept(log: string, text: string, place: RecordPlace): string | null {
    if (text.trim() === "") return null;
    const record = snakeKeys(parseJson(text));
    if (record === null) return "expected a JSON object";
    const half = log === requestsName ? parseRequest(record, place) : parseResult(record, place);
    if ("expected" in half) return `expected ${half.expected}`;
    this.owners = null;
    const before = this.known.get(half.requestId);
    this.isAskedAgain ||= log === requestsName && before !== undefined && before.result !== null;
    const delegation = before === undefined ? half : mergeDelegations(before, half);
    this.known.set(half.requestId, delegation);
    this.touched.add(half.requestId).add(ownerOf(delegation));
    // Another task's now: the one that it was of has one less.
    if (before !== undefined) this.touched.add(ownerOf(before));
    return null;
  }

  /** A request ties its id to a task, a session and a worktree. */
  resolve(keys: Names): Names {
    const request = keys.requestId === null ? undefined : this.known.get(keys.requestId);
    return {
      taskId: keys.taskId ?? request?.taskId ?? null,
      requestId: keys.requestId,
      sessionId: keys.sessionId ?? request?.sessionId ?? null,
      worktree: keys.worktree ?? request?.worktree ?? null,
    };
  }

  /** Whether one of these is the name of one that was put away, which is only in the logs. */
  areAway(names: Iterable<string>): boolean {
    const { away } = this.kept;
    if (away.length === 0) return false;
    for (const name of names) if (holds(away, hashOf(name))) return true;
    return false;
  }

  /** Whether the lines that were taken in cannot be told apart from what stood before them by what was kept. */
  get needsThePast(): boolean {
    return this.isAskedAgain || this.areAway([...this.touched].flatMap(namesOfWork));
  }

  /** The task or request that a record is of, as `endOf` knows it. */
  ownerOf(keys: Names): string {
    const { taskId, requestId } = this.resolve(keys);
    return taskId ?? requestId ?? "";
  }

  /** When the last delegation of a task or request ended; null while one is open, or where there is none. */
  endOf(owner: string): number | null {
    this.owners ??= Map.groupBy(this.known.values(), ownerOf);
    let last: number | null = null;
    for (const delegation of this.owners.get(owner) ?? []) {
      const end = endedAt(delegation);
      if (end === null) return null;
      last = Math.max(last ?? end, end);
    }
    return last;
  }

  /**
   * Puts work away of which all ended before `endedBefore` (epoch milliseconds), which nothing in `named` names and nobody
   * learns from. Another attempt at it brings it back whole.
   */
  recent(endedBefore: number, named: ReadonlySet<string>): KnownDelegations {
    const all = [...this.known.values()].sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
    const lessons = new Set([...lessonsOf(all).values()].flat());
    const isWanted = (each: Delegation) =>
      lessons.has(each) ||
      !hasEndedBefore(each, endedBefore) ||
      namesOf(each).some((name) => named.has(name));
    const wanted = new Set(all.filter(isWanted).map(ownerOf));
    const away = all.filter((each) => !wanted.has(ownerOf(each)));
    if (away.length === 0) return { known: all, away: this.kept.away };
    const hashes = new Set([...this.kept.away, ...away.flatMap(namesOf).map(hashOf)]);
    return {
      known: all.filter((each) => wanted.has(ownerOf(each))),
      away: [...hashes].sort((a, b) => a - b),
    };
  }
}

/** What an id of some work may be the name of: a task, or a request without one. */
export function namesOfWork(id: string): string[] {
  return [...namesOf({ ...noNames, taskId: id }), ...namesOf({ ...noNames, requestId: id })];
}

const noNames: Names = { taskId: null, requestId: null, sessionId: null, worktree: null };

function hashOf(name: string): number {
  return Bun.hash.xxHash32(name);
}

/** Whether a number is among sorted ones. */
function holds(sorted: readonly number[], wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

function ownerOf({ taskId, requestId }: Delegation): string {
  return taskId ?? requestId;
}
