import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import {
  answered,
  asked,
  called,
  ended,
  event,
  exited,
  holding,
  item,
  layRollout,
  message,
  rolloutOf,
  started,
  takeAway,
  type Written,
} from "./written-rollout.ts";

const laidOut: LaidOutHome[] = [];
afterEach(() => takeAway(laidOut));

const tui = { source: "vscode", originator: "codex-tui", cli_version: "0.171.0" };
const exec = { source: "exec", originator: "codex_exec", cli_version: "0.171.0" };

const goal = (status: string) => ({ objective: "Make it work", status, createdAt: 1_796_086_436 });
const goalTold = (status: string) => event("thread_goal_updated", { goal: goal(status) });
const goalTurn = event("task_started", { turn_attribution: { turn_trigger: "goal" } });
const aborted = event("turn_aborted", { reason: "interrupted" });
const settled = (tool: string, status: string): readonly Written[] => [
  item("function_call", { name: tool, call_id: "g", arguments: "{}" }),
  answered("g", JSON.stringify({ goal: goal(status), remainingTokens: null })),
];

/** The session as it stands `laterMs` after its last record, its process alive. */
async function read(records: readonly Written[], meta: object, laterMs = 10_000): Promise<Stream> {
  const home = layRollout(records, meta);
  laidOut.push(home);
  const processes = holding(home, rolloutOf(home));
  const { streams } = await codex.collect(home.context({ processes, now: writtenAt + laterMs }));
  return streams[0] ?? expect.unreachable();
}

describe("a thread with a goal", () => {
  it("is named by the goal that a person set", async () => {
    const { activity } = await read([goalTold("active"), goalTurn], tui);
    expect(activity.firstPrompt).toBe("Make it work");
  });

  it("works on between two turns for it", async () => {
    const { activity } = await read([goalTold("active"), goalTurn, ended("One step done.")], tui);
    expect(activity.ended).toBeNull();
  });

  it("is at its prompt when no other turn came", async () => {
    const { activity } = await read([goalTold("active"), goalTurn, ended("One step done.")], tui, 120_000);
    expect(activity.ended).toMatchObject({ outcome: "success", message: "its goal is not reached" });
  });

  it("is at its prompt once it is reached, paused or cleared", async () => {
    const cleared = '<codex_internal_context source="user_goal">\nUser cleared the goal.\n';
    const turn = [goalTold("active"), goalTurn];
    const ends = [
      [...settled("update_goal", "complete"), ended("Done.")],
      [ended("Done."), goalTold("paused")],
      [ended("Done."), message("user", cleared)],
    ];
    const streams = await Promise.all(ends.map((end) => read([...turn, ...end], tui)));
    expect(streams.map(({ activity }) => activity.ended?.outcome)).toEqual(["success", "success", "success"]);
  });

  it.each([
    ["blocked", "its goal is blocked: Make it work"],
    ["budget_limited", "the budget of its goal is used up: Make it work"],
  ])("waits for a person when it is %s", async (status, text) => {
    const records = [goalTold("active"), goalTurn, ...settled("update_goal", status), ended("I can't.")];
    const { activity } = await read(records, tui);
    expect(activity.waiting).toMatchObject({ for: "other", text });
  });

  it("counts its turns without a call like those that a hook sent back", async () => {
    const turn = [goalTurn, ended("Nothing to do.")];
    const { activity } = await read([goalTold("active"), ...turn, ...turn, ...turn], tui);
    expect(activity.monologue.sentBack).toBe(3);
  });

  it("counts anew after a call", async () => {
    const work = [goalTurn, called("c", "make"), exited("c", 0), ended("Built.")];
    const { activity } = await read([goalTold("active"), ...work, ...work], tui);
    expect(activity.monologue.sentBack).toBe(0);
  });
});

describe("a run of `codex exec` with a goal of its own", () => {
  const turn = [started, asked, ...settled("create_goal", "active"), ended("The goal is set.")];

  it("is over with its turn, not interrupted, and says that the goal is not reached", async () => {
    const { activity } = await read([...turn, goalTurn, aborted], exec);
    expect(activity.ended).toMatchObject({
      outcome: "success",
      message: "its goal is not reached",
      answer: "The goal is set.",
    });
  });

  it("goes on where the turn for the goal does something", async () => {
    const { activity } = await read([...turn, goalTurn, called("c", "make")], exec);
    expect(activity.ended).toBeNull();
  });
});

describe("a Stop hook", () => {
  const prompt = (hookRunId: string) =>
    event("item_completed", {
      item: { type: "HookPrompt", id: "h", fragments: [{ text: "No.", hookRunId }] },
    });
  const said = message("assistant", "Done.");

  it("sends the agent back, each time it would end its turn", async () => {
    const again = [said, prompt("stop:0:hooks.json")];
    const { activity } = await read([started, asked, ...again, ...again, ...again], exec);
    expect(activity.monologue).toMatchObject({ sentBack: 3, count: 3 });
  });

  it("is told from the hooks that only add something", async () => {
    const { activity } = await read([started, asked, prompt("user_prompt_submit:0:hooks.json")], exec);
    expect(activity.monologue.sentBack).toBe(0);
  });
});
