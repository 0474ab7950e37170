import { describe, expect, it } from "vitest";
import { collect, makeHome, now, Rows, store } from "./home.ts";

type Message = Rows[number]["messages"][number];
type Part = Message["parts"][number];

const text = (words: string): Part => ({ type: "text", text: words, time: { start: -40, end: -40 } });
const thought: Part = { type: "reasoning", text: "I will look", time: { start: -41, end: -41 } };
const read: Part = {
  type: "tool",
  tool: "read",
  callID: "r",
  state: {
    status: "completed",
    input: { filePath: "a" },
    output: "x",
    metadata: {},
    time: { start: -45, end: -44 },
  },
};
const step = (finish: string, parts: readonly Part[], at = -42): Message => ({
  role: "assistant",
  at,
  completed: at + 2,
  finish,
  parts: [{ type: "step-start" }, ...parts, { type: "step-finish", reason: finish }],
});

async function activityOf(version: string, messages: readonly Message[]) {
  const home = makeHome();
  const user: Message = { role: "user", at: -60, parts: [{ type: "text", text: "Look" }] };
  const session = { id: "flag", directory: "@/.worktrees/flag", title: "Look", version, at: -60 };
  store(home, "sqlite", Rows.parse([{ ...session, messages: [user, ...messages] }]));
  return (await collect(home)).streams[0]?.activity;
}

describe("a turn that ends", () => {
  it.each([
    ["without one word", [step("stop", [])], null],
    ["with thoughts only", [step("stop", [thought])], "only thoughts"],
    [
      "without a word after it only announced a call",
      [
        step("tool-calls", [text("Let me look."), read], -52),
        step("tool-calls", [read], -48),
        step("stop", []),
      ],
      null,
    ],
    ["by its length", [step("length", [text("First")])], "output limit"],
  ] as const)("%s has no answer", async (_, messages, message) => {
    expect((await activityOf("1.18.33", messages))?.ended).toMatchObject({
      outcome: "failure",
      isEmpty: true,
      message,
    });
  });

  it.each([
    ["with words", [step("stop", [text("Done.")])]],
    [
      "after the step that said all and ticked its list",
      [step("tool-calls", [text("Done."), read], -48), step("stop", [])],
    ],
  ] as const)("%s has one", async (_, messages) => {
    expect((await activityOf("1.18.33", messages))?.ended).toMatchObject({
      outcome: "success",
      isEmpty: false,
    });
  });
});

describe("a stream without a finish reason", () => {
  it("ends the turn up to 1.18.20", async () => {
    const activity = await activityOf("1.18.16", [step("unknown", [thought])]);
    expect(activity?.ended).toMatchObject({
      outcome: "failure",
      isEmpty: true,
      message: "the answer broke off",
    });
  });

  it("is asked again from 1.18.21, and is no sign of work", async () => {
    const empty = Array.from({ length: 6 }, (_, index) => step("unknown", [], -40 + index * 5));
    const activity = await activityOf("1.18.33", [step("tool-calls", [read], -48), ...empty]);
    expect(activity?.ended).toBeNull();
    expect(activity?.monologue.empty).toBe(6);
    expect(activity?.lastActivityAt).toBeLessThan(activity?.monologue.startedAt ?? 0);
  });

  it("is counted beyond the messages that are read", async () => {
    const nothing = { role: "assistant", finish: "unknown", tokens: { input: 0, output: 0 } };
    const empty = Array.from({ length: 164 }, (_, index) => ({
      ...nothing,
      at: -40 + index / 5,
      completed: -40 + index / 5,
      parts: [{ type: "step-start" }, { type: "step-finish", reason: "unknown" }],
    }));
    const activity = await activityOf("1.18.33", [step("tool-calls", [read], -48), ...empty]);
    expect(activity?.monologue).toMatchObject({ empty: 164, startedAt: now - 40_000 });
  });
});
