import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../src/core/stream.ts";
import { codex } from "../../../src/sources/codex/index.ts";
import type { LaidOutHome } from "../laid-out-home.ts";
import {
  asked,
  called,
  ended,
  event,
  exited,
  layRollout,
  message,
  started,
  takeAway,
  type Written,
} from "./written-rollout.ts";

const laidOut: LaidOutHome[] = [];

async function read(records: readonly Written[], meta: object = {}): Promise<Stream> {
  const home = layRollout(records, { cli_version: "0.140.0", ...meta });
  laidOut.push(home);
  const { streams } = await codex.collect(home.context());
  return streams[0] ?? expect.unreachable();
}

const compacted = event("context_compacted");
const failed = event("error", { message: "exceeded retry limit, last status: 429" });

afterEach(() => takeAway(laidOut));

describe("a turn that ends without a word of the agent", () => {
  it.each([
    ["a review", [event("entered_review_mode"), event("exited_review_mode")]],
    ["a person's own command", [message("user", "<user_shell_command>\nls\n</user_shell_command>")]],
    ["a compaction", [compacted]],
  ])("has not failed when it was %s", async (_, records) => {
    const { activity } = await read([started, ...records, ended(null)]);
    expect(activity.ended).toMatchObject({ outcome: "success", answer: null });
  });

  it("has not failed in a version that says why turns fail", async () => {
    const { activity } = await read([started, asked, ended(null)], { cli_version: "0.169.0" });
    expect(activity.ended).toMatchObject({ outcome: "success" });
  });

  it("has failed when an error was written in it, compacted or not", async () => {
    const { activity } = await read([started, asked, compacted, failed, ended(null)]);
    expect(activity.ended).toMatchObject({ outcome: "failure", message: expect.stringContaining("429") });
  });

  it("has failed when the agent worked on after the compaction", async () => {
    const records = [started, asked, compacted, called("c1", "make"), exited("c1", 0), ended(null)];
    expect((await read(records)).activity.ended).toMatchObject({ outcome: "failure" });
  });
});

describe("a proposed plan", () => {
  const item = event("item_completed", { item: { type: "Plan", id: "p1", text: "First the tokens." } });
  const text = message("assistant", "<proposed_plan>\nFirst the tokens.\n</proposed_plan>");

  it.each([
    ["is all that the turn says", [item, text, ended(null)]],
    ["was taken out of the last words", [item, ended("Here it is.")]],
    ["only stands in the agent's text", [text, ended(null)]],
  ])("waits for approval when it %s", async (_, records) => {
    const { activity } = await read([started, asked, ...records]);
    expect(activity).toMatchObject({
      ended: { outcome: "success" },
      waiting: { for: "plan_approval", text: "First the tokens." },
    });
  });

  it("waits no more in the next turn", async () => {
    const { activity } = await read([started, asked, item, ended(null), started, asked, ended("All done.")]);
    expect(activity).toMatchObject({ ended: { outcome: "success" }, waiting: null });
  });
});
