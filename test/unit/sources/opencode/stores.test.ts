import { Database } from "bun:sqlite";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createDatabase } from "./database.ts";
import { addProcess, collect, fill, fixture, generations, makeHome, now, store, write } from "./home.ts";

const database = (home: { readonly data: string }) => join(home.data, "opencode.db");

it("is absent where OpenCode was never used", async () => {
  expect(await collect(makeHome())).toMatchObject({ outcome: "absent", reason: null, streams: [] });
});

it("leaves the database and its log byte for byte as they were", async () => {
  const home = makeHome();
  const writer = fill(createDatabase(database(home)), home, fixture("running-bash"));
  const before = [readFileSync(database(home)), readFileSync(`${database(home)}-wal`)];
  const { streams } = await collect(home);
  const after = [readFileSync(database(home)), readFileSync(`${database(home)}-wal`)];
  writer.close();
  expect(streams).toHaveLength(1);
  expect(after).toEqual(before);
});

it("reads what stands only in the log of a killed writer", async () => {
  const [alive, dead] = [makeHome(), makeHome()];
  const writer = fill(
    createDatabase(database(alive)),
    alive,
    fixture("running-bash").map((row) => ({ ...row, directory: join(dead.root, ".worktrees", "flag") })),
  );
  for (const end of ["", "-wal"]) writeFileSync(database(dead) + end, readFileSync(database(alive) + end));
  writer.close();
  const before = readFileSync(`${database(dead)}-wal`);
  const { streams } = await collect(dead);
  expect(streams[0]?.activity.openCalls).toHaveLength(1);
  expect(readFileSync(`${database(dead)}-wal`)).toEqual(before);
});

it("prefers the database to the files that were migrated into it", async () => {
  const home = makeHome();
  store(home, "json", fixture("running-bash"));
  store(home, "sqlite", fixture("turn-over"));
  const { streams } = await collect(home);
  expect(streams.map(({ file, activity }) => [file, activity.ended?.outcome])).toEqual([
    [database(home), "success"],
  ]);
});

it("reads files of sessions that were never migrated beside the database", async () => {
  const home = makeHome();
  store(
    home,
    "json",
    fixture("running-bash").map((row) => ({ ...row, id: "old" })),
  );
  store(home, "sqlite", fixture("turn-over"));
  const { streams } = await collect(home);
  expect(streams.map(({ key }) => key)).toEqual(["opencode:ses_flag", "opencode:ses_old"]);
});

it("reads the last messages of a long session, and says so", async () => {
  const home = makeHome();
  const [session] = fixture("failures");
  const step = { role: "assistant", at: -3_000, completed: -2_999, finish: "tool-calls", parts: [] };
  const messages = Array.from({ length: 80 }, () => step);
  store(
    home,
    "sqlite",
    session === undefined ? [] : [{ ...session, at: -3_000, messages: [...messages, ...session.messages] }],
  );
  const { streams, notes } = await collect(home);
  expect(streams[0]?.activity.failures.count).toBe(4);
  expect(streams[0]?.activity.startedAt).toBe(now - 3_000_000);
  expect(notes).toEqual([
    "of 1 long session only the last 64 messages were read: tool calls are counted from there",
  ]);
});

it("says that a command is open beyond its own time limit, unless its process is gone", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("not-started-1.2"));
  expect((await collect(home, now + 600_000)).streams[0]?.notes).toEqual([]);
  const holds = [join(home.data, "opencode.db")];
  addProcess(home, 4242, { holds, cwd: join(home.root, ".worktrees", "flag"), startedAt: -3_600 });
  const { streams } = await collect(home, now + 600_000);
  expect(streams[0]?.notes).toEqual(["bash is open 9m beyond its own time limit of 2m"]);
});

