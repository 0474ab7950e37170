import type { Database } from "bun:sqlite";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { opencode } from "../../../../src/sources/opencode/index.ts";
import type { SourceReading } from "../../../../src/sources/source.ts";
import { sourceContext } from "../../../support/source-context.ts";
import { createDatabase, idAt } from "./database.ts";

/** The moment of every fixture; their times are seconds before it. */
export const now = Date.parse("2026-11-22T14:10:00Z");

export const generations = ["sqlite", "json"] as const;
export type Generation = (typeof generations)[number];

const Seconds = z.number();
const Part = z.looseObject({ type: z.string(), at: Seconds.optional() });
const Message = z.looseObject({
  role: z.string(),
  at: Seconds,
  completed: Seconds.optional(),
  parts: z.array(Part).default([]),
});
const Session = z.object({
  id: z.string(),
  parent: z.string().optional(),
  directory: z.string(),
  title: z.string(),
  version: z.string().default("1.18.33"),
  at: Seconds,
  updated: Seconds.optional(),
  messages: z.array(Message).default([]),
  todos: z.array(z.object({ content: z.string(), status: z.string() })).default([]),
});
/** A readable list of rows: sessions hold their messages, messages their parts. */
export const Rows = z.array(Session);
export type Rows = z.infer<typeof Rows>;

export type Home = {
  readonly root: string;
  readonly share: string;
  readonly data: string;
  readonly procfs: string;
};

/** Reads `fixtures/homes/opencode/<name>.json`. */
export function fixture(name: string): Rows {
  const path = join(import.meta.dirname, "../../../../fixtures/homes/opencode", `${name}.json`);
  return Rows.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** An empty project with one worktree `flag`, an empty data folder, and no processes. */
export function makeHome(): Home {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "opencode-home-")));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const home = {
    root: join(place, "demo"),
    share: join(place, "share"),
    data: join(place, "share", "opencode"),
    procfs: join(place, "proc"),
  };
  mkdirSync(join(home.root, ".worktrees", "flag"), { recursive: true });
  mkdirSync(join(home.data, "log"), { recursive: true });
  write(join(home.procfs, "uptime"), "86400.00 86400.00\n");
  write(join(home.procfs, "stat"), `btime ${now / 1_000 - 86_400}\n`);
  write(join(home.procfs, "locks"), "");
  return home;
}

/** A process in the made process folder; `startedAt` in seconds before `now`. */
export function addProcess(
  home: Home,
  pid: number,
  about: { holds: readonly string[]; cwd: string; startedAt: number },
): void {
  const folder = join(home.procfs, String(pid));
  mkdirSync(join(folder, "fd"), { recursive: true });
  writeFileSync(join(folder, "comm"), "opencode\n");
  writeFileSync(
    join(folder, "stat"),
    `${pid} (opencode) S ${"0 ".repeat(18)}${(86_400 + about.startedAt) * 100} 0 0\n`,
  );
  symlinkSync(about.cwd, join(folder, "cwd"));
  for (const [index, path] of about.holds.entries()) symlinkSync(path, join(folder, "fd", String(index + 3)));
}

export function collect(
  home: Home,
  at: number = now,
  env: Readonly<Record<string, string>> = {},
  claimed: readonly string[] = [],
  checkpoint: unknown = null,
): Promise<SourceReading> {
  const flag = { path: join(home.root, ".worktrees", "flag"), branch: "flag" };
  const context = {
    worktrees: [flag],
    env: { HOME: join(home.share, "nobody"), XDG_DATA_HOME: home.share, ...env },
    processes: readProcesses(home.procfs, at),
    claimedSessions: new Map(claimed.map((id) => [id, flag])),
    checkpoint,
  };
  return opencode.collect(sourceContext(home.root, at, context));
}

