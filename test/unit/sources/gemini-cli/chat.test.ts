import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { geminiCli } from "../../../../src/sources/gemini-cli/index.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../../support/laid-out-home.ts";

const laidOut: LaidOutHome[] = [];
const at = (second: number): string => new Date(writtenAt - 60_000 + second * 1_000).toISOString();
const header = { sessionId: "s1", startTime: at(0), kind: "main" };
const user = { id: "u1", timestamp: at(1), type: "user", content: [{ text: "Add the parser" }] };

function shell(second: number, command: string, output: string) {
  const id = `c${second}`;
  const result = [{ functionResponse: { id, response: { output } } }];
  const call = { id, name: "run_shell_command", args: { command }, status: "success", result };
  return { id: `m${second}`, timestamp: at(second), type: "gemini", content: "", toolCalls: [call] };
}

/** A home with one chat of the worktree, in lines or, when it is named so, as one object. */
function layChat(name: string, text: string): LaidOutHome {
  const home = layOutNothing();
  laidOut.push(home);
  const project = join(home.home, ".gemini", "tmp", "alpha");
  mkdirSync(join(project, "chats"), { recursive: true });
  mkdirSync(home.worktree, { recursive: true });
  writeFileSync(join(project, ".project_root"), home.worktree);
  const path = join(project, "chats", `session-${name}`);
  writeFileSync(path, text);
  utimesSync(path, writtenAt / 1_000, writtenAt / 1_000);
  return home;
}

const inLines = (records: readonly object[]): string =>
  [header, ...records].map((record) => `${JSON.stringify(record)}\n`).join("");

async function read(home: LaidOutHome) {
  const { streams } = await geminiCli.collect(home.context());
  return streams[0] ?? expect.unreachable();
}

