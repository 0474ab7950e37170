import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { answers, calls, clear, first, goOn, lay, look, said } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

describe("sub-agents and background work", () => {
  it("hangs a sub-agent below its parent and keeps both children open", async () => {
    const [parent, child] = await look(makeProcess(lay("background-running")));
    expect(parent?.activity.children).toMatchObject([
      { id: "b1", kind: "shell", endedAt: null },
      { id: "aaaaaaaaaaaaaaaa1", kind: "agent", title: "Survey the code", endedAt: null },
    ]);
    expect(parent?.busyWith).toBe("background work");
    expect(child).toMatchObject({
      parentKey: parent?.key,
      role: "evidence",
      title: "Survey the code",
      agent: { name: "general-purpose" },
      liveness: { state: "alive" },
      activity: { ended: null, openCalls: [{ target: "rg parser" }] },
    });
  });

  it.each([
    "Command running in background with ID: b7. Output is being written to: out",
    "Command was manually backgrounded by user with ID: b7",
    "Command did not complete within its 120s timeout and was moved to the background (ID: b7). Output: out",
  ])("knows a command that runs on in the background by its words alone: %s", async (words) => {
    const home = goOn(
      makeProcess(lay("idle")),
      calls("k1", "Bash"),
      answers("k1", words),
      said("It runs on."),
    );
    expect((await first(home)).activity.children).toMatchObject([{ id: "b7", kind: "shell", endedAt: null }]);
  });

  it("takes a turn up again that was over when the process was killed with its sub-agent", async () => {
    const [parent] = await look(lay("background-running"));
    expect(parent?.liveness).toMatchObject({ state: "gone", says: "pid 4242 does not exist" });
    expect(parent?.activity.ended).toBeNull();
  });

  it("ends children by their notifications, and the turn after them", async () => {
    const { activity } = await first(lay("background-ended"));
    expect(activity.children).toMatchObject([
      { id: "b1", endedAt: writtenAt - 61_000, outcome: "cancelled" },
      { id: "aaaaaaaaaaaaaaaa1", endedAt: writtenAt - 63_000, outcome: "success" },
    ]);
    expect(activity.ended).toMatchObject({ outcome: "success", at: writtenAt - 62_000 });
    expect(activity.lastUserMessageAt).toBe(writtenAt - 90_000);
  });

  it("ends a child whose own transcript ended, before its parent is told", async () => {
    const { activity } = await first(lay("background-unannounced"));
    expect(activity.children).toContainEqual(
      expect.objectContaining({ kind: "agent", endedAt: writtenAt - 65_000, outcome: "success" }),
    );
  });

  it("finds the sub-agents of 2.0 beside their parent, without warm-ups, and the todo file", async () => {
    const [parent, child, ...more] = await look(lay("sub-agent-2.0.76"));
    expect(more).toEqual([]);
    expect(child).toMatchObject({ key: `${parent?.key}/ab12cd3`, parentKey: parent?.key });
    expect(parent?.activity.plan).toMatchObject({ done: 1, total: 2, step: "Writing it" });
  });

  it("lets a one-shot run of 2.0 take its background work along", async () => {
    const stream = await first(lay("one-shot-2.0.76"));
    expect(stream.activity.children).toMatchObject([{ id: "ab12cd3", endedAt: writtenAt - 85_000 }]);
    expect(stream.liveness?.state).toBe("gone");
  });

  it("takes the side chain of 1.0 as life, not as the parent's calls", async () => {
    const { activity } = await first(lay("side-chain-1.0.128"));
    expect(activity).toMatchObject({
      lastActivityAt: writtenAt - 85_000,
      failureCount: 0,
      ended: null,
      openCalls: [{ tool: "Task" }],
    });
  });
});

describe("background sessions", () => {
  it("wait for the answer they need", async () => {
    const { waiting } = await first(lay("job-blocked"));
    expect(waiting).toMatchObject({ for: "question", text: "Which database? (SQLite · Postgres)" });
  });

  it("are cancelled when they were stopped", async () => {
    const { activity } = await first(lay("job-stopped"));
    expect(activity.ended).toMatchObject({ outcome: "cancelled", at: writtenAt - 40_000 });
  });

  it("say that their worker crashed", async () => {
    const { liveness } = await first(lay("job-crashed"));
    expect(liveness).toMatchObject({
      state: "gone",
      says: "its worker crashed (SIGKILL (137)) and was not started again",
    });
  });

  it("are no failure while their worker is about to be started again", async () => {
    const { liveness, restarting } = await first(lay("job-crashed"), { now: writtenAt - 30_000 });
    expect({ liveness, restarting }).toEqual({
      liveness: null,
      restarting: "its worker crashed (SIGKILL (137)) and is about to be started again",
    });
  });

  it("still run in a state that nobody knows", async () => {
    expect(await first(lay("job-strange"))).toMatchObject({ activity: { ended: null }, claims: [] });
  });
});
