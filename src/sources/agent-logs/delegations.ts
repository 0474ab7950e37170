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

/** Requests and their results, put together by request: whichever came first, a result has the last word. */
export class Delegations {
  /** The requests of the lines that were taken in, and the same with their tasks. */
  readonly requests = new Set<string>();
  readonly touched = new Set<string>();
  /** A request came again after its result, which has the last word only where both logs are read from their start. */
  isAskedAgain = false;
  private readonly known: Map<string, Delegation>;
  private owners: ReadonlyMap<string, readonly Delegation[]> | null = null;

  /** `isAll`: none of those in the logs was put away. */
  constructor(
    kept: readonly Delegation[],
    readonly isAll: boolean,
  ) {
    this.known = new Map(kept.map((each) => [each.requestId, each]));
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
    this.requests.add(half.requestId);
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

  get count(): number {
    return this.known.size;
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
   * Without those that ended before `endedBefore` (epoch milliseconds), which nothing in `named` names, by itself or along
   * others, and nobody learns from.
   */
  recent(endedBefore: number, named: ReadonlySet<string>): Delegation[] {
    const all = [...this.known.values()].sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
    const lessons = new Set([...lessonsOf(all).values()].flat());
    const isOld = (each: Delegation) => !lessons.has(each) && hasEndedBefore(each, endedBefore);
    const brought = broughtBack(all.filter(isOld), named);
    return all.filter((each) => !isOld(each) || brought.has(each));
  }
}

function ownerOf({ taskId, requestId }: Delegation): string {
  return taskId ?? requestId;
}

/** Those that have one of the names, and in turn those that share one with them. */
function broughtBack(old: readonly Delegation[], named: ReadonlySet<string>): ReadonlySet<Delegation> {
  const brought = new Set<Delegation>();
  const names = new Set(named);
  for (let [size, left] = [-1, old]; size !== brought.size && left.length > 0; ) {
    size = brought.size;
    for (const each of left) {
      const own = namesOf(each);
      if (!own.some((name) => names.has(name))) continue;
      brought.add(each);
      for (const name of own) names.add(name);
    }
    left = left.filter((each) => !brought.has(each));
  }
  return brought;
}
