// OpenCode 2 keeps its sessions in `session_v2` and `session_message` of the same `opencode.db`; the tables of 1.x stand still
// from the upgrade on. Columns come and go between its versions: they are asked for, not assumed.
import { z } from "zod";
import { numberIn, parseJson, stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import type { Snapshot } from "../../io/sqlite.ts";
import { launchTools } from "./calls.ts";
import {
  byTime,
  messagesRead,
  type PartRow,
  parseTodo,
  type SessionRow,
  type Store,
  sessionsRead,
  silentRead,
  unreadRow,
} from "./records.ts";
import { columnsOf } from "./sqlite-store.ts";
import { type V2Message, v2Message, v2SessionRow } from "./v2-records.ts";

/** Larger rows are not looked into: that alone would read all of them. */
const messageBytes = 8_000_000;
const lastRowsRead = 300;

/** The tables that are read, with the columns that must be there. */
export const secondTables = {
  session_v2: ["id", "directory", "time_created", "time_updated"],
  session_message: ["id", "session_id", "type", "seq", "data"],
} as const;

const optional = [
  "parent_id",
  "title",
  "version",
  "agent",
  "time_archived",
  "time_idle",
  "idle_outcome",
  "resume_attempts",
] as const;

/** What is missing for reading the second generation's tables, for people; null when nothing is. */
export function missingInV2(snapshot: Snapshot): string | null {
  for (const [table, names] of Object.entries(secondTables)) {
    const found = columnsOf(snapshot, table);
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0) return `its table ${table} has no ${missing.join(", ")}`;
  }
  return null;
}

const DirectoryOnly = z.object({ directory: z.string() });

/** The second generation's sessions. A newest message that cannot be read is pushed to `problems`. */
export function openV2Store(path: string, snapshot: Snapshot, problems: Problem[]): Store {
  const columns = columnsOf(snapshot, "session_v2");
  const column = (name: string) => (columns.has(name) ? name : `NULL AS ${name}`);
  const errorColumns = ["idle_error_message", "idle_error", "idle_error_type"].filter((name) =>
    columns.has(name),
  );
  const claimColumn = ["execution_claimed_at", "time_suspended"].find((name) => columns.has(name)) ?? "NULL";
  const list = [
    "id, directory, time_created, time_updated",
    ...optional.map(column),
    `coalesce(${[...errorColumns, "NULL", "NULL"].join(", ")}) AS idle_error`,
    `${claimColumn} AS claimed_at`,
  ].join(", ");
  const changedAt = columns.has("time_idle") ? "max(time_updated, coalesce(time_idle, 0))" : "time_updated";
  const parent = columns.has("parent_id") ? "parent_id" : "NULL";
  const open = columns.has("time_idle") ? "time_idle IS NULL" : "0";
  const rows = (sql: string, ...values: readonly (string | number)[]): SessionRow[] =>
    snapshot.all(sql, ...values).flatMap(v2SessionRow);
  const directoriesOf = (isWanted: (directory: string) => boolean): string =>
    JSON.stringify(
      snapshot
        .all("SELECT DISTINCT directory FROM session_v2")
        .flatMap((row) => DirectoryOnly.safeParse(row).data?.directory ?? [])
        .filter(isWanted),
    );
  const inThese = "directory IN (SELECT value FROM json_each(?1))";
  const messagesOf = (sessionId: string, where: string, limit: number, ...values: readonly string[]) =>
    snapshot
      .all(
        `SELECT id, type, time_created, time_updated, CASE WHEN octet_length(data) <= ${messageBytes} THEN data END AS data
         FROM session_message WHERE session_id = ?1 ${where} ORDER BY seq DESC LIMIT ${limit}`,
        sessionId,
        ...values,
      )
      .flatMap(messageRow)
      .reverse();
  return {
    fileOf: () => path,
    frozenAt: null,
    sessions: (selection) =>
      rows(
        `SELECT ${list} FROM session_v2 WHERE ${inThese} AND (${changedAt} >= ?2 OR id IN (
           SELECT session_id FROM (SELECT session_id, time_updated FROM session_message ORDER BY rowid DESC LIMIT ${lastRowsRead})
           WHERE time_updated >= ?2)) ORDER BY ${changedAt} DESC, id LIMIT ${sessionsRead}`,
        directoriesOf(selection.isOfProject),
        selection.since,
      ),
    newest: (selection) =>
      rows(
        `SELECT ${list}, max(time_updated) AS newest FROM session_v2 WHERE ${parent} IS NULL AND ${inThese} GROUP BY directory`,
        directoriesOf(selection.isInWorktree),
      ),
    silentChildren: (selection) =>
      rows(
        `SELECT ${list} FROM session_v2 WHERE ${parent} IS NOT NULL AND ${open} AND ${inThese} AND time_updated < ?2
         ORDER BY time_updated DESC, id LIMIT ${silentRead}`,
        directoriesOf(selection.isOfProject),
        selection.since,
      ),
    session: (id) => rows(`SELECT ${list} FROM session_v2 WHERE id = ?`, id)[0] ?? null,
    children: (parentId) =>
      columns.has("parent_id")
        ? rows(
            `SELECT ${list} FROM session_v2 WHERE parent_id = ? ORDER BY time_created DESC, id LIMIT ${sessionsRead}`,
            parentId,
          ).sort(byTime)
        : [],
    conversation(sessionId) {
      const found = messagesOf(sessionId, "", messagesRead + 1);
      const newest = found.at(-1);
      const isUnread = newest !== undefined && newest.data === null;
      if (isUnread) problems.push(unreadRow(path, newest.id, "a message with a role"));
      const read = found.slice(-messagesRead).flatMap((message) => v2Message(message) ?? []);
      const isQueueing =
        read.some(({ parts }) => parts.some(isUntouchedLaunch)) && hasQueued(snapshot, sessionId);
      return {
        messages: read.map(({ message }) => message),
        parts: new Map(
          read.map(({ message, parts }) => [message.id, isQueueing ? parts.map(heldBack) : parts]),
        ),
        isWhole: found.length <= messagesRead,
        unreadAt: isUnread ? newest.createdAt : null,
      };
    },
    // It asks again within the same message, or not at all.
    emptyBefore: () => null,
    callsAndRetries: (sessionId, tools) =>
      messagesOf(
        sessionId,
        "AND EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(data, value) > 0)",
        sessionsRead,
        JSON.stringify(tools.map((tool) => `"${tool}"`)),
      )
        .flatMap((message) => v2Message(message)?.parts ?? [])
        .filter(({ body }) => tools.includes(body.tool ?? "")),
    todos(sessionId) {
      if (!columnsOf(snapshot, "todo").has("session_id")) return [];
      return snapshot
        .all("SELECT content, status FROM todo WHERE session_id = ? ORDER BY position LIMIT 500", sessionId)
        .flatMap((row) => parseTodo(row) ?? []);
    },
    markOf: () => null,
    close: () => {},
  };
}

