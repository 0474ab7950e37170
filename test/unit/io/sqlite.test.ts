import { Database } from "bun:sqlite";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openSnapshot } from "../../../src/io/sqlite.ts";
import { run } from "../../support/program.ts";

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

it("sees one moment, whatever is written meanwhile", () => {
  const { path, writer } = makeDatabase();
  const snapshot = openSnapshot(path, ["t"]);
  writer.run("INSERT INTO t VALUES (2)");
  expect(snapshot.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
  snapshot.close();
});

it("changes neither the database nor its log", () => {
  const { path } = makeDatabase();
  const before = [readFileSync(path), readFileSync(`${path}-wal`)];
  const snapshot = openSnapshot(path, ["t"]);
  snapshot.all("SELECT n FROM t");
  snapshot.close();
  expect([readFileSync(path), readFileSync(`${path}-wal`)]).toEqual(before);
});

it("leaves nothing beside a database that nobody has open", () => {
  const { path, folder, writer } = makeDatabase();
  writer.close();
  const before = readdirSync(folder);
  const snapshot = openSnapshot(path, ["t"]);
  expect(snapshot.all("SELECT n FROM t")).toEqual([{ n: 1 }]);
  snapshot.close();
  expect([before, readdirSync(folder)]).toEqual([["some.db"], ["some.db"]]);
});

it("cannot write", () => {
  const { path } = makeDatabase();
  const snapshot = openSnapshot(path, ["t"]);
  expect(() => snapshot.all("INSERT INTO t VALUES (2)")).toThrow(/readonly/);
  snapshot.close();
});

it("does not make a database that is not there", () => {
  const folder = makeFolder();
  expect(() => openSnapshot(join(folder, "missing.db"), ["t"])).toThrow(/cannot be opened/);
  expect(readdirSync(folder)).toEqual([]);
});

it("reads a copy where it may not write beside the database", async () => {
  const { path, folder, writer } = makeDatabase();
  giveAway(folder, 0o555);
  rmSync(`${path}-shm`);
  expect(await readAsNobody(path)).toBe('[{"n":1}]');
  expect(readdirSync(folder).sort()).toEqual(["some.db", "some.db-wal"]);
  writer.close();
});

it("removes the copy that a killed run left", async () => {
  const { path, folder, writer } = makeDatabase();
  giveAway(folder, 0o555);
  rmSync(`${path}-shm`);
  const temporary = makeFolder();
  chmodSync(temporary, 0o777);
  const old = join(temporary, "agent-monitor-old");
  mkdirSync(old);
  chownSync(old, process.getuid?.() === 0 ? 65_534 : -1, -1);
  utimesSync(old, 0, 0);
  expect(await readAsNobody(path, { TMPDIR: temporary })).toBe('[{"n":1}]');
  expect(readdirSync(temporary)).toEqual([]);
  writer.close();
});

it("reads a database without a log where it may not write beside it", async () => {
  const { path, folder, writer } = makeDatabase();
  writer.close();
  giveAway(folder, 0o555);
  expect(await readAsNobody(path)).toBe('[{"n":1}]');
});

it("says that a database may not be read", async () => {
  const { path, folder } = makeDatabase();
  giveAway(folder, 0o555);
  chmodSync(path, 0);
  expect(await readAsNobody(path)).toMatch(/cannot be opened|may not be read/);
});

/** Lets others look into a folder and read its files. */
function giveAway(folder: string, mode: number): void {
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  chmodSync(folder, mode);
}

// Loaded as the user who runs the tests, then read as nobody: root may read and write everything.
async function readAsNobody(path: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const script = `
    const { openSnapshot } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/io/sqlite.ts"))});
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    if (process.getuid() === 0) throw new Error("still root");
    try {
      const snapshot = openSnapshot(process.argv[1], ["t"]);
      const left = require("node:fs").readdirSync(require("node:os").tmpdir()).filter((name) => name.startsWith("agent-monitor-"));
      console.log(JSON.stringify([...left, ...snapshot.all("SELECT n FROM t")]));
      snapshot.close();
    } catch (error) {
      console.log(error.message);
    }`;
  const { stdout, stderr } = await run(["bun", "-e", script, path], { env });
  expect(stderr).toBe("");
  return stdout.trim();
}
