import { emptyActivity, observe } from "../../core/observe.ts";
import type { Stream } from "../../core/stream.ts";
import type { Opened } from "./opened.ts";
import { claimsAbout, type Origin } from "./origin.ts";
import { keyOf, streamBase } from "./stream-base.ts";
import type { Surroundings } from "./surroundings.ts";

/** A background task without a session: it waits for a free slot, or its session is lost. `opened` is its parent's. */
export function queuedStream(origin: Origin, opened: Opened, file: string, around: Surroundings): Stream {
  const { launch } = origin;
  const jobs = around.heartbeats.get(opened.folder)?.jobs ?? [];
  const isPending = jobs.some((job) => job.title === launch.title && job.status === "pending");
  return {
    ...streamBase(opened, launch, file),
    key: `opencode:${launch.taskId ?? launch.sessionId ?? launch.partId}`,
    parentKey: keyOf(opened.session.id),
    role: "task",
    title: launch.title,
    agent: { kind: "opencode", name: launch.agent },
    // Its launch is the only sign of it so far.
    activity: observe(emptyActivity(), { type: "active", at: launch.at }),
    liveness: around.liveness(opened.folder, launch.at),
    busyWith: null,
    claims: claimsAbout(origin),
    notes: [
      launch.sessionId !== null
        ? "its session cannot be found"
        : isPending
          ? "queued: waits for a free slot"
          : "launched, but it has no session yet",
    ],
  };
}
