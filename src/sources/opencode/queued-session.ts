import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import type { Stream } from "../../core/evidence/stream.ts";
import { announcedEnd, claimsAbout, type Origin } from "./announced-children.ts";
import type { ChildBuilt, Launch } from "./children.ts";
import { keyOf, type Opened, type Surroundings, streamBase } from "./opened-session.ts";

/**
 * A background task without a session: it waits for a free slot, which the plugin's heartbeat says or `siblings` that work
 * show, or its session is lost. `opened` is its parent's.
 */
export function queuedStream(
  origin: Origin,
  opened: Opened,
  siblings: readonly ChildBuilt[],
  file: string,
  around: Surroundings,
): Stream {
  const { launch } = origin;
  // Its launch is the only sign of it so far.
  const activity = observe(emptyActivity(), { type: "active", at: launch.at });
  for (const event of announcedEnd(origin, activity, { hasAnswer: false, now: around.now }))
    observe(activity, event);
  const liveness = around.liveness(opened.folder, launch.at);
  const isLost = launch.sessionId !== null;
  const waitsSince =
    isLost || activity.ended !== null ? null : slotAwaitedAt(launch, opened, siblings, around);
  if (waitsSince !== null) observe(activity, { type: "active", at: waitsSince });
  return {
    ...streamBase(opened, launch, file),
    key: `opencode:${launch.taskId ?? launch.sessionId ?? launch.partId}`,
    parentKey: keyOf(opened.session.id),
    resume: null,
    role: "task",
    title: launch.title,
    agent: { kind: "opencode", name: launch.agent },
    activity,
    liveness: activity.ended === null ? liveness : null,
    busyWith: null,
    claims: claimsAbout(origin, activity),
    notes: [sessionNote(isLost || activity.ended !== null, waitsSince !== null)],
  };
}

function sessionNote(isLost: boolean, isQueued: boolean): string {
  if (isLost) return "its session cannot be found";
  return isQueued ? "queued: waits for a free slot" : "launched, but it has no session yet";
}

/** When something last showed that it waits behind others; null when nothing does. */
function slotAwaitedAt(
  { title }: Launch,
  { folder }: Opened,
  siblings: readonly ChildBuilt[],
  { heartbeats, now }: Surroundings,
): number | null {
  const heartbeat = heartbeats.get(folder);
  const isPending = heartbeat?.jobs.some((job) => job.title === title && job.status === "pending") === true;
  const working = siblings.filter(
    ({ launch, stream }) =>
      launch.isBackground && stream.activity.ended === null && stream.liveness?.state !== "gone",
  );
  const times = [
    ...(isPending ? [heartbeat.at] : []),
    ...working.map(({ stream }) => stream.activity.lastActivityAt ?? 0),
  ];
  return times.length === 0 ? null : Math.min(now, Math.max(...times));
}
