import { Database } from "bun:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { addProcess, collect, makeHome, now, Rows, store, write } from "./home.ts";

type Message = Rows[number]["messages"][number];

const running = (at: number): Message => ({
  role: "assistant",
  at,
  parts: [
    {
      type: "tool",
      tool: "bash",
      callID: "c",
      at,
      state: {
        status: "running",
        input: { command: "bun test", timeout: 900_000 },
        metadata: { output: "" },
        time: { start: at },
      },
    },
  ],
});
const done = (at: number): Message => ({
  role: "assistant",
  at: at - 5,
  completed: at,
  finish: "stop",
  parts: [{ type: "text", text: "Found it.", time: { start: at - 1, end: at } }],
});
const prompt = (at: number): Message => ({ role: "user", at, parts: [{ type: "text", text: "Look" }] });
const call = (tool: string, state: object): Message => ({
  role: "assistant",
  at: -301,
  completed: -290,
  finish: "tool-calls",
  parts: [{ type: "tool", tool, callID: "l", at: -300, state: { input: {}, ...state } }],
});

/** The streams of a parent in the main checkout that made `step`, and of its children. */
async function family(
  step: Message,
  children: Readonly<Record<string, readonly Message[]>>,
): Promise<readonly Stream[]> {
  const home = makeHome();
  const rows = [
    { id: "parent", directory: "@", title: "Main", at: -400, messages: [prompt(-400), step, done(-280)] },
    ...Object.entries(children).map(([title, messages], index) => ({
      id: `child${index}`,
      parent: "parent",
      directory: "@",
      title,
      at: -299,
      messages: [prompt(-298), ...messages],
    })),
  ];
  store(home, "sqlite", Rows.parse(rows));
  addProcess(home, 4242, { holds: [join(home.data, "opencode.db")], cwd: home.root, startedAt: -3_600 });
  return (await collect(home)).streams;
}

const seen = (streams: readonly Stream[]) =>
  streams.map(({ role, title, activity }) => [role, title, activity.ended?.outcome ?? null]);

describe("a child session that outlives the call that made it", () => {
  it("is a background task, whatever the tool", async () => {
    const made = { status: "completed", output: "{}", time: { start: -300, end: -297 } };
    const streams = await family(call("team_create", made), {
      "Create team member probe/alpha (@Sisyphus-Junior subagent)": [running(-20)],
      "Create team member probe/beta (@Sisyphus-Junior subagent)": [done(-250)],
    });
    expect(seen(streams)).toEqual([
      ["task", "probe/alpha", null],
      ["task", "probe/beta", "success"],
    ]);
  });

  it("is one whose call said that it was cancelled", async () => {
    const failed = {
      status: "error",
      error: "Task cancelled",
      input: { description: "Analyse" },
      metadata: { sessionId: "ses_child0" },
      time: { start: -300, end: -295 },
    };
    expect(
      seen(await family(call("task", failed), { "Analyse (@general subagent)": [running(-20)] })),
    ).toEqual([["task", "Analyse", null]]);
  });

  it("is no task while its call waits for it, nor when the call brought its answer", async () => {
    const returned = { status: "completed", output: "found", time: { start: -300, end: -200 } };
    expect(seen(await family(call("look_at", returned), { "Look at it": [done(-201)] }))).toEqual([
      ["evidence", "Look at it", "success"],
    ]);
  });

  it("is one that no call made, unless a person forked it or it only names a result", async () => {
    const text = { role: "assistant", at: -301, completed: -290, finish: "stop", parts: [] };
    const streams = await family(text, {
      Helper: [done(-250)],
      "Main (fork #1)": [done(-240)],
      "Metadata Generation": [done(-230)],
    });
    expect(seen(streams)).toEqual([
      ["task", "Helper", "success"],
      ["evidence", "Main (fork #1)", "success"],
      ["evidence", "Metadata Generation", "success"],
    ]);
  });
});

it("says that a subagent is over whose call never returned", async () => {
  const open = { status: "running", input: { description: "Look" }, time: { start: -300 } };
  const home = makeHome();
  const parts = [{ type: "tool", tool: "task", callID: "t", at: -300, state: open }];
  const child = { id: "child", parent: "flag", title: "Look (@momus subagent)", at: -299 };
  const parent = {
    id: "flag",
    title: "Plan",
    at: -310,
    messages: [prompt(-310), { role: "assistant", at: -301, parts }],
  };
  const directory = "@/.worktrees/flag";
  const rows = [
    { ...parent, directory },
    { ...child, directory, messages: [prompt(-299), done(-240)] },
  ];
  store(home, "sqlite", Rows.parse(rows));
  const holds = [join(home.data, "opencode.db")];
  addProcess(home, 4242, { holds, cwd: join(home.root, ".worktrees", "flag"), startedAt: -3_600 });
  const stream = (await collect(home)).streams.find(({ role }) => role === "task");
  expect(stream?.notes).toEqual(["Look ended 4m ago, but the call has not returned"]);
});

