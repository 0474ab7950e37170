// OpenCode 1.0 and 1.1 keep one JSON file per session, message and part below `storage/`, written in place: a reader can
// meet half a file, and is told so by the next look at the latest. Files are chosen by their folder's time, never all walked.
import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../../core/problem.ts";
import type { SourceContext } from "../source.ts";
import { parseMessage, parsePart, parseTodo } from "./bodies.ts";
import { endOf } from "./events.ts";
import { changedAt, names, readJson, writtenAt } from "./json-files.ts";
import { type Found, listSessions } from "./json-sessions.ts";
import { isRetryNotice } from "./retry-notices.ts";
import { idTime } from "./row-times.ts";
import {
  byTime,
  groupParts,
  type MessageRow,
  messagesRead,
  type PartRow,
  type Store,
  sessionsRead,
  silentRead,
} from "./rows.ts";
import { unreadMessage } from "./unread-message.ts";

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
    names(join(storage, "part", messageId)).flatMap((name) =>
      partRow(join(storage, "part", messageId, name), messageId, now, from),
    );
  // What is wrong with a file is said where the session is read.
  const peek = (path: string) => (budget.allows(path) ? readJson(path, []) : undefined);
  const looksOpen = (sessionId: string): boolean =>
    conversationFiles(sessionId)
      .slice(-1)
      .flatMap((file) => messageRow({ ...file, value: peek(file.path) }, now))
      .every((message) => message.body.role === "user" || endOf(message, partsOf(message.id, peek)) === null);
  return {
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
        problems.push(unreadMessage(unread.path, unread.id));
      const parts = messages.flatMap((message) => partsOf(message.id));
      return {
        messages,
        parts: groupParts(parts),
        isWhole: files.length <= messagesRead,
        unreadAt: unread?.createdAt ?? null,
      };
    },
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

function partRow(path: string, messageId: string, now: number, read: (path: string) => unknown): PartRow[] {
  const body = parsePart(read(path));
  if (body === null) return [];
  const id = path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
  const createdAt = body.state?.time.start ?? body.time?.start ?? idTime(id, now) ?? 0;
  return [{ id, messageId, createdAt, updatedAt: writtenAt(path, createdAt, now), body }];
}
