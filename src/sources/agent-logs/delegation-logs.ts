import {
  type Delegation,
  endedAt,
  mergeDelegations,
  parseRequest,
  parseResult,
} from "../../core/claims/delegation.ts";
import { type Names, namesOf } from "../../core/claims/names.ts";
import { lessonsOf } from "../../core/report/progress.ts";
import type { Fields } from "../../core/text/fields.ts";
import { FarNames } from "./far-names.ts";

export const requestsName = "delegation_requests.jsonl";
export const resultsName = "delegation_results.jsonl";
/** Read before all others: they say whose the other records are. */
export const delegationLogs: readonly string[] = [requestsName, resultsName];

/** Requests and results, each merged with others of their id. */
export type Halves = { readonly requests: Delegation[]; readonly results: Delegation[] };

/** The records of both logs, put together by request: whichever came first, a result has the last word. */
export class Delegations {
  private readonly requests: Map<string, Delegation>;
  private readonly results: Map<string, Delegation>;
  /** A request came to mean another task than records were taken for, or a task that was over goes on. */
  hasChangedPast = false;
  /** By task and request: when its last delegation ended; infinite while one is open, or when nothing says when. */
  private ends: ReadonlyMap<string, number> | null = null;
  /** The same as the last look left it; known once something new came. */
  private endsBefore: ReadonlyMap<string, number> | null = null;
  private listed: readonly Delegation[] | null = null;
  /** Requests that this look brought a task for: records that came before it are that task's. */
  readonly newTasks = new Set<string>();
  /** A record was of what is, or may be, among those that were put away. */
  namedFar = false;
  /** Hashes of the requests that this look put away. */
  private readonly gone = new Set<number | bigint>();

  /**
   * `overBefore`: what had ended before this was taken for over by the last look; epoch milliseconds. `far`: the names of
   * delegations that ended long ago and are not among `kept`.
   */
  constructor(
    kept: Halves,
    private readonly overBefore: number,
    readonly far: FarNames,
  ) {
    this.requests = byId(kept.requests);
    this.results = byId(kept.results);
  }

  /** Before any record was read; with room to put away the names of `far` of them. */
  static none(far = 0): Delegations {
    return new Delegations({ requests: [], results: [] }, 0, FarNames.empty(far));
  }

  /** Whether all delegations of a task or request ended before `at`. */
  isOver(owner: string, at: number): boolean {
    this.ends ??= endsOf(this.list());
    return (this.ends.get(owner) ?? Number.POSITIVE_INFINITY) < at;
  }

  /** In the order of their ids. */
  list(): readonly Delegation[] {
    if (this.listed !== null) return this.listed;
    const ids = [...new Set([...this.requests.keys(), ...this.results.keys()])].sort();
    this.listed = ids.flatMap((id) => this.find(id) ?? []);
    return this.listed;
  }

  /** Both halves of the delegations with these ids, or of all. */
  halves(requestIds?: ReadonlySet<string>): Halves {
    const some = (known: ReadonlyMap<string, Delegation>) =>
      [...known.values()].filter(({ requestId }) => requestIds?.has(requestId) ?? true);
    return { requests: some(this.requests), results: some(this.results) };
  }

  /**
   * Puts away, while the logs are still being read, those with both halves that ended before `endedBefore` (epoch
   * milliseconds) and that nothing in `claimedNames` names; those to learn from stay.
   */
  putAwayOld(endedBefore: number, claimedNames: ReadonlySet<string>): void {
    const old: Delegation[] = [];
    for (const half of this.results.values()) {
      const request = this.requests.get(half.requestId);
      const at = half.result?.at ?? null;
      if (request !== undefined && at !== null && at < endedBefore) old.push(mergeDelegations(request, half));
    }
    const lessons = new Set([...lessonsOf(old).values()].flat());
    for (const delegation of old) {
      const names = namesOf(delegation);
      if (lessons.has(delegation) || names.some((name) => claimedNames.has(name))) continue;
      for (const name of names) this.far.add(name);
      this.gone.add(Bun.hash(delegation.requestId));
      this.requests.delete(delegation.requestId);
      this.results.delete(delegation.requestId);
    }
  }

  /** null, or what was expected of a record that could not be used. */
  accept(
    name: string,
    record: Fields,
    place: { readonly file: string; readonly line: number },
  ): string | null {
    const half = name === requestsName ? parseRequest(record, place) : parseResult(record, place);
    if ("expected" in half) return `expected ${half.expected}`;
    const known = name === requestsName ? this.requests : this.results;
    if (this.gone.size > 0 && this.gone.has(Bun.hash(half.requestId))) this.namedFar = true;
    // Without a last look nothing was taken for anything.
    if (this.overBefore > 0) this.compare(half, known);
    else add(known, half);
    this.listed = null;
    this.ends = null;
    return null;
  }

  /** Adds a half, and tells what it means for what the last look told. */
  private compare(half: Delegation, known: Map<string, Delegation>): void {
    const { requestId } = half;
    this.namedFar ||= namesOf({ ...half, sessionId: null, worktree: null }).some((name) =>
      this.far.has(name),
    );
    this.endsBefore ??= endsOf(this.list());
    const taskBefore = this.find(requestId)?.taskId ?? null;
    add(known, half);
    const task = this.find(requestId)?.taskId ?? null;
    const wasOver = [requestId, task].some(
      (id) => (this.endsBefore?.get(id ?? "") ?? Number.POSITIVE_INFINITY) < this.overBefore,
    );
    if (wasOver || (task !== taskBefore && taskBefore !== null)) this.hasChangedPast = true;
    else if (task !== taskBefore) this.newTasks.add(requestId);
  }

  /** A request ties its id to a task, a session and a worktree. */
  resolve(keys: Names): Names {
    const request = keys.requestId === null ? undefined : this.find(keys.requestId);
    return {
      taskId: keys.taskId ?? request?.taskId ?? null,
      requestId: keys.requestId,
      sessionId: keys.sessionId ?? request?.sessionId ?? null,
      worktree: keys.worktree ?? request?.worktree ?? null,
    };
  }

  private find(requestId: string): Delegation | undefined {
    const [request, result] = [this.requests.get(requestId), this.results.get(requestId)];
    return request !== undefined && result !== undefined
      ? mergeDelegations(request, result)
      : (request ?? result);
  }
}

function add(known: Map<string, Delegation>, half: Delegation): void {
  const earlier = known.get(half.requestId);
  known.set(half.requestId, earlier === undefined ? half : mergeDelegations(earlier, half));
}

function byId(delegations: readonly Delegation[]): Map<string, Delegation> {
  return new Map(delegations.map((delegation) => [delegation.requestId, delegation]));
}

function endsOf(delegations: readonly Delegation[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const delegation of delegations) {
    const end = endedAt(delegation) ?? Number.POSITIVE_INFINITY;
    for (const id of [delegation.requestId, delegation.taskId])
      if (id !== null) ends.set(id, Math.max(ends.get(id) ?? 0, end));
  }
  return ends;
}
