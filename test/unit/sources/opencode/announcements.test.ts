import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { collect, makeHome, now, Rows, store } from "./home.ts";

type Message = Rows[number]["messages"][number];

const launched = {
  type: "tool",
  tool: "task",
  callID: "launch",
  state: {
    status: "completed",
    input: { description: "Find the callers", subagent_type: "explore", run_in_background: true },
    output: "Background task launched.\n\nBackground Task ID: bg_1a2b3c4d5e\n",
    metadata: { sessionId: "ses_child", backgroundTaskId: "bg_1a2b3c4d5e" },
    time: { start: -590, end: -589.5 },
  },
};
const prompt: Message = { role: "user", at: -589, parts: [{ type: "text", text: "Look" }] };
const aborted = { name: "MessageAbortedError", data: { message: "Aborted" } };

function notice(at: number, heading: string, line: string): Message {
  const text = `<system-reminder>\n[${heading}]\n\n${line}\n</system-reminder>`;
  return { role: "user", at, parts: [{ type: "text", text }] };
}

/** What becomes of a background task whose session holds `child` (null: it is gone) and whose parent goes on with `parent`. */
async function taskOf(
  child: readonly Message[] | null,
  parent: readonly Message[],
  at = now,
): Promise<Stream | undefined> {
  const home = makeHome();
  const step = { role: "assistant", at: -591, completed: -588, finish: "tool-calls", parts: [launched] };
  const rows = [
    { id: "parent", directory: "@", title: "Main", at: -600, messages: [step, ...parent] },
    ...(child === null
      ? []
      : [{ id: "child", parent: "parent", directory: "@", title: "Look", at: -589, messages: child }]),
  ];
  store(home, "sqlite", Rows.parse(rows));
  return (await collect(home, at)).streams.find(({ identity }) => identity.taskId === "bg_1a2b3c4d5e");
}

const outcome = (stream: Stream | undefined) => stream?.activity.ended?.outcome ?? null;

describe("an announcement about a session that is gone", () => {
  it.each([
    ["CANCELLED", "- `bg_1a2b3c4d5e`: Look [CANCELLED] - Session deleted", "cancelled"],
    ["INTERRUPTED", "- `bg_1a2b3c4d5e`: Look [INTERRUPTED]", "cancelled"],
    ["ERROR", "- `bg_1a2b3c4d5e`: Look [ERROR] - no such model", "failure"],
    ["COMPLETED", "**Completed:**\n- `bg_1a2b3c4d5e`: Look", "failure"],
  ])("%s is its outcome, and never success", async (_, line, expected) => {
    const task = await taskOf(null, [
      notice(-300, "ALL BACKGROUND TASKS FINISHED - 1 FAILED", `**Failed:**\n${line}`),
    ]);
    expect(outcome(task)).toBe(expected);
  });
});

describe("an announcement about a session that never answered", () => {
  it("is no success", async () => {
    const task = await taskOf(
      [prompt],
      [notice(-580, "ALL BACKGROUND TASKS COMPLETE", "**Completed:**\n- `bg_1a2b3c4d5e`: Look")],
    );
    expect(task?.activity.ended).toMatchObject({
      outcome: "failure",
      message: "parent session was told COMPLETED, but it never answered",
    });
  });

  it("tells that it was given up", async () => {
    const line = "- `bg_1a2b3c4d5e`: Look [ERROR] - Task timed out after 30 minutes of inactivity";
    const task = await taskOf(
      [prompt],
      [notice(-60, "ALL BACKGROUND TASKS FINISHED - 1 FAILED", `**Failed:**\n${line}`)],
    );
    expect(task?.activity.ended).toMatchObject({
      outcome: "timeout",
      message: "Task timed out after 30 minutes of inactivity",
    });
  });
});