it.each([
  ["locked", (path: string) => lock(path), /locked/],
  ["corrupt", (path: string) => writeFileSync(path, "not a database at all".repeat(100)), /damaged/],
  [
    "half migrated",
    (path: string) => void new Database(path, { create: true }).run("CREATE TABLE session (id text)"),
    /has no parent_id/,
  ],
  ["empty", (path: string) => writeFileSync(path, ""), /no table session/],
  ["of a newer schema", (path: string) => newer(path), /table message has no data.*newer/],
  ["a folder", (path: string) => void mkdirSync(path), /opencode\.db/],
])("says in one row that the database is %s", async (_name, make, reason) => {
  const home = makeHome();
  make(database(home));
  const reading = await collect(home);
  expect(["denied", "failed"]).toContain(reading.outcome);
  expect(reading.reason).toMatch(reason);
  expect(reading.streams).toEqual([]);
});

it("reads the other database where one of two is damaged", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("turn-over"));
  const broken = join(home.data, "opencode-dev.db");
  writeFileSync(broken, "not a database at all".repeat(100));
  const { outcome, streams, problems } = await collect(home);
  expect([outcome, streams.length]).toEqual(["read", 1]);
  expect(problems).toMatchObject([{ code: "unreadable", path: broken }]);
});

it("reads the other database where one of two has a damaged page", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("turn-over"));
  const broken = join(home.data, "opencode-dev.db");
  fill(createDatabase(broken), home, fixture("failures")).close();
  damageParts(broken);
  const { outcome, streams, problems } = await collect(home);
  expect([outcome, streams.map(({ file }) => file)]).toEqual(["read", [database(home)]]);
  expect(problems).toMatchObject([{ code: "unreadable", path: broken }]);
});

it("believes the copy of a session that was active last", async () => {
  const home = makeHome();
  fill(
    createDatabase(join(home.data, "opencode-backup.db")),
    home,
    fixture("turn-over").map((row) => ({ ...row, messages: row.messages.slice(0, 1) })),
  ).close();
  store(home, "sqlite", fixture("turn-over"));
  const { streams } = await collect(home);
  expect(streams.map(({ file, activity }) => [file, activity.ended?.outcome])).toEqual([
    [database(home), "success"],
  ]);
});

it("says that the data folder is not one", async () => {
  const home = makeHome();
  write(join(home.share, "file", "opencode"), "");
  const reading = await collect({ ...home, share: join(home.share, "file") });
  expect(reading.outcome).toBe("failed");
});

it("skips half a file and says so", async () => {
  const home = makeHome();
  store(home, "json", fixture("turn-over"));
  const half = join(home.data, "storage", "session", "global", "ses_half.json");
  write(half, '{"id":"ses_half","direc');
  const { streams, problems } = await collect(home);
  expect(streams).toHaveLength(1);
  expect(problems).toMatchObject([{ code: "invalid_json", path: half }]);
});

it.each(generations)(
  "does not call a session of the %s generation ended by what it cannot read",
  async (generation) => {
    const home = makeHome();
    const next = { role: "assistant", at: -20, parts: [] };
    const rows = fixture("turn-over").map((row) => ({ ...row, messages: [...row.messages, next] }));
    store(home, generation, rows);
    spoilNewestMessage[generation](home);
    const { streams, problems, checkpoint } = await collect(home);
    const again = await collect(home, now, {}, [], JSON.parse(JSON.stringify(checkpoint)));
    expect(streams.map(({ activity }) => activity.ended)).toEqual([null]);
    expect(problems.map(({ code }) => code)).toEqual(["unknown_format"]);
    expect(again.problems).toEqual(problems);
  },
);

it.each([
  ["has not the fields of a session", { time: { created: now } }, ["unknown_format"], 0],
  ["says that it has no parent", { parentID: null, time: { created: now, updated: now } }, [], 1],
])("reads a session file that %s", async (_name, more, codes, count) => {
  const home = makeHome();
  const session = { id: "ses_odd", directory: `${home.root}/.worktrees/flag`, title: "Odd", ...more };
  write(join(home.data, "storage", "session", "global", "ses_odd.json"), JSON.stringify(session));
  const { streams, problems } = await collect(home);
  expect(problems.map(({ code }) => code)).toEqual(codes);
  expect(streams).toHaveLength(count);
});

