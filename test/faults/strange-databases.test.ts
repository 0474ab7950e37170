import { Database } from "bun:sqlite";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";
import { createDatabase } from "../unit/sources/opencode/database.ts";
import { fill, fixture, now } from "../unit/sources/opencode/home.ts";
import { allOutputs, forbidden, lookAt } from "./outputs.ts";

const gibibyte = 1024 ** 3;
const random = (length: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 167 + (index >> 3)) % 256);
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

/** A project with a claim, and an OpenCode database with a session of its worktree. */
function makeHome(): { readonly workspace: Workspace; readonly path: string } {
  const workspace = makeWorkspace();
  workspace.status("flag", { status: "running", taskId: "bg_1", updatedAt: now - 60_000 });
  const path = workspace.path("home/.local/share/opencode/opencode.db");
  mkdirSync(dirname(path), { recursive: true });
  const home = { root: workspace.root, share: "", data: dirname(path), procfs: workspace.path("procfs") };
  fill(createDatabase(path), home, fixture("failures")).close();
  return { workspace, path };
}

const fifo = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  Bun.spawnSync(["mkfifo", path]);
};

const inDatabase = (sql: string) => (path: string) => {
  const database = new Database(path);
  database.exec(sql);
  database.close();
};

/** What stands in the place of the database, and what the source, which fails, says. */
const kinds: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ["nothing but its header", (path) => truncateSync(path, 100), /damaged|malformed/],
  ["cut in the middle of a page", (path) => truncateSync(path, 5_000), /damaged|malformed/],
  ["cut between two pages", (path) => truncateSync(path, 8_192), /damaged|malformed|no table/],
  ["random bytes", (path) => writeFileSync(path, random(40_960)), /not a database/],
  [
    "random bytes behind a valid header",
    (path) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 100), random(40_960)])),
    /damaged|malformed/,
  ],
  [
    "ten gigabytes of holes behind a valid header",
    (path) => {
      truncateSync(path, 100);
      truncateSync(path, 10 * gibibyte);
    },
    /damaged|malformed|no table/,
  ],
  [
    "ten gigabytes of holes",
    (path) => {
      truncateSync(path, 0);
      truncateSync(path, 10 * gibibyte);
    },
    /not a database/,
  ],
  ["an empty file", (path) => truncateSync(path, 0), /no table/],
  ["a picture", (path) => writeFileSync(path, "\u0089PNG\r\n\u001a\n\u001b[2J", "latin1"), /not a database/],
  [
    "a text",
    (path) => writeFileSync(path, "SQLite format 3\u0000\u001b]0;x\u0007".padEnd(4_096)),
    /database/,
  ],
  [
    "a folder",
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    /is a folder/,
  ],
  ["a named pipe", fifo, /is a named pipe/],
  [
    "a device",
    (path) => {
      rmSync(path);
      symlinkSync("/dev/zero", path);
    },
    /is a device/,
  ],
  ["a named pipe as its write-ahead log", (path) => fifo(`${path}-wal`), /-wal is a named pipe/],
  ["a named pipe as its journal", (path) => fifo(`${path}-journal`), /-journal is a named pipe/],
  [
    "endless views in the place of its tables",
    inDatabase(
      "ALTER TABLE session RENAME TO kept; CREATE VIEW session AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT kept.* FROM n, kept",
    ),
    /it has a view session/,
  ],
  [
    "a virtual table in the place of a table",
    inDatabase(
      "DROP TABLE todo; CREATE VIRTUAL TABLE Todo USING fts5(session_id, content, status, position)",
    ),
    /it has a table Todo/,
  ],
  ["a named pipe as its index", (path) => fifo(`${path}-shm`), /-shm is a named pipe/],
];

it.each(kinds)("says what is in the place of OpenCode's database: %s", async (_, change, says) => {
  const { workspace, path } = makeHome();
  change(path);
  const begun = performance.now();
  const result = await lookAt(workspace, now);
  const source = result.report.collected.sources.find(({ id }) => id === "opencode");
  expect([source?.outcome, source?.reason]).toEqual(["failed", expect.stringMatching(says)]);
  expect(result.report.tasks.map(({ id, health }) => [id, health])).toEqual([["bg_1", "healthy"]]);
  expect(Object.values(allOutputs(result)).filter((text) => forbidden.test(text))).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it("reads the other databases beside one that is damaged", async () => {
  const { workspace, path } = makeHome();
  renameSync(path, path.replace("opencode.db", "opencode-dev.db"));
  appendFileSync(path, random(5_000));
  const { report } = await lookAt(workspace, now);
  expect(report.collected.sources.find(({ id }) => id === "opencode")).toMatchObject({
    outcome: "read",
    streams: 1,
  });
  expect(report.problems.map(({ path: where }) => where)).toEqual([path]);
});
