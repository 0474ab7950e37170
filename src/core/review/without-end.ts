import { type Delegation, requestedAt } from "../claims/delegation.ts";
import { type Health, isEnded } from "../log/health.ts";
import { parseHealthState } from "../log/history.ts";
import type { RecalledTask } from "../log/recalled-event.ts";
import { agentOf, type End, noCategory } from "./ends.ts";
import type { Look } from "./looks.ts";
import { isInside, type Window } from "./window.ts";

/** Work whose end is not on record: who worked at it. */
type Loose = Pick<End, "subject" | "agent" | "category">;

/**
 * Work of the window without an end: what the last look still saw is open, of the rest nobody knows. `looks`: of all
 * readers, ordered by time.
 */
export function findLoose(
  looks: readonly Look[],
  main: readonly Look[],
  told: readonly RecalledTask[],
  delegations: readonly Delegation[],
  ends: readonly End[],
  window: Window,
): { readonly open: readonly Loose[]; readonly unknown: readonly Loose[] } {
  const last = main.at(-1);
  const lastTold = new Map(told.map(({ subject, data }) => [subject, data]));
  const lastRunAt = looks.at(-1)?.at ?? 0;
  const isOver = (subject: string, at: number) => ends.some((end) => end.subject === subject && end.at >= at);
  const tasks = [...lastSeen(looks, window)]
    .filter(([subject, { health, at }]) => !(health !== null && isEnded(health)) && !isOver(subject, at))
    .map(([subject, { at }]) => ({
      isOpen: last !== undefined && (at >= last.at || Object.hasOwn(last.states, subject)),
      ...looseTask(subject, lastTold.get(subject)),
    }));
  const seenNames = new Set(
    told.flatMap(({ subject, data }) => [subject, data.session_id, folderOf(data.worktree)]),
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

function lastSeen(looks: readonly Look[], window: Window) {
  const seen = new Map<string, { readonly health: Health | null; readonly at: number }>();
  let after: Look["states"] | null = null;
  for (const { at, states } of looks.toReversed()) {
    if (!isInside(window, at) || states === after) continue;
    after = states;
    for (const [subject, state] of Object.entries(states))
      if (!seen.has(subject)) seen.set(subject, { health: parseHealthState(state).health, at });
  }
  return seen;
}

function looseTask(subject: string, data: RecalledTask["data"] | undefined): Loose {
  if (data === undefined) return { subject, agent: "unknown", category: noCategory };
  return { subject, agent: agentOf(data), category: data.category ?? noCategory };
}

function folderOf(worktree: string | null): string | null {
  return worktree?.split("/").at(-1) ?? null;
}
