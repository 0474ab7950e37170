import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readProcesses } from "../../../../src/io/processes/read-processes.ts";

const bootedAt = 1_795_353_600_000;

function madeProcfs(): string {
  const procfs = mkdtempSync(join(tmpdir(), "procfs-"));
  onTestFinished(() => rmSync(procfs, { recursive: true }));
  writeFileSync(join(procfs, "stat"), "cpu  1 1 1 1\nbtime 1795353600\n");
  writeFileSync(join(procfs, "uptime"), "4000.00 4000.00\n");
  writeFileSync(
    join(procfs, "locks"),
    "1: FLOCK  ADVISORY  WRITE 501 fe:00:3097659 0 EOF\n2: POSIX  ADVISORY  READ 7 fe:00:12 1 2\n",
  );
  process(procfs, 501, "501 (a (b) c) S", 250_000);
  process(procfs, 502, "502 (node) Z", 250_000);
  mkdirSync(join(procfs, "501", "fd"));
  symlinkSync("/srv/demo/log.jsonl", join(procfs, "501", "fd", "3"));
  return procfs;
}

function process(procfs: string, pid: number, head: string, ticks: number): void {
  mkdirSync(join(procfs, String(pid)));
  writeFileSync(join(procfs, String(pid), "stat"), `${head} ${"0 ".repeat(18)}${ticks} 0 0\n`);
}

describe("readProcesses below a folder", () => {
  it("reads name and start from behind the brackets", () => {
    expect(readProcesses(madeProcfs(), 0).look(501)).toEqual({
      state: "alive",
      startTicks: "250000",
      startedAt: bootedAt + 2_500_000,
      command: "a (b) c",
      says: "pid 501 is running",
    });
  });

  it.each([
    [502, "pid 502 is a zombie"],
    [503, "pid 503 does not exist"],
  ])("calls pid %i gone", (pid, says) => {
    expect(readProcesses(madeProcfs(), 0).look(pid)).toMatchObject({ state: "gone", says });
  });

  it("maps locks to their holders and files to who holds them open", () => {
    const processes = readProcesses(madeProcfs(), 0);
    expect(processes.lockHolders()?.get("3097659")).toBe(501);
    expect(processes.openFiles()?.pids.get("/srv/demo/log.jsonl")).toEqual([501]);
  });

  it("does not take a process without a readable folder for one that works elsewhere", () => {
    expect([...(readProcesses(madeProcfs(), 0).workingFolders()?.unseen ?? [])]).toEqual(["?"]);
  });

  it("says unknown of what others' processes may be, where only one's own are shown", () => {
    const procfs = madeProcfs();
    symlinkSync("501", join(procfs, "self"));
    const hiding = readProcesses(procfs, 0);
    expect([hiding.look(503).state, [...(hiding.openFiles()?.unseen ?? [])]]).toEqual(["unknown", ["?"]]);
    process(procfs, 1, "1 (init) S", 1);
    expect(readProcesses(procfs, 0).look(503).state).toBe("gone");
  });

  it("says unknown, never gone, when the folder is not there", () => {
    expect(readProcesses("/srv/demo/no-such-proc", 0).look(501).state).toBe("unknown");
  });

  it("sees this very process alive on this machine", () => {
    expect(readProcesses(null, Date.now()).look(globalThis.process.pid).state).toBe("alive");
  });
});
