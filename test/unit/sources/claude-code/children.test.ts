import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import {
  answers,
  calls,
  clear,
  delegate,
  goOn,
  lay,
  look,
  put,
  said,
  saidWithoutReason,
  transcriptOf,
  userText,
} from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

const launched = { toolUseResult: { isAsync: true, status: "async_launched", agentId: "a1" } };
const notice = (status: string) =>
  userText(`<task-notification>\n<task-id>a1</task-id>\n<status>${status}</status>`, {
    origin: { kind: "task-notification" },
  });

function withHelper(...records: readonly object[]) {
  return goOn(
    makeProcess(lay("idle")),
    userText("Have it done"),
    calls("t1", "Agent"),
    answers("t1", "", launched),
    ...records,
  );
}

describe("a sub-agent", () => {
  it("is over when only its session was told so", async () => {
    const home = withHelper(notice("completed"));
    delegate(home, "agent-a1", { description: "Fix it" }, userText("fix"), saidWithoutReason("Looked."));
    const [, child] = await look(home);
    expect(child?.activity.ended?.outcome).toBe("success");
  });

  it("is over when the call that waited for it returned", async () => {
    const home = goOn(
      makeProcess(lay("idle")),
      userText("Have it done"),
      calls("t1", "Agent"),
      answers("t1", "", { toolUseResult: { status: "completed", agentId: "a1" } }),
    );
    delegate(home, "agent-a1", {}, userText("fix"), saidWithoutReason("Looked."));
    expect((await look(home))[1]?.activity.ended?.outcome).toBe("success");
  });

  it("works on when it writes after its end was told", async () => {
    const home = withHelper(notice("completed"), said("Done"));
    const timestamp = new Date(writtenAt).toISOString();
    delegate(home, "agent-a1", {}, userText("fix"), said("Report"), { ...calls("k1", "Bash"), timestamp });
    const [parent, child] = await look(home);
    expect(parent?.activity.children).toMatchObject([{ id: "a1", endedAt: null }]);
    expect(parent?.waiting).toBeNull();
    expect(child?.activity.ended).toBeNull();
  });

  it("that failed is named in the row of its session", async () => {
    const home = withHelper(notice("failed"));
    const error = { isApiErrorMessage: true, ...said("API Error: 400 prompt is too long") };
    delegate(home, "agent-a1", { description: "Fix it" }, userText("fix"), error);
    const [parent] = await look(home);
    expect(parent?.notes).toEqual(['sub-agent "Fix it" failed: API Error: 400 prompt is too long']);
  });

  it("that left a command running is named when the process is gone", async () => {
    const home = goOn(lay("idle"), userText("Have it done"), said("All done."));
    const running = { toolUseResult: { backgroundTaskId: "b9" } };
    const command = calls("k1", "Bash", { command: "make world" });
    delegate(
      home,
      "agent-a1",
      { description: "Check it" },
      userText("check"),
      command,
      answers("k1", "", running),
      said("I wait."),
    );
    expect((await look(home))[0]?.notes).toEqual([
      'sub-agent "Check it" had a background command that was cut off: make world',
    ]);
  });

  it("has a row of its own in a worktree of its own, also of a person's session", async () => {
    const home = lay("idle");
    const own = join(home.project, ".worktrees", "beta");
    put(join(own, "a.txt"), "");
    delegate(home, "agent-a1", { worktreePath: own }, userText("fix"));
    const [, child] = await look(home);
    expect(child).toMatchObject({ role: "task", identity: { worktree: own }, parentKey: expect.any(String) });
  });
});

describe("a workflow", () => {
  const flow = { toolUseResult: { status: "async_launched", taskId: "w1", runId: "wf_1" } };
  const begun = () =>
    goOn(
      makeProcess(lay("idle")),
      userText("Fan out"),
      calls("t1", "Workflow"),
      answers("t1", "", flow),
      said("It has begun."),
    );

  it("is waited for, and its agents are seen", async () => {
    const home = begun();
    const folder = join(transcriptOf(home).replace(/\.jsonl$/, ""), "subagents", "workflows", "wf_1");
    const timestamp = new Date(writtenAt).toISOString();
    const record = { sessionId: "x", isSidechain: true, timestamp, ...calls("x1", "Bash") };
    put(join(folder, "agent-b1.jsonl"), `${JSON.stringify(record)}\n`);
    const [parent, child] = await look(home);
    expect(parent?.activity.children).toMatchObject([{ id: "w1", endedAt: null }]);
    expect(child).toMatchObject({ parentKey: parent?.key, activity: { ended: null } });
  });

  it("ends with its notification", async () => {
    const home = goOn(
      begun(),
      userText("<task-notification>\n<task-id>w1</task-id>\n<status>completed</status>", { uuid: "end" }),
    );
    expect((await look(home))[0]?.activity.children).toMatchObject([{ id: "w1", outcome: "success" }]);
  });
});
