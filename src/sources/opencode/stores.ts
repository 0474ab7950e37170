import { z } from "zod";
import type { Stream } from "../../core/evidence/stream.ts";
import { plural } from "../../core/text/duration.ts";
import { stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import { newestOf } from "../../core/text/version.ts";
import { CannotRead } from "../../io/open-file.ts";
import { openSnapshot, type Snapshot } from "../../io/sqlite.ts";
import { realPath, worktreeOf } from "../../io/worktrees.ts";
import { FollowedFiles } from "../followed-files.ts";
import { absent, newestPerKey, type SourceContext, type SourceReading } from "../source.ts";
import { openJsonStore } from "./json-store.ts";
import { databasesElsewhere, livenessFrom, readHeartbeats } from "./liveness.ts";
import { KeptLog, openLog } from "./log.ts";
import { KeptSessions } from "./memory.ts";
import type { Surroundings } from "./opened-session.ts";
import type { Locations } from "./paths.ts";
import { messagesRead, type SessionRow, type Store, sessionsRead, silentRead } from "./records.ts";
import { buildSession, maxDepth, type Run } from "./session.ts";
import { firstTables, openSqliteStore } from "./sqlite-store.ts";
import { countSessions, missingInV2, newestV2, openV2Store, secondTables } from "./v2-store.ts";

/**
 * Reads the sessions of the project from every store.
 * @throws {CannotRead} when there is nothing that can be read.
 */
export function readStores(locations: Locations, context: SourceContext): SourceReading {
  const files = new FollowedFiles(context, keptVersion);
  const around = surroundings(locations, context, files);
  const notes: string[] = [];
  const found = gatherAll(locations, context, around, notes);
  // A copy of a database beside the live one stands still.
  const streams = newestPerKey(found.flatMap((store) => store.streams));
  files.keep("newestAt", Math.max(around.seenUntil, ...found.map((store) => store.newestAt)));
  files.keep("log", around.log.kept());
  for (const { events } of found) files.count(events, { problems: [], skippedLines: 0 });
  return files.reading(
    [...streams].sort((a, b) => (a.key < b.key ? -1 : 1)),
    {
      notes: [...notes, ...notesOn(found), ...notesElsewhere(context, locations.databases, streams)],
      newestVersion: newestOf(found.map((store) => store.newestVersion)),
    },
  );
}

/** Raised whenever what is kept, or what that means, changes. */
const keptVersion = 9;

/** What to say where OpenCode has no folder of its own, but works here. */
export function readElsewhere(context: SourceContext): SourceReading {
  return { ...absent, notes: notesElsewhere(context, [], []) };
}

function notesElsewhere(
  context: SourceContext,
  databases: readonly string[],
  streams: readonly Stream[],
): string[] {
  const known = new Set(streams.map(({ liveness }) => (liveness?.state === "alive" ? liveness.pid : null)));
  const isHere = (folder: string) => isOfProject(folder, context);
  return databasesElsewhere(context.processes, databases, isHere)
    .filter(({ pid }) => !known.has(pid))
    .map(
      ({ pid, path }) =>
        `opencode (pid ${pid}) works here with ${path}, which is not read: set OPENCODE_DB to it`,
    );
}

function notesOn(found: readonly Gathered[]): string[] {
  const sessions = found.reduce((sum, store) => sum + store.cutSessions, 0);
  const notes = sessions === 0 ? [] : [cutNote(sessions)];
  const frozen = found.reduce((sum, store) => sum + store.frozenSessions, 0);
  if (frozen > 0)
    notes.push(
      `${plural(frozen, "open session")} of OpenCode 1 stopped when OpenCode 2 took over: no verdict`,
    );
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

function surroundings(locations: Locations, context: SourceContext, files: FollowedFiles): Surroundings {
  const folders = new Map<string, string>();
  const folderOf = (directory: string): string => {
    const folder = folders.get(directory) ?? realPath(directory);
    folders.set(directory, folder);
    return folder;
  };
  return {
    root: context.root,
    now: context.now,
    worktrees: context.worktrees,
    claimedSessions: context.claimedSessions,
    problems: files.problems,
    seenUntil: z.number().safeParse(files.recall("newestAt")).data ?? 0,
    budget: context.budget,
    kept: new KeptSessions(files, context.now),
    heartbeats: readHeartbeats(locations.heartbeats, context.now),
    selection: {
      since: context.since,
      isOfProject: (directory) => isOfProject(folderOf(directory), context),
      isInWorktree: (directory) => worktreeOf(context.worktrees, folderOf(directory)) !== null,
    },
    folderOf,
    log: openLog(locations.log, context.since, KeptLog.safeParse(files.recall("log")).data ?? null),
    liveness: livenessFrom(context.processes, locations),
  };
}

function isOfProject(folder: string, { root, worktrees }: SourceContext): boolean {
  return folder === root || folder.startsWith(`${root}/`) || worktreeOf(worktrees, folder) !== null;
}

type Gathered = {
  readonly streams: readonly Stream[];
  /** Those that are new. */
  readonly events: number;
  /** The time of the newest one. */
  readonly newestAt: number;
  readonly newestVersion: string | null;
  /** Sessions of which only the last messages were read. */
  readonly cutSessions: number;
  /** Open sessions that stopped when a later generation took over. */
  readonly frozenSessions: number;
  /** There may be older sessions that were not read. */
  readonly isCapped: boolean;
  /** There may be older open children that were not read. */
  readonly isSilentCapped: boolean;
};

/** Reads the sessions of the project from one store, and the background tasks that they launched. */
function gather(store: Store, around: Surroundings, isSuperseded: (id: string) => boolean): Gathered {
  const selected = store.sessions(around.selection);
  const recent = new Set(selected.map((session) => session.id));
  const children = store.silentChildren(around.selection);
  const silent = children.map((session) => lineOf(session, store));
  const run: Run = {
    store,
    around,
    recent,
    silent: new Set(silent.flat().map((session) => session.id)),
    isSuperseded,
    visited: new Set(),
    streams: [],
    counted: {
      events: 0,
      newestAt: around.seenUntil,
      cutSessions: 0,
      frozenSessions: 0,
      isCapped: selected.length >= sessionsRead,
    },
    isOpenOnly: false,
  };
  for (const session of selected) {
    const top = lineOf(session, store).at(-1);
    if (top !== undefined) buildSession(top, null, run, 0);
  }
  for (const id of around.claimedSessions.keys()) {
    const claimed = store.session(id);
    if (claimed !== null) buildSession(claimed, null, run, 0);
  }
  // Long silent, but open: a `status.json` may still speak of it.
  const old = [...store.newest(around.selection), ...silent.flatMap((line) => line.slice(-1))];
  for (const session of old) {
    if (!recent.has(session.id)) buildSession(session, null, { ...run, isOpenOnly: true }, 0);
  }
  const newestVersion = newestOf(selected.map(({ version }) => version));
  return {
    streams: run.streams,
    ...run.counted,
    newestVersion,
    isSilentCapped: children.length >= silentRead,
  };
}

/** A session and those that it hangs below, the topmost last. */
function lineOf(session: SessionRow, store: Store): readonly SessionRow[] {
  const line = [session];
  let parentId = session.parentId;
  while (line.length <= maxDepth && parentId !== null) {
    const parent = store.session(parentId);
    if (parent === null) break;
    line.push(parent);
    parentId = parent.parentId;
  }
  return line;
}

/**
 * Gathers from every store. Of several databases one that cannot be read does not hide the others: it is pushed to the
 * problems, and generations that are not known to the notes.
 * @throws {CannotRead} when there is nothing else to read.
 */
function gatherAll(
  { databases, storage }: Locations,
  context: SourceContext,
  around: Surroundings,
  notes: string[],
): readonly Gathered[] {
  const opened: Opened[] = [];
  const found: Gathered[] = [];
  const attempt = (path: string, isOnly: boolean, open: () => Opened): void => {
    try {
      const database = open();
      opened.push(database);
      notes.push(...database.notes);
      for (const [index, store] of database.stores.entries()) {
        const later = database.stores.slice(0, index);
        found.push(gather(store, around, (id) => later.some((other) => other.session(id) !== null)));
      }
    } catch (error) {
      if (!(error instanceof CannotRead)) throw error;
      if (isOnly) throw new CannotRead(error.outcome, `${path}: ${error.message}`);
      around.problems.push(unreadable(path, error));
    }
  };
  try {
    for (const path of databases)
      attempt(path, databases.length === 1, () => openDatabase(path, around.problems));
    // Without the database it is not known which files are dead copies.
    if (opened.length === 0 && databases.length > 0)
      throw new CannotRead("failed", "none of its databases can be read");
    if (storage === null || opened.length < databases.length) return found;
    // The migration left the files in place: they are dead copies.
    const migrated = opened.flatMap(({ stores }) => stores);
    const isCopied = (id: string) => migrated.some((store) => store.session(id) !== null);
    attempt(storage, databases.length === 0, () => {
      const store = openJsonStore(storage, context, isCopied, around.problems);
      return { stores: [store], notes: [], close: store.close };
    });
    return found;
  } finally {
    for (const { close } of opened) close();
  }
}

/** The generations in one database, the latest first. */
type Opened = { readonly stores: readonly Store[]; readonly notes: readonly string[]; close(): void };

function openDatabase(path: string, problems: Problem[]): Opened {
  const snapshot = openSnapshot(path, [...Object.keys(firstTables), ...Object.keys(secondTables)]);
  try {
    const tables = snapshot
      .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
      .flatMap((row) => stringIn(row, "name") ?? []);
    const notes = tables.flatMap((table) => unreadGeneration(table, snapshot));
    const hasV2 = tables.includes("session_v2") && missingInV2(snapshot) === null;
    const later = hasV2 ? [openV2Store(path, snapshot, problems)] : [];
    // A fresh install of the second generation has no tables of the first.
    const hasFirst = tables.includes("session") || !tables.some((table) => generationOf(table) !== null);
    const first = hasFirst
      ? [openSqliteStore(path, snapshot, hasV2 ? newestV2(snapshot) : null, problems)]
      : [];
    return { stores: [...later, ...first], notes, close: () => snapshot.close() };
  } catch (error) {
    snapshot.close();
    throw error;
  }
}

function generationOf(table: string): number | null {
  const generation = table.match(/^session_v(\d+)$/)?.[1];
  return generation === undefined ? null : Number(generation);
}

// What is not read is said: a row too few looks like work that went well.
function unreadGeneration(table: string, snapshot: Snapshot): string[] {
  const generation = generationOf(table);
  const missing = generation === 2 ? missingInV2(snapshot) : "no version of it is known";
  if (generation === null || missing === null) return [];
  const sessions = countSessions(snapshot, table);
  if (sessions === 0) return [];
  return [
    `OpenCode ${generation} keeps ${plural(sessions, "session")} here that ${sessions === 1 ? "is" : "are"} not read: ${missing}`,
  ];
}

function unreadable(path: string, { message }: CannotRead): Problem {
  return { code: "unreadable", path, line: null, column: null, message };
}