/** Writes rows as that generation of OpenCode keeps them. */
export function store(home: Home, generation: Generation, rows: Rows): void {
  if (generation === "json") storeFiles(home, rows);
  else fill(createDatabase(join(home.data, "opencode.db")), home, rows).close();
}

/** Inserts rows; `migratedAt` gives every message and part the times of a migration. */
export function fill(database: Database, home: Home, rows: Rows, migratedAt: number | null = null): Database {
  for (const { session, messages, parts, todos } of flatten(home, rows)) {
    database
      .query("INSERT INTO session VALUES (?, 'p', ?, 'slug', ?, '', ?, ?, NULL, NULL, ?, ?, NULL)")
      .run(
        session.id,
        session.parentID ?? null,
        session.directory,
        session.title,
        session.version,
        session.time.created,
        session.time.updated,
      );
    for (const { id, at, body } of messages)
      database
        .query("INSERT INTO message VALUES (?, ?, ?, ?, ?)")
        .run(id, session.id, migratedAt ?? at, migratedAt ?? at, JSON.stringify(body));
    for (const { id, messageId, at, body } of parts)
      database
        .query("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)")
        .run(id, messageId, session.id, migratedAt ?? at, migratedAt ?? at, JSON.stringify(body));
    for (const [position, todo] of todos.entries())
      database
        .query("INSERT INTO todo VALUES (?, ?, ?, 'medium', ?, ?, ?)")
        .run(session.id, todo.content, todo.status, position, now, now);
  }
  return database;
}

// The files get the times that they speak of.
function storeFiles(home: Home, rows: Rows): void {
  const storage = join(home.data, "storage");
  for (const { session, messages, parts, todos } of flatten(home, rows)) {
    const folder = join(storage, "message", session.id);
    writeAt(join(storage, "session", "global", `${session.id}.json`), session, session.time.updated);
    for (const { id, at, body } of messages)
      writeAt(join(folder, `${id}.json`), { id, sessionID: session.id, ...body }, at);
    for (const { id, messageId, at, body } of parts)
      writeAt(
        join(storage, "part", messageId, `${id}.json`),
        Object.assign({ id, messageID: messageId }, body),
        at,
      );
    if (todos.length > 0) writeAt(join(storage, "todo", `${session.id}.json`), todos, session.time.updated);
    const last = messages.at(-1)?.at ?? session.time.updated;
    utimesSync(folder, last / 1_000, last / 1_000);
  }
}

function flatten(home: Home, rows: Rows) {
  let counter = 0;
  return rows.map((row) => {
    const messages = row.messages.map(({ at, completed, parts, ...rest }) => {
      const created = moment(at);
      counter += 1;
      const time = { created, ...(completed === undefined ? {} : { completed: moment(completed) }) };
      return { id: idAt("msg", created, counter), at: created, body: { ...rest, time }, parts };
    });
    return {
      session: {
        id: `ses_${row.id}`,
        ...(row.parent === undefined ? {} : { parentID: `ses_${row.parent}` }),
        directory: row.directory.replace("@", home.root),
        title: row.title,
        version: row.version,
        time: { created: moment(row.at), updated: moment(row.updated ?? row.at) },
      },
      messages,
      parts: messages.flatMap((message) =>
        message.parts.map(({ at, ...body }) => {
          const created = at === undefined ? message.at : moment(at);
          counter += 1;
          return {
            id: idAt("prt", created, counter),
            messageId: message.id,
            at: created,
            body: withTimes(body),
          };
        }),
      ),
      todos: row.todos,
    };
  });
}

// `start` and `end` anywhere below are seconds before `now`.
function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      (key === "start" || key === "end") && typeof item === "number" ? moment(item) : withTimes(item),
    ]),
  );
}

function moment(seconds: number): number {
  return now + seconds * 1_000;
}

function writeAt(path: string, value: unknown, at: number): void {
  write(path, JSON.stringify(value, null, 2));
  utimesSync(path, at / 1_000, at / 1_000);
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
