import { join } from "node:path";
import type { Delegation, DelegationRequest, DelegationResult } from "../../core/claims/delegation.ts";
import { type Halves, requestsName, resultsName } from "./delegation-logs.ts";
import { logsFolder } from "./paths.ts";

type Key = Delegation["taskId"];
type Ids = readonly [requestId: string, taskId: Key, sessionId: Key, worktree: Key];
type Row<Half> = readonly [ids: Ids, line: number, at: number | null, rest: Half];
type Request = readonly [parentAgent: Key, subagentType: Key, category: Key, summary: Key];
type Result = readonly [
  status: DelegationResult["status"],
  durationMs: number | null,
  toolsUsed: readonly string[],
  error: Key,
];

/** Delegations without the names of their fields: of months of work there are tens of thousands. */
export type PackedHalves = {
  readonly requests: readonly Row<Request>[];
  readonly results: readonly Row<Result>[];
};

/** The same delegations, small. */
export function pack({ requests, results }: Halves): PackedHalves {
  return {
    requests: requests.flatMap(({ request, ...ids }) =>
      request === null
        ? []
        : [
            [
              idsOf(ids),
              request.line,
              request.at,
              [request.parentAgent, request.subagentType, request.category, request.summary],
            ] as const,
          ],
    ),
    results: results.flatMap(({ result, ...ids }) =>
      result === null
        ? []
        : [
            [
              idsOf(ids),
              result.line,
              result.at,
              [result.status, result.durationMs, result.toolsUsed, result.error],
            ] as const,
          ],
    ),
  };
}

/** The delegations that were packed. */
export function unpack({ requests, results }: PackedHalves): Halves {
  return {
    requests: requests.map(([ids, line, at, [parentAgent, subagentType, category, summary]]) => {
      const file = join(logsFolder, requestsName);
      const request: DelegationRequest = { parentAgent, subagentType, category, summary, at, file, line };
      return { ...named(ids), request, result: null };
    }),
    results: results.map(([ids, line, at, [status, durationMs, toolsUsed, error]]) => {
      const file = join(logsFolder, resultsName);
      return {
        ...named(ids),
        request: null,
        result: { status, at, durationMs, toolsUsed, error, file, line },
      };
    }),
  };
}

function idsOf({ requestId, taskId, sessionId, worktree }: Omit<Delegation, "request" | "result">): Ids {
  return [requestId, taskId, sessionId, worktree];
}

function named([requestId, taskId, sessionId, worktree]: Ids) {
  return { requestId, taskId, sessionId, worktree };
}
