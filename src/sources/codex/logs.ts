import { z } from "zod";
import { nothingMore, type Stream } from "../../core/stream.ts";
import { statsOf } from "../../io/stats.ts";
import type { FollowedFiles } from "../followed-files.ts";
import { followLog, identityFromName, isOlderLog, listLauncherLogs } from "../launcher-log.ts";
import { newestPerKey } from "../newest-per-key.ts";
import type { SourceContext } from "../source.ts";
import { execLog, LogHead, type LogMemory } from "./exec-log.ts";

const KeptLog = z.object({ modifiedAt: z.number(), sizeBytes: z.number(), followed: z.unknown().optional() });

/** The logs of `codex exec --json` among the project's logs. */
export function readLogs(context: SourceContext, files: FollowedFiles): readonly Stream[] {
  return listLauncherLogs(context.root, context.since).flatMap(({ path, first }) => {
    const head = LogHead.safeParse(first);
    const stats = statsOf(path);
    if (!head.success || stats === null) return [];
    const state = { modifiedAt: stats.mtimeMs, sizeBytes: stats.size };
    const read = files.read(path, (kept) => {
      const known = KeptLog.safeParse(kept).data;
      // All records have the time of the file: one that was written to since is read anew, or its parts would differ.
      const isSame = known?.modifiedAt === state.modifiedAt && known.sizeBytes === state.sizeBytes;
      const followed = followLog(path, context, execLog, isSame ? known.followed : null);
      return followed && { ...followed, kept: { ...state, followed: followed.kept } };
    });
    return read === null ? [] : [streamOf(path, head.data.thread_id, read.memory, read.activity, context)];
  });
}

/**
 * A log of a session whose rollout was read too is the same work: it only adds the end and the retries that older
 * versions write nowhere else. The others stand for themselves. Of two logs of one session the newer one counts.
 */
export function addLogs(rollouts: readonly Stream[], allLogs: readonly Stream[]): readonly Stream[] {
  const logs = newestPerKey(allLogs);
  const alone = logs.filter(
    (log) => !rollouts.some((rollout) => rollout.identity.sessionId === log.identity.sessionId),
  );
  const joined = rollouts.map((rollout) => {
    const log = logs.find(({ identity }) => identity.sessionId === rollout.identity.sessionId);
    return log === undefined ? rollout : withLog(rollout, log);
  });
  return [...joined, ...alone];
}

function withLog(rollout: Stream, log: Stream): Stream {
  const taskId = rollout.identity.taskId ?? log.identity.taskId;
  const named = { ...rollout, identity: { ...rollout.identity, taskId } };
  const { activity } = rollout;
  const { ended, retries } = log.activity;
  // A program that failed is gone soon: as long as it lives, it may go on after the error.
  const isDoubtful = rollout.liveness?.state === "alive" && ended?.outcome === "failure";
  if (isOlderLog(log.activity, activity) || isDoubtful || activity.ended !== null) return named;
  return { ...named, activity: { ...activity, ended, retries: activity.retries ?? retries } };
}

function streamOf(
  path: string,
  headThreadId: string,
  memory: LogMemory,
  activity: Stream["activity"],
  context: SourceContext,
): Stream {
  const sessionId = memory.threadId ?? headThreadId;
  return {
    ...nothingMore,
    key: `codex:log:${sessionId}`,
    source: "codex",
    file: path,
    identity: identityFromName(path, sessionId, context.worktrees),
    role: "task",
    agent: { kind: "codex", name: null },
    activity,
  };
}
