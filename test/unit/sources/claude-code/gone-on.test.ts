import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { claudeCode } from "../../../../src/sources/claude-code/index.ts";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { called, clear, first, goOn, lay, look, register, said, transcriptOf, userText } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

describe("a session that goes on", () => {
  it("after it was killed has no open call of before", async () => {
    const { activity } = await first(goOn(lay("permission"), userText("Go on")));
    expect(activity).toMatchObject({ openCalls: [], failureCount: 0, lastUserMessageAt: writtenAt - 30_000 });
  });

  it("after it was killed with its sub-agent is over when its new turn is", async () => {
    const { activity } = await first(goOn(lay("background-running"), userText("Go on"), said("Done")));
    expect(activity.ended).toMatchObject({ outcome: "success", at: writtenAt - 29_000 });
  });

  it.each([
    ["a stop hook's feedback", userText("Stop hook feedback:\nTests are missing", { isMeta: true })],
    ["a notification", userText("<task-notif", { origin: { kind: "task-notification" } })],
  ])("by %s is at work, without a new instruction", async (_, record) => {
    const { activity } = await first(goOn(lay("idle"), record));
    expect(activity.ended).toBeNull();
    expect(activity.lastUserMessageAt).toBeLessThan(writtenAt - 30_000);
  });

  it("with a stand-in of the CLI's own is not over, nor over in another way", async () => {
    const standIn = said("No response requested.", { model: "<synthetic>" });
    expect((await first(goOn(lay("interrupted"), standIn))).activity.ended).toMatchObject({
      outcome: "cancelled",
    });
    expect((await first(goOn(lay("permission"), standIn))).activity.ended).toBeNull();
  });
});

describe("background work ends", () => {
  const notice = "<task-notification>\n<task-id>b1</task-id>\n<status>completed</status>\n<summary>It";

  it.each([
    ["when its notification is cut off", [userText(notice)], "success"],
    ["when its shell is killed", called("KillShell", { message: "killed", shell_id: "b1" }), "cancelled"],
    ["when it is stopped", called("TaskStop", { task_id: "b1", task_type: "local_bash" }), "cancelled"],
    [
      "when its output tells so",
      called("TaskOutput", { retrieval_status: "success", task: { task_id: "b1", status: "completed" } }),
      "success",
    ],
  ])("%s", async (_, records, outcome) => {
    const { activity } = await first(goOn(makeProcess(lay("background-running")), ...records));
    expect(activity.children[0]).toMatchObject({ id: "b1", outcome });
    expect(activity.children[0]?.endedAt).not.toBeNull();
  });

  it("not while its output says that it runs", async () => {
    const output = called("TaskOutput", { task: { task_id: "b1", status: "running" } });
    const { activity } = await first(goOn(makeProcess(lay("background-running")), ...output));
    expect(activity.children[0]).toMatchObject({ id: "b1", endedAt: null });
  });
});

describe("the registry", () => {
  it("says that an idle session waits for a prompt, whatever its transcript lacks", async () => {
    const home = register(makeProcess(lay("permission")), { status: "idle" });
    expect((await first(home)).waiting).toMatchObject({ for: "prompt", at: writtenAt - 58_000 });
  });

  it("shows what a sub-agent asks in its session's name", async () => {
    const home = register(makeProcess(lay("background-running")), {
      status: "waiting",
      waitingFor: "permission prompt",
    });
    expect((await first(home)).waiting).toMatchObject({ for: "permission", text: "rg parser" });
  });

  it.each([
    ["without a word for what it waits", { waitingFor: null }],
    ["with its start as a number", { procStart: 100 }],
  ])("is understood %s", async (_, changes) => {
    const home = register(makeProcess(lay("permission")), changes);
    expect(await first(home)).toMatchObject({
      waiting: { for: "permission" },
      liveness: { state: "alive", pid: 4242 },
    });
  });
});

describe("where sessions lie", () => {
  it("is told by a first cwd that stands behind a long prompt", async () => {
    const home = lay("sub-folder");
    const file = join(
      dirname(transcriptOf(home)),
      "..",
      (await first(home)).file.split("/").slice(-2).join("/"),
    );
    const queued = { type: "queue-operation", operation: "enqueue", content: "x".repeat(80_000) };
    writeFileSync(file, `${JSON.stringify(queued)}\n${readFileSync(file, "utf8")}`);
    expect((await first(home)).identity.worktree).toBe(home.worktree);
  });

  it("may hold a link to itself beside them", async () => {
    const home = lay("background-running");
    const folder = dirname(transcriptOf(home));
    const [session, child] = await look(home);
    symlinkSync("loop.jsonl", join(folder, "loop.jsonl"));
    symlinkSync("agent-loop.jsonl", join(dirname(child?.file ?? ""), "agent-loop.jsonl"));
    expect((await look(home)).map(({ key }) => key)).toEqual([session?.key, child?.key]);
  });

  it("is a problem where it leads in a circle", async () => {
    const home = lay("permission");
    const folder = join(home.home, ".claude", "sessions");
    rmSync(folder, { recursive: true });
    mkdirSync(dirname(folder), { recursive: true });
    symlinkSync(folder, folder);
    const { problems } = await claudeCode.collect(home.context());
    expect(problems).toMatchObject([
      { code: "unreadable", path: folder, message: "cannot be listed (ELOOP)" },
    ]);
  });
});

describe("a one-shot run that died", () => {
  it.each([
    ["with its sub-agent at work, after its turn", "background-running", [], null],
    ["after its work", "background-ended", [], "success"],
  ])("%s is over or not", async (_, name, records, outcome) => {
    const { activity } = await first(goOn(lay(name), ...records));
    expect(activity.ended?.outcome ?? null).toBe(outcome);
  });
});

describe("a background session that was stopped", () => {
  it("is at work again once somebody goes on with it", async () => {
    const home = goOn(lay("job-stopped"), userText("Go on"));
    expect((await first(home)).activity.ended).toBeNull();
  });
});
