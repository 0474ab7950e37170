import { constants, Database } from "bun:sqlite";
import { copyFileSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringIn } from "../core/text/fields.ts";
import { CannotRead, describeFile, statsOf } from "./open-file.ts";

/** A database and its write-ahead log together above this size are not copied. */
const copyLimitBytes = 512 * 1024 * 1024;
const busyTimeoutMs = 250;

/** One consistent view of another program's database. Close it soon: a long reader stops the writer's checkpoints. */
export type Snapshot = {
  /** Every row of the answer, as it came. @throws {CannotRead} */
  all(sql: string, ...values: readonly (string | number | null)[]): readonly unknown[];
  close(): void;
};

/**
 * Opens a database read-only without changing it or its write-ahead log, and misses nothing that stands only in the log.
 * Where there is a log SQLite may create or rewrite the `-shm` beside it, an index without data. Where that is not
 * possible (a folder one may not write to) a copy is read. `tables` are all that will be asked: a view in the place of one
 * could run without end, a virtual table is another program's code.
 * @throws {CannotRead} with the reason in words.
 */
export function openSnapshot(path: string, tables: readonly string[]): Snapshot {
  for (const end of ["", "-wal", "-shm", "-journal"]) requireFile(`${path}${end}`);
  const snapshot = openFiles(path);
  try {
    requireTables(snapshot, tables);
    return snapshot;
  } catch (error) {
    snapshot.close();
    throw error;
  }
}

function requireTables(snapshot: Snapshot, tables: readonly string[]): void {
  const [odd] = snapshot.all(
    `SELECT type || ' ' || name AS what FROM sqlite_schema WHERE lower(name) IN (SELECT value FROM json_each(?))
     AND NOT (type = 'table' AND rootpage > 0) LIMIT 1`,
    JSON.stringify(tables),
  );
  const what = stringIn(odd, "what");
  if (what !== undefined) throw new CannotRead("failed", `it has a ${what}, no such table`);
}

function openFiles(path: string): Snapshot {
  if (isAtRest(path)) return openAtRest(path);
  try {
    return begin(new Database(path, { readonly: true }));
  } catch (error) {
    // READONLY: the `-shm` is missing and may not be made.
    if (!/^SQLITE_(CANTOPEN|READONLY)/.test(codeOf(error) ?? "")) throw explain(error);
    return openWithoutIndex(path);
  }
}

// Whoever has a database open keeps a log beside it: without one the main file is the whole truth and nobody writes to
// it. Opened in the usual way SQLite would leave an empty log and an index there.
function isAtRest(path: string): boolean {
  return statsOf(path) !== null && ["-wal", "-journal"].every((end) => statsOf(`${path}${end}`) === null);
}

function openAtRest(path: string): Snapshot {
  try {
    const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
    return begin(new Database(`${pathToFileURL(path).href}?immutable=1`, flags));
  } catch (error) {
    throw explain(error);
  }
}

// Opening a named pipe would wait for its writer for ever.
function requireFile(path: string): void {
  const stats = statsOf(path);
  if (stats !== null && !stats.isFile())
    throw new CannotRead("failed", `${basename(path)} is ${describeFile(stats)}, not a file`);
}

function openWithoutIndex(path: string): Snapshot {
  const wal = statsOf(`${path}-wal`)?.size ?? 0;
  const size = statsOf(path)?.size ?? null;
  if (size === null) throw new CannotRead("denied", "the database cannot be opened");
  try {
    // Only without a log is the main file the whole truth.
    if (wal === 0) return openAtRest(path);
    if (size + wal > copyLimitBytes) {
      throw new CannotRead(
        "denied",
        `its folder is not writable, and ${size + wal} bytes are too many to copy`,
      );
    }
    return openCopy(path);
  } catch (error) {
    throw explain(error);
  }
}

const copyPrefix = "agent-monitor-";
/** No look takes so long: what is older was left by one that was killed. */
const abandonedMs = 3_600_000;

function openCopy(path: string): Snapshot {
  removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), copyPrefix));
  try {
    copyFileSync(path, join(folder, "copy.db"));
    copyFileSync(`${path}-wal`, join(folder, "copy.db-wal"));
    return begin(new Database(join(folder, "copy.db"), { readonly: true }));
  } finally {
    // It is open: whatever happens to this run, no copy of a conversation is left.
    rmSync(folder, { recursive: true, force: true });
  }
}

function removeAbandoned(): void {
  try {
    for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(copyPrefix))) {
      const folder = join(tmpdir(), name);
      const { uid, mtimeMs } = lstatSync(folder);
      if (uid === process.getuid?.() && Date.now() - mtimeMs > abandonedMs)
        rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Another run tidies it now, or the folder may not be listed: nothing of this look depends on it.
  }
}

function begin(database: Database): Snapshot {
  try {
    database.run("PRAGMA query_only=1");
    database.run("PRAGMA trusted_schema=0");
    database.run(`PRAGMA busy_timeout=${busyTimeoutMs}`);
    database.run("BEGIN");
    // The snapshot is taken by the first read.
    database.query("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    all(sql, ...values) {
      try {
        return database.query(sql).all(...values);
      } catch (error) {
        throw explain(error);
      }
    },
    close: () => database.close(),
  };
}

function explain(error: unknown): CannotRead {
  if (error instanceof CannotRead) return error;
  const code = codeOf(error);
  const words = error instanceof Error ? error.message : String(error);
  if (code === "EACCES" || code === "EPERM")
    return new CannotRead("denied", `the database may not be read (${code})`);
  if (/^SQLITE_(CANTOPEN|PERM|READONLY)/.test(code ?? ""))
    return new CannotRead("denied", `the database cannot be opened (${words})`);
  if (code?.startsWith("SQLITE_BUSY") || code?.startsWith("SQLITE_LOCKED"))
    return new CannotRead("failed", "the database is locked by another process");
  if (code?.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB")
    return new CannotRead("failed", `the database is damaged (${words})`);
  return new CannotRead("failed", words);
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
