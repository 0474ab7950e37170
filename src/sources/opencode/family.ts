import type { Activity } from "../../core/activity.ts";
import type { AgentEvent } from "../../core/agent-event.ts";
import { plural } from "../../core/plural.ts";
import type { Stream } from "../../core/stream.ts";
import type { Launch } from "./launches.ts";

/** A session, or a place in the queue, that another session launched. */
export type ChildBuilt = { readonly launch: Launch; readonly stream: Stream };

/** What the children's state means for their parent. */
export function familyEvents(children: readonly ChildBuilt[]): AgentEvent[] {
  return children.flatMap((child) => childEvents(child));
}

/** What a call's end means for a session that it waited for: nothing reads what an open step of it may still say. */
export function cutOffEvents({ ended, lastActivityAt }: Activity, launch: Launch | null): AgentEvent[] {
  const returnedAt = launch?.endedAt ?? null;
  if (returnedAt === null || ended !== null || (lastActivityAt ?? 0) > returnedAt) return [];
  const message = "its parent went on without it";
  return [{ type: "turn_ended", at: lastActivityAt ?? returnedAt, outcome: "cancelled", message }];
}

/** What still works for a parent whose turn is over; null when nothing does. */
export function busyWith(children: readonly ChildBuilt[]): string | null {
  const count = children.filter(
    ({ launch, stream }) =>
      launch.isBackground && stream.activity.ended === null && stream.liveness?.state !== "gone",
  ).length;
  if (count === 0) return null;
  return plural(count, "background task");
}

function childEvents({ launch, stream }: ChildBuilt): AgentEvent[] {
  const childId = stream.identity.sessionId ?? stream.identity.taskId ?? launch.partId;
  const { ended, lastActivityAt } = stream.activity;
  const events: AgentEvent[] = [
    { type: "child_started", at: launch.at, childId, kind: "agent", title: launch.title },
  ];
  if (launch.endedAt !== null) {
    events.push({ type: "child_ended", at: launch.endedAt, childId, outcome: ended?.outcome ?? null });
  } else if (ended !== null) {
    events.push({ type: "child_ended", at: ended.at, childId, outcome: ended.outcome });
  } else if (stream.liveness?.state === "gone") {
    events.push({ type: "child_ended", at: lastActivityAt ?? launch.at, childId, outcome: "failure" });
  } else if (launch.isAwaited && lastActivityAt !== null) {
    // A parent that waits for its child lives as long as the child does.
    events.push({ type: "active", at: lastActivityAt });
  }
  return events;
}
