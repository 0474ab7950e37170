// OpenCode 1.2.0 … 1.18.33 keep everything in `opencode.db` (SQLite, WAL). Real files have tens of GB, nearly all of it in
// `event` and `part`: those are reached by their indexes only, `event` never. `session` has no index on its directory,
// but is small. Rows can have hundreds of MB (`summary.diffs` of a user message), so sizes are asked before data is read.
import { z } from "zod";
import { numberIn, stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
import { CannotRead } from "../../io/open-file.ts";
import type { Snapshot } from "../../io/sqlite.ts";
import { retryHeading } from "./notices.ts";
import {
  byTime,
  groupParts,
  messagesRead,
  parseTodo,
  type SessionRow,
  type Store,
  sessionsRead,
  silentRead,
  unreadRow,
} from "./records.ts";
import {
  answeredNothing,
  looksOpen,
  messageData,
  messageRow,
  partData,
  partRow,
  sessionRow,
} from "./sqlite-records.ts";

const lastPartsRead = 300;
/** A call of a tool that starts sessions is far smaller. */
const launchBytes = 8_000_000;
/** No more answers without a word than this are counted. */
const answersCounted = 5_000;

/** Without its indexes each session is looked for in all rows: so many are gone through in about two seconds. */
const rowsScanned = 4_000_000;

const ColumnName = z.object({ name: z.string() });

const usedColumns = ["input", "cache_read", "cache_write", "output", "reasoning"]
  .map((name) => `tokens_${name}`)
  .concat("cost");

const sessionList = (columns: ReadonlySet<string>) =>
  `id, parent_id, directory, substr(title, 1, 400) AS title, version, time_created, time_updated,
   ${columns.has("agent") ? "agent" : "NULL AS agent"},
   ${columns.has("time_archived") ? "time_archived" : "NULL AS time_archived"}${usedColumns
     .filter((name) => columns.has(name))
     .map((name) => `, ${name}`)
     .join("")}`;

/**
 * The first generation's sessions. `frozenAt`: when the second was last written to, if it took over. A newest message that
 * cannot be read is pushed to `problems`.
 * @throws {CannotRead} when it has not the tables of any known version.
 */
export function openSqliteStore(
  path: string,
  snapshot: Snapshot,
  frozenAt: number | null,
  problems: Problem[],
): Store {
  const columns = requireSchema(snapshot);
  const unread = new Set<string>();
  const tellUnread = (row: unknown, expected: string): void => {
    const id = stringIn(row, "id") ?? "a row without an id";
    if (!unread.has(id)) problems.push(unreadRow(path, id, expected));
    unread.add(id);
  };
  const rows = (sql: string, ...values: readonly (string | number)[]): SessionRow[] =>
    snapshot.all(sql, ...values).flatMap((row) => {
      const session = sessionRow(row);
      if (session.length === 0) tellUnread(row, "a session with a title and times");
      return session;
    });
  const list = sessionList(columns);
  const reach = reachOf(snapshot);
  const isBounded = reach < sessionsRead;
  let childrenLeft = reach;
  if (isBounded) problems.push(withoutIndexes(path, reach));
  let known: readonly string[] | null = null;
  const directoriesOf = (isWanted: (directory: string) => boolean): readonly string[] => {
    known ??= snapshot
      .all("SELECT DISTINCT directory FROM session")
      .flatMap((row) => stringIn(row, "directory") ?? []);
    return known.filter(isWanted);
  };
  return {
    frozenAt,
    fileOf: () => path,
    sessions(selection) {
      const directories = directoriesOf(selection.isOfProject);
      if (directories.length === 0) return [];
      // `time_updated` of a session stands still while a tool runs: the last written parts tell the others.
      const recent = snapshot
        .all(
          `SELECT DISTINCT session_id FROM (SELECT session_id, time_updated FROM part ORDER BY rowid DESC LIMIT ${lastPartsRead})
           WHERE time_updated >= ?`,
          selection.since,
        )
        .flatMap((row) => stringIn(row, "session_id") ?? []);
      return rows(
        `SELECT ${list} FROM session WHERE directory IN (SELECT value FROM json_each(?1))
         AND (time_updated >= ?2 OR id IN (SELECT value FROM json_each(?3))) ORDER BY time_updated DESC, id LIMIT ${reach}`,
        JSON.stringify(directories),
        selection.since,
        JSON.stringify(recent),
      );
    },
    // SQLite takes the other columns from the row with the maximum.
    newest: (selection) =>
      rows(
        `SELECT ${list}, max(time_updated) AS newest FROM session
         WHERE parent_id IS NULL AND directory IN (SELECT value FROM json_each(?)) GROUP BY directory ORDER BY directory`,
        JSON.stringify(directoriesOf(selection.isInWorktree)),
      ),
    silentChildren: (selection) => {
      // Each of all older sessions would be looked for.
      if (isBounded) return [];
      return rows(
        `SELECT ${list} FROM session AS child WHERE parent_id IS NOT NULL AND time_updated < ?1
           AND directory IN (SELECT value FROM json_each(?2))
           AND (SELECT ${looksOpen} FROM message WHERE session_id = child.id ORDER BY time_created DESC, id DESC LIMIT 1)
         ORDER BY time_updated DESC, id LIMIT ${silentRead}`,
        selection.since,
        JSON.stringify(directoriesOf(selection.isOfProject)),
      );
    },
    session: (id) => rows(`SELECT ${list} FROM session WHERE id = ?`, id)[0] ?? null,
    children(parentId) {
      const limit = isBounded ? Math.max(childrenLeft, 1) : sessionsRead;
      const found = rows(
        `SELECT ${list} FROM session WHERE parent_id = ? ORDER BY time_created DESC, id DESC LIMIT ${limit}`,
        parentId,
      );
      childrenLeft -= found.length;
      return found.sort(byTime);
    },
    conversation(sessionId) {
      const found = snapshot.all(
        `SELECT id, time_created, time_updated, ${messageData} AS data
         FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ${messagesRead + 1}`,
        sessionId,
      );
      const newest = found.slice(0, 1);
      const isUnread = newest.length > newest.flatMap(messageRow).length;
      if (isUnread) tellUnread(newest[0], "a message with a role");
      const messages = found.flatMap(messageRow).sort(byTime);
      const read = messages.slice(-messagesRead);
      const parts = snapshot
        .all(
          `SELECT p.id, p.message_id, p.time_created, p.time_updated, ${partData} AS data
           FROM json_each(?) AS m CROSS JOIN part AS p ON p.message_id = m.value`,
          JSON.stringify(read.map((message) => message.id)),
        )
        .flatMap((row) => {
          const part = partRow(row);
          if (part[0] === undefined || part[0].body.type === "unread") tellUnread(row, "a part with a type");
          return part;
        });
      return {
        messages: read,
        parts: groupParts(parts),
        isWhole: found.length <= messagesRead,
        unreadAt: isUnread ? (numberIn(newest[0], "time_created") ?? 0) : null,
      };
    },
    emptyBefore(sessionId, { id, createdAt }) {
      const [found] = snapshot.all(
        `WITH earlier AS (SELECT id, time_created, ${answeredNothing} AS isEmpty FROM message
           WHERE session_id = ?1 AND (time_created, id) < (?2, ?3) ORDER BY time_created DESC, id DESC LIMIT ${answersCounted})
         SELECT count(*) AS count, min(time_created) AS since FROM earlier
         WHERE time_created > coalesce((SELECT max(time_created) FROM earlier WHERE NOT isEmpty), 0)`,
        sessionId,
        createdAt,
        id,
      );
      const [count, since] = [numberIn(found, "count"), numberIn(found, "since")];
      return count === undefined || since === undefined ? null : { count, since };
    },
    callsAndRetries: (sessionId, tools) =>
      snapshot
        .all(
          `SELECT p.id, p.message_id, p.time_created, p.time_updated, ${partData} AS data FROM part AS p
           WHERE p.session_id = ?1 AND CASE WHEN octet_length(p.data) <= ${launchBytes} AND json_valid(p.data)
             THEN p.data->>'$.tool' IN (SELECT value FROM json_each(?2))
               OR instr(substr(p.data->>'$.text', 1, 200), ?3) > 0 END`,
          sessionId,
          JSON.stringify(tools),
          retryHeading,
        )
        .flatMap(partRow)
        .sort(byTime),
    todos: (sessionId) =>
      snapshot
        .all(
          "SELECT substr(content, 1, 400) AS content, status FROM todo WHERE session_id = ? ORDER BY position LIMIT 500",
          sessionId,
        )
        .flatMap((row) => parseTodo(row) ?? []),
    markOf(sessionId) {
      // A clock that was set back gives a change a time below the newest: their sum tells, too large for a number.
      const [found] = snapshot.all(
        `WITH last AS (SELECT id, time_updated FROM message WHERE session_id = ?
             ORDER BY time_created DESC, id DESC LIMIT ${messagesRead + 1}),
           own AS (SELECT p.id, p.time_updated FROM last CROSS JOIN part AS p ON p.message_id = last.id)
         SELECT * FROM (SELECT count(*) AS messages, min(id) AS first, max(id) AS last, max(time_updated) AS said,
             CAST(sum(time_updated) AS TEXT) AS saidSum FROM last),
           (SELECT count(*) AS parts, min(id) AS firstPart, max(id) AS lastPart, max(time_updated) AS done,
             CAST(sum(time_updated) AS TEXT) AS doneSum FROM own)`,
        sessionId,
      );
      const newestAt = Math.max(numberIn(found, "said") ?? 0, numberIn(found, "done") ?? 0);
      return { text: JSON.stringify([path, found]), newestAt };
    },
    close: () => {},
  };
}

/** The tables that are read, with the columns of every known version. */
export const firstTables = {
  session: ["id", "parent_id", "directory", "title", "version", "time_created", "time_updated"],
  message: ["id", "session_id", "time_created", "time_updated", "data"],
  part: ["id", "message_id", "session_id", "time_created", "time_updated", "data"],
  todo: ["session_id", "content", "status", "position"],
} as const;

function requireSchema(snapshot: Snapshot): ReadonlySet<string> {
  let session: ReadonlySet<string> = new Set();
  for (const [table, names] of Object.entries(firstTables)) {
    const found = columnsOf(snapshot, table);
    if (found.size === 0)
      throw new CannotRead("failed", `it has no table ${table} (not migrated, or of a newer OpenCode)`);
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0)
      throw new CannotRead("failed", `its table ${table} has no ${missing.join(", ")} (of a newer OpenCode)`);
    if (table === "session") session = found;
  }
  return session;
}

