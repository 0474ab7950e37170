import { constants, Database } from "bun:sqlite";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeFile, statsOf } from "./open-file.ts";

/** A database and its write-ahead log together above this size are not copied. */
const copyLimitBytes = 512 * 1024 * 1024;
const busyTimeoutMs = 250;

/** One consistent view of another program's database. Close it soon: a long reader stops the writer's checkpoints. */
export type Snapshot = {
  /** Every row of the answer, as it came. @throws {CannotRead} */
  all(sql: string, ...values: readonly (string | number | null)[]): readonly unknown[];
  close(): void;
};

/** Why a database cannot be read. `denied`: rights are missing; `failed`: anything else. */
export class CannotRead extends Error {
  constructor(
    readonly outcome: "denied" | "failed",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Opens a database read-only without changing it or its write-ahead log, and misses nothing that stands only in the log.
 * Where there is a log SQLite may create or rewrite the `-shm` beside it, an index without data. Where that is not
 * possible (a folder one may not write to) a copy is read.
 * @throws {CannotRead} with the reason in words.
 */
export function openSnapshot(path: string): Snapshot {
  for (const each of [path, `${path}-wal`, `${path}-shm`]) requireFile(each);
  if (isAtRest(path)) return openAtRest(path);
  try {
    return begin(new Database(path, { readonly: true }), () => {});
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
    return begin(new Database(`${pathToFileURL(path).href}?immutable=1`, flags), () => {});
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

function openCopy(path: string): Snapshot {
  const folder = mkdtempSync(join(tmpdir(), "agent-monitor-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    copyFileSync(path, join(folder, "copy.db"));
    copyFileSync(`${path}-wal`, join(folder, "copy.db-wal"));
    return begin(new Database(join(folder, "copy.db"), { readonly: true }), remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function begin(database: Database, afterwards: () => void): Snapshot {
  const close = () => {
    database.close();
    afterwards();
  };
  try {
    database.run("PRAGMA query_only=1");
    database.run(`PRAGMA busy_timeout=${busyTimeoutMs}`);
    database.run("BEGIN");
    // The snapshot is taken by the first read.
    database.query("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    close();
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
    close,
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
