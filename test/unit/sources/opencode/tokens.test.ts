import { Database } from "bun:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sumTokens } from "../../../../src/core/report/tokens.ts";
import { collect, type Home, makeHome, Rows, store } from "./home.ts";

const answers = (count: number, tokens: object, cost = 0.5) =>
  Array.from({ length: count }, (_, index) => ({
    role: "assistant",
    at: -400 + index,
    completed: -400 + index,
    finish: "tool-calls",
    tokens,
    cost,
    parts: [{ type: "text", text: `word ${index}` }],
  }));
const used = { input: 10, output: 4, reasoning: 1, cache: { read: 80, write: 10 } };

/** A home with a session of these answers, which was made `at`. */
function homeOf(messages: readonly object[], at = -500): Home {
  const home = makeHome();
  const user = { role: "user", at: -500, parts: [{ type: "text", text: "Look" }] };
  const session = { id: "flag", directory: "@/.worktrees/flag", title: "Look", version: "1.18.33", at };
  store(home, "sqlite", Rows.parse([{ ...session, messages: [user, ...messages] }]));
  return home;
}

/** Lets the session's own row say what all of its answers used. */
function countInRow(home: Home): void {
  const database = new Database(join(home.data, "opencode.db"));
  for (const name of ["input", "output", "reasoning", "cache_read", "cache_write"])
    database.exec(`ALTER TABLE session ADD COLUMN tokens_${name} integer DEFAULT 1000 NOT NULL`);
  database.exec("ALTER TABLE session ADD COLUMN cost real DEFAULT 0 NOT NULL");
  database.exec("UPDATE session SET cost = 150");
  database.close();
}

const tokensOf = async (home: Home) => sumTokens((await collect(home)).streams);

describe("the tokens of an OpenCode session", () => {
  it("are the sums of its answers, cached and thought ones too, with their cost", async () => {
    expect(await tokensOf(homeOf(answers(2, used)))).toMatchObject({
      input: 200,
      output: 10,
      context: 100,
      costUsd: 1,
    });
  });

  it("hold an answer without a word", async () => {
    const [empty] = answers(1, used);
    expect(await tokensOf(homeOf([{ ...empty, finish: "unknown", parts: [] }]))).toMatchObject({
      input: 100,
      output: 5,
    });
  });

  it("are not known of one that is too long to be read whole", async () => {
    expect(await tokensOf(homeOf(answers(300, used)))).toBeNull();
  });

  it("hold no answer that a fork copied, which its own row counts", async () => {
    const home = homeOf(answers(3, used), -399);
    const own = { input: 200, output: 10, costUsd: 1 };
    expect(await tokensOf(home)).toMatchObject(own);
    countInRow(home);
    expect(await tokensOf(home)).toMatchObject(own);
  });

  it("are what its own row says, where it says so, however long it is", async () => {
    const home = homeOf(answers(300, used));
    countInRow(home);
    expect(await tokensOf(home)).toEqual({
      input: 3_000,
      output: 2_000,
      context: 100,
      window: null,
      costUsd: 150,
    });
  });
});
