// OpenCode 1.0.61 … 1.18.33 with oh-my-opencode 2.14 … 4.19 (oh-my-openagent): sessions in worktrees of the project, and
// the background tasks (`bg_…`) that sessions of the project launched. The plugin keeps its tasks in memory only; what a
// task does is read from its own session.

import { z } from "zod";
import { plural } from "../../core/text/duration.ts";
import type { Problem } from "../../core/text/problem.ts";
import { CannotRead } from "../../io/sqlite.ts";
import { realPath, worktreeOf } from "../../io/worktrees.ts";
import {
  absent,
  newestPerKey,
  type Source,
  type SourceContext,
  type SourceReading,
  unread,
} from "../source.ts";
import { KeptSession, KeptSessions } from "./kept.ts";
import { livenessFrom, readHeartbeats } from "./liveness.ts";
import { type Locations, locate } from "./paths.ts";
import { type FailedRequest, readFailedRequests } from "./provider-retries.ts";
import { messagesRead, sessionsRead, silentRead } from "./records.ts";
import type { Surroundings } from "./session.ts";
import type { Gathered } from "./stores.ts";
import { gatherAll } from "./stores.ts";

export const opencode: Source = {
  id: "opencode",
  async collect(context) {
    try {
      const locations = locate(context.env);
      return locations === null ? absent : read(locations, context);
    } catch (error) {
      if (error instanceof CannotRead) return unread(error.outcome, error.message);
      const { code, message } = error as NodeJS.ErrnoException;
      return unread(code === "EACCES" || code === "EPERM" ? "denied" : "failed", message);
    }
  },
};

function read(locations: Locations, context: SourceContext): SourceReading {
  const problems: Problem[] = [];
  const around = surroundings(locations, context, problems);
  const found = gatherAll(locations, context, around);
  // A copy of a database beside the live one stands still.
  const streams = newestPerKey(found.flatMap((store) => store.streams));
  const newestAt = Math.max(around.seenUntil, ...found.map((store) => store.newestAt));
  return {
    outcome: "read",
    reason: null,
    streams: [...streams].sort((a, b) => (a.key < b.key ? -1 : 1)),
    delegations: [],
    problems,
    newEvents: found.reduce((sum, store) => sum + store.events, 0),
    skippedLines: 0,
    notes: notesOn(found),
    checkpoint: { version: 4, newestAt, sessions: around.kept.next } satisfies z.infer<typeof Checkpoint>,
  };
}

const Checkpoint = z.object({
  version: z.literal(4),
  newestAt: z.number(),
  sessions: z.record(z.string(), KeptSession),
});

function notesOn(found: readonly Gathered[]): string[] {
  const sessions = found.reduce((sum, store) => sum + store.cutSessions, 0);
  const notes = sessions === 0 ? [] : [cutNote(sessions)];
  if (found.some(({ isCapped }) => isCapped))
    notes.push(`only the ${sessionsRead} newest sessions were read: older ones may be missing`);
  if (found.some(({ isSilentCapped }) => isSilentCapped))
    notes.push(`only the ${silentRead} newest of the open subagents silent for long were read`);
  return notes;
}

function cutNote(sessions: number): string {
  const what = plural(sessions, "long session");
  return `of ${what} only the last ${messagesRead} messages were read: tool calls are counted from there`;
}

function surroundings(locations: Locations, context: SourceContext, problems: Problem[]): Surroundings {
  const folders = new Map<string, string>();
  const folderOf = (directory: string): string => {
    const folder = folders.get(directory) ?? realPath(directory);
    folders.set(directory, folder);
    return folder;
  };
  let requests: readonly FailedRequest[] | null = null;
  const checkpoint = Checkpoint.safeParse(context.checkpoint).data;
  return {
    root: context.root,
    now: context.now,
    worktrees: context.worktrees,
    claimedSessions: context.claimedSessions,
    problems,
    seenUntil: checkpoint?.newestAt ?? 0,
    budget: context.budget,
    kept: new KeptSessions(checkpoint?.sessions ?? {}, context.now),
    heartbeats: readHeartbeats(locations.heartbeats, context.now),
    selection: {
      since: context.since,
      isOfProject: (directory) => isOfProject(folderOf(directory), context),
      isInWorktree: (directory) => worktreeOf(context.worktrees, folderOf(directory)) !== null,
    },
    folderOf,
    failedRequests() {
      requests ??= readFailedRequests(locations.log, context.since);
      return requests;
    },
    liveness: livenessFrom(context.processes, locations),
  };
}

function isOfProject(folder: string, { root, worktrees }: SourceContext): boolean {
  return folder === root || folder.startsWith(`${root}/`) || worktreeOf(worktrees, folder) !== null;
}
