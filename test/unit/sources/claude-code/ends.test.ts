import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import {
  answers,
  calls,
  clear,
  first,
  goOn,
  judge,
  lay,
  look,
  register,
  said,
  saidWithoutReason,
  userText,
} from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

const asked = (...records: readonly object[]) =>
  goOn(makeProcess(lay("idle")), userText("Do it"), ...records);
const later = (seconds: number) => ({ now: writtenAt - 29_000 + seconds * 1_000 });

describe("a turn whose last words have no reason to stop", () => {
  it("goes on while they are younger than two minutes", async () => {
    const home = asked(saidWithoutReason("Next I run the tests."));
    expect((await first(home, later(119))).activity.ended).toBeNull();
  });

  it("is over after two minutes of quiet", async () => {
    const home = asked(saidWithoutReason("All done."));
    expect((await first(home, later(120))).activity.ended).toMatchObject({
      outcome: "success",
      at: writtenAt - 29_000,
      answer: "All done.",
    });
  });

  it("is over at once when its process is gone", async () => {
    const home = goOn(lay("idle"), userText("Do it"), saidWithoutReason("All done."));
    expect((await first(home)).activity.ended?.outcome).toBe("success");
  });

  it.each([
    ["a Stop hook let it end", {}, "success"],
    ["a Stop hook ended it otherwise", { preventedContinuation: true }, null],
  ])("is over or not when %s", async (_, more, outcome) => {
    const summary = { type: "system", subtype: "stop_hook_summary", ...more };
    const { activity } = await first(asked(saidWithoutReason("All done."), summary));
    expect(activity.ended?.outcome ?? null).toBe(outcome);
  });

  it("goes on when a call follows, however long that takes", async () => {
    const home = asked(saidWithoutReason("Next I run the tests."), calls("t1", "Bash"));
    expect((await first(home, later(500))).activity).toMatchObject({ ended: null, openCalls: [{}] });
  });
});

describe("the last words of a turn", () => {
  it("are kept, of long ones the question they end with", async () => {
    const { activity } = await first(asked(said(`${"I looked. ".repeat(40)}Which name shall I use?`)));
    expect(activity.ended?.answer).toBe("Which name shall I use?");
  });
});

describe("a call", () => {
  it("gets no answer any more once another message came", async () => {
    const home = asked(calls("t1", "WebSearch"), calls("t2", "Read"), answers("t2", "text"));
    expect((await first(home)).activity.openCalls).toEqual([]);
  });

  it("runs on beside another one of its own message", async () => {
    const batch = (id: string) => ({
      type: "assistant",
      message: { id: "msg_batch", content: [{ type: "tool_use", id, name: "Read", input: {} }] },
    });
    const home = asked(batch("t1"), batch("t2"), answers("t2", "text"));
    expect((await first(home)).activity.openCalls).toMatchObject([{ callId: "t1" }]);
  });

  it("died with the worker that was started again", async () => {
    const again = userText("Continue from where you left off.", { isMeta: true });
    const { activity } = await first(asked(calls("t1", "Bash"), again));
    expect(activity).toMatchObject({ openCalls: [], ended: null });
  });

  it("died with its process where another one goes on with the session", async () => {
    const home = register(asked(calls("t1", "Bash")), { startedAt: writtenAt });
    expect((await first(home)).activity.openCalls).toEqual([]);
  });

  it("that was given up with its batch is no failure", async () => {
    const result = answers("t1", "<tool_use_error>Sibling tool call errored</tool_use_error>");
    const { activity } = await first(asked(calls("t1", "Bash"), result));
    expect(activity).toMatchObject({ failureCount: 0, lastCall: { outcome: "neutral" } });
  });

  it("is counted when settings refused it", async () => {
    const refused = {
      type: "user",
      permissionDecision: { decision: "reject", source: "config" },
      toolDenialKind: "user-rejected",
      message: { content: [{ type: "tool_result", tool_use_id: "t1", content: "No.", is_error: true }] },
    };
    const { notes } = await first(asked(calls("t1", "Write"), refused));
    expect(notes).toEqual(["1 of 1 calls denied by its settings; nobody was asked"]);
  });

  it("lives while its progress is told, which is not read in full", async () => {
    const progress = { type: "progress", data: { output: "x".repeat(5_000) }, toolUseID: "p1" };
    const home = asked(calls("t1", "Bash"), progress);
    expect((await first(home)).activity.lastActivityAt).toBe(writtenAt - 28_000);
  });
});

