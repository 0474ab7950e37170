import { type Delegation, requestedAt } from "../claims/delegation.ts";
import type { HealthChangedEvent, RunEvent } from "../log/event.ts";
import { type Health, isEnded } from "../log/health.ts";
import { parseHealthState } from "../log/history.ts";
import { isInside, type Window } from "./coverage.ts";
import { agentOf, type End, noCategory } from "./ends.ts";

/** Work whose end is not on record: who worked at it. */
type Loose = Pick<End, "subject" | "agent" | "category">;

/** Work of the window without an end: what the last run still saw is open, of the rest nobody knows. */
export function findLoose(
  runs: readonly RunEvent[],
  changes: readonly HealthChangedEvent[],
  delegations: readonly Delegation[],
  ends: readonly End[],
  window: Window,
): { readonly open: readonly Loose[]; readonly unknown: readonly Loose[] } {
  const last = runs.at(-1);
  const lastRunAt = last === undefined ? 0 : Date.parse(last.time);
  const isOver = (subject: string, at: number) => ends.some((end) => end.subject === subject && end.at >= at);
  const tasks = [...lastSeen(runs, window)]
    .filter(([subject, { health, at }]) => !(health !== null && isEnded(health)) && !isOver(subject, at))
    .map(([subject]) => ({
      isOpen: last !== undefined && Object.hasOwn(last.data.tasks, subject),
      ...looseTask(subject, changes),
    }));
  const seenNames = new Set(
    changes.flatMap(({ subject, data }) => [subject, data.session_id, folderOf(data.worktree)]),
  );
  const requests = delegations.flatMap((delegation) => {
    const { request, result, taskId, requestId, sessionId, worktree } = delegation;
    const at = requestedAt(delegation);
    if (request === null || result !== null || at === null || !isInside(window, at)) return [];
    const names = [taskId, requestId, sessionId, folderOf(worktree)].filter((name) => name !== null);
    if (names.some((name) => seenNames.has(name))) return [];
    const agent = request.subagentType ?? "unknown";
    const category = request.category ?? noCategory;
    // A request that no run could have seen yet is open.
    return [{ isOpen: at >= lastRunAt, subject: taskId ?? requestId, agent, category }];
  });
  const all = [...tasks, ...requests];
  return { open: all.filter(({ isOpen }) => isOpen), unknown: all.filter(({ isOpen }) => !isOpen) };
}

function lastSeen(runs: readonly RunEvent[], window: Window) {
  const seen = new Map<string, { readonly health: Health | null; readonly at: number }>();
  for (const { time, data } of runs) {
    const at = Date.parse(time);
    if (!isInside(window, at)) continue;
    for (const [subject, state] of Object.entries(data.tasks))
      seen.set(subject, { health: parseHealthState(state).health, at });
  }
  return seen;
}

function looseTask(subject: string, changes: readonly HealthChangedEvent[]): Loose {
  const data = changes.findLast((change) => change.subject === subject)?.data;
  if (data === undefined) return { subject, agent: "unknown", category: noCategory };
  return { subject, agent: agentOf(data), category: data.category ?? noCategory };
}

function folderOf(worktree: string | null): string | null {
  return worktree?.split("/").at(-1) ?? null;
}
