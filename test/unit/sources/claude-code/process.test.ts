import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { clear, first, goOn, lay, register, transcriptOf, userText } from "./looking.ts";
import { makeProcess } from "./made-process.ts";

afterEach(clear);

describe("the process of a session", () => {
  it("shows its open permission prompt", async () => {
    const stream = await first(makeProcess(lay("permission")));
    expect(stream.waiting).toMatchObject({
      for: "permission",
      tool: "Bash",
      text: "rm -r build",
      at: writtenAt - 58_000,
    });
    expect(stream.isInteractive).toBe(true);
  });

  it.each([
    ["is a zombie", { state: "Z" }, "pid 4242 is a zombie"],
    ["started at another time", { ticks: 999 }, "pid 4242 is another process by now"],
  ])("is gone when its pid %s, and then waits for nobody", async (_, made, says) => {
    const stream = await first(makeProcess(lay("permission"), made));
    expect(stream).toMatchObject({ liveness: { state: "gone", says }, waiting: null, isInteractive: false });
  });

  it("is gone when its pid does not exist", async () => {
    const stream = await first(lay("permission"));
    expect(stream).toMatchObject({
      liveness: { state: "gone", says: "pid 4242 does not exist" },
      waiting: null,
    });
  });

  it("is gone when the machine booted after it started", async () => {
    const home = makeProcess(lay("permission"));
    const processes = { ...home.context().processes, bootedAt: writtenAt - 500_000 };
    expect((await first(home, { processes })).liveness).toMatchObject({ state: "gone" });
  });

  it("is unknown, never gone, when processes cannot be read", async () => {
    const home = lay("permission");
    rmSync(home.procfs, { recursive: true });
    const { processes } = home.context();
    const look = {
      ...processes,
      look: (pid: number) => ({ ...processes.look(pid), state: "unknown" as const }),
    };
    expect((await first(home, { processes: look })).liveness?.state).toBe("unknown");
  });

  it("is unknown in another container's namespace", async () => {
    const home = lay("permission");
    const entry = join(home.home, ".claude", "sessions", "4242.json");
    const known: object = JSON.parse(readFileSync(entry, "utf8"));
    writeFileSync(entry, JSON.stringify({ ...known, pidDomain: "linux:m:pid:[4026532222]" }));
    const processes = { ...home.context().processes, pidNamespace: "pid:[4026531836]" };
    expect((await first(home, { processes })).liveness?.state).toBe("unknown");
  });

  it("is not proven gone by a missing entry where processes cannot be seen", async () => {
    const home = lay("refusal");
    const processes = { ...home.context().processes, workingFolders: () => null };
    expect((await first(home, { processes })).liveness).toBeNull();
  });

  it("is gone without an entry when no process works in its worktree", async () => {
    expect((await first(lay("refusal"))).liveness).toMatchObject({ state: "gone" });
  });

  it("is not taken for another that works there, when it has no entry", async () => {
    expect((await first(makeProcess(lay("refusal"), { cwd: "." }))).liveness).toBeNull();
  });

  it("stays at its prompt in 2.0, unless it is a one-shot run's, which begins with a queue", async () => {
    const home = makeProcess(lay("one-shot-2.0.76"), { cwd: "." });
    const oneShot = await first(home);
    const [, ...records] = readFileSync(transcriptOf(home), "utf8").split("\n");
    writeFileSync(transcriptOf(home), records.join("\n"));
    expect([oneShot.isInteractive, (await first(home)).isInteractive]).toEqual([false, true]);
  });

  it("stays at its prompt in 1.0, which tells its one-shot runs by nothing but their end", async () => {
    const home = makeProcess(lay("side-chain-1.0.128"), { cwd: "." });
    expect((await first(home)).isInteractive).toBe(true);
    expect((await first(lay("side-chain-1.0.128"))).isInteractive).toBe(false);
  });

  it("was opened when it registered, where no record has a time", async () => {
    const home = register(makeProcess(lay("permission")), {
      startedAt: writtenAt - 60_000,
      status: undefined,
    });
    writeFileSync(transcriptOf(home), '{"type":"permission-mode","permissionMode":"default"}\n');
    const { activity, isInteractive } = await first(home);
    expect([activity.startedAt, activity.lastActivityAt, isInteractive]).toEqual([
      writtenAt - 60_000,
      null,
      true,
    ]);
  });

  it("is gone after its closing record, though the call is open", async () => {
    expect(await first(lay("terminated"))).toMatchObject({
      liveness: { state: "gone" },
      activity: { ended: null, openCalls: [{ tool: "Bash" }] },
    });
  });

  it.each([
    ["works in the worktree", { cwd: "." }, "alive"],
    ["does not show its folder", {}, undefined],
    ["is another program there", { cwd: ".", name: "node" }, undefined],
    ["is called by its version", { cwd: ".", name: "2.1.42" }, undefined],
    ["began long after the last record", { cwd: ".", ticks: 10_000_000 }, undefined],
    ["works elsewhere", { cwd: "/srv/elsewhere" }, "gone"],
  ])("is searched for before 2.1: one that %s", async (_, made, state) => {
    const home = makeProcess(lay("sub-agent-2.0.76"), made);
    expect((await first(home)).liveness?.state).toBe(state);
  });
});

describe("a process that says how it stands", () => {
  it("has no command left in the background when it is idle", async () => {
    const statusUpdatedAt = writtenAt - 10_000;
    const home = register(makeProcess(lay("background-running")), { status: "idle", statusUpdatedAt });
    expect((await first(home)).activity.children).toMatchObject([
      { id: "b1", endedAt: expect.any(Number) },
      { kind: "agent", endedAt: null },
    ]);
  });

  it("lingers after a one-shot run that is over", async () => {
    const home = register(makeProcess(lay("idle")), { entrypoint: "sdk-cli", status: undefined });
    expect((await first(home)).busyWith).toBe("background work");
    expect((await first(home, { now: writtenAt + 600_000 })).busyWith).toBeNull();
  });

  it("is gone for sure when it wrote its closing record", async () => {
    const home = goOn(lay("idle"), userText("Go on"), { type: "cost-state", timestamp: undefined });
    rmSync(join(home.home, ".claude", "sessions", "4242.json"));
    expect((await first(home)).liveness).toMatchObject({ state: "gone", isProven: true });
  });
});

it.each([
  [{ type: "max_turns_reached", maxTurns: 6 }, "failure", "reached its limit of 6 turns"],
  [
    { type: "hook_stopped_continuation", message: "Budget is used up" },
    "cancelled",
    "stopped by a hook: Budget is used up",
  ],
])("ends a turn where the CLI does: %o", async (attachment, outcome, message) => {
  const home = goOn(lay("idle"), userText("Go on"), { isSidechain: false, attachment, type: "attachment" });
  expect((await first(home)).activity.ended).toMatchObject({ outcome, message });
});