afterEach(() => {
  for (const { base } of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

it("counts the tokens of an answer once that is written again with its results, cached and thought ones too", async () => {
  const tokens = { input: 100, output: 10, cached: 60, thoughts: 5, tool: 0, total: 115 };
  const [first, again] = [1, 2].map(() => ({ ...shell(2, "ls", "a"), tokens }));
  const odd = { ...shell(4, "ls", "a"), tokens: { ...tokens, input: -7, output: "many" } };
  const home = layChat(
    "1.jsonl",
    inLines([user, first ?? {}, again ?? {}, odd, { ...shell(5, "ls", "b"), tokens }]),
  );
  expect((await read(home)).activity.tokens).toMatchObject({
    input: 200,
    output: 30,
    context: 100,
    costUsd: null,
  });
});

describe("a chat of a folder that does not say its project", () => {
  it.each([
    ["is the worktree's whose hash it tells", "alpha", 1],
    ["is nobody's when that is another project's", "beta", 0],
  ])("%s", async (_, name, count) => {
    const home = layChat("1.jsonl", "");
    const project = join(home.home, ".gemini", "tmp", "alpha");
    const path = join(home.project, ".worktrees", name);
    const projectHash = new Bun.CryptoHasher("sha256").update(path).digest("hex");
    const lines = [{ ...header, projectHash }, user].map((record) => `${JSON.stringify(record)}\n`);
    rmSync(join(project, ".project_root"));
    writeFileSync(join(project, "chats", "session-1.jsonl"), lines.join(""));
    const { streams } = await geminiCli.collect(home.context());
    expect(streams).toHaveLength(count);
  });
});

describe("an error in a chat", () => {
  const error = { id: "e1", timestamp: at(10), type: "error", content: "[API Error: quota]" };
  const first = { ...shell(2, "ls", "Output: x"), toolCalls: [] };

  it("ends the turn as its last record", async () => {
    const { activity } = await read(layChat("1.jsonl", inLines([user, error])));
    expect(activity.ended).toMatchObject({ outcome: "failure" });
  });

  it("does not end a turn in which the agent goes on", async () => {
    const { activity } = await read(
      layChat("1.jsonl", inLines([user, error, shell(30, "make", "Output: ok")])),
    );
    expect(activity.ended).toBeNull();
  });

  it("stays the end when an earlier message is written again", async () => {
    const records = [user, first, error, shell(2, "ls", "Output: x")];
    const { activity } = await read(layChat("1.jsonl", inLines(records)));
    expect(activity).toMatchObject({ callCount: 1, ended: { outcome: "failure" } });
  });
});

describe("the exit code of a shell command", () => {
  const wrapped = (output: string): string => `<untrusted_context>\n${output}\n</untrusted_context>`;

  it.each([
    ["below what it printed", "Output: no rule\nExit Code: 2\nProcess Group PGID: 9", "no rule"],
    ["among other fields", "Output: (empty)\nExit Code: 2\nSignal: 9\nProcess Group PGID: 9", "exit code 2"],
  ])("counts %s", async (_, output, message) => {
    const { activity } = await read(layChat("1.jsonl", inLines([user, shell(2, "make", wrapped(output))])));
    expect(activity).toMatchObject({ failureCount: 1, lastError: { message } });
  });

  it("is none when the command printed such a line", async () => {
    const output = wrapped("Output: job 3\nExit Code: 2\nretry\nProcess Group PGID: 9");
    const { activity } = await read(layChat("1.jsonl", inLines([user, shell(2, "cat log", output)])));
    expect(activity.failureCount).toBe(0);
  });
});

describe("a chat that is one object", () => {
  const messages = [user, shell(2, "ls", "Output: x")];

  it("was written to when it says so, not when its file was copied", async () => {
    const home = layChat("1.json", JSON.stringify({ ...header, lastUpdated: at(20), messages }));
    const { activity } = await read(home);
    expect(activity).toMatchObject({ startedAt: Date.parse(at(0)), lastActivityAt: Date.parse(at(20)) });
  });

  it("was written to at its newest record when it says no more", async () => {
    const { activity } = await read(layChat("1.json", JSON.stringify({ sessionId: "s1", messages })));
    expect(activity.lastActivityAt).toBe(Date.parse(at(2)));
  });

  it("is no task when a sub-agent wrote it", async () => {
    const home = layChat("1.json", JSON.stringify({ ...header, kind: "subagent", messages }));
    expect(await read(home)).toMatchObject({ role: "evidence", parentKey: null });
  });
});

describe("a chat and the log of its session", () => {
  const init = { type: "init", timestamp: at(0), session_id: "s1", model: "m" };
  const uses = (second: number, tool_id: string) => ({
    type: "tool_use",
    timestamp: at(second),
    tool_name: "run_shell_command",
    tool_id,
    parameters: { command: "make" },
  });
  const succeeded = (second: number) => ({ type: "result", timestamp: at(second), status: "success" });
  const failed = { type: "result", timestamp: at(9), status: "error", error: { message: "quota" } };
  const chat = inLines([user, shell(2, "false", "Output: (empty)\nExit Code: 1")]);

  function layBoth(text: string, ...logs: readonly (readonly object[])[]): LaidOutHome {
    const home = layChat("1.jsonl", text);
    const folder = join(home.project, ".agents", "logs");
    mkdirSync(folder, { recursive: true });
    for (const [index, records] of logs.entries())
      writeFileSync(
        join(folder, `bg_run${index}.jsonl`),
        [init, ...records].map((record) => `${JSON.stringify(record)}\n`).join(""),
      );
    return home;
  }

  it("are told by the newer one of two logs", async () => {
    const home = layBoth(chat, [succeeded(4)], [failed]);
    expect((await read(home)).activity.ended).toMatchObject({ outcome: "failure", message: "quota" });
  });

  it("count the failures of the chat, and show the tool that runs in the log", async () => {
    const ok = { type: "tool_result", timestamp: at(2), tool_id: "c2", status: "success" };
    const stream = await read(layBoth(chat, [uses(2, "c2"), ok, uses(3, "c3")]));
    expect(stream).toMatchObject({
      identity: { taskId: "bg_run0" },
      activity: { failureCount: 1, openCalls: [{ callId: "c3", target: "make" }], ended: null },
    });
  });

  it("show no call of the log that the chat knows, or that an earlier run left open", async () => {
    const prompt = { type: "message", timestamp: at(3), role: "user", content: "Go on" };
    const { activity } = await read(layBoth(chat, [uses(1, "c1"), prompt, uses(4, "c2")]));
    expect(activity.openCalls).toEqual([]);
  });

  it("are told by the chat alone when it goes on beyond the log", async () => {
    const { activity } = await read(
      layBoth(inLines([user, shell(30, "ls", "Output: x")]), [uses(2, "c2")], [succeeded(9)]),
    );
    expect(activity).toMatchObject({ openCalls: [], ended: null, lastActivityAt: Date.parse(at(30)) });
  });
});
