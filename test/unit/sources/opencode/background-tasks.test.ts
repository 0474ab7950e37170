import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import {
  addProcess,
  collect,
  fixture,
  type Generation,
  generations,
  makeHome,
  now,
  Rows,
  store,
} from "./home.ts";

async function streamsOf(name: string, generation: Generation): Promise<readonly Stream[]> {
  const home = makeHome();
  store(home, generation, fixture(name));
  addProcess(home, 4242, {
    holds: [join(home.data, "opencode.db"), join(home.data, "log", "run.log")],
    cwd: join(home.root, ".worktrees", "flag"),
    startedAt: -3_600,
  });
  return (await collect(home)).streams;
}

const said = ({ claims }: Stream) => claims.map(({ by, word, says }) => `${by}: ${word} (${says})`);

describe.each(generations)("a background task of the %s generation", (generation) => {
  it("is reported with its id, title, agent, parent and session", async () => {
    expect(await streamsOf("told-completed-but-failed", generation)).toMatchObject([
      {
        key: "opencode:ses_child",
        role: "task",
        identity: { taskId: "bg_1a2b3c4d", sessionId: "ses_child", worktree: null },
        parentKey: "opencode:ses_parent",
        title: "Find the callers",
        agent: { kind: "opencode", name: "explore" },
      },
    ]);
  });

  it("keeps the child's failure and what the parent was told", async () => {
    const [child] = await streamsOf("told-completed-but-failed", generation);
    expect(child?.activity.ended).toMatchObject({
      outcome: "failure",
      message: "APIError 400: invalid request",
    });
    expect(child && said(child)).toEqual([
      "parent session: COMPLETED (success)",
      "parent session (background_output): error (failure)",
    ]);
    expect(child?.notes).toEqual([]);
  });

  it("says when the parent was never told", async () => {
    const [child] = await streamsOf("never-told", generation);
    expect(child?.identity).toMatchObject({ taskId: "bg_1a2b3c4d", sessionId: "ses_child" });
    expect(child?.activity.ended?.outcome).toBe("success");
    expect(child?.notes).toEqual(["parent session was never told"]);
  });

  it("exists without a session while it is queued", async () => {
    const [queued] = await streamsOf("queued", generation);
    expect(queued).toMatchObject({
      key: "opencode:bg_1a2b3c4d",
      role: "task",
      identity: { taskId: "bg_1a2b3c4d", sessionId: null },
      parentKey: "opencode:ses_parent",
      title: "Find the callers",
    });
    expect(queued?.activity.startedAt).toBe(now - 118_000);
    expect(queued?.notes).toEqual(["launched, but it has no session yet"]);
  });

  it("is queued again when its model failed", async () => {
    const streams = await streamsOf("retry-queued", generation);
    expect(streams).toMatchObject([
      { key: "opencode:bg_1a2b3c4d", role: "task", identity: { taskId: "bg_1a2b3c4d", sessionId: null } },
    ]);
    expect(streams[0]?.activity).toMatchObject({ ended: null, lastActivityAt: now - 89_000 });
  });

  it("goes on in another session after its model failed", async () => {
    const streams = await streamsOf("retry-running", generation);
    expect(streams).toMatchObject([
      {
        role: "task",
        identity: { taskId: "bg_1a2b3c4d", sessionId: "ses_second" },
        activity: { ended: null },
      },
    ]);
  });

  it.each([
    ["queued", "queued", null],
    ["taken up again", "retry-running", "ses_second"],
  ])("is known when it was %s before the messages that are read", async (_says, name, sessionId) => {
    const home = makeHome();
    const step = { role: "assistant", at: -70, completed: -70, finish: "tool-calls", parts: [] };
    const steps = Array.from({ length: 600 }, () => step);
    const [parent, ...children] = fixture(name);
    const long = { ...parent, messages: [...(parent?.messages ?? []), ...steps] };
    store(home, generation, Rows.parse([long, ...children]));
    const { streams } = await collect(home);
    expect(streams.find(({ identity }) => identity.taskId === "bg_1a2b3c4d")).toMatchObject({
      role: "task",
      identity: { sessionId },
    });
  });

  it("is read however long it is silent, while it is open", async () => {
    const home = makeHome();
    store(home, generation, fixture("retry-running"));
    const { streams } = await collect(home, now + 2 * 86_400_000);
    expect(streams).toMatchObject([{ role: "task", identity: { taskId: "bg_1a2b3c4d" } }]);
  });

  it("is read behind a hundred newer ones that ended", async () => {
    const home = makeHome();
    const [done] = fixture("never-told").slice(1);
    const ended = Array.from({ length: 100 }, (_, index) => ({ ...done, id: `ended${index}`, at: -60 }));
    store(home, generation, Rows.parse([...fixture("retry-running"), ...ended]));
    const { streams, notes } = await collect(home, now + 2 * 86_400_000);
    expect(streams).toMatchObject([{ role: "task", identity: { taskId: "bg_1a2b3c4d" } }]);
    expect(notes).toEqual([]);
  });

  it("may be one of more open ones than are read", async () => {
    const home = makeHome();
    const [, , open] = fixture("retry-running");
    const many = Array.from({ length: 100 }, (_, index) => ({ ...open, id: `open${index}` }));
    store(home, generation, Rows.parse([...fixture("retry-running"), ...many]));
    const { notes } = await collect(home, now + 2 * 86_400_000);
    expect(notes).toEqual(["only the 100 newest of the open subagents silent for long were read"]);
  });

  it("is left out when it ended before the report begins", async () => {
    const home = makeHome();
    store(home, generation, fixture("never-told"));
    const { streams } = await collect(home, now + 2 * 86_400_000);
    expect(streams).toEqual([]);
  });

  it("was cancelled by its parent", async () => {
    const [child] = await streamsOf("cancelled", generation);
    expect(child?.activity.ended?.outcome).toBe("cancelled");
    expect(child && said(child)).toEqual(
      [
        "parent session (background_output): cancelled (cancelled)",
        "parent session (background_cancel): cancelled (cancelled)",
      ].toReversed(),
    );
  });

  it("may be OpenCode's own", async () => {
    const [child] = await streamsOf("native-background", generation);
    expect(child).toMatchObject({ role: "task", identity: { taskId: null, sessionId: "ses_child" } });
    expect(child && said(child)).toEqual(["parent session: completed (success)"]);
  });

  it.each([
    ["returned", "completed"],
    ["was refused", "error"],
  ])("stays one when a call that went on with its session %s", async (_says, status) => {
    const home = makeHome();
    const input = { description: "Look again", session_id: "ses_one", run_in_background: false };
    const state = { status, input, output: "", metadata: { sessionId: "ses_one" } };
    const call = { type: "tool", tool: "task", state: { ...state, time: { start: -40, end: -39 } } };
    const step = { role: "assistant", at: -41, completed: -38, finish: "stop", parts: [call] };
    const [parent, ...children] = fixture("one-told-one-running");
    const goneOn = parent === undefined ? [] : [{ ...parent, messages: [...parent.messages, step] }];
    store(home, generation, [...goneOn, ...children]);
    const { streams } = await collect(home);
    expect(streams.find(({ key }) => key === "opencode:ses_one")).toMatchObject({
      role: "task",
      identity: { taskId: "bg_00000001" },
      notes: [],
    });
  });

  it("keeps a parent busy whose own turn is over, also after a notice that wakes nobody", async () => {
    const streams = await streamsOf("one-told-one-running", generation);
    const parent = streams.find(({ key }) => key === "opencode:ses_parent");
    expect(parent?.activity.ended?.outcome).toBe("success");
    expect(parent?.busyWith).toBe("1 background task");
    expect(parent?.activity.children.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["ses_one", "success"],
      ["ses_two", null],
    ]);
    expect(streams.flatMap((stream) => said(stream))).toEqual(["parent session: RESULT READY (success)"]);
  });
});

describe.each(generations)("a subagent that its parent waits for, %s generation", (generation) => {
  it("hangs below the parent and keeps it alive", async () => {
    const [child, parent] = await streamsOf("sync-subagent", generation);
    expect(child).toMatchObject({ role: "evidence", parentKey: "opencode:ses_parent", title: "Look around" });
    expect(parent?.activity.lastActivityAt).toBe(now - 20_000);
    expect(parent?.activity.children).toMatchObject([{ id: "ses_child", endedAt: null }]);
    expect(parent?.activity.openCalls.map(({ tool }) => tool)).toEqual(["task"]);
  });

  it("is over when the parent went on without it after a kill", async () => {
    const [child, parent] = await streamsOf("killed-and-resumed", generation);
    expect(child?.activity).toMatchObject({ ended: { outcome: "cancelled" }, waiting: null });
    expect(parent?.activity.children).toMatchObject([{ id: "ses_child", outcome: "cancelled" }]);
    expect(parent?.notes).toEqual([]);
  });
});
