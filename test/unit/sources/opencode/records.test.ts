import { join } from "node:path";
import { expect, it } from "vitest";
import { idTime, rowTimes } from "../../../../src/sources/opencode/records.ts";
import { createDatabase, idAt } from "./database.ts";
import { collect, fill, fixture, makeHome, now, store } from "./home.ts";

const database = (home: { readonly data: string }) => join(home.data, "opencode.db");

it("does not take the moment of the migration for activity", async () => {
  const home = makeHome();
  const rows = fixture("finish-in-step").map((row) => ({ ...row, updated: -10 }));
  const early = rows.map((row) => ({
    ...row,
    at: -7_060,
    messages: row.messages.map((message) => ({
      ...message,
      at: message.at - 7_000,
      ...(message.completed === undefined ? {} : { completed: message.completed - 7_000 }),
      parts: message.parts.map((part) => ({
        ...part,
        ...(part.at === undefined ? {} : { at: part.at - 7_000 }),
      })),
    })),
  }));
  fill(createDatabase(database(home)), home, early, now - 5_000).close();
  const { streams } = await collect(home);
  expect(streams[0]?.activity.lastActivityAt).toBe(now - 7_050_000);
});

it.each([
  ["msg_203969d2e001XVYt9hJXqXqXqX", 1_795_356_532_015, 1_795_356_532_014],
  ["ses_dfc68c192ffeqz3XEYyNrhNPrm", 1_795_356_573_293, 1_795_356_573_293],
  ["part-1", 0, null],
])("reads the time inside %s", (id, near, expected) => {
  expect(idTime(id, near)).toBe(expected);
});

it("reads times inside ids across the wrap of August 2026", () => {
  const before = Date.parse("2026-08-14T11:19:00Z");
  const after = Date.parse("2026-08-14T11:21:00Z");
  const ids = [idAt("prt", before, 1), idAt("prt", after, 2)];
  expect(ids.toSorted()).toEqual(ids.toReversed());
  expect(ids.map((id) => idTime(id, now))).toEqual([before, after]);
});

it("keeps the times of rows that OpenCode wrote itself", () => {
  const id = idAt("prt", now, 1);
  expect(rowTimes(id, now + 20, now + 90_000)).toEqual({ createdAt: now + 20, updatedAt: now + 90_000 });
});

it("orders messages by time where ids wrap", async () => {
  const home = makeHome();
  const [session] = fixture("turn-over");
  const wrap = (Date.parse("2026-08-14T11:19:55Z") - now) / 1_000;
  const messages = [
    { role: "user", at: wrap - 60, parts: [] },
    { role: "assistant", at: wrap - 50, completed: wrap - 40, finish: "tool-calls", parts: [] },
    { role: "assistant", at: wrap + 50, completed: wrap + 60, finish: "stop", parts: [] },
  ];
  store(
    home,
    "sqlite",
    session === undefined ? [] : [{ ...session, at: wrap - 60, updated: wrap + 60, messages }],
  );
  const { streams } = await collect(home, now + (wrap + 100) * 1_000);
  expect(streams[0]?.activity.ended?.at).toBe(now + (wrap + 60) * 1_000);
});

it.each([
  ["a release channel names", "opencode-dev.db", {}],
  ["OPENCODE_DB names", "mine.sqlite", { OPENCODE_DB: "mine.sqlite" }],
])("reads the database that %s", async (_who, name, env) => {
  const home = makeHome();
  fill(createDatabase(join(home.data, name)), home, fixture("turn-over")).close();
  const { streams } = await collect(home, now, env);
  expect(streams.map(({ file }) => file)).toEqual([join(home.data, name)]);
});
