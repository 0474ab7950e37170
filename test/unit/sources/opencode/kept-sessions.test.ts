import { Database } from "bun:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect, fixture, type Home, makeHome, now, store } from "./home.ts";

const later = now + 240_000;
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A session whose turn is over: only those are kept. */
const over = () =>
  fixture("failures").map((row) => ({
    ...row,
    messages: [
      ...row.messages,
      {
        role: "assistant",
        at: -10,
        completed: -9,
        finish: "stop",
        parts: [{ type: "text", at: -9, text: "Given up.", time: { start: -10, end: -9 } }],
      },
    ],
  }));

/** Looks at a session, changes its database, and looks again, with and without what the first look kept. */
async function lookAgain(change: (database: Database) => void) {
  const home = makeHome();
  store(home, "sqlite", over());
  const first = await collect(home, now);
  const database = new Database(join(home.data, "opencode.db"));
  change(database);
  database.close();
  return {
    first,
    kept: await collect(home, later, {}, [], throughJson(first.checkpoint)),
    anew: await collect(home, later),
  };
}

const changes: readonly (readonly [string, string])[] = [
  ["nothing", "SELECT 1"],
  [
    "a tool part that goes on",
    `UPDATE part SET data = replace(data, '"error"', '"completed"'), time_updated = ${later - 1_000} WHERE data LIKE '%"tool"%'`,
  ],
  [
    "a change under a clock that was set back",
    `UPDATE part SET data = replace(data, '"error"', '"completed"'), time_updated = time_updated - 1 WHERE id = (SELECT min(id) FROM part WHERE data LIKE '%"error"%')`,
  ],
  [
    "a message that ends",
    `UPDATE message SET data = replace(data, 'tool-calls', 'stop'), time_updated = ${later}`,
  ],
  [
    "a new message",
    `INSERT INTO message SELECT 'msg_new', session_id, ${later}, ${later}, '{"role":"user","time":{"created":${later}}}' FROM message LIMIT 1`,
  ],
  ["a message taken back", "DELETE FROM message WHERE id = (SELECT max(id) FROM message)"],
  ["a part taken back", "DELETE FROM part WHERE id = (SELECT max(id) FROM part)"],
  [
    "a plan",
    `INSERT INTO todo SELECT id, 'Write tests', 'in_progress', 'medium', 0, ${later}, ${later} FROM session LIMIT 1`,
  ],
  [
    "a child",
    `INSERT INTO session SELECT 'ses_child', 'p', id, 's', directory, '', 'Child', version, NULL, NULL, ${later}, ${later}, NULL FROM session LIMIT 1`,
  ],
];

describe("what a look kept of a session", () => {
  it.each(changes)("finds the same as reading it, after %s", async (_, sql) => {
    const { kept, anew } = await lookAgain((database) => database.run(sql));
    expect(kept.streams).toEqual(anew.streams);
  });

  it("serves for a session to which nothing was written", async () => {
    // Without a new time nobody wrote this: it only shows what is not read.
    const { first, kept, anew } = await lookAgain((database) => database.run("UPDATE part SET data = '{}'"));
    expect(kept.streams.map(({ activity }) => activity)).toEqual(
      first.streams.map(({ activity }) => activity),
    );
    expect(anew.streams).not.toEqual(kept.streams);
    expect(kept.newEvents).toBe(0);
  });

  it("is nothing of one that is open", async () => {
    const home = makeHome();
    store(home, "sqlite", fixture("failures"));
    expect(await keptAt(home, later)).not.toContain('"mark"');
  });

  it("is nothing of one that is being written", async () => {
    const home = makeHome();
    store(home, "sqlite", over());
    const database = new Database(join(home.data, "opencode.db"));
    const written = database
      .query<{ at: number }, []>(
        "SELECT max(time_updated) AS at FROM (SELECT * FROM message UNION ALL SELECT id, session_id, time_created, time_updated, data FROM part)",
      )
      .get();
    database.close();
    const at = written?.at ?? expect.unreachable();
    expect(await keptAt(home, at + 4_000)).not.toContain('"mark"');
    expect(await keptAt(home, at + 6_000)).toContain('"mark"');
  });
});

async function keptAt(home: Home, at: number): Promise<string> {
  return JSON.stringify((await collect(home, at)).checkpoint);
}
