import { afterEach, describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";
import { asked, collectAt, layChat, run, said, takeAway } from "./written-chat.ts";

const laidOut: LaidOutHome[] = [];
const minute = 60_000;

afterEach(() => takeAway(laidOut));

function lay(...records: readonly object[]): LaidOutHome {
  const home = layChat(records);
  laidOut.push(home);
  return home;
}

async function lookAt(home: LaidOutHome, afterMs: number): Promise<Stream> {
  return (await collectAt(home, afterMs)).streams[0] ?? expect.unreachable();
}

describe("an interactive turn that ended with words", () => {
  it("is over after two quiet minutes: its process is at its prompt", async () => {
    const home = lay(asked, said);
    run(home, 700, "node", 1, 60);
    expect(await lookAt(home, 2 * minute)).toMatchObject({
      isInteractive: true,
      activity: { ended: { outcome: "success", answer: "All four pass." } },
    });
    expect((await lookAt(home, 2 * minute - 1)).activity.ended).toBeNull();
  });

  it.each([
    ["a model chosen", { type: "info", content: "Model set to m" }],
    ["a chat condensed", { type: "info", content: "" }],
    ["a warning", { type: "warning", content: "The context is nearly full" }],
  ])("is over as before when the program remarks %s after it", async (_, remark) => {
    const home = lay(asked, said, remark);
    run(home, 700, "node", 1, 60);
    expect(await lookAt(home, 2 * minute)).toMatchObject({
      isInteractive: true,
      activity: { ended: { outcome: "success", answer: "All four pass." } },
    });
  });

  it("goes on while its process runs a tool that began after the words", async () => {
    const home = lay(asked, said);
    run(home, 700, "node", 1, 60);
    run(home, 701, "make", 700, -3);
    expect(await lookAt(home, 9 * minute)).toMatchObject({
      isInteractive: false,
      busyWith: "make",
      activity: { ended: null },
    });
  });

  it("is not kept open by a server that its process had before, nor by itself started again", async () => {
    const home = lay(asked, said);
    run(home, 700, "node", 1, 60);
    run(home, 701, "python3", 700, 58);
    run(home, 702, "node", 700, 59);
    expect((await lookAt(home, 2 * minute)).activity.ended).not.toBeNull();
  });
});

describe("a message without words, before its call is written", () => {
  const silent = { type: "gemini", content: "", thoughts: [] };

  it("runs the tool that its process began after it", async () => {
    const home = lay(asked, silent);
    run(home, 700, "node", 1, 60);
    run(home, 701, "bash", 700, 0);
    expect(await lookAt(home, 9 * minute)).toMatchObject({
      busyWith: "bash",
      isInteractive: false,
      activity: { ended: null },
    });
  });

  it("runs nothing that is seen while its process began nothing since", async () => {
    const home = lay(asked, silent);
    run(home, 700, "node", 1, 60);
    run(home, 701, "bash", 700, 30);
    expect((await lookAt(home, minute)).busyWith).toBeNull();
  });
});

describe("a background command that goes on after the last words", () => {
  const call = {
    id: "c",
    name: "run_shell_command",
    args: { command: "serve", is_background: true },
    status: "success",
    result: [{ functionResponse: { response: { output: "Command moved to background (PID: 701)." } } }],
  };
  const records = [asked, { type: "gemini", content: "", toolCalls: [call] }, said] as const;

  it("does not keep the turn open at the prompt", async () => {
    const home = lay(...records);
    run(home, 700, "node", 1, 60);
    run(home, 701, "bash", 700, 1);
    run(home, 702, "serve", 701, 0);
    expect(await lookAt(home, 2 * minute)).toMatchObject({
      isInteractive: true,
      busyWith: null,
      activity: { ended: { outcome: "success" }, children: [] },
      notes: [expect.stringContaining("may run"), "goes on in the background: serve"],
    });
  });

  it("is no tool of the last message when the process is gone", async () => {
    const home = lay(...records);
    run(home, 701, "bash", 1, 0);
    run(home, 702, "serve", 701, 0);
    expect((await lookAt(home, 9 * minute)).activity.ended).toMatchObject({ outcome: "success" });
  });
});

describe("a process that is gone after its last words", () => {
  it("was killed where the tool that began with them goes on", async () => {
    const home = lay(asked, said);
    run(home, 701, "bash", 1, -1);
    const { activity, liveness, notes } = await lookAt(home, 9 * minute);
    expect([liveness?.state, activity.ended]).toEqual(["gone", null]);
    expect(notes).toEqual(["it ended while its tool ran, which goes on: bash"]);
  });

  it("was killed where the tool of a message without words goes on", async () => {
    const home = lay(asked, { type: "gemini", content: "" });
    run(home, 701, "bash", 1, -1);
    expect((await lookAt(home, 9 * minute)).notes).toEqual([
      "it ended while its tool ran, which goes on: bash",
    ]);
  });

  it.each([
    ["before", 60],
    ["long after", -60],
  ])("is over where what works in its folder began %s them", async (_, secondsBefore) => {
    const home = lay(asked, said);
    run(home, 701, "bash", 1, secondsBefore);
    expect((await lookAt(home, 9 * minute)).activity.ended).toMatchObject({ outcome: "success" });
  });
});

describe("a chat that stopped by itself at a loop", () => {
  const remark = { type: "user", content: [{ text: "System: Potential loop detected. Details: again" }] };
  const failed = {
    type: "gemini",
    content: "",
    toolCalls: [
      { id: "c", name: "run_shell_command", args: { command: "false" }, status: "success", result: [] },
    ],
  };
  const kept = [
    { id: "m0", ...asked },
    { id: "m1", ...failed },
  ];
  const takenBack = { $set: { messages: kept }, id: undefined, timestamp: undefined };
  const records = [asked, failed, remark, takenBack];

  it("asks at its prompt whether to go on, though it took its remark back", async () => {
    const home = lay(...records);
    run(home, 700, "node", 1, 60);
    expect((await lookAt(home, minute)).waiting).toMatchObject({ for: "question" });
  });

  it("has failed when its process is gone", async () => {
    const { activity, waiting } = await lookAt(lay(...records), minute);
    expect(activity.ended).toMatchObject({ outcome: "failure", message: "stopped itself: a loop" });
    expect(waiting).toBeNull();
  });

  it("works on after the answer", async () => {
    const home = lay(...records, { type: "gemini", content: "I try another way." });
    run(home, 700, "node", 1, 60);
    expect((await lookAt(home, minute)).waiting).toBeNull();
  });
});

describe("a turn that ended with words while its process lives", () => {
  it("says that it may ask for a permission as well, which nothing tells", async () => {
    const home = lay(asked, said);
    run(home, 700, "node", 1, 60);
    expect((await lookAt(home, 3 * minute)).notes).toEqual([
      "or it asks whether a tool may run: Gemini CLI does not tell",
    ]);
  });
});

describe("a chat in which nobody asked anything", () => {
  const setUp = { type: "user", content: [{ text: "<session_context>a project" }] };

  it.each([
    ["was only opened", [setUp]],
    ["was taken back", [asked, said, { $rewindTo: "m0", id: undefined, timestamp: undefined }]],
  ])("waits at its prompt when it %s", async (_, records) => {
    const home = lay(...records);
    run(home, 700, "node", 1, 60);
    expect(await lookAt(home, 40 * minute)).toMatchObject({
      role: "task",
      isInteractive: true,
      waiting: { for: "prompt", at: expect.any(Number) },
    });
  });

  it("was no work when it was closed again, unlike one that was asked", async () => {
    const roleOf = async (record: object) => (await lookAt(lay(record), 40 * minute)).role;
    expect([await roleOf(setUp), await roleOf(asked)]).toEqual(["evidence", "task"]);
  });
});

describe("a prompt that was taken out of the list again", () => {
  const setUp = { type: "user", content: [{ text: "<session_context>a project" }] };
  const listed = (...messages: readonly object[]) => ({
    $set: { messages: messages.map((each, index) => ({ id: `s${index}`, ...each })) },
    id: undefined,
    timestamp: undefined,
  });
  const failed = { type: "info", content: "This request failed. Press F12 for diagnostics" };
  const cancelled = { type: "info", content: "Request cancelled." };

  it("was asked and failed, though the list holds nothing of it", async () => {
    expect(await lookAt(lay(setUp, asked, listed(setUp)), minute)).toMatchObject({
      role: "task",
      waiting: null,
      activity: {
        firstPrompt: "Run the tests",
        ended: { outcome: "failure", message: "its prompt was taken back without an answer" },
      },
    });
  });

  it("has the reason that was written before", async () => {
    const { activity } = await lookAt(lay(setUp, asked, failed, listed(setUp)), minute);
    expect(activity.ended?.message).toMatch(/^This request failed/);
  });

  it("is no success of the answer to the prompt before", async () => {
    const again = { type: "user", content: [{ text: "And lint" }] };
    const { activity } = await lookAt(lay(asked, said, again, listed(asked, said)), 3 * minute);
    expect(activity.ended).toMatchObject({ outcome: "failure" });
  });

  it("waits for another where a person cancelled it and its process lives", async () => {
    const home = lay(setUp, asked, cancelled, listed(setUp));
    expect((await lookAt(home, minute)).activity.ended).toMatchObject({ outcome: "cancelled" });
    run(home, 700, "node", 1, 60);
    expect(await lookAt(home, minute)).toMatchObject({ isInteractive: true, waiting: { for: "prompt" } });
  });

  it("changes nothing of a list that still holds it", async () => {
    const home = lay(setUp, asked, listed(setUp, asked));
    run(home, 700, "node", 1, 60);
    expect((await lookAt(home, minute)).activity.ended).toBeNull();
  });
});

it("counts calls without an id by where they stand", async () => {
  const failing = (name: string) => ({ type: "gemini", content: "", toolCalls: [{ name, status: "error" }] });
  const twice = { type: "gemini", content: "", toolCalls: [null, 7, { name: "a", status: "error" }] };
  const home = lay(asked, failing("replace"), failing("write_file"), twice);
  expect((await lookAt(home, minute)).activity.failures.count).toBe(3);
});
