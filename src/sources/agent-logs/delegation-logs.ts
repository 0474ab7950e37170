import {
  type Delegation,
  endedAt,
  mergeDelegations,
  parseRequest,
  parseResult,
} from "../../core/delegation.ts";
import type { LogKeys, LogRecord } from "./record.ts";

export const requestsName = "delegation_requests.jsonl";
export const resultsName = "delegation_results.jsonl";

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

  /** `overBefore`: what had ended before this was taken for over by the last look; epoch milliseconds. */
  constructor(
    kept: Halves,
    private readonly overBefore: number,
  ) {
    this.requests = byId(kept.requests);
    this.results = byId(kept.results);
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

  halves(): Halves {
    return { requests: [...this.requests.values()], results: [...this.results.values()] };
  }

  /** null, or what was expected of a record that could not be used. */
  accept(
    name: string,
    record: LogRecord,
    place: { readonly file: string; readonly line: number },
  ): string | null {
    const half = name === requestsName ? parseRequest(record, place) : parseResult(record, place);
    if ("expected" in half) return `expected ${half.expected}`;
    const { requestId } = half;
    // Without a last look nothing was taken for over.
    this.endsBefore ??= this.overBefore === 0 ? new Map() : endsOf(this.list());
    this.listed = null;
    const known = name === requestsName ? this.requests : this.results;
    const taskBefore = this.find(requestId)?.taskId ?? null;
    const earlier = known.get(requestId);
    known.set(requestId, earlier === undefined ? half : mergeDelegations(earlier, half));
    this.ends = null;
    const task = this.find(requestId)?.taskId ?? null;
    const wasOver = [requestId, task].some(
      (id) => (this.endsBefore?.get(id ?? "") ?? Number.POSITIVE_INFINITY) < this.overBefore,
    );
    if (wasOver || (task !== taskBefore && taskBefore !== null)) this.hasChangedPast = true;
    else if (task !== taskBefore) this.newTasks.add(requestId);
    return null;
  }

  /** A request ties its id to a task, a session and a worktree. */
  resolve(keys: LogKeys): LogKeys {
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
