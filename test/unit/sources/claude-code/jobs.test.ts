import { rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { answers, calls, clear, first, goOn, judge, lay, look, register, transcriptOf } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

const minutes = 60_000;
const running = (tasks: number, more: object = {}) => ({ inFlight: { tasks, kinds: ["monitor"], ...more } });
/** A job of which nothing but its supervisor's word is left. */
const alone = (state: object): LaidOutHome => {
  const home = judge(lay("idle"), state);
  rmSync(transcriptOf(home));
  return home;
};

describe("what was judged of a background session", () => {
  it.each([
    ["done", {}],
    ["failed", { reapedMidWorkAt: "2026-01-15T11:59:00Z" }],
  ])("is no end (%s) while its worker says that it works", async (state, more) => {
    const home = register(makeProcess(goOn(lay("idle"), calls("c1", "Bash"))), {
      kind: "bg",
      status: "busy",
    });
    expect((await first(judge(home, { state, ...more }))).activity.ended).toBeNull();
  });

  it.each([
    ["wakes itself", { selfWake: true }],
    ["is a routine", { routine: {} }],
    ["is a loop", { intent: "/loop look at the build" }],
  ])("is no end when it %s", async (_, more) => {
    const home = register(makeProcess(lay("idle")), { kind: "bg" });
    const { waiting } = await first(judge(home, { state: "done", detail: "nothing new", ...more }));
    expect(waiting?.for).toBe("prompt");
  });

  it("says what it does until its next round", async () => {
    const home = register(makeProcess(lay("idle")), { kind: "bg" });
    const more = running(1, { kinds: ["session_cron"] });
    const { busyWith } = await first(judge(home, { state: "done", detail: "nothing new", ...more }));
    expect(busyWith).toBe("its next round (nothing new)");
  });

  it("names the tool and the command that wait for approval", async () => {
    const needs = "approve Bash: touch made.txt";
    const { waiting } = await first(judge(lay("idle"), { state: "working", tempo: "blocked", needs }));
    expect(waiting).toMatchObject({ for: "permission", tool: "Bash", text: "touch made.txt" });
  });

  it("is the wait for a first prompt when nothing was asked", async () => {
    const detail = "(idle — send a prompt to start)";
    const { waiting, activity } = await first(alone({ state: "done", intent: "", detail }));
    expect([waiting?.for, activity.ended, activity.lastUserMessageAt]).toEqual(["prompt", null, null]);
  });
});

describe("a worker that is gone", () => {
  const later = { now: writtenAt + 5 * minutes };

  it("takes along what its job waited for", async () => {
    const home = judge(lay("idle"), { state: "working", detail: "waiting for CI", ...running(1) });
    expect(await first(home, later)).toMatchObject({
      liveness: { state: "gone", says: "its worker is gone, and what it waited for with it" },
      activity: { ended: null },
    });
  });

  it("leaves a watch that its supervisor keeps", async () => {
    const home = judge(lay("idle"), { state: "working", ...running(1, { drainableMonitors: 1 }) });
    expect((await first(home, later)).liveness).toBeNull();
  });

  it("is about to come back, though its turn was over", async () => {
    const stream = await first(
      judge(lay("idle"), { state: "crashed", detail: "SIGKILL (137); respawning" }),
      {
        now: writtenAt + 1_000,
      },
    );
    expect(stream.activity.ended).toBeNull();
    expect(stream.restarting).toBe("its worker crashed (SIGKILL (137)) and is about to be started again");
  });

  it("leaves the answer that was given before", async () => {
    const home = judge(lay("idle"), { state: "crashed", detail: "SIGKILL (137); respawning" });
    expect((await first(home, later)).activity.ended).toMatchObject({ outcome: "success" });
  });

  it("does not come back into a folder that is gone", async () => {
    const state = { state: "crashed", tempo: "active", detail: "exit 1; respawning" };
    const home = alone(state);
    judge(home, { ...state, cwd: `${home.worktree}-gone` });
    expect((await first(home, later)).liveness).toMatchObject({
      state: "gone",
      says: "its worker crashed (exit 1) and was not started again",
    });
  });

  it("is at its prompt once it was started again", async () => {
    const home = register(makeProcess(lay("idle")), { kind: "bg" });
    expect((await first(judge(home, { state: "running", detail: "" }))).isInteractive).toBe(true);
  });
});

it("holds a watch for work that reports by itself, until it is told of", async () => {
  const watch = [
    calls("m1", "Monitor", { command: "tail -f ci.log" }),
    answers("m1", "Monitor started", { toolUseResult: { taskId: "bm1", timeoutMs: 1_800_000 } }),
  ];
  const [stream] = await look(goOn(lay("idle"), ...watch));
  expect(stream?.activity.children).toMatchObject([{ id: "bm1", title: "tail -f ci.log", endedAt: null }]);
});
