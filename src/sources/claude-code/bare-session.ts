import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import type { SourceContext } from "../source.ts";
import { type Registered, waitingOf } from "./liveness.ts";
import {
  hasEnded,
  type Job,
  jobBusyWith,
  jobCrash,
  jobWaiting,
  lifeOfJob,
  observeJob,
  titleOfJob,
} from "./notices.ts";
import { keyOf, type Place, placeIn, type TranscriptFile } from "./paths.ts";

/** What is known of sessions beside their transcripts. */
export type BareLook = SourceContext & {
  readonly registry: ReadonlyMap<string, Registered>;
  readonly jobs: ReadonlyMap<string, Job>;
};

/**
 * The sessions that have no transcript among `found`: jobs of which only their supervisor speaks, and living processes that
 * were never given anything to do. `personal`: how many of these are a person's own in the main checkout.
 */
export function readBareSessions(
  look: BareLook,
  found: readonly TranscriptFile[],
): { readonly streams: readonly Stream[]; readonly personal: number } {
  const seen = new Set(found.map(({ sessionId }) => sessionId));
  const worked = new Set(found.flatMap(({ worktree }) => worktree?.path ?? []));
  const opened = [...look.registry].flatMap(([id, registered]) => {
    const { entry, liveness } = registered;
    const place = entry.cwd === undefined || look.jobs.has(id) ? null : placeIn(look, entry.cwd);
    return seen.has(id) || place === null || liveness.state !== "alive" || entry.kind === "bg"
      ? []
      : [{ id, registered, place }];
  });
  // Who opens one where another worked looks at what that one left.
  const own = opened.filter(({ place: { worktree } }) => worktree !== null && !worked.has(worktree.path));
  return {
    streams: [
      ...[...look.jobs.values()].flatMap((job) => (seen.has(job.sessionId) ? [] : jobStreams(job, look))),
      ...own.map(({ id, registered, place }) => openedStream(id, registered, place)),
    ],
    personal: opened.filter(({ place }) => place.worktree === null).length,
  };
}

/** A job of which nothing but its supervisor's word is left: a command, a worker that died or has not begun. */
function jobStreams(job: Job, look: BareLook): Stream[] {
  const place = placeOfJob(job, look);
  if (place === null || job.at === null || job.at < look.since) return [];
  const activity = emptyActivity();
  const liveness = look.registry.get(job.sessionId)?.liveness ?? null;
  observe(activity, { type: "active", at: job.at });
  observeJob(activity, job, false);
  const crash = jobCrash(job, liveness, look.now);
  const waiting = jobWaiting(job, activity);
  return [
    {
      ...bareStream(job.sessionId, job.path, place),
      title: titleOfJob(job),
      activity,
      isInteractive: waiting !== null,
      liveness: lifeOfJob(job, liveness, crash),
      restarting: crash?.isComing === true ? crash.says : null,
      waiting,
      busyWith: jobBusyWith(job, activity),
    },
  ];
}

// Its folder may be gone, and with it what was ended there; one that was not goes on failing.
function placeOfJob(job: Job, look: BareLook): Place | null {
  const folder = job.worktreePath ?? job.cwd;
  if (folder == null) return null;
  const place = placeIn(look, folder);
  return place !== null || hasEnded(job) || !folder.startsWith(`${look.root}/`) ? place : { worktree: null };
}

/** A living process to which nobody has said anything yet. */
function openedStream(id: string, registered: Registered, place: Place): Stream {
  const { entry, liveness, path } = registered;
  const activity = emptyActivity();
  const at = entry.startedAt ?? entry.updatedAt;
  if (at !== undefined) observe(activity, { type: "active", at });
  const waiting = waitingOf(registered, activity, []);
  return { ...bareStream(id, path, place), activity, isInteractive: waiting !== null, liveness, waiting };
}

function bareStream(sessionId: string, file: string, { worktree }: Place) {
  return {
    ...nothingMore,
    source: "claude_code",
    kind: "transcript",
    file,
    key: keyOf(sessionId),
    identity: { taskId: null, requestId: null, sessionId, worktree: worktree?.path ?? null },
    role: "task",
    branch: worktree?.branch ?? null,
    agent: { kind: "claude_code", name: null },
  } as const;
}
