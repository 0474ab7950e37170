import { beganAt, type Delegation, endedAt, requestedAt } from "../claims/delegation.ts";
import { namesOf } from "../claims/names.ts";
import type { RecalledEnd } from "../log/recalled-event.ts";
import { errorType } from "../text/error-type.ts";
import { parseTime } from "../text/time.ts";

/** How one piece of work ended. `at`: the instant that decides in which window it counts; epoch milliseconds. */
export type End = {
  readonly subject: string;
  readonly outcome: RecalledEnd["data"]["outcome"];
  readonly at: number;
  readonly startedAt: number | null;
  readonly durationS: number | null;
  readonly agent: string;
  readonly category: string;
  readonly reason: string;
  readonly errorType: string | null;
  readonly tokens: RecalledEnd["data"]["tokens"];
  readonly costUsd: number | null;
  readonly isFromDelegation: boolean;
};

/**
 * Every recorded end once. Of several records about one attempt (same task, same start) the last counts. An end counts
 * when it was recorded, or where a delegation result tells the time, then: so every end falls into exactly one of two
 * windows that touch. Results that no run recorded are joined by request id; a record without one is the end of
 * the last request of its task, or of its session where that made no other, that came before it.
 */
export function collectEnds(finished: readonly RecalledEnd[], delegations: readonly Delegation[]): End[] {
  const results = new Map(
    delegations.filter(({ result }) => result !== null).map((each) => [each.requestId, each]),
  );
  const attempts = new Map<string, RecalledEnd>();
  for (const event of finished) {
    const { started_at, ended_at } = event.data;
    attempts.set([event.source, event.subject, started_at ?? ended_at ?? ""].join("\n"), event);
  }
  const recorded = [...attempts.values()];
  const known = recordedRequests(recorded, [...results.values()]);
  return [
    ...recorded.map((event) => recordedEnd(event, results.get(event.data.request_id ?? "") ?? null)),
    ...[...results.values()].filter(({ requestId }) => !known.has(requestId)).flatMap(delegationEnd),
  ].sort((a, b) => a.at - b.at || (a.subject < b.subject ? -1 : 1));
}

/** The requests whose ends are on record. */
function recordedRequests(
  recorded: readonly RecalledEnd[],
  ended: readonly Delegation[],
): ReadonlySet<string> {
  const known = new Set(recorded.flatMap(({ data }) => (data.request_id === null ? [] : [data.request_id])));
  const byName = Map.groupBy(
    ended.flatMap((each) => namesOf(each).map((name) => ({ name, each }))),
    ({ name }) => name,
  );
  for (const { subject, time, data } of recorded) {
    if (data.request_id !== null) continue;
    const names = [`task ${subject}`, `request ${subject}`, `task ${data.task_id}`];
    const ofTask = names.flatMap((name) => byName.get(name) ?? []);
    const ofSession = byName.get(`session ${data.session_id}`) ?? [];
    const [last] = [...ofTask, ...(ofSession.length === 1 ? ofSession : [])]
      .map(({ each }) => each)
      .filter((each) => !known.has(each.requestId) && beganAt(each) <= Date.parse(time))
      .sort((a, b) => beganAt(b) - beganAt(a));
    if (last !== undefined) known.add(last.requestId);
  }
  return known;
}

/** Who is counted: the agent's name, else its kind. */
export function agentOf(names: { readonly agent_name: string | null; readonly agent_kind: string }): string {
  return names.agent_name ?? names.agent_kind;
}

/** The word for a category that is not known. */
export const noCategory = "none";

function recordedEnd({ subject, time, data }: RecalledEnd, delegation: Delegation | null): End {
  return {
    subject,
    outcome: data.outcome,
    at: (delegation === null ? null : endedAt(delegation)) ?? Date.parse(time),
    startedAt: parseTime(data.started_at),
    durationS: data.duration_s,
    agent: agentOf(data),
    category: data.category ?? noCategory,
    reason: data.reason,
    errorType: data.error_type,
    tokens: data.tokens,
    costUsd: data.cost_usd,
    isFromDelegation: false,
  };
}

function delegationEnd(delegation: Delegation): End[] {
  const { request, result, taskId, requestId } = delegation;
  const at = endedAt(delegation);
  if (result === null || at === null) return [];
  return [
    {
      subject: taskId ?? requestId,
      outcome: result.status,
      at,
      startedAt: requestedAt(delegation),
      durationS: result.durationMs === null ? null : Math.round(result.durationMs / 1_000),
      agent: request?.subagentType ?? "unknown",
      category: request?.category ?? noCategory,
      reason: result.status === "success" ? "result_recorded" : "result_failed",
      errorType: result.status === "success" ? null : errorType(result.error),
      tokens: null,
      costUsd: null,
      isFromDelegation: true,
    },
  ];
}
