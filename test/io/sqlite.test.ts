import { Database } from "bun:sqlite";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openSnapshot } from "../../src/io/sqlite.ts";

function makeDatabase(): { readonly path: string; readonly folder: string; readonly writer: Database } {
  const folder = makeFolder();
  const path = join(folder, "some.db");
  const writer = new Database(path, { create: true });
  writer.exec(
    "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (n); INSERT INTO t VALUES (1)",
  );
  return { path, folder, writer };
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const isRoot = process.getuid?.() === 0;

it("sees one moment, whatever is written meanwhile", () => {
  const { path, writer } = makeDatabase();
  const snapshot = openSnapshot(path);
  writer.run("INSERT INTO t VALUES (2)");
  expect(snapshot.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
  snapshot.close();
});

it("changes neither the database nor its log", () => {
  const { path } = makeDatabase();
  const before = [readFileSync(path), readFileSync(`${path}-wal`)];
  const snapshot = openSnapshot(path);
  snapshot.all("SELECT n FROM t");
  snapshot.close();
  expect([readFileSync(path), readFileSync(`${path}-wal`)]).toEqual(before);
});

it("cannot write", () => {
  const { path } = makeDatabase();
  const snapshot = openSnapshot(path);
  expect(() => snapshot.all("INSERT INTO t VALUES (2)")).toThrow(/readonly/);
  snapshot.close();
});

it("does not make a database that is not there", () => {
  const folder = makeFolder();
  expect(() => openSnapshot(join(folder, "missing.db"))).toThrow(/cannot be opened/);
  expect(readdirSync(folder)).toEqual([]);
});

it.skipIf(isRoot)("reads a copy where it may not write beside the database", () => {
  const { path, folder } = makeDatabase();
  rmSync(`${path}-shm`);
  chmodSync(folder, 0o500);
  const snapshot = openSnapshot(path);
  expect(snapshot.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
  snapshot.close();
  chmodSync(folder, 0o700);
  expect(readdirSync(folder).sort()).toEqual(["some.db", "some.db-wal"]);
});

it.skipIf(isRoot)("reads a database without a log where it may not write beside it", () => {
  const { path, folder, writer } = makeDatabase();
  writer.close();
  chmodSync(folder, 0o500);
  const snapshot = openSnapshot(path);
  expect(snapshot.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
  snapshot.close();
  chmodSync(folder, 0o700);
});

it.skipIf(isRoot)("says that a database may not be read", () => {
  const { path } = makeDatabase();
  chmodSync(path, 0);
  expect(() => openSnapshot(path)).toThrow(/cannot be opened/);
});
