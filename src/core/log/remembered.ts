import type { RecalledEvent } from "./recalled-event.ts";

/** Whose a worktree was when a run last wrote of it. */
export type Identity = {
  /** What the record calls it. */
  readonly subject: string;
  /** When that was; epoch milliseconds. */
  readonly at: number;
  readonly taskId: string | null;
  readonly title: string;
  readonly sessionId: string | null;
};

/**
 * What later verdicts need of earlier runs, whoever they ran for. It proves no work: it may only hold back "failed", or
 * keep a name.
 */
export type Remembered = {
  /** Each process that the last run missed → when a run missed it first; epoch milliseconds. */
  readonly unseen: ReadonlyMap<string, number>;
  /** Worktree, as it is shown → the task that was there last. */
  readonly places: ReadonlyMap<string, Identity>;
};

/** Nothing is on record. */
export const nothingRemembered: Remembered = { unseen: new Map(), places: new Map() };

/** Folds recorded events up to `now`, in the order of the log; `before`: what the events before these gave. */
export function remember(
  events: Iterable<RecalledEvent>,
  now: number,
  before: Remembered = nothingRemembered,
): Remembered {
  let { unseen } = before;
  const places = new Map(before.places);
  for (const event of events) {
    const at = Date.parse(event.time);
    if (!(at <= now)) continue;
    if (event.type === "agentmonitor.run.v1" && event.data.unseen !== null)
      unseen = new Map(Object.entries(event.data.unseen).map(([key, since]) => [key, Date.parse(since)]));
    if (event.type !== "agentmonitor.task.health_changed.v1" || event.data.worktree === null) continue;
    const { task_id: taskId, title, session_id: sessionId, worktree } = event.data;
    places.set(worktree, { subject: event.subject, at, taskId, title, sessionId });
  }
  return { unseen, places };
}
