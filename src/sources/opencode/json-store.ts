// OpenCode 1.0 and 1.1 keep one JSON file per session, message and part below `storage/`, written in place: a reader can
// meet half a file, and is told so by the next look at the latest. Files are chosen by their folder's time, never all walked.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../core/text/problem.ts";
import { NotReadable, readSmallText } from "../../io/open-file.ts";
import type { SourceContext } from "../source.ts";
import { isRetryNotice } from "./notices.ts";
import {
  byTime,
  groupParts,
  idTime,
  type MessageRow,
  messagesRead,
  type PartRow,
  parseMessage,
  parsePart,
  parseTodo,
  type SessionRow,
  type Store,
  sessionsRead,
  silentRead,
  unreadRow,
} from "./records.ts";
import { endOf } from "./translate.ts";

const Todos = z.array(z.unknown());

/**
 * Opens the JSON generation's folder, leaving out the sessions that `isCopied` into the database. What cannot be read is
 * pushed to `problems`.
 */
export function openJsonStore(
  storage: string,
  { now, budget }: Pick<SourceContext, "now" | "budget">,
  isCopied: (id: string) => boolean,
  problems: Problem[],
): Store {
  const read = (path: string) => (budget.allows(path) ? readJson(path, problems) : undefined);
  let known: ReadonlyMap<string, Found> | null = null;
  const all = (): ReadonlyMap<string, Found> => {
    known ??= new Map(
      listSessions(storage, now, read, problems)
        .filter((session) => !isCopied(session.id))
        .map((session) => [session.id, session]),
    );
    return known;
  };
  const conversationFiles = (sessionId: string) =>
    names(join(storage, "message", sessionId))
      .map((name) => ({ id: name.replace(/\.json$/, ""), path: join(storage, "message", sessionId, name) }))
      .map((file) => ({ ...file, createdAt: idTime(file.id, now) ?? 0 }))
      .sort(byTime);
  const partsOf = (messageId: string, from = read): PartRow[] =>
    names(join(storage, "part", messageId)).flatMap((name) => {
      const path = join(storage, "part", messageId, name);
      const value = from(path);
      const part = partRow(path, messageId, now, value);
      // Why nothing could be read is said already.
      if (from === read && value !== undefined && part.body.type === "unread")
        problems.push(unreadRow(path, part.id, "a part with a type"));
      return value === undefined && changedAt(path) === null ? [] : [part];
    });
  // What is wrong with a file is said where the session is read.
  const peek = (path: string) => (budget.allows(path) ? readJson(path, []) : undefined);
  const looksOpen = (sessionId: string): boolean =>
    conversationFiles(sessionId)
      .slice(-1)
      .flatMap((file) => messageRow({ ...file, value: peek(file.path) }, now))
      .every(
        (message) =>
          message.body.role === "user" ||
          endOf(message, partsOf(message.id, peek), { version: null, before: [] }) === null,
      );
  return {
    frozenAt: null,
    fileOf: (session) => all().get(session.id)?.file ?? storage,
    sessions: (selection) =>
      [...all().values()]
        .filter((session) => session.changedAt >= selection.since && selection.isOfProject(session.directory))
        .sort((a, b) => b.changedAt - a.changedAt || byTime(a, b))
        .slice(0, sessionsRead),
    newest(selection) {
      const byDirectory = new Map<string, Found>();
      for (const session of [...all().values()].sort((a, b) => a.changedAt - b.changedAt || byTime(a, b))) {
        if (session.parentId === null && selection.isInWorktree(session.directory))
          byDirectory.set(session.directory, session);
      }
      return [...byDirectory.values()].sort(byTime);
    },
    silentChildren: (selection) =>
      [...all().values()]
        .filter(({ parentId, changedAt, directory }) => {
          return parentId !== null && changedAt < selection.since && selection.isOfProject(directory);
        })
        .filter(({ id }) => looksOpen(id))
        .sort((a, b) => b.changedAt - a.changedAt || byTime(a, b))
        .slice(0, silentRead),
    session: (id) => all().get(id) ?? null,
    children: (parentId) =>
      [...all().values()].filter((session) => session.parentId === parentId).sort(byTime),
    conversation(sessionId) {
      const files = conversationFiles(sessionId);
      const found = files.slice(-messagesRead).map((file) => ({ ...file, value: read(file.path) }));
      const messages = found.flatMap((file) => messageRow(file, now)).sort(byTime);
      const unread = found.slice(-1).find((file) => messageRow(file, now).length === 0);
      // Why nothing could be read is said already.
      if (unread !== undefined && unread.value !== undefined)
        problems.push(unreadRow(unread.path, unread.id, "a message with a role"));
      const parts = messages.flatMap((message) => partsOf(message.id));
      return {
        messages,
        parts: groupParts(parts),
        isWhole: files.length <= messagesRead,
        unreadAt: unread?.createdAt ?? null,
      };
    },
    // It asks again within the same message, or not at all.
    emptyBefore: () => null,
    callsAndRetries: (sessionId, tools) =>
      conversationFiles(sessionId)
        .flatMap((file) => partsOf(file.id))
        .filter(({ body }) => tools.includes(body.tool ?? "") || isRetryNotice(body.text ?? ""))
        .sort(byTime),
    todos(sessionId) {
      const path = join(storage, "todo", `${sessionId}.json`);
      if (changedAt(path) === null) return [];
      const list = Todos.safeParse(read(path));
      return (list.success ? list.data : []).flatMap((item) => {
        return parseTodo(item) ?? [];
      });
    },
    markOf: () => null,
    close: () => {},
  };
}