/** When the second generation was last written to; null while it has no sessions. */
export function newestV2(snapshot: Snapshot): number | null {
  const [found] = snapshot.all("SELECT max(time_updated) AS newest FROM session_v2");
  return numberIn(found, "newest") ?? null;
}

function isUntouchedLaunch({ body }: PartRow): boolean {
  return body.state?.metadata === null && launchTools.some((tool) => tool === body.tool);
}

/** A launch that waits for a slot runs, and asks for no permission. */
function heldBack(part: PartRow): PartRow {
  const { state } = part.body;
  if (state === undefined || !isUntouchedLaunch(part)) return part;
  return { ...part, body: { ...part.body, state: { ...state, metadata: noMetadata } } };
}

const noMetadata = {
  exit: undefined,
  sessionId: undefined,
  backgroundTaskId: undefined,
  isBackground: false,
} as const;

/** Whether oh-my-openagent on 2.x holds launches of that session back until a slot is free; its leases stand in `kv` (public source). */
function hasQueued(snapshot: Snapshot, sessionId: string): boolean {
  if (!columnsOf(snapshot, "kv").has("value")) return false;
  return snapshot
    .all("SELECT value FROM kv WHERE key LIKE '%:background-admission:lease:%' LIMIT 1000")
    .map((row) => parseJson(stringIn(row, "value") ?? ""))
    .some(
      (lease) => stringIn(lease, "parentSessionID") === sessionId && stringIn(lease, "status") === "queued",
    );
}

function messageRow(row: unknown): V2Message[] {
  const [id, type, data] = [stringIn(row, "id"), stringIn(row, "type"), stringIn(row, "data")];
  if (id === undefined || type === undefined) return [];
  const createdAt = numberIn(row, "time_created") ?? 0;
  return [
    {
      id,
      type,
      createdAt,
      updatedAt: numberIn(row, "time_updated") ?? createdAt,
      data: data === undefined ? null : parseJson(data),
    },
  ];
}

/** How many sessions a table holds that only a later generation could read. */
export function countSessions(snapshot: Snapshot, table: string): number {
  const [found] = snapshot.all(`SELECT count(*) AS sessions FROM "${table.replaceAll('"', '""')}"`);
  return numberIn(found, "sessions") ?? 0;
}