it("says that there were more sessions than it reads", async () => {
  const home = makeHome();
  const rows = fixture("main-checkout");
  store(
    home,
    "sqlite",
    Array.from({ length: 400 }, (_, index) =>
      rows.map((row) => ({ ...row, id: `s${index}`, messages: [] })),
    ).flat(),
  );
  const { notes } = await collect(home);
  expect(notes).toEqual(["only the 400 newest sessions were read: older ones may be missing"]);
});

it("takes a file's time as a sign of life only between its own words and now", async () => {
  const home = makeHome();
  store(
    home,
    "json",
    fixture("main-checkout").map((row) => ({ ...row, directory: "@/.worktrees/flag" })),
  );
  const text =
    Array.from(new Bun.Glob("storage/part/*/*.json").scanSync({ cwd: home.data, absolute: true }))
      .sort()
      .at(-1) ?? "";
  utimesSync(text, now / 1_000 - 5, now / 1_000 - 5);
  const { streams } = await collect(home);
  expect(dirname(text)).toContain("part");
  expect(streams[0]?.activity.lastActivityAt).toBe(now - 57_000);
});

it.each(generations)("gives the same bytes twice from the %s generation", async (generation) => {
  const home = makeHome();
  store(home, generation, fixture("one-told-one-running"));
  expect(JSON.stringify(await collect(home))).toBe(JSON.stringify(await collect(home)));
});

const spoilNewestMessage = {
  sqlite(home: { readonly data: string }): void {
    const writer = new Database(database(home));
    writer.run(`UPDATE message SET data = '{"kind":2}' WHERE id = (SELECT max(id) FROM message)`);
    writer.close();
  },
  json({ data }: { readonly data: string }): void {
    const files = new Bun.Glob("storage/message/*/*.json").scanSync({ cwd: data, absolute: true });
    writeFileSync(Array.from(files).sort().at(-1) ?? "", '{"kind":2}');
  },
};

function lock(path: string): void {
  const holder = createDatabase(path);
  holder.exec(
    "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE more (id text); COMMIT; BEGIN EXCLUSIVE",
  );
  held.push(holder);
}

function damageParts(path: string): void {
  const reader = new Database(path);
  const { page, size } = reader
    .query<{ page: number; size: number }, []>(
      "SELECT rootpage AS page, page_size AS size FROM sqlite_schema, pragma_page_size WHERE name = 'part'",
    )
    .get() ?? { page: 0, size: 0 };
  reader.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xff, (page - 1) * size, page * size));
}

function newer(path: string): void {
  const writer = createDatabase(path);
  writer.run("ALTER TABLE message RENAME COLUMN data TO body");
  writer.close();
}

const held: Database[] = [];

it.each(generations)(
  "does not call a turn in %s without an answer whose parts cannot be read",
  async (generation) => {
    const home = makeHome();
    store(home, generation, fixture("turn-over"));
    if (generation === "sqlite") new Database(database(home)).exec("UPDATE part SET data = x'00'");
    else for (const path of partFiles(home.data)) writeFileSync(path, "null");
    const { streams, problems } = await collect(home);
    expect(streams[0]?.activity.ended?.outcome).toBe("success");
    expect(problems).toContainEqual(expect.objectContaining({ code: "unknown_format" }));
  },
);

it("names a session that cannot be read", async () => {
  const home = makeHome();
  store(home, "sqlite", fixture("turn-over"));
  new Database(database(home)).exec("UPDATE session SET time_updated = 'soon'");
  const { streams, problems } = await collect(home);
  expect([streams, problems]).toMatchObject([[], [{ code: "unknown_format", path: database(home) }]]);
});

function partFiles(data: string): string[] {
  return readdirSync(join(data, "storage/part"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(data, "storage/part", name));
}
