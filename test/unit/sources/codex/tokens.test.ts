import { afterEach, describe, expect, it } from "vitest";
import { sumTokens } from "../../../../src/core/report/tokens.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { asked, ended, event, layRollout, started, takeAway, type Written } from "./written-rollout.ts";

const laidOut: LaidOutHome[] = [];
afterEach(() => takeAway(laidOut));

const origin = "01a20000-0000-7000-8000-00000000000f";
const fork = { forked_from_id: origin };
const used = (input_tokens: number, output_tokens: number) => ({
  input_tokens,
  output_tokens,
  total_tokens: input_tokens + output_tokens,
});
const counted = (total: object, last: object | null, more: object = {}): Written =>
  event("token_count", {
    info: { total_token_usage: total, last_token_usage: last, model_context_window: 1_000, ...more },
  });

/** What a session of these records used. */
async function tokensOf(records: readonly Written[], meta: object = {}) {
  const home = layRollout(records, { cli_version: "0.171.0", ...meta });
  laidOut.push(home);
  return sumTokens((await codex.collect(home.context())).streams);
}

describe("the tokens of a Codex session", () => {
  it("are its last total, however often that is repeated and resumed", async () => {
    const first = counted(used(100, 10), used(100, 10));
    const records = [started, asked, first, first, ended("Done."), started, asked];
    expect(await tokensOf([...records, counted(used(250, 30), used(150, 20))])).toEqual({
      input: 250,
      output: 30,
      context: 170,
      window: 1_000,
      costUsd: null,
    });
  });

  it("hold nothing of the thread that it was forked from, whose totals it goes on from", async () => {
    const records = [counted(used(5_100, 510), used(100, 10)), counted(used(5_250, 530), used(150, 20))];
    expect(await tokensOf(records, fork)).toMatchObject({ input: 250, output: 30 });
  });

  it("hold nothing of copied records, which came with the fork in one go", async () => {
    const timestamp = new Date(writtenAt - 60_000).toISOString();
    const copied = [
      { type: "session_meta", payload: { id: origin }, timestamp },
      { ...started, timestamp },
      { ...counted(used(3_000, 300), used(3_000, 300)), timestamp },
      { ...counted(used(5_000, 500), used(2_000, 200)), timestamp },
    ];
    const own = [started, counted(used(5_100, 510), used(100, 10))];
    expect(await tokensOf([...copied, ...own], fork)).toMatchObject({ input: 100, output: 10 });
    expect(await tokensOf(copied, fork)).toBeNull();
  });

  it("hold all of a sub-agent that knows its parent's history and counts for itself", async () => {
    const records = [counted(used(100, 10), used(100, 10)), counted(used(250, 30), used(150, 20))];
    expect(await tokensOf(records, { ...fork, parent_thread_id: origin })).toMatchObject({ input: 250 });
  });

  it("go on where totals begin again, since the context was full", async () => {
    const full = counted({ ...used(0, 0), total_tokens: 1_000 }, { ...used(0, 0), total_tokens: 950 });
    const records = [counted(used(800, 80), used(800, 80)), full];
    expect(await tokensOf(records)).toMatchObject({ input: 800, output: 80, context: 950 });
    expect(await tokensOf([...records, counted(used(40, 4), used(40, 4))])).toMatchObject({
      input: 840,
      output: 84,
    });
  });

  it("go on where a thread counts anew, whichever count is the smaller one", async () => {
    const records = [counted(used(800, 80), used(800, 80)), counted(used(50, 100), used(50, 100))];
    expect(await tokensOf(records)).toMatchObject({ input: 850, output: 180 });
    expect(await tokensOf([...records, counted(used(90, 105), used(40, 5))])).toMatchObject({
      input: 890,
      output: 185,
    });
  });

  it.each<[string, object]>([
    ["no window", { model_context_window: null }],
    ["a window of nothing", { model_context_window: 0 }],
    ["a window that is text", { model_context_window: "258400" }],
    ["a window below nothing", { model_context_window: -1 }],
  ])("know no window of %s", async (_, odd) => {
    expect(await tokensOf([counted(used(100, 10), used(100, 10), odd)])).toMatchObject({
      input: 100,
      window: null,
    });
  });
});
