// OpenCode 1.0.61 … 1.18.33 with oh-my-opencode 2.14 … 4.19 (oh-my-openagent): sessions in worktrees of the project, and
// the background tasks (`bg_…`) that sessions of the project launched. The plugin keeps its tasks in memory only; what a
// task does is read from its own session.
import { z } from "zod";
import type { Problem } from "../../core/problem.ts";
import type { Stream } from "../../core/stream.ts";
import { CannotRead } from "../../io/sqlite.ts";
import { realPath, worktreeOf } from "../../io/worktrees.ts";
import { absent, type Source, type SourceContext, type SourceReading, unread } from "../source.ts";
import { gather } from "./gather.ts";
import { readHeartbeats } from "./heartbeats.ts";
import { openJsonStore } from "./json-store.ts";
import { KeptSession, KeptSessions } from "./kept-sessions.ts";
import { livenessFrom } from "./liveness.ts";
import { type Locations, locate } from "./locations.ts";
import { type FailedRequest, readFailedRequests } from "./log-tail.ts";
import { messagesRead, type Store } from "./rows.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import type { Surroundings } from "./surroundings.ts";

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
  const stores: Store[] = [];
  try {
    for (const database of locations.databases) {
      const store = openDatabase(database);
      if (!(store instanceof CannotRead)) stores.push(store);
      // Of several, one that cannot be read does not hide the others.
      else if (locations.databases.length === 1) return unread(store.outcome, store.message);
      else problems.push(unreadable(database, store));
    }
    const areAllOpen = stores.length === locations.databases.length;
    // Without the database it is not known which files are dead copies.
    if (stores.length === 0 && !areAllOpen) return unread("failed", "none of its databases can be read");
    if (locations.storage !== null && areAllOpen) {
      const migrated = [...stores];
      // The migration left the files in place: they are dead copies.
      const isCopied = (id: string) => migrated.some((store) => store.session(id) !== null);
      stores.push(openJsonStore(locations.storage, context, isCopied, problems));
    }
    const around = surroundings(locations, context, problems);
    const streams: Stream[] = [];
    let newEvents = 0;
    let newestAt = around.seenUntil;
    let cutSessions = 0;
    for (const store of stores) {
      const found = gather(store, around);
      const known = new Set(streams.map((stream) => stream.key));
      streams.push(...found.streams.filter((stream) => !known.has(stream.key)));
      newEvents += found.events;
      newestAt = Math.max(newestAt, found.newestAt);
      cutSessions += found.cutSessions;
    }
    return {
      outcome: "read",
      reason: null,
      streams: streams.sort((a, b) => (a.key < b.key ? -1 : 1)),
      delegations: [],
      problems,
      newEvents,
      skippedLines: 0,
      notes: cutSessions === 0 ? [] : [cutNote(cutSessions)],
      checkpoint: { version: 3, newestAt, sessions: around.kept.next } satisfies z.infer<typeof Checkpoint>,
    };
  } finally {
    for (const store of stores) store.close();
  }
}

const Checkpoint = z.object({
  version: z.literal(3),
  newestAt: z.number(),
  sessions: z.record(z.string(), KeptSession),
});

function cutNote(sessions: number): string {
  const what = sessions === 1 ? "1 long session" : `${sessions} long sessions`;
  return `of ${what} only the last ${messagesRead} messages were read: tool calls are counted from there`;
}

function openDatabase(path: string): Store | CannotRead {
  try {
    return openSqliteStore(path);
  } catch (error) {
    if (error instanceof CannotRead) return new CannotRead(error.outcome, `${path}: ${error.message}`);
    throw error;
  }
}

function unreadable(path: string, { message }: CannotRead): Problem {
  return { code: "unreadable", path, line: null, column: null, message: message.slice(path.length + 2) };
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
