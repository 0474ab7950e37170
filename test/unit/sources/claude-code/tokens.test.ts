import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sumTokens } from "../../../../src/core/report/tokens.ts";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { clear, lay, look, session, transcriptOf } from "./looking.ts";

afterEach(clear);

const other = "c1a00000-0000-4000-8000-00000000000f";
const usage = (input: number, output: number) => ({
  input_tokens: 1,
  cache_read_input_tokens: input - 3,
  cache_creation_input_tokens: 2,
  output_tokens: output,
});

/** An answer `agoS` seconds before the fixtures were written. */
const answer = (id: string, agoS: number, used: object = usage(100, 10), more: object = {}) => ({
  type: "assistant",
  uuid: `${id} ${agoS}`,
  timestamp: new Date(writtenAt - agoS * 1_000).toISOString(),
  message: { id, role: "assistant", content: [{ type: "text", text: `word ${id}` }], usage: used },
  ...more,
});
const queued = (agoS: number) => ({
  type: "queue-operation",
  operation: "enqueue",
  timestamp: new Date(writtenAt - agoS * 1_000).toISOString(),
});

/** What a transcript of these records used. */
async function tokensOf(...records: readonly object[]) {
  const home = lay("contract");
  const lines = records.map((record) =>
    JSON.stringify({ sessionId: session, cwd: home.worktree, version: "2.1.332", ...record }),
  );
  mkdirSync(dirname(transcriptOf(home)), { recursive: true });
  writeFileSync(transcriptOf(home), `${lines.join("\n")}\n`);
  return sumTokens(await look(home));
}

describe("the tokens of a Claude Code session", () => {
  it("hold what was read from the cache and written to it", async () => {
    expect(await tokensOf(answer("a", 60))).toMatchObject({ input: 100, output: 10, context: 100 });
  });

  it("count an answer once whose blocks are written one by one, with others in between", async () => {
    const aside = { isSidechain: true };
    expect(
      await tokensOf(
        answer("a", 60, usage(100, 1)),
        answer("of sub-agent", 59, usage(40, 4), aside),
        answer("a", 58, usage(100, 7)),
        answer("of sub-agent", 57, usage(40, 4), aside),
        answer("a", 56, usage(100, 9)),
      ),
    ).toMatchObject({ input: 140, output: 13, context: 100 });
  });

  it("hold no answer that a fork copied: it names the session that asked", async () => {
    expect(
      await tokensOf(
        answer("old", 600, usage(5_000, 500), { requestSessionId: other }),
        answer("own", 60, usage(100, 10)),
      ),
    ).toMatchObject({ input: 100, output: 10 });
  });

  it("hold no answer that a branch copied", async () => {
    const forkedFrom = { sessionId: other, messageUuid: "x" };
    expect(
      await tokensOf(answer("old", 600, usage(5_000, 500), { forkedFrom }), answer("own", 60)),
    ).toMatchObject({ input: 100, output: 10 });
  });

  it("hold no answer older than the prompt that began a fork, before copies were marked", async () => {
    expect(
      await tokensOf(queued(90), answer("old", 600, usage(5_000, 500)), answer("own", 60)),
    ).toMatchObject({ input: 100, output: 10 });
  });

  it("hold the first answer of a session whose prompt was written a moment after it", async () => {
    expect(await tokensOf(queued(60), answer("own", 61), answer("next", 50))).toMatchObject({
      input: 200,
      output: 20,
    });
  });

  it.each([
    ["as it is written", (line: string) => line],
    ["with a prompt longer than any head", (line: string) => line.replace("word b", "word ".repeat(100_000))],
    ["with blanks behind its colons", (line: string) => line.replaceAll('":', '": ')],
  ])("hold those of a sub-agent in a file beside the session's, %s", async (_, spelled) => {
    const home = lay("contract");
    const line = (record: object) =>
      spelled(JSON.stringify({ sessionId: session, cwd: home.worktree, ...record }));
    const aside = { isSidechain: true, agentId: "abcdef1" };
    mkdirSync(dirname(transcriptOf(home)), { recursive: true });
    writeFileSync(transcriptOf(home), `${line(answer("a", 60))}\n`);
    const beside = (name: string, record: object) =>
      writeFileSync(join(dirname(transcriptOf(home)), `agent-${name}.jsonl`), `${line(record)}\n`);
    beside("abcdef1", answer("b", 50, usage(40, 4), aside));
    beside("abcdef2", { ...answer("of another", 50, usage(500, 50), aside), sessionId: other });
    expect(sumTokens(await look(home))).toMatchObject({ input: 140, output: 14, context: 100 });
  });

  it("keep the context where a compaction writes what it kept with zeros", async () => {
    const zeros = { input_tokens: 0, output_tokens: 0 };
    expect(await tokensOf(answer("a", 60), answer("kept", 50, zeros))).toMatchObject({
      input: 100,
      context: 100,
    });
  });

  it("are not known where nothing but errors came back", async () => {
    const zeros = { input_tokens: 0, output_tokens: 0 };
    const failed = answer("a", 60, zeros, { isApiErrorMessage: true });
    expect(await tokensOf(failed)).toBeNull();
  });

  it.each<[string, object]>([
    ["less than nothing", { input_tokens: -5, output_tokens: -1 }],
    ["texts", { input_tokens: "NaN", output_tokens: "many" }],
    ["more than any model takes", { input_tokens: 1e300, output_tokens: 1e13 }],
    ["nothing", { input_tokens: null }],
    ["no object", []],
  ])("are told by no number that is %s", async (_, odd) => {
    expect(await tokensOf(answer("odd", 70, odd), answer("a", 60))).toEqual({
      input: 100,
      output: 10,
      context: 100,
      window: null,
      costUsd: null,
    });
  });
});