/** How many sessions can be read in reasonable time. OpenCode makes the indexes; a copy or a repaired database may lack them. */
function reachOf(snapshot: Snapshot): number {
  const wanted = [
    ["message", "session_id"],
    ["part", "message_id"],
    ["part", "session_id"],
  ] as const;
  const isIndexed = ([table, column]: (typeof wanted)[number]) =>
    snapshot.all(
      "SELECT 1 FROM pragma_index_list(?) AS i, pragma_index_info(i.name) AS c WHERE c.seqno = 0 AND c.name = ?",
      table,
      column,
    ).length > 0;
  if (wanted.every(isIndexed)) return sessionsRead;
  const [last] = snapshot.all(
    "SELECT (SELECT max(rowid) FROM message) AS messages, (SELECT max(rowid) FROM part) AS parts",
  );
  const scanned = (numberIn(last, "messages") ?? 0) + (numberIn(last, "parts") ?? 0);
  return Math.min(sessionsRead, Math.max(8, Math.floor(rowsScanned / Math.max(scanned, 1))));
}

function withoutIndexes(path: string, reach: number): Problem {
  const message = `it has lost its indexes: only the ${reach} newest sessions were read, and no subagent silent for long`;
  return { code: "over_budget", path, line: null, column: null, message };
}

/** The names of a table's columns; none where there is no such table. */
export function columnsOf(snapshot: Snapshot, table: string): ReadonlySet<string> {
  return new Set(
    snapshot.all("SELECT name FROM pragma_table_info(?)", table).map((row) => ColumnName.parse(row).name),
  );
}