describe("a session that was stopped in the middle of a step", () => {
  const stopped: Message = { role: "assistant", at: -580, completed: -300, error: aborted, parts: [] };

  it.each([
    ["it", { taskId: "bg_1a2b3c4d5e" }, "Task cancelled successfully\n\nTask ID: bg_1a2b3c4d5e"],
    [
      "all",
      { all: true },
      "Cancelled 1 background task(s):\n\n| Task ID | Description | Status | Session ID |\n|---|---|---|---|\n| `bg_1a2b3c4d5e` | Look | running | `ses_child` |",
    ],
  ])("was cancelled where its parent cancelled %s", async (_, input, output) => {
    const state = { status: "completed", input, output, time: { start: -300, end: -299 } };
    const call = { type: "tool", tool: "background_cancel", state };
    const step = { role: "assistant", at: -301, completed: -298, finish: "stop", parts: [call] };
    const stream = await taskOf([prompt, stopped], [step]);
    expect(outcome(stream)).toBe("cancelled");
    expect(stream?.claims.map(({ word }) => word.toLowerCase())).toEqual(["cancelled"]);
  });

  it("failed where it was given up after a time limit", async () => {
    const line = "- `bg_1a2b3c4d5e`: Look [ERROR] - Task timed out after 30 minutes of inactivity";
    const task = await taskOf([prompt, stopped], [notice(-299, "BACKGROUND TASK ERROR", line)]);
    expect(outcome(task)).toBe("timeout");
  });

  it("failed where nobody cancelled it", async () => {
    const said: Message = { role: "assistant", at: -587, completed: -586, finish: "stop", parts: [] };
    expect((await taskOf([prompt, stopped], [said]))?.activity.ended).toMatchObject({
      outcome: "failure",
      message: "stopped, but nobody cancelled it",
    });
  });

  it("failed where its server stopped it, told its parent that it is completed, and was gone", async () => {
    const told = notice(-299, "ALL BACKGROUND TASKS COMPLETE", "**Completed:**\n- `bg_1a2b3c4d5e`: Look");
    const begun = { role: "assistant", at: -298, parts: [] };
    const answer = { role: "assistant", at: -298, completed: -290, finish: "stop", parts: [] };
    expect(outcome(await taskOf([prompt, stopped], [told, begun]))).toBe("failure");
    expect(outcome(await taskOf([prompt, stopped], [told, answer]))).toBe("cancelled");
  });

  it("was cancelled with its parent", async () => {
    const both = { role: "assistant", at: -400, completed: -301, error: aborted, parts: [] };
    expect(outcome(await taskOf([prompt, stopped], [both]))).toBe("cancelled");
  });

  it("waits half a minute for the word", async () => {
    expect(outcome(await taskOf([prompt, stopped], [], now - 290_000))).toBe("cancelled");
  });
});

describe("an announcement that says nothing of now", () => {
  const works: Message = {
    role: "assistant",
    at: -20,
    parts: [
      {
        type: "tool",
        tool: "bash",
        callID: "c",
        at: -20,
        state: {
          status: "running",
          input: { command: "bun test" },
          metadata: { output: "" },
          time: { start: -20 },
        },
      },
    ],
  };

  it("was made before the session went on", async () => {
    const task = await taskOf(
      [prompt, works],
      [notice(-500, "BACKGROUND TASK CANCELLED", "**ID:** `bg_1a2b3c4d5e`")],
    );
    expect(outcome(task)).toBeNull();
  });

  it("was true before the end", async () => {
    const output = "| Field | Value |\n| Task ID | `bg_1a2b3c4d5e` |\n| Status | **running** |";
    const poll = {
      type: "tool",
      tool: "background_output",
      state: {
        status: "completed",
        input: { task_id: "bg_1a2b3c4d5e" },
        output,
        time: { start: -300, end: -299 },
      },
    };
    const done: Message = {
      role: "assistant",
      at: -580,
      completed: -100,
      finish: "stop",
      parts: [{ type: "text", text: "Three callers.", time: { start: -101, end: -100 } }],
    };
    const step = { role: "assistant", at: -301, completed: -298, finish: "stop", parts: [poll] };
    const task = await taskOf([prompt, done], [step]);
    expect([outcome(task), task?.claims]).toEqual(["success", []]);
  });
});
