import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import { type LaidOutHome, writtenAt } from "../../../support/laid-out-home.ts";
import { lay, only, rollout, takeLaidOutAway, thread } from "./laid-out-session.ts";

afterEach(takeLaidOutAway);

/** Makes a process that holds files open, and returns what is known of processes then. */
function running(home: LaidOutHome, pid: number, files: readonly string[], locks = "") {
  const fds = join(home.procfs, String(pid), "fd");
  mkdirSync(fds, { recursive: true });
  writeFileSync(join(home.procfs, String(pid), "stat"), `${pid} (codex) S ${"0 ".repeat(18)}100 0 0\n`);
  writeFileSync(join(home.procfs, "locks"), locks);
  for (const [index, file] of files.entries()) symlinkSync(file, join(fds, String(index)));
  return readProcesses(home.procfs, writtenAt + 60_000);
}

function leaveLock(home: LaidOutHome): bigint {
  const folder = join(home.home, ".codex", "thread-writer-locks");
  mkdirSync(folder);
  writeFileSync(join(folder, `${thread}.lock`), "");
  return statSync(join(folder, `${thread}.lock`), { bigint: true }).ino;
}

describe("the process of a Codex session", () => {
  it("lives while it holds the thread's lock", async () => {
    const home = lay("question");
    const processes = running(
      home,
      4_100,
      [],
      `1: FLOCK  ADVISORY  WRITE 4100 fe:00:${leaveLock(home)} 0 EOF\n`,
    );
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.liveness).toMatchObject({ state: "alive", pid: 4_100 });
  });

  it("is gone when its lock is left behind", async () => {
    const home = lay("question");
    leaveLock(home);
    expect((await only(home)).liveness).toMatchObject({
      state: "gone",
      says: expect.stringMatching(/left behind/),
    });
  });

  it("lives while it holds the rollout open", async () => {
    const home = lay("mid-turn-0.77.0");
    const processes = running(home, 4_100, [join(home.home, rollout)]);
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.liveness).toMatchObject({ state: "alive", pid: 4_100 });
  });

  it("is gone when every process was looked into and none holds the rollout", async () => {
    const home = lay("mid-turn-0.77.0");
    const processes = running(home, 4_100, ["/dev/null"]);
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.liveness).toMatchObject({ state: "gone" });
  });

  it("is unknown when a process that may be Codex does not show its files", async () => {
    const home = lay("mid-turn-0.77.0");
    const processes = running(home, 4_100, []);
    rmSync(join(home.procfs, "4100", "fd"), { recursive: true });
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.liveness).toMatchObject({ state: "unknown" });
  });

  it("is unknown when processes cannot be read", async () => {
    const home = lay("mid-turn-0.77.0");
    const processes = readProcesses(join(home.base, "nowhere"), writtenAt);
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.liveness).toMatchObject({ state: "unknown" });
  });

  it("takes no lock and leaves the lock's file as it was", async () => {
    const home = lay("question");
    leaveLock(home);
    await codex.collect(home.context());
    expect(readdirSync(join(home.home, ".codex", "thread-writer-locks"))).toEqual([`${thread}.lock`]);
  });
});

describe("a session that was opened and never given anything to do", () => {
  const open = (): LaidOutHome => {
    const home = lay("question");
    const path = join(home.home, rollout);
    const [head = ""] = readFileSync(path, "utf8").split("\n");
    const settings = { timestamp: "2026-01-15T11:50:00.000Z", type: "world_state", payload: {} };
    const personal = head.replace("codex_exec", "codex-tui").replace('"source":"exec"', '"source":"cli"');
    writeFileSync(path, `${personal}\n${JSON.stringify(settings)}\n`);
    return home;
  };

  it("waits at its prompt since then", async () => {
    const home = open();
    const processes = running(home, 4_100, [join(home.home, rollout)]);
    const { streams } = await codex.collect(home.context({ processes }));
    const at = Date.parse("2026-01-15T11:50:00Z");
    expect(streams[0]).toMatchObject({
      role: "task",
      isInteractive: true,
      activity: { startedAt: at, lastUserMessageAt: null },
    });
  });

  it("was no work when it was closed again", async () => {
    expect(await only(open())).toMatchObject({ role: "evidence", liveness: { state: "gone" } });
  });
});

describe("a version without turn records", () => {
  const at = Date.parse("2026-01-15T11:50:05Z");

  it("has ended when its last words stand alone and the process is gone", async () => {
    const { activity } = await only(lay("weak-end-0.77.0"));
    expect(activity.ended).toMatchObject({ outcome: "success", answer: "All done.", at });
  });

  it("goes on while the process lives", async () => {
    const home = lay("weak-end-0.77.0");
    const processes = running(home, 4_100, [join(home.home, rollout)]);
    const { streams } = await codex.collect(home.context({ processes }));
    expect(streams[0]?.activity.ended).toBeNull();
  });

  it.each([
    ["goes on just after its last words", at + 60_000, null],
    ["has ended when nothing followed for minutes", at + 180_000, "success"],
  ])("%s when processes tell nothing", async (_, now, outcome) => {
    const home = lay("weak-end-0.77.0");
    const processes = readProcesses(join(home.base, "nowhere"), now);
    const { streams } = await codex.collect(home.context({ now, processes }));
    expect(streams[0]?.activity.ended?.outcome ?? null).toBe(outcome);
  });

  it("has not ended with words before a call", async () => {
    const { activity } = await only(lay("mid-turn-0.77.0"));
    expect(activity).toMatchObject({
      ended: null,
      openCalls: [{ tool: "shell_command", timeoutMs: 600_000 }],
    });
  });
});