describe("a prompt", () => {
  it.each([
    [
      "is a command of the project's own",
      "<command-message>ship</command-message>\n<command-name>/ship",
      true,
    ],
    ["is none when it is a built-in command", "<command-name>/clear</command-name>", false],
  ])("%s", async (_, text, isPrompt) => {
    const { activity } = await first(goOn(makeProcess(lay("idle")), userText(text)));
    expect(activity.lastUserMessageAt === writtenAt - 30_000).toBe(isPrompt);
  });
});

describe("a plan", () => {
  it("is shown without an item that cannot be read", async () => {
    const todos = [null, { content: "Read", status: "completed" }, { content: "Write", status: "pending" }];
    const { activity } = await first(asked(calls("t1", "TodoWrite", { todos })));
    expect(activity.plan).toMatchObject({ done: 1, total: 2 });
  });
});

describe("a wake-up", () => {
  const asleep = (scheduledFor: unknown) =>
    asked(
      calls("t1", "ScheduleWakeup", { delaySeconds: 60, reason: "wait for CI" }),
      answers("t1", "scheduled", { toolUseResult: { scheduledFor } }),
    );

  it.each([
    ["is told by its result", writtenAt, { untilAt: writtenAt, reason: "wait for CI" }],
    ["is told in words", new Date(writtenAt).toISOString(), { untilAt: writtenAt }],
  ])("%s", async (_, scheduledFor, known) => {
    expect((await first(asleep(scheduledFor))).activity.asleep).toMatchObject(known);
  });

  it("is none without a time", async () => {
    expect((await first(asleep(null))).activity.asleep).toBeNull();
  });

  it("is told of a job by its supervisor", async () => {
    const wake = { at: new Date(writtenAt + 900_000).toISOString(), reason: "look at CI" };
    const home = judge(lay("idle"), { state: "working", inFlight: { tasks: 0, wake } });
    expect((await first(home)).activity.asleep).toMatchObject({
      untilAt: writtenAt + 900_000,
      reason: "look at CI",
    });
  });
});

describe("a background job", () => {
  it.each([
    [["monitor"], true],
    [["monitor", "shell"], true],
    [["agent", "monitor"], false],
    [undefined, false],
  ])("may be silent while it waits for %j: %s", async (kinds, mayBeSilent) => {
    const home = judge(makeProcess(lay("idle")), { state: "working", inFlight: { tasks: 1, kinds } });
    expect((await first(home)).mayBeSilent).toBe(mayBeSilent);
  });

  it.each([
    ["done", { detail: "tests pass", output: { result: "All 12 pass" } }, "success", "All 12 pass"],
    ["failed", { detail: "database unreachable" }, "failure", "database unreachable"],
    ["stopped", {}, "cancelled", "stopped by a person"],
  ])("that is %s is so with or without its worker", async (state, more, outcome, message) => {
    for (const home of [makeProcess(lay("idle")), lay("idle")]) {
      const stream = await first(judge(home, { state, ...more }));
      expect(stream).toMatchObject({ activity: { ended: { outcome, message } }, waiting: null });
      expect(stream.isInteractive).toBe(false);
    }
  });

  it("that was done works again on a new prompt", async () => {
    const home = judge(makeProcess(lay("idle")), { state: "done", tempo: "active" });
    expect((await first(goOn(home, userText("More")))).activity.ended).toBeNull();
  });

  it("asks after its worker was retired", async () => {
    const stream = await first(
      judge(lay("idle"), { state: "blocked", tempo: "blocked", needs: "Drop the old column?" }),
    );
    expect(stream).toMatchObject({
      waiting: { for: "question", text: "Drop the old column?" },
      isInteractive: true,
      liveness: null,
    });
  });

  it("that only repeats its order asks nothing", async () => {
    const home = judge(lay("idle"), { state: "blocked", tempo: "blocked", detail: "Rename it" });
    expect((await first(home)).waiting).toBeNull();
  });

  it("waits for something outside", async () => {
    const home = judge(makeProcess(lay("idle")), {
      state: "working",
      detail: "waiting for CI",
      inFlight: { tasks: 1 },
    });
    expect(await first(home)).toMatchObject({ busyWith: "CI", waiting: null, isInteractive: false });
  });

  it("has a row without a transcript", async () => {
    const home = judge(lay("sibling"), { state: "failed", detail: "exit 2", intent: "npm run lint" });
    expect(await look(home)).toMatchObject([
      {
        title: "npm run lint",
        identity: { worktree: home.worktree },
        activity: { ended: { outcome: "failure", message: "exit 2" } },
      },
    ]);
  });
});