function messageRow(
  file: { readonly path: string; readonly id: string; readonly value: unknown },
  now: number,
): MessageRow[] {
  const { path, id } = file;
  const body = parseMessage(file.value);
  if (body === null) return [];
  const createdAt = body.time.created ?? idTime(id, now) ?? 0;
  return [{ id, createdAt, updatedAt: writtenAt(path, createdAt, now), body }];
}

function partRow(path: string, messageId: string, now: number, value: unknown): PartRow {
  const body = parsePart(value);
  const id = path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
  const createdAt = body.state?.time.start ?? body.time?.start ?? idTime(id, now) ?? 0;
  return { id, messageId, createdAt, updatedAt: writtenAt(path, createdAt, now), body };
}

const fileBytes = 8_000_000;

/** A file's time is a sign of life, but not in a copied folder: it can only come after what the file says, and before now. */
function writtenAt(path: string, createdAt: number, now: number): number {
  const written = changedAt(path) ?? createdAt;
  return written > now ? createdAt : Math.max(written, createdAt);
}

/** Epoch milliseconds; null when there is no such file. */
function changedAt(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : Math.round(stats.mtimeMs);
}

/** What a folder holds, sorted; nothing where there is none. */
function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

/** A file's JSON; undefined when it is gone, or cannot be read: that is pushed to `problems`. */
function readJson(path: string, problems: Problem[]): unknown {
  const refuse = (code: Problem["code"], message: string): undefined => {
    problems.push({ code, path, line: null, column: null, message });
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return JSON.parse(readSmallText(path, fileBytes));
    } catch (error) {
      // Written in place: the writer may have been in the middle of it.
      if (error instanceof SyntaxError && attempt === 1) continue;
      if (error instanceof SyntaxError)
        return refuse("invalid_json", "expected JSON, is empty or half written");
      if (!(error instanceof NotReadable)) throw error;
      return error.code === "vanished" ? undefined : refuse(error.code, error.message);
    }
  }
}

const SessionFile = z.object({
  // Names files and folders of its own: nothing in it may lead elsewhere.
  id: z.string().regex(/^[\w-]+$/),
  parentID: z.string().nullish(),
  directory: z.string(),
  title: z.string().optional(),
  version: z.string().optional(),
  time: z.object({
    created: z.number(),
    updated: z.number(),
    archived: z.number().optional().catch(undefined),
  }),
});
/** A session of the JSON generation. `changedAt`: its last sign of life, epoch milliseconds. */
type Found = SessionRow & { readonly file: string; readonly changedAt: number };

/** The sessions below `storage`; what is none is pushed to `problems`. */
function listSessions(
  storage: string,
  now: number,
  read: (path: string) => unknown,
  problems: Problem[],
): Found[] {
  return names(join(storage, "session")).flatMap((project) =>
    names(join(storage, "session", project)).flatMap((name) => {
      const file = join(storage, "session", project, name);
      const value = read(file);
      // Why it could not be read is said already.
      if (value === undefined) return [];
      const session = SessionFile.safeParse(value);
      if (!session.success) {
        const message = "expected a session: id, directory, time.created and time.updated";
        problems.push({ code: "unknown_format", path: file, line: null, column: null, message });
        return [];
      }
      const { id, parentID, directory, title, version, time } = session.data;
      // A new message changes its folder, not the session's file.
      const messagesAt = writtenAt(join(storage, "message", id), time.updated, now);
      return [
        {
          id,
          parentId: parentID ?? null,
          directory,
          title: title ?? null,
          version: version ?? null,
          agent: null,
          createdAt: time.created,
          updatedAt: time.updated,
          archivedAt: time.archived ?? null,
          idle: null,
          used: null,
          claim: null,
          file,
          changedAt: messagesAt,
        },
      ];
    }),
  );
}