it("knows a delegation by its name, and what was told of it", async () => {
  const started = {
    status: "completed",
    input: { prompt: "Look", agent: "researcher" },
    output: "Delegation started: calm-green-heron\nAgent: researcher",
    time: { start: -300, end: -298 },
  };
  const [task] = await family(call("delegate", started), { "Delegation: calm-green-heron": [running(-20)] });
  expect(task).toMatchObject({
    role: "task",
    identity: { taskId: "calm-green-heron", sessionId: "ses_child0" },
    title: "Delegation: calm-green-heron",
  });
});

it("knows a delegation that was given up, whose session is removed", async () => {
  const home = makeHome();
  const state = {
    status: "completed",
    input: { prompt: "Look", agent: "researcher" },
    output: "Delegation started: calm-green-heron",
    time: { start: -300, end: -298 },
  };
  const parts = [{ type: "tool", tool: "delegate", callID: "d", at: -300, state }];
  const text =
    "<task-notification>\n<task-id>calm-green-heron</task-id>\n<status>timeout</status>\n</task-notification>";
  const messages = [
    prompt(-310),
    { role: "assistant", at: -301, completed: -290, finish: "tool-calls", parts },
    { role: "user", at: -20, parts: [{ type: "text", text }] },
  ];
  store(home, "sqlite", Rows.parse([{ id: "parent", directory: "@", title: "Main", at: -310, messages }]));
  const [stream] = (await collect(home)).streams;
  expect(stream?.activity.ended).toMatchObject({
    outcome: "timeout",
    message: "parent session was told timeout",
  });
  expect(stream?.notes).toEqual(["its session cannot be found"]);
});

describe("a launch without a session yet", () => {
  const input = { description: "Look", subagent_type: "explore", run_in_background: true };

  it("has a row while its call waits for a slot", async () => {
    const home = makeHome();
    const part = { type: "tool", tool: "task", callID: "l", at: -30 };
    const open = {
      role: "assistant",
      at: -31,
      parts: [{ ...part, state: { status: "running", input, time: { start: -30 } } }],
    };
    store(
      home,
      "sqlite",
      Rows.parse([{ id: "parent", directory: "@", title: "Main", at: -40, messages: [prompt(-40), open] }]),
    );
    expect((await collect(home)).streams).toMatchObject([
      { role: "task", title: "Look", activity: { ended: null } },
    ]);
  });

  it("waits behind siblings that work, as the plugin or they themselves show", async () => {
    const launch = (id: string, description: string) => ({
      type: "tool",
      tool: "task",
      callID: id,
      at: -300,
      state: {
        status: "completed",
        input: { ...input, description },
        output: `Background Task ID: bg_${id}`,
        time: { start: -300, end: -299 },
      },
    });
    const step = {
      role: "assistant",
      at: -301,
      completed: -290,
      finish: "tool-calls",
      parts: [launch("one", "First"), launch("two", "Second")],
    };
    const streams = await family(step, { "First (@explore subagent)": [running(-20)] });
    const queued = streams.find(({ identity }) => identity.taskId === "bg_two");
    expect(queued?.activity.lastActivityAt).toBe(now - 20_000);
    expect(queued?.notes).toEqual(["queued: waits for a free slot"]);
  });

  it("waits as long as the plugin says so", async () => {
    const home = makeHome();
    const state = {
      status: "completed",
      input,
      output: "Background Task ID: bg_one",
      time: { start: -300, end: -299 },
    };
    store(
      home,
      "sqlite",
      Rows.parse([
        {
          id: "parent",
          directory: "@",
          title: "Main",
          at: -400,
          messages: [prompt(-400), call("task", state), done(-280)],
        },
      ]),
    );
    const state4 = {
      projectDir: home.root,
      updatedAt: now - 1_000,
      jobBoard: [{ title: "Look", status: "pending" }],
    };
    write(join(home.data, "storage", "oh-my-openagent", "tui-state", "a.json"), JSON.stringify(state4));
    const [queued] = (await collect(home)).streams;
    expect(queued?.activity.lastActivityAt).toBe(now - 1_000);
  });
});

it("takes an archived session for over", async () => {
  const home = makeHome();
  store(
    home,
    "sqlite",
    Rows.parse([
      {
        id: "old",
        directory: "@/.worktrees/flag",
        title: "Old",
        at: -400,
        messages: [prompt(-400), running(-390)],
      },
    ]),
  );
  const database = new Database(join(home.data, "opencode.db"));
  database.run(`UPDATE session SET time_archived = ${now - 60_000}`);
  database.close();
  expect((await collect(home)).streams[0]?.activity.ended).toMatchObject({
    outcome: "cancelled",
    message: "archived",
  });
});
