import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { claimedProcesses } from "../../../../src/io/processes/claimed-processes.ts";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { sampleReading } from "../../../support/sample-task.ts";
import { makeWorkspace } from "../../../support/workspace.ts";

const bootedAt = now - 600 * minute;
const path = ".worktrees/a/status.json";

/** A made procfs with one process that began `agoMs` before now. */
function madeProcfs(agoMs: number, state = "S"): string {
  const workspace = makeWorkspace();
  workspace.write("stat", `cpu 1 1\nbtime ${bootedAt / 1_000}\n`);
  const ticks = (now - agoMs - bootedAt) / 10;
  workspace.write("7/stat", `7 (agent (x)) ${state} ${"0 ".repeat(18)}${ticks} 0\n`);
  return workspace.root;
}

const look = (procfs: string, given: Parameters<typeof sampleReading>[1]) => {
  const reading = sampleReading("a", { pid: 7, createdAt: null, updatedAt: null, ...given });
  return claimedProcesses([reading], readProcesses(procfs, now), "here").get(path);
};

describe("claimedProcesses", () => {
  it.each([
    ["began before the claim", 60 * minute, { startedAt: now - 59 * minute }, "alive"],
    [
      "began as long after the claim as clocks may differ",
      58 * minute,
      { startedAt: now - 59 * minute },
      "alive",
    ],
    ["began later than the claim", 57 * minute, { startedAt: now - 59 * minute }, "gone"],
    ["began later than the claim's only time", 10 * minute, { updatedAt: now - 20 * minute }, "gone"],
    [
      "was started anew in the time of the claim",
      20 * minute,
      { startedAt: now - 59 * minute, updatedAt: now - 19 * minute },
      "alive",
    ],
    [
      "is claimed anew after the boot",
      20 * minute,
      { createdAt: bootedAt - 60 * minute, startedAt: bootedAt - 60 * minute, updatedAt: now - 19 * minute },
      "alive",
    ],
    ["is claimed without any time", 10 * minute, {}, "alive"],
    ["is claimed of before the boot", 599 * minute, { startedAt: bootedAt - 2 * minute }, "gone"],
    [
      "is claimed of the boot, by a clock a little behind",
      599.7 * minute,
      { startedAt: bootedAt - 0.5 * minute },
      "alive",
    ],
  ])("calls a process that %s %s", (_, agoMs, given, state) => {
    expect(look(madeProcfs(agoMs), given)).toMatchObject({ state, pid: 7 });
  });

  it("says that the pid is another process now", () => {
    expect(look(madeProcfs(10 * minute), { startedAt: now - 59 * minute })?.says).toBe(
      "pid 7 is another process now",
    );
  });

  it("calls a pid that does not exist gone", () => {
    expect(look(madeProcfs(minute), { pid: 8 })).toEqual({
      state: "gone",
      pid: 8,
      says: "pid 8 does not exist",
    });
  });

  it("says nothing of another host's pid, or of none", () => {
    expect(look(madeProcfs(minute), { pid: 8, host: "there" })).toBeUndefined();
    expect(look(madeProcfs(minute), { pid: null })).toBeUndefined();
    expect(look(madeProcfs(minute), { pid: 8, host: "here" })?.state).toBe("gone");
  });

  it("never calls a process gone where processes cannot be read", () => {
    expect(look(makeWorkspace().path("no-procfs"), { pid: 8 })?.state).toBe("unknown");
  });
});

// Only Linux has it; elsewhere `ps` tells (ps.test.ts).
describe.runIf(existsSync("/proc/self/stat"))("a real process", () => {
  const lookFor = (pid: number) => {
    const processes = readProcesses("/proc", Date.now());
    return claimedProcesses([sampleReading("a", { pid, updatedAt: Date.now() })], processes, hostname()).get(
      path,
    );
  };

  it("is alive, and gone once it is killed", async () => {
    const child = Bun.spawn(["sleep", "60"]);
    onTestFinished(() => child.kill());
    expect(lookFor(child.pid)?.state).toBe("alive");
    child.kill("SIGKILL");
    await child.exited;
    expect(lookFor(child.pid)).toMatchObject({ state: "gone", pid: child.pid });
  });

  it("is gone when it ended and nobody asked how", async () => {
    // The shell becomes a program that never waits for its children.
    const parent = Bun.spawn(["sh", "-c", "sleep 0.2 & echo $!; exec sleep 60"], { stdout: "pipe" });
    onTestFinished(() => parent.kill());
    const { value } = await parent.stdout.getReader().read();
    const pid = Number(new TextDecoder().decode(value));
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
    expect(lookFor(pid)).toEqual({ state: "gone", pid, says: `pid ${pid} is a zombie` });
  });
});
